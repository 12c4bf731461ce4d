//! The habits that `kaltura emulate` can be given.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::emulator_process::EmulatorProcess;
use crate::invocation::Kaltura;

const NETWORK: i32 = 6;
const SERVER: i32 = 7;

/// Sends a request by hand, and gives the body of the answer.
fn exchange(server: &EmulatorProcess, request: &str) -> Value {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Tells the server to do something, which it must have been started with `--control` for.
pub(crate) fn command(server: &EmulatorProcess, command: &Value) -> Value {
    let body = command.to_string();
    let head =
        "POST /_emulator HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json";
    exchange(server, &format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

fn widget_ks(server: &EmulatorProcess) -> String {
    let widget = format!("widgetId=_{}&format=1", server.greeting["partnerId"]);
    let path = format!("/api_v3/service/session/action/startWidgetSession?{widget}");
    let answer =
        exchange(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    answer["ks"].as_str().unwrap().to_owned()
}

#[test]
fn a_rate_limit_refuses_what_is_beyond_it() {
    let server = EmulatorProcess::start(["--rate-limit", "appToken.startSession:1/3600"]);
    server.login(["--ks-only"]).run().ends_with(0);
    let refused = server.login(["--ks-only"]).run();
    assert!(refused.ends_with(SERVER).stderr.contains("rate limit was exceeded"), "a limit of one");
}

#[test]
fn a_fault_strikes_where_it_is_told_to() {
    let server = EmulatorProcess::start([
        "--fault",
        "status:503@appToken.startSession#1",
        "--fault",
        "reset@session.startWidgetSession#3",
        // The lost request is sent again on a fresh connection.
        "--fault",
        "reset@session.startWidgetSession#4",
    ]);
    // The login is tried again.
    server.login(["--ks-only"]).run().ends_with(0);
    server.login(["--ks-only"]).run().ends_with(NETWORK);
}

#[test]
fn with_the_response_cache_widget_sessions_are_shared() {
    let without = EmulatorProcess::start([]);
    assert_ne!(widget_ks(&without), widget_ks(&without));
    let with = EmulatorProcess::start(["--response-cache"]);
    assert_eq!(widget_ks(&with), widget_ks(&with));
}

#[test]
fn a_random_seed_makes_the_same_secrets_again() {
    let start = || EmulatorProcess::start(["--random-seed", "7"]);
    assert_eq!(start().told("/adminSecret"), start().told("/adminSecret"));
}

#[test]
fn commands_change_a_running_server() {
    let server = EmulatorProcess::start(["--control", "--freeze"]);
    server.login(["--ks-only"]).run().ends_with(0);
    let state = command(
        &server,
        &json!([{ "disableToken": server.told("/appToken/id") }, { "setClock": 1_795_493_355 }]),
    );
    assert_eq!(state["time"], 1_795_493_355);
    assert_eq!(state["calls"].as_array().map(Vec::len), Some(2));
    assert!(server.login(["--ks-only"]).run().stderr.contains("disabled"));
    assert!(command(&server, &json!("nosuch"))["error"].is_string());
}

#[test]
fn without_control_there_are_no_commands() {
    let server = EmulatorProcess::start([]);
    let body = json!({ "disableToken": server.told("/appToken/id") }).to_string();
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head =
        "POST /_emulator HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    server.login(["--ks-only"]).run().ends_with(0);
}

#[test]
fn a_mode_that_is_none_is_a_usage_error() {
    for arguments in [["--fault", "stauts:503"], ["--rate-limit", "x"], ["--latency", "1s"]] {
        Kaltura::new(["emulate"]).arguments(arguments).run().ends_with(2);
    }
}
