//! The session that a call goes with: from the cache, and a new one where that is refused.

use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{self, OddServer};
use crate::support::server::{TestServer, VALUE, token};

const LOGIN: [&str; 2] = ["session.startwidgetsession", "apptoken.startsession"];

fn server() -> TestServer {
    TestServer::with_tokens(&json!([
        token("0_importer", VALUE, json!({})),
        token("0_limited", VALUE, json!({ "sessionPrivileges": "actionslimit:2" })),
    ]))
}

/// What the server was asked, in lower case.
fn asked(server: &TestServer) -> Vec<String> {
    server.calls().iter().map(|call| call.to_lowercase()).collect()
}

fn with_login(before: &[&str], after: &[&str]) -> Vec<String> {
    [before, &LOGIN, after].concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn the_cache_keeps_the_session_of_a_login() {
    let server = server();
    server.call(["media.list"]).succeeds();
    assert_eq!(asked(&server), with_login(&[], &["media.list"]));
    assert_eq!(server.call(["media.list"]).succeeds().stderr, "");
    assert_eq!(asked(&server), ["media.list"]);
    server.call(["media.list", "--fresh"]).succeeds();
    assert_eq!(asked(&server), with_login(&[], &["media.list"]));
    // Another wish is another session.
    server.call(["media.list", "--lifetime=1h"]).succeeds();
    assert_eq!(asked(&server), with_login(&[], &["media.list"]));
}

#[test]
fn a_refused_session_is_replaced_and_the_call_sent_again() {
    let server = server();
    let before = server.ks([]);
    server.apply(json!({ "advanceClock": 90_000 }));
    server.calls();
    assert_eq!(server.call(["media.list"]).answer()["totalCount"], 0);
    // The widget session of the cache has expired, too.
    let refused = ["media.list invalid_ks", "apptoken.startsession invalid_ks"];
    assert_eq!(asked(&server), with_login(&refused, &["media.list"]));
    assert_ne!(server.ks([]), before);
    // The new one is kept.
    server.call(["media.list"]).succeeds();
    assert_eq!(asked(&server), ["media.list"]);
}

/// A token whose sessions were ended once gives no session that works (wire contract, section 4.4).
#[test]
fn a_new_session_that_is_ended_too_is_not_replaced() {
    let server = server();
    let ks = server.kaltura(["ks"]).succeeds().stdout;
    server.apply(json!({ "endSession": ks.trim_end() }));
    server.calls();
    let finished = server.call(["media.list"]).fails(3);
    finished.saying("it was ended").saying("Create a new app token");
    let expected = ["media.list invalid_ks", "apptoken.startsession", "media.list invalid_ks"];
    assert_eq!(asked(&server), expected);
}

#[test]
fn used_up_actions_are_replaced_too() {
    let server = server();
    for _ in 0..5 {
        server.call(["media.list", "--app-token-id=0_limited"]).succeeds();
    }
}

#[test]
fn a_piped_token_is_read_once() {
    let server = server();
    let call = || {
        let call = server.call(["media.list", "--app-token-stdin"]);
        call.env("KALTURA_APP_TOKEN", "wrong").stdin(VALUE).run()
    };
    call().ends_with(0);
    server.apply(json!({ "advanceClock": 90_000 }));
    call().ends_with(0);
}

#[test]
fn an_entry_of_another_user_is_no_refused_session() {
    let server = OddServer::echoing(|request| {
        let body = match request.lines().next().unwrap_or_default() {
            line if line.contains("startWidgetSession") => {
                json!({ "partnerId": 1_234_567, "ks": "djJ8x", "userId": 0 })
            }
            line if line.contains("startSession") => json!({
                "ks": "djJ8y", "partnerId": "1234567", "userId": "u", "sessionType": 0, "expiry": 4_000_000_000_u64,
                "privileges": "",
            }),
            _ => json!({
                "code": "INVALID_KS", "message": "Invalid KS \"\", Error \"-4,INVALID_TYPE\"",
                "objectType": "KalturaAPIException",
                "args": { "KSID": "", "ERR_CODE": "-4", "ERR_DESC": "INVALID_TYPE" },
            }),
        };
        odd_server::json(&body)
    });
    let cache = tempfile::tempdir().unwrap();
    let call = || {
        let call = Kaltura::new(["call", "media.update", "entryId=0_a", "--service-url", &server.url])
            .arguments(["--partner-id=1234567", "--app-token-id=0_a", "--hash-type=SHA256"]);
        call.env("KALTURA_CACHE_DIR", cache.path()).env("KALTURA_APP_TOKEN", VALUE).fails(4)
    };
    call().saying("media.update failed: the entry belongs to another user").saying("edit:*");
    assert_eq!(server.requests.try_iter().count(), 3, "a login and the call");
    // The session is kept.
    call();
    assert_eq!(server.requests.try_iter().count(), 1, "the call alone");
}

#[test]
fn a_new_session_that_is_refused_is_told() {
    let server = server();
    server.call(["media.list"]).succeeds();
    // The token goes, and with it the session and the way to another.
    server.apply(json!({ "deleteToken": "0_importer" }));
    let finished = server.call(["media.list"]).fails(5);
    finished.saying("appToken.startSession failed").saying("APP_TOKEN_ID_NOT_FOUND");
    server.apply(json!({ "blockUser": "alice" }));
    server.call(["media.list", "--app-token-id=0_limited"]).fails(4).saying("USER_BLOCKED");
}

#[test]
fn a_session_that_was_given_is_not_replaced() {
    let server = server();
    let ks = server.login(["--ks-only"]).succeeds().stdout;
    server.apply(json!({ "endSession": ks.trim_end() }));
    server.calls();
    server.call(["media.list"]).env("KALTURA_KS", ks.trim_end()).fails(3).saying("INVALID_KS");
    assert_eq!(asked(&server), ["media.list invalid_ks"]);
}

#[test]
fn what_was_granted_otherwise_is_noted() {
    let server = server();
    let call = |arguments: &[&str]| server.call(["media.list", "--user=bob"]).arguments(arguments);
    let note = "the session is for user alice instead of bob";
    // From a login, and from the cache.
    for _ in 0..2 {
        assert_eq!(call(&[]).succeeds().stderr, format!("note: {note}\n"));
    }
    assert_eq!(call(&["--quiet"]).succeeds().stderr, "");
    for fresh in [&["--fresh", "--json"][..], &["--json"]] {
        let programs = call(fresh).succeeds();
        let told: Value = serde_json::from_str(&programs.stderr).unwrap();
        assert_eq!(told, json!({ "note": note }));
    }
    // That the session had to be replaced, makes it no news.
    server.apply(json!({ "advanceClock": 90_000 }));
    server.calls();
    assert_eq!(call(&[]).succeeds().stderr, format!("note: {note}\n"));
    let refused = ["media.list invalid_ks", "apptoken.startsession invalid_ks"];
    assert_eq!(asked(&server), with_login(&refused, &["media.list"]));
    // A shorter life is of no matter here.
    assert_eq!(server.call(["media.list", "--lifetime=90d"]).succeeds().stderr, "");
}
