//! Timeouts of calls, and what they do not cancel.

use std::time::Duration;

use kaltura_client::auth::TransportErrorKind::Connect;
use kaltura_client::auth::WireResponse;
use kaltura_client::auth::manager::Phase;
use kaltura_client::{CallError, CallOptions, ErrorKind};

use crate::clock::ManualClock;
use crate::fixture::{Fixture, ks, list};
use crate::server::Reply;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn within(timeout: Duration) -> CallOptions {
    CallOptions::new().timeout(timeout)
}

#[test]
fn a_call_ends_at_its_timeout() {
    let fixture = Fixture::new([Reply::never()]);
    let error = fixture.clock.run(fixture.client.call_with(&list(), &within(seconds(5)))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.call_error(), Some(&CallError::TimedOut { timeout: seconds(5) }));
    assert_eq!(fixture.clock.now(), seconds(5));
}

#[test]
fn a_timeout_does_not_cancel_the_login() {
    let clock = ManualClock::new();
    let fixture = Fixture::with_source(&clock, |source| source.login_duration(seconds(20)));
    let error = fixture.clock.run(fixture.client.call_with(&list(), &within(seconds(5)))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(fixture.client.status().logging_in);
    // The next call waits for the rest of the same login.
    fixture.call().unwrap();
    assert_eq!(fixture.clock.now(), seconds(20));
    assert_eq!((fixture.source.logins(), fixture.server.sessions()), (1, vec![Some(ks(1))]));
}

#[test]
fn the_login_continues_without_a_caller() {
    let clock = ManualClock::new();
    let fixture = Fixture::with_source(&clock, |source| source.login_duration(seconds(20)));
    assert!(fixture.clock.run(fixture.client.call_with(&list(), &within(seconds(5)))).is_err());
    fixture.clock.advance(seconds(15));
    fixture.clock.run_tasks();
    assert_eq!(fixture.client.status().phase, Phase::Fresh);
    assert_eq!(fixture.source.logins(), 1);
}

#[test]
fn without_spawned_tasks_a_login_needs_a_waiting_caller() {
    let clock = ManualClock::without_tasks();
    let fixture = Fixture::with_source(&clock, |source| source.login_duration(seconds(20)));
    assert!(fixture.clock.run(fixture.client.call_with(&list(), &within(seconds(5)))).is_err());
    assert!(!fixture.client.status().logging_in);
    fixture.call().unwrap();
    assert_eq!(fixture.clock.now(), seconds(25));
}

#[test]
fn a_timeout_includes_all_attempts() {
    let broken = Reply::raw(503, "<html>").after(seconds(3));
    let fixture = Fixture::new([broken, Reply::never()]);
    fixture.clock.set_random(0);
    let options = within(seconds(10)).repeatable(true);
    let error = fixture.clock.run(fixture.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let timeouts: Vec<_> = fixture.server.sent().iter().map(|sent| sent.request.timeout()).collect();
    assert_eq!(timeouts, [Some(seconds(10)), Some(seconds(7))]);
    assert_eq!(fixture.clock.now(), seconds(10));
}

#[test]
fn there_is_no_wait_beyond_the_timeout() {
    let later = Reply::response(WireResponse::new(503, "").with_header("Retry-After", "10"));
    let fixture = Fixture::new([later]);
    let options = within(seconds(8)).repeatable(true);
    let error = fixture.clock.run(fixture.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(fixture.clock.now(), Duration::ZERO);
}

#[test]
fn each_request_has_the_shorter_one_of_both_timeouts() {
    let fixture = Fixture::with_builder([], |builder| builder.request_timeout(seconds(30)));
    fixture.call().unwrap();
    fixture.clock.run(fixture.client.call_with(&list(), &within(seconds(90)))).unwrap();
    fixture.clock.run(fixture.client.call_with(&list(), &within(seconds(9)))).unwrap();
    let timeouts: Vec<_> = fixture.server.sent().iter().map(|sent| sent.request.timeout()).collect();
    assert_eq!(timeouts, [Some(seconds(30)), Some(seconds(30)), Some(seconds(9))]);
    let fixture = Fixture::new([]);
    fixture.call().unwrap();
    assert_eq!(fixture.server.sent()[0].request.timeout(), Some(seconds(60)));
}

#[test]
fn a_dropped_call_has_no_effect_on_later_ones() {
    let fixture = Fixture::new([Reply::never(), Reply::fail(Connect)]);
    let action = list();
    {
        let mut call = std::pin::pin!(fixture.client.call(&action));
        let abandoned = futures_util::future::poll_immediate(call.as_mut());
        assert!(fixture.clock.run(abandoned).is_none());
        fixture.clock.run_tasks();
        assert!(fixture.clock.run(futures_util::future::poll_immediate(call.as_mut())).is_none());
    }
    fixture.call().unwrap();
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (1, 3));
}
