//! When a call is sent again, and how long is waited before.

use std::time::Duration;

use kaltura_client::auth::TransportErrorKind::{Build, Connect, Io, Timeout, TooLarge};
use kaltura_client::auth::{TransportError, WireResponse};
use kaltura_client::{CallOptions, ErrorKind, RetryPolicy};

use crate::scene::{Scene, list};
use crate::server::Reply;

const fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn try_again_later(seconds: u64) -> Reply {
    Reply::answer(WireResponse::new(503, "<html>").with_header("Retry-After", seconds.to_string()))
}

#[test]
fn waits_are_anywhere_in_a_width_that_doubles() {
    for (random, waits) in [(u64::MAX, [250, 500, 1000]), (u64::MAX / 2, [125, 250, 500]), (0, [0, 0, 0])] {
        let scene = Scene::new(vec![Reply::fail(Connect); 3]);
        scene.clock.set_random(random);
        scene.call().unwrap();
        let slept: Vec<u128> =
            scene.clock.slept().iter().map(|wait| (wait.as_micros() + 500) / 1000).collect();
        assert_eq!(slept, waits);
    }
}

#[test]
fn after_four_tries_the_last_error_is_told() {
    let scene = Scene::new(vec![Reply::fail(Connect); 9]);
    assert_eq!(scene.call().unwrap_err().kind(), ErrorKind::Transport(Connect));
    assert_eq!((scene.server.sent().len(), scene.clock.slept().len()), (4, 3));
    assert_eq!(scene.source.logins(), 1);
}

#[test]
fn what_may_have_been_done_is_not_repeated_unless_it_is_marked() {
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
    for (number, (reply, unmarked, marked)) in cases.into_iter().enumerate() {
        for (options, again) in [(CallOptions::new(), unmarked), (CallOptions::new().repeatable(), marked)] {
            let scene = Scene::new([reply.clone()]);
            let outcome = scene.clock.run(scene.client.call_with(&list(), &options));
            assert_eq!(outcome.is_ok(), again, "{number}");
            assert_eq!(scene.server.sent().len(), if again { 2 } else { 1 }, "{number}");
        }
    }
}

#[test]
fn a_transport_that_promises_that_nothing_was_sent_is_believed() {
    let promised = TransportError::new(Io, "the test wants it so").with_maybe_sent(false);
    let scene = Scene::new([Reply::fail_with(promised)]);
    scene.call().unwrap();
    assert_eq!(scene.server.sent().len(), 2);
}

#[test]
fn the_server_says_how_long_to_wait_at_least() {
    let scene = Scene::new([try_again_later(7)]);
    scene.clock.set_random(0);
    let options = CallOptions::new().repeatable();
    scene.clock.run(scene.client.call_with(&list(), &options)).unwrap();
    assert_eq!(scene.clock.slept(), [Duration::from_secs(7)]);
}

#[test]
fn no_wait_begins_that_ends_too_late() {
    let scene = Scene::new([try_again_later(31)]);
    let options = CallOptions::new().repeatable();
    let error = scene.clock.run(scene.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(31)));
    assert_eq!((scene.server.sent().len(), scene.clock.slept().len()), (1, 0));
}

#[test]
fn the_total_counts_what_the_tries_take() {
    let slow = || Reply::fail(Connect).after(Duration::from_secs(9));
    let patient = RetryPolicy::default().tries(100).waits(milliseconds(1), milliseconds(1));
    let scene =
        Scene::built(vec![slow(); 100], |builder| builder.retry(patient.total(Duration::from_secs(30))));
    assert!(scene.call().is_err());
    // They begin at 0, 9, 18 and 27 seconds.
    assert_eq!(scene.server.sent().len(), 4);
}

#[test]
fn one_try_is_one() {
    let scene = Scene::built([Reply::fail(Connect)], |builder| builder.retry(RetryPolicy::never()));
    assert!(scene.call().is_err());
    assert_eq!(scene.server.sent().len(), 1);
}

#[test]
fn a_refused_session_is_replaced_even_where_nothing_else_is_tried_again() {
    let scene = Scene::built([Reply::invalid_ks("EXPIRED")], |builder| builder.retry(RetryPolicy::never()));
    scene.call().unwrap();
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
}

#[test]
fn a_new_session_does_not_use_up_the_tries() {
    let scene = Scene::new([Reply::fail(Connect), Reply::invalid_ks("EXPIRED"), Reply::fail(Connect)]);
    scene.call().unwrap();
    assert_eq!(scene.server.sent().len(), 4);
}
