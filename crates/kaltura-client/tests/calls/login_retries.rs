//! A login that fails inside a call: the call waits for the next one while it has time.

use std::time::Duration;

use kaltura_client::auth::{Error as AuthError, ErrorKind as AuthErrorKind};
use kaltura_client::types::PartnerId;
use kaltura_client::{CallOptions, ErrorKind, RetryPolicy};
use serde_json::json;

use crate::fixture::{BlockingFixture, Fixture, list};
use crate::server::Reply;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn transient() -> AuthError {
    AuthError::from_source("the vault is unavailable", true)
}

fn permanent() -> AuthError {
    AuthError::from_source("the vault is gone", false)
}

const UNAVAILABLE: ErrorKind = ErrorKind::NoSession(AuthErrorKind::SourceUnavailable);

#[test]
fn a_call_waits_for_the_next_login() {
    let fixture = Fixture::new([]);
    fixture.source.fail_with([transient(), transient()]);
    fixture.call().unwrap();
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (3, 1));
    // Two backoffs: up to 1 s and up to 2 s, at least half of each.
    assert!((seconds(1)..=seconds(3)).contains(&fixture.clock.now()), "{:?}", fixture.clock.now());
}

#[test]
fn a_blocking_call_waits_for_the_next_login() {
    let fixture = BlockingFixture::new([]);
    fixture.source.fail_with([transient(), transient()]);
    fixture.client.call(&list()).unwrap();
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (3, 1));
    let slept: Duration = fixture.slept.lock().unwrap().iter().sum();
    assert!((seconds(1)..=seconds(3)).contains(&slept), "{slept:?}");
}

#[test]
fn all_calls_share_each_login() {
    let fixture = Fixture::new([]);
    fixture.source.fail_with([transient()]);
    let action = list();
    let calls = (0..1000).map(|_| fixture.client.call(&action));
    let results = fixture.clock.run(futures_util::future::join_all(calls));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (2, 1000));
}

#[test]
fn session_and_permanent_failures_do_not_wait() {
    let fixture = Fixture::new([]);
    fixture.source.fail_with([transient()]);
    let error = fixture.clock.run(fixture.client.session()).unwrap_err();
    assert_eq!((error.kind(), fixture.clock.now()), (UNAVAILABLE, seconds(0)));

    let fixture = Fixture::new([]);
    fixture.source.fail_with([permanent()]);
    let failed = ErrorKind::NoSession(AuthErrorKind::SourceFailed);
    assert_eq!(fixture.call().unwrap_err().kind(), failed);
    assert_eq!((fixture.source.logins(), fixture.clock.now()), (1, seconds(0)));
}

#[test]
fn a_call_fails_at_once_if_the_backoff_does_not_end_in_its_time() {
    // The first backoff takes at least half a second.
    let options = CallOptions::new().timeout(Duration::from_millis(500));
    let fixture = Fixture::new([]);
    fixture.source.fail_with([transient()]);
    let error = fixture.clock.run(fixture.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!((error.kind(), fixture.clock.now()), (UNAVAILABLE, seconds(0)));

    let policy = RetryPolicy::default().max_elapsed(Duration::from_millis(500));
    for policy in [policy, RetryPolicy::never()] {
        let fixture = Fixture::with_builder([], |builder| builder.retry(policy));
        fixture.source.fail_with([transient()]);
        assert_eq!(fixture.call().unwrap_err().kind(), UNAVAILABLE);
        assert_eq!((fixture.source.logins(), fixture.clock.now()), (1, seconds(0)));
    }
}

#[test]
fn a_source_that_stays_unavailable_ends_the_call_in_time() {
    let fixture = Fixture::new([]);
    fixture.source.fail(transient());
    assert_eq!(fixture.call().unwrap_err().kind(), UNAVAILABLE);
    assert!(fixture.clock.now() < seconds(30));
    // 1, 2, 4, 8 and 16 s, or half of each.
    assert!((5..=7).contains(&fixture.source.logins()), "{} logins", fixture.source.logins());
}

#[test]
fn verify_session_waits_too() {
    let widget =
        || Reply::json(json!({"partnerId": PartnerId::new(1_234_567).get(), "ks": "djJ8", "userId": 0}));
    let fixture = Fixture::new([widget()]);
    fixture.source.fail_with([transient()]);
    fixture.clock.run(fixture.client.verify_session()).unwrap();
    let fixture = BlockingFixture::new([widget()]);
    fixture.source.fail_with([transient()]);
    fixture.client.verify_session().unwrap();
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (2, 1));
}

#[test]
fn a_login_after_a_refused_session_is_retried() {
    let fixture = Fixture::new([]);
    fixture.call().unwrap();
    fixture.source.fail_with([transient()]);
    fixture.server.reply([Reply::invalid_ks("EXPIRED")]);
    fixture.call().unwrap();
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (3, 3));
}
