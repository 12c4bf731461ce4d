//! A transport or an observer panics: those who wait are told, and the next who comes is served.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use kaltura_auth::ErrorKind;
use kaltura_auth::manager::{Event, SessionManager};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::SpawnMode;

use super::stage::{START, Stage, WIDGET, at_once, is_same, poll, seconds};
use super::wire::Part;

#[test]
fn a_panic_in_a_transport_is_an_error_for_all_who_wait_and_none_is_left_waiting() {
    for spawning in [SpawnMode::Queue, SpawnMode::Drop, SpawnMode::Decline] {
        for action in [WIDGET, START] {
            let stage = Stage::new().with_spawn_mode(spawning);
            let (manager, gate) = (stage.manager(), Latch::new());
            stage.wire.play(action, Part::PanicAfter(gate.clone()));
            // This panics if somebody waits whom nobody will wake.
            let answers = stage.herd(&manager, 100, &gate);
            for answer in answers {
                let error = answer.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::SourceFailed);
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert_eq!(cause, "the login panicked");
            }
            assert!(stage.run(manager.session()).is_ok(), "the gate is open, nothing is wedged");
        }
    }
}

#[test]
fn a_panic_in_a_task_that_runs_inside_of_spawn_does_not_come_out_of_it() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Inline);
    stage.wire.play(START, Part::Panic);
    let manager = stage.manager();
    assert!(at_once(manager.session()).is_err());
    assert!(at_once(manager.session()).is_ok());
}

#[test]
fn async_panic_with_a_parked_waiter_does_not_hit_a_newcomer() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    stage.wire.answer_after_polls(1);
    stage.wire.play(WIDGET, Part::Panic);
    let manager = stage.manager();
    let mut parked = Box::pin(manager.session());
    assert!(poll(&mut parked).is_pending());
    assert!(stage.run(manager.session()).is_err(), "he was on the flight that panicked");
    assert!(stage.run(manager.session()).is_ok(), "he begins one of his own");
    let Poll::Ready(answer) = poll(&mut parked) else { panic!("his flight is over") };
    assert!(answer.is_err());
}

#[test]
fn a_panic_in_a_renewal_keeps_the_session() {
    for spawning in [SpawnMode::Queue, SpawnMode::Decline] {
        let stage = Stage::new().with_spawn_mode(spawning);
        let manager = stage.manager();
        let old = stage.run(manager.session()).unwrap();
        stage.pass(seconds(3550));
        stage.wire.play(START, Part::Panic);
        assert!(is_same(&stage.run(manager.session()).unwrap(), &old));
        stage.runtime.run_until_idle();
        stage.run(manager.session()).unwrap();
        stage.runtime.run_until_idle();
        assert!(!is_same(&at_once(manager.session()).unwrap(), &old));
    }
}

/// Panics when a login has begun, or when it has succeeded.
fn panics_at(begun: bool) -> impl Fn(&Event) + Send + Sync + 'static {
    move |event| match event {
        Event::LoginStarted { .. } => assert!(!begun, "the observer panics"),
        Event::LoginSucceeded { .. } => assert!(begun, "the observer panics"),
        _ => {}
    }
}

#[test]
fn a_panic_in_an_observer_leaves_none_waiting() {
    for begun in [false, true] {
        let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
        stage.wire.answer_after_polls(1);
        let manager =
            SessionManager::builder(stage.source(), stage.runtime.clone()).observer(panics_at(begun)).build();
        let mut waiting = Box::pin(manager.session());
        let polled = catch_unwind(AssertUnwindSafe(|| poll(&mut waiting)));
        assert_eq!(polled.is_err(), begun);
        if !begun {
            assert!(stage.run(waiting).is_err());
            assert!(at_once(manager.session()).is_ok(), "the session has come all the same");
        }
        assert!(!manager.status().logging_in);
    }
}
