//! What a KS shows, with the secret and without.

use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, Ks, PartnerId, SessionType, UnixTime};
use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::server::{ADMIN_SECRET, SECOND, server, shown, text_of};

/// In the year 2096, when no test runs any more.
const LATE: i64 = 4_000_000_000;
const EARLY: i64 = 1_500_000_000;

fn fields(expiry: i64) -> KsFields {
    KsFields::new(PartnerId::new(1_234_567), SessionType::Admin, UnixTime::from_seconds(expiry))
        .user("alice")
        .privileges("list:*,sessionid:0_importer,iprestrict:10.0.0.1/10.0.0.2")
}

fn version_2(expiry: i64) -> Ks {
    fields(expiry).sign_v2(&AdminSecret::new(ADMIN_SECRET), [7; 16]).unwrap()
}

fn version_1(expiry: i64) -> Ks {
    fields(expiry).sign_v1(&AdminSecret::new(ADMIN_SECRET), "1795492797.0552").unwrap()
}

fn inspect(ks: &Ks) -> Kaltura {
    Kaltura::new(["inspect"]).env("KALTURA_KS", ks.expose())
}

fn opened(ks: &Ks) -> Kaltura {
    inspect(ks).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
}

#[test]
fn without_the_secret_version_2_shows_its_outside() {
    let ks = version_2(LATE);
    let finished = inspect(&ks).succeeds();
    let expected = format!(
        "KS version 2, fingerprint {}, {} characters\n  partner    1234567\n  signature  not verified\n",
        kaltura_auth::Fingerprint::from_ks(&ks),
        ks.expose().len(),
    );
    assert_eq!(finished.stdout, expected);
    let finished = finished.saying("note: the rest is encrypted").saying("--admin-secret-stdin");
    assert!(!finished.stderr.contains("djJ8"));

    let document = inspect(&ks).answer();
    assert_eq!((&document["claims"], &document["proven"]), (&Value::Null, &json!(false)));
}

#[test]
fn with_the_secret_all_is_shown() {
    for (ks, version) in [(version_2(LATE), 2), (version_1(LATE), 1)] {
        let finished = opened(&ks).succeeds();
        assert_eq!(finished.stderr, "");
        let (before, after) = finished.stdout.split_once(", in ").unwrap();
        let expected = format!(
            "KS version {version}, fingerprint {}, {} characters\n  partner    1234567\n  \
             signature  valid, by the given admin secret\n  user       alice\n  type       ADMIN\n  \
             expires    {}",
            kaltura_auth::Fingerprint::from_ks(&ks),
            ks.expose().len(),
            shown(LATE, SECOND),
        );
        assert_eq!(before, expected);
        let (left, rest) = after.split_once('\n').unwrap();
        assert!(left.contains("days"), "{left}");
        assert_eq!(
            rest,
            "  privileges list:*,sessionid:0_importer,iprestrict:10.0.0.1/10.0.0.2\n  \
               restricted only from 10.0.0.1, 10.0.0.2\n  \
               group      0_importer (session.end ends all its sessions)\n"
        );
    }
}

#[test]
fn what_few_sessions_say_is_shown_in_lines_of_its_own() {
    let few =
        fields(LATE).user("a\u{1b}lice").privileges("actionslimit:3").master_partner(PartnerId::new(99));
    let ks = few.additional_data("note").sign_v2(&AdminSecret::new(ADMIN_SECRET), [7; 16]).unwrap();
    let finished = opened(&ks).succeeds();
    for line in [
        "  user       a lice\n",
        "  restricted valid for 3 calls\n",
        "  master     partner 99, which impersonates this one\n",
        "  data       note\n",
    ] {
        assert!(finished.stdout.contains(line), "{line:?} is not in {finished:#?}");
    }
}

#[test]
fn a_semicolon_in_a_field_of_version_1_is_named() {
    let (fields, secret) = (fields(LATE).user("a;b"), AdminSecret::new(ADMIN_SECRET));
    opened(&fields.sign_v1_unchecked(&secret, "1.5")).succeeds().saying("this version 1 KS contains a `;`");
    assert_eq!(opened(&fields.sign_v2(&secret, [7; 16]).unwrap()).succeeds().stderr, "");
}

#[test]
fn with_json_it_is_a_document() {
    let ks = version_2(LATE);
    let mut document = opened(&ks).answer();
    assert!(document["claims"]["expiresIn"].take().as_i64().is_some_and(|left| left > 0 && left < LATE));
    let expected = json!({
        "version": 2, "partnerId": 1_234_567, "fingerprint": kaltura_auth::Fingerprint::from_ks(&ks).to_string(),
        "length": ks.expose().len(), "proven": true,
        "claims": {
            "userId": "alice", "sessionType": "ADMIN", "admin": true, "widgetSession": false,
            "expiry": LATE, "expiresIn": null, "expired": false,
            "privileges": "list:*,sessionid:0_importer,iprestrict:10.0.0.1/10.0.0.2",
            "restrictions": {
                "actionsLimit": null, "addresses": ["10.0.0.1", "10.0.0.2"], "uris": null, "role": null,
            },
            "group": "0_importer", "groupHash": document["claims"]["groupHash"],
            "masterPartnerId": null, "additionalData": null,
        },
    });
    assert_eq!(document, expected);
    assert_eq!(document["claims"]["groupHash"].as_str().map(str::len), Some(40));
}

#[test]
fn a_session_that_is_over_says_so() {
    let finished = opened(&version_2(EARLY)).succeeds();
    let line = format!("expires    {} (expired)\n", shown(EARLY, SECOND));
    assert!(finished.stdout.contains(&line), "{finished:#?}");
    let claims = opened(&version_2(EARLY)).answer();
    assert_eq!((&claims["claims"]["expired"], &claims["claims"]["expiresIn"]), (&json!(true), &json!(0)));
}

#[test]
fn version_1_needs_no_secret_and_proves_nothing() {
    let finished = inspect(&version_1(LATE)).succeeds();
    assert!(finished.stdout.contains("user       alice\n"), "{finished:#?}");
    finished.saying("note: the signature was not verified, so anyone may have written this");
}

#[test]
fn the_session_of_a_login_is_opened() {
    let server = server();
    let ks = server.login(["--ks-only"]).succeeds().stdout;
    let folder = tempfile::tempdir().unwrap();
    let (ks_file, secret_file) = (folder.path().join("ks"), folder.path().join("secret"));
    std::fs::write(&ks_file, &ks).unwrap();
    std::fs::write(&secret_file, format!("{ADMIN_SECRET}\n")).unwrap();
    let inspect = || Kaltura::new(["inspect", "--json"]);
    for one in [
        inspect().arguments(["--ks-stdin", "--admin-secret-file", text_of(&secret_file)]).stdin(ks.clone()),
        inspect().arguments(["--ks-file", text_of(&ks_file), "--admin-secret-stdin"]).stdin(ADMIN_SECRET),
        inspect().arguments(["--ks-file", text_of(&ks_file)]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET),
    ] {
        let document = one.succeeds().document();
        assert_eq!(document["claims"]["userId"], "alice");
        assert_eq!(document["claims"]["group"], "0_importer");
    }
}

#[test]
fn another_secret_is_an_authentication_failure() {
    for ks in [version_2(LATE), version_1(LATE)] {
        let wrong = || inspect(&ks).env("KALTURA_ADMIN_SECRET", "f9e8d7c6b5a493827160f5e4d3c2b1a0");
        let finished = wrong().fails(3).saying("signed with none of the admin secrets");
        assert!(!finished.saying("account 1234567").stderr.contains("f9e8"));
        assert_eq!(wrong().arguments(["--json"]).fails(3).error()["class"], "authentication");
    }
}

#[test]
fn what_is_no_ks_is_a_usage_error_and_not_quoted() {
    let whole = version_2(LATE);
    for text in ["hush", "Service unavailable", &whole.expose()[..10], &format!("ks={}", whole.expose())] {
        let finished = inspect(&Ks::new(text)).fails(2).saying("not a KS");
        let finished = finished.saying(&format!("The text has {} characters", text.len()));
        assert!(!finished.stderr.contains(&text[..4]), "{finished:#?}");
    }
    let bracketed =
        fields(LATE).privileges("a[b]:1").sign_v2_unchecked(&AdminSecret::new(ADMIN_SECRET), [7; 16]);
    opened(&bracketed).fails(2).saying("on which the server");
}
