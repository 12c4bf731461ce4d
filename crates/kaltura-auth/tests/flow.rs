//! Tests of the login flow as a state machine: no network, no executor.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::error::Error as _;

use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, CLIENT_TAG, CredentialIssue, Error, ErrorKind,
    FlowStep, LoginStep, ServiceUrl, Session, SessionRequest, TokenHash, TransportError, TransportErrorKind,
    UnusableSession, WireRequest, WireResponse,
};
use kaltura_types::{
    AppTokenValue, HashType, Ks, KsRefusal, Lifetime, PartnerId, Privileges, SessionType, UnexpectedBody,
    UnixTime,
};
use serde_json::{Value, json};

const PARTNER: PartnerId = PartnerId::new(1_234_567);
const TOKEN: &str = "3f786850e387550fdab836ed7e6dc881";
const WIDGET_KS: &str =
    "djJ8MTIzNDU2N3wAvCSrY4V3rFTT4BhLBFwICWNf0AP14_w8iBF8U2hgr9nNo8tKO1iWq4FhwR2RL7FohnOph3GhNYjHvMhoPqk9";
const SESSION_KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
const NOW: i64 = 1_795_493_355;

fn login() -> AppTokenLogin {
    AppTokenLogin::new(
        ServiceUrl::US,
        AppTokenCredentials::new(PARTNER, "0_7jh3eu10", TOKEN, HashType::Sha256),
    )
}

fn sent(step: FlowStep) -> (WireRequest, AppTokenFlow) {
    match step {
        FlowStep::Send(request, flow) => (request, flow),
        FlowStep::Done(session) => panic!("expected a request, got {session:?}"),
    }
}

fn done(step: FlowStep) -> Session {
    match step {
        FlowStep::Done(session) => session,
        FlowStep::Send(request, _) => panic!("expected a session, got {request:?}"),
    }
}

fn parameters(request: &WireRequest) -> Value {
    serde_json::from_slice(request.body()).expect("a JSON body")
}

fn response(body: impl ToString) -> Result<WireResponse, TransportError> {
    let time = format!("1121307854, {NOW}");
    Ok(WireResponse::new(200, body.to_string())
        .with_header("X-Kaltura-Session", time)
        .with_header("X-Me", "web-7"))
}

fn widget_response() -> Result<WireResponse, TransportError> {
    response(
        json!({"partnerId": 1_234_567, "ks": WIDGET_KS, "userId": 0, "objectType": "KalturaStartWidgetSessionResponse"}),
    )
}

fn session_response() -> Result<WireResponse, TransportError> {
    response(json!({
        "ks": SESSION_KS, "sessionType": 0, "partnerId": "1234567", "userId": "importer", "expiry": NOW + 3600,
        "privileges": "sessionid:0_7jh3eu10,apptoken:0_7jh3eu10,sview:*", "objectType": "KalturaSessionInfo",
    }))
}

fn refusal(code: &str, args: Value) -> Value {
    json!({"code": code, "message": "what the server says", "objectType": "KalturaAPIException", "args": args})
}

/// The error of a login with this result of the first call.
fn fails_first(result: Result<WireResponse, TransportError>) -> Error {
    let (_, flow) = sent(AppTokenFlow::start(&login()));
    fails_also_on_a_fresh_connection(flow, result)
}

/// The error of a login with this result of a call. A lost connection is lost again on a fresh one.
fn fails_also_on_a_fresh_connection(
    flow: AppTokenFlow,
    result: Result<WireResponse, TransportError>,
) -> Error {
    let is_lost = result.as_ref().is_err_and(|error| error.kind() == TransportErrorKind::Io);
    match flow.receive(result.clone()) {
        Ok(step) if is_lost => {
            let (again, flow) = sent(step);
            assert!(again.fresh_connection());
            flow.receive(result).expect_err("it fails on the fresh connection")
        }
        Ok(step) => panic!("the call is repeated: {step:?}"),
        Err(error) => {
            assert!(!is_lost, "not repeated on a fresh connection");
            error
        }
    }
}

/// The error of a login with this result of the second call, on a widget session that is not from the cache.
fn fails_second(result: Result<WireResponse, TransportError>) -> Error {
    let (_, flow) = sent(AppTokenFlow::start_uncached(&login()));
    let (_, flow) = sent(flow.receive(widget_response()).unwrap());
    fails_also_on_a_fresh_connection(flow, result)
}

#[test]
fn a_login_is_two_calls() {
    let (first, flow) = sent(AppTokenFlow::start(&login()));
    assert_eq!(
        first.url(),
        "https://www.kaltura.com/api_v3/service/session/action/startWidgetSession?format=1"
    );
    assert_eq!(parameters(&first), json!({"widgetId": "_1234567", "format": 1, "clientTag": CLIENT_TAG}));

    let (second, flow) = sent(flow.receive(widget_response()).unwrap());
    assert_eq!(second.url(), "https://www.kaltura.com/api_v3/service/appToken/action/startSession?format=1");
    let hash = TokenHash::new(HashType::Sha256, &Ks::new(WIDGET_KS), &AppTokenValue::new(TOKEN));
    let expected = json!({
        "id": "0_7jh3eu10", "tokenHash": hash.expose(), "ks": WIDGET_KS, "format": 1, "clientTag": CLIENT_TAG,
    });
    assert_eq!(parameters(&second), expected);

    let session = done(flow.receive(session_response()).unwrap());
    assert_eq!(session.ks().expose(), SESSION_KS);
    assert_eq!(session.partner_id(), PARTNER);
    assert_eq!(session.user_id().unwrap().as_str(), "importer");
    assert_eq!(session.session_type(), Some(&SessionType::User.into()));
    assert_eq!(session.expires_at(), Some(UnixTime::from_seconds(NOW + 3600)));
    assert_eq!(session.granted_lifetime(), Some(std::time::Duration::from_secs(3600)));
    assert!(session.privileges().get("sview").unwrap().is_wildcard());
    assert!(session.adjustments().is_empty());
}

#[test]
fn each_hash_type_hashes_exactly_the_ks_that_is_sent() {
    // JSON escapes and unusual characters: the text after decoding is hashed and sent.
    let ks = "djJ8MTIzNDU2N3w+/=é \u{1}\"";
    for hash_type in HashType::ALL {
        let token = AppTokenCredentials::new(PARTNER, "0_a", TOKEN, hash_type);
        let (_, flow) = sent(AppTokenFlow::start(&AppTokenLogin::new(ServiceUrl::US, token)));
        let body = r#"{"partnerId":1234567,"ks":"djJ8MTIzNDU2N3w+\/=\u00e9 \u0001\"","userId":"0"}"#;
        let (second, _) = sent(flow.receive(response(body)).unwrap());
        let sent = parameters(&second);
        assert_eq!(sent["ks"], ks);
        let hash = TokenHash::new(hash_type, &Ks::new(ks), &AppTokenValue::new(TOKEN));
        assert_eq!(sent["tokenHash"], hash.expose());
    }
}

#[test]
fn the_session_request_is_sent_and_compared_with_the_grant() {
    let request = SessionRequest::new()
        .user_id("operator")
        .session_type(SessionType::Admin)
        .lifetime(Lifetime::hours(2))
        .privileges(Privileges::parse("appid:x"))
        .widget_id("0_widgetentry");
    let (first, flow) = sent(AppTokenFlow::start(&login().request(request).client_tag("mine")));
    assert_eq!(parameters(&first), json!({"widgetId": "0_widgetentry", "format": 1, "clientTag": "mine"}));
    let (second, flow) = sent(flow.receive(widget_response()).unwrap());
    let mut second = parameters(&second);
    second.as_object_mut().unwrap().retain(|name, _| name != "ks" && name != "tokenHash");
    let expected = json!({
        "id": "0_7jh3eu10", "userId": "operator", "type": 2, "expiry": 7200, "sessionPrivileges": "appid:x",
        "format": 1, "clientTag": "mine",
    });
    assert_eq!(second, expected);
    let session = done(flow.receive(session_response()).unwrap());
    assert_eq!(session.adjustments().len(), 4, "{:?}", session.adjustments());
}

#[test]
fn an_expired_widget_session_from_the_cache_is_fetched_again_once() {
    let expired = || response(refusal("INVALID_KS", json!({"KSID": "EXPIRED"})));
    let (_, flow) = sent(AppTokenFlow::start(&login()));
    let (_, flow) = sent(flow.receive(widget_response()).unwrap());
    let (third, flow) = sent(flow.receive(expired()).unwrap());
    assert_eq!(third.action(), "startWidgetSession");
    assert_eq!(parameters(&third)["nocache"], 1);
    let (_, flow) = sent(flow.receive(widget_response()).unwrap());
    let error = flow.receive(expired()).expect_err("a second refusal is final");
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
}

#[test]
fn a_known_widget_session_saves_the_first_call() {
    let (_, flow) = sent(AppTokenFlow::start(&login()));
    assert!(flow.widget_ks().is_none());
    let (_, flow) = sent(flow.receive(widget_response()).unwrap());
    let widget_ks = flow.widget_ks().unwrap().clone();

    let (only, flow) = sent(AppTokenFlow::resume(&login(), widget_ks));
    assert_eq!(only.action(), "startSession");
    assert_eq!(parameters(&only)["ks"], WIDGET_KS);
    assert_eq!(done(flow.receive(session_response()).unwrap()).ks().expose(), SESSION_KS);
}

#[test]
fn only_a_refused_ks_leads_to_another_widget_session() {
    let (_, flow) = sent(AppTokenFlow::start(&login()));
    let (_, flow) = sent(flow.receive(widget_response()).unwrap());
    let error = flow.receive(response(refusal("INVALID_APP_TOKEN_HASH", json!([])))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidTokenHash);
}

#[test]
fn every_refusal_has_its_kind_at_both_calls() {
    let cases = [
        ("INVALID_APP_TOKEN_HASH", json!([]), ErrorKind::InvalidTokenHash, false),
        ("APP_TOKEN_ID_NOT_FOUND", json!({"ID": "0_7jh3eu10"}), ErrorKind::TokenNotFound, false),
        ("APP_TOKEN_NOT_ACTIVE", json!({"ID": "0_7jh3eu10"}), ErrorKind::TokenNotActive, false),
        ("APP_TOKEN_EXPIRED", json!({"ID": "0_7jh3eu10"}), ErrorKind::TokenExpired, false),
        ("INVALID_WIDGET_ID", json!({"WIDGET_ID": "_1"}), ErrorKind::UnknownWidget, false),
        ("SERVICE_FORBIDDEN_CONTENT_BLOCKED", json!([]), ErrorKind::PartnerBlocked, false),
        ("SERVICE_FORBIDDEN_FULLY_BLOCKED", json!([]), ErrorKind::PartnerBlocked, false),
        ("SERVICE_FORBIDDEN_PARTNER_DELETED", json!([]), ErrorKind::PartnerBlocked, false),
        ("SERVICE_FORBIDDEN", json!({"SERVICE": "appToken->startSession"}), ErrorKind::Forbidden, false),
        ("SERVICE_ACCESS_CONTROL_RESTRICTED", json!({"SERVICE": "s"}), ErrorKind::Forbidden, false),
        ("ACCESS_UNAUTHORIZED", json!([]), ErrorKind::Forbidden, false),
        ("PARTNER_ACCESS_FORBIDDEN", json!({}), ErrorKind::Forbidden, false),
        ("MISSING_KS", json!([]), ErrorKind::Forbidden, false),
        ("USER_BLOCKED", json!([]), ErrorKind::UserBlocked, false),
        ("INVALID_OBJECT_ID", json!({"ID": "N/A"}), ErrorKind::UnknownRole, false),
        ("UNKNOWN_ROLE_ID", json!([]), ErrorKind::UnknownRole, false),
        ("INVALID_SET_ROLE", json!([]), ErrorKind::UnknownRole, false),
        ("INVALID_ACTIONS_LIMIT", json!([]), ErrorKind::InvalidParameter, false),
        ("INVALID_KS", json!({"KSID": "LOGOUT"}), ErrorKind::KsRefused(KsRefusal::LoggedOut), false),
        ("INVALID_KS", json!({"KSID": "EXPIRED"}), ErrorKind::KsRefused(KsRefusal::Expired), false),
        ("INVALID_KS", json!({"KSID": WIDGET_KS}), ErrorKind::KsRefused(KsRefusal::Unreadable), false),
        ("ACTION_BLOCKED", json!({"ACTION_NAME": "startsession"}), ErrorKind::RateLimited, true),
        ("MISSING_MANDATORY_PARAMETER", json!({"PARAM_NAME": "secret"}), ErrorKind::InvalidParameter, false),
        ("INVALID_ENUM_VALUE", json!({"PARAM_NAME": "type"}), ErrorKind::InvalidParameter, false),
        ("INVALID_PARAMETER_CHAR", json!({"XML_FIELD": "userId"}), ErrorKind::InvalidParameter, false),
        ("INVALID_LANGUAGE_CODE", json!({"LANGUAGE_CODE": "x"}), ErrorKind::InvalidParameter, false),
        ("INVALID_FIELD_VALUE", json!({"FIELD_NAME": "x"}), ErrorKind::InvalidParameter, false),
        ("SERVICE_NOT_SPECIFIED", json!([]), ErrorKind::NoSuchAction, false),
        ("SERVICE_DOES_NOT_EXISTS", json!({"SRV_NAME": "apptoken"}), ErrorKind::NoSuchAction, false),
        ("ACTION_NOT_SPECIFIED", json!([]), ErrorKind::NoSuchAction, false),
        ("ACTION_DOES_NOT_EXISTS", json!({"ACTION_NAME": "a"}), ErrorKind::NoSuchAction, false),
        ("LOCK_TIMED_OUT", json!([]), ErrorKind::ServerFailed, true),
        ("INTERNAL_SERVERL_ERROR", json!([]), ErrorKind::ServerFailed, true),
        ("INTERNAL_DATABASE_ERROR", json!([]), ErrorKind::ServerFailed, true),
        ("START_SESSION_ERROR", json!({"PID": "1"}), ErrorKind::InvalidSecret, false),
        ("BRAND_NEW_CODE", json!([]), ErrorKind::Refused, false),
    ];
    for (code, args, kind, retryable) in cases {
        for (error, step) in [
            (fails_first(response(refusal(code, args.clone()))), LoginStep::StartWidgetSession),
            (fails_second(response(refusal(code, args.clone()))), LoginStep::StartSession),
        ] {
            assert_eq!(error.kind(), kind, "{code} at {step}");
            assert_eq!(error.is_retryable(), retryable, "{code}");
            assert_eq!(error.step(), step);
            assert_eq!(error.api_error().unwrap().code().as_str(), code);
            assert!(error.to_string().starts_with(&step.to_string()), "{error}");
            assert!(error.hint().len() > 20);
            assert_eq!((error.server(), error.http_status()), (Some("web-7"), Some(200)));
            assert_eq!(error.request_id(), Some("1121307854, 1795493355"));
            assert!(std::error::Error::source(&error).unwrap().to_string().contains(code));
        }
    }
}

#[test]
fn a_sent_parameter_reported_as_missing_means_that_the_body_was_not_read() {
    let missing = |name: &str| response(refusal("MISSING_MANDATORY_PARAMETER", json!({"PARAM_NAME": name})));
    assert_eq!(fails_first(missing("widgetId")).kind(), ErrorKind::BodyIgnored);
    assert_eq!(fails_second(missing("tokenHash")).kind(), ErrorKind::BodyIgnored);
    assert_eq!(fails_second(missing("widgetId")).kind(), ErrorKind::InvalidParameter);
    assert!(fails_first(missing("widgetId")).hint().contains("application/json"));
}

#[test]
fn bodies_that_are_not_from_the_api_are_distinguished_whatever_the_status() {
    use UnexpectedBody::{Empty, Html, InvalidJson, NotUtf8, PlainText, TruncatedJson, WrongShape, Xml};
    let object = kaltura_types::payload::JsonKind::Object;
    let text = kaltura_types::payload::JsonKind::String;
    let (not_kaltura, unavailable) = (ErrorKind::NotKaltura, ErrorKind::Unavailable);
    let cases: [(u16, &[u8], ErrorKind, UnexpectedBody); 14] = [
        (200, b"<!DOCTYPE html><h1>Maintenance</h1>", not_kaltura, Html),
        (502, b"<html>Bad gateway</html>", unavailable, Html),
        (404, b"<html>Not found</html>", not_kaltura, Html),
        (301, b"<html>Moved</html>", ErrorKind::Redirected, Html),
        (200, b"", unavailable, Empty),
        (500, b"", unavailable, Empty),
        (200, b"Service Unavailable", not_kaltura, PlainText),
        (429, b"slow down", unavailable, PlainText),
        (200, b"<?xml version=\"1.0\"?><xml><result></result></xml>", not_kaltura, Xml),
        (200, br#"{"partnerId":1234567,"ks":"djJ8"#, unavailable, TruncatedJson),
        (200, br#"{"partnerId":,}"#, not_kaltura, InvalidJson),
        (200, b"\xff\xfe\x00", not_kaltura, NotUtf8),
        (
            200,
            br#"{"objectType":"KalturaSomething"}"#,
            not_kaltura,
            WrongShape { expected: "WidgetSession", found: object },
        ),
        (200, br#""just a text""#, not_kaltura, WrongShape { expected: "WidgetSession", found: text }),
    ];
    for (status, body, kind, unexpected) in cases {
        let error = fails_first(Ok(WireResponse::new(status, body)));
        assert_eq!(error.kind(), kind, "{status} {}", body.escape_ascii());
        assert_eq!(error.unexpected_body(), Some(&unexpected), "{status} {}", body.escape_ascii());
        assert_eq!(error.http_status(), Some(status));
        let second = fails_second(Ok(WireResponse::new(status, body)));
        assert_eq!(second.kind(), kind, "{status} {}", body.escape_ascii());
    }
}

#[test]
fn a_status_of_500_with_a_valid_body_is_a_success() {
    let (_, flow) = sent(AppTokenFlow::start(&login()));
    let body = widget_response().unwrap();
    assert!(flow.receive(Ok(WireResponse::new(500, body.body()))).is_ok());
    let refused = refusal("APP_TOKEN_EXPIRED", json!({}));
    assert_eq!(fails_second(Ok(WireResponse::new(500, refused.to_string()))).kind(), ErrorKind::TokenExpired);
}

#[test]
fn a_response_for_another_partner_is_an_error() {
    let expected = Some(&UnusableSession::OtherPartner { expected: PARTNER, actual: PartnerId::new(7) });
    let first = fails_first(response(json!({"partnerId": 7, "ks": WIDGET_KS, "userId": 0})));
    assert_eq!((first.kind(), first.unusable_session()), (ErrorKind::OtherPartner, expected));
    let second = fails_second(response(json!({"partnerId": "7", "ks": SESSION_KS, "expiry": NOW + 60})));
    assert_eq!((second.kind(), second.unusable_session()), (ErrorKind::OtherPartner, expected));
}

#[test]
fn a_session_that_had_expired_when_it_was_granted_is_an_error() {
    for (expiry, seconds_ago) in [(NOW, 0), (NOW - 5, 5)] {
        let error =
            fails_second(response(json!({"partnerId": "1234567", "ks": SESSION_KS, "expiry": expiry})));
        assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival);
        assert_eq!(error.unusable_session(), Some(&UnusableSession::ExpiredOnArrival { seconds_ago }));
        assert!(error.hint().contains("session duration"));
    }
}

#[test]
fn a_response_without_a_ks_or_with_an_empty_one_is_an_error() {
    for body in
        [json!({"partnerId": 1_234_567, "userId": 0}), json!({"partnerId": 1_234_567, "ks": "", "userId": 0})]
    {
        assert_eq!(fails_first(response(&body)).kind(), ErrorKind::NotKaltura);
        assert_eq!(fails_second(response(&body)).kind(), ErrorKind::NotKaltura);
    }
}

#[test]
fn an_echoed_widget_ks_is_an_error() {
    let echo = json!({"id": "0_7jh3eu10", "ks": WIDGET_KS, "format": 1});
    assert_eq!(fails_second(response(echo)).kind(), ErrorKind::NotKaltura);
}

#[test]
fn a_minimal_response_is_sufficient() {
    let (_, flow) = sent(AppTokenFlow::start(&login()));
    let (_, flow) = sent(flow.receive(widget_response()).unwrap());
    let session =
        done(flow.receive(response(json!({"ks": SESSION_KS, "objectType": "KalturaSessionInfo"}))).unwrap());
    assert_eq!((session.partner_id(), session.expires_at()), (PARTNER, None));
}

#[test]
fn a_transport_error_keeps_its_kind_and_its_cause() {
    for (kind, retryable) in [
        (TransportErrorKind::Build, false),
        (TransportErrorKind::Connect, true),
        (TransportErrorKind::Timeout, true),
        (TransportErrorKind::Io, true),
        (TransportErrorKind::TooLarge, false),
        (TransportErrorKind::Other, false),
    ] {
        for error in [
            fails_first(Err(TransportError::new(kind, "the cause"))),
            fails_second(Err(TransportError::new(kind, "the cause"))),
        ] {
            assert_eq!(error.kind(), ErrorKind::Transport(kind));
            assert_eq!(error.is_retryable(), retryable);
            // The text of the transport's error is already that of the kind.
            let cause = std::error::Error::source(&error).unwrap();
            assert_eq!(cause.to_string(), "the cause");
            assert_eq!(error.transport_error().map(TransportError::kind), Some(kind));
        }
    }
}

#[test]
fn a_lost_connection_is_replaced_once_for_each_call() {
    let lost = || Err(TransportError::new(TransportErrorKind::Io, "connection reset"));
    let (first, flow) = sent(AppTokenFlow::start(&login()));
    let (again, flow) = sent(flow.receive(lost()).unwrap());
    assert!(!first.fresh_connection() && again.fresh_connection());
    assert_eq!((again.url(), again.body()), (first.url(), first.body()));
    let (second, flow) = sent(flow.receive(widget_response()).unwrap());
    let (again, flow) = sent(flow.receive(lost()).unwrap());
    assert!(!second.fresh_connection() && again.fresh_connection());
    assert_eq!(again.body(), second.body());
    assert!(matches!(flow.receive(session_response()), Ok(FlowStep::Done(_))));
}

#[test]
fn an_expiry_that_is_past_by_every_clock_is_refused_without_the_time_of_the_server() {
    for (expiry, is_accepted) in
        [(i64::MIN, false), (0, false), (1_767_225_600, false), (1_767_225_601, true), (i64::MAX, true)]
    {
        let (_, flow) = sent(AppTokenFlow::start(&login()));
        let (_, flow) = sent(flow.receive(widget_response()).unwrap());
        let body = json!({"ks": SESSION_KS, "partnerId": 1_234_567, "expiry": expiry});
        match flow.receive(Ok(WireResponse::new(200, body.to_string()))) {
            Ok(FlowStep::Done(session)) => {
                assert!(is_accepted, "{expiry}");
                assert_eq!(session.expires_at(), Some(UnixTime::from_seconds(expiry)));
            }
            Ok(step) => panic!("another request: {step:?}"),
            Err(error) => {
                assert!(!is_accepted, "{expiry}: {error:?}");
                assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival);
            }
        }
    }
}

#[test]
fn extreme_times_of_the_server_do_not_overflow() {
    let login = login().request(SessionRequest::new().lifetime(Lifetime::hours(1)));
    for expiry in [i64::MIN, -1, 0, 1, i64::MAX] {
        for server_time in [i64::MIN, -1, 0, 1, i64::MAX] {
            let (_, flow) = sent(AppTokenFlow::start(&login));
            let (_, flow) = sent(flow.receive(widget_response()).unwrap());
            let body = json!({"ks": SESSION_KS, "partnerId": 1_234_567, "expiry": expiry});
            let response = WireResponse::new(200, body.to_string())
                .with_header("X-Kaltura-Session", format!("1, {server_time}"));
            match flow.receive(Ok(response)) {
                Ok(FlowStep::Done(session)) => {
                    assert!(expiry > server_time);
                    assert!(session.granted_lifetime().unwrap() > std::time::Duration::ZERO);
                }
                Ok(step) => panic!("another request: {step:?}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival),
            }
        }
    }
}

#[test]
fn a_refused_hash_is_explained() {
    let explain = |id: &str, value: &str| {
        let token = AppTokenCredentials::new(PARTNER, id, value, HashType::Sha256);
        let login = AppTokenLogin::new(ServiceUrl::US, token);
        let (_, flow) = sent(AppTokenFlow::start(&login));
        let (_, flow) = sent(flow.receive(widget_response()).unwrap());
        flow.receive(response(refusal("INVALID_APP_TOKEN_HASH", json!([])))).unwrap_err()
    };
    let white_space = explain("0_7jh3eu10", "3f786850e387550fdab836ed7e6dc881\n");
    assert_eq!(white_space.credential_issues(), [CredentialIssue::WhitespaceInValue]);
    assert!(white_space.hint().contains("contains white space or a line break"));
    assert_eq!(explain(TOKEN, "0_7jh3eu10").credential_issues(), [CredentialIssue::IdAndValueSwapped]);
    assert_eq!(explain("0_7jh3eu10", TOKEN).credential_issues(), []);
}

#[test]
fn an_echoed_id_is_shown_unless_it_may_be_the_token_value() {
    for (id, is_shown) in [("0_7jh3eu10", true), ("hush-in-the-wrong-place", false)] {
        let credentials = AppTokenCredentials::new(PARTNER, id, TOKEN, HashType::Sha256);
        let (_, flow) = sent(AppTokenFlow::start_uncached(&AppTokenLogin::new(ServiceUrl::US, credentials)));
        let (_, flow) = sent(flow.receive(widget_response()).unwrap());
        let refused = refusal("APP_TOKEN_ID_NOT_FOUND", json!({"ID": id}));
        let error = flow.receive(response(refused)).unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.source().map(ToString::to_string));
        assert_eq!(shown.contains(id), is_shown, "{shown}");
    }
}

#[test]
fn retry_after_reaches_the_caller() {
    let busy = WireResponse::new(503, "busy").with_header("Retry-After", "17");
    assert_eq!(fails_first(Ok(busy)).retry_after(), Some(std::time::Duration::from_secs(17)));
}
