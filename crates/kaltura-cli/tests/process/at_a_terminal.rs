//! What is different at a terminal: colours, questions before something is deleted, progress.

use serde_json::json;

use crate::support::account::{account, count, manage};
use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, text_of};
use crate::terminal::Terminal;

#[test]
fn it_has_colours_unless_it_is_told_otherwise() {
    for (name, value, has_colours) in [
        ("TERM", "xterm", true),
        ("NO_COLOR", "", true),
        ("CLICOLOR_FORCE", "", true),
        ("NO_COLOR", "1", false),
        ("CLICOLOR", "0", false),
        ("TERM", "dumb", false),
    ] {
        let mut terminal = Terminal::open_with_codes(Kaltura::new(["inspect", "--help"]).env(name, value));
        let before = terminal.wait_for("Usage:");
        assert_eq!(terminal.left().code, 0);
        assert_eq!(before.contains('\u{1b}'), has_colours, "{name}={value}: {before:?}");
    }
}

#[test]
fn what_is_deleted_must_be_confirmed() {
    let (server, home) = (account(), Home::new());
    home.add("work", []);
    for (answer, code) in [("n", 130), ("", 130), ("yes", 0)] {
        for (command, question) in [
            (
                manage(&server, ["delete", "0_importer"]),
                "Delete app token 0_importer (nightly import), and end all its sessions? [y/N] ",
            ),
            (home.profile(["remove", "work"]), "Remove profile 'work' and its stored secrets? [y/N] "),
        ] {
            let mut terminal = Terminal::open(command);
            terminal.wait_for(question);
            terminal.enter(answer);
            assert_eq!(terminal.left().code, code, "{answer:?} to {question}");
        }
        let left = usize::from(code != 0);
        assert_eq!((count(&server), home.text().matches("work").count() > 0), (left, left > 0), "{answer:?}");
    }
}

/// A file of so many MiB, in a folder of its own.
fn file(mebibytes: usize) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lecture.mp4");
    std::fs::write(&path, vec![7; mebibytes << 20]).unwrap();
    let path = text_of(&path).to_owned();
    (folder, path)
}

#[test]
fn an_upload_shows_a_progress_bar() {
    let (server, (_folder, path)) = (TestServer::with_token(json!({ "sessionType": 2 })), file(3));
    server.apply(json!({ "injectFault": "slow:1500@uploadToken.upload#2" }));
    let mut terminal = Terminal::open(server.kaltura(["upload", &path, "--chunk-size=1"]));
    terminal.wait_for("uploading lecture.mp4 [######              ] 33 %, 1.0 of 3.1 MB");
    assert_eq!(terminal.left().code, 0);
}

#[test]
fn an_upload_continues_after_a_kill() {
    let (server, (_folder, path)) = (TestServer::with_token(json!({ "sessionType": 2 })), file(3));
    server.apply(json!({ "injectFault": "slow:600000@uploadToken.upload#2" }));
    let running = server.kaltura(["upload", &path, "--chunk-size=1"]).start();
    server.wait_for("uploadToken.upload", 2);
    running.signal("KILL");
    let told = running.wait().stderr;
    let id = told.split("--resume").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let resumed = server.kaltura(["upload", &path, "--resume", &id]).succeeds();
    assert_eq!(resumed.line(), id);
    let state =
        server.call(["uploadToken.get", "-"]).stdin(json!({ "uploadTokenId": id }).to_string()).answer();
    assert_eq!((&state["status"], &state["uploadedFileSize"]), (&json!(2), &json!("3145728")));
}

#[test]
fn the_hidden_prompt_can_be_suspended() {
    let server = TestServer::new();
    let mut terminal = Terminal::open_with_jobs(server.login_without_value([]));
    terminal.wait_for("app token value");
    terminal.control('z');
    terminal.wait_for("<suspended>");
    terminal.wait_for("app token value");
    terminal.enter(server.told("/appToken/token"));
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (0, true), "{left:?}");
    assert!(!left.shown.contains(server.told("/appToken/token")), "{left:?}");
}
