//! What `kaltura status` takes for good: only the session that `kaltura ks` would take.

use serde_json::json;

use crate::support::invocation::Finished;
use crate::support::server::{TestServer, server_for_any_user};

fn status(server: &TestServer, options: &[&str]) -> Finished {
    server.kaltura(["status"]).arguments(options).run()
}

/// A script that asks before it logs in must not be told that all is well.
#[test]
fn a_session_that_was_asked_for_otherwise_is_not_good() {
    let server = server_for_any_user();
    server.kaltura(["ks"]).succeeds();
    status(&server, &[]).ends_with(0);
    let other = status(&server, &["--user=alice"]).ends_with(3);
    assert_eq!(other.stderr, "");
    assert!(other.stdout.contains("\nSession of (none, anonymous session), valid for "), "{other:#?}");
    let end = "\nNone of these matches the current settings. Run `kaltura login`.\n";
    assert!(other.stdout.ends_with(end), "{other:#?}");
    let document = status(&server, &["--user=alice", "--json"]).ends_with(3).document();
    assert_eq!((&document["good"], &document["sessions"][0]["current"]), (&json!(false), &json!(false)));
    // The login that it then makes is enough.
    server.kaltura(["login", "--user=alice"]).succeeds();
    status(&server, &["--user=alice"]).ends_with(0);
}

/// What is taken from the cache needs no token, so that only a login would miss it.
#[test]
fn a_token_that_is_not_there_is_told() {
    let server = server_for_any_user();
    let told = |options: &[&str]| status(&server, options);
    let missing = "--app-token-file=/no/such/file";
    let line = "\n  token value file /no/such/file: there is no such file\n";
    let text = told(&[missing]).ends_with(3).stdout;
    let end = "\nNo valid session, and no token value for a login.\n";
    assert!(text.contains(line) && text.ends_with(end), "{text}");
    let there = tempfile::NamedTempFile::new().unwrap();
    let there = format!("--app-token-file={}", there.path().display());
    assert!(told(&[&there]).ends_with(3).stdout.ends_with("\nNo valid session. Run `kaltura login`.\n"));

    server.kaltura(["ks"]).succeeds();
    assert!(told(&[missing]).ends_with(0).stdout.contains(line));
    let document = told(&[missing, "--json"]).ends_with(0).document();
    let expected = json!({ "origin": "file /no/such/file", "problem": "there is no such file" });
    assert_eq!((&document["appToken"], &document["wrong"]), (&expected, &json!([])));
}

#[test]
fn with_a_wrong_setting_no_session_is_good() {
    let server = server_for_any_user();
    server.kaltura(["ks"]).succeeds();
    for (variable, name, label) in [
        ("KALTURA_LIFETIME", "lifetime", "lifetime"),
        ("KALTURA_SESSION_TYPE", "sessionType", "type"),
        ("KALTURA_PRIVILEGES", "privileges", "privileges"),
        ("KALTURA_APP_TOKEN_HASH_TYPE", "hashType", "hash type"),
        ("KALTURA_PARTNER_ID", "partnerId", "partner"),
        ("KALTURA_SERVICE_URL", "serviceUrl", "service URL"),
    ] {
        let status = |options: &[&str]| {
            let command = server.kaltura(["status"]).arguments(options);
            command.env(variable, "a:b c,").run().ends_with(2)
        };
        // As `kaltura ks` ends.
        server.kaltura(["ks"]).env(variable, "a:b c,").fails(2);
        let text = status(&[]);
        let end = format!("\nInvalid settings: {label}\n");
        assert!(text.stdout.ends_with(&end) && !text.stdout.contains("  current "), "{text:#?}");
        // There is no request with it. The end of the session may be shown a second later.
        let without_end = |text: &str| {
            text.lines().filter(|line| !line.starts_with("  expires ")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without_end(&status(&["--verify"]).stdout), without_end(&text.stdout));
        let json = status(&["--json"]);
        let document = json.document();
        assert_eq!(json.stderr, "");
        assert_eq!((&document["good"], &document["wrong"]), (&json!(false), &json!([name])));
        assert!(document["settings"][name]["problem"].is_string(), "{document}");
        assert!(document["sessions"].as_array().unwrap().iter().all(|one| one["current"] == false));
    }
}
