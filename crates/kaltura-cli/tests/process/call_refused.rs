//! Calls without a good answer: each class has its exit code.

use std::net::TcpListener;

use serde_json::json;

use crate::control;
use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok, whole};

const VALUE: &str = "0123456789abcdef0123456789abcdef";
const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

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
    let dead = server.call(["media.list"]).env("KALTURA_KS", KS).run().fails_with(3);
    let finished = dead.saying("media.list failed").saying("INVALID_KS").saying("hint:");
    assert!(!finished.stderr.contains("djJ8"), "{finished:#?}");
    // Without a session there is nothing to call with, and the login says why.
    let refused = server.call(["media.list", "--hash-type=MD5"]).run().fails_with(3);
    refused.saying("appToken.startSession failed").saying("INVALID_APP_TOKEN_HASH");
}

#[test]
fn permission() {
    server().call(["appToken.list"]).run().fails_with(4).saying("SERVICE_FORBIDDEN");
}

#[test]
fn not_found() {
    let server = server();
    let call = server.call(["appToken.get", "id=0_nosuchone", "--app-token-id=0_manager"]);
    call.run().fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
    server.call(["media.list", "--app-token-id=0_nosuchone"]).run().fails_with(5);
}

#[test]
fn usage() {
    let server = server();
    server.call(["nosuch.action"]).run().fails_with(2).saying("SERVICE_DOES_NOT_EXIST");
    let missing = server.call(["appToken.get", "--app-token-id=0_manager"]).run();
    missing.fails_with(2).saying("MISSING_MANDATORY_PARAMETER");
    let call = |arguments: &[&str]| Kaltura::new(["call", "media.list"]).arguments(arguments.iter().copied());
    call(&[])
        .run()
        .fails_with(2)
        .saying("--partner-id, --app-token-id, --hash-type, the app token value are missing");
    call(&["a=1", "a=2"]).run().fails_with(2).saying("a is given twice");
    call(&["-"]).stdin("[1]").run().fails_with(2).saying("standard input is not a JSON object");
    call(&["-"]).stdin("").run().fails_with(2).saying("standard input is not a JSON object");
    call(&["-"]).stdin(b"\xff").run().fails_with(2).saying("not UTF-8");
    call(&["-", "-"]).stdin("{}").run().fails_with(2).saying("once only");
    call(&["-", "--ks-stdin"])
        .stdin("{}")
        .run()
        .fails_with(2)
        .saying("cannot both be read from standard input");
    call(&["b=1", "a=@"]).run().fails_with(2).saying("parameter 2: the name of the file is missing");
    call(&["a=@no-such-file"]).run().fails_with(2).saying("cannot open the file no-such-file");
    call(&["secret=hush"]).run().fails_with(2).saying("Put it into a file and say secret=@FILE");
    call(&["ks=hush"]).run().fails_with(2).saying("Use KALTURA_KS, --ks-file or --ks-stdin.");
}

#[test]
fn what_this_program_sets_is_no_parameter() {
    let server = server();
    for (name, value, why) in [
        ("service", "session", "said by its name, such as media.list"),
        ("action", "end", "said by its name, such as media.list"),
        ("format", "2", "--json and --jq say how they are printed"),
        ("clientTag", "foo", "which program calls"),
    ] {
        let (argument, nested) = (format!("{name}={value}"), format!("{name}.x:=1"));
        let document = json!({ name: value }).to_string();
        let calls = json!([{ "call": "media.list", "params": { name: value } }]).to_string();
        let refers = json!([
            { "call": "media.list" }, { "call": "media.list", "params": { name: { "$result": "1.id" } } },
        ]);
        for form in [&[][..], &["--dry-run"], &["--curl"]] {
            let call = |more: &str| server.call(["media.list", more]).arguments(form.iter().copied());
            let batch = || server.cached(server.cache.path(), ["batch"]).arguments(form.iter().copied());
            for refused in [
                call(&argument),
                call(&nested),
                call("-").stdin(document.as_str()),
                batch().stdin(calls.as_str()),
                batch().stdin(refers.to_string()),
            ] {
                let refused = refused.run().fails_with(2);
                refused.saying(&format!("{name} is not taken as a parameter")).saying(why);
            }
        }
    }
    assert_eq!(control::calls(&server), [""; 0]);
    // Another account, and whatever else the API knows, may be named.
    let shown = server.call(["media.list", "partnerId:=42", "language=EN", "--dry-run"]).run().ends_with(0);
    assert!(shown.stdout.contains("\"partnerId\": 42,") && shown.stdout.contains("\"EN\""), "{shown:#?}");
}

#[test]
fn a_session_is_no_parameter() {
    let server = server();
    let ks = server.login(["--ks-only", "--app-token-id=0_importer"]).run().ends_with(0).stdout;
    let parameter = format!("x.y={}", ks.trim_end());
    for form in [&[][..], &["--dry-run"], &["--curl"]] {
        let call = server.call(["media.list", &parameter]).arguments(form.iter().copied());
        let finished = call.run().fails_with(2).saying("x.y looks like a KS, and is not taken from");
        assert!(!finished.stderr.contains("djJ8"), "{finished:#?}");
        finished.saying("say x.y=@FILE");
    }
    // From a file it is sent like any text.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ks");
    std::fs::write(&path, &ks).unwrap();
    let filed = format!("x.y=@{}", text_of(&path));
    server.call(["media.list", &filed, "--dry-run"]).run().ends_with(0);
}

#[test]
fn network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    anonymous(&url).run().fails_with(6).saying("could not connect").saying(&format!("at: {url}"));
    let silent = OddServer::silent();
    anonymous(&silent.url).arguments(["--timeout=1s"]).run().fails_with(6).saying("did not respond in time");
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
        anonymous(&server.url).run().fails_with(7).saying(why).saying("hint:");
        assert_eq!(server.requests.try_iter().count(), 1, "{why}");
    }
}

#[test]
fn with_json_the_error_is_a_document() {
    let server = server();
    let error = server.call(["appToken.list", "--json"]).run().fails_with(4).error();
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
        let finished =
            call.arguments(form.iter().copied()).stdin("{\"secret\":\"hush-hush\"}").run().fails_with(3);
        assert!(!finished.stderr.contains("hush") && !finished.stderr.contains(&KS[..12]), "{finished:#?}");
    }
}

#[test]
fn the_session_of_a_login_is_not_ended_by_mistake() {
    let server = server();
    let finished = server.call(["session.end"]).run().fails_with(2);
    finished.saying("would shut the app token").saying("KALTURA_KS");
    let ks = server.login(["--ks-only"]).run().ends_with(0).stdout;
    server.call(["session.end"]).env("KALTURA_KS", ks.trim_end()).run().ends_with(0);
    server.call(["media.list"]).env("KALTURA_KS", ks.trim_end()).run().fails_with(3).saying("INVALID_KS");
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
