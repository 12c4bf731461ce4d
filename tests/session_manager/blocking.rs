//! The blocking session manager: the same rules with threads instead of tasks, and without a runtime.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use kaltura_auth::blocking::SessionManager as BlockingSessionManager;
use kaltura_auth::manager::{Event, InvalidReason, Policy, observer_fn};
use kaltura_auth::runtime::Clock;
use kaltura_auth::{Error, ErrorKind, Session};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::TestRuntime;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, seconds};
use super::network::Behavior;

/// Lets this many threads request a session while the login is blocked at the gate. `None` for a thread that
/// panicked.
fn share_login(
    fixture: &Fixture,
    manager: &BlockingSessionManager,
    gate: &Latch,
    threads: usize,
) -> Vec<Option<Result<Arc<Session>, Error>>> {
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
        while fixture.network.count() == 0 {
            thread::yield_now();
        }
        // Gives the other threads time to start waiting; a later one gets the same result without waiting.
        thread::sleep(Duration::from_millis(50));
        gate.open();
        spawned.into_iter().map(|thread| thread.join().ok()).collect()
    })
}

/// Counts the reads of the monotonic clock.
struct CountingClock(TestRuntime, Arc<AtomicUsize>);

impl Clock for CountingClock {
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
fn fresh_session_reads_the_clock_once() {
    let (fixture, reads) = (Fixture::new(), Arc::<AtomicUsize>::default());
    let clock = CountingClock(fixture.runtime.clone(), Arc::clone(&reads));
    let manager = BlockingSessionManager::new(fixture.blocking_source(), clock);
    let session = manager.session().unwrap();
    let before = reads.load(Ordering::SeqCst);
    assert!(is_same(&manager.session().unwrap(), &session));
    // The slow path, with the lock, would read it a second time.
    assert_eq!(reads.load(Ordering::SeqCst) - before, 1);
}

#[test]
fn concurrent_threads_share_one_session() {
    for cache in [false, true] {
        let fixture = Fixture::new().with_cache(cache);
        let (manager, gate) = (fixture.blocking_manager(), Latch::new());
        fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
        let results: Vec<_> = share_login(&fixture, &manager, &gate, 64)
            .into_iter()
            .map(|result| result.unwrap().unwrap())
            .collect();
        assert!(results.iter().all(|result| is_same(result, &results[0])));
        assert_eq!(fixture.network.count(), 2);
    }
}

#[test]
fn concurrent_threads_share_one_error() {
    let fixture = Fixture::new();
    fixture.emulator.disable_token(fixture.emulator.app_token().id()).unwrap();
    let (manager, gate) = (fixture.blocking_manager(), Latch::new());
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
    for result in share_login(&fixture, &manager, &gate, 64) {
        assert_eq!(result.unwrap().unwrap_err().kind(), ErrorKind::TokenNotActive);
    }
    assert_eq!(fixture.network.count(), 2);
    assert!(manager.session().is_err());
    assert_eq!(fixture.network.count(), 2);
}

#[test]
fn waiter_gets_the_result_of_the_login_that_it_joined() {
    // The session expires before the waiters wake up: they must accept the result as it is, or all log in again.
    let fixture = Fixture::with_token(kaltura_emulator::AppTokenSeed::new().duration(1));
    let gate = Latch::new();
    let in_observer = fixture.clone();
    let manager = BlockingSessionManager::builder(fixture.blocking_source(), fixture.runtime.clone())
        .observer(observer_fn(move |event, _| {
            if matches!(event, Event::LoginSucceeded { .. }) {
                in_observer.advance(seconds(2));
            }
        }))
        .build();
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
    let results: Vec<_> = share_login(&fixture, &manager, &gate, 32)
        .into_iter()
        .map(|result| result.unwrap().unwrap())
        .collect();
    let different = results.iter().filter(|result| !is_same(result, &results[0])).count();
    assert!(
        fixture.network.count_of(START_SESSION) <= 2,
        "{} logins, {different} differ",
        fixture.network.count_of(START_SESSION)
    );
}

#[test]
fn panic_is_an_error_for_every_waiting_thread_and_starts_the_backoff() {
    let fixture = Fixture::new();
    let (manager, gate) = (fixture.blocking_manager(), Latch::new());
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::PanicAfter(gate.clone()));
    for result in share_login(&fixture, &manager, &gate, 16) {
        let error = result.expect("no thread panics").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SourceUnavailable);
    }
    assert_eq!(fixture.network.count(), 1, "no thread logs in alone");
    assert!(manager.status().next_try.is_some());
    fixture.advance(seconds(1));
    assert!(manager.session().is_ok());
    assert_eq!(fixture.network.count(), 3);
}

#[test]
fn panic_in_an_observer_leaves_no_thread_waiting() {
    for panics_on_start in [false, true] {
        let fixture = Fixture::new();
        let gate = Latch::new();
        let manager = BlockingSessionManager::builder(fixture.blocking_source(), fixture.runtime.clone())
            .observer(observer_fn(move |event, _| match event {
                Event::LoginStarted { .. } => assert!(!panics_on_start, "the observer panics"),
                Event::LoginSucceeded { .. } => assert!(panics_on_start, "the observer panics"),
                _ => {}
            }))
            // The waiters must be woken by the panic: with this timeout the test would hang.
            .policy(Policy::default().login_timeout(seconds(86_400)))
            .build();
        if panics_on_start {
            assert_eq!(manager.session().unwrap_err().kind(), ErrorKind::SourceUnavailable);
            assert_eq!(fixture.network.count(), 0);
        } else {
            fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
            let results: Vec<_> =
                share_login(&fixture, &manager, &gate, 8).into_iter().map(Option::unwrap).collect();
            assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1, "the one that observes");
            assert!(manager.session().is_ok());
        }
        assert!(!manager.status().logging_in && manager.status().next_try.is_some());
    }
}

#[test]
fn one_thread_renews_and_the_others_do_not_wait() {
    let fixture = Fixture::new();
    let (manager, gate) = (fixture.blocking_manager(), Latch::new());
    let old = manager.session().unwrap();
    fixture.advance(seconds(3550));
    fixture.network.on_next(START_SESSION, Behavior::WaitFor(gate.clone()));
    thread::scope(|scope| {
        let elected = scope.spawn(|| manager.session());
        while fixture.network.count() == 2 {
            thread::yield_now();
        }
        for _ in 0..1000 {
            assert!(is_same(&manager.session().unwrap(), &old));
        }
        gate.open();
        assert!(!is_same(&elected.join().unwrap().unwrap(), &old));
    });
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, 2)
    );
}

#[test]
fn failed_renewal_keeps_the_session() {
    let fixture = Fixture::new();
    let manager = fixture.blocking_manager();
    let old = manager.session().unwrap();
    fixture.advance(seconds(3550));
    fixture.network.on_next(START_SESSION, Behavior::Refuse);
    for _ in 0..10 {
        assert!(is_same(&manager.session().unwrap(), &old));
    }
    assert_eq!(fixture.network.count_of(START_SESSION), 2);
    fixture.advance(seconds(1));
    assert!(!is_same(&manager.session().unwrap(), &old));
}

#[test]
fn invalidated_session_is_replaced() {
    let fixture = Fixture::new();
    let manager = fixture.blocking_manager();
    let old = manager.session().unwrap();
    assert!(manager.invalidate(&old, InvalidReason::Expired));
    let new = manager.session().unwrap();
    assert!(!is_same(&old, &new));
    assert!(!manager.invalidate(&old, InvalidReason::Expired));
    assert!(is_same(&manager.session().unwrap(), &new));
}

#[test]
fn session_valid_for_renews_a_session_that_is_too_short() {
    let fixture = Fixture::new();
    let manager = fixture.blocking_manager();
    manager.prefetch().unwrap();
    fixture.advance(seconds(600));
    let old = manager.session().unwrap();
    assert!(!is_same(&manager.session_valid_for(seconds(3300)).unwrap(), &old));
    let error = manager.session_valid_for(seconds(3601)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionTooShort);
    assert_eq!(fixture.network.count_of(START_SESSION), 2);
}
