//! A login keeps its session for the commands that come after it.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::{Finished, Kaltura, Running};
use crate::odd_server::{OddServer, ok};

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

fn run(server: &EmulatorProcess, cache: &Path, arguments: &[&str]) -> Finished {
    server.cached(cache, arguments.iter().copied()).run()
}

#[test]
fn the_next_command_takes_the_session() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let wishes = ["--lifetime=1h", "--privileges=sview:0_a"];
    let login = run(&server, cache.path(), &[&["login", "--ks-only"][..], &wishes].concat()).ends_with(0);
    let ks = server.cached(cache.path(), ["ks"]).arguments(wishes).env("KALTURA_APP_TOKEN", "");
    let other = run(&server, cache.path(), &["ks"]).ends_with(0).stdout;
    drop(server);
    assert_eq!(ks.run().ends_with(0).stdout, login.stdout);
    assert_ne!(other, login.stdout);
}

#[test]
fn a_login_is_always_fresh_and_takes_the_place_of_the_one_before() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let mut before = run(&server, cache.path(), &["ks"]).ends_with(0).stdout;
    for _ in 0..2 {
        let login = run(&server, cache.path(), &["login", "--ks-only"]).ends_with(0);
        assert_ne!(login.stdout, before);
        assert_eq!(login.stderr, "");
        before = run(&server, cache.path(), &["ks"]).ends_with(0).stdout;
        assert_eq!(login.stdout, before);
    }
}

#[test]
fn a_refused_login_leaves_the_one_before() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let before = run(&server, cache.path(), &["login", "--ks-only"]).ends_with(0).stdout;
    run(&server, cache.path(), &["login", "--hash-type=MD5"]).fails_with(3);
    assert_eq!(run(&server, cache.path(), &["ks"]).ends_with(0).stdout, before);
}

#[test]
fn a_found_hash_type_is_no_other_session() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let detected = ["login", "--ks-only", "--hash-type=MD5", "--detect-hash-type"];
    let login = run(&server, cache.path(), &detected).ends_with(0);
    assert_eq!(run(&server, cache.path(), &["ks"]).ends_with(0).stdout, login.stdout);
}

#[test]
fn many_that_log_in_at_once_leave_the_session_of_one_of_them() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let login = || server.cached(cache.path(), ["login", "--ks-only"]).start();
    let running: Vec<Running> = (0..8).map(|_| login()).collect();
    let all: Vec<String> = running.into_iter().map(|one| one.wait().ends_with(0).stdout).collect();
    let kept = run(&server, cache.path(), &["ks"]).ends_with(0);
    assert_eq!(kept.stderr, "");
    assert!(all.contains(&kept.stdout), "{kept:?} {all:?}");
}

#[test]
fn a_cache_that_can_not_be_used_is_a_note() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    for (cache, why) in [
        (blocked.as_path(), "note: session store: "),
        (Path::new(""), "note: there is no place for the session cache: set HOME or KALTURA_CACHE_DIR"),
    ] {
        let text = run(&server, cache, &["login", "--ks-only"]).ends_with(0);
        assert_eq!((text.stdout.lines().count(), text.stderr.matches("note:").count()), (1, 1), "{text:#?}");
        text.saying(why);
        let document = run(&server, cache, &["login", "--json"]).ends_with(0);
        assert_eq!(document.stderr, "");
        let document = document.document();
        let warnings = document["warnings"].as_array().unwrap();
        assert!(warnings.len() == 1 && why.contains(&warnings[0].as_str().unwrap()[..8]), "{document}");
    }
}

#[test]
fn a_session_whose_end_is_not_known_is_not_kept() {
    let odd = OddServer::echoing(|request| {
        let service = if request.contains("/service/session/") { "session" } else { "appToken" };
        let ks = format!("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jttz{service}");
        ok("application/json", &json!({ "partnerId": 1, "ks": ks, "userId": 0 }).to_string())
    });
    let cache = tempfile::tempdir().unwrap();
    let command = |name| {
        Kaltura::new([name, "--service-url", &odd.url, "--partner-id=1", "--app-token-id=0_a"])
            .arguments(["--hash-type=SHA1"])
            .env("KALTURA_APP_TOKEN", VALUE)
            .env("KALTURA_CACHE_DIR", text_of(cache.path()))
    };
    let login = command("login").arguments(["--ks-only"]).run().ends_with(0);
    login.saying("note: the server did not report when the session expires, so it is not cached");
    command("status").run().ends_with(3);
    let document = command("login").arguments(["--json"]).run().ends_with(0).document();
    for name in ["sessionType", "expiry", "expiresIn"] {
        assert!(document[name].is_null(), "{name}: {document}");
    }
    assert!(command("login").run().ends_with(0).stdout.contains("  expires    not reported\n"));
}
