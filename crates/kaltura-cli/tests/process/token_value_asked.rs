//! The app token value, typed at a terminal.

use serde_json::json;

use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::Kaltura;
use crate::terminal::Terminal;

const VALUE: &str = "0123456789abcdef0123456789abcdef";
const QUESTION: &str = "The app token value 0_importer:";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

#[test]
fn it_is_asked_for_and_not_shown() {
    let server = server();
    let mut terminal = Terminal::open(server.login_without_value(["--lifetime=1h"]));
    let before = terminal.wait_for(QUESTION);
    terminal.enter(VALUE);
    let shown = terminal.wait_for("Logged in to");
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (0, true), "{left:?}");
    for text in [&before, &shown, &left.shown] {
        assert!(!text.contains(&VALUE[..8]), "{text}");
    }
}

#[test]
fn a_wrong_one_is_refused_and_not_shown() {
    let server = server();
    let mut terminal = Terminal::open(server.login_without_value([]));
    terminal.wait_for(QUESTION);
    terminal.enter("hush");
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (3, true), "{left:?}");
    assert!(!left.shown.contains("hush"), "{left:?}");
}

#[test]
fn ctrl_c_leaves_the_terminal_as_it_was() {
    for key in ['c', '['] {
        let server = server();
        let mut terminal = Terminal::open(server.login_without_value([]));
        terminal.wait_for(QUESTION);
        terminal.control(key);
        let left = terminal.left();
        assert_eq!((left.code, left.echoes), (130, true), "{left:?}");
        assert!(left.shown.contains("error: interrupted"), "{left:?}");
    }
}

#[test]
fn the_doctor_asks_for_no_value_of_a_token_that_is_not_known() {
    let home = tempfile::tempdir().unwrap();
    let doctor = Kaltura::new(["doctor", "--service-url=http://127.0.0.1:1"])
        .env("KALTURA_CACHE_DIR", text_of(home.path()))
        .env("KALTURA_CONFIG_DIR", text_of(home.path()));
    let left = Terminal::open(doctor).left();
    assert_eq!(left.code, 2, "{left:?}");
    assert!(left.shown.contains("--partner-id"), "{left:?}");
}

#[test]
fn a_value_in_the_place_of_the_id_is_not_shown() {
    let server = server();
    let mut terminal = Terminal::open(server.login_without_value([]).env("KALTURA_APP_TOKEN_ID", VALUE));
    let before = terminal.wait_for("The app token value ");
    let asked = terminal.wait_for(":");
    terminal.control('c');
    let left = terminal.left();
    assert_eq!(left.code, 130, "{left:?}");
    for text in [&before, &asked, &left.shown] {
        assert!(!text.contains(&VALUE[..8]), "{text}");
    }
}

#[test]
fn nobody_else_waits_until_a_person_has_answered() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = || server.cached(cache.path(), ["ks"]);
    let mut terminal = Terminal::open(ks().without("KALTURA_APP_TOKEN"));
    terminal.wait_for(QUESTION);
    ks().start().wait_at_most(std::time::Duration::from_secs(20)).ends_with(0);
    terminal.control('c');
    assert_eq!(terminal.left().code, 130);
}
