//! Requests without an answer of the API, by each command that makes one: the network fails, or something else answers.

use serde_json::json;

use crate::support::account::ks;
use crate::support::invocation::Kaltura;
use crate::support::odd_server::{OddServer, closed_port, ok, whole};
use crate::support::server::{TestServer, VALUE};

/// A command that makes one request to this server, if it gets no good answer.
fn request(command: &str, url: &str) -> Kaltura {
    let kaltura = match command {
        "login" => {
            Kaltura::new(["login", "--partner-id=1234567", "--app-token-id=0_importer", "--hash-type=SHA256"])
        }
        "call" => Kaltura::new(["call", "media.list", "--anonymous"]),
        "batch" => Kaltura::new(["batch", "--anonymous"]).stdin("[{\"call\":\"a.b\"}]"),
        _ => Kaltura::new(["token", "list"]).env("KALTURA_KS", ks(kaltura_types::SessionType::Admin)),
    };
    kaltura.env("KALTURA_APP_TOKEN", VALUE).arguments(["--service-url", url])
}

const ALL: [&str; 4] = ["login", "call", "batch", "token"];

#[test]
fn what_is_not_the_api_is_the_server() {
    let odd = r#"{"code":"ODD","message":"no","objectType":"KalturaAPIException","args":[]}"#;
    for (answer, why, is_for_login_alone) in [
        (ok("text/html", "<!DOCTYPE html><p>Sign in to the Wi-Fi"), "the response is an HTML page", false),
        (whole("503 Service Unavailable", "", "<html>busy"), "unavailable", false),
        (
            whole("302 Found", "Location: https://example.com/login\r\n", ""),
            "redirects to another address",
            false,
        ),
        (ok("application/json", odd), "ODD", false),
        (ok("text/xml", "<?xml version=\"1.0\"?><xml><result/></xml>"), "the response is XML", false),
        (ok("text/plain", "Service unavailable"), "plain text", false),
        (whole("500 Internal Server Error", "", ""), "the response is empty", false),
        (ok("application/json", "{\"partnerId\":12"), "JSON that was cut off", false),
        (ok("application/json", "[1]"), "the response is an array", true),
    ] {
        for command in ALL.into_iter().filter(|command| !is_for_login_alone || *command == "login") {
            let server = OddServer::answering(answer.clone());
            let limited = match command {
                "login" => request(command, &server.url).arguments(["--timeout=1s"]),
                _ => request(command, &server.url),
            };
            limited.fails(7).saying(why).saying("hint:");
            // A login is tried again while the server is unavailable.
            let may_pass = ["JSON that was cut off", "the response is empty", "unavailable"];
            let is_repeated = server.requests.try_iter().count() > 1;
            assert_eq!(is_repeated, command == "login" && may_pass.contains(&why), "{command}: {why}");
        }
    }
    let short = OddServer::answering(ok("application/json", "[]"));
    request("batch", &short.url).fails(7);
    assert_eq!(short.requests.try_iter().count(), 1);
}

#[test]
fn no_answer_is_the_network() {
    let (closed, silent) = (closed_port(), OddServer::silent());
    for command in ALL {
        let refused = request(command, &closed).fails(6).saying("could not connect to the server");
        refused.saying(&format!("at: {closed}")).saying("because: error sending request");
        let slow = request(command, &silent.url).arguments(["--timeout", "1s"]).fails(6);
        slow.saying("did not respond in time");
    }
    let error = request("login", &closed).arguments(["--json"]).fails(6).error();
    assert_eq!((&error["class"], &error["retryable"]), (&json!("network"), &json!(true)));
    assert_eq!(error["serviceUrl"], closed);
    assert!(error["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{error}");

    let cut = OddServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"partnerId\":12345");
    request("login", &cut.url).fails(6).saying("the connection to the server broke");
    request("login", &OddServer::answering("").url).fails(6);
}

#[test]
fn a_server_that_asks_to_wait_is_heard() {
    let blocked = r#"{"code":"ACTION_BLOCKED","message":"Action \"startwidgetsession\" in service \"session\" is blocked","objectType":"KalturaAPIException","args":{}}"#;
    let server = OddServer::answering(whole(
        "200 OK",
        "Retry-After: 7\r\nX-Me: api-7\r\nX-Kaltura-Session: 1121307854, 1795493300\r\n",
        blocked,
    ));
    let error = request("login", &server.url).arguments(["--json"]).fails(7).error();
    assert_eq!((&error["code"], &error["retryAfter"]), (&json!("ACTION_BLOCKED"), &json!(7)));
    assert_eq!((&error["retryable"], &error["server"]), (&json!(true), &json!("api-7")));
    assert!(error["requestId"].as_str().unwrap().starts_with("1121307854"), "{error}");
    request("login", &server.url).fails(7).saying("for support: server api-7, request 1121307854");
}

#[test]
fn a_login_is_tried_again_while_the_server_is_unavailable() {
    for line in [&["login"][..], &["ks"], &["env"], &["call", "media.list"]] {
        let server = TestServer::with_fault("status:503@appToken.startSession#1");
        server.kaltura(line).succeeds();
        // Within the time limit of a request.
        server.apply(json!({ "injectFault": "status:503@session.startWidgetSession" }));
        server.kaltura([line, &["--timeout=1s", "--user=bob"]].concat()).fails(7).saying("unavailable");
    }
}
