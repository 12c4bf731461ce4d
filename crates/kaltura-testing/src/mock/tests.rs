//! What a script lets pass, what it does not, and what it then tells.

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

/// The story that `verify` fails a test with.
fn story(mock: &MockTransport) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| mock.verify())).expect_err("a failure");
    *panic.downcast::<String>().unwrap()
}

/// The story of a request that should not fit.
fn refused(mock: &MockTransport, name: &str, parameters: Value) -> String {
    let error = send(mock, name, parameters).expect_err("no answer");
    assert_eq!(error.kind(), TransportErrorKind::Other);
    let told = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(story(mock), told);
    told
}

#[test]
fn what_is_expected_is_answered_in_order() {
    let mock = MockTransport::new();
    mock.expect("session.start").with("type", 2).answer(answers::json("first"));
    mock.expect("session.end").without("type").answer(answers::json("second"));
    assert_eq!(send(&mock, "session.start", json!({"type": 2})).unwrap().body(), b"\"first\"");
    assert_eq!(send(&mock, "session.end", json!({})).unwrap().body(), b"\"second\"");
    mock.verify();
    assert_eq!(mock.calls().len(), 2);
}

#[test]
fn the_wrong_order_is_refused() {
    let mock = MockTransport::new();
    mock.expect("session.start").answer(answers::null());
    mock.expect("session.end").answer(answers::null());
    let story = refused(&mock, "session.end", json!({}));
    assert!(story.contains("session.start") && !story.contains("but "), "{story}");
}

#[test]
fn any_order_goes_by_what_fits() {
    let mock = MockTransport::in_any_order();
    mock.expect("user.get").with("userId", "a").answer(answers::json(1));
    mock.expect("user.get").answer(answers::json(2));
    let get = |user: &str| send(&mock, "user.get", json!({ "userId": user })).unwrap().body().to_vec();
    assert_eq!(get("b"), b"2");
    assert_eq!(get("a"), b"1");
    mock.verify();
    let story = refused(&mock, "user.get", json!({"userId": "c"}));
    assert!(story.contains("expected: nothing more"), "{story}");
}

#[test]
fn times_are_counted() {
    let mock = MockTransport::new();
    mock.expect("a.twice").times(2).answer(answers::null());
    mock.expect("a.some").any_number_of_times().answer(answers::null());
    mock.expect("a.least").at_least(1).answer(answers::null());
    let all = ["a.twice", "a.twice", "a.some", "a.some", "a.least", "a.least"];
    all.into_iter().for_each(|name| drop(send(&mock, name, json!({})).unwrap()));
    mock.verify();
    let story = refused(&mock, "a.twice", json!({}));
    assert!(story.contains("expected (at least 1 times, came 2 times"), "{story}");
}

#[test]
fn an_expectation_of_twice_must_come_twice() {
    let mock = MockTransport::new();
    mock.expect("a.twice").times(2).answer(answers::null());
    mock.expect("a.other").answer(answers::null());
    send(&mock, "a.twice", json!({})).unwrap();
    let story = refused(&mock, "a.other", json!({}));
    assert!(story.contains("expected (2 times, came 1 times"), "{story}");
}

#[test]
fn what_need_not_come_is_passed_over_and_does_not_come_back() {
    let mock = MockTransport::new();
    mock.expect("a.some").any_number_of_times().answer(answers::null());
    mock.expect("a.last").answer(answers::null());
    send(&mock, "a.last", json!({})).unwrap();
    mock.verify();
    refused(&mock, "a.some", json!({}));
}

#[test]
fn each_condition_says_why_it_does_not_hold() {
    let sent = || json!({"id": "0_a", "n": 1, "list": [{"deep": true}], "none": null});
    type Sentence = for<'a> fn(Expectation<'a>) -> Expectation<'a>;
    let cases: [(Sentence, &str); 12] = [
        (|e| e.with("id", "0_b"), "id is \"0_a\""),
        (|e| e.with("n", "1"), "n is 1"),
        (|e| e.with("list.0.deep", false), "list.0.deep is true"),
        (|e| e.with("other", 1), "other is missing"),
        (|e| e.with_any("none"), "none is missing"),
        (|e| e.without("none"), "none is there: null"),
        (|e| e.with_one_that("n", "is even", |n| n.as_i64().unwrap() % 2 == 0), "n is 1"),
        (|e| e.with_any("id").with("list.0.deep", true).with_nothing_else(), "there is also n, none"),
        (|e| e.with_header("x-note", "a"), "the header x-note is \"b\""),
        (|e| e.to_url("https://www.kaltura.com/"), "it goes to \"https://example.com/\""),
        (|e| e.without_time_limit(), "it has a time limit of 5s"),
        (|e| e.that("is short", |call| call.request().body().len() < 5), "it is not one that is short"),
    ];
    for (sentence, reason) in cases {
        let mock = MockTransport::new();
        sentence(mock.expect("a.b")).answer(answers::null());
        let request = request("a.b", sent()).with_header("X-Note", "b").with_timeout(Duration::from_secs(5));
        BlockingTransport::send(&mock, request).expect_err(reason);
        let story = story(&mock);
        assert!(story.contains(&format!("\nbut {reason}\n")), "{reason} in {story}");
    }
}

#[test]
fn each_condition_holds_where_it_should() {
    let mock = MockTransport::new();
    mock.expect("a.b")
        .with("id", "0_a")
        .with_any("n")
        .with_one_that("n", "is odd", |n| n.as_i64().unwrap() % 2 == 1)
        .without("ks")
        .with_nothing_else()
        .with_header("x-NOTE", "b")
        .to_url("https://example.com/")
        .with_timeout(Duration::from_secs(5))
        .that("has a body", |call| !call.request().body().is_empty())
        .answer(answers::null());
    let sent = json!({"id": "0_a", "n": 1, "format": 1, "clientTag": "t"});
    let request = request("a.b", sent).with_header("X-Note", "b").with_timeout(Duration::from_secs(5));
    BlockingTransport::send(&mock, request).unwrap();
}

#[test]
fn a_body_that_the_server_would_not_read_meets_no_condition_on_parameters() {
    let mock = MockTransport::new();
    mock.expect("a.b").without("ks").answer(answers::null());
    let request = request("a.b", json!({})).with_content_type("application/json;charset=UTF-8");
    BlockingTransport::send(&mock, request).unwrap_err();
    assert!(story(&mock).contains("but its content type is \"application/json;charset=UTF-8\""));
}

#[test]
fn a_token_hash_is_made_of_the_ks_beside_it() {
    let (token, ks) = ("3f786850e387550fdab836ed7e6dc881", answers::made_up_ks(PARTNER));
    let proof = |hash_type, ks: &Ks, token: &str| {
        kaltura_auth::TokenHash::new(hash_type, ks, &AppTokenValue::new(token)).expose().to_owned()
    };
    let other_ks = answers::made_up_ks(PARTNER);
    let cases = [
        (json!({"ks": ks.expose(), "tokenHash": proof(HashType::Sha256, &ks, token)}), None),
        (
            json!({"ks": ks.expose(), "tokenHash": proof(HashType::Md5, &ks, token)}),
            Some("tokenHash is the MD5 hash of that"),
        ),
        (
            json!({"ks": ks.expose(), "tokenHash": proof(HashType::Sha256, &other_ks, token)}),
            Some("tokenHash is the hash of another ks or another token"),
        ),
        (json!({"ks": ks.expose()}), Some("tokenHash is missing")),
        (json!({"tokenHash": "00"}), Some("there is no ks to hash")),
    ];
    for (parameters, reason) in cases {
        let mock = MockTransport::new();
        mock.expect("a.b")
            .with_a_token_hash_of(token, HashType::Sha256)
            .with_nothing_else()
            .answer(answers::null());
        match (send(&mock, "a.b", parameters), reason) {
            (Ok(_), None) => {}
            (Err(_), Some(reason)) => assert!(story(&mock).contains(reason), "{reason}"),
            (answer, _) => panic!("{answer:?} instead of {reason:?}"),
        }
    }
}

#[test]
fn no_story_shows_a_secret() {
    let token = "5eeded0000000000000000000000cafe";
    let ks = answers::made_up_ks(PARTNER);
    let mock = MockTransport::new();
    mock.expect("a.b")
        .with_ks(&answers::made_up_ks(PARTNER))
        .with("secret", "canary-expected")
        .with("appToken.token", "canary-nested")
        .with_a_token_hash_of(token, HashType::Sha1)
        .answer(answers::null());
    let sent = json!({
        "ks": ks.expose(), "secret": "canary-came", "tokenHash": "canary-hash", "id": "0_visible",
        "appToken": {"token": "canary-inside"}, "note": "an echo of canary-came", "session": "canary-session",
    });
    let story = refused(&mock, "a.b", sent);
    for secret in ["canary", ks.expose(), token] {
        assert!(!story.contains(secret), "{secret} in {story}");
    }
    for shown in ["0_visible", "KS v2 of partner 1234567", "an echo of (redacted)"] {
        assert!(story.contains(shown), "{shown} in {story}");
    }
}

#[test]
fn two_secrets_of_one_length_are_told_apart() {
    let mock = MockTransport::new();
    mock.expect("a.b").with("secret", "one").answer(answers::null());
    let story = refused(&mock, "a.b", json!({"secret": "two"}));
    assert!(story.contains("but secret is another one of the same length"), "{story}");
}

#[test]
fn a_story_says_where_the_expectation_stands() {
    let mock = MockTransport::new();
    mock.expect("a.b").answer(answers::null());
    let line = line!() - 1;
    let story = story(&mock);
    assert!(story.contains(&format!("mock/tests.rs:{line}:")), "{story}");
    assert!(story.contains("waited in vain; 0 requests came"), "{story}");
}

#[test]
fn after_a_failure_nothing_fits_any_more() {
    let mock = MockTransport::new();
    mock.expect("a.b").answer(answers::null());
    send(&mock, "a.wrong", json!({})).unwrap_err();
    send(&mock, "a.b", json!({})).unwrap_err();
    assert!(story(&mock).contains("a.wrong"));
    assert_eq!(mock.calls().len(), 2);
}

#[test]
fn dropping_the_last_clone_tells_what_is_missing() {
    let mock = MockTransport::new();
    mock.expect("a.b").answer(answers::null());
    let clone = mock.clone();
    drop(mock);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(clone))).expect_err("a failure");
    assert!(panic.downcast::<String>().unwrap().contains("waited in vain"));
}

#[test]
fn a_failure_is_told_once() {
    let mock = MockTransport::new();
    mock.expect("a.b").answer(answers::null());
    story(&mock);
    drop(mock);
}

#[test]
fn failures_of_the_transport_can_be_scripted() {
    let mock = MockTransport::new();
    mock.expect("a.b").fail(TransportErrorKind::Timeout);
    let special = TransportError::new(TransportErrorKind::Io, "reset").with_maybe_sent(false);
    mock.expect("a.b").fail_with(special);
    assert_eq!(send(&mock, "a.b", json!({})).unwrap_err().kind(), TransportErrorKind::Timeout);
    let error = send(&mock, "a.b", json!({})).unwrap_err();
    assert!(error.kind() == TransportErrorKind::Io && !error.maybe_sent());
}

#[test]
fn an_answer_can_be_made_from_the_request() {
    let mock = MockTransport::new();
    mock.expect("a.b").times(2).answer_with(|call| answers::json(call.parameter("n").unwrap().clone()));
    for n in ["1", "2"] {
        let sent: Value = json!({ "n": n.parse::<i64>().unwrap() });
        assert_eq!(send(&mock, "a.b", sent).unwrap().body(), n.as_bytes());
    }
}

#[test]
fn an_answer_can_be_held_back() {
    let mock = MockTransport::new();
    let gate = Gate::closed();
    mock.expect("a.b").times(2).held_by(&gate).answer(answers::json(true));
    let sending = || Transport::send(&mock, request("a.b", json!({})));
    let (mut one, mut two) = (sending(), sending());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(one.as_mut().poll(&mut context).is_pending());
    assert!(two.as_mut().poll(&mut context).is_pending());
    assert_eq!(mock.calls().len(), 2);
    gate.open();
    assert!(block_on(one).is_ok() && block_on(two).is_ok());
}

#[test]
fn it_is_a_transport_of_either_kind_behind_a_pointer() {
    let mock = MockTransport::new();
    mock.expect("a.b").times(2).answer(answers::null());
    let shared: Arc<dyn Transport> = Arc::new(mock.clone());
    block_on(shared.send(request("a.b", json!({})))).unwrap();
    let shared: Arc<dyn BlockingTransport> = Arc::new(mock);
    shared.send(request("a.b", json!({}))).unwrap();
}

#[test]
fn the_public_types_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<MockTransport>();
    shareable::<Expectation<'static>>();
    shareable::<Call>();
    shareable::<Gate>();
    shareable::<answers::Answer<answers::SessionResult>>();
}

#[test]
#[should_panic(expected = "by service and action")]
fn a_name_without_an_action_is_refused() {
    let _ = MockTransport::new().expect("session");
}
