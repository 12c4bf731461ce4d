//! Clocks that are changed, that stop, and that differ from the server's.

use std::time::Duration;

use kaltura_auth::manager::{Phase, SessionManager};
use kaltura_auth::runtime::Clock as _;
use kaltura_testing::runtime::TestRuntime;

use super::fixture::{Fixture, is_same, ready_now, seconds, start_time};

const HOUR: Duration = seconds(3600);

/// For how many seconds a session of one hour is returned without a request.
fn seconds_without_request(fixture: &Fixture, manager: &SessionManager) -> u64 {
    let requests = fixture.network.count();
    let mut used = 0;
    while fixture.network.count() == requests && used < 10_000 {
        fixture.advance(seconds(1));
        fixture.run(manager.session()).unwrap();
        fixture.runtime.run_until_idle();
        used += 1;
    }
    used
}

/// When a session of one hour is renewed, in seconds: in the second half of a window of 5 minutes ± 25 %.
const RENEWAL_TIMES: std::ops::RangeInclusive<u64> = 3412..=3489;

#[test]
fn clock_skew_does_not_matter() {
    for skew in [-86_400, -600, 0, 600, 86_400] {
        let server_time = start_time().plus_seconds(skew);
        let fixture = Fixture::new();
        fixture.emulator.clock().set(server_time);
        let manager = fixture.manager();
        fixture.run(manager.session()).unwrap();
        assert_eq!(manager.status().remaining, Some(HOUR));
        let used = seconds_without_request(&fixture, &manager);
        assert!(RENEWAL_TIMES.contains(&used), "{used}");
    }
}

#[test]
fn clock_set_back_does_not_extend_a_session() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    fixture.run(manager.session()).unwrap();
    fixture.runtime.set_unix_time(TestRuntime::START - HOUR);
    let used = seconds_without_request(&fixture, &manager);
    assert!(RENEWAL_TIMES.contains(&used), "{used}");
}

#[test]
fn clock_set_forward_costs_one_login() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.runtime.set_unix_time(TestRuntime::START + HOUR);
    let new = fixture.run(manager.session()).unwrap();
    assert!(!is_same(&old, &new));
    assert_eq!(fixture.network.count(), 3);
    let used = seconds_without_request(&fixture, &manager);
    assert!(RENEWAL_TIMES.contains(&used), "{used}");
}

#[test]
fn clock_change_during_a_login_does_not_start_another() {
    for wall in [TestRuntime::START - HOUR, TestRuntime::START + HOUR] {
        let fixture = Fixture::new();
        fixture.network.respond_after_polls(2);
        let manager = fixture.manager();
        let mut first = Box::pin(manager.session());
        assert!(super::fixture::poll(&mut first).is_pending());
        fixture.runtime.set_unix_time(wall);
        let second = fixture.run(manager.session()).unwrap();
        assert!(is_same(&fixture.run(first).unwrap(), &second));
        assert_eq!(fixture.network.count(), 2);
        assert_eq!(manager.status().phase, Phase::Fresh);
    }
}

#[test]
fn clock_set_back_does_not_extend_the_backoff() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    fixture.emulator.disable_token(fixture.emulator.app_token().id()).unwrap();
    fixture.run(manager.session()).unwrap_err();
    fixture.emulator.enable_token(fixture.emulator.app_token().id()).unwrap();
    fixture.runtime.set_unix_time(TestRuntime::START - HOUR);
    fixture.advance(seconds(60));
    assert!(fixture.run(manager.session()).is_ok());
}

#[test]
fn session_that_expired_during_suspend_is_not_used() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    // During suspend the monotonic clock may stop.
    fixture.emulator.clock().advance(2 * HOUR);
    fixture.runtime.set_unix_time(fixture.runtime.unix_time() + 2 * HOUR);
    assert!(manager.fresh().is_none());
    assert!(!is_same(&fixture.run(manager.session()).unwrap(), &old));
}

#[test]
fn without_server_time_a_clock_ahead_does_not_expire_sessions() {
    for (ahead, lifetime) in [(Duration::ZERO, HOUR), (seconds(1800), seconds(1800)), (2 * HOUR, HOUR)] {
        let fixture = Fixture::new().with_lifetime(3600);
        fixture.network.hide_headers();
        fixture.runtime.set_unix_time(TestRuntime::START + ahead);
        let manager = fixture.manager();
        fixture.run(manager.session()).unwrap();
        assert_eq!(manager.status().remaining, Some(lifetime), "{ahead:?}");
    }
}

#[test]
fn lifetime_of_two_seconds_serves_every_caller() {
    let fixture = Fixture::new().with_lifetime(2);
    let manager = fixture.manager();
    for _ in 0..1000 {
        fixture.run(manager.session()).unwrap();
        fixture.runtime.run_until_idle();
        fixture.advance(Duration::from_millis(100));
    }
    let logins = fixture.network.count() - 1;
    assert!((49..=60).contains(&logins), "{logins} logins in 100 s");
}

#[test]
fn with_spawning_a_lifetime_of_two_seconds_delays_no_caller() {
    let fixture = Fixture::new().with_lifetime(2);
    let manager = fixture.manager();
    fixture.run(manager.session()).unwrap();
    for _ in 0..10_000 {
        fixture.advance(Duration::from_millis(10));
        assert!(ready_now(manager.session()).is_ok());
        fixture.runtime.run_until_idle();
    }
}
