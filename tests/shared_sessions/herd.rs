//! Processes that need a session at the same time.

use std::sync::atomic::Ordering;

use kaltura_auth::manager::Event;
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
use kaltura_types::{HashType, Lifetime};

use super::fixture::{Fleet, LATENCY, LIFETIME, all_same, milliseconds, request_for, seconds};

#[test]
fn fifty_cold_processes_log_in_once() {
    let fleet = Fleet::new();
    let processes = fleet.processes(50);
    let sessions = fleet.all_get_a_session(&processes);
    assert!(all_same(&sessions));
    assert_eq!((fleet.widget_sessions(), fleet.logins()), (1, 1));
    // The login takes two requests; the others look again after at most 200 ms.
    assert!(fleet.elapsed() <= LATENCY * 2 + milliseconds(250), "{:?}", fleet.elapsed());
    let (logged_in, adopted): (Vec<_>, Vec<_>) =
        processes.iter().map(|process| process.take_events()).partition(|events| events.len() == 2);
    assert!(matches!(
        logged_in.as_slice(),
        [events] if matches!(
            events.as_slice(),
            [Event::LoginStarted { renewal: false }, Event::LoginSucceeded { renewal: false, .. }]
        )
    ));
    assert_eq!(adopted.len(), 49);
    for events in adopted {
        let [Event::Adopted { renewal: false, remaining }] = events.as_slice() else { panic!("{events:?}") };
        assert!(*remaining <= seconds(LIFETIME) && *remaining > seconds(LIFETIME - 2));
    }
}

#[test]
fn a_session_is_restored_whole_in_other_processes() {
    let fleet = Fleet::new();
    let login = fleet.login().request(request_for("alice").lifetime(Lifetime::seconds(100_000)));
    let processes = [fleet.process_with(login.clone()), fleet.process_with(login)];
    let sessions = fleet.all_get_a_session(&processes);
    assert_eq!(fleet.logins(), 1);
    assert_eq!(sessions[0], sessions[1]);
    assert_eq!(sessions[0].id(), sessions[1].id());
    assert_eq!(sessions[1].adjustments().len(), 1);
    assert_eq!(sessions[1].user_id().unwrap().as_str(), "alice");
    assert!(sessions[1].server_time().is_some());
}

#[test]
fn a_process_that_starts_later_sends_nothing() {
    let fleet = Fleet::new();
    fleet.all_get_a_session(&fleet.processes(1));
    fleet.advance(seconds(600));
    let late = fleet.processes(3);
    let sessions = fleet.all_get_a_session(&late);
    assert_eq!(fleet.logins(), 1);
    let remaining = late[0].manager.status().remaining.unwrap();
    assert!(remaining <= seconds(LIFETIME - 600) && remaining > seconds(LIFETIME - 602), "{remaining:?}");
    assert!(all_same(&sessions));
}

#[test]
fn different_requests_do_not_share_a_session() {
    let fleet = Fleet::new();
    let of = |user| fleet.process_with(fleet.login().request(request_for(user)));
    let processes = [of("alice"), of("alice"), of("bob"), of("bob")];
    let sessions = fleet.all_get_a_session(&processes);
    assert_eq!(fleet.logins(), 2);
    let users: Vec<_> = sessions.iter().map(|session| session.user_id().unwrap().as_str()).collect();
    assert_eq!(users, ["alice", "alice", "bob", "bob"]);
}

#[test]
fn a_process_with_a_mistyped_value_stops_no_other_and_gets_no_session() {
    let fleet = Fleet::new();
    let right = fleet.credentials();
    let mistyped = AppTokenCredentials::new(
        right.partner_id(),
        right.id().clone(),
        "3f786850e387550fdab836ed7e6dc880",
        HashType::Sha256,
    );
    let wrong = fleet.process_with(AppTokenLogin::new(ServiceUrl::US, mistyped));
    let right = fleet.process();
    let both = [wrong, right];
    let results = fleet.all_want_a_session(&both);
    assert!(results[0].is_err());
    assert!(results[1].is_ok());
    let later = [fleet.process()];
    fleet.all_get_a_session(&later);
    assert_eq!(later[0].logins(), 0);
}

#[test]
fn a_minimum_is_satisfied_by_the_stored_session_or_by_a_login() {
    let fleet = Fleet::new();
    fleet.all_get_a_session(&fleet.processes(1));
    fleet.advance(seconds(1000));
    let process = fleet.process();
    fleet.run(process.manager.session_valid_for(seconds(2000))).unwrap();
    assert_eq!(fleet.logins(), 1);
    fleet.run(process.manager.session_valid_for(seconds(3000))).unwrap();
    assert_eq!(fleet.logins(), 2);
    let other = fleet.process();
    fleet.run(other.manager.session_valid_for(seconds(3000))).unwrap();
    assert_eq!(fleet.logins(), 2);
}

#[test]
fn without_a_store_each_process_logs_in() {
    // The control of all tests here: the fixture counts logins.
    let fleet = Fleet::new();
    fleet.store.set(super::fixture::StoreBehavior::IsDown);
    fleet.all_get_a_session(&fleet.processes(10));
    assert_eq!(fleet.logins(), 10);
    assert_eq!(fleet.processes(1)[0].network.extra_latency.load(Ordering::Relaxed), 0);
}
