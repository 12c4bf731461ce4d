//! What the server granted differently from what was asked: by every command that hands a session on, whether it
//! comes from a login or from the cache.

use serde_json::{Value, json};

use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::{Finished, Kaltura};

/// None of which the token grants.
const WISHES: [&str; 4] = ["--user=zoe", "--type=admin", "--lifetime=2d", "--privileges=edit:*"];
const MESSAGES: [&str; 4] = [
    "the server limited the session to 1 day (2 days requested)",
    "the session is for user bob instead of zoe",
    "the session is of type USER instead of ADMIN",
    "privileges not granted as requested: edit (the app token does not allow them)",
];

fn server() -> EmulatorProcess {
    let value = "0123456789abcdef0123456789abcdef";
    EmulatorProcess::with_tokens(json!([token("0_importer", value, json!({ "sessionUserId": "bob" }))]))
}

/// Runs a command with these wishes and a cache of its own: the first time it logs in, the second time not.
fn twice(server: &EmulatorProcess, line: &[&str], more: &[&str]) -> [Finished; 2] {
    let cache = tempfile::tempdir().unwrap();
    let command = || -> Kaltura {
        let arguments = [line, &WISHES, more].concat();
        server.cached(cache.path(), arguments)
    };
    let first = command().run().ends_with(0);
    // What comes from the cache needs no token.
    let second = command().env("KALTURA_APP_TOKEN", "").run().ends_with(0);
    [first, second]
}

fn notes() -> String {
    MESSAGES.map(|message| format!("note: {message}\n")).concat()
}

#[test]
fn ks_notes_it_beside_the_ks() {
    let server = server();
    let [first, second] = twice(&server, &["ks"], &[]);
    for finished in [&first, &second] {
        assert_eq!(finished.stderr, notes());
        assert!(finished.stdout.starts_with("djJ8") && finished.stdout.lines().count() == 1, "{finished:#?}");
    }
    assert_eq!(first.stdout, second.stdout);
    for finished in twice(&server, &["ks", "--quiet"], &[]) {
        assert_eq!(finished.stderr, "");
    }
}

#[test]
fn the_document_of_ks_has_it_as_that_of_login() {
    let server = server();
    let login = server.login(WISHES).arguments(["--json"]).run().ends_with(0).document();
    for finished in twice(&server, &["ks", "--json"], &[]) {
        assert_eq!(finished.stderr, "");
        let document = finished.document();
        let told: Vec<&Value> =
            document["adjustments"].as_array().unwrap().iter().map(|one| &one["message"]).collect();
        assert_eq!(told, MESSAGES);
        assert_eq!(document["adjustments"], login["adjustments"]);
    }
}

#[test]
fn env_notes_it_beside_the_commands() {
    for finished in twice(&server(), &["env"], &[]) {
        assert_eq!(finished.stderr, notes());
        assert!(finished.stdout.lines().all(|line| line.starts_with("export ")), "{finished:#?}");
    }
}

#[cfg(unix)]
#[test]
fn exec_notes_it_before_the_program_is_run() {
    for finished in twice(&server(), &["exec"], &["--", "/bin/echo", "x"]) {
        assert_eq!((finished.stderr, finished.stdout.as_str()), (notes(), "x\n"));
    }
}

/// The cache of a login is that of the others.
#[test]
fn a_login_before_does_not_hide_it() {
    let server = server();
    server.login(WISHES).run().ends_with(0);
    let ks =
        server.cached(server.cache.path(), ["ks", "--json"]).arguments(WISHES).run().ends_with(0).document();
    assert_eq!((&ks["fromCache"], ks["adjustments"].as_array().map(Vec::len)), (&json!(true), Some(4)));
}
