//! Calls without a good answer: each class has its exit code.

use serde_json::json;

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{OddServer, ok, whole};
use crate::support::server::{FORGED_KS, TestServer, VALUE, token};

/// The first token makes USER sessions, the other one ADMIN sessions.
fn server() -> TestServer {
    TestServer::with_tokens(&json!([
        token("0_importer", VALUE, json!({})),
        token("0_manager", VALUE, json!({ "sessionType": 2 })),
    ]))
}

fn anonymous(url: &str) -> Kaltura {
    Kaltura::new(["call", "media.list", "--anonymous", "--service-url", url])
}

#[test]
fn authentication() {
    let server = server();
    let dead = server.call(["media.list"]).env("KALTURA_KS", FORGED_KS).fails(3);
    let finished = dead.saying("media.list failed").saying("INVALID_KS").saying("hint:");
    assert!(!finished.stderr.contains("djJ8"), "{finished:#?}");
    // Without a session there is nothing to call with, and the login says why.
    let refused = server.call(["media.list", "--hash-type=MD5"]).fails(3);
    refused.saying("appToken.startSession failed").saying("INVALID_APP_TOKEN_HASH");
}

#[test]
fn a_text_that_is_not_a_ks_is_named_and_not_sent() {
    let server = OddServer::answering(ok("application/json", "true"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ks");
    for (text, named, advice) in [
        (format!("b'{FORGED_KS}'"), "bytes of Python", "ks.decode()"),
        (format!("\"{FORGED_KS}\""), "in quotes", "Remove the quotes"),
        ("null".to_owned(), "no value", "it had none"),
        (format!("{FORGED_KS}%3D"), "percent-encoded", "Decode the text"),
        (format!("{{\"ks\":\"{FORGED_KS}\"}}"), "is JSON", "member `ks`"),
        (FORGED_KS[..64].to_owned(), "truncated", "Copy the whole KS again"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let call = |command: &[&'static str]| Kaltura::new(command).arguments(["--service-url", &server.url]);
        for line in [
            call(&["call", "media.list"]).env("KALTURA_KS", &text),
            call(&["call", "media.list", "--ks-stdin"]).stdin(text.clone()),
            call(&["call", "media.list"]).arguments(["--ks-file", file.to_str().unwrap()]),
            call(&["batch"]).env("KALTURA_KS", &text).stdin(r#"[{"call":"media.list"}]"#),
        ] {
            line.fails(2).saying("the KS").saying(named).saying(advice).hides(&["djJ8"]);
        }
    }
    assert_eq!(server.requests.try_iter().count(), 0);
}

#[test]
fn permission() {
    server().call(["appToken.list"]).fails(4).saying("SERVICE_FORBIDDEN");
}

#[test]
fn not_found() {
    let server = server();
    let call = server.call(["appToken.get", "id=0_nosuchone", "--app-token-id=0_manager"]);
    call.fails(5).saying("APP_TOKEN_ID_NOT_FOUND");
    server.call(["media.list", "--app-token-id=0_nosuchone"]).fails(5);
}

#[test]
fn usage() {
    let server = server();
    server.call(["nosuch.action"]).fails(2).saying("SERVICE_DOES_NOT_EXIST");
    let missing = server.call(["appToken.get", "--app-token-id=0_manager"]).run();
    missing.fails_with(2).saying("MISSING_MANDATORY_PARAMETER");
    let call = |arguments: &[&str]| Kaltura::new(["call", "media.list"]).arguments(arguments);
    call(&["-"]).stdin(b"\xff").fails(2).saying("not UTF-8");
    call(&["b=1", "a=@"]).fails(2).saying("parameter 2: the name of the file is missing");
    call(&["a=@no-such-file"]).fails(2).saying("open the file no-such-file");
}

#[test]
fn a_reserved_parameter_is_refused() {
    let server = server();
    let document = json!({ "format": 2 }).to_string();
    let calls = json!([{ "call": "media.list", "params": { "format": { "$result": "1.id" } } }]).to_string();
    for form in [&[][..], &["--dry-run"], &["--curl"]] {
        let call = |more: &str| server.call(["media.list", more]).arguments(form);
        let batch = server.kaltura(["batch"]).arguments(form);
        for refused in
            [call("format=2"), call("format.x:=1"), call("-").stdin(&*document), batch.stdin(&*calls)]
        {
            refused.fails(2).saying("format cannot be a parameter");
        }
    }
    assert_eq!(server.calls(), [""; 0]);
    // Another account, and whatever else the API knows, may be named.
    let shown = server.call(["media.list", "partnerId:=42", "language=EN", "--dry-run"]).succeeds();
    assert!(shown.stdout.contains("\"partnerId\": 42,") && shown.stdout.contains("\"EN\""), "{shown:#?}");
}

#[test]
fn with_retry_an_unavailable_server_is_asked_again() {
    let busy = whole("503 Service Unavailable", "Retry-After: 0\r\n", "");
    let server = OddServer::answering(busy.clone());
    anonymous(&server.url).arguments(["--retry=2"]).fails(7);
    assert_eq!(server.requests.try_iter().count(), 3);
    // What may have been executed is not sent again.
    let server = OddServer::answering(busy);
    let call = Kaltura::new(["call", "media.add", "--anonymous", "--retry=2", "--service-url", &server.url]);
    call.fails(7);
    assert_eq!(server.requests.try_iter().count(), 1);
}

#[test]
fn a_login_that_meets_an_unavailable_server_is_tried_again() {
    let server = server();
    server.apply(json!({ "injectFault": "status:503@session.startWidgetSession#1" }));
    server.call(["media.list"]).succeeds();
    server.apply(json!({ "injectFault": "status:503@session.startWidgetSession" }));
    server.call(["media.list", "--fresh", "--timeout=2s"]).fails(7).saying("503");
}

#[test]
fn with_json_the_error_is_a_document() {
    let server = server();
    let error = server.call(["appToken.list", "--json"]).fails(4).error();
    assert_eq!(error["class"], "permission");
    assert_eq!(error["code"], "SERVICE_FORBIDDEN");
    assert_eq!(error["step"], "appToken.list");
    assert_eq!(error["serviceUrl"], server.url());
    assert_eq!(error["httpStatus"], 200);
    assert_eq!(error["retryable"], false);
    assert!(error["requestId"].is_string(), "{error}");
}

#[test]
fn the_session_of_a_login_is_not_ended_by_mistake() {
    let server = server();
    let end = |ks: &str| server.call(["session.end"]).env("KALTURA_KS", ks);
    let batch = |calls: &str, ks: &str| server.kaltura(["batch"]).stdin(calls).env("KALTURA_KS", ks);
    end("").fails(2).saying("would shut the app token").saying("KALTURA_KS");
    let ended = "[{\"call\":\"system.ping\"},{\"call\":\"SESSION.End\"}]";
    batch(ended, "").fails(2).saying("would shut the app token");
    batch("[{\"call\":\"multirequest.null\",\"params\":{\"1\":{}}}]", "").fails(2);
    let detour = server.call(["multirequest.null", "1.service=session", "1.action=end"]);
    detour.fails(2).saying("kaltura batch");
    assert_eq!(server.calls(), [""; 0]);
    // A session that is named is meant.
    for by_batch in [true, false] {
        let server = self::server();
        let ks = server.ks([]);
        let end =
            if by_batch { server.kaltura(["batch"]).stdin(ended) } else { server.call(["session.end"]) };
        end.env("KALTURA_KS", &ks).succeeds();
        server.call(["media.list"]).env("KALTURA_KS", &ks).fails(3).saying("INVALID_KS");
    }
}
