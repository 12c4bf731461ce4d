//! Renewals: one request each, however many processes.

use std::sync::Arc;

use futures_util::future::join_all;
use kaltura_auth::Session;
use kaltura_auth::manager::{Event, Phase};
use kaltura_auth::runtime::Runtime as _;
use kaltura_emulator::AppTokenSeed;

use super::fixture::{Fleet, LIFETIME, Process, all_same, seconds};

/// Keeps the sessions of these processes fresh.
fn run_refresh_loops(processes: &[Process]) {
    for process in processes {
        process.runtime.spawn(Box::pin(process.manager.run_refresh_loop())).unwrap();
    }
}

#[test]
fn each_renewal_of_twenty_processes_is_one_request_and_no_caller_waits() {
    let fleet = Fleet::new();
    let processes = fleet.processes(20);
    run_refresh_loops(&processes);
    let hours = 20;
    for _ in 0..hours * 60 {
        fleet.advance(seconds(60));
        // Ready at once, and never expired.
        let sessions: Vec<Arc<Session>> =
            processes.iter().map(|process| process.manager.fresh().expect("a fresh session")).collect();
        let now = fleet.runtime.unix_time().as_secs();
        assert!(sessions.iter().all(|session| session.expires_at().unwrap().as_seconds() > now as i64));
    }
    // A session is renewed between 225 and 375 s before its end, so after 3225 s at the earliest.
    let renewals = fleet.logins() - 1;
    assert!((20..=23).contains(&renewals), "{renewals}");
    // Whoever renews has the widget KS, which is a day old at most.
    assert_eq!(fleet.widget_sessions(), 1);
    let leaders = processes.iter().filter(|process| process.logins() > 0).count();
    assert!(leaders > 3, "{leaders}");
    for process in &processes {
        for event in process.take_events() {
            assert!(
                matches!(
                    event,
                    Event::LoginStarted { .. } | Event::LoginSucceeded { .. } | Event::Adopted { .. }
                ),
                "{event:?}"
            );
        }
    }
}

use kaltura_auth::runtime::Clock as _;

#[test]
fn callers_alone_renew_without_waiting() {
    let fleet = Fleet::new();
    let processes = fleet.processes(10);
    fleet.all_get_a_session(&processes);
    // The last minute: in the second half of the window of each.
    fleet.advance(seconds(LIFETIME - 60));
    for _ in 0..3 {
        let before = fleet.elapsed();
        let sessions = fleet.all_get_a_session(&processes);
        assert_eq!(fleet.elapsed(), before, "a caller waited");
        assert_eq!(sessions.len(), 10);
        fleet.advance(seconds(2));
    }
    let sessions = fleet.all_get_a_session(&processes);
    assert!(all_same(&sessions));
    assert_eq!(fleet.logins(), 2);
    assert!(processes.iter().all(|process| process.manager.status().phase == Phase::Fresh));
}

#[test]
fn a_session_that_is_about_to_end_is_adopted_and_renewed() {
    let fleet = Fleet::new();
    fleet.all_get_a_session(&fleet.processes(1));
    fleet.advance(seconds(LIFETIME - 30));
    let process = fleet.process();
    let first = fleet.run(process.manager.session()).unwrap();
    assert_eq!(fleet.logins(), 1);
    assert_eq!(process.manager.status().phase, Phase::Stale);
    assert_eq!(fleet.run(process.manager.session()).unwrap().ks(), first.ks());
    fleet.advance(seconds(1));
    assert_ne!(fleet.run(process.manager.session()).unwrap().ks(), first.ks());
    assert_eq!(fleet.logins(), 2);
}

#[test]
fn the_last_session_of_a_token_is_no_loop_and_is_reported_only_after_a_login() {
    let end = 2000;
    let now = i64::try_from(kaltura_testing::runtime::TestRuntime::START.as_secs()).unwrap();
    let token = AppTokenSeed::new().duration(3600).expiry(kaltura_types::UnixTime::from_seconds(now + end));
    let fleet = Fleet::with_token(token);
    let processes = fleet.processes(4);
    run_refresh_loops(&processes);
    fleet.advance(seconds(1999));
    // Each process finds out for itself that a renewal gains nothing, once.
    assert!(fleet.logins() <= 1 + processes.len(), "{}", fleet.logins());
    for process in &processes {
        let events = process.take_events();
        let endings = events.iter().filter(|event| matches!(event, Event::TokenEnding { .. })).count();
        let logins =
            events.iter().filter(|event| matches!(event, Event::LoginSucceeded { renewal: true, .. }));
        assert_eq!(endings, logins.count(), "{events:?}");
    }
}

#[test]
fn a_login_of_another_process_under_way_is_not_waited_for() {
    let fleet = Fleet::new();
    let processes = fleet.processes(2);
    let first = fleet.all_get_a_session(&processes);
    fleet.advance(seconds(LIFETIME - 60));
    processes[0].network.extra_latency.store(5_000, std::sync::atomic::Ordering::Relaxed);
    fleet.run(processes[0].manager.session()).unwrap();
    fleet.runtime.run_until_idle();
    fleet.advance(seconds(1));
    let before = fleet.elapsed();
    let both = fleet.run(join_all(processes.iter().map(|process| process.manager.session())));
    assert!(both.into_iter().all(|session| session.unwrap().ks() == first[0].ks()));
    assert_eq!(fleet.elapsed(), before);
    fleet.advance(seconds(10));
    fleet.all_get_a_session(&processes);
    fleet.advance(seconds(2));
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 2);
    let events = processes[1].take_events();
    assert!(
        !events.iter().any(|event| matches!(event, Event::TokenEnding { .. } | Event::BackoffStarted { .. }))
    );
}
