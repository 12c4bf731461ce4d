//! The session that a call goes with: from the cache, and a new one where that is refused.

use serde_json::{Value, json};

use crate::control::{calls, obey};
use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok};

const VALUE: &str = "0123456789abcdef0123456789abcdef";
const LOGIN: [&str; 2] = ["session.startwidgetsession", "apptoken.startsession"];

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([
        token("0_importer", VALUE, json!({})),
        token("0_limited", VALUE, json!({ "sessionPrivileges": "actionslimit:2" })),
    ]))
}

/// What the server was asked, in lower case.
fn asked(server: &EmulatorProcess) -> Vec<String> {
    calls(server).iter().map(|call| call.to_lowercase()).collect()
}

fn with_login(before: &[&str], after: &[&str]) -> Vec<String> {
    [before, &LOGIN, after].concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn the_cache_keeps_the_session_of_a_login() {
    let server = server();
    server.call(["media.list"]).run_in_process().ends_with(0);
    assert_eq!(asked(&server), with_login(&[], &["media.list"]));
    assert_eq!(server.call(["media.list"]).run_in_process().ends_with(0).stderr, "");
    assert_eq!(asked(&server), ["media.list"]);
    server.call(["media.list", "--fresh"]).run_in_process().ends_with(0);
    assert_eq!(asked(&server), with_login(&[], &["media.list"]));
    // Another wish is another session.
    server.call(["media.list", "--lifetime=1h"]).run_in_process().ends_with(0);
    assert_eq!(asked(&server), with_login(&[], &["media.list"]));
}

#[test]
fn it_is_the_cache_of_ks() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = server.cached(cache.path(), ["ks"]).run_in_process().ends_with(0).stdout;
    calls(&server);
    server.cached(cache.path(), ["call", "media.list"]).run_in_process().ends_with(0);
    assert_eq!(asked(&server), ["media.list"]);
    assert_eq!(server.cached(cache.path(), ["ks"]).run_in_process().ends_with(0).stdout, ks);
}

#[test]
fn a_refused_session_is_replaced_and_the_call_sent_again() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = || server.cached(cache.path(), ["ks"]).run_in_process().ends_with(0).stdout;
    let before = ks();
    obey(&server, &json!({ "advanceClock": 90_000 }));
    calls(&server);
    let finished =
        server.cached(cache.path(), ["call", "media.list", "--json"]).run_in_process().ends_with(0);
    assert_eq!(finished.document()["totalCount"], 0);
    assert_eq!(finished.stderr, "");
    // The widget session of the cache has expired, too.
    let refused = ["media.list invalid_ks", "apptoken.startsession invalid_ks"];
    assert_eq!(asked(&server), with_login(&refused, &["media.list"]));
    assert_ne!(ks(), before);
    // The new one is kept.
    server.cached(cache.path(), ["call", "media.list"]).run_in_process().ends_with(0);
    assert_eq!(asked(&server), ["media.list"]);
}

#[test]
fn of_many_that_are_refused_at_once_one_logs_in() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    server.cached(cache.path(), ["ks"]).run_in_process().ends_with(0);
    obey(&server, &json!({ "advanceClock": 90_000 }));
    calls(&server);
    let running: Vec<_> =
        (0..8).map(|_| server.cached(cache.path(), ["call", "media.list"]).start()).collect();
    for one in running {
        one.wait().ends_with(0);
    }
    assert_eq!(asked(&server).iter().filter(|call| *call == LOGIN[1]).count(), 1);
}

/// A token whose sessions were ended once gives no session that works (wire contract, section 4.4).
#[test]
fn a_new_session_that_is_ended_too_is_not_replaced() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = server.cached(cache.path(), ["ks"]).run_in_process().ends_with(0).stdout;
    obey(&server, &json!({ "endSession": ks.trim_end() }));
    calls(&server);
    let finished = server.cached(cache.path(), ["call", "media.list"]).run_in_process().fails_with(3);
    finished.saying("it was ended").saying("Create a new app token");
    let expected = ["media.list invalid_ks", "apptoken.startsession", "media.list invalid_ks"];
    assert_eq!(asked(&server), expected);
}

#[test]
fn used_up_actions_are_replaced_too() {
    let server = server();
    for _ in 0..5 {
        server.call(["media.list", "--app-token-id=0_limited"]).run_in_process().ends_with(0);
    }
}

#[test]
fn a_piped_token_is_read_once() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let call = || {
        let call = server.cached(cache.path(), ["call", "media.list", "--app-token-stdin"]);
        call.env("KALTURA_APP_TOKEN", "wrong").stdin(VALUE).run()
    };
    call().ends_with(0);
    obey(&server, &json!({ "advanceClock": 90_000 }));
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
        ok("application/json", &body.to_string())
    });
    let cache = tempfile::tempdir().unwrap();
    let call = || {
        Kaltura::new(["call", "media.update", "entryId=0_a", "--service-url", &server.url])
            .env("KALTURA_CACHE_DIR", cache.path().to_str().unwrap())
            .env("KALTURA_PARTNER_ID", "1234567")
            .env("KALTURA_APP_TOKEN_ID", "0_a")
            .env("KALTURA_APP_TOKEN", VALUE)
            .env("KALTURA_APP_TOKEN_HASH_TYPE", "SHA256")
            .run()
            .fails_with(4)
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
    server.call(["media.list"]).run_in_process().ends_with(0);
    // The token goes, and with it the session and the way to another.
    obey(&server, &json!({ "deleteToken": "0_importer" }));
    let finished = server.call(["media.list"]).run_in_process().fails_with(5);
    finished.saying("appToken.startSession failed").saying("APP_TOKEN_ID_NOT_FOUND");
    obey(&server, &json!({ "blockUser": "alice" }));
    server
        .call(["media.list", "--app-token-id=0_limited"])
        .run_in_process()
        .fails_with(4)
        .saying("USER_BLOCKED");
}

#[test]
fn a_session_that_was_given_is_not_replaced() {
    let server = server();
    let ks = server.login(["--ks-only"]).run_in_process().ends_with(0).stdout;
    obey(&server, &json!({ "endSession": ks.trim_end() }));
    calls(&server);
    server
        .call(["media.list"])
        .env("KALTURA_KS", ks.trim_end())
        .run_in_process()
        .fails_with(3)
        .saying("INVALID_KS");
    assert_eq!(asked(&server), ["media.list invalid_ks"]);
}

#[test]
fn what_was_granted_otherwise_is_noted() {
    let server = server();
    let call =
        |arguments: &[&str]| server.call(["media.list", "--user=bob"]).arguments(arguments.iter().copied());
    let note = "the session is for user alice instead of bob";
    // From a login, and from the cache.
    for _ in 0..2 {
        assert_eq!(call(&[]).run_in_process().ends_with(0).stderr, format!("note: {note}\n"));
    }
    assert_eq!(call(&["--quiet"]).run_in_process().ends_with(0).stderr, "");
    for fresh in [&["--fresh", "--json"][..], &["--json"]] {
        let programs = call(fresh).run_in_process().ends_with(0);
        let told: Value = serde_json::from_str(&programs.stderr).unwrap();
        assert_eq!(told, json!({ "note": note }));
    }
    // That the session had to be replaced, makes it no news.
    obey(&server, &json!({ "advanceClock": 90_000 }));
    calls(&server);
    assert_eq!(call(&[]).run_in_process().ends_with(0).stderr, format!("note: {note}\n"));
    let refused = ["media.list invalid_ks", "apptoken.startsession invalid_ks"];
    assert_eq!(asked(&server), with_login(&refused, &["media.list"]));
    // A shorter life is of no matter here.
    assert_eq!(server.call(["media.list", "--lifetime=90d"]).run_in_process().ends_with(0).stderr, "");
}

#[test]
fn a_cache_that_can_not_be_used_costs_a_login() {
    let server = server();
    let call = || server.call(["media.list"]).env("KALTURA_CACHE_DIR", "");
    call().run_in_process().ends_with(0).saying("note: there is no place for the session cache");
    let programs = call().arguments(["--json"]).run_in_process().ends_with(0);
    assert!(programs.stderr.starts_with("{\"note\":\"there is no place"), "{programs:#?}");
}
