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
    let expected = json!({ "id": "0_importer", "deleted": true, "serviceUrl": server.url() });
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

/// `script` is there with util-linux, and gives a command a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_one_is_asked() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use kaltura_types::SessionType;

    let server = server();
    for (answer, code, left) in [("n\n", 130, 1), ("\n", 130, 1), ("yes\n", 0, 0)] {
        let line = format!("{} token delete 0_importer", env!("CARGO_BIN_EXE_kaltura"));
        let mut terminal = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env("KALTURA_SERVICE_URL", server.url())
            .env("KALTURA_KS", crate::token_account::ks(SessionType::Admin))
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        terminal.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let output = terminal.wait_with_output().unwrap();
        let seen = String::from_utf8(output.stdout).unwrap();
        let question = "Delete the app token 0_importer (nightly import), and end all its sessions? [y/N] ";
        assert!(seen.contains(question), "{seen}");
        assert_eq!((output.status.code(), count(&server)), (Some(code), left), "{answer:?} {seen}");
    }
}
