//! Calls that are shown and not sent.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok};

const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
const PIPED: &str = r#"{"secret":"hush","note":"a$HOME `id` \\ \" ü"}"#;

fn call(url: &str, arguments: &[&str]) -> Kaltura {
    Kaltura::new(["call", "media.get", "entryId=0_a", "-", "--service-url", url])
        .arguments(arguments.iter().copied())
        .env("KALTURA_KS", KS)
        .stdin(PIPED)
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_dry_run_shows_what_would_be_sent_without_its_secrets() {
    let server = OddServer::answering(ok("application/json", "true"));
    let shown = call(&server.url, &["--dry-run"]).run_in_process().ends_with(0);
    assert_eq!(shown.stderr, "");
    assert_eq!(server.requests.try_iter().count(), 0);
    assert!(!shown.stdout.contains("hush") && !shown.stdout.contains("djJ8"), "{shown:#?}");
    let (head, shown) = shown.stdout.split_once("\n\n").unwrap();
    let url = format!("{}/api_v3/service/media/action/get?format=1", server.url);
    assert_eq!(head, format!("POST {url}\nContent-Type: application/json"));
    let mut shown: Value = serde_json::from_str(shown).unwrap();

    call(&server.url, &[]).run_in_process().ends_with(0);
    let request = server.requests.recv().unwrap();
    assert!(request.starts_with("POST /api_v3/service/media/action/get?format=1 "), "{request}");
    assert_eq!((shown["ks"].take(), shown["secret"].take()), (json!("(redacted)"), json!("(redacted)")));
    let mut sent = body(&request);
    assert_eq!((sent["ks"].take(), sent["secret"].take()), (json!(KS), json!("hush")));
    assert_eq!(shown, sent);
}

#[test]
fn a_dry_run_needs_no_credentials() {
    let shown = Kaltura::new(["call", "media.list", "--dry-run", "--json"]).run_in_process().ends_with(0);
    let document = shown.document();
    assert_eq!(document["url"], "https://www.kaltura.com/api_v3/service/media/action/list?format=1");
    assert_eq!((&document["method"], &document["contentType"]), (&json!("POST"), &json!("application/json")));
    assert_eq!(document["body"]["ks"], "(redacted)");
    let anonymous =
        Kaltura::new(["call", "a.b", "--dry-run", "--json", "--anonymous"]).run_in_process().ends_with(0);
    assert!(anonymous.document()["body"].get("ks").is_none());
}

/// The shell is real, and curl is a script that writes down what it gets.
#[cfg(unix)]
#[test]
fn the_command_of_curl_sends_the_same() {
    use std::os::unix::fs::PermissionsExt as _;

    let server = OddServer::answering(ok("application/json", "true"));
    call(&server.url, &[]).run_in_process().ends_with(0);
    let sent = body(&server.requests.recv().unwrap());
    let script = call(&server.url, &["--curl"]).run_in_process().ends_with(0).stdout;

    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl");
    std::fs::write(&curl, "#!/bin/sh\nfor one in \"$@\"; do echo \"$one\"; done\necho ---\nexec cat\n")
        .unwrap();
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let mut shell = Command::new("/bin/sh")
        .env_clear()
        .envs([("PATH", path.as_str()), ("KALTURA_KS", KS), ("KALTURA_SECRET", "hush"), ("HOME", "home")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap();
    let (arguments, piped) = output.split_once("---\n").unwrap();
    assert!(
        arguments.contains("Content-Type: application/json") && !arguments.contains("djJ8"),
        "{arguments}"
    );
    assert!(arguments.contains(&format!("{}/api_v3/service/media/action/get?format=1", server.url)));
    assert_eq!(serde_json::from_str::<Value>(piped).unwrap(), sent);
}
