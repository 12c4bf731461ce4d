//! Which response has which error kind.

use kaltura_client::auth::TransportErrorKind::{Io, Timeout};
use kaltura_client::types::UnexpectedBody;
use kaltura_client::{CallError, ErrorKind, RawAction};
use serde_json::{Value, json};

use crate::fixture::{Fixture, add};
use crate::server::{Reply, error};

#[test]
fn each_failure_has_its_own_kind() {
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
        (Reply::error("START_SESSION_ERROR"), ErrorKind::InvalidCredentials, false),
        (Reply::error("INVALID_APP_TOKEN_HASH"), ErrorKind::InvalidCredentials, false),
        (Reply::error("APP_TOKEN_NOT_ACTIVE"), ErrorKind::InvalidCredentials, false),
        (Reply::error("APP_TOKEN_EXPIRED"), ErrorKind::InvalidCredentials, false),
        (Reply::error("APP_TOKEN_ID_NOT_FOUND"), ErrorKind::NotFound, false),
        (Reply::error("INVALID_WIDGET_ID"), ErrorKind::NotFound, false),
        (Reply::error("INVALID_USER_ID"), ErrorKind::NotFound, false),
        (Reply::error("UNKNOWN_ROLE_ID"), ErrorKind::NotFound, false),
        (Reply::error("SERVICE_FORBIDDEN"), ErrorKind::Forbidden, false),
        (Reply::error("FEATURE_FORBIDDEN"), ErrorKind::Forbidden, false),
        (Reply::error("PROPERTY_VALIDATION_ADMIN_PROPERTY"), ErrorKind::Forbidden, false),
        (Reply::error("SERVICE_FORBIDDEN_PARTNER_DELETED"), ErrorKind::PartnerBlocked, false),
        (Reply::error("PROPERTY_VALIDATION_MIN_LENGTH"), ErrorKind::InvalidParameter, false),
        (Reply::error("OBJECT_TYPE_ABSTRACT"), ErrorKind::InvalidParameter, false),
        (Reply::error("ENTRY_ALREADY_WITH_CONTENT"), ErrorKind::InvalidState, false),
        (Reply::error("ACTION_DOES_NOT_EXISTS"), ErrorKind::NoSuchAction, false),
        (Reply::error("SOMETHING_NEW"), ErrorKind::Refused, false),
    ] {
        let fixture = Fixture::with_builder(vec![reply; 4], |builder| {
            builder.retry(kaltura_client::RetryPolicy::never())
        });
        let error = fixture.call().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{error:?}");
        assert!(!error.hint().is_empty());
        assert!(error.to_string().starts_with("media.list failed: "), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn the_status_of_a_response_that_is_not_from_the_api_is_said_first() {
    for (status, body, text) in [
        (502, "<html>", "media.list failed: HTTP 502: the server is unavailable"),
        (404, "", "media.list failed: HTTP 404: the response is not a valid API response"),
        (302, "", "media.list failed: HTTP 302: the server redirects to another address"),
        (503, r#"{"up":"stream"}"#, "media.list failed: HTTP 503: the server is unavailable"),
        (200, "Hello", "media.list failed: HTTP 200: the response is not a valid API response"),
    ] {
        let fixture = Fixture::with_builder([Reply::raw(status, body)], |builder| {
            builder.retry(kaltura_client::RetryPolicy::never())
        });
        assert_eq!(fixture.call().unwrap_err().to_string(), text);
    }
    let refused = Fixture::new([Reply::error("USER_BLOCKED")]).call().unwrap_err();
    assert_eq!(refused.to_string(), "media.list failed: the user is blocked");
}

#[test]
fn the_error_of_a_login_converts_into_that_of_a_call() {
    let fixture = Fixture::new([]);
    fixture.source.fail(kaltura_client::auth::Error::from_source("no credentials", false));
    let both = || -> Result<(), kaltura_client::Error> {
        fixture.clock.run(fixture.client.session())?;
        fixture.call()?;
        Ok(())
    };
    let error = both().unwrap_err();
    assert_eq!((error.service(), error.action()), ("", ""));
    assert_eq!(error.kind(), ErrorKind::NoSession(kaltura_client::auth::ErrorKind::SourceFailed));
    assert_eq!(error.to_string(), "the session source failed: the source returned an error");
    let called = fixture.call().unwrap_err();
    assert_eq!(
        called.to_string(),
        "media.list failed: no session: the session source failed: the source returned an error"
    );
    assert_eq!(
        format!("{:#}", called.report()),
        format!("{called}\n  because: no credentials\nhint: See the error's source.")
    );
}

#[test]
fn a_role_that_does_not_exist_is_not_a_missing_object() {
    let missing = |id: &str| Reply::json(error("INVALID_OBJECT_ID", &json!({"ID": id})));
    assert_eq!(Fixture::new([missing("N/A")]).call().unwrap_err().kind(), ErrorKind::UnknownRole);
    assert_eq!(Fixture::new([missing("0_abc")]).call().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(
        Fixture::new([Reply::error("INVALID_SET_ROLE")]).call().unwrap_err().kind(),
        ErrorKind::UnknownRole
    );
}

#[test]
fn json_with_an_unexpected_status_is_no_result() {
    for (status, kind) in
        [(503, ErrorKind::Unavailable), (404, ErrorKind::NotKaltura), (301, ErrorKind::Redirected)]
    {
        let fixture = Fixture::new([Reply::raw(status, r#"{"message":"upstream is down"}"#)]);
        let error = fixture.clock.run(fixture.client.call(&add())).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.call_error(), Some(&CallError::UnexpectedStatus { status }));
        assert_eq!(error.response_metadata().unwrap().status(), status);
    }
    // An API error is recognized with any status.
    let refused = Reply::raw(500, &error("USER_BLOCKED", &json!([])).to_string());
    assert_eq!(Fixture::new([refused]).call().unwrap_err().kind(), ErrorKind::UserBlocked);
}

#[test]
fn a_parameter_that_was_sent_and_is_reported_missing_means_that_the_body_was_ignored() {
    let missing = || Reply::json(error("MISSING_MANDATORY_PARAMETER", &json!({"PARAM_NAME": "entryId"})));
    let get = RawAction::new("media", "get");
    let fixture = Fixture::new([missing(), missing()]);
    let with = fixture.clock.run(fixture.client.call(&get.clone().param("entryId", "0_a"))).unwrap_err();
    let without = fixture.clock.run(fixture.client.call(&get)).unwrap_err();
    assert_eq!((with.kind(), without.kind()), (ErrorKind::BodyIgnored, ErrorKind::InvalidParameter));
    assert!(with.hint().contains("application/json"));
}

#[test]
fn the_error_of_a_result_of_another_type_does_not_contain_it() {
    let fixture = Fixture::new([Reply::json(json!({"secret": "hush"}))]);
    let number = RawAction::new("media", "count").output::<u32>();
    let error = fixture.clock.run(fixture.client.call(&number)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotKaltura);
    assert!(matches!(error.unexpected_body(), Some(UnexpectedBody::WrongShape { expected: "u32", .. })));
    assert!(!format!("{error:?}").contains("hush"));
}

#[test]
fn an_error_has_the_response_metadata() {
    let response =
        kaltura_client::auth::WireResponse::new(200, error("USER_BLOCKED", &json!([])).to_string())
            .with_header("X-Me", "front-7")
            .with_header("X-Kaltura-Session", "1121307854, 1795493300");
    let error = Fixture::new([Reply::response(response)]).call().unwrap_err();
    let metadata = error.response_metadata().unwrap();
    assert_eq!((metadata.status(), metadata.server()), (200, Some("front-7")));
    assert_eq!(metadata.request_id(), Some("1121307854, 1795493300"));
}

#[test]
fn null_and_false_are_results() {
    for result in [Value::Null, json!(false), json!([])] {
        assert_eq!(Fixture::new([Reply::json(result.clone())]).call().unwrap(), result);
    }
}
