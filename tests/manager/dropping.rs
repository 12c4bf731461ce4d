//! Any future can be dropped at any point: nothing is lost, and nobody is blocked.

use std::task::Poll;

use futures_util::future::join_all;
use kaltura_testing::runtime::SpawnMode;

use super::stage::{START, Stage, WIDGET, at_once, is_same, poll, seconds};
use super::wire::Part;

#[test]
fn every_await_point_can_be_dropped() {
    // A login takes nine polls.
    for spawning in [SpawnMode::Queue, SpawnMode::Drop, SpawnMode::Decline] {
        for cut in 0..=10 {
            let stage = Stage::new().with_spawn_mode(spawning);
            stage.wire.answer_after_polls(4);
            let manager = stage.manager();
            let mut dropped = Box::pin(manager.session());
            let is_done = (0..cut).any(|_| poll(&mut dropped).is_ready());
            assert_eq!(is_done, cut >= 9, "cut {cut}");
            drop(dropped);
            let answers = stage.run(join_all((0..4).map(|_| manager.session())));
            assert!(answers.iter().all(Result::is_ok), "{spawning:?}, cut {cut}");
            let repeated = stage.wire.count() - 2;
            assert!(repeated <= usize::from(spawning != SpawnMode::Queue), "{spawning:?}, cut {cut}");
            assert!(stage.wire.count_of(WIDGET) == 1 || cut < 5, "an answered first step is not repeated");
        }
    }
}

#[test]
fn a_caller_who_is_dropped_harms_none_of_the_others() {
    for spawning in [SpawnMode::Queue, SpawnMode::Drop, SpawnMode::Decline] {
        let stage = Stage::new().with_spawn_mode(spawning);
        // Each of them polls the one login that they share.
        stage.wire.answer_after_polls(20);
        let manager = stage.manager();
        let mut callers: Vec<_> = (0..10).map(|_| Box::pin(manager.session())).collect();
        for polls in 1..=4 {
            assert!(callers.iter_mut().all(|caller| poll(caller).is_pending()));
            // The first of them leads; the next one takes over.
            drop(callers.remove(0));
            drop(callers.swap_remove(polls % 2));
        }
        let answers = stage.run(join_all(callers));
        assert_eq!(answers.len(), 2);
        assert!(is_same(answers[0].as_ref().unwrap(), answers[1].as_ref().unwrap()));
        assert_eq!(stage.wire.count(), 2);
    }
}

#[test]
fn a_flight_that_all_have_left_leaves_no_trace() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    let manager = stage.manager();
    stage.wire.play(WIDGET, Part::Hang);
    let mut callers: Vec<_> = (0..10).map(|_| Box::pin(manager.session())).collect();
    assert!(callers.iter_mut().all(|caller| poll(caller).is_pending()));
    assert!(manager.status().logging_in);
    assert_eq!(stage.runtime.sleeper_count(), 1, "the deadline of the flight");
    callers.clear();
    let status = manager.status();
    assert!(!status.logging_in && status.last_error.is_none() && status.next_try.is_none());
    assert_eq!(stage.runtime.sleeper_count(), 0);
    assert!(stage.run(manager.session()).is_ok());
}

#[test]
fn with_the_last_handle_the_login_and_its_task_end() {
    let stage = Stage::new();
    stage.wire.answer_after_polls(2);
    let manager = stage.manager();
    drop(Box::pin(manager.session()));
    assert_eq!(stage.wire.count(), 0, "what is not polled sends nothing");
    assert!(poll(&mut Box::pin(manager.session())).is_pending());
    let other = manager.clone();
    drop(manager);
    assert!(stage.runtime.task_count() > 0, "somebody may still ask");
    drop(other);
    stage.runtime.run_until_idle();
    assert_eq!((stage.runtime.task_count(), stage.runtime.sleeper_count()), (0, 0));
    assert_eq!(stage.wire.count(), 1, "the second request is not sent any more");
}

#[test]
fn a_spawned_login_goes_on_without_callers() {
    let stage = Stage::new();
    stage.wire.answer_after_polls(4);
    let manager = stage.manager();
    assert!(poll(&mut Box::pin(manager.session())).is_pending());
    stage.runtime.run_until_idle();
    assert!(at_once(manager.session()).is_ok());
    assert_eq!(stage.wire.count(), 2);
}

#[test]
fn a_runtime_that_drops_its_tasks_leaves_the_login_to_those_who_wait() {
    let stage = Stage::new();
    stage.wire.answer_after_polls(4);
    let manager = stage.manager();
    let mut caller = Box::pin(manager.session());
    assert!(poll(&mut caller).is_pending());
    stage.runtime.drop_tasks();
    assert!(stage.run(caller).is_ok());
    assert_eq!(stage.wire.count(), 2);
}

/// Callers come one after another, and each gives up after so many polls. Which one gets a session.
fn first_served(stage: &Stage, patience: usize) -> Option<usize> {
    let manager = stage.manager();
    (1..=6).find(|_| {
        let mut caller = Box::pin(manager.session());
        (0..patience).any(|_| matches!(poll(&mut caller), Poll::Ready(Ok(_))))
    })
}

#[test]
fn impatient_callers_make_progress() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    stage.wire.answer_after_polls(4);
    // A login takes nine polls: the second caller goes on from the widget session of the first.
    assert_eq!(first_served(&stage, 6), Some(2));
    assert_eq!(stage.wire.count_of(WIDGET), 1);
}

#[test]
fn impatient_callers_make_progress_even_if_their_widget_session_is_dead() {
    let stage = Stage::with_short_widget_sessions().with_spawn_mode(SpawnMode::Decline);
    let source = stage.source();
    let manager = kaltura_auth::manager::SessionManager::new(source.clone(), stage.runtime.clone());
    stage.run(manager.session()).unwrap();
    stage.pass(seconds(3600));
    stage.wire.answer_after_polls(4);
    // Refused, another widget session, a session: thirteen polls, and nobody has more than seven.
    let sent_before = stage.wire.count_of(START);
    let served = (1..=6).find(|_| {
        let mut caller = Box::pin(manager.session());
        (0..7).any(|_| matches!(poll(&mut caller), Poll::Ready(Ok(_))))
    });
    assert_eq!(served, Some(3));
    assert!(stage.wire.count_of(START) - sent_before <= 3);
}
