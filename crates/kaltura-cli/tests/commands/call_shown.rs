//! Calls that are shown and not sent.

use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{OddServer, ok};
use crate::support::server::KS;

const PIPED: &str = r#"{"secret":"hush","note":"a$HOME `id` \\ \" ü"}"#;

fn call(url: &str, arguments: &[&str]) -> Kaltura {
    Kaltura::new(["call", "media.get", "entryId=0_a", "-", "--service-url", url])
        .arguments(arguments)
        .env("KALTURA_KS", KS)
        .stdin(PIPED)
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_dry_run_shows_what_would_be_sent_without_its_secrets() {
    let server = OddServer::answering(ok("application/json", "true"));
    let shown = call(&server.url, &["--dry-run"]).succeeds();
    assert_eq!(shown.stderr, "");
    assert_eq!(server.requests.try_iter().count(), 0);
    assert!(!shown.stdout.contains("hush") && !shown.stdout.contains("djJ8"), "{shown:#?}");
    let (head, shown) = shown.stdout.split_once("\n\n").unwrap();
    let url = format!("{}/api_v3/service/media/action/get?format=1", server.url);
    assert_eq!(head, format!("POST {url}\nContent-Type: application/json"));
    let mut shown: Value = serde_json::from_str(shown).unwrap();

    call(&server.url, &[]).succeeds();
    let request = server.requests.recv().unwrap();
    assert!(request.starts_with("POST /api_v3/service/media/action/get?format=1 "), "{request}");
    assert_eq!((shown["ks"].take(), shown["secret"].take()), (json!("(redacted)"), json!("(redacted)")));
    let mut sent = body(&request);
    assert_eq!((sent["ks"].take(), sent["secret"].take()), (json!(KS), json!("hush")));
    assert_eq!(shown, sent);
}

#[test]
fn a_dry_run_needs_no_credentials() {
    let shown = Kaltura::new(["call", "media.list", "--dry-run", "--json"]).succeeds();
    let document = shown.document();
    assert_eq!(document["url"], "https://www.kaltura.com/api_v3/service/media/action/list?format=1");
    assert_eq!((&document["method"], &document["contentType"]), (&json!("POST"), &json!("application/json")));
    assert_eq!(document["body"]["ks"], "(redacted)");
    let anonymous = Kaltura::new(["call", "a.b", "--dry-run", "--json", "--anonymous"]).succeeds();
    assert!(anonymous.document()["body"].get("ks").is_none());
}
