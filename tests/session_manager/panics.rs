//! A transport or an observer panics: waiting callers get an error, and later callers log in again.

use std::task::Poll;

use futures_util::future::join_all;
use kaltura_auth::ErrorKind;
use kaltura_auth::manager::{Event, Observer, SessionManager, observer_fn};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, poll, ready_now, seconds};
use super::network::Behavior;

#[test]
fn panic_in_a_transport_is_an_error_for_every_waiting_caller() {
    for spawning in [SpawnMode::Queue, SpawnMode::Drop, SpawnMode::Decline] {
        for action in [START_WIDGET_SESSION, START_SESSION] {
            let fixture = Fixture::new().with_spawn_mode(spawning);
            let (manager, gate) = (fixture.manager(), Latch::new());
            fixture.network.on_next(action, Behavior::PanicAfter(gate.clone()));
            // Panics if a caller is still pending and will never be woken.
            let results = fixture.share_login(&manager, 100, &gate);
            for result in results {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::SourceUnavailable);
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert_eq!(cause, "the login panicked");
            }
            let requests = fixture.network.count();
            assert!(ready_now(manager.session()).is_err(), "the backoff has started");
            assert_eq!(fixture.network.count(), requests);
            fixture.advance(seconds(1));
            assert!(fixture.run(manager.session()).is_ok(), "the next caller logs in again");
        }
    }
}

#[test]
fn panic_in_a_task_that_runs_inside_spawn_does_not_propagate() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Inline);
    fixture.network.on_next(START_SESSION, Behavior::Panic);
    let manager = fixture.manager();
    assert!(ready_now(manager.session()).is_err());
    fixture.advance(seconds(1));
    assert!(ready_now(manager.session()).is_ok());
}

#[test]
fn panic_with_a_pending_waiter_does_not_affect_a_later_caller() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    fixture.network.respond_after_polls(1);
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::Panic);
    let manager = fixture.manager();
    let mut waiting = Box::pin(manager.session());
    assert!(poll(&mut waiting).is_pending());
    assert!(fixture.run(manager.session()).is_err(), "this caller joined the login that panicked");
    fixture.advance(seconds(1));
    assert!(fixture.run(manager.session()).is_ok(), "this caller starts a new login");
    let Poll::Ready(result) = poll(&mut waiting) else { panic!("its login has ended") };
    assert!(result.is_err());
}

#[test]
fn panic_in_a_renewal_keeps_the_session() {
    for spawning in [SpawnMode::Queue, SpawnMode::Decline] {
        let fixture = Fixture::new().with_spawn_mode(spawning);
        let manager = fixture.manager();
        let old = fixture.run(manager.session()).unwrap();
        fixture.advance(seconds(3550));
        fixture.network.on_next(START_SESSION, Behavior::Panic);
        assert!(is_same(&fixture.run(manager.session()).unwrap(), &old));
        fixture.runtime.run_until_idle();
        fixture.advance(seconds(1));
        fixture.run(manager.session()).unwrap();
        fixture.runtime.run_until_idle();
        assert!(!is_same(&ready_now(manager.session()).unwrap(), &old));
    }
}

/// An observer that panics when a login starts, or when it succeeds.
fn panicking_observer(on_start: bool) -> impl Observer {
    observer_fn(move |event, _| match event {
        Event::LoginStarted { .. } => assert!(!on_start, "the observer panics"),
        Event::LoginSucceeded { .. } => assert!(on_start, "the observer panics"),
        _ => {}
    })
}

#[test]
fn panic_in_an_observer_leaves_no_caller_waiting() {
    for on_start in [false, true] {
        let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
        let manager = SessionManager::builder(fixture.source(), fixture.runtime.clone())
            .observer(panicking_observer(on_start))
            .build();
        let callers = if on_start {
            fixture.run(join_all((0..10).map(|_| manager.session())))
        } else {
            let gate = Latch::new();
            fixture.network.on_next(START_WIDGET_SESSION, Behavior::WaitFor(gate.clone()));
            fixture.share_login(&manager, 10, &gate)
        };
        for result in callers {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::SourceUnavailable);
        }
        assert_eq!(fixture.network.count(), if on_start { 0 } else { 2 });
        assert_eq!(
            ready_now(manager.session()).is_ok(),
            !on_start,
            "a session that was received is available"
        );
        assert!(!manager.status().logging_in && manager.status().next_try.is_some());
    }
}
