//! A session near its end: who waits for its renewal, and what it costs.

use std::sync::Arc;
use std::task::Poll;

use kaltura_auth::manager::InvalidReason;
use kaltura_testing::runtime::SpawnMode;

use super::stage::{START, Stage, WIDGET, at_once, is_same, poll, seconds};
use super::wire::Part;

/// A little before the end of a session of an hour: callers are elected to renew it.
const NEARLY_AN_HOUR: u64 = 3550;

#[test]
fn a_fresh_session_is_ready_at_the_first_poll() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    let manager = stage.manager();
    assert!(manager.fresh().is_none());
    let session = stage.run(manager.session()).unwrap();
    assert!(is_same(&at_once(manager.session()).unwrap(), &session));
    assert!(is_same(&manager.fresh().unwrap(), &session));
    assert!(is_same(&at_once(manager.clone().session_valid_for(seconds(3000))).unwrap(), &session));
}

#[test]
fn with_a_spawner_a_renewal_costs_one_request_and_delays_nobody() {
    for cache in [false, true] {
        let stage = Stage::new().with_cache(cache);
        stage.wire.answer_after_polls(5);
        let manager = stage.manager();
        let old = stage.run(manager.session()).unwrap();
        stage.pass(seconds(NEARLY_AN_HOUR));
        for _ in 0..10_000 {
            assert!(is_same(&at_once(manager.session()).unwrap(), &old));
        }
        assert_eq!((stage.runtime.task_count(), stage.wire.count()), (1, 2));
        stage.runtime.run_until_idle();
        assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 2));
        let new = at_once(manager.session()).unwrap();
        assert!(!is_same(&new, &old));
        assert_ne!(new.ks(), old.ks());
        assert_eq!((stage.runtime.task_count(), stage.runtime.sleeper_count()), (0, 0));
    }
}

#[test]
fn without_a_spawner_exactly_the_elected_waits() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    stage.wire.answer_after_polls(5);
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.pass(seconds(NEARLY_AN_HOUR));
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    for _ in 0..10_000 {
        assert!(is_same(&at_once(manager.session()).unwrap(), &old));
    }
    let new = stage.run(elected).unwrap();
    assert!(!is_same(&new, &old));
    assert!(is_same(&at_once(manager.session()).unwrap(), &new));
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 2));
}

#[test]
fn a_renewal_that_fails_keeps_the_session_and_is_tried_again_later() {
    for spawning in [SpawnMode::Queue, SpawnMode::Decline] {
        let stage = Stage::new().with_spawn_mode(spawning);
        let manager = stage.manager();
        let old = stage.run(manager.session()).unwrap();
        stage.pass(seconds(NEARLY_AN_HOUR));
        stage.wire.play(START, Part::Break);
        assert!(is_same(&stage.run(manager.session()).unwrap(), &old), "the elected gets it too");
        stage.runtime.run_until_idle();
        assert_eq!(stage.wire.count(), 3);
        assert!(is_same(&at_once(manager.session()).unwrap(), &old), "the gate is closed: nobody waits");
        assert_eq!(stage.wire.count(), 3);
        stage.pass(seconds(1));
        stage.run(manager.session()).unwrap();
        stage.runtime.run_until_idle();
        assert!(!is_same(&at_once(manager.session()).unwrap(), &old));
    }
}

#[test]
fn a_renewal_that_fails_for_good_serves_to_the_end_and_then_tells() {
    let stage = Stage::new();
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.emulator.disable_token(stage.emulator.app_token().id()).unwrap();
    stage.pass(seconds(NEARLY_AN_HOUR));
    for _ in 0..49 {
        assert!(is_same(&at_once(manager.session()).unwrap(), &old));
        stage.runtime.run_until_idle();
        stage.pass(seconds(1));
    }
    stage.pass(seconds(1));
    assert_eq!(stage.run(manager.session()).unwrap_err().kind(), kaltura_auth::ErrorKind::TokenNotActive);
    assert!(stage.wire.count() <= 5, "{} requests", stage.wire.count());
}

#[test]
fn the_elected_is_told_the_error_if_his_session_was_refused_meanwhile() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    stage.wire.answer_after_polls(2);
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.pass(seconds(NEARLY_AN_HOUR));
    stage.wire.play(START, Part::Break);
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    assert!(manager.invalidate(&old, InvalidReason::Expired));
    assert!(stage.run(elected).is_err());
}

#[test]
fn elected_dropped_the_next_is_elected() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    stage.wire.answer_after_polls(2);
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.pass(seconds(NEARLY_AN_HOUR));
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    drop(elected);
    assert!(!is_same(&stage.run(manager.session()).unwrap(), &old));
}

#[test]
fn an_elected_who_is_not_polled_past_the_end_is_helped_by_whoever_comes() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    stage.wire.answer_after_polls(2);
    let manager = stage.manager();
    stage.run(manager.session()).unwrap();
    stage.pass(seconds(3585));
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    stage.pass(seconds(16));
    let session = stage.run(manager.session()).unwrap();
    assert_eq!(stage.wire.count(), 3, "it was carried on, not begun anew");
    let Poll::Ready(answer) = poll(&mut elected) else { panic!("the flight has landed") };
    assert!(is_same(&answer.unwrap(), &session));
}

#[test]
fn a_spawner_that_drops_the_task_blocks_nobody() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Drop);
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.pass(seconds(NEARLY_AN_HOUR));
    assert!(is_same(&at_once(manager.session()).unwrap(), &old));
    stage.pass(seconds(50));
    assert!(!is_same(&stage.run(manager.session()).unwrap(), &old));
}

#[test]
fn a_spawner_that_runs_the_task_at_once_works_too() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Inline);
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.pass(seconds(NEARLY_AN_HOUR));
    assert!(is_same(&at_once(manager.session()).unwrap(), &old));
    assert!(!is_same(&at_once(manager.session()).unwrap(), &old), "it was renewed on the way");
}

#[test]
fn a_session_for_long_work_is_renewed_and_others_keep_theirs_meanwhile() {
    let stage = Stage::new();
    stage.wire.answer_after_polls(2);
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.pass(seconds(600));
    let mut long = Box::pin(manager.session_valid_for(seconds(3300)));
    assert!(poll(&mut long).is_pending());
    assert!(is_same(&at_once(manager.session()).unwrap(), &old));
    let new = stage.run(long).unwrap();
    assert!(is_same(&at_once(manager.session()).unwrap(), &new));
}

#[test]
fn a_session_for_longer_than_any_lives_is_an_error_and_costs_no_request_once_that_is_known() {
    let stage = Stage::new();
    let manager = stage.manager();
    for _ in 0..3 {
        let error = stage.run(manager.session_valid_for(seconds(3601))).unwrap_err();
        assert_eq!(error.kind(), kaltura_auth::ErrorKind::SessionTooShort);
    }
    assert_eq!(stage.wire.count(), 2);
    assert!(at_once(manager.session()).is_ok(), "others do not mind");
}

#[test]
fn invalidate_withdraws_the_fast_path() {
    let stage = Stage::new();
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    assert!(manager.invalidate(&old, InvalidReason::Expired));
    assert!(manager.fresh().is_none());
    let new = stage.run(manager.session()).unwrap();
    assert!(!is_same(&old, &new));
    assert!(!manager.invalidate(&old, InvalidReason::Expired), "it is dropped once");
    assert!(!manager.invalidate(&Arc::new((*new).clone()), InvalidReason::Expired), "another one like it");
    assert!(manager.fresh().is_some());
}
