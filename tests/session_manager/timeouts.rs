//! A transport that never completes and ignores the timeout of its request.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::blocking::SessionManager as BlockingSessionManager;
use kaltura_auth::manager::{Policy, SessionManager};
use kaltura_auth::{ErrorKind, ManagerError};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, ready_now, seconds};
use super::network::Behavior;

#[test]
fn login_timeout_releases_every_caller() {
    for spawning in [SpawnMode::Queue, SpawnMode::Inline, SpawnMode::Drop, SpawnMode::Decline] {
        for action in [START_WIDGET_SESSION, START_SESSION] {
            let fixture = Fixture::new().with_spawn_mode(spawning);
            fixture.network.on_next(action, Behavior::Hang);
            let manager = fixture.manager();
            let results = fixture.run(join_all((0..100).map(|_| manager.session())));
            for result in results {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::LoginTimedOut);
                assert_eq!(error.manager_error(), Some(&ManagerError::TimedOut { limit: seconds(30) }));
                assert!(error.is_retryable());
            }
            assert!(!manager.status().logging_in && manager.status().next_try.is_some());
            fixture.advance(seconds(1));
            assert!(fixture.run(manager.session()).is_ok());
        }
    }
}

#[test]
fn both_requests_share_one_timeout() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let gate = Latch::new();
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
    fixture.network.on_next(START_SESSION, Behavior::Hang);
    let mut result = Box::pin(manager.session());
    assert!(super::fixture::poll(&mut result).is_pending());
    fixture.run_for(seconds(20));
    gate.open();
    fixture.run_for(seconds(9));
    assert!(super::fixture::poll(&mut result).is_pending());
    fixture.run_for(seconds(1));
    assert_eq!(ready_now(result).unwrap_err().kind(), ErrorKind::LoginTimedOut);
}

#[test]
fn hanging_renewal_delays_no_caller_and_is_restarted() {
    let fixture = Fixture::with_token(kaltura_emulator::AppTokenSeed::new().duration(86_400));
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.network.on_next(START_SESSION, Behavior::Hang);
    fixture.advance(seconds(86_400 - 100));
    for _ in 0..30 {
        assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
        fixture.run_for(seconds(1));
    }
    assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
    fixture.run_for(seconds(1));
    assert!(!is_same(&ready_now(manager.session()).unwrap(), &old));
}

#[test]
fn login_timeout_can_be_set() {
    let fixture = Fixture::new();
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::Hang);
    let manager = SessionManager::builder(fixture.source(), fixture.runtime.clone())
        .policy(Policy::default().login_timeout(seconds(5)))
        .build();
    let error = fixture.run(manager.session()).unwrap_err();
    assert_eq!(error.manager_error(), Some(&ManagerError::TimedOut { limit: seconds(5) }));
}

/// Threads wait in real time, so the timeout is short.
const SHORT_TIMEOUT: Duration = Duration::from_millis(200);

fn manager_with_short_timeout(fixture: &Fixture) -> BlockingSessionManager {
    BlockingSessionManager::builder(fixture.blocking_source(), fixture.runtime.clone())
        .policy(Policy::default().login_timeout(SHORT_TIMEOUT))
        .build()
}

#[test]
fn waiting_threads_time_out_when_their_leader_hangs() {
    let fixture = Fixture::new();
    let manager = manager_with_short_timeout(&fixture);
    let gate = Latch::new();
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
    thread::scope(|scope| {
        let leader = scope.spawn(|| manager.session());
        while fixture.network.count() == 0 {
            thread::yield_now();
        }
        let others: Vec<_> = (0..8).map(|_| scope.spawn(|| manager.session())).collect();
        for other in others {
            assert_eq!(other.join().unwrap().unwrap_err().kind(), ErrorKind::LoginTimedOut);
        }
        assert_eq!(fixture.network.count(), 1, "no other thread sends a request");
        assert!(manager.status().next_try.is_some(), "the backoff has started");

        // After the backoff another thread logs in, while the leader still hangs.
        fixture.advance(seconds(1));
        let session = manager.session().unwrap();
        gate.open();
        let late = leader.join().unwrap().expect("the leader gets its own session");
        assert!(!is_same(&late, &session));
        assert!(is_same(&manager.session().unwrap(), &session), "the late result changes nothing");
    });
}

#[test]
fn thread_that_arrives_after_the_timeout_starts_a_new_login() {
    let fixture = Fixture::new();
    let manager = manager_with_short_timeout(&fixture);
    let gate = Latch::new();
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            manager.session().expect("the leader gets its own session");
        });
        barrier.wait();
        while fixture.network.count() == 0 {
            thread::yield_now();
        }
        fixture.advance(SHORT_TIMEOUT);
        assert!(manager.session().is_ok());
        gate.open();
    });
}
