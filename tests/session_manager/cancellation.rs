//! Any future can be dropped at any point: nothing is lost, and no caller is blocked.

use std::task::Poll;

use futures_util::future::join_all;
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, poll, ready_now, seconds};
use super::network::Behavior;

#[test]
fn future_can_be_dropped_at_every_await_point() {
    // A login takes nine polls.
    for spawning in [SpawnMode::Queue, SpawnMode::Drop, SpawnMode::Decline] {
        for polls in 0..=10 {
            let fixture = Fixture::new().with_spawn_mode(spawning);
            fixture.network.respond_after_polls(4);
            let manager = fixture.manager();
            let mut dropped = Box::pin(manager.session());
            let is_done = (0..polls).any(|_| poll(&mut dropped).is_ready());
            assert_eq!(is_done, polls >= 9, "polls {polls}");
            drop(dropped);
            let results = fixture.run(join_all((0..4).map(|_| manager.session())));
            assert!(results.iter().all(Result::is_ok), "{spawning:?}, polls {polls}");
            let repeated = fixture.network.count() - 2;
            assert!(repeated <= usize::from(spawning != SpawnMode::Queue), "{spawning:?}, polls {polls}");
            assert!(
                fixture.network.count_of(START_WIDGET_SESSION) == 1 || polls < 5,
                "a completed first step is not repeated"
            );
        }
    }
}

#[test]
fn dropped_caller_does_not_affect_the_others() {
    for spawning in [SpawnMode::Queue, SpawnMode::Drop, SpawnMode::Decline] {
        let fixture = Fixture::new().with_spawn_mode(spawning);
        // Each caller polls the login that they share.
        fixture.network.respond_after_polls(20);
        let manager = fixture.manager();
        let mut callers: Vec<_> = (0..10).map(|_| Box::pin(manager.session())).collect();
        for polls in 1..=4 {
            assert!(callers.iter_mut().all(|caller| poll(caller).is_pending()));
            // The first caller drives the login; the next one takes over.
            drop(callers.remove(0));
            drop(callers.swap_remove(polls % 2));
        }
        let results = fixture.run(join_all(callers));
        assert_eq!(results.len(), 2);
        assert!(is_same(results[0].as_ref().unwrap(), results[1].as_ref().unwrap()));
        assert_eq!(fixture.network.count(), 2);
    }
}

#[test]
fn login_without_callers_is_dropped() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    let manager = fixture.manager();
    fixture.network.on_next(START_WIDGET_SESSION, Behavior::Hang);
    let mut callers: Vec<_> = (0..10).map(|_| Box::pin(manager.session())).collect();
    assert!(callers.iter_mut().all(|caller| poll(caller).is_pending()));
    assert!(manager.status().logging_in);
    assert_eq!(fixture.runtime.sleeper_count(), 1, "the deadline of the login");
    callers.clear();
    let status = manager.status();
    assert!(!status.logging_in && status.last_error.is_none() && status.next_try.is_none());
    assert_eq!(fixture.runtime.sleeper_count(), 0);
    assert!(fixture.run(manager.session()).is_ok());
}

#[test]
fn login_task_ends_with_the_last_handle() {
    let fixture = Fixture::new();
    fixture.network.respond_after_polls(2);
    let manager = fixture.manager();
    drop(Box::pin(manager.session()));
    assert_eq!(fixture.network.count(), 0, "a future that is not polled sends nothing");
    assert!(poll(&mut Box::pin(manager.session())).is_pending());
    let other = manager.clone();
    drop(manager);
    assert!(fixture.runtime.task_count() > 0, "a handle remains");
    drop(other);
    fixture.runtime.run_until_idle();
    assert_eq!((fixture.runtime.task_count(), fixture.runtime.sleeper_count()), (0, 0));
    assert_eq!(fixture.network.count(), 1, "the second request is not sent");
}

#[test]
fn spawned_login_continues_without_callers() {
    let fixture = Fixture::new();
    fixture.network.respond_after_polls(4);
    let manager = fixture.manager();
    assert!(poll(&mut Box::pin(manager.session())).is_pending());
    fixture.runtime.run_until_idle();
    assert!(ready_now(manager.session()).is_ok());
    assert_eq!(fixture.network.count(), 2);
}

#[test]
fn callers_drive_the_login_when_the_runtime_drops_its_task() {
    let fixture = Fixture::new();
    fixture.network.respond_after_polls(4);
    let manager = fixture.manager();
    let mut caller = Box::pin(manager.session());
    assert!(poll(&mut caller).is_pending());
    fixture.runtime.drop_tasks();
    assert!(fixture.run(caller).is_ok());
    assert_eq!(fixture.network.count(), 2);
}

/// Callers come one after another and each is dropped after this many polls. Returns the number of the first that
/// gets a session.
fn first_successful(fixture: &Fixture, polls: usize) -> Option<usize> {
    let manager = fixture.manager();
    (1..=6).find(|_| {
        let mut caller = Box::pin(manager.session());
        (0..polls).any(|_| matches!(poll(&mut caller), Poll::Ready(Ok(_))))
    })
}

#[test]
fn short_lived_callers_make_progress() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    fixture.network.respond_after_polls(4);
    // A login takes nine polls: the second caller reuses the widget session of the first.
    assert_eq!(first_successful(&fixture, 6), Some(2));
    assert_eq!(fixture.network.count_of(START_WIDGET_SESSION), 1);
}

#[test]
fn short_lived_callers_make_progress_with_an_expired_widget_session() {
    let fixture = Fixture::with_short_widget_sessions().with_spawn_mode(SpawnMode::Decline);
    let source = fixture.source();
    let manager = kaltura_auth::manager::SessionManager::new(source.clone(), fixture.runtime.clone());
    fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(3600));
    fixture.network.respond_after_polls(4);
    // A refusal, a new widget session and a session take thirteen polls; each caller polls at most seven times.
    let sent_before = fixture.network.count_of(START_SESSION);
    let successful = (1..=6).find(|_| {
        let mut caller = Box::pin(manager.session());
        (0..7).any(|_| matches!(poll(&mut caller), Poll::Ready(Ok(_))))
    });
    assert_eq!(successful, Some(3));
    assert!(fixture.network.count_of(START_SESSION) - sent_before <= 3);
}
