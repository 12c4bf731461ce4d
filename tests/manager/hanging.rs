//! A transport that never comes back, and does not keep to its time limit either.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::manager::{BlockingSessionManager, Policy, SessionManager};
use kaltura_auth::{ErrorKind, ManagerError};
use kaltura_testing::mock::Gate;
use kaltura_testing::runtime::Spawning;

use super::stage::{START, Stage, WIDGET, at_once, is_same, seconds};
use super::wire::Part;

#[test]
fn the_flights_own_deadline_frees_everybody() {
    for spawning in [Spawning::Keep, Spawning::Inline, Spawning::Drop, Spawning::Decline] {
        for action in [WIDGET, START] {
            let stage = Stage::new().with_spawning(spawning);
            stage.wire.play(action, Part::Hang);
            let manager = stage.manager();
            let answers = stage.run(join_all((0..100).map(|_| manager.session())));
            for answer in answers {
                let error = answer.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::LoginTimedOut);
                assert_eq!(error.manager_error(), Some(&ManagerError::TimedOut { limit: seconds(30) }));
                assert!(error.is_retryable());
            }
            assert!(!manager.status().logging_in && manager.status().next_try.is_some());
            stage.pass(seconds(1));
            assert!(stage.run(manager.session()).is_ok());
        }
    }
}

#[test]
fn both_requests_together_have_one_deadline() {
    let stage = Stage::new();
    let manager = stage.manager();
    let gate = Gate::closed();
    stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
    stage.wire.play(START, Part::Hang);
    let mut answer = Box::pin(manager.session());
    assert!(super::stage::poll(&mut answer).is_pending());
    stage.live(seconds(20));
    gate.open();
    stage.live(seconds(9));
    assert!(super::stage::poll(&mut answer).is_pending());
    stage.live(seconds(1));
    assert_eq!(at_once(answer).unwrap_err().kind(), ErrorKind::LoginTimedOut);
}

#[test]
fn a_renewal_that_hangs_delays_nobody_and_is_begun_anew() {
    let stage = Stage::with_token(kaltura_emulator::AppTokenSeed::new().duration(86_400));
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.wire.play(START, Part::Hang);
    stage.pass(seconds(86_400 - 100));
    for _ in 0..30 {
        assert!(is_same(&at_once(manager.session()).unwrap(), &old));
        stage.live(seconds(1));
    }
    assert!(is_same(&at_once(manager.session()).unwrap(), &old));
    stage.live(seconds(1));
    assert!(!is_same(&at_once(manager.session()).unwrap(), &old));
}

#[test]
fn the_limit_can_be_another_one() {
    let stage = Stage::new();
    stage.wire.play(WIDGET, Part::Hang);
    let manager = SessionManager::builder(stage.source(), stage.runtime.clone())
        .policy(Policy::default().login_timeout(seconds(5)))
        .build();
    let error = stage.run(manager.session()).unwrap_err();
    assert_eq!(error.manager_error(), Some(&ManagerError::TimedOut { limit: seconds(5) }));
}

/// Threads wait in real time, so here the limit is short.
const SHORT: Duration = Duration::from_millis(200);

fn impatient(stage: &Stage) -> BlockingSessionManager {
    BlockingSessionManager::builder(stage.blocking_source(), stage.runtime.clone())
        .policy(Policy::default().login_timeout(SHORT))
        .build()
}

#[test]
fn threads_do_not_hang_with_their_leader() {
    let stage = Stage::new();
    let manager = impatient(&stage);
    let gate = Gate::closed();
    stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
    thread::scope(|scope| {
        let leader = scope.spawn(|| manager.session());
        while stage.wire.count() == 0 {
            thread::yield_now();
        }
        let others: Vec<_> = (0..8).map(|_| scope.spawn(|| manager.session())).collect();
        for other in others {
            assert_eq!(other.join().unwrap().unwrap_err().kind(), ErrorKind::LoginTimedOut);
        }
        assert_eq!(stage.wire.count(), 1, "none of them has followed him");
        assert!(manager.status().next_try.is_some(), "the gate is closed");

        // It is open again, and the server is back: a session, while he still hangs.
        stage.pass(seconds(1));
        let session = manager.session().unwrap();
        gate.open();
        let late = leader.join().unwrap().expect("his answer is his own");
        assert!(!is_same(&late, &session));
        assert!(is_same(&manager.session().unwrap(), &session), "what comes too late changes nothing");
    });
}

#[test]
fn a_thread_that_comes_when_the_deadline_is_past_begins_anew() {
    let stage = Stage::new();
    let manager = impatient(&stage);
    let gate = Gate::closed();
    stage.wire.play(WIDGET, Part::WaitFor(gate.clone()));
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            manager.session().expect("his answer is his own");
        });
        barrier.wait();
        while stage.wire.count() == 0 {
            thread::yield_now();
        }
        stage.pass(SHORT);
        assert!(manager.session().is_ok());
        gate.open();
    });
}
