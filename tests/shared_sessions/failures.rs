//! Logins that fail: what one process has found out, all know.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kaltura_auth::ErrorKind;
use kaltura_auth::manager::Event;
use kaltura_emulator::{Fault, FaultRule, RateLimit};

use super::fixture::{Fleet, LIFETIME, START_SESSION, all_same, seconds};

#[test]
fn a_permanent_failure_is_known_to_all_and_ends() {
    let fleet = Fleet::new();
    fleet.emulator.disable_token(fleet.credentials().id()).unwrap();
    let processes = fleet.processes(20);
    let results = fleet.all_want_a_session(&processes);
    let errors: Vec<_> = results.into_iter().map(|result| result.unwrap_err()).collect();
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::TokenNotActive));
    assert_eq!(fleet.logins(), 1);
    let of_others = errors.iter().filter(|error| error.is_of_another_process()).count();
    assert_eq!(of_others, 19);
    let shown = errors.iter().find(|error| error.is_of_another_process()).unwrap().report().to_string();
    assert!(shown.contains("APP_TOKEN_NOT_ACTIVE") && shown.contains("Another process"), "{shown}");
    for process in &processes {
        let events = process.take_events();
        let failed = events.iter().filter(|event| matches!(event, Event::LoginFailed { .. })).count();
        assert_eq!(failed, process_logins(&events), "{events:?}");
        assert!(events.iter().any(|event| matches!(event, Event::BackoffStarted { .. })));
    }
    // A new process does not try either.
    assert!(fleet.run(fleet.process().manager.session()).unwrap_err().is_of_another_process());
    assert_eq!(fleet.logins(), 1);
    // After the backoff of at most 60 s one tries again, and its backoff is longer.
    fleet.advance(seconds(62));
    fleet.all_want_a_session(&processes);
    assert_eq!(fleet.logins(), 2);
    let next_try = processes.iter().map(|process| process.manager.status().next_try.unwrap());
    let (min, max) = next_try.fold((Duration::MAX, Duration::ZERO), |(a, b), t| (a.min(t), b.max(t)));
    assert!(min > seconds(59) && max < seconds(122), "{min:?} {max:?}");
    fleet.emulator.enable_token(fleet.credentials().id()).unwrap();
    fleet.advance(seconds(125));
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 3);
}

fn process_logins(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::LoginStarted { .. })).count()
}

#[test]
fn the_backoff_grows_across_processes() {
    // In turn, one of two processes tries, and the other one learns of it.
    let fleet = Fleet::new();
    fleet.emulator.disable_token(fleet.credentials().id()).unwrap();
    let processes = fleet.processes(2);
    let mut backoffs = Vec::new();
    for round in 0..5 {
        let (tries, learns) = (&processes[round % 2], &processes[(round + 1) % 2]);
        assert!(!fleet.run(tries.manager.session()).unwrap_err().is_of_another_process());
        assert!(fleet.run(learns.manager.session()).unwrap_err().is_of_another_process());
        assert_eq!(fleet.logins(), round + 1);
        let next_try = learns.manager.status().next_try.unwrap();
        backoffs.push(next_try.as_secs());
        fleet.advance(next_try + seconds(1));
    }
    let expected = [30..62, 60..122, 120..242, 240..482, 450..902];
    assert!(backoffs.iter().zip(expected).all(|(backoff, range)| range.contains(backoff)), "{backoffs:?}");
}

#[test]
fn a_broken_network_of_one_process_stops_no_other() {
    let fleet = Fleet::new();
    let processes = fleet.processes(2);
    processes[0].network.is_down.store(true, Ordering::Relaxed);
    assert!(fleet.run(processes[0].manager.session()).is_err());
    let session = fleet.run(processes[1].manager.session()).unwrap();
    // The store can still be reached, and the next try finds the session.
    fleet.advance(seconds(2));
    assert_eq!(fleet.run(processes[0].manager.session()).unwrap().ks(), session.ks());
    assert_eq!(fleet.logins(), 1);
}

#[test]
fn a_server_that_is_unavailable_is_asked_by_one_process_at_a_time() {
    let fleet = Fleet::new();
    fleet.emulator.inject(FaultRule::new(Fault::Status(503)).on(START_SESSION));
    let processes = fleet.processes(20);
    let results = fleet.all_want_a_session(&processes);
    assert!(results.into_iter().all(|result| result.unwrap_err().kind() == ErrorKind::Unavailable));
    assert_eq!(fleet.logins(), 1);
    fleet.emulator.clear_faults();
    fleet.advance(seconds(3));
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 2);
}

#[test]
fn a_rate_limit_holds_for_all() {
    let fleet = Fleet::new();
    fleet.emulator.set_rate_limits([RateLimit::new(START_SESSION, 0, seconds(60))]);
    let processes = fleet.processes(5);
    let results = fleet.all_want_a_session(&processes);
    assert!(results.into_iter().all(|result| result.unwrap_err().kind() == ErrorKind::RateLimited));
    assert_eq!(fleet.logins(), 1);
    assert!(processes.iter().all(|process| process.manager.status().next_try.unwrap() >= seconds(9)));
}

#[test]
fn a_failed_renewal_keeps_the_session_of_all() {
    let fleet = Fleet::new();
    let processes = fleet.processes(5);
    let held = fleet.all_get_a_session(&processes);
    fleet.emulator.disable_token(fleet.credentials().id()).unwrap();
    fleet.advance(seconds(LIFETIME - 30));
    for _ in 0..10 {
        let sessions = fleet.all_get_a_session(&processes);
        assert_eq!(sessions[0].ks(), held[0].ks());
        fleet.advance(seconds(2));
    }
    assert_eq!(fleet.logins(), 2);
    assert!(processes.iter().all(|process| process.manager.status().last_error.is_some()));
    fleet.advance(seconds(10));
    let expired = fleet.all_want_a_session(&processes);
    assert!(expired.into_iter().all(|result| result.unwrap_err().kind() == ErrorKind::TokenNotActive));
}
