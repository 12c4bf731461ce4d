//! Each trouble has a name of its own.

use kaltura_client::auth::TransportErrorKind::{Io, Timeout};
use kaltura_client::types::UnexpectedBody;
use kaltura_client::{CallError, ErrorKind, RawAction};
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::server::{Reply, error};

#[test]
fn a_rate_limit_a_broken_server_a_broken_connection_and_a_slow_server_are_told_apart() {
    for (reply, kind, retryable) in [
        (Reply::error("ACTION_BLOCKED"), ErrorKind::RateLimited, true),
        (Reply::raw(503, "<html>"), ErrorKind::Unavailable, true),
        (Reply::raw(500, ""), ErrorKind::Unavailable, true),
        (Reply::raw(429, "slow down"), ErrorKind::Unavailable, true),
        (Reply::raw(200, ""), ErrorKind::Unavailable, true),
        (Reply::raw(200, "{\"objects\":["), ErrorKind::Unavailable, true),
        (Reply::fail(Io), ErrorKind::Transport(Io), true),
        (Reply::fail(Timeout), ErrorKind::Transport(Timeout), true),
        (Reply::error("INTERNAL_DATABASE_ERROR"), ErrorKind::ServerFailed, true),
        (Reply::raw(302, ""), ErrorKind::Redirected, false),
        (Reply::raw(404, ""), ErrorKind::NotKaltura, false),
        (Reply::raw(200, "<html>"), ErrorKind::NotKaltura, false),
        (Reply::raw(200, "Service unavailable"), ErrorKind::NotKaltura, false),
        (Reply::error("ENTRY_ID_NOT_FOUND"), ErrorKind::NotFound, false),
        (Reply::error("SOMETHING_NEW"), ErrorKind::Refused, false),
    ] {
        let scene =
            Scene::built(vec![reply; 4], |builder| builder.retry(kaltura_client::RetryPolicy::never()));
        let error = scene.call().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable));
        assert!(!error.hint().is_empty());
        assert!(error.to_string().starts_with("media.list failed: "), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn a_role_that_does_not_exist_is_not_a_missing_object() {
    let missing = |id: &str| Reply::json(error("INVALID_OBJECT_ID", &json!({"ID": id})));
    assert_eq!(Scene::new([missing("N/A")]).call().unwrap_err().kind(), ErrorKind::UnknownRole);
    assert_eq!(Scene::new([missing("0_abc")]).call().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(
        Scene::new([Reply::error("INVALID_SET_ROLE")]).call().unwrap_err().kind(),
        ErrorKind::UnknownRole
    );
}

#[test]
fn json_with_a_status_that_the_api_does_not_give_is_no_result() {
    for (status, kind) in
        [(503, ErrorKind::Unavailable), (404, ErrorKind::NotKaltura), (301, ErrorKind::Redirected)]
    {
        let scene = Scene::new([Reply::raw(status, r#"{"message":"upstream is down"}"#)]);
        let error = scene.call().unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.call_error(), Some(&CallError::OddStatus { status }));
        assert_eq!(error.response_metadata().unwrap().status(), status);
    }
    // An error of the API is one with any status.
    let refused = Reply::raw(500, &error("USER_BLOCKED", &json!([])).to_string());
    assert_eq!(Scene::new([refused]).call().unwrap_err().kind(), ErrorKind::UserBlocked);
}

#[test]
fn a_parameter_that_was_sent_and_is_missed_means_that_the_body_was_not_read() {
    let missing = || Reply::json(error("MISSING_MANDATORY_PARAMETER", &json!({"PARAM_NAME": "entryId"})));
    let get = RawAction::new("media", "get");
    let scene = Scene::new([missing(), missing()]);
    let with = scene.clock.run(scene.client.call(&get.clone().param("entryId", "0_a"))).unwrap_err();
    let without = scene.clock.run(scene.client.call(&get)).unwrap_err();
    assert_eq!((with.kind(), without.kind()), (ErrorKind::BodyNotRead, ErrorKind::InvalidParameter));
    assert!(with.hint().contains("application/json"));
}

#[test]
fn an_answer_of_another_type_is_told_without_its_content() {
    let scene = Scene::new([Reply::json(json!({"secret": "hush"}))]);
    let number = RawAction::new("media", "count").output::<u32>();
    let error = scene.clock.run(scene.client.call(&number)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotKaltura);
    assert!(matches!(error.unexpected_body(), Some(UnexpectedBody::WrongShape { expected: "u32", .. })));
    assert!(!format!("{error:?}").contains("hush"));
}

#[test]
fn an_error_has_what_a_support_ticket_needs() {
    let answer = kaltura_client::auth::WireResponse::new(200, error("USER_BLOCKED", &json!([])).to_string())
        .with_header("X-Me", "front-7")
        .with_header("X-Kaltura-Session", "1121307854, 1795493300");
    let error = Scene::new([Reply::answer(answer)]).call().unwrap_err();
    let facts = error.response_metadata().unwrap();
    assert_eq!((facts.status(), facts.server()), (200, Some("front-7")));
    assert_eq!(facts.request_id(), Some("1121307854, 1795493300"));
}

#[test]
fn null_and_false_are_results() {
    for result in [Value::Null, json!(false), json!([])] {
        assert_eq!(Scene::new([Reply::json(result.clone())]).call().unwrap(), result);
    }
}
