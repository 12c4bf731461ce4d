//! When a call is sent again, and after which delay.

use std::time::Duration;

use kaltura_client::auth::TransportErrorKind::{Build, Connect, Io, Timeout, TooLarge};
use kaltura_client::auth::{TransportError, WireResponse};
use kaltura_client::{CallOptions, ErrorKind, RetryPolicy};

use crate::fixture::{Fixture, add, list};
use crate::server::Reply;

const fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn retry_after(seconds: u64) -> Reply {
    Reply::response(WireResponse::new(503, "<html>").with_header("Retry-After", seconds.to_string()))
}

#[test]
fn delays_are_random_up_to_a_maximum_that_doubles() {
    for (random, delays) in [(u64::MAX, [250, 500, 1000]), (u64::MAX / 2, [125, 250, 500]), (0, [0, 0, 0])] {
        let fixture = Fixture::new(vec![Reply::fail(Connect); 3]);
        fixture.clock.set_random(random);
        fixture.call().unwrap();
        let slept: Vec<u128> =
            fixture.clock.slept().iter().map(|wait| (wait.as_micros() + 500) / 1000).collect();
        assert_eq!(slept, delays);
    }
}

#[test]
fn after_four_attempts_the_last_error_is_returned() {
    let fixture = Fixture::new(vec![Reply::fail(Connect); 9]);
    assert_eq!(fixture.call().unwrap_err().kind(), ErrorKind::Transport(Connect));
    assert_eq!((fixture.server.sent().len(), fixture.clock.slept().len()), (4, 3));
    assert_eq!(fixture.source.logins(), 1);
}

#[test]
fn a_call_that_may_have_been_executed_is_repeated_only_if_repeatable() {
    let cases = [
        (Reply::fail(Connect), true, true),
        (Reply::error("ACTION_BLOCKED"), true, true),
        (Reply::fail(Io), false, true),
        (Reply::fail(Timeout), false, true),
        (Reply::raw(503, "<html>"), false, true),
        (Reply::raw(500, ""), false, true),
        (Reply::error("INTERNAL_SERVERL_ERROR"), false, true),
        (Reply::fail(TooLarge), false, false),
        (Reply::fail(Build), false, false),
        (Reply::error("INVALID_FIELD_VALUE"), false, false),
    ];
    for (number, (reply, by_default, if_repeatable)) in cases.into_iter().enumerate() {
        let set = |repeatable| CallOptions::new().repeatable(repeatable);
        for (action, options, is_repeated) in [
            (add(), CallOptions::new(), by_default),
            (list(), CallOptions::new(), if_repeatable),
            (add().repeatable(true), CallOptions::new(), if_repeatable),
            (list().repeatable(false), CallOptions::new(), by_default),
            (add(), set(true), if_repeatable),
            (list(), set(false), by_default),
            (add().repeatable(true), set(false), by_default),
        ] {
            let fixture = Fixture::new([reply.clone()]);
            let outcome = fixture.clock.run(fixture.client.call_with(&action, &options));
            assert_eq!(outcome.is_ok(), is_repeated, "{number}");
            assert_eq!(fixture.server.sent().len(), if is_repeated { 2 } else { 1 }, "{number}");
        }
    }
}

#[test]
fn a_request_that_was_certainly_not_sent_is_repeated() {
    let not_sent = TransportError::new(Io, "set by the test").with_maybe_sent(false);
    let fixture = Fixture::new([Reply::fail_with(not_sent)]);
    fixture.call().unwrap();
    assert_eq!(fixture.server.sent().len(), 2);
}

#[test]
fn retry_after_is_the_minimum_delay() {
    let fixture = Fixture::new([retry_after(7)]);
    fixture.clock.set_random(0);
    let options = CallOptions::new().repeatable(true);
    fixture.clock.run(fixture.client.call_with(&list(), &options)).unwrap();
    assert_eq!(fixture.clock.slept(), [Duration::from_secs(7)]);
}

#[test]
fn there_is_no_wait_beyond_the_total_time() {
    let fixture = Fixture::new([retry_after(31)]);
    let options = CallOptions::new().repeatable(true);
    let error = fixture.clock.run(fixture.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(31)));
    assert_eq!((fixture.server.sent().len(), fixture.clock.slept().len()), (1, 0));
}

#[test]
fn the_total_time_includes_the_attempts() {
    let slow = || Reply::fail(Connect).after(Duration::from_secs(9));
    let patient = RetryPolicy::default().max_attempts(100).backoff(milliseconds(1), milliseconds(1));
    let fixture = Fixture::with_builder(vec![slow(); 100], |builder| {
        builder.retry(patient.max_elapsed(Duration::from_secs(30)))
    });
    assert!(fixture.call().is_err());
    // The attempts start at 0, 9, 18 and 27 seconds.
    assert_eq!(fixture.server.sent().len(), 4);
}

#[test]
fn never_means_one_attempt() {
    let fixture =
        Fixture::with_builder([Reply::fail(Connect)], |builder| builder.retry(RetryPolicy::never()));
    assert!(fixture.call().is_err());
    assert_eq!(fixture.server.sent().len(), 1);
}

#[test]
fn a_refused_session_is_replaced_even_without_retries() {
    let fixture =
        Fixture::with_builder([Reply::invalid_ks("EXPIRED")], |builder| builder.retry(RetryPolicy::never()));
    fixture.call().unwrap();
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
}

#[test]
fn a_new_session_does_not_end_the_retries() {
    let fixture = Fixture::new([Reply::fail(Connect), Reply::invalid_ks("EXPIRED"), Reply::fail(Connect)]);
    fixture.call().unwrap();
    assert_eq!(fixture.server.sent().len(), 4);
}

#[test]
fn a_lost_connection_is_replaced_once_and_that_is_no_attempt() {
    for (replies, sent) in [(1, 2), (2, 2)] {
        let fixture = Fixture::with_builder(vec![Reply::fail(Io); replies], |builder| {
            builder.retry(RetryPolicy::never())
        });
        assert_eq!(fixture.call().is_ok(), replies == 1);
        let fresh: Vec<bool> =
            fixture.server.sent().iter().map(|sent| sent.request.fresh_connection()).collect();
        assert_eq!(fresh, [false, true]);
        assert_eq!(fixture.server.sent().len(), sent);
        assert_eq!(fixture.clock.slept(), []);
    }
    let fixture = Fixture::with_builder([Reply::fail(Io)], |builder| builder.retry(RetryPolicy::never()));
    fixture.clock.run(fixture.client.call(&add())).unwrap_err();
    assert_eq!(fixture.server.sent().len(), 1, "the server may have executed it");
}

#[test]
fn after_a_lost_connection_every_attempt_is_on_a_fresh_one() {
    let fixture = Fixture::new(vec![Reply::fail(Io); 9]);
    assert_eq!(fixture.call().unwrap_err().kind(), ErrorKind::Transport(Io));
    let fresh: Vec<bool> = fixture.server.sent().iter().map(|sent| sent.request.fresh_connection()).collect();
    assert_eq!(fresh, [false, true, true, true, true], "four attempts, and the first one twice");
}
