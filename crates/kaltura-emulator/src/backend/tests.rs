//! Requests to the whole server that the recording of the real server does not contain.

use std::time::Duration;

use http::Request;
use kaltura_types::SessionType;
use serde_json::{Value, json};

use crate::test_client::{body, builder, emulator};
use crate::{AppTokenSeed, Emulator, Fault, FaultRule};

#[test]
fn jsonp_calls_the_callback_of_the_query_string() {
    let emulator = emulator();
    let get =
        |query: &str| emulator.send(Request::get(format!("/api_v3/service/system/action/ping?{query}")), "");
    let response = get("format=9&callback=my.cb_1");
    assert_eq!(body(&response), "my.cb_1(true);");
    assert_eq!(response.headers()["content-type"], "application/javascript");
    assert_eq!(body(&get("format=9&callback=")), "(true);");
    for (query, code) in [
        ("format=9", "error- MANDATORY_PARAMETER_MISSING"),
        ("format=9&callback=alert(1)", "error- INVALID_FIELD_VALUE"),
    ] {
        let response = get(query);
        assert_eq!(body(&response), "", "{query}");
        assert_eq!(response.headers()["x-kaltura"], code);
        assert!(!response.headers().contains_key("x-kaltura-session"), "{query}");
    }
}

#[test]
fn the_content_type_can_be_requested_and_adds_no_other_header() {
    let emulator = emulator();
    let get = |kind: &str| {
        let uri = format!("/api_v3/service/system/action/ping?format=1&content-type={kind}");
        emulator.send(Request::get(uri), "")
    };
    assert_eq!(get("text/plain").headers()["content-type"], "text/plain;charset=UTF-8");
    assert_eq!(get("image/png").headers()["content-type"], "image/png");
    assert!(!get("a%0d%0aX-Evil:1").headers().contains_key("x-evil"));
}

#[test]
fn a_head_response_has_only_headers() {
    let emulator = emulator();
    let uri = "/api_v3/service/system/action/ping?format=1";
    let head = emulator.send(Request::head(uri), "");
    assert_eq!(body(&head), "");
    assert_eq!(head.headers()["content-type"], "application/json");
    assert_eq!(body(&emulator.send(Request::get(uri), "")), "true");
}

#[test]
fn true_is_one_in_xml() {
    let response = emulator().send(Request::get("/api_v3/service/system/action/ping"), "");
    assert!(body(&response).contains("<result>1</result>"), "{}", body(&response));
}

#[test]
fn the_cache_repeats_a_widget_session_for_ten_minutes() {
    let emulator = builder().response_cache(true).build().unwrap();
    let session = |more: Value| {
        let mut parameters = json!({ "widgetId": "_1234567" });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        emulator.call("session.startWidgetSession", parameters)["ks"].clone()
    };
    let first = session(json!({}));
    assert_eq!(session(json!({ "clientTag": "other" })), first);
    assert_ne!(session(json!({ "nocache": 1 })), first);
    assert_ne!(session(json!({ "any": 1 })), first);
    emulator.clock().advance(Duration::from_secs(599));
    assert_eq!(session(json!({})), first);
    emulator.clock().advance(Duration::from_secs(1));
    assert_ne!(session(json!({})), first);
    let calls = emulator.calls();
    let cached = calls.iter().filter(|call| call.was_cached()).count();
    assert_eq!((calls.count("session.startWidgetSession"), cached), (6, 2));
}

#[test]
fn the_cache_repeats_an_error_for_two_minutes() {
    let emulator = builder().response_cache(true).build().unwrap();
    let token = emulator.app_token().clone();
    let login = emulator.login(&token, json!({}));
    emulator.disable_token(token.id()).unwrap();
    let error = |login: &Value| emulator.error("appToken.startSession", login.clone());
    assert_eq!(error(&login), "APP_TOKEN_NOT_ACTIVE");
    emulator.enable_token(token.id()).unwrap();
    emulator.clock().advance(Duration::from_secs(119));
    assert_eq!(error(&login), "APP_TOKEN_NOT_ACTIVE");
    // With another widget session it is another request.
    assert_eq!(error(&emulator.login(&token, json!({}))), Value::Null);
    emulator.clock().advance(Duration::from_secs(1));
    assert_eq!(error(&login), Value::Null);
}

#[test]
fn the_cache_contains_neither_logins_nor_errors_of_user_sessions() {
    let emulator = builder().response_cache(true).build().unwrap();
    let login = emulator.login(emulator.app_token(), json!({}));
    let session = || emulator.call("appToken.startSession", login.clone())["ks"].clone();
    assert_ne!(session(), session());
    let ended = AppTokenSeed::new().expiry(emulator.clock().now().plus_seconds(-1));
    let ended = emulator.login(&emulator.add_app_token(ended).unwrap(), json!({}));
    let user = json!({ "ks": emulator.ks(SessionType::User, "u", ""), "id": "0_x", "tokenHash": "" });
    for parameters in [ended, user] {
        for _ in 0..2 {
            let response = emulator.response("appToken.startSession", &parameters);
            assert!(!response.headers().contains_key("x-kaltura"), "{}", body(&response));
        }
    }
}

#[test]
fn the_cache_repeats_a_refused_ks_to_others() {
    let emulator = builder().response_cache(true).build().unwrap();
    let ping = |ks: &str| emulator.error("system.ping", json!({ "ks": ks }));
    let expired = emulator.ks(SessionType::User, "u", "");
    let restricted = emulator.ks(SessionType::User, "u", "iprestrict:192.0.2.1");
    emulator.clock().advance(Duration::from_secs(3600));
    assert_eq!(ping("first"), "first");
    for ks in ["second", &expired, &restricted] {
        assert_eq!(ping(ks), "first", "the KS that another caller sent");
    }
    assert_eq!(emulator.error("system.ping", json!({ "ks": "x", "a": 1 })), "x", "another request");
    let valid = emulator.ks(SessionType::User, "u", "");
    assert_eq!(ping(&valid), Value::Null);
    // The database is asked about the end of a session, so that this refusal is not cached.
    emulator.end_session(&kaltura_types::Ks::new(valid.as_str())).unwrap();
    assert_eq!(ping(&valid), "LOGOUT");
    assert_eq!(ping("third"), "first");
    emulator.clock().advance(Duration::from_secs(120));
    assert_eq!(ping("third"), "third");
}

#[test]
fn the_cache_repeats_public_results_and_not_those_of_a_user() {
    let emulator = builder().response_cache(true).build().unwrap();
    let from_cache = |action: &str, parameters: Value| {
        let responses = [(); 2].map(|()| emulator.response(action, &parameters));
        let header = responses[1].headers().get("x-kaltura").map(|value| value.to_str().unwrap().to_owned());
        header.is_some_and(|value| value.starts_with("cached-dispatcher"))
    };
    let (widget, user) = (emulator.widget_ks(), emulator.ks(SessionType::User, "u", ""));
    let without_user = emulator.ks(SessionType::User, "", "view:*,widget:1");
    for (action, parameters, expected) in [
        ("system.ping", json!({}), true),
        ("system.ping", json!({ "ks": widget }), true),
        ("system.ping", json!({ "ks": user }), false),
        ("media.get", json!({ "ks": widget, "entryId": "0_x" }), true),
        ("nosuch.get", json!({}), true),
        ("nosuch.get", json!({ "ks": user }), false),
        ("appToken.list", json!({ "ks": widget }), true),
        ("appToken.list", json!({ "ks": without_user }), false),
    ] {
        assert_eq!(from_cache(action, parameters.clone()), expected, "{action} {parameters}");
    }
    // A form and JSON share an entry.
    emulator.call("media.get", json!({ "entryId": 7, "partnerId": 1_234_567 }));
    let form = Request::post("/api_v3/service/media/action/get?format=1");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let response = emulator.send(form, "partnerId=1234567&entryId=7");
    assert!(response.headers()["x-kaltura"].to_str().unwrap().starts_with("cached-dispatcher"));
}

#[test]
fn a_ks_is_validated_when_it_changes_within_a_multirequest() {
    let emulator = emulator();
    let limited = emulator.ks(SessionType::User, "u", "actionslimit:2");
    let other = emulator.ks(SessionType::User, "u", "");
    let run = |sessions: &[&str]| -> Vec<bool> {
        let mut parameters = json!({});
        for (index, ks) in sessions.iter().enumerate() {
            let part = json!({ "service": "system", "action": "ping", "ks": ks });
            parameters[(index + 1).to_string()] = part;
        }
        let responses = emulator.call("multirequest.null", parameters);
        responses.as_array().unwrap().iter().map(|response| *response == true).collect()
    };
    let (l, o) = (limited.as_str(), other.as_str());
    assert_eq!(run(&[l, o, l, l, o, l]), [true, true, true, true, true, false]);
    assert_eq!(run(&[l, l]), [false, false]);
}

#[test]
fn ending_a_session_spares_the_later_requests_with_the_same_ks() {
    let emulator = emulator();
    let ks = emulator.ks(SessionType::User, "u", "");
    let ping = json!({ "service": "system", "action": "ping" });
    let end = json!({ "service": "session", "action": "end" });
    let responses = emulator.call("multirequest.null", json!({ "ks": ks, "1": end, "2": ping }));
    assert_eq!(responses, json!([null, true]));
    assert_eq!(emulator.error("system.ping", json!({ "ks": ks })), "LOGOUT");
}

#[test]
fn what_php_takes_for_empty_is_no_ks() {
    let emulator = emulator();
    for ks in [json!(""), json!("0"), json!(0), json!([]), json!(null), json!(false)] {
        assert_eq!(emulator.error("system.ping", json!({ "ks": ks })), Value::Null, "{ks}");
    }
    assert_eq!(emulator.error("system.ping", json!({ "ks": "00" })), "00");
}

#[test]
fn the_names_multirequest_and_its_empty_first_request_are_special() {
    let emulator = emulator();
    let parameters = json!({ "1": { "service": "system", "action": "ping" } });
    assert_eq!(emulator.error("multiRequest.null", parameters), "SERVICE_DOES_NOT_EXISTS");
    let response = emulator.response("multirequest.null", &json!({}));
    assert!(!response.headers().contains_key("x-kaltura-session"));
    let empty = emulator.call("multirequest.null", json!({ "1": { "service": "", "action": "" } }));
    assert_eq!(empty[0]["code"], "SERVICE_NOT_SPECIFIED");
}

#[test]
fn a_true_is_no_format_but_xml() {
    let emulator = emulator();
    let request = Request::post("/api_v3/service/system/action/ping");
    let response = emulator.send(request.header("content-type", "application/json"), r#"{"format":true}"#);
    assert!(body(&response).starts_with("<?xml"));
}

#[test]
fn parts_of_a_multirequest_have_separate_cache_entries() {
    let emulator = builder().response_cache(true).build().unwrap();
    let part = json!({ "service": "session", "action": "startWidgetSession", "widgetId": "_1234567" });
    let single = emulator.call("session.startWidgetSession", json!({ "widgetId": "_1234567" }));
    let both = json!({ "1": part, "2": part });
    let response = emulator.response("multirequest.null", &both);
    let header = |response: &http::Response<bytes::Bytes>, name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().split(',').next().unwrap().to_owned())
    };
    let list: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(list[0], list[1]);
    assert_ne!(list[0]["ks"], single["ks"]);
    assert_eq!(header(&response, "x-kaltura").as_deref(), Some("cache-key"));
    assert_eq!(header(&response, "x-kaltura-part-of-multirequest").as_deref(), Some("cached-dispatcher"));
    let again = emulator.response("multirequest.null", &both);
    assert_eq!(header(&again, "x-kaltura").as_deref(), Some("cached-dispatcher"));
    assert_eq!(again.body(), response.body());
}

#[test]
fn service_forbidden_has_headers_unless_it_is_cached() {
    let emulator = builder().response_cache(true).build().unwrap();
    let headers = |action: &str, parameters: &Value| {
        let response = emulator.response(action, parameters);
        let header = |name: &str| {
            let value = response.headers().get(name).map(|value| value.to_str().unwrap());
            value.map(|value| value.split(',').next().unwrap().to_owned())
        };
        [header("x-kaltura"), header("x-kaltura-app"), header("x-kaltura-part-of-multirequest")]
    };
    let refused = |action: &str| {
        let message = format!("The access to service [{action}] is forbidden");
        let app = format!("exiting on error SERVICE_FORBIDDEN - {message}");
        [Some("error-SERVICE_FORBIDDEN".to_owned()), Some(app), None]
    };
    let cached = || Some("cached-dispatcher".to_owned());
    assert_eq!(headers("media.list", &json!({})), refused("media->list"));
    assert_eq!(headers("media.list", &json!({})), [cached(), None, None]);
    let part = |action: &str| json!({ "service": "user", "action": action, "userId": "a" });
    let first = json!({ "1": part("get"), "2": part("delete") });
    assert_eq!(headers("multirequest.null", &first), refused("user->delete"));
    assert_eq!(headers("multirequest.null", &first), [cached(), None, None]);
    // This part is already in the cache.
    let second = json!({ "1": part("get") });
    let [kaltura, app, of_part] = headers("multirequest.null", &second);
    assert_eq!((kaltura.as_deref(), app, of_part), (Some("cache-key"), None, cached()));
}

#[test]
fn format_3_is_php_serialize() {
    let emulator = builder().response_cache(true).build().unwrap();
    let get = |query: &str| emulator.send(Request::get(format!("/api_v3/?format=3&{query}")), "");
    let response = get("service=system&action=ping");
    assert_eq!(response.headers()["content-type"], "text/html; charset=UTF-8");
    assert_eq!(body(&response), "b:1;");
    let both = get("service=multirequest&1:service=session&1:action=end&2:service=system&2:action=ping");
    assert_eq!(body(&both), "a:2:{i:0;N;i:1;b:1;}");
    let login =
        format!("service=session&action=start&partnerId={}&secret=user+secret", emulator.partner_id());
    let started = get(&login);
    assert!(started.headers()["x-kaltura"].to_str().unwrap().starts_with("cached-dispatcher,"));
    let ks = body(&started).split('"').nth(1).unwrap().to_owned();
    assert_eq!(body(&started), format!("s:{}:\"{ks}\";", ks.len()));
    assert_eq!(emulator.error("media.list", json!({ "ks": ks })), Value::Null);
}

#[test]
fn an_error_does_not_stop_a_multirequest() {
    let emulator = emulator();
    let response = emulator.call(
        "multirequest.null",
        json!({
            "1": { "service": "session", "action": "nosuch" },
            "2": { "service": "session", "action": "startWidgetSession", "widgetId": "_1234567" },
            "3": { "service": "media", "action": "list", "ks": "{2:result:ks}" },
            "4": { "service": "media", "action": "list", "ks": "{1:result:ks}" },
            "5": { "service": "media", "action": "list", "ks": "{6:result:ks}" },
        }),
    );
    assert_eq!(response[0]["code"], "ACTION_DOES_NOT_EXISTS");
    assert_eq!(response[2]["objectType"], "KalturaMediaListResponse");
    assert_eq!(response[3]["code"], "SERVICE_FORBIDDEN");
    assert_eq!(response[4]["args"]["KSID"], "{6:result:ks}");
    assert_eq!(emulator.call("multirequest.null", json!({ "x": 1 })), json!([]));
}

#[test]
fn a_reference_to_an_errors_code_is_fatal() {
    let parameters = json!({
        "1": { "service": "session", "action": "nosuch" },
        "2": { "service": "session", "action": "start", "secret": "{1:result:code}" },
    });
    assert_eq!(emulator().response("multirequest.null", &parameters).status().as_u16(), 500);
}

#[test]
fn the_action_of_a_faulty_response_runs_unless_the_request_is_lost() {
    let emulator = emulator();
    let ping = || body(&emulator.response("system.ping", &json!({}))).to_owned();
    emulator.inject(FaultRule::new(Fault::EmptyBody).on("system.ping").nth(1));
    emulator.inject(FaultRule::new(Fault::EmptyBody).on("system.ping").nth(2).before_the_action());
    assert_eq!([ping(), ping(), ping()], ["", "", "true"]);
    assert_eq!(emulator.calls().count("system.ping"), 2);
    emulator.inject(FaultRule::new(Fault::EmptyBody));
    assert_eq!(ping(), "");
    emulator.clear_faults();
    assert_eq!(ping(), "true");
}

#[test]
fn content_faults_change_the_content() {
    let faulty = |fault| {
        let emulator = builder().fault(FaultRule::new(fault)).build().unwrap();
        let response = emulator.response("session.get", &json!({ "ks": "djJ8hush" }));
        body(&response).to_owned()
    };
    assert!(faulty(Fault::EchoSecrets).contains("while handling [ks=djJ8hush]"));
    assert!(faulty(Fault::Xml).starts_with("<?xml"));
}

#[test]
fn debug_shows_no_secret() {
    let emulator = emulator();
    let token = emulator.app_token();
    let mut login = emulator.login(token, json!({ "userId": token.value().expose() }));
    login["id"] = token.value().expose().into();
    emulator.call("appToken.startSession", login.clone());
    let shown = format!("{emulator:?} {:?} {token:?}", emulator.calls());
    for secret in [&login["ks"], &login["tokenHash"], &login["id"]] {
        assert!(!shown.contains(secret.as_str().unwrap()), "{shown}");
    }
    assert!(shown.contains("appToken.startSession"));
}

#[test]
fn recorded_parameters_are_in_the_order_of_the_request() {
    let emulator = emulator();
    let uri = "/api_v3/service/system/action/ping?z=1&format=1";
    emulator.send(Request::post(uri).header("content-type", "application/json"), r#"{"y":1,"b":2,"x":3}"#);
    let calls = emulator.calls();
    let names: Vec<&str> = calls.last("system.ping").unwrap().parameter_names().collect();
    assert_eq!(names, ["service", "action", "z", "format", "y", "b", "x"]);
}

#[test]
fn no_request_causes_a_panic() {
    let emulator: Emulator = emulator();
    let pieces = [
        "/",
        "api_v3",
        "service",
        "multirequest",
        "session",
        "start",
        "1:",
        "[",
        "]",
        ":",
        "=",
        "&",
        "{",
        "}",
        "\"",
        "{1:result:",
        "ks",
        "%",
        "%00",
        "%ff",
        "é",
        "\0",
        "-",
        "9999999999999999999999",
        "e",
        ".",
        "format",
        "json",
        "__null",
        ",",
        "\r\n",
        "--b",
        "null",
    ];
    let mut random = crate::backend::random::Random::from_seed(3);
    let mut text = |length: u64| -> String {
        (0..random.below(length)).map(|_| pieces[usize::try_from(random.below(33)).unwrap()]).collect()
    };
    let kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"];
    for round in 0..5_000 {
        let uri =
            format!("/api_v3/{}?{}", text(8), text(8)).replace(['"', '{', '}', '\0', '\r', '\n', 'é'], "x");
        let request = Request::post(uri).header("content-type", kinds[round % 3]);
        let response = emulator.send(request, &text(20));
        assert!(matches!(response.status().as_u16(), 200 | 404 | 500));
    }
}
