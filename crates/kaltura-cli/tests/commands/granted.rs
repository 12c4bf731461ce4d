//! What the server granted differently from what was asked: by every command that hands a session on, whether it
//! comes from a login or from the cache.

use serde_json::{Value, json};

use crate::support::server::TestServer;

/// None of which the token grants.
const WISHES: [&str; 4] = ["--user=zoe", "--type=admin", "--lifetime=2d", "--privileges=edit:*"];
const MESSAGES: [&str; 4] = [
    "the server limited the session to 1 day (2 days requested)",
    "the session is for user bob instead of zoe",
    "the session is of type USER instead of ADMIN",
    "privileges not granted as requested: edit (not allowed by the app token)",
];

fn server() -> TestServer {
    TestServer::with_token(json!({ "sessionUserId": "bob" }))
}

#[test]
fn each_command_that_hands_a_session_on_notes_it() {
    let server = server();
    let notes = MESSAGES.map(|message| format!("note: {message}\n")).concat();
    let login = server.login(WISHES).answer();
    let told: Vec<&Value> =
        login["adjustments"].as_array().unwrap().iter().map(|one| &one["message"]).collect();
    assert_eq!(told, MESSAGES);
    server.login(WISHES).arguments(["--ks-only"]).succeeds().saying(&format!("note: {}", MESSAGES[0]));
    let login_kinds = login["adjustments"].as_array().unwrap().iter().map(|one| one["kind"].clone());
    let kinds = ["shorterLife", "otherUser", "otherType", "privilegesDropped"];
    assert_eq!(login_kinds.collect::<Vec<_>>(), kinds);
    for command in ["ks", "env"] {
        let cache = tempfile::tempdir().unwrap();
        let run = |more: &[&str]| server.cached(cache.path(), [command]).arguments(WISHES).arguments(more);
        let first = run(&[]).succeeds();
        // What comes from the cache needs no token.
        let second = run(&[]).env("KALTURA_APP_TOKEN", "").succeeds();
        for finished in [&first, &second] {
            assert_eq!((&finished.stdout, &finished.stderr), (&first.stdout, &notes), "{command}");
        }
        assert_eq!(run(&["--quiet"]).succeeds().stderr, "", "{command}");
        let programs = run(&["--json"]).succeeds();
        match command {
            "ks" => {
                assert_eq!(programs.stderr, "");
                assert_eq!(programs.document()["adjustments"], login["adjustments"]);
            }
            _ => assert_eq!(
                programs.stderr,
                MESSAGES.map(|note| json!({ "note": note }).to_string() + "\n").concat()
            ),
        }
    }
    // The cache of a login is that of the others.
    let ks = server.kaltura(["ks"]).arguments(WISHES).answer();
    assert_eq!((&ks["fromCache"], &ks["adjustments"]), (&json!(true), &login["adjustments"]));
}
