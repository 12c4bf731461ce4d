//! The page of `kaltura emulate --ui`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::emulator_process::EmulatorProcess;
use crate::invocation::Kaltura;

/// The status line and the body of a response.
fn get(server: &EmulatorProcess, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn the_first_line_has_the_address_and_its_token() {
    let server = EmulatorProcess::start(["--ui"]);
    let (page, token) = server.told("/ui").split_once("#token=").unwrap();
    assert_eq!(page, format!("{}/_emulator/ui", server.url()));
    let (status, body) = get(&server, "/_emulator/ui", "");
    assert!(
        status.ends_with("200 OK") && body.starts_with("<!doctype html>") && !body.contains(token),
        "{body}"
    );
    assert!(get(&server, "/_emulator/ui/state", "").0.contains("401"));
    server.login(["--ks-only"]).run().ends_with(0);
    let (_, state) = get(&server, "/_emulator/ui/state", &format!("Authorization: Bearer {token}\r\n"));
    assert!(state.contains("appToken.startSession"), "{state}");
    // The page accepts commands; the control endpoint is another option.
    assert!(!get(&server, "/_emulator", &format!("Authorization: Bearer {token}\r\n")).0.contains("200"));
}

#[test]
fn without_the_option_there_is_no_page() {
    let server = EmulatorProcess::start(["--control"]);
    assert!(server.greeting["ui"].is_null());
    assert!(get(&server, "/_emulator/ui", "").0.contains("404"));
}

#[test]
fn with_a_program_the_address_is_on_standard_error() {
    let program = ["emulate", "--ui", "--", "true"];
    let finished = Kaltura::new(program).run().ends_with(0);
    assert!(finished.stderr.contains("/_emulator/ui#token="), "{finished:#?}");
    assert_eq!(finished.stdout, "");
}
