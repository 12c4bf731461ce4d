//! `run_refresh_loop` and `refresh_if_due`: the session is renewed ahead of every caller.

use kaltura_auth::runtime::Runtime as _;
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, is_same, ready_now, seconds};
use super::network::Behavior;

/// A manager whose refresh loop runs on the runtime, which declines every other task.
fn with_refresh_loop(fixture: &Fixture) -> kaltura_auth::manager::SessionManager {
    let manager = fixture.manager();
    fixture.runtime.spawn(Box::pin(manager.run_refresh_loop())).unwrap();
    fixture.runtime.set_spawn_mode(SpawnMode::Decline);
    manager
}

#[test]
fn loop_renews_so_that_no_caller_waits() {
    let fixture = Fixture::new();
    fixture.network.respond_after_polls(3);
    let manager = with_refresh_loop(&fixture);
    fixture.runtime.run_until_idle();
    for _ in 0..86_400 / 10 {
        assert!(manager.fresh().is_some());
        assert!(ready_now(manager.session()).is_ok());
        fixture.run_for(seconds(10));
    }
    let logins = fixture.network.count_of(START_SESSION);
    assert!((25..=27).contains(&logins), "{logins} logins in a day");
}

#[test]
fn loop_replaces_an_invalidated_session_within_a_minute() {
    let fixture = Fixture::new();
    let manager = with_refresh_loop(&fixture);
    fixture.runtime.run_until_idle();
    fixture.run_for(seconds(100));
    let old = manager.fresh().unwrap();
    manager.invalidate(&old, kaltura_auth::manager::InvalidReason::Expired);
    fixture.run_for(seconds(60));
    assert!(!is_same(&manager.fresh().unwrap(), &old));
}

#[test]
fn loop_ends_with_the_last_handle() {
    let fixture = Fixture::new();
    let manager = with_refresh_loop(&fixture);
    fixture.run_for(seconds(100));
    assert_eq!(fixture.runtime.task_count(), 1);
    let handle = manager.clone();
    drop(manager);
    fixture.run_for(seconds(100));
    assert_eq!(fixture.runtime.task_count(), 1);
    drop(handle);
    // At once: no time passes.
    fixture.runtime.run_until_idle();
    assert_eq!((fixture.runtime.task_count(), fixture.runtime.sleeper_count()), (0, 0));
}

#[test]
fn loop_ends_with_the_last_handle_also_during_a_login() {
    let fixture = Fixture::new();
    fixture.network.on_next(START_SESSION, Behavior::Hang);
    let manager = with_refresh_loop(&fixture);
    fixture.runtime.run_until_idle();
    assert!(manager.status().logging_in);
    drop(manager);
    fixture.runtime.run_until_idle();
    assert_eq!((fixture.runtime.task_count(), fixture.runtime.sleeper_count()), (0, 0));
}

#[test]
fn every_loop_of_a_manager_ends() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    for _ in 0..3 {
        fixture.runtime.spawn(Box::pin(manager.run_refresh_loop())).unwrap();
    }
    let unpolled = manager.run_refresh_loop();
    fixture.run_for(seconds(100));
    assert_eq!(fixture.runtime.task_count(), 3);
    drop(manager);
    fixture.runtime.run_until_idle();
    assert_eq!(fixture.runtime.task_count(), 0);
    ready_now(unpolled);
}

#[test]
fn permanent_failure_does_not_end_the_loop_and_retries_are_rare() {
    let fixture = Fixture::new();
    let id = fixture.emulator.app_token().id().clone();
    fixture.emulator.disable_token(&id).unwrap();
    let manager = with_refresh_loop(&fixture);
    fixture.run_for(seconds(86_400));
    let logins = fixture.network.count_of(START_SESSION);
    assert!((96..=220).contains(&logins), "{logins} logins in a day");
    fixture.emulator.enable_token(&id).unwrap();
    fixture.run_for(seconds(900));
    assert!(manager.fresh().is_some());
}

#[test]
fn prefetch_logs_in_before_the_first_caller() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    fixture.run(manager.prefetch()).unwrap();
    assert!(ready_now(manager.session()).is_ok());
    fixture.run(manager.prefetch()).unwrap();
    assert_eq!(fixture.network.count(), 2);
}

#[test]
fn blocking_refresh_if_due_renews_before_callers() {
    let fixture = Fixture::new();
    let manager = fixture.blocking_manager();
    for _ in 0..1000 {
        let wait = manager.refresh_if_due();
        let requests = fixture.network.count();
        manager.session().unwrap();
        assert_eq!(fixture.network.count(), requests, "the caller did not renew");
        fixture.advance(wait);
    }
    assert!(fixture.network.count_of(START_SESSION) > 10);
}
