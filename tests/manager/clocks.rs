//! Clocks that are set, that stand still, and that disagree.

use std::time::Duration;

use kaltura_auth::manager::{Phase, SessionManager};
use kaltura_auth::runtime::Clock as _;
use kaltura_testing::runtime::TestRuntime;

use super::stage::{Stage, at_once, is_same, seconds, unix_start};

const HOUR: Duration = seconds(3600);

/// How long a session of an hour is handed out without a request, second by second.
fn used_for(stage: &Stage, manager: &SessionManager) -> u64 {
    let requests = stage.wire.count();
    let mut used = 0;
    while stage.wire.count() == requests && used < 10_000 {
        stage.pass(seconds(1));
        stage.run(manager.session()).unwrap();
        stage.runtime.run_until_idle();
        used += 1;
    }
    used
}

/// Sessions of an hour are renewed in the second half of a window of 5 minutes, give or take a quarter.
const IN_TIME: std::ops::RangeInclusive<u64> = 3412..=3489;

#[test]
fn a_server_whose_clock_is_ten_minutes_off_does_not_matter() {
    for server_time in [unix_start().plus_seconds(-600), unix_start(), unix_start().plus_seconds(600)] {
        let stage = Stage::new();
        stage.emulator.clock().set(server_time);
        let manager = stage.manager();
        stage.run(manager.session()).unwrap();
        assert_eq!(manager.status().remaining, Some(HOUR));
        let used = used_for(&stage, &manager);
        assert!(IN_TIME.contains(&used), "{used}");
    }
}

#[test]
fn a_clock_set_back_by_an_hour_lengthens_no_life() {
    let stage = Stage::new();
    let manager = stage.manager();
    stage.run(manager.session()).unwrap();
    stage.runtime.set_unix_time(TestRuntime::START - HOUR);
    let used = used_for(&stage, &manager);
    assert!(IN_TIME.contains(&used), "{used}");
}

#[test]
fn a_clock_set_forward_by_an_hour_costs_one_login_and_no_more() {
    let stage = Stage::new();
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    stage.runtime.set_unix_time(TestRuntime::START + HOUR);
    let new = stage.run(manager.session()).unwrap();
    assert!(!is_same(&old, &new));
    assert_eq!(stage.wire.count(), 3);
    let used = used_for(&stage, &manager);
    assert!(IN_TIME.contains(&used), "{used}");
}

#[test]
fn a_clock_set_during_a_login_does_not_split_it() {
    for wall in [TestRuntime::START - HOUR, TestRuntime::START + HOUR] {
        let stage = Stage::new();
        stage.wire.answer_after_polls(2);
        let manager = stage.manager();
        let mut first = Box::pin(manager.session());
        assert!(super::stage::poll(&mut first).is_pending());
        stage.runtime.set_unix_time(wall);
        let second = stage.run(manager.session()).unwrap();
        assert!(is_same(&stage.run(first).unwrap(), &second));
        assert_eq!(stage.wire.count(), 2);
        assert_eq!(manager.status().phase, Phase::Fresh);
    }
}

#[test]
fn a_gate_closes_for_no_longer_when_the_clock_is_set_back() {
    let stage = Stage::new();
    let manager = stage.manager();
    stage.emulator.disable_token(stage.emulator.app_token().id()).unwrap();
    stage.run(manager.session()).unwrap_err();
    stage.emulator.enable_token(stage.emulator.app_token().id()).unwrap();
    stage.runtime.set_unix_time(TestRuntime::START - HOUR);
    stage.pass(seconds(60));
    assert!(stage.run(manager.session()).is_ok());
}

#[test]
fn a_machine_that_slept_does_not_use_a_session_that_is_over() {
    let stage = Stage::new();
    let manager = stage.manager();
    let old = stage.run(manager.session()).unwrap();
    // While it sleeps, the clock that only goes forward stands still.
    stage.emulator.clock().advance(2 * HOUR);
    stage.runtime.set_unix_time(stage.runtime.unix_time() + 2 * HOUR);
    assert!(manager.fresh().is_none());
    assert!(!is_same(&stage.run(manager.session()).unwrap(), &old));
}

#[test]
fn where_no_server_time_is_seen_a_clock_that_is_ahead_does_not_make_sessions_look_over() {
    for (ahead, life) in [(Duration::ZERO, HOUR), (seconds(1800), seconds(1800)), (2 * HOUR, HOUR)] {
        let stage = Stage::new().with_lifetime(3600);
        stage.wire.hide_headers();
        stage.runtime.set_unix_time(TestRuntime::START + ahead);
        let manager = stage.manager();
        stage.run(manager.session()).unwrap();
        assert_eq!(manager.status().remaining, Some(life), "{ahead:?}");
    }
}

#[test]
fn a_lifetime_of_two_seconds_serves_every_caller() {
    let stage = Stage::new().with_lifetime(2);
    let manager = stage.manager();
    for _ in 0..1000 {
        stage.run(manager.session()).unwrap();
        stage.runtime.run_until_idle();
        stage.pass(Duration::from_millis(100));
    }
    let logins = stage.wire.count() - 1;
    assert!((49..=60).contains(&logins), "{logins} logins in 100 s");
}

#[test]
fn with_a_spawner_even_lives_of_two_seconds_delay_nobody() {
    let stage = Stage::new().with_lifetime(2);
    let manager = stage.manager();
    stage.run(manager.session()).unwrap();
    for _ in 0..10_000 {
        stage.pass(Duration::from_millis(10));
        assert!(at_once(manager.session()).is_ok());
        stage.runtime.run_until_idle();
    }
}
