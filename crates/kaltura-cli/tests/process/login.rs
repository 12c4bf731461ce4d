//! Logins that succeed.

use kaltura_auth::Fingerprint;
use kaltura_ks::open;
use kaltura_types::{AdminSecret, Ks};
use serde_json::{Value, json};

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, NOW, token};
use crate::invocation::Kaltura;

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

/// A token that leaves everything to the caller.
fn open_server() -> EmulatorProcess {
    let changes = json!({ "sessionType": null, "sessionUserId": null });
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, changes)]))
}

#[test]
fn the_ks_alone_is_one_line_and_a_real_one() {
    let server = server();
    let finished = server.login(["--ks-only"]).run().ends_with(0);
    let ks = finished.stdout.strip_suffix('\n').unwrap();
    assert_eq!(finished.stderr, "");
    assert!(!ks.contains(char::is_whitespace), "{ks:?}");

    let secret = AdminSecret::new(ADMIN_SECRET);
    let opened = open(&Ks::new(ks), std::slice::from_ref(&secret));
    assert!(opened.is_ok(), "{opened:?}");
}

#[test]
fn a_filter_that_asks_for_the_ks_in_vain_is_noted() {
    const NOTE: &str = "the answer has no ks without --show-ks; --ks-only prints it alone";
    let server = server();
    for filter in [".ks", "[.expiry, .ks]", ".ks | length"] {
        let finished = server.login(["--jq", filter]).run().ends_with(0);
        assert!(finished.stderr.contains(NOTE), "{filter}: {finished:#?}");
    }
    for arguments in
        [&["--jq", ".ks", "--show-ks"][..], &["--jq", ".ksName"], &["--jq", ".userId"], &["--json"]]
    {
        assert_eq!(server.login(arguments.iter().copied()).run().ends_with(0).stderr, "", "{arguments:?}");
    }
    let shown = server.login(["--jq", ".ks", "--show-ks"]).run().ends_with(0).stdout;
    assert!(Ks::looks_like_ks(shown.trim_end()), "{shown}");
}

#[test]
fn the_json_has_all_that_is_known_of_the_session() {
    let server = server();
    let finished = server.login(["--json", "--show-ks", "--lifetime", "1h"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let mut document = finished.document();
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    let expected = [
        "ks",
        "fingerprint",
        "partnerId",
        "userId",
        "sessionType",
        "expiry",
        "expiresIn",
        "privileges",
        "adjustments",
        "hashType",
        "serviceUrl",
        "verified",
        "warnings",
    ];
    assert_eq!(names, expected);
    let ks = document["ks"].take();
    assert!(Ks::looks_like_ks(ks.as_str().unwrap()));
    let fingerprint = Fingerprint::from_ks(&Ks::new(ks.as_str().unwrap())).to_string();
    assert_eq!(
        document,
        json!({
            "ks": null, "fingerprint": fingerprint, "partnerId": 1_234_567, "userId": "alice", "sessionType": "USER",
            "expiry": NOW.parse::<i64>().unwrap() + 3600, "expiresIn": 3600,
            "privileges": "sessionid:0_importer,apptoken:0_importer,sview:*", "adjustments": [], "hashType": "SHA256",
            "serviceUrl": server.url(), "verified": false, "warnings": [],
        })
    );
}

/// Who logs the answer does not log a session that others could take.
#[test]
fn the_ks_is_in_an_answer_only_if_that_is_asked_for() {
    let server = server();
    let ks = || server.cached(server.cache.path(), ["ks"]).run().ends_with(0).stdout.trim_end().to_owned();
    for form in [&["--json"][..], &[], &["--jq=.", "--json"], &["-vv"]] {
        let finished = server.login(form.iter().copied()).run().ends_with(0);
        let said = finished.stdout + &finished.stderr;
        assert!(!said.contains(&ks()[..16]) && !said.contains("djJ8"), "{form:?}: {said}");
    }
    assert_eq!(server.login(["--json"]).run().ends_with(0).document().get("ks"), None);
    let json = server.login(["--json", "--show-ks"]).run().ends_with(0).document();
    assert_eq!(json["ks"], ks());
    assert_eq!(server.login(["--jq=.ks", "--show-ks"]).run().ends_with(0).stdout.trim_end(), ks());
    let text = server.login(["--show-ks"]).run().ends_with(0).stdout;
    assert!(text.ends_with(&format!("\n  KS         {}\n", ks())), "{text}");
    server.login(["--show-ks", "--ks-only"]).run().fails_with(2).saying("cannot be used with");
}

#[test]
fn the_text_says_who_until_when_and_what() {
    let server = server();
    let finished = server.login(["--lifetime", "90m"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let (before, fingerprint) = finished.stdout.split_once("fingerprint ").unwrap();
    let expected = format!(
        "Logged in to {}\n  \
           partner    1234567\n  \
           user       alice\n  \
           type       USER\n  \
           until      2026-11-24 05:39:15 UTC, in 1 h 30 min\n  \
           privileges sessionid:0_importer,apptoken:0_importer,sview:*\n  \
           KS         version 2, ",
        server.url()
    );
    assert_eq!(before, expected);
    let (digits, after) = fingerprint.split_at(8);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digits}");
    assert_eq!(after, " (--ks-only prints it)\n");
}

#[test]
fn the_end_is_shown_in_the_time_zone_of_the_machine() {
    let server = server();
    let finished = server.login(["--lifetime=1h"]).env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3").run().ends_with(0);
    assert!(finished.stdout.contains("until      2026-11-24 06:09:15 CET, in 1 h\n"), "{finished:#?}");
}

#[test]
fn all_wishes_reach_the_server() {
    let server = open_server();
    let wishes = [
        "--user",
        "bob",
        "--type",
        "admin",
        "--lifetime",
        "2d",
        "--privileges",
        "appid:x,sview:0_a/0_b",
        "--json",
    ];
    let document = server.login(wishes).run().ends_with(0).document();
    assert_eq!(document["userId"], "bob");
    assert_eq!(document["sessionType"], "ADMIN");
    assert_eq!(document["privileges"], "sessionid:0_importer,apptoken:0_importer,sview:0_a/0_b,appid:x");
    assert_eq!(document["expiresIn"], 86_400);
    assert_eq!(document["adjustments"][0]["kind"], "shorterLife");
    assert_eq!(document["adjustments"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_not_asked_the_token_decides() {
    let document = open_server().login(["--json"]).run().ends_with(0).document();
    assert_eq!(document["userId"], Value::Null);
    assert_eq!(document["expiresIn"], 86_400);
    assert_eq!(document["adjustments"], json!([]));
}

#[test]
fn what_is_granted_otherwise_is_noted_beside_the_answer() {
    let server = server();
    let wishes = ["--user=bob", "--type=ADMIN", "--lifetime=90d", "--privileges=edit:*"];
    let text = server.login(wishes).run().ends_with(0);
    let notes = [
        "note: the server limited the session to 1 day (90 days requested)",
        "note: the session is for user alice instead of bob",
        "note: the session is of type USER instead of ADMIN",
        "note: privileges not granted as requested: edit (the app token does not allow them)",
    ];
    assert_eq!(text.stderr.lines().collect::<Vec<_>>(), notes);

    let ks_only = server.login(wishes).arguments(["--ks-only"]).run().ends_with(0);
    assert_eq!(ks_only.stderr, text.stderr);
    assert_eq!(ks_only.stdout.lines().count(), 1);

    let document = server.login(wishes).arguments(["--json"]).run().ends_with(0);
    assert_eq!(document.stderr, "");
    let document = document.document();
    let adjustments = document["adjustments"].as_array().unwrap();
    let kinds: Vec<&Value> = adjustments.iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["shorterLife", "otherUser", "otherType", "privilegesDropped"]);
    assert_eq!(adjustments[1]["message"], "the session is for user alice instead of bob");
}

#[test]
fn options_go_before_the_environment() {
    let server = server();
    let finished = Kaltura::new(["login", "--ks-only", "--service-url", server.url()])
        .arguments(["--partner-id", "1234567", "--app-token-id", "0_importer", "--hash-type", "sha-256"])
        .env("KALTURA_SERVICE_URL", "http://127.0.0.1:1")
        .env("KALTURA_PARTNER_ID", "7")
        .env("KALTURA_APP_TOKEN_ID", "0_other")
        .env("KALTURA_APP_TOKEN_HASH_TYPE", "MD5")
        .env("KALTURA_APP_TOKEN", VALUE)
        .run();
    finished.ends_with(0);
}

#[test]
fn the_hash_type_is_found_out_only_when_asked() {
    let token = token("0_importer", VALUE, json!({ "hashType": "SHA512" }));
    let server = EmulatorProcess::with_tokens(json!([token]));
    let wrong = ["--hash-type", "MD5"];
    server.login(wrong).run().fails_with(3);

    let found = server.login(wrong).arguments(["--detect-hash-type", "--ks-only"]).run().ends_with(0);
    assert_eq!(found.stderr, "note: the hash type is SHA512: give it with --hash-type SHA512\n");
    let right = server.login(["--detect-hash-type", "--ks-only"]).run().ends_with(0);
    assert_eq!(right.stderr, "");

    let guessed = server
        .login(["--detect-hash-type", "--json"])
        .env("KALTURA_APP_TOKEN_HASH_TYPE", "")
        .run()
        .ends_with(0);
    assert_eq!(guessed.document()["hashType"], "SHA512");
}
