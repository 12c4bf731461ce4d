//! `kaltura doctor` where the way to the server is not as it should be.

use std::net::TcpListener;
use std::time::Duration;

use crate::doctor_scene::{Diagnosis as _, at};
use crate::emulator_process::EmulatorProcess;
use crate::invocation::{Finished, Kaltura};
use crate::odd_server::{OddServer, ok, whole};

const NOT_REACHED: [&str; 8] =
    ["api", "clock", "widgetSession", "login", "tokenState", "grant", "session", "action"];

/// With a home that is gone afterwards.
fn doctor(url: &str, with: impl FnOnce(Kaltura) -> Kaltura) -> Finished {
    let home = tempfile::tempdir().unwrap();
    with(at(url, home.path()).arguments(["--json"])).run()
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_name_that_nobody_has_is_not_found() {
    let finished = doctor("https://example.invalid", |doctor| doctor).ends_with(6);
    assert_eq!(finished.line("dns")["class"], "network");
    assert_eq!(finished.line("connection")["message"], "because DNS failed");
    assert_eq!(finished.named("skipped")[1..9], NOT_REACHED);
    finished.blames("dns", "example.invalid is not found", "typing mistake");
}

#[test]
fn behind_a_proxy_names_need_not_be_found() {
    let proxy = OddServer::answering(whole("407 Proxy Authentication Required", "", ""));
    let with_password = proxy.url.replace("http://", "http://me:hush@");
    let finished = doctor("https://example.invalid", |doctor| doctor.env("HTTPS_PROXY", &with_password));
    let finished = finished.ends_with(6);
    let dns = finished.line("dns");
    assert_eq!(dns["verdict"], "skipped");
    let address = proxy.url.trim_start_matches("http://");
    assert!(
        dns["message"].as_str().unwrap().ends_with(&format!("since the proxy {address} looks it up")),
        "{dns}"
    );
    assert!(!finished.stdout.contains("hush"));
    finished.blames(
        "connection",
        &format!("by the proxy {address}: the proxy does not answer"),
        "HTTPS_PROXY",
    );
    assert!(proxy.requests.recv().unwrap().starts_with("CONNECT example.invalid:443 "));
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let url = format!("http://127.0.0.1:{}", closed_port());
    let finished = doctor(&url, |doctor| doctor).ends_with(6);
    assert_eq!(finished.line("connection")["class"], "network");
    finished.blames("connection", "nobody listens there", "the server is down");
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let server = OddServer::silent();
    let home = tempfile::tempdir().unwrap();
    let running = at(&server.url, home.path()).arguments(["--json", "--timeout", "1s"]).start();
    let finished = running.wait_at_most(Duration::from_secs(15)).ends_with(6);
    finished.blames("connection", "nothing came within 1 s", "--timeout");
}

#[test]
fn a_server_without_tls_is_told() {
    let server = EmulatorProcess::start([]);
    let finished = doctor(&server.url().replace("http://", "https://"), |doctor| doctor).ends_with(6);
    finished.blames("connection", "speaks no TLS", "Check the port");
}

#[test]
fn a_connection_that_breaks_is_told() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"partnerId\":12345"] {
        let server = OddServer::answering(answer);
        let finished = doctor(&server.url, |doctor| doctor).ends_with(6);
        finished.blames("connection", "the connection broke", "Try again");
    }
}

#[test]
fn what_is_not_kaltura_is_told() {
    for (answer, said, remedy) in [
        (ok("text/html", "<!DOCTYPE html><p>Sign in to the Wi-Fi"), "an HTML page", "Check the service URL"),
        (
            ok("text/xml", "<?xml version=\"1.0\"?><xml><result/></xml>"),
            "the response is XML",
            "Check the service URL",
        ),
        (whole("503 Service Unavailable", "", "<html>busy"), "unavailable", "try again later"),
        (
            whole("302 Found", "Location: https://example.com/login?from=hush\r\n", ""),
            "redirects to another address",
            "It leads to https://example.com/login",
        ),
    ] {
        let server = OddServer::answering(answer);
        let finished = doctor(&server.url, |doctor| doctor).ends_with(7);
        assert!(!finished.stdout.contains("hush"), "{finished:#?}");
        assert_eq!(finished.line("connection")["verdict"], "ok");
        assert_eq!(finished.line("api")["class"], "server");
        assert_eq!(finished.named("skipped")[..7], NOT_REACHED[1..]);
        finished.blames("api", said, remedy);
        assert_eq!(server.requests.try_iter().count(), 1, "{said}");
    }
}

#[test]
fn a_server_that_does_not_read_the_body_is_told() {
    let missing = r#"{"code":"MISSING_MANDATORY_PARAMETER","message":"Missing parameter \"widgetId\"","objectType":"KalturaAPIException","args":{"PARAM_NAME":"widgetId"}}"#;
    let server = OddServer::answering(ok("application/json", missing));
    let finished = doctor(&server.url, |doctor| doctor).ends_with(7);
    finished.blames("api", "did not read the body", "content type");
}

#[test]
fn a_url_that_can_not_be_used_blames_no_other_line() {
    let finished = doctor("http://example.com", |doctor| doctor).ends_with(2);
    assert_eq!(finished.line("dns")["message"], "because service URL failed");
    finished.blames("serviceUrl", "plain http sends the session unencrypted", "--allow-plain-http");
}

#[cfg(unix)]
#[test]
fn it_can_be_interrupted() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let server = OddServer::silent();
        let home = tempfile::tempdir().unwrap();
        let running = at(&server.url, home.path()).arguments(["--json"]).start();
        server.requests.recv().unwrap();
        running.signal(signal);
        let error = running.wait().fails_with(code).error();
        assert_eq!(error["exitCode"], code);
    }
}
