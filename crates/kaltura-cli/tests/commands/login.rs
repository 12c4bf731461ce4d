//! Logins that succeed.

use kaltura_auth::Fingerprint;
use kaltura_ks::open;
use kaltura_types::{AdminSecret, Ks};
use serde_json::{Value, json};

use crate::support::server::{ADMIN_SECRET, NOW, SECOND, TestServer, VALUE, server, shown, token};

/// A token that leaves everything to the caller.
fn open_server() -> TestServer {
    let changes = json!({ "sessionType": null, "sessionUserId": null });
    TestServer::with_token(changes)
}

#[test]
fn the_ks_alone_is_one_line_and_a_real_one() {
    let server = server();
    let finished = server.login(["--ks-only"]).succeeds();
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
        let finished = server.login(["--jq", filter]).succeeds();
        assert!(finished.stderr.contains(NOTE), "{filter}: {finished:#?}");
    }
    for arguments in
        [&["--jq", ".ks", "--show-ks"][..], &["--jq", ".ksName"], &["--jq", ".userId"], &["--json"]]
    {
        assert_eq!(server.login(arguments).succeeds().stderr, "", "{arguments:?}");
    }
    let shown = server.login(["--jq", ".ks", "--show-ks"]).succeeds().stdout;
    assert!(Ks::looks_like_ks(shown.trim_end()), "{shown}");
}

#[test]
fn the_json_has_all_that_is_known_of_the_session() {
    let server = server();
    let mut document = server.login(["--show-ks", "--lifetime", "1h"]).answer();
    let ks = document["ks"].take();
    assert!(Ks::looks_like_ks(ks.as_str().unwrap()));
    let fingerprint = Fingerprint::from_ks(&Ks::new(ks.as_str().unwrap())).to_string();
    let expected = json!({
        "ks": null, "fingerprint": fingerprint, "partnerId": 1_234_567, "userId": "alice", "sessionType": "USER",
        "expiry": NOW + 3600, "expiresIn": 3600,
        "privileges": "sessionid:0_importer,apptoken:0_importer,sview:*", "adjustments": [], "hashType": "SHA256",
        "serviceUrl": server.url(), "verified": false, "warnings": [],
    });
    assert_eq!(document.to_string(), expected.to_string(), "in this order");
}

/// Who logs the answer does not log a session that others could take.
#[test]
fn the_ks_is_in_an_answer_only_if_that_is_asked_for() {
    let server = server();
    let ks = || server.kaltura(["ks"]).succeeds().stdout.trim_end().to_owned();
    for form in [&["--json"][..], &[], &["--jq=.", "--json"], &["-vv"]] {
        let finished = server.login(form).succeeds();
        let said = finished.stdout + &finished.stderr;
        assert!(!said.contains(&ks()[..16]) && !said.contains("djJ8"), "{form:?}: {said}");
    }
    assert_eq!(server.login([]).answer().get("ks"), None);
    let json = server.login(["--json", "--show-ks"]).succeeds().document();
    assert_eq!(json["ks"], ks());
    assert_eq!(server.login(["--jq=.ks", "--show-ks"]).succeeds().stdout.trim_end(), ks());
    let text = server.login(["--show-ks"]).succeeds().stdout;
    assert!(text.ends_with(&format!("\n  KS         {}\n", ks())), "{text}");
    server.login(["--show-ks", "--ks-only"]).fails(2).saying("cannot be used with");
}

#[test]
fn the_text_says_who_until_when_and_what() {
    let server = server();
    let finished = server.login(["--lifetime", "90m"]).succeeds();
    assert_eq!(finished.stderr, "");
    let (before, fingerprint) = finished.stdout.split_once("fingerprint ").unwrap();
    let expected = format!(
        "Logged in to {}\n  \
           partner    1234567\n  \
           user       alice\n  \
           type       USER\n  \
           expires    {}, in 1 h 30 min\n  \
           privileges sessionid:0_importer,apptoken:0_importer,sview:*\n  \
           KS         version 2, ",
        server.url(),
        shown(NOW + 5_400, SECOND)
    );
    assert_eq!(before, expected);
    let (digits, after) = fingerprint.split_at(8);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digits}");
    assert_eq!(after, " (--ks-only prints it)\n");
}

#[test]
fn all_wishes_reach_the_server() {
    let server = open_server();
    let wishes = ["--user=bob", "--type=admin", "--lifetime=2d", "--privileges=appid:x,sview:0_a/0_b"];
    let document = server.login(wishes).answer();
    assert_eq!(document["userId"], "bob");
    assert_eq!(document["sessionType"], "ADMIN");
    assert_eq!(document["privileges"], "sessionid:0_importer,apptoken:0_importer,sview:0_a/0_b,appid:x");
    assert_eq!(document["expiresIn"], 86_400);
    assert_eq!(document["adjustments"][0]["kind"], "shorterLife");
    assert_eq!(document["adjustments"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_not_asked_the_token_decides() {
    let document = open_server().login([]).answer();
    assert_eq!(document["userId"], Value::Null);
    assert_eq!(document["expiresIn"], 86_400);
    assert_eq!(document["adjustments"], json!([]));
}

#[test]
fn the_hash_type_is_found_out_only_when_asked() {
    let token = token("0_importer", VALUE, json!({ "hashType": "SHA512" }));
    let server = TestServer::with_tokens(&json!([token]));
    let wrong = ["--hash-type", "MD5"];
    server.login(wrong).fails(3);

    let found = server.login(wrong).arguments(["--detect-hash-type", "--ks-only"]).succeeds();
    assert_eq!(found.stderr, "note: the hash type is SHA512: give it with --hash-type SHA512\n");
    let right = server.login(["--detect-hash-type", "--ks-only"]).succeeds();
    assert_eq!(right.stderr, "");

    let guessed =
        server.login(["--detect-hash-type", "--json"]).env("KALTURA_APP_TOKEN_HASH_TYPE", "").succeeds();
    assert_eq!(guessed.document()["hashType"], "SHA512");
}
