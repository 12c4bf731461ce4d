//! The sign of life while a request takes long.

use serde_json::json;

use crate::support::invocation::Kaltura;
use crate::support::server::TestServer;
use crate::terminal::Terminal;

const SIGN: &str = " logging in at 127.0.0.1:";

/// A server that lets each answer take so many milliseconds.
fn server(milliseconds: u64) -> TestServer {
    let server = TestServer::with_token(json!({}));
    server.apply(json!({ "setLatency": [milliseconds, milliseconds] }));
    server
}

/// What a login shows at a terminal.
fn shown(login: Kaltura) -> String {
    let mut terminal = Terminal::open(login);
    // The last line of the answer.
    let shown = terminal.wait_for("fingerprint");
    assert_eq!(terminal.left().code, 0, "{shown}");
    shown
}

/// What a terminal shows comes byte by byte.
fn text(bytes: &str) -> String {
    let bytes: Vec<u8> = bytes.chars().map(|c| u8::try_from(c).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_terminal_shows_what_is_waited_for() {
    let server = server(800);
    let mut terminal = Terminal::open(server.login([]).env("LANG", "C.UTF-8"));
    let before = text(&terminal.wait_for(SIGN));
    assert_eq!(before, "\r⠋");
    // The next picture takes the place of the first one.
    let moved = text(&terminal.wait_for(SIGN));
    assert!(moved.contains('\r') && moved.ends_with('⠙') && !moved.contains('\n'), "{moved:?}");
    let rest = terminal.wait_for("Logged in to");
    assert!(rest.ends_with('\r'), "{rest:?}");
    assert_eq!(terminal.left().code, 0);
}

#[test]
fn a_terminal_that_knows_ascii_alone_shows_it_too() {
    let server = server(800);
    let mut terminal = Terminal::open(server.login([]).env("LANG", "C"));
    assert_eq!(terminal.wait_for(SIGN), "\r|");
    assert!(terminal.wait_for(SIGN).ends_with("\r/"));
}

#[test]
fn an_error_takes_its_place() {
    let server = server(800);
    let mut terminal = Terminal::open(server.login(["--hash-type=MD5"]));
    terminal.wait_for(SIGN);
    let rest = terminal.wait_for("error:");
    assert!(rest.ends_with('\r'), "{rest:?}");
    assert_eq!(terminal.left().code, 3);
}

#[test]
fn ctrl_c_takes_it_away() {
    let server = server(60000);
    let mut terminal = Terminal::open(server.login([]));
    terminal.wait_for(SIGN);
    // It ends the shell of the terminal too.
    terminal.control('c');
    let rest = terminal.wait_for("error: interrupted");
    assert!(rest.ends_with('\r'), "{rest:?}");
}

#[test]
fn what_is_done_soon_shows_nothing() {
    let server = server(0);
    // On a machine that has much to do nothing is done soon.
    let is_calm = (0..5).any(|_| !shown(server.login([])).contains("logging in"));
    assert!(is_calm);
}

#[test]
fn what_is_written_meanwhile_takes_its_place() {
    let server = server(800);
    let folder = tempfile::tempdir().unwrap();
    let doctor = server.cached(folder.path(), ["doctor"]).env("KALTURA_CONFIG_DIR", folder.path());
    let mut terminal = Terminal::open(doctor);
    let rest = text(&terminal.wait_for("skipped files"));
    for line in ["connection", "login", "session"] {
        assert!(rest.contains(&format!("\rok      {line}  ")), "{line} does not begin a line: {rest:?}");
    }
    terminal.left();
}

#[test]
fn it_can_be_kept_away() {
    let server = server(400);
    let sees_it = shown(server.login([]));
    assert!(sees_it.contains(SIGN), "{sees_it:?}");
    for option in ["--quiet", "--verbose"] {
        let shown = shown(server.login([option]));
        assert!(!shown.contains("logging in"), "{option}: {shown:?}");
    }
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb"), ("CI", "true")] {
        let shown = shown(server.login([]).env(name, value));
        assert!(!shown.contains("logging in"), "{name}: {shown:?}");
    }
    let mut json = Terminal::open(server.login(["--json"]));
    let shown = json.wait_for("{\"fingerprint\"");
    assert!(!shown.contains("logging in"), "{shown:?}");
}

#[test]
fn nothing_of_it_is_in_a_pipe() {
    let server = server(400);
    for colour in ["0", "1"] {
        let finished = server.login([]).env("CLICOLOR_FORCE", colour).run_process().ends_with(0);
        assert_eq!(finished.stderr, "");
        assert!(!finished.stdout.contains("logging in"), "{finished:#?}");
    }
}
