//! A KS that is good for some time.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok};

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([
        token("0_importer", VALUE, json!({ "sessionUserId": null })),
        token("0_disabled", VALUE, json!({ "status": "disabled" })),
    ]))
}

#[test]
fn the_second_one_comes_from_the_cache() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let first = server.cached(cache.path(), ["ks"]).run().ends_with(0);
    assert!(first.stdout.starts_with("djJ8") && first.stdout.lines().count() == 1, "{first:#?}");
    assert_eq!(first.stderr, "");
    // Neither the server nor the token is needed for it.
    let again = server.cached(cache.path(), ["ks"]).env("KALTURA_APP_TOKEN", "");
    drop(server);
    let again = again.run().ends_with(0);
    assert_eq!((&again.stdout, again.stderr.as_str()), (&first.stdout, ""));
}

#[test]
fn a_fresh_one_takes_the_place_of_the_one_before() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks =
        |arguments: &[&str]| server.cached(cache.path(), arguments.iter().copied()).run().ends_with(0).stdout;
    let (first, fresh) = (ks(&["ks"]), ks(&["ks", "--fresh"]));
    assert_ne!(first, fresh);
    assert_eq!(ks(&["ks"]), fresh);
}

#[test]
fn other_wishes_are_another_session() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = |wish: &str| server.cached(cache.path(), ["ks", wish]).run().ends_with(0).stdout;
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
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = |arguments: &[&str]| {
        server.cached(cache.path(), ["ks", "--lifetime=10m"]).arguments(arguments.iter().copied()).run()
    };
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
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ks-document.schema.json");
    let (mut schema, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let index = compiler.compile(path, &mut schema).unwrap();
    for from_cache in [false, true] {
        let finished = server.cached(cache.path(), ["ks", "--json", "--lifetime=1h"]).run().ends_with(0);
        assert_eq!(finished.stderr, "");
        let mut document = finished.document();
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
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = |option: &str| server.cached(cache.path(), ["ks", option]).run();
    ks("--app-token-id=0_disabled").fails_with(3).saying("APP_TOKEN_NOT_ACTIVE");
    ks("--app-token-id=0_nosuchone").fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
    let error = server.cached(cache.path(), ["ks", "--json", "--hash-type=MD5"]).run().fails_with(3).error();
    assert_eq!(error["class"], "authentication");
    // Nothing of it is kept.
    ks("--fresh").ends_with(0);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("--service-url=http://{}", listener.local_addr().unwrap());
    drop(listener);
    ks(&url).fails_with(6).saying("could not connect");
    let odd = OddServer::answering(ok("text/html", "<p>Sign in"));
    ks(&format!("--service-url={}", odd.url)).fails_with(7).saying("HTML");
    Kaltura::new(["ks"])
        .run()
        .fails_with(2)
        .saying("--partner-id, --app-token-id, --hash-type, the app token value are missing");
    let missing = server.cached(cache.path(), ["ks", "--user=x"]).env("KALTURA_APP_TOKEN", "").run();
    missing.fails_with(2).saying("KALTURA_APP_TOKEN is set, but empty");
}

#[test]
fn a_session_whose_end_is_not_known_is_not_kept() {
    let odd = OddServer::echoing(|request| {
        let service = if request.contains("/service/session/") { "session" } else { "appToken" };
        let ks = format!("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jttz{service}");
        ok("application/json", &json!({ "partnerId": 1, "ks": ks, "userId": 0 }).to_string())
    });
    let cache = tempfile::tempdir().unwrap();
    let finished = Kaltura::new(["ks", "--service-url", &odd.url, "--partner-id=1", "--app-token-id=0_a"])
        .arguments(["--hash-type=SHA1"])
        .env("KALTURA_APP_TOKEN", VALUE)
        .env("KALTURA_CACHE_DIR", cache.path().to_str().unwrap())
        .run();
    finished.fails_with(7).saying("did not report when the session expires");
}

#[test]
fn the_value_is_piped_in_whether_it_is_needed_or_not() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = |value: &str| server.cached(cache.path(), ["ks", "--app-token-stdin"]).stdin(value).run();
    let first = ks(VALUE).ends_with(0).stdout;
    assert_eq!(ks(VALUE).ends_with(0).stdout, first);
    ks("").fails_with(2).saying("standard input is empty");
}

#[test]
fn the_session_works() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let ks = server.cached(cache.path(), ["ks"]).run().ends_with(0).stdout;
    let list = server.call(["media.list", "--json"]).env("KALTURA_KS", ks.trim_end()).run().ends_with(0);
    assert_ne!(list.document()["totalCount"], Value::Null);
}

#[test]
fn a_wrong_hash_type_is_told_also_where_the_cache_answers() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    server.cached(cache.path(), ["ks"]).run().ends_with(0);
    server.cached(cache.path(), ["ks"]).env("KALTURA_APP_TOKEN_HASH_TYPE", "foo").run().fails_with(2);
}
