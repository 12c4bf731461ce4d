//! A KS that is good for some time.

use serde_json::json;

use crate::support::server::{TestServer, VALUE, token};

fn server() -> TestServer {
    TestServer::with_tokens(&json!([
        token("0_importer", VALUE, json!({ "sessionUserId": null })),
        token("0_disabled", VALUE, json!({ "status": "disabled" })),
    ]))
}

#[test]
fn a_fresh_one_takes_the_place_of_the_one_before() {
    let server = server();
    let ks = |arguments: &[&str]| server.kaltura(arguments).succeeds().stdout;
    let (first, fresh) = (ks(&["ks"]), ks(&["ks", "--fresh"]));
    assert_ne!(first, fresh);
    assert_eq!(ks(&["ks"]), fresh);
}

#[test]
fn other_wishes_are_another_session() {
    let server = server();
    let ks = |wish: &str| server.kaltura(["ks", wish]).succeeds().stdout;
    let wishes = [
        "--user=a",
        "--user=b",
        "--lifetime=1h",
        "--privileges=appid:x",
        "--type=user",
        "--widget-id=_1234567",
    ];
    let all: Vec<String> = wishes.iter().map(|wish| ks(wish)).collect();
    for (place, wish) in wishes.iter().enumerate() {
        assert_eq!(&ks(wish), &all[place], "{wish}");
        assert_eq!(all.iter().filter(|ks| **ks == all[place]).count(), 1, "{wish}");
    }
}

#[test]
fn what_does_not_live_long_enough_is_not_taken() {
    let server = server();
    let ks = |arguments: &[&str]| server.kaltura(["ks", "--lifetime=10m"]).arguments(arguments).run();
    let first = ks(&[]).ends_with(0).stdout;
    assert_eq!(ks(&["--min-validity=9m"]).ends_with(0).stdout, first);
    let short = ks(&["--min-validity=20m"]).fails_with(2).saying("but 20 min are required");
    short.saying("--min-validity");
    let error = ks(&["--min-validity=20m", "--json"]).fails_with(2).error();
    assert_eq!((&error["class"], &error["retryable"]), (&json!("usage"), &json!(false)));
    // A login was tried, and what it gave is kept.
    assert_ne!(ks(&[]).ends_with(0).stdout, first);
}

#[test]
fn with_json_it_is_a_document() {
    let server = server();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ks-document.schema.json");
    let (mut schema, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let index = compiler.compile(path, &mut schema).unwrap();
    for from_cache in [false, true] {
        let mut document = server.kaltura(["ks", "--lifetime=1h"]).answer();
        assert!(schema.validate(&document, index).is_ok(), "{document}");
        assert!(document["id"].take().as_str().is_some_and(|id| id.len() == 32));
        assert!(document["ks"].take().as_str().is_some_and(|ks| ks.starts_with("djJ8")));
        assert!(document["expiresAt"].take().is_i64());
        let left = document["validFor"].take().as_i64().unwrap();
        assert!((3_500..=3_600).contains(&left), "{left}");
        let expected = json!({
            "version": 1, "ks": null, "id": null, "partnerId": 1_234_567, "userId": null, "type": "USER",
            "expiresAt": null, "validFor": null, "privileges": "sessionid:0_importer,apptoken:0_importer,sview:*", "adjustments": [],
            "fromCache": from_cache, "warnings": [], "serviceUrl": server.url(),
        });
        assert_eq!(document, expected);
    }
}

#[test]
fn a_login_that_fails_has_its_class() {
    let server = server();
    for (option, code, why) in [
        ("--app-token-id=0_disabled", 3, "APP_TOKEN_NOT_ACTIVE"),
        ("--app-token-id=0_nosuchone", 5, "APP_TOKEN_ID_NOT_FOUND"),
        ("--hash-type=MD5", 3, "INVALID_APP_TOKEN_HASH"),
        ("--service-url=http://127.0.0.1:9", 6, "could not connect"),
        // Nothing of a failure is kept.
        ("--fresh", 0, ""),
    ] {
        server.kaltura(["ks", option]).run().ends_with(code).saying(why);
    }
    let missing = server.kaltura(["ks", "--user=x"]).env("KALTURA_APP_TOKEN", "");
    missing.fails(2).saying("KALTURA_APP_TOKEN is set, but empty");
}

#[test]
fn the_value_is_piped_in_whether_it_is_needed_or_not() {
    let server = server();
    let ks = |value: &str| server.kaltura(["ks", "--app-token-stdin"]).stdin(value).run();
    let first = ks(VALUE).ends_with(0).stdout;
    assert_eq!(ks(VALUE).ends_with(0).stdout, first);
    ks("").fails_with(2).saying("standard input is empty");
}

#[test]
fn a_wrong_hash_type_is_told_also_where_the_cache_answers() {
    let server = server();
    server.kaltura(["ks"]).succeeds();
    server.kaltura(["ks"]).env("KALTURA_APP_TOKEN_HASH_TYPE", "foo").fails(2);
}
