//! Real threads with random actions: cancelled calls, invalidations, refreshes.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures_executor::block_on;
use kaltura_auth::ErrorKind;
use kaltura_auth::blocking::SessionManager as BlockingSessionManager;
use kaltura_auth::manager::{InvalidReason, Policy, SessionManager};
use kaltura_auth::runtime::Clock as _;
use kaltura_testing::runtime::{SpawnMode, TestRuntime};

use super::fixture::{Fixture, poll, seconds};

const THREADS: usize = 16;
const ROUNDS: usize = 10;

/// Runs the same function on all threads, each with its own random numbers.
fn on_all_threads(seed: usize, run: impl Fn(TestRuntime) + Sync) {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let random = TestRuntime::new().with_seed((seed * THREADS + thread) as u64);
            let (barrier, run) = (&barrier, &run);
            scope.spawn(move || {
                barrier.wait();
                run(random);
            });
        }
    });
}

/// Time jumps while other threads log in, so the login timeout must be very long.
fn policy() -> Policy {
    Policy::default().login_timeout(seconds(1 << 40))
}

/// Whether the call returns a session; the only other result is the backoff after early revocations, which this
/// test causes.
fn gets_session(fixture: &Fixture, manager: &SessionManager, random: u64) -> bool {
    match block_on(manager.session()) {
        Ok(session) => {
            if random.is_multiple_of(5) {
                manager.invalidate(&session, InvalidReason::Expired);
                fixture.advance(seconds(100));
            }
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::RevokedEarly);
            fixture.advance(seconds(60));
            false
        }
    }
}

#[test]
fn async_manager_on_16_threads_with_random_drops() {
    for round in 0..ROUNDS {
        let fixture =
            Fixture::new().with_spawn_mode(if round % 2 == 0 { SpawnMode::Decline } else { SpawnMode::Drop });
        fixture.network.respond_after_polls(2);
        let sessions = AtomicUsize::new(0);
        let manager =
            SessionManager::builder(fixture.source(), fixture.runtime.clone()).policy(policy()).build();
        on_all_threads(round, |random| {
            for _ in 0..100 {
                let number = random.random();
                if number % 3 > 0 {
                    // Dropped after some polls.
                    let mut caller = Box::pin(manager.session());
                    for _ in 0..number % 6 {
                        if poll(&mut caller).is_ready() {
                            break;
                        }
                    }
                } else if gets_session(&fixture, &manager, number >> 8) {
                    sessions.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        assert!(sessions.load(Ordering::SeqCst) > 0);
        assert!(!manager.status().logging_in, "round {round}");
        fixture.advance(seconds(60));
        assert!(block_on(manager.session()).is_ok());
    }
}

/// A random action on a blocking manager.
fn use_blocking(fixture: &Fixture, manager: &BlockingSessionManager, number: u64) {
    match manager.session() {
        Ok(session) if number.is_multiple_of(7) => {
            manager.invalidate(&session, InvalidReason::Expired);
            fixture.advance(seconds(100));
        }
        Ok(_) if number.is_multiple_of(5) => drop(manager.refresh_if_due()),
        Ok(_) => drop(manager.status()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::RevokedEarly);
            fixture.advance(seconds(60));
        }
    }
}

#[test]
fn blocking_manager_on_16_threads_with_invalidations() {
    for round in 0..ROUNDS {
        let fixture = Fixture::new();
        let manager = BlockingSessionManager::builder(fixture.blocking_source(), fixture.runtime.clone())
            .policy(policy())
            .build();
        on_all_threads(round, |random| {
            for _ in 0..100 {
                use_blocking(&fixture, &manager, random.random());
            }
        });
        assert!(!manager.status().logging_in);
        fixture.advance(seconds(60));
        assert!(manager.session().is_ok());
    }
}
