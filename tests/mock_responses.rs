//! The responses of the mock have the same JSON as recorded responses of the real server.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::{BTreeMap, BTreeSet};

use kaltura_auth::WireResponse;
use kaltura_testing::mock::responses::{self, MockResponse, errors};
use kaltura_tests::{read, vectors};
use kaltura_types::{AppTokenId, Ks, PartnerId, UnixTime, WidgetId};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Recording {
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    n: u32,
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    line: String,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// The recorded responses whose body is a JSON object.
fn objects() -> Vec<(Exchange, Map<String, Value>)> {
    let recording: Recording = read(vectors::EXCHANGES);
    let object = |exchange: Exchange| match serde_json::from_str(&exchange.response.body) {
        Ok(Value::Object(object)) => Some((exchange, object)),
        _ => None,
    };
    recording.exchanges.into_iter().filter_map(object).collect()
}

fn of_type(object_type: &str) -> Vec<(Exchange, Map<String, Value>)> {
    let objects = objects().into_iter().filter(|(_, object)| object["objectType"] == object_type);
    let objects: Vec<_> = objects.collect();
    assert!(objects.len() > 3, "only {} recordings of {object_type}", objects.len());
    objects
}

fn assert_same(exchange: &Exchange, response: impl Into<WireResponse>) {
    let response = response.into();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let recorded: Value = serde_json::from_str(&exchange.response.body).unwrap();
    assert_eq!(body, recorded, "exchange {}", exchange.n);
    assert_eq!(response.status(), exchange.response.status);
}

/// The mock's error with this code and these arguments.
fn error(code: &str, args: &BTreeMap<String, String>) -> Option<MockResponse> {
    let arg = |name: &str| args.get(name).map_or("", String::as_str);
    let partner = |name: &str| PartnerId::new(arg(name).parse().unwrap());
    let (service, action) = arg("SERVICE").split_once("->").unwrap_or_default();
    Some(match code {
        "SERVICE_NOT_SPECIFIED" => errors::service_not_specified(),
        "SERVICE_DOES_NOT_EXISTS" => errors::service_does_not_exist(arg("SRV_NAME")),
        "ACTION_NOT_SPECIFIED" => errors::action_not_specified(),
        "ACTION_DOES_NOT_EXISTS" => errors::action_does_not_exist(arg("SERVICE_NAME"), arg("ACTION_NAME")),
        "ACTION_BLOCKED" => errors::action_blocked(arg("SERVICE_NAME"), arg("ACTION_NAME")),
        "MISSING_KS" => errors::missing_ks(),
        "INVALID_KS" => errors::invalid_ks_echo(&Ks::new(arg("KSID"))),
        "SERVICE_FORBIDDEN" => errors::service_forbidden(service, action),
        "SERVICE_FORBIDDEN_CONTENT_BLOCKED" => errors::service_forbidden_content_blocked(),
        "PARTNER_ACCESS_FORBIDDEN" => {
            errors::partner_access_forbidden(partner("ACCESSING_PID"), partner("ACCESSED_PID"))
        }
        "USER_BLOCKED" => errors::user_blocked(),
        "INVALID_OBJECT_ID" if arg("ID") == "N/A" => errors::invalid_object_id(),
        "UNKNOWN_ROLE_ID" => errors::unknown_role_id(),
        "INVALID_ACTIONS_LIMIT" => errors::invalid_actions_limit(),
        "MISSING_MANDATORY_PARAMETER" => errors::missing_mandatory_parameter(arg("PARAM_NAME")),
        "INVALID_ENUM_VALUE" => {
            errors::invalid_enum_value(arg("ENUM_VAL"), arg("PARAM_NAME"), arg("ENUM_TYPE"))
        }
        "INVALID_PARAMETER_CHAR" => errors::invalid_parameter_char(arg("XML_FIELD")),
        "INVALID_LANGUAGE_CODE" => errors::invalid_language_code(arg("LANGUAGE_CODE")),
        "INVALID_FIELD_VALUE" => errors::invalid_field_value(arg("FIELD_NAME")),
        "PROPERTY_VALIDATION_NOT_UPDATABLE" => errors::property_validation_not_updatable(arg("PROP_NAME")),
        "PROPERTY_VALIDATION_WRONG_FORMAT" => errors::property_validation_wrong_format(arg("PROP_NAME")),
        "START_SESSION_ERROR" => errors::start_session_error(partner("PID")),
        "INVALID_WIDGET_ID" => errors::invalid_widget_id(&WidgetId::new(arg("WIDGET_ID"))),
        "APP_TOKEN_ID_NOT_FOUND" => errors::app_token_id_not_found(&AppTokenId::new(arg("ID"))),
        "APP_TOKEN_NOT_ACTIVE" => errors::app_token_not_active(&AppTokenId::new(arg("ID"))),
        "APP_TOKEN_EXPIRED" => errors::app_token_expired(&AppTokenId::new(arg("ID"))),
        "INVALID_APP_TOKEN_HASH" => errors::invalid_app_token_hash(),
        "INTERNAL_SERVERL_ERROR" => errors::internal_server_error(),
        _ => return None,
    })
}

#[test]
fn errors_match_the_recording() {
    let (mut known, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for (exchange, object) in of_type("KalturaAPIException") {
        let code = object["code"].as_str().unwrap().to_owned();
        let args = object["args"].as_object().into_iter().flatten();
        let args = args.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        match error(&code, &args) {
            Some(response) => {
                assert_same(&exchange, response);
                known.insert(code);
            }
            None => {
                unknown.insert(code);
            }
        }
    }
    assert!(known.len() >= 22, "{known:?}");
    // An error of another service.
    assert_eq!(unknown.into_iter().collect::<Vec<_>>(), ["INVALID_USER_ID"]);
}

#[test]
fn the_headers_of_service_forbidden_match_the_recording() {
    let forbidden = of_type("KalturaAPIException").into_iter();
    for (exchange, _) in forbidden.filter(|(_, object)| object["code"] == "SERVICE_FORBIDDEN") {
        let recorded = exchange.response.headers.iter().find(|(name, _)| name == "X-Kaltura").unwrap();
        let response: WireResponse = errors::service_forbidden("any", "any").into();
        assert_eq!(response.header("X-Kaltura"), Some(recorded.1.as_str()));
    }
}

#[test]
fn widget_sessions_match_the_recording() {
    for (exchange, object) in of_type("KalturaStartWidgetSessionResponse") {
        let partner = PartnerId::new(object["partnerId"].as_i64().unwrap());
        assert_same(&exchange, responses::widget_session(partner).ks(&ks(&object)));
    }
}

#[test]
fn sessions_match_the_recording() {
    let mut started = 0;
    for (exchange, object) in of_type("KalturaSessionInfo") {
        let path = exchange.request.line.split([' ', '?']).nth(1).unwrap().to_ascii_lowercase();
        let partner = PartnerId::new(number(&object["partnerId"]));
        let session = match path.rsplit('/').next().unwrap() {
            "startsession" => responses::session(partner).ks(&ks(&object)),
            "get" => responses::session_info(partner),
            _ => continue,
        };
        let session = if object["partnerId"].is_number() { session.partner_as_number() } else { session };
        let session = session
            .with_field("userId", object.get("userId").cloned().unwrap_or_default())
            .with_field("sessionType", object["sessionType"].clone())
            .expires_at(UnixTime::from_seconds(number(&object["expiry"])))
            .privileges(object["privileges"].as_str().unwrap());
        assert_same(&exchange, session);
        started += 1;
    }
    assert!(started > 20, "{started}");
}

#[test]
fn app_tokens_match_the_recording() {
    let complete = |(_, object): &(Exchange, Map<String, Value>)| object.contains_key("token");
    // A response profile removed fields of the others.
    for (exchange, object) in of_type("KalturaAppToken").into_iter().filter(complete) {
        let mut token = responses::app_token(PartnerId::new(1_234_567), "", "");
        // Fields that the server may omit.
        for name in ["hashType", "sessionDuration"] {
            token = token.without_field(name);
        }
        for (name, value) in &object {
            token = token.with_field(name, value.clone());
        }
        assert_same(&exchange, token);
    }
}

#[test]
fn a_response_has_the_recorded_headers_that_a_wire_response_keeps() {
    let response: WireResponse = responses::null().into();
    for (exchange, _) in objects().iter().filter(|(exchange, _)| exchange.response.status == 200).take(20) {
        let kept =
            exchange.response.headers.iter().fold(WireResponse::new(200, ""), |kept, (name, value)| {
                kept.with_header(name, value.as_str())
            });
        for name in ["Date", "X-Me", "X-Kaltura-Session", "Content-Type"] {
            assert_eq!(response.header(name).is_some(), kept.header(name).is_some(), "{name}");
        }
        assert_eq!(response.header("Content-Type"), kept.header("Content-Type"));
    }
    let first = objects().swap_remove(0).0;
    let date = first.response.headers.iter().find(|(name, _)| name == "Date").unwrap();
    assert_eq!(response.header("Date"), Some(date.1.as_str()));
}

fn ks(object: &Map<String, Value>) -> Ks {
    Ks::new(object["ks"].as_str().unwrap())
}

fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}
