//! The session cache does not keep what is over.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cache_files::cache_files;
use crate::emulator_process::{EmulatorProcess, token};

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([
        token("0_importer", VALUE, json!({ "sessionUserId": null })),
        token("0_other", VALUE, json!({ "sessionUserId": null })),
    ]))
}

/// Lets a session end.
fn end(session: &Path) {
    let mut document: Value = serde_json::from_str(&fs::read_to_string(session).unwrap()).unwrap();
    document["content"]["expires_at_ms"] = json!(1);
    fs::write(session, document.to_string()).unwrap();
}

#[test]
fn a_login_removes_the_sessions_that_have_ended_also_those_of_other_tokens() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let cache = cache.path();
    for user in ["a", "b"] {
        for token in ["0_importer", "0_other"] {
            server.cached(cache, ["login", "--user", user, "--app-token-id", token]).run().ends_with(0);
        }
    }
    let sessions = cache_files(cache, ".session");
    assert_eq!(sessions.len(), 4);
    sessions[1..].iter().for_each(|path| end(path));
    server.cached(cache, ["ks", "--user=c"]).run().ends_with(0);
    let left = cache_files(cache, ".session");
    assert!(left.len() == 2 && left.contains(&sessions[0]), "{left:?}");
}

#[test]
fn whoever_logs_in_while_all_is_removed_is_not_disturbed() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let start = |number: usize| {
        let arguments: &[&str] = match number % 3 {
            0 => &["ks", "--fresh"],
            1 => &["ks"],
            _ => &["logout", "--all"],
        };
        server.cached(cache.path(), arguments.iter().copied()).start()
    };
    let running: Vec<_> = (0..36).map(start).collect();
    for one in running {
        let finished = one.wait().ends_with(0);
        // Others may have been waited for; nothing is wrong with the cache.
        assert!(!finished.stderr.contains("session cache"), "{finished:#?}");
    }
    server.cached(cache.path(), ["logout"]).run().ends_with(0);
    assert!(cache_files(cache.path(), ".session").is_empty());
}
