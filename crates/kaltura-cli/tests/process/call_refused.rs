//! Calls without a good answer: each class has its exit code.

use std::net::TcpListener;

use serde_json::json;

use crate::control;
use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok, whole};

const VALUE: &str = "0123456789abcdef0123456789abcdef";
/// The signature is wrong.
const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRtIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

/// The first token makes USER sessions, the other one ADMIN sessions.
fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([
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
    let dead = server.call(["media.list"]).env("KALTURA_KS", KS).run_in_process().fails_with(3);
    let finished = dead.saying("media.list failed").saying("INVALID_KS").saying("hint:");
    assert!(!finished.stderr.contains("djJ8"), "{finished:#?}");
    // Without a session there is nothing to call with, and the login says why.
    let refused = server.call(["media.list", "--hash-type=MD5"]).run_in_process().fails_with(3);
    refused.saying("appToken.startSession failed").saying("INVALID_APP_TOKEN_HASH");
}

#[test]
fn a_text_that_is_not_a_ks_is_named_and_not_sent() {
    let server = OddServer::answering(ok("application/json", "true"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ks");
    for (text, named, advice) in [
        (format!("b'{KS}'"), "bytes of Python", "ks.decode()"),
        (format!("\"{KS}\""), "in quotes", "Remove the quotes"),
        ("null".to_owned(), "no value", "it had none"),
        (format!("{KS}%3D"), "percent-encoded", "Decode the text"),
        (format!("{{\"ks\":\"{KS}\"}}"), "is JSON", "member `ks`"),
        (KS[..64].to_owned(), "truncated", "Copy the whole KS again"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let call = |command: &[&'static str]| {
            Kaltura::new(command.iter().copied()).arguments(["--service-url", &server.url])
        };
        for line in [
            call(&["call", "media.list"]).env("KALTURA_KS", &text),
            call(&["call", "media.list", "--ks-stdin"]).stdin(text.clone()),
            call(&["call", "media.list"]).arguments(["--ks-file", file.to_str().unwrap()]),
            call(&["batch"]).env("KALTURA_KS", &text).stdin(r#"[{"call":"media.list"}]"#),
        ] {
            let finished = line.run_in_process().fails_with(2).saying("the KS").saying(named).saying(advice);
            assert!(!finished.stderr.contains("djJ8"), "{finished:#?}");
        }
    }
    assert_eq!(server.requests.try_iter().count(), 0);
}

#[test]
fn permission() {
    server().call(["appToken.list"]).run_in_process().fails_with(4).saying("SERVICE_FORBIDDEN");
}

#[test]
fn not_found() {
    let server = server();
    let call = server.call(["appToken.get", "id=0_nosuchone", "--app-token-id=0_manager"]);
    call.run_in_process().fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
    server.call(["media.list", "--app-token-id=0_nosuchone"]).run_in_process().fails_with(5);
}

#[test]
fn usage() {
    let server = server();
    server.call(["nosuch.action"]).run_in_process().fails_with(2).saying("SERVICE_DOES_NOT_EXIST");
    let missing = server.call(["appToken.get", "--app-token-id=0_manager"]).run();
    missing.fails_with(2).saying("MISSING_MANDATORY_PARAMETER");
    let call = |arguments: &[&str]| Kaltura::new(["call", "media.list"]).arguments(arguments.iter().copied());
    call(&[]).run_in_process().fails_with(2).saying("--partner-id");
    call(&["-"]).stdin(b"\xff").run_in_process().fails_with(2).saying("not UTF-8");
    let twice = call(&["-", "--ks-stdin"]).stdin("{}").run_in_process();
    twice.fails_with(2).saying("from standard input");
    call(&["b=1", "a=@"])
        .run_in_process()
        .fails_with(2)
        .saying("parameter 2: the name of the file is missing");
    call(&["a=@no-such-file"]).run_in_process().fails_with(2).saying("open the file no-such-file");
    call(&["secret=hush"]).run_in_process().fails_with(2).saying("Put it into a file and use secret=@FILE");
    call(&["ks=hush"]).run_in_process().fails_with(2).saying("Use KALTURA_KS, --ks-file or --ks-stdin.");
}

#[test]
fn a_reserved_parameter_is_refused() {
    let server = server();
    let document = json!({ "format": 2 }).to_string();
    let calls = json!([{ "call": "media.list", "params": { "format": { "$result": "1.id" } } }]).to_string();
    for form in [&[][..], &["--dry-run"], &["--curl"]] {
        let call = |more: &str| server.call(["media.list", more]).arguments(form.iter().copied());
        let batch = server.cached(server.cache.path(), ["batch"]).arguments(form.iter().copied());
        for refused in
            [call("format=2"), call("format.x:=1"), call("-").stdin(&*document), batch.stdin(&*calls)]
        {
            refused.run_in_process().fails_with(2).saying("format cannot be a parameter");
        }
    }
    assert_eq!(control::calls(&server), [""; 0]);
    // Another account, and whatever else the API knows, may be named.
    let shown = server
        .call(["media.list", "partnerId:=42", "language=EN", "--dry-run"])
        .run_in_process()
        .ends_with(0);
    assert!(shown.stdout.contains("\"partnerId\": 42,") && shown.stdout.contains("\"EN\""), "{shown:#?}");
}

#[test]
fn network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    anonymous(&url).run_in_process().fails_with(6).saying("could not connect").saying(&format!("at: {url}"));
    let silent = OddServer::silent();
    anonymous(&silent.url)
        .arguments(["--timeout=1s"])
        .run_in_process()
        .fails_with(6)
        .saying("did not respond in time");
}

#[test]
fn server_in_trouble_is_asked_once() {
    for (answer, why) in [
        (ok("text/html", "<!DOCTYPE html><p>Sign in"), "the response is an HTML page"),
        (whole("503 Service Unavailable", "", "<html>busy"), "unavailable"),
        (whole("302 Found", "Location: https://example.com/\r\n", ""), "redirects to another address"),
        (
            ok(
                "application/json",
                r#"{"code":"ODD","message":"no","objectType":"KalturaAPIException","args":[]}"#,
            ),
            "ODD",
        ),
    ] {
        let server = OddServer::answering(answer);
        anonymous(&server.url).run_in_process().fails_with(7).saying(why).saying("hint:");
        assert_eq!(server.requests.try_iter().count(), 1, "{why}");
    }
}

#[test]
fn with_retry_an_unavailable_server_is_asked_again() {
    let busy = whole("503 Service Unavailable", "Retry-After: 0\r\n", "");
    let server = OddServer::answering(busy.clone());
    anonymous(&server.url).arguments(["--retry=2"]).run_in_process().fails_with(7);
    assert_eq!(server.requests.try_iter().count(), 3);
    // What may have been executed is not sent again.
    let server = OddServer::answering(busy);
    let call = Kaltura::new(["call", "media.add", "--anonymous", "--retry=2", "--service-url", &server.url]);
    call.run_in_process().fails_with(7);
    assert_eq!(server.requests.try_iter().count(), 1);
}

#[test]
fn a_login_that_meets_an_unavailable_server_is_tried_again() {
    let server = server();
    control::obey(&server, &json!({ "injectFault": "status:503@session.startWidgetSession#1" }));
    server.call(["media.list"]).run_in_process().ends_with(0);
    control::obey(&server, &json!({ "injectFault": "status:503@session.startWidgetSession" }));
    server.call(["media.list", "--fresh", "--timeout=2s"]).run_in_process().fails_with(7).saying("503");
}

#[test]
fn with_json_the_error_is_a_document() {
    let server = server();
    let error = server.call(["appToken.list", "--json"]).run_in_process().fails_with(4).error();
    assert_eq!(error["class"], "permission");
    assert_eq!(error["code"], "SERVICE_FORBIDDEN");
    assert_eq!(error["step"], "appToken.list");
    assert_eq!(error["serviceUrl"], server.url());
    assert_eq!(error["httpStatus"], 200);
    assert_eq!(error["retryable"], false);
    assert!(error["requestId"].is_string(), "{error}");
}

#[test]
fn what_a_server_echoes_is_not_repeated() {
    let server = OddServer::echoing(|request| {
        let sent: serde_json::Value =
            serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let error = json!({
            "code": "INVALID_KS", "message": format!("Invalid KS {} and {}", sent["ks"], sent["secret"]),
            "objectType": "KalturaAPIException", "args": { "KSID": sent["ks"] },
        });
        ok("application/json", &error.to_string())
    });
    for form in [&[][..], &["--json"]] {
        let call = Kaltura::new(["call", "a.b", "-", "--service-url", &server.url]).env("KALTURA_KS", KS);
        let finished = call
            .arguments(form.iter().copied())
            .stdin("{\"secret\":\"hush-hush\"}")
            .run_in_process()
            .fails_with(3);
        assert!(!finished.stderr.contains("hush") && !finished.stderr.contains(&KS[..12]), "{finished:#?}");
    }
}

#[test]
fn the_session_of_a_login_is_not_ended_by_mistake() {
    let server = server();
    let finished = server.call(["session.end"]).run_in_process().fails_with(2);
    finished.saying("would shut the app token").saying("KALTURA_KS");
    let ks = server.login(["--ks-only"]).run_in_process().ends_with(0).stdout;
    server.call(["session.end"]).env("KALTURA_KS", ks.trim_end()).run_in_process().ends_with(0);
    server
        .call(["media.list"])
        .env("KALTURA_KS", ks.trim_end())
        .run_in_process()
        .fails_with(3)
        .saying("INVALID_KS");
}

#[cfg(unix)]
#[test]
fn a_call_can_be_interrupted() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let server = OddServer::silent();
        let running = anonymous(&server.url).start();
        server.requests.recv().unwrap();
        running.signal(signal);
        running.wait().fails_with(code);
    }
}
