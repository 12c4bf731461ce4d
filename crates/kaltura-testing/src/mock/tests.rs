//! Which requests match a script, and what a failure reports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use kaltura_types::{AppTokenValue, HashType, Ks, PartnerId};
use serde_json::{Value, json};

use super::*;

const PARTNER: PartnerId = PartnerId::new(1_234_567);

fn request(name: &str, parameters: Value) -> WireRequest {
    let (service, action) = name.split_once('.').unwrap();
    WireRequest::new("https://example.com/", service, action, parameters.to_string())
}

fn send(mock: &MockTransport, name: &str, parameters: Value) -> Result<WireResponse, TransportError> {
    BlockingTransport::send(mock, request(name, parameters))
}

/// The report with which `verify` panics.
fn failure_report(mock: &MockTransport) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| mock.verify())).expect_err("a failure");
    *panic.downcast::<String>().unwrap()
}

/// The report of a request that must not match.
fn rejected(mock: &MockTransport, name: &str, parameters: Value) -> String {
    let error = send(mock, name, parameters).expect_err("no match");
    assert_eq!(error.kind(), TransportErrorKind::Other);
    let reported = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(failure_report(mock), reported);
    reported
}

#[test]
fn expected_requests_get_their_responses_in_order() {
    let mock = MockTransport::new();
    mock.expect("session.start").with_param("type", 2).respond(responses::json("first"));
    mock.expect("session.end").without_param("type").respond(responses::json("second"));
    assert_eq!(send(&mock, "session.start", json!({"type": 2})).unwrap().body(), b"\"first\"");
    assert_eq!(send(&mock, "session.end", json!({})).unwrap().body(), b"\"second\"");
    mock.verify();
    assert_eq!(mock.calls().len(), 2);
}

#[test]
fn the_wrong_order_fails() {
    let mock = MockTransport::new();
    mock.expect("session.start").respond(responses::null());
    mock.expect("session.end").respond(responses::null());
    let report = rejected(&mock, "session.end", json!({}));
    assert!(report.contains("session.start") && !report.contains("but "), "{report}");
}

#[test]
fn in_any_order_the_first_match_is_used() {
    let mock = MockTransport::in_any_order();
    mock.expect("user.get").with_param("userId", "a").respond(responses::json(1));
    mock.expect("user.get").respond(responses::json(2));
    let get = |user: &str| send(&mock, "user.get", json!({ "userId": user })).unwrap().body().to_vec();
    assert_eq!(get("b"), b"2");
    assert_eq!(get("a"), b"1");
    mock.verify();
    let report = rejected(&mock, "user.get", json!({"userId": "c"}));
    assert!(report.contains("expected: no further request"), "{report}");
}

#[test]
fn times_are_counted() {
    let mock = MockTransport::new();
    mock.expect("a.twice").times(2).respond(responses::null());
    mock.expect("a.some").any_number_of_times().respond(responses::null());
    mock.expect("a.least").at_least(1).respond(responses::null());
    let all = ["a.twice", "a.twice", "a.some", "a.some", "a.least", "a.least"];
    all.into_iter().for_each(|name| drop(send(&mock, name, json!({})).unwrap()));
    mock.verify();
    let report = rejected(&mock, "a.twice", json!({}));
    assert!(report.contains("expected (at least 1 times, received 2 times"), "{report}");
}

#[test]
fn an_expected_number_of_requests_must_be_received() {
    let mock = MockTransport::new();
    mock.expect("a.twice").times(2).respond(responses::null());
    mock.expect("a.other").respond(responses::null());
    send(&mock, "a.twice", json!({})).unwrap();
    let report = rejected(&mock, "a.other", json!({}));
    assert!(report.contains("expected (2 times, received 1 times"), "{report}");
}

#[test]
fn optional_expectations_are_skipped_and_do_not_return() {
    let mock = MockTransport::new();
    mock.expect("a.some").any_number_of_times().respond(responses::null());
    mock.expect("a.last").respond(responses::null());
    send(&mock, "a.last", json!({})).unwrap();
    mock.verify();
    rejected(&mock, "a.some", json!({}));
}

#[test]
fn each_condition_reports_why_it_is_not_met() {
    let sent = || json!({"id": "0_a", "n": 1, "list": [{"deep": true}], "none": null});
    type Build = for<'a> fn(Expectation<'a>) -> Expectation<'a>;
    let cases: [(Build, &str); 12] = [
        (|e| e.with_param("id", "0_b"), "id is \"0_a\""),
        (|e| e.with_param("n", "1"), "n is 1"),
        (|e| e.with_param("list.0.deep", false), "list.0.deep is true"),
        (|e| e.with_param("other", 1), "other is missing"),
        (|e| e.with_any_param("none"), "none is missing"),
        (|e| e.without_param("none"), "none is present: null"),
        (|e| e.with_param_matching("n", "even", |n| n.as_i64().unwrap() % 2 == 0), "n is 1"),
        (
            |e| e.with_any_param("id").with_param("list.0.deep", true).without_other_params(),
            "it also has n, none",
        ),
        (|e| e.with_header("x-note", "a"), "the header x-note is \"b\""),
        (|e| e.with_url("https://www.kaltura.com/"), "its URL is \"https://example.com/\""),
        (|e| e.without_timeout(), "it has a timeout of 5s"),
        (|e| e.matching("short", |call| call.request().body().len() < 5), "it does not match \"short\""),
    ];
    for (build, reason) in cases {
        let mock = MockTransport::new();
        build(mock.expect("a.b")).respond(responses::null());
        let request = request("a.b", sent()).with_header("X-Note", "b").with_timeout(Duration::from_secs(5));
        BlockingTransport::send(&mock, request).expect_err(reason);
        let report = failure_report(&mock);
        assert!(report.contains(&format!("\nbut {reason}\n")), "{reason} in {report}");
    }
}

#[test]
fn each_condition_is_met_by_a_matching_request() {
    let mock = MockTransport::new();
    mock.expect("a.b")
        .with_param("id", "0_a")
        .with_any_param("n")
        .with_param_matching("n", "odd", |n| n.as_i64().unwrap() % 2 == 1)
        .without_param("ks")
        .without_other_params()
        .with_header("x-NOTE", "b")
        .with_url("https://example.com/")
        .with_timeout(Duration::from_secs(5))
        .matching("with a body", |call| !call.request().body().is_empty())
        .respond(responses::null());
    let sent = json!({"id": "0_a", "n": 1, "format": 1, "clientTag": "t"});
    let request = request("a.b", sent).with_header("X-Note", "b").with_timeout(Duration::from_secs(5));
    BlockingTransport::send(&mock, request).unwrap();
}

#[test]
fn a_body_that_the_server_would_not_read_meets_no_condition_on_parameters() {
    let mock = MockTransport::new();
    mock.expect("a.b").without_param("ks").respond(responses::null());
    let request = request("a.b", json!({})).with_content_type("application/json;charset=UTF-8");
    BlockingTransport::send(&mock, request).unwrap_err();
    assert!(failure_report(&mock).contains("but its content type is \"application/json;charset=UTF-8\""));
}

#[test]
fn a_token_hash_is_checked_against_the_ks_of_the_request() {
    let (token, ks) = ("3f786850e387550fdab836ed7e6dc881", responses::generate_ks(PARTNER));
    let hash = |hash_type, ks: &Ks, token: &str| {
        kaltura_auth::TokenHash::new(hash_type, ks, &AppTokenValue::new(token)).expose().to_owned()
    };
    let other_ks = responses::generate_ks(PARTNER);
    let cases = [
        (json!({"ks": ks.expose(), "tokenHash": hash(HashType::Sha256, &ks, token)}), None),
        (
            json!({"ks": ks.expose(), "tokenHash": hash(HashType::Md5, &ks, token)}),
            Some("tokenHash is the MD5 hash of its ks and the app token"),
        ),
        (
            json!({"ks": ks.expose(), "tokenHash": hash(HashType::Sha256, &other_ks, token)}),
            Some("tokenHash is the hash of a different ks or app token"),
        ),
        (json!({"ks": ks.expose()}), Some("tokenHash is missing")),
        (json!({"tokenHash": "00"}), Some("ks is missing, so tokenHash cannot be checked")),
    ];
    for (parameters, reason) in cases {
        let mock = MockTransport::new();
        mock.expect("a.b")
            .with_token_hash(token, HashType::Sha256)
            .without_other_params()
            .respond(responses::null());
        match (send(&mock, "a.b", parameters), reason) {
            (Ok(_), None) => {}
            (Err(_), Some(reason)) => assert!(failure_report(&mock).contains(reason), "{reason}"),
            (result, _) => panic!("{result:?} instead of {reason:?}"),
        }
    }
}

#[test]
fn no_report_contains_a_secret() {
    let token = "5eeded0000000000000000000000cafe";
    let ks = responses::generate_ks(PARTNER);
    let mock = MockTransport::new();
    mock.expect("a.b")
        .with_ks(&responses::generate_ks(PARTNER))
        .with_param("secret", "canary-expected")
        .with_param("appToken.token", "canary-nested")
        .with_token_hash(token, HashType::Sha1)
        .respond(responses::null());
    let sent = json!({
        "ks": ks.expose(), "secret": "canary-received", "tokenHash": "canary-hash", "id": "0_visible",
        "appToken": {"token": "canary-inside"}, "note": "an echo of canary-received", "session": "canary-session",
    });
    let report = rejected(&mock, "a.b", sent);
    for secret in ["canary", ks.expose(), token] {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
    for shown in ["0_visible", "KS v2 of partner 1234567", "an echo of (redacted)"] {
        assert!(report.contains(shown), "{shown} in {report}");
    }
}

#[test]
fn two_secrets_of_the_same_length_are_distinguished() {
    let mock = MockTransport::new();
    mock.expect("a.b").with_param("secret", "one").respond(responses::null());
    let report = rejected(&mock, "a.b", json!({"secret": "two"}));
    assert!(report.contains("but secret is a different secret of the same length"), "{report}");
}

#[test]
fn a_report_locates_the_expectation() {
    let mock = MockTransport::new();
    mock.expect("a.b").respond(responses::null());
    let line = line!() - 1;
    let report = failure_report(&mock);
    assert!(report.contains(&format!("mock/tests.rs:{line}:")), "{report}");
    assert!(report.contains("did not receive all expected requests; 0 received"), "{report}");
}

#[test]
fn after_a_failure_no_request_matches() {
    let mock = MockTransport::new();
    mock.expect("a.b").respond(responses::null());
    send(&mock, "a.wrong", json!({})).unwrap_err();
    send(&mock, "a.b", json!({})).unwrap_err();
    assert!(failure_report(&mock).contains("a.wrong"));
    assert_eq!(mock.calls().len(), 2);
}

#[test]
fn dropping_the_last_clone_reports_missing_requests() {
    let mock = MockTransport::new();
    mock.expect("a.b").respond(responses::null());
    let clone = mock.clone();
    drop(mock);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(clone))).expect_err("a failure");
    assert!(panic.downcast::<String>().unwrap().contains("did not receive all expected requests"));
}

#[test]
fn a_failure_is_reported_once() {
    let mock = MockTransport::new();
    mock.expect("a.b").respond(responses::null());
    failure_report(&mock);
    drop(mock);
}

#[test]
fn transport_errors_can_be_scripted() {
    let mock = MockTransport::new();
    mock.expect("a.b").fail(TransportErrorKind::Timeout);
    let special = TransportError::new(TransportErrorKind::Io, "reset").with_maybe_sent(false);
    mock.expect("a.b").fail_with(special);
    assert_eq!(send(&mock, "a.b", json!({})).unwrap_err().kind(), TransportErrorKind::Timeout);
    let error = send(&mock, "a.b", json!({})).unwrap_err();
    assert!(error.kind() == TransportErrorKind::Io && !error.maybe_sent());
}

#[test]
fn a_response_can_depend_on_the_request() {
    let mock = MockTransport::new();
    mock.expect("a.b").times(2).respond_with(|call| responses::json(call.param("n").unwrap().clone()));
    for n in ["1", "2"] {
        let sent: Value = json!({ "n": n.parse::<i64>().unwrap() });
        assert_eq!(send(&mock, "a.b", sent).unwrap().body(), n.as_bytes());
    }
}

#[test]
fn a_response_can_be_delayed() {
    let mock = MockTransport::new();
    let latch = Latch::new();
    mock.expect("a.b").times(2).delay_until(&latch).respond(responses::json(true));
    let sending = || Transport::send(&mock, request("a.b", json!({})));
    let (mut one, mut two) = (sending(), sending());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(one.as_mut().poll(&mut context).is_pending());
    assert!(two.as_mut().poll(&mut context).is_pending());
    assert_eq!(mock.calls().len(), 2);
    latch.open();
    assert!(block_on(one).is_ok() && block_on(two).is_ok());
}

#[test]
fn the_mock_is_both_kinds_of_transport_as_a_trait_object() {
    let mock = MockTransport::new();
    mock.expect("a.b").times(2).respond(responses::null());
    let shared: Arc<dyn Transport> = Arc::new(mock.clone());
    block_on(shared.send(request("a.b", json!({})))).unwrap();
    let shared: Arc<dyn BlockingTransport> = Arc::new(mock);
    shared.send(request("a.b", json!({}))).unwrap();
}

#[test]
fn public_types_are_send_and_sync() {
    fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<MockTransport>();
    send_and_sync::<Expectation<'static>>();
    send_and_sync::<Call>();
    send_and_sync::<Latch>();
    send_and_sync::<responses::MockResponse<responses::SessionResult>>();
}

#[test]
#[should_panic(expected = "by service and action")]
fn a_name_without_an_action_panics() {
    let _ = MockTransport::new().expect("session");
}
