//! Logins without an answer of the API: the network fails, or something else answers.

use std::net::TcpListener;
use std::time::Duration;

use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok, whole};

fn login(url: &str) -> Kaltura {
    Kaltura::new(["login", "--service-url", url, "--partner-id", "1234567"])
        .arguments(["--app-token-id", "0_importer", "--hash-type", "SHA256"])
        .env("KALTURA_APP_TOKEN", "0123456789abcdef0123456789abcdef")
}

/// A port where nothing listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_server_that_is_not_there_is_the_network() {
    let url = closed_port();
    let finished = login(&url).run().fails_with(6).saying("could not connect to the server");
    finished.saying(&format!("at: {url}")).saying("because: error sending request");
    let error = login(&url).arguments(["--json"]).run().fails_with(6).error();
    assert_eq!(error["class"], "network");
    assert_eq!(error["retryable"], true);
    assert_eq!(error["serviceUrl"], url);
    assert!(error["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{error}");
}

#[test]
fn a_server_that_does_not_answer_in_time_is_the_network() {
    let server = OddServer::silent();
    let running = login(&server.url).arguments(["--timeout", "1s"]).start();
    running.wait_at_most(Duration::from_secs(15)).fails_with(6).saying("did not respond in time");
}

#[test]
fn a_connection_that_breaks_is_the_network() {
    let cut = OddServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"partnerId\":12345");
    login(&cut.url).run().fails_with(6).saying("the connection to the server broke");
    let gone = OddServer::answering("");
    login(&gone.url).run().fails_with(6);
}

#[test]
fn what_is_not_the_api_is_the_server() {
    for (answer, why) in [
        (ok("text/html", "<!DOCTYPE html><p>Sign in to the Wi-Fi"), "the response is an HTML page"),
        (ok("text/xml", "<?xml version=\"1.0\"?><xml><result/></xml>"), "the response is XML"),
        (ok("text/plain", "Service unavailable"), "plain text"),
        (ok("application/json", "{\"partnerId\":12"), "JSON that was cut off"),
        (ok("application/json", "[1]"), "the response is an array"),
        (whole("500 Internal Server Error", "", ""), "the response is empty"),
        (whole("503 Service Unavailable", "", "<html>busy"), "unavailable"),
        (whole("302 Found", "Location: https://example.com/login\r\n", ""), "redirects to another address"),
    ] {
        let server = OddServer::answering(answer);
        let limited = login(&server.url).arguments(["--timeout=1s"]);
        limited.run().fails_with(7).saying(why).saying("hint:");
        // While the server is unavailable, the login is tried again.
        let is_repeated = server.requests.try_iter().count() > 1;
        let may_pass = ["JSON that was cut off", "the response is empty", "unavailable"];
        assert_eq!(is_repeated, may_pass.contains(&why), "{why}");
    }
}

#[test]
fn a_server_that_asks_to_wait_is_heard() {
    let blocked = r#"{"code":"ACTION_BLOCKED","message":"Action \"startwidgetsession\" in service \"session\" is blocked","objectType":"KalturaAPIException","args":{}}"#;
    let server = OddServer::answering(whole("200 OK", "Retry-After: 7\r\nX-Me: api-7\r\n", blocked));
    let error = login(&server.url).arguments(["--json"]).run().fails_with(7).error();
    assert_eq!(error["code"], "ACTION_BLOCKED");
    assert_eq!(error["retryAfter"], 7);
    assert_eq!(error["retryable"], true);
    assert_eq!(error["server"], "api-7");
    login(&server.url).run().fails_with(7).saying("for support: server api-7");
}

#[test]
fn a_proxy_of_the_environment_is_not_asked_for_this_machine() {
    let proxy = OddServer::answering(ok("text/html", "<p>proxy"));
    let url = closed_port();
    let finished = login(&url).env("HTTP_PROXY", &proxy.url).env("http_proxy", &proxy.url).run();
    finished.fails_with(6);
    assert_eq!(proxy.requests.try_iter().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_login_can_be_interrupted() {
    for (signal, code, class) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let server = OddServer::silent();
        let running = login(&server.url).arguments(["--json"]).start();
        server.requests.recv().unwrap();
        running.signal(signal);
        let error = running.wait().fails_with(code).error();
        assert_eq!(error["class"], class);
        assert_eq!(error["exitCode"], code);
    }
}

#[test]
fn a_login_is_tried_again_while_the_server_is_unavailable() {
    use serde_json::json;

    use crate::control::obey;
    use crate::emulator_process::{EmulatorProcess, token};

    let value = "0123456789abcdef0123456789abcdef";
    for line in [&["login"][..], &["ks"], &["env"], &["exec", "--", "true"], &["call", "media.list"]] {
        let server = EmulatorProcess::with_tokens(json!([token("0_importer", value, json!({}))]));
        obey(&server, &json!({ "injectFault": "status:503@appToken.startSession#1" }));
        server
            .cached(server.cache.path(), line.iter().copied())
            .env("PATH", "/bin:/usr/bin")
            .run()
            .ends_with(0);
        // Within the time limit of a request.
        obey(&server, &json!({ "injectFault": "status:503@session.startWidgetSession" }));
        let (command, rest) = (&line[..1], &line[1..]);
        let refused = [command, &["--timeout=1s", "--user=bob"], rest].concat();
        let refused = server.cached(server.cache.path(), refused).env("PATH", "/bin:/usr/bin");
        refused.run().fails_with(7).saying("unavailable");
    }
}
