//! `kaltura status`: what is set and by whom, and which sessions there are.

use std::fs;
use std::path::Path;

use kaltura_auth::Fingerprint;
use kaltura_types::Ks;
use serde_json::{Value, json};

use crate::cache_files::cache_file;
use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::{Finished, Kaltura};

const VALUE: &str = "0123456789abcdef0123456789abcdef";
const GRANTED: &str = "sessionid:0_importer,apptoken:0_importer,sview:*";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({ "sessionUserId": null }))]))
}

fn status(server: &EmulatorProcess, cache: &Path, options: &[&str]) -> Finished {
    server.cached(cache, ["status"]).arguments(options.iter().copied()).run()
}

/// A folder for settings with this profile, called `work`.
fn settings(folder: &Path, entries: &str) -> String {
    let settings = folder.join("settings");
    fs::create_dir_all(&settings).unwrap();
    fs::write(settings.join("config.toml"), format!("[profiles.work]\n{entries}\n")).unwrap();
    text_of(&settings).to_owned()
}

/// Lets the only session end.
pub(crate) fn let_it_end(cache: &Path) {
    let path = cache_file(cache, ".session");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record["content"]["expires_at_ms"] = 1.into();
    // Written into the file that is there, which keeps its mode.
    fs::write(&path, record.to_string()).unwrap();
}

#[test]
fn the_text_tells_settings_and_sessions() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let wishes = ["--user=bob", "--lifetime=1h"];
    let ks = server.cached(cache.path(), ["ks"]).arguments(wishes).run().ends_with(0).stdout;
    let url = server.url().to_owned();
    let status = server.cached(cache.path(), ["status"]).arguments(wishes);
    // There is no prompt.
    drop(server);
    let finished = status.run().ends_with(0);
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
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = server.cached(cache.path(), ["login", "--ks-only", "--lifetime=1h"]).run().ends_with(0).stdout;
    let finished =
        status(&server, cache.path(), &["--json", "--hash-type=md5", "--lifetime=1h"]).ends_with(0);
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
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    for wishes in [&["--lifetime=1h"][..], &["--user=bob"], &["--user=carol", "--lifetime=2h"]] {
        server.cached(cache.path(), ["ks"]).arguments(wishes.iter().copied()).run().ends_with(0);
    }
    let users = |options: &[&str]| {
        let document = status(&server, cache.path(), &[&["--json"], options].concat()).document();
        let sessions = document["sessions"].as_array().unwrap();
        sessions.iter().map(|one| one["userId"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(users(&[]), ["bob", "carol", "-"]);
    assert_eq!(users(&["--lifetime=1h"]), ["-", "bob", "carol"]);
}

#[test]
fn a_profile_is_told_with_who_has_chosen_it() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let marker = folder.path().join("run");
    let entries = format!(
        "service_url = '{}'\npartner_id = 1234567\napp_token_id = '0_importer'\nhash_type = 'SHA256'\n\
         token_command = 'touch {}; echo {VALUE}'\n",
        server.url(),
        marker.display()
    );
    let settings = settings(folder.path(), &entries);
    let cache = folder.path().join("cache");
    let command = |name: &str| {
        Kaltura::new([name]).env("KALTURA_CONFIG_DIR", &settings).env("KALTURA_CACHE_DIR", text_of(&cache))
    };
    let named = command("status").arguments(["--profile=work", "--region=eu"]).run().ends_with(3);
    let lines: Vec<&str> = named.stdout.lines().collect();
    let url = server.url();
    assert_eq!(
        lines[..2],
        ["Profile work (option --profile)", "  service URL https://api.eu.kaltura.com (option --region)"]
    );
    assert_eq!(lines[4], "  hash type   SHA256 (profile work)");
    assert_eq!(
        lines[10..],
        [
            "  token value token_command of profile work: it is that of another service_url",
            "No valid session, and no token value for a login."
        ]
    );
    let by_variable = command("status").env("KALTURA_PROFILE", "work").run().ends_with(3);
    let lines: Vec<&str> = by_variable.stdout.lines().collect();
    assert_eq!(lines[0], "Profile work (variable KALTURA_PROFILE)");
    assert_eq!(lines[1], format!("  service URL {url} (profile work)"));
    // The command was not run, and is not shown.
    assert!(!marker.exists() && !named.stdout.contains("touch"), "{named:#?}");

    let config = Path::new(&settings).join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("default_profile = 'work'\n{text}")).unwrap();
    if cfg!(unix) {
        command("login").run().ends_with(0);
        assert!(marker.exists());
        let good = command("status").arguments(["--json"]).run().ends_with(0).document();
        assert_eq!(good["profile"], json!({ "name": "work", "origin": "default" }));
        assert_eq!(good["sessions"][0]["current"], true);
    }
    // The value of this token is not that of another one.
    let other = command("status").arguments(["--json", "--app-token-id=0_other"]).run().ends_with(3);
    let expected = json!({
        "origin": "token_command of profile work", "problem": "it is that of another app_token_id",
    });
    assert_eq!(other.document()["appToken"], expected);
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
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), (expected, ""));
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
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    server.cached(cache.path(), ["ks", "--lifetime=1h"]).run().ends_with(0);
    let_it_end(cache.path());
    let finished = status(&server, cache.path(), &["--lifetime=1h"]).ends_with(3);
    assert_eq!(finished.stdout.lines().nth(11), Some("No valid session. Run `kaltura login`."));
    let document = status(&server, cache.path(), &["--json"]).ends_with(3).document();
    assert_eq!((&document["good"], &document["sessions"]), (&json!(false), &json!([])));
}

#[test]
fn a_broken_cache_is_told() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    server.cached(cache.path(), ["ks"]).run().ends_with(0);
    fs::write(cache_file(cache.path(), ".session"), "{").unwrap();
    let text = status(&server, cache.path(), &[]).ends_with(3).saying("note: session cache:");
    assert!(text.stdout.ends_with("No valid session. Run `kaltura login`.\n"), "{text:#?}");
    let document = status(&server, cache.path(), &["--json"]).ends_with(3);
    assert_eq!(document.stderr, "");
    assert_eq!(document.document()["warnings"].as_array().map(Vec::len), Some(1));
    let nowhere = status(&server, Path::new(""), &[]).ends_with(3);
    nowhere.saying("note: there is no place for the session cache");
}

#[test]
fn no_secret_is_shown() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = server.cached(cache.path(), ["ks"]).run().ends_with(0).stdout;
    for form in [&[][..], &["--json"]] {
        let finished = status(&server, cache.path(), form).ends_with(0);
        let said = finished.stdout + &finished.stderr;
        assert!(!said.contains(VALUE) && !said.contains(&ks[..16]), "{said}");
    }
}

#[test]
fn what_can_not_be_understood_is_a_usage_error() {
    Kaltura::new(["status", "--profile=none"]).run().fails_with(2).saying("no profile 'none' found");
    Kaltura::new(["status", "--app-token", "x"])
        .run()
        .fails_with(2)
        .saying("cannot be passed as an argument");
    let error = Kaltura::new(["status", "--json", "--profile=none"]).run().fails_with(2).error();
    assert_eq!(error["class"], "usage");
}
