//! Real threads, real chance.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures_executor::block_on;
use kaltura_auth::ErrorKind;
use kaltura_auth::manager::{BlockingSessionManager, InvalidReason, Policy, SessionManager};
use kaltura_auth::runtime::Clock as _;
use kaltura_testing::runtime::{SpawnMode, TestRuntime};

use super::stage::{Stage, poll, seconds};

const THREADS: usize = 16;
const ROUNDS: usize = 10;

/// Runs the same on all threads, each with chance of its own.
fn on_all_threads(seed: usize, each: impl Fn(TestRuntime) + Sync) {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let chance = TestRuntime::new().with_seed((seed * THREADS + thread) as u64);
            let (barrier, each) = (&barrier, &each);
            scope.spawn(move || {
                barrier.wait();
                each(chance);
            });
        }
    });
}

/// Time jumps here while others log in, which must not look as if they hung.
fn policy() -> Policy {
    Policy::default().login_timeout(seconds(1 << 40))
}

/// A session or the error of those that die young, whose gate this test closes now and then.
fn is_good(stage: &Stage, manager: &SessionManager, chance: u64) -> bool {
    match block_on(manager.session()) {
        Ok(session) => {
            if chance.is_multiple_of(5) {
                manager.invalidate(&session, InvalidReason::Expired);
                stage.pass(seconds(100));
            }
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::RevokedEarly);
            stage.pass(seconds(60));
            false
        }
    }
}

#[test]
fn async_on_16_threads_with_random_drops() {
    for round in 0..ROUNDS {
        let stage =
            Stage::new().with_spawn_mode(if round % 2 == 0 { SpawnMode::Decline } else { SpawnMode::Drop });
        stage.wire.answer_after_polls(2);
        let served = AtomicUsize::new(0);
        let manager = SessionManager::builder(stage.source(), stage.runtime.clone()).policy(policy()).build();
        on_all_threads(round, |chance| {
            for _ in 0..100 {
                let roll = chance.random();
                if roll % 3 > 0 {
                    // Given up after some polls, wherever it is then.
                    let mut caller = Box::pin(manager.session());
                    for _ in 0..roll % 6 {
                        if poll(&mut caller).is_ready() {
                            break;
                        }
                    }
                } else if is_good(&stage, &manager, roll >> 8) {
                    served.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        assert!(served.load(Ordering::SeqCst) > 0);
        assert!(!manager.status().logging_in, "round {round}");
        stage.pass(seconds(60));
        assert!(block_on(manager.session()).is_ok());
    }
}

/// What one thread does with a blocking manager.
fn use_blocking(stage: &Stage, manager: &BlockingSessionManager, roll: u64) {
    match manager.session() {
        Ok(session) if roll.is_multiple_of(7) => {
            manager.invalidate(&session, InvalidReason::Expired);
            stage.pass(seconds(100));
        }
        Ok(_) if roll.is_multiple_of(5) => drop(manager.refresh_if_due()),
        Ok(_) => drop(manager.status()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::RevokedEarly);
            stage.pass(seconds(60));
        }
    }
}

#[test]
fn blocking_on_16_threads_with_invalidations() {
    for round in 0..ROUNDS {
        let stage = Stage::new();
        let manager = BlockingSessionManager::builder(stage.blocking_source(), stage.runtime.clone())
            .policy(policy())
            .build();
        on_all_threads(round, |chance| {
            for _ in 0..100 {
                use_blocking(&stage, &manager, chance.random());
            }
        });
        assert!(!manager.status().logging_in);
        stage.pass(seconds(60));
        assert!(manager.session().is_ok());
    }
}
