//! The session cache does not keep what is over.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::cache_files::cache_files;
use crate::support::server::{TestServer, VALUE, token};

fn server() -> TestServer {
    TestServer::with_tokens(&json!([
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
    let server = server();
    let cache = server.cache.path();
    for user in ["a", "b"] {
        for token in ["0_importer", "0_other"] {
            server.cached(cache, ["login", "--user", user, "--app-token-id", token]).succeeds();
        }
    }
    let sessions = cache_files(cache, ".session");
    assert_eq!(sessions.len(), 4);
    sessions[1..].iter().for_each(|path| end(path));
    server.cached(cache, ["ks", "--user=c"]).succeeds();
    let left = cache_files(cache, ".session");
    assert!(left.len() == 2 && left.contains(&sessions[0]), "{left:?}");
}
