//! Batches that are shown and not sent.

use serde_json::{Value, json};

use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok};

const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

fn batch(url: &str, more: &[&str]) -> Kaltura {
    let calls = json!([
        { "call": "media.list", "params": { "pager": { "pageSize": 1 } } },
        { "call": "user.loginByLoginId", "params": { "password": "hush", "ids": [{ "$result": "1.objects.0.id" }] } },
        { "call": "media.get", "params": { "ks": KS, "note": "a$HOME `id` \" ü" } },
    ]);
    let batch = Kaltura::new(["batch", "--service-url", url]).env("KALTURA_KS", "first");
    batch.arguments(more.iter().copied()).stdin(calls.to_string())
}

#[test]
fn a_dry_run_shows_what_would_be_sent_without_its_secrets() {
    let server = OddServer::answering(ok("application/json", "[true, true, true]"));
    let shown = batch(&server.url, &["--dry-run"]).run().ends_with(0);
    assert_eq!(shown.stderr, "");
    assert_eq!(server.requests.try_iter().count(), 0);
    for secret in ["hush", "djJ8", "first"] {
        assert!(!shown.stdout.contains(secret), "{shown:#?}");
    }
    let (head, body) = shown.stdout.split_once("\n\n").unwrap();
    let url = format!("{}/api_v3/service/multirequest?format=1", server.url);
    assert_eq!(head, format!("POST {url}\nContent-Type: application/json"));
    let shown: Value = serde_json::from_str(body).unwrap();
    assert_eq!(shown["2"]["ids"], json!(["{1:result:objects:0:id}"]));

    batch(&server.url, &[]).run().ends_with(0);
    let request = server.requests.recv().unwrap();
    assert!(request.starts_with("POST /api_v3/service/multirequest?format=1 "), "{request}");
    let mut sent: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let secrets = [("/1/ks", "first"), ("/2/ks", "first"), ("/2/password", "hush"), ("/3/ks", KS)];
    for (place, secret) in secrets {
        assert_eq!(sent.pointer(place), Some(&json!(secret)), "{place}");
        *sent.pointer_mut(place).unwrap() = json!("(redacted)");
    }
    assert_eq!(shown, sent);
}

#[test]
fn a_dry_run_needs_no_credentials_and_finds_mistakes() {
    let dry_run = |calls: &str| Kaltura::new(["batch", "--dry-run", "--json"]).stdin(calls).run();
    let document = dry_run("[{\"call\":\"a.b\"}]").ends_with(0).document();
    assert_eq!(document["url"], "https://www.kaltura.com/api_v3/service/multirequest?format=1");
    let first = json!({ "ks": "(redacted)", "service": "a", "action": "b" });
    assert_eq!(document["body"]["1"], first);
    dry_run("[]").fails_with(2).saying("there is no call");
    dry_run("[{\"call\":\"a.b\"},{\"call\":\"a.b\",\"params\":{\"x\":\"{1:result}\"}}]").fails_with(2);
    let anonymous =
        Kaltura::new(["batch", "--dry-run", "--json", "--anonymous"]).stdin("[{\"call\":\"a.b\"}]");
    assert_eq!(
        anonymous.run().ends_with(0).document()["body"]["1"],
        json!({ "service": "a", "action": "b" })
    );
}

#[test]
fn the_command_of_curl_has_one_variable_for_the_session() {
    let shown = batch("https://www.kaltura.com", &["--curl"]).run().ends_with(0).stdout;
    assert!(shown.starts_with("# Needs KALTURA_KS, KALTURA_2_PASSWORD, KALTURA_3_KS.\ncurl "), "{shown}");
    assert_eq!(shown.matches("\"ks\":\"${KALTURA_KS}\"").count(), 2, "{shown}");
    assert!(shown.contains("\"note\":\"a\\$HOME \\`id\\` \\\\\" ü\""), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains("djJ8"), "{shown}");
}
