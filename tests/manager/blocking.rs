//! Threads instead of tasks: the same rules, and nobody else's runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use kaltura_auth::manager::{Event, InvalidReason, Policy};
use kaltura_auth::runtime::Clock;
use kaltura_auth::{ErrorKind, manager::BlockingSessionManager};
use kaltura_testing::mock::Gate;
use kaltura_testing::runtime::TestRuntime;

use super::stage::{START, Stage, WIDGET, is_same, seconds};
use super::wire::Part;

/// So many threads ask; the login is held back until all of them wait for it. `None` for one that panicked.
fn herd(
    stage: &Stage,
    manager: &BlockingSessionManager,
    gate: &Gate,
    threads: usize,
) -> Vec<Option<kaltura_auth::manager::Answer>> {
    let barrier = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    manager.session()
                })
            })
            .collect();
        barrier.wait();
        while stage.wire.count() == 0 {
            thread::yield_now();
        }
        // The others are on their way; those who come too late find the outcome, which is as good.
        thread::sleep(Duration::from_millis(50));
        gate.open();
        spawned.into_iter().map(|thread| thread.join().ok()).collect()
    })
}

/// Counts how often it is read.
struct Watched(TestRuntime, Arc<AtomicUsize>);

impl Clock for Watched {
    fn unix_time(&self) -> Duration {
        self.0.unix_time()
    }

    fn monotonic(&self) -> Duration {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.monotonic()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }
}

#[test]
fn a_fresh_session_costs_one_look_at_the_clock() {
    let (stage, looks) = (Stage::new(), Arc::<AtomicUsize>::default());
    let clock = Watched(stage.runtime.clone(), Arc::clone(&looks));
    let manager = BlockingSessionManager::new(stage.blocking_source(), clock);
    let session = manager.session().unwrap();
    let before = looks.load(Ordering::SeqCst);
    assert!(is_same(&manager.session().unwrap(), &session));
    // With the state behind its lock, there would be another one.
    assert_eq!(looks.load(Ordering::SeqCst) - before, 1);
}

#[test]
fn a_herd_of_threads_shares_one_session() {
    for cache in [false, true] {
        let stage = Stage::new().with_cache(cache);
        let (manager, gate) = (stage.blocking_manager(), Gate::closed());
        stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
        let answers: Vec<_> =
            herd(&stage, &manager, &gate, 64).into_iter().map(|answer| answer.unwrap().unwrap()).collect();
        assert!(answers.iter().all(|answer| is_same(answer, &answers[0])));
        assert_eq!(stage.wire.count(), 2);
    }
}

#[test]
fn a_herd_of_threads_shares_one_error() {
    let stage = Stage::new();
    stage.emulator.disable_token(stage.emulator.app_token().id()).unwrap();
    let (manager, gate) = (stage.blocking_manager(), Gate::closed());
    stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
    for answer in herd(&stage, &manager, &gate, 64) {
        assert_eq!(answer.unwrap().unwrap_err().kind(), ErrorKind::TokenNotActive);
    }
    assert_eq!(stage.wire.count(), 2);
    assert!(manager.session().is_err());
    assert_eq!(stage.wire.count(), 2);
}

#[test]
fn blocking_waiter_gets_its_flights_result_not_a_later_one() {
    // The session is over before the waiters wake up: they must take the outcome as it is, or all log in again.
    let stage = Stage::with_token(kaltura_emulator::AppTokenSeed::new().duration(1));
    let gate = Gate::closed();
    let late = stage.clone();
    let manager = BlockingSessionManager::builder(stage.blocking_source(), stage.runtime.clone())
        .observer(move |event: &Event| {
            if matches!(event, Event::LoginSucceeded { .. }) {
                late.pass(seconds(2));
            }
        })
        .build();
    stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
    let answers: Vec<_> =
        herd(&stage, &manager, &gate, 32).into_iter().map(|answer| answer.unwrap().unwrap()).collect();
    let different = answers.iter().filter(|answer| !is_same(answer, &answers[0])).count();
    assert!(stage.wire.count_of(START) <= 2, "{} logins, {different} differ", stage.wire.count_of(START));
}

#[test]
fn blocking_panic_wakes_the_waiters_and_one_takes_over() {
    let stage = Stage::new();
    let (manager, gate) = (stage.blocking_manager(), Gate::closed());
    stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
    stage.wire.play(START, Part::Panic);
    let answers = herd(&stage, &manager, &gate, 16);
    assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), 1, "only the leader panics");
    assert!(answers.iter().flatten().all(Result::is_ok));
    assert_eq!(stage.wire.count_of(START), 2);
    assert_eq!(stage.wire.count_of(WIDGET), 1, "the widget session was there already");
}

#[test]
fn a_panic_in_an_observer_keeps_no_thread_waiting() {
    for panics_when_begun in [false, true] {
        let stage = Stage::new();
        let gate = Gate::closed();
        let manager = BlockingSessionManager::builder(stage.blocking_source(), stage.runtime.clone())
            .observer(move |event: &Event| match event {
                Event::LoginStarted { .. } => assert!(!panics_when_begun, "the observer panics"),
                Event::LoginSucceeded { .. } => assert!(panics_when_begun, "the observer panics"),
                _ => {}
            })
            // Were they woken by this limit, the test would hang.
            .policy(Policy::default().login_timeout(seconds(86_400)))
            .build();
        if panics_when_begun {
            assert!(catch_unwind(AssertUnwindSafe(|| manager.session())).is_err());
        } else {
            stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
            let answers = herd(&stage, &manager, &gate, 8);
            assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), 1);
        }
        assert!(!manager.status().logging_in);
    }
}

#[test]
fn a_renewal_is_carried_by_one_and_the_others_do_not_wait() {
    let stage = Stage::new();
    let (manager, gate) = (stage.blocking_manager(), Gate::closed());
    let old = manager.session().unwrap();
    stage.pass(seconds(3550));
    stage.wire.play(START, Part::WaitFor(gate.clone()));
    thread::scope(|scope| {
        let elected = scope.spawn(|| manager.session());
        while stage.wire.count() == 2 {
            thread::yield_now();
        }
        for _ in 0..1000 {
            assert!(is_same(&manager.session().unwrap(), &old));
        }
        gate.open();
        assert!(!is_same(&elected.join().unwrap().unwrap(), &old));
    });
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 2));
}

#[test]
fn a_renewal_that_fails_keeps_the_session() {
    let stage = Stage::new();
    let manager = stage.blocking_manager();
    let old = manager.session().unwrap();
    stage.pass(seconds(3550));
    stage.wire.play(START, Part::Break);
    for _ in 0..10 {
        assert!(is_same(&manager.session().unwrap(), &old));
    }
    assert_eq!(stage.wire.count_of(START), 2);
    stage.pass(seconds(1));
    assert!(!is_same(&manager.session().unwrap(), &old));
}

#[test]
fn a_refused_session_is_replaced() {
    let stage = Stage::new();
    let manager = stage.blocking_manager();
    let old = manager.session().unwrap();
    assert!(manager.invalidate(&old, InvalidReason::Expired));
    let new = manager.session().unwrap();
    assert!(!is_same(&old, &new));
    assert!(!manager.invalidate(&old, InvalidReason::Expired));
    assert!(is_same(&manager.session().unwrap(), &new));
}

#[test]
fn work_that_takes_long_gets_a_session_that_lives_long() {
    let stage = Stage::new();
    let manager = stage.blocking_manager();
    manager.prefetch().unwrap();
    stage.pass(seconds(600));
    let old = manager.session().unwrap();
    assert!(!is_same(&manager.session_valid_for(seconds(3300)).unwrap(), &old));
    let error = manager.session_valid_for(seconds(3601)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionTooShort);
    assert_eq!(stage.wire.count_of(START), 2);
}
