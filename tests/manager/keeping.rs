//! `run_refresh_loop` and `refresh_if_due`: a session is held ready, and nobody ever waits.

use kaltura_auth::runtime::Runtime as _;
use kaltura_testing::runtime::SpawnMode;

use super::stage::{START, Stage, at_once, is_same, seconds};

/// Lets a keeper run on the runtime, and returns to one that runs no other tasks.
fn maintained(stage: &Stage) -> kaltura_auth::manager::SessionManager {
    let manager = stage.manager();
    stage.runtime.spawn(Box::pin(manager.run_refresh_loop())).unwrap();
    stage.runtime.set_spawn_mode(SpawnMode::Decline);
    manager
}

#[test]
fn maintain_keeps_it_fresh_so_that_no_caller_waits() {
    let stage = Stage::new();
    stage.wire.answer_after_polls(3);
    let manager = maintained(&stage);
    stage.runtime.run_until_idle();
    for _ in 0..86_400 / 10 {
        assert!(manager.fresh().is_some());
        assert!(at_once(manager.session()).is_ok());
        stage.live(seconds(10));
    }
    let logins = stage.wire.count_of(START);
    assert!((25..=27).contains(&logins), "{logins} logins in a day");
}

#[test]
fn maintain_replaces_a_refused_session_within_a_minute() {
    let stage = Stage::new();
    let manager = maintained(&stage);
    stage.runtime.run_until_idle();
    stage.live(seconds(100));
    let old = manager.fresh().unwrap();
    manager.invalidate(&old, kaltura_auth::manager::InvalidReason::Expired);
    stage.live(seconds(60));
    assert!(!is_same(&manager.fresh().unwrap(), &old));
}

#[test]
fn maintain_ends_with_the_last_handle() {
    let stage = Stage::new();
    let manager = maintained(&stage);
    stage.live(seconds(100));
    assert_eq!(stage.runtime.task_count(), 1);
    let handle = manager.clone();
    drop(manager);
    stage.live(seconds(100));
    assert_eq!(stage.runtime.task_count(), 1);
    drop(handle);
    stage.live(seconds(60));
    assert_eq!((stage.runtime.task_count(), stage.runtime.sleeper_count()), (0, 0));
}

#[test]
fn a_permanent_failure_does_not_end_maintain_and_makes_no_storm() {
    let stage = Stage::new();
    let id = stage.emulator.app_token().id().clone();
    stage.emulator.disable_token(&id).unwrap();
    let manager = maintained(&stage);
    stage.live(seconds(86_400));
    let logins = stage.wire.count_of(START);
    assert!((96..=220).contains(&logins), "{logins} logins in a day");
    stage.emulator.enable_token(&id).unwrap();
    stage.live(seconds(900));
    assert!(manager.fresh().is_some());
}

#[test]
fn prefetch_has_it_ready_for_the_first_caller() {
    let stage = Stage::new();
    let manager = stage.manager();
    stage.run(manager.prefetch()).unwrap();
    assert!(at_once(manager.session()).is_ok());
    stage.run(manager.prefetch()).unwrap();
    assert_eq!(stage.wire.count(), 2);
}

#[test]
fn a_thread_can_keep_it_too() {
    let stage = Stage::new();
    let manager = stage.blocking_manager();
    for _ in 0..1000 {
        let rest = manager.refresh_if_due();
        let requests = stage.wire.count();
        manager.session().unwrap();
        assert_eq!(stage.wire.count(), requests, "the caller did not have to renew");
        stage.pass(rest);
    }
    assert!(stage.wire.count_of(START) > 10);
}
