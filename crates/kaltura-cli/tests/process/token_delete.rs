//! `kaltura token delete`.

use serde_json::json;

use crate::token_account::{count, manage, server};

#[test]
fn a_token_is_deleted_and_its_sessions_end() {
    let server = server();
    let ks = server.login(["--ks-only"]).run().ends_with(0).stdout;
    let call = || server.call(["media.list"]).env("KALTURA_KS", ks.trim_end());
    call().run().ends_with(0);

    let finished = manage(&server, ["delete", "0_importer", "--yes"]).run().ends_with(0);
    assert_eq!(finished.stdout, format!("Deleted app token 0_importer at {}\n", server.url()));
    assert_eq!(finished.stderr, "");
    call().run().fails_with(3).saying("LOGOUT");
    server.login(["--ks-only"]).run().fails_with(5);
    manage(&server, ["delete", "0_importer", "-y"]).run().fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
}

#[test]
fn the_json_tells_what_is_gone() {
    let server = server();
    let finished = manage(&server, ["delete", "0_importer", "--yes", "--json"]).run().ends_with(0);
    let expected = json!({
        "id": "0_importer", "deleted": true, "forgottenSessions": 0, "warnings": [], "serviceUrl": server.url(),
    });
    assert_eq!(finished.document(), expected);
    assert_eq!(count(&server), 0);
}

#[test]
fn where_nobody_can_be_asked_it_takes_a_yes() {
    let server = server();
    let finished = manage(&server, ["delete", "0_importer"]).stdin("y\n").run().fails_with(2);
    finished.saying("nobody is there to be asked").saying("--yes");
    assert_eq!(count(&server), 1);
}

#[cfg(unix)]
#[test]
fn at_a_terminal_one_is_asked() {
    use crate::terminal::Terminal;

    let server = server();
    for (answer, code, left) in [("n", 130, 1), ("", 130, 1), ("yes", 0, 0)] {
        let mut terminal = Terminal::open(manage(&server, ["delete", "0_importer"]));
        terminal
            .wait_for("Delete the app token 0_importer (nightly import), and end all its sessions? [y/N] ");
        terminal.enter(answer);
        assert_eq!((terminal.left().code, count(&server)), (code, left), "{answer:?}");
    }
}
