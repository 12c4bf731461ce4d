//! A profile that is made at a terminal.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::invocation::{Kaltura, Words};
use crate::support::server::{TestServer, VALUE, text_of};
use crate::terminal::Terminal;

fn kaltura(folder: &Path, arguments: impl Words) -> Kaltura {
    Kaltura::new(arguments).env("KALTURA_CONFIG_DIR", folder)
}

/// Answers everything, up to the value of the token, and gives what was said before the first question on the account.
fn answer_all(terminal: &mut Terminal, server: &TestServer) -> String {
    terminal.wait_for("Profile name:");
    terminal.enter("work");
    let said = terminal.wait_for("Region of the account:");
    terminal.enter("another");
    terminal.wait_for("Server URL:");
    terminal.enter(server.url());
    terminal.wait_for("Partner ID:");
    terminal.enter("1234567");
    terminal.wait_for("App token ID:");
    terminal.enter("0_importer");
    terminal.wait_for("App token hash type:");
    terminal.enter("SHA256");
    said
}

#[test]
fn what_is_missing_is_asked_for_and_the_profile_logs_in() {
    let server = TestServer::with_token(json!({}));
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(kaltura(folder.path(), ["profile", "add"]));
    answer_all(&mut terminal, &server);
    terminal.wait_for("App token value:");
    terminal.enter(VALUE);
    let notes = terminal.wait_for("Created profile 'work', which is now the default");
    // There is no keyring here, which is said.
    assert!(notes.contains("in clear text in the file"), "{notes}");
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (0, true), "{left:?}");
    assert!(notes.contains("the login succeeded"), "{notes}");
    assert!(!notes.contains(VALUE) && !left.shown.contains(VALUE), "{notes}{left:?}");

    let written = fs::read_to_string(folder.path().join("config.toml")).unwrap();
    let expected = format!(
        "default_profile = \"work\"\n\n[profiles.work]\nservice_url = \"{}\"\npartner_id = 1234567\n\
         app_token_id = \"0_importer\"\nhash_type = \"SHA256\"\ntoken_store = \"file\"\n",
        server.url()
    );
    assert_eq!(written, expected);
    let login = kaltura(folder.path(), ["login", "--json"]).succeeds().document();
    assert_eq!(login["userId"], "alice");
}

#[test]
fn the_option_for_a_command_is_named() {
    let server = TestServer::with_token(json!({}));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.txt");
    fs::write(&file, VALUE).unwrap();
    let mut terminal = Terminal::open(kaltura(folder.path(), ["profile", "add"]));
    let before = answer_all(&mut terminal, &server);
    assert!(before.contains("--token-command"), "{before}");
    terminal.wait_for("App token value:");
    terminal.control('c');
    assert_eq!(terminal.left().code, 130);

    let command = format!("--token-command=cat '{}'", text_of(&file));
    let add = kaltura(folder.path(), ["profile", "add", &command]).env("PATH", "/usr/bin:/bin");
    let mut terminal = Terminal::open(add);
    let before = answer_all(&mut terminal, &server);
    assert!(!before.contains("--token-command"), "{before}");
    assert_eq!(terminal.left().code, 0);
    kaltura(folder.path(), ["login"]).env("PATH", "/usr/bin:/bin").succeeds();
}

#[test]
fn the_value_is_not_shown_where_it_is_asked_for() {
    let server = TestServer::with_token(json!({}));
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open_with_codes(kaltura(folder.path(), ["profile", "add"]));
    answer_all(&mut terminal, &server);
    terminal.wait_for("App token value:");
    // Pasted twice, and taken back once: neither the typing nor the corrections show any of it.
    terminal.enter(&format!("{VALUE}{VALUE}{}", "\u{7f}".repeat(VALUE.len())));
    let left = terminal.left();
    assert_eq!(left.code, 0, "{left:?}");
    assert!(!left.shown.contains(&VALUE[..4]), "{left:?}");
    let login = kaltura(folder.path(), ["login", "--json"]).succeeds().document();
    assert_eq!(login["userId"], "alice");
}

#[test]
fn a_wrong_answer_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(kaltura(folder.path(), ["profile", "add", "work", "--region=eu"]));
    terminal.wait_for("Partner ID:");
    terminal.enter("abc");
    terminal.wait_for("a partner id is a number");
    terminal.enter("\u{7f}\u{7f}\u{7f}1234567");
    // The value in the place of the id would stand in the file.
    terminal.wait_for("App token ID:");
    terminal.enter(VALUE);
    terminal.wait_for("looks like 0_7jh3eu10");
    terminal.control('c');
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (130, true), "{left:?}");
    assert!(!folder.path().join("config.toml").exists());
}

#[test]
fn without_a_terminal_it_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let finished = kaltura(folder.path(), ["profile", "add"]).stdin("work\n").fails(2);
    finished.saying("the profile name is missing");
}
