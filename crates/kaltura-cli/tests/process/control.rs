//! What a test does to the emulator while it runs, and what it asks it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::emulator_process::EmulatorProcess;

/// Does something to the server, such as `{"advanceClock": 60}`.
pub(crate) fn obey(server: &EmulatorProcess, command: &Value) {
    let state = exchange(server, "POST", &command.to_string());
    assert!(state["error"].is_null(), "{state}");
}

/// The actions that were called and not counted yet, in order, such as `media.list`. A refused one has the code
/// of its error behind it.
pub(crate) fn calls(server: &EmulatorProcess) -> Vec<String> {
    let calls = calls_so_far(server);
    obey(server, &"forgetCalls".into());
    calls
}

/// The same, to be counted again. One that comes meanwhile is not lost.
pub(crate) fn calls_so_far(server: &EmulatorProcess) -> Vec<String> {
    let state = exchange(server, "GET", "");
    let called = |call: &Value| {
        let action = call["action"].as_str().unwrap_or_default();
        call["error"].as_str().map_or_else(|| action.to_owned(), |error| format!("{action} {error}"))
    };
    state["calls"].as_array().unwrap().iter().map(called).collect()
}

fn exchange(server: &EmulatorProcess, method: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
    write!(stream, "{method} /_emulator HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
