//! The app token value, typed at a terminal.

use crate::support::invocation::Kaltura;
use crate::support::server::{VALUE, server};
use crate::terminal::Terminal;

const QUESTION: &str = "The app token value 0_importer:";

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
        .env("KALTURA_CACHE_DIR", home.path())
        .env("KALTURA_CONFIG_DIR", home.path());
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
fn no_other_process_waits_for_an_answer() {
    let server = server();
    let ks = || server.kaltura(["ks"]);
    let mut terminal = Terminal::open(ks().without("KALTURA_APP_TOKEN"));
    terminal.wait_for(QUESTION);
    ks().start().wait_at_most(std::time::Duration::from_secs(20)).ends_with(0);
    terminal.control('c');
    assert_eq!(terminal.left().code, 130);
}
