//! A store that is down, mute, full, or answers in odd ways.

use kaltura_auth::manager::Event;
use kaltura_auth::store::{StoreError, StoreErrorKind};

use super::fixture::{Fleet, LATENCY, LIFETIME, Process, StoreBehavior, all_same, milliseconds, seconds};

fn troubles(process: &Process) -> Vec<StoreError> {
    process
        .take_events()
        .into_iter()
        .filter_map(|event| match event {
            Event::StoreTrouble { error } => Some(error),
            _ => None,
        })
        .collect()
}

#[test]
fn without_the_store_a_cold_process_logs_in_alone_and_says_so_once() {
    for (behavior, kind, longest) in [
        (StoreBehavior::IsDown, StoreErrorKind::Unavailable, milliseconds(500)),
        (StoreBehavior::IsMute, StoreErrorKind::TimedOut, milliseconds(4_500)),
    ] {
        let fleet = Fleet::new();
        fleet.store.set(behavior);
        let process = fleet.process();
        fleet.run(process.manager.session()).unwrap();
        assert!(fleet.elapsed() <= LATENCY * 2 + longest, "{behavior:?}: {:?}", fleet.elapsed());
        assert_eq!(fleet.store.takes(), 3, "{behavior:?}");
        let troubles = troubles(&process);
        assert_eq!(troubles.iter().map(StoreError::kind).collect::<Vec<_>>(), [kind]);
    }
}

#[test]
fn a_stall_of_less_than_three_seconds_costs_no_login() {
    let fleet = Fleet::new();
    fleet.store.set(StoreBehavior::IsMute);
    let processes = fleet.processes(20);
    let store = fleet.store.clone();
    let results: Vec<_> = processes.iter().map(Process::spawn_session).collect();
    fleet.advance(milliseconds(2_500));
    store.set(StoreBehavior::Works);
    fleet.advance(seconds(3));
    assert!(results.iter().all(|result| matches!(*result.lock().unwrap(), Some(Ok(_)))));
    assert_eq!(fleet.logins(), 1);
}

#[test]
fn while_the_session_is_valid_trouble_delays_its_renewal_and_nothing_else() {
    for behavior in [StoreBehavior::IsDown, StoreBehavior::IsMute] {
        let fleet = Fleet::new();
        let processes = fleet.processes(10);
        let held = fleet.all_get_a_session(&processes);
        for process in &processes {
            let refresh = process.manager.run_refresh_loop();
            kaltura_auth::runtime::Runtime::spawn(&process.runtime, Box::pin(refresh)).unwrap();
        }
        // The window opens 225 to 375 s before the end, its second half 113 to 187 s before.
        fleet.advance(seconds(LIFETIME - 400));
        fleet.store.set(behavior);
        fleet.advance(seconds(200));
        assert_eq!(fleet.logins(), 1, "{behavior:?}");
        assert!(processes.iter().all(|process| process.manager.fresh().is_some()));
        assert!(processes.iter().any(|process| !troubles(process).is_empty()));
        fleet.store.set(StoreBehavior::Works);
        fleet.advance(seconds(70));
        let sessions = fleet.all_get_a_session(&processes);
        assert!(all_same(&sessions));
        assert_ne!(sessions[0].ks(), held[0].ks());
        assert_eq!(fleet.logins(), 2, "{behavior:?}");
    }
}

#[test]
fn if_the_store_stays_away_each_process_renews_alone_once() {
    let fleet = Fleet::new();
    let processes = fleet.processes(10);
    fleet.all_get_a_session(&processes);
    for process in &processes {
        let refresh = process.manager.run_refresh_loop();
        kaltura_auth::runtime::Runtime::spawn(&process.runtime, Box::pin(refresh)).unwrap();
    }
    fleet.advance(seconds(LIFETIME - 400));
    fleet.store.set(StoreBehavior::IsDown);
    for _ in 0..400 {
        fleet.advance(seconds(1));
        let before = fleet.elapsed();
        fleet.all_get_a_session(&processes);
        assert_eq!(fleet.elapsed(), before, "a caller waited");
    }
    assert_eq!(fleet.logins(), 1 + processes.len());
    for process in &processes {
        let events = process.take_events();
        let other = |event: &&Event| {
            matches!(
                event,
                Event::LoginFailed { .. } | Event::BackoffStarted { .. } | Event::TokenEnding { .. }
            )
        };
        assert_eq!(events.iter().filter(other).count(), 0, "{events:?}");
    }
    // When it is back, they share again.
    fleet.store.set(StoreBehavior::Works);
    fleet.advance(seconds(LIFETIME));
    assert!(fleet.logins() <= 2 + processes.len(), "{}", fleet.logins());
}

#[test]
fn a_full_store_costs_one_login_for_each_process() {
    let fleet = Fleet::new();
    fleet.store.set(StoreBehavior::IsFull);
    let processes = fleet.processes(4);
    fleet.all_get_a_session(&processes);
    assert!(fleet.logins() <= 4);
    assert!(processes.iter().any(|process| !troubles(process).is_empty()));
}

#[test]
fn a_session_in_its_last_millisecond_is_not_used() {
    let fleet = Fleet::new();
    fleet.all_get_a_session(&fleet.processes(1));
    fleet.store.answer_without_time(3);
    let process = fleet.process();
    fleet.run(process.manager.session()).unwrap();
    assert_eq!(fleet.logins(), 1);
    assert!(process.manager.status().remaining.unwrap() > seconds(3000));
}

#[test]
fn a_store_that_loses_everything_costs_one_login() {
    let fleet = Fleet::new();
    let processes = fleet.processes(10);
    fleet.all_get_a_session(&processes);
    // As after FLUSHALL: a store of the same clock that is empty.
    fleet.store.set_clock_offset(10_000_000);
    fleet.advance(seconds(LIFETIME - 60));
    for _ in 0..2 {
        fleet.all_get_a_session(&processes);
        fleet.advance(seconds(2));
    }
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 2);
}
