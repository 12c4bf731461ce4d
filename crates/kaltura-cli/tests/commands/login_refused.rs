//! Logins that the server refuses: each class has its exit code.

use serde_json::{Value, json};

use crate::support::invocation::Finished;
use crate::support::server::{NOW, TestServer, VALUE, token};

fn server() -> TestServer {
    TestServer::with_tokens(&json!([
        token("0_good", VALUE, json!({})),
        token("0_disabled", VALUE, json!({ "status": "disabled" })),
        token("0_deleted", VALUE, json!({ "status": "deleted" })),
        token("0_expired", VALUE, json!({ "expiry": 1_795_490_000 })),
        token("0_noduration", VALUE, json!({ "sessionDuration": 0 })),
        token("0_blocked", VALUE, json!({ "partnerId": 3_333_333 })),
    ]))
}

fn login(server: &TestServer, options: &[&str]) -> Finished {
    server.login(options).run()
}

#[test]
fn authentication() {
    let server = server();
    login(&server, &["--app-token-id=0_disabled"]).fails_with(3).saying("APP_TOKEN_NOT_ACTIVE");
    login(&server, &["--app-token-id=0_expired"]).fails_with(3).saying("APP_TOKEN_EXPIRED");
    login(&server, &["--app-token-id=0_noduration"]).fails_with(3).saying("its session duration is 0");
    login(&server, &["--hash-type=MD5"])
        .fails_with(3)
        .saying("INVALID_APP_TOKEN_HASH")
        .saying("kaltura doctor --detect");
    let swapped = server.login(["--app-token-id", "0123456789abcdef0123456789abcdeX"]);
    swapped.env("KALTURA_APP_TOKEN", "0_good").fails(5);
}

#[test]
fn the_hint_says_what_to_look_at() {
    let wrong = server().login([]).env("KALTURA_APP_TOKEN", VALUE.to_uppercase()).fails(3);
    let finished = wrong.saying("because: the server answered INVALID_APP_TOKEN_HASH");
    let lines: Vec<&str> = finished.stderr.lines().collect();
    assert!(lines[0].starts_with("error: appToken.startSession failed: "), "{finished:#?}");
    finished.saying("hint: Check the token value and the hash type").saying("uppercase letters");
}

#[test]
fn the_hint_does_not_advise_hash_types_that_were_tried() {
    let server = server();
    let wrong = server.login(["--detect-hash-type", "--json"]).env("KALTURA_APP_TOKEN", "f".repeat(32));
    let error = wrong.fails(3).error();
    assert_eq!(error["code"], "INVALID_APP_TOKEN_HASH");
    assert_eq!(
        error["hint"],
        "No hash type is accepted, so the app token value is wrong: pass the value of this app token, without \
         white space or line breaks."
    );
}

#[test]
fn permission() {
    let server = server();
    login(&server, &["--partner-id=3333333", "--app-token-id=0_blocked"])
        .fails_with(4)
        .saying("SERVICE_FORBIDDEN_CONTENT_BLOCKED")
        .saying("contact its owner");
}

#[test]
fn not_found() {
    let server = server();
    login(&server, &["--app-token-id=0_nosuchone"]).fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
    login(&server, &["--app-token-id=0_deleted"]).fails_with(5).saying("or was deleted");
    login(&server, &["--partner-id=7"]).fails_with(5).saying("INVALID_WIDGET_ID").saying("the region");
    login(&server, &["--widget-id=_nosuchone"]).fails_with(5).saying("(WIDGET_ID _nosuchone)");
}

#[test]
fn with_json_the_error_is_a_document() {
    let server = server();
    let error = login(&server, &["--json", "--app-token-id=0_nosuchone"]).fails_with(5).error();
    let request = error["requestId"].as_str().unwrap();
    assert!(request.ends_with(&NOW.to_string()), "{request}");
    let expected = json!({
        "exitCode": 5,
        "class": "notFound",
        "message": "appToken.startSession failed: the partner has no such app token",
        "causes": ["the server answered APP_TOKEN_ID_NOT_FOUND (ID 0_nosuchone)"],
        "hint": error["hint"],
        "code": "APP_TOKEN_ID_NOT_FOUND",
        "step": "appToken.startSession",
        "serviceUrl": server.url(),
        "retryable": false,
        "httpStatus": 200,
        "server": error["server"],
        "requestId": request,
    });
    assert_eq!(without_null(error), without_null(expected));
}

#[test]
fn usage_before_any_request() {
    let server = server();
    for (options, why) in [
        (&["--service-url", "http://example.com"][..], "--allow-plain-http"),
        (&["--service-url", "example.com"], "must begin with https://"),
        (&["--service-url", "https://me:hush@example.com"], "must not contain a user name"),
    ] {
        login(&server, options).fails_with(2).saying(why).hides(&["hush"]);
    }
    let wrong = server.login([]).env("KALTURA_PARTNER_ID", "hush").fails(2);
    assert!(!wrong.saying("the value of KALTURA_PARTNER_ID is invalid").stderr.contains("hush"));
}

fn without_null(mut document: Value) -> Value {
    document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    document
}
