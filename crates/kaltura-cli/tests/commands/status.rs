//! `kaltura status`: what is set and by whom, and which sessions there are.

use std::fs;
use std::path::Path;

use kaltura_auth::Fingerprint;
use kaltura_types::Ks;
use serde_json::json;

use crate::support::cache_files::{cache_file, let_it_end};
use crate::support::invocation::{Finished, Kaltura};
use crate::support::server::{TestServer, VALUE, server_for_any_user};

const GRANTED: &str = "sessionid:0_importer,apptoken:0_importer,sview:*";

fn status(server: &TestServer, options: &[&str]) -> Finished {
    server.kaltura(["status"]).arguments(options).run()
}

#[test]
fn the_text_tells_settings_and_sessions() {
    let (server, cache) = (server_for_any_user(), tempfile::tempdir().unwrap());
    let wishes = ["--user=bob", "--lifetime=1h"];
    let ks = server.cached(cache.path(), ["ks"]).arguments(wishes).succeeds().stdout;
    let url = server.url().to_owned();
    let status = server.cached(cache.path(), ["status"]).arguments(wishes);
    // There is no prompt.
    drop(server);
    let finished = status.succeeds();
    assert_eq!(finished.stderr, "");
    let fingerprint = Fingerprint::from_ks(&Ks::new(ks.trim_end()));
    let text: Vec<&str> = finished.stdout.lines().collect();
    assert!(text[11].starts_with("Session of bob, valid for "), "{finished:#?}");
    let others: Vec<&str> =
        text.iter().enumerate().filter(|(place, _)| ![11, 13].contains(place)).map(|it| *it.1).collect();
    let expected = format!(
        "No profile
  service URL {url} (variable KALTURA_SERVICE_URL)
  partner     1234567 (variable KALTURA_PARTNER_ID)
  app token   0_importer (variable KALTURA_APP_TOKEN_ID)
  hash type   SHA256 (variable KALTURA_APP_TOKEN_HASH_TYPE)
  user        bob (option --user)
  type        not given
  lifetime    1h (option --lifetime)
  privileges  not given
  widget      not given
  token value variable KALTURA_APP_TOKEN
  type        USER
  privileges  {GRANTED}
  KS          version 2, fingerprint {fingerprint}
  current     yes (`kaltura ks` will use it)"
    );
    assert_eq!(others, expected.lines().collect::<Vec<_>>());
}

#[test]
fn with_json_it_is_a_document() {
    let server = server_for_any_user();
    let ks = server.kaltura(["login", "--ks-only", "--lifetime=1h"]).succeeds().stdout;
    let finished = status(&server, &["--json", "--hash-type=md5", "--lifetime=1h"]).ends_with(0);
    assert_eq!(finished.stderr, "");
    let mut document = finished.document();
    let left = document["sessions"][0]["expiresIn"].take().as_i64().unwrap();
    assert!((3_500..=3_600).contains(&left), "{left}");
    assert!(document["sessions"][0]["expiry"].take().is_i64());
    let by_variable =
        |value: &str, name: &str| json!({ "value": value, "origin": format!("variable {name}") });
    let unset = json!({ "value": null, "origin": null });
    let expected = json!({
        "good": true,
        "verified": false,
        "profile": null,
        "settings": {
            "serviceUrl": by_variable(server.url(), "KALTURA_SERVICE_URL"),
            "partnerId": { "value": 1_234_567, "origin": "variable KALTURA_PARTNER_ID" },
            "appTokenId": by_variable("0_importer", "KALTURA_APP_TOKEN_ID"),
            "hashType": { "value": "MD5", "origin": "option --hash-type" },
            "userId": unset, "sessionType": unset, "lifetime": { "value": "1h", "origin": "option --lifetime" },
            "privileges": unset, "widgetId": unset,
        },
        "wrong": [],
        "appToken": { "origin": "variable KALTURA_APP_TOKEN" },
        "sessions": [{
            "userId": null, "sessionType": "USER", "privileges": GRANTED, "expiry": null, "expiresIn": null,
            "fingerprint": Fingerprint::from_ks(&Ks::new(ks.trim_end())).to_string(),
            "current": true,
        }],
        "missing": null,
        "warnings": [],
    });
    assert_eq!(document, expected);
}

#[test]
fn the_one_in_use_stands_first_and_the_one_that_lives_longest_next() {
    let server = server_for_any_user();
    for wishes in [&["--lifetime=1h"][..], &["--user=bob"], &["--user=carol", "--lifetime=2h"]] {
        server.kaltura(["ks"]).arguments(wishes).succeeds();
    }
    let users = |options: &[&str]| {
        let document = status(&server, &[&["--json"], options].concat()).document();
        let sessions = document["sessions"].as_array().unwrap();
        sessions.iter().map(|one| one["userId"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(users(&[]), ["bob", "carol", "-"]);
    assert_eq!(users(&["--lifetime=1h"]), ["-", "bob", "carol"]);
}

#[test]
fn what_is_missing_is_shown() {
    let finished = Kaltura::new(["status"]).run().ends_with(3);
    let expected = "\
No profile
  service URL https://www.kaltura.com (default)
  partner     not given
  app token   not given
  hash type   not given
  user        not given
  type        not given
  lifetime    not given
  privileges  not given
  widget      not given
  token value not given
No valid session: --partner-id, --app-token-id, --hash-type, the app token value are missing.
";
    finished.writes(expected, "");
    let document = Kaltura::new(["status", "--json", "--partner-id=1"]).run().ends_with(3);
    assert_eq!(document.stderr, "");
    let document = document.document();
    assert_eq!(
        (&document["good"], &document["missing"]),
        (&json!(false), &json!("--app-token-id, --hash-type, the app token value are missing"))
    );
}

#[test]
fn what_is_wrong_is_shown_and_not_quoted() {
    let finished = Kaltura::new(["status", "--app-token-id", VALUE])
        .env("KALTURA_PARTNER_ID", "hush")
        .env("KALTURA_LIFETIME", "hush")
        .env("KALTURA_SERVICE_URL", "https://me:hush@example.com")
        .env("KALTURA_APP_TOKEN", "")
        .run()
        .ends_with(2);
    assert_eq!(finished.stderr, "");
    assert!(!finished.stdout.contains("hush") && !finished.stdout.contains(VALUE), "{finished:#?}");
    for line in [
        "  service URL variable KALTURA_SERVICE_URL: KALTURA_SERVICE_URL is invalid: ",
        "  partner     variable KALTURA_PARTNER_ID: the value of KALTURA_PARTNER_ID is invalid: ",
        "  app token   (not an app token id) (option --app-token-id)",
        "  lifetime    variable KALTURA_LIFETIME: the value of KALTURA_LIFETIME is invalid: not a duration",
        "  token value variable KALTURA_APP_TOKEN: KALTURA_APP_TOKEN is set, but empty",
        "Invalid settings: service URL, partner, lifetime",
    ] {
        assert!(finished.stdout.lines().any(|shown| shown.starts_with(line)), "{line}\n{finished:#?}");
    }
}

#[test]
fn a_session_that_has_ended_is_not_good() {
    let server = server_for_any_user();
    server.kaltura(["ks", "--lifetime=1h"]).succeeds();
    let_it_end(&cache_file(server.cache.path(), ".session"));
    let finished = status(&server, &["--lifetime=1h"]).ends_with(3);
    assert_eq!(finished.stdout.lines().nth(11), Some("No valid session. Run `kaltura login`."));
    let document = status(&server, &["--json"]).ends_with(3).document();
    assert_eq!((&document["good"], &document["sessions"]), (&json!(false), &json!([])));
}

#[test]
fn a_broken_cache_is_told() {
    let server = server_for_any_user();
    server.kaltura(["ks"]).succeeds();
    fs::write(cache_file(server.cache.path(), ".session"), "{").unwrap();
    let text = status(&server, &[]).ends_with(3).saying("note: session cache:");
    assert!(text.stdout.ends_with("No valid session. Run `kaltura login`.\n"), "{text:#?}");
    let document = status(&server, &["--json"]).ends_with(3);
    assert_eq!(document.stderr, "");
    assert_eq!(document.document()["warnings"].as_array().map(Vec::len), Some(1));
    let nowhere = server.cached(Path::new(""), ["status"]).run().ends_with(3);
    let text = nowhere.saying("note: there is no place for the session cache");
    assert!(text.stdout.ends_with("the reason in the note: each command logs in.\n"), "{text:#?}");
}

#[test]
fn no_secret_is_shown() {
    let server = server_for_any_user();
    let ks = server.kaltura(["ks"]).succeeds().stdout;
    for form in [&[][..], &["--json"]] {
        let finished = status(&server, form).ends_with(0);
        let said = finished.stdout + &finished.stderr;
        assert!(!said.contains(VALUE) && !said.contains(&ks[..16]), "{said}");
    }
}
