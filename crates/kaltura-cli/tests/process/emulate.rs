//! `kaltura emulate`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::emulator_process::{EmulatorProcess, NOW, text_of, token};
use crate::invocation::{Finished, Kaltura};

fn with_seed_text(seed: &str) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.json");
    std::fs::write(&path, seed).unwrap();
    Kaltura::new(["emulate", "--seed", text_of(&path)]).run()
}

#[test]
fn the_first_line_is_all_that_a_login_needs() {
    let server = EmulatorProcess::start([]);
    let names: Vec<&String> = server.greeting.as_object().unwrap().keys().collect();
    assert_eq!(names, ["url", "partnerId", "adminSecret", "userSecret", "appToken"]);
    let names: Vec<&String> = server.greeting["appToken"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "token", "hashType"]);
    assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
    server.login(["--ks-only"]).run().ends_with(0);
}

#[test]
fn without_a_seed_the_secrets_are_new_each_time() {
    let (one, other) = (EmulatorProcess::start([]), EmulatorProcess::start([]));
    for secret in ["/adminSecret", "/userSecret", "/appToken/token"] {
        assert_eq!(one.told(secret).len(), 32, "{secret}");
        assert_ne!(one.told(secret), other.told(secret), "{secret}");
    }
}

#[test]
fn a_seed_is_served_and_its_usable_token_is_told() {
    let tokens = json!([
        token("0_disabled", "11111111111111111111111111111111", json!({ "status": "disabled" })),
        token("0_md5", "22222222222222222222222222222222", json!({ "hashType": "MD5" })),
        token("0_sha256", "33333333333333333333333333333333", json!({})),
    ]);
    let server = EmulatorProcess::with_tokens(tokens);
    assert_eq!(server.greeting["partnerId"], 1_234_567);
    assert_eq!(
        server.greeting["appToken"],
        json!({ "id": "0_sha256", "token": "33333333333333333333333333333333", "hashType": "SHA256" })
    );
    let login = server.login(["--app-token-id=0_md5", "--hash-type=MD5", "--ks-only"]);
    login.env("KALTURA_APP_TOKEN", "22222222222222222222222222222222").run().ends_with(0);
}

#[test]
fn the_clock_starts_where_it_is_set_and_stands_if_it_is_to() {
    let expiry = |server: &EmulatorProcess| {
        server.login(["--json", "--lifetime=1h"]).run().ends_with(0).document()["expiry"].as_i64().unwrap()
    };
    let end = NOW.parse::<i64>().unwrap() + 3600;
    let frozen = EmulatorProcess::start(["--at", NOW, "--freeze"]);
    assert_eq!((expiry(&frozen), expiry(&frozen)), (end, end));
    let running = EmulatorProcess::start(["--at", NOW]);
    assert!((end..end + 60).contains(&expiry(&running)));
    let stopped_now = EmulatorProcess::start(["--freeze"]);
    let first = expiry(&stopped_now);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(expiry(&stopped_now), first);
}

#[cfg(unix)]
#[test]
fn told_to_stop_it_has_done_its_job() {
    for signal in ["TERM", "INT"] {
        let server = EmulatorProcess::start([]);
        server.login(["--ks-only"]).run().ends_with(0);
        // A connection that is kept open, and one that has never said anything.
        let address = server.url().trim_start_matches("http://").to_owned();
        let mut kept = TcpStream::connect(&address).unwrap();
        kept.write_all(b"GET /api_v3/service/system/action/ping?format=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut answer = [0; 12];
        kept.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        let _silent = TcpStream::connect(&address).unwrap();

        server.running.signal(signal);
        let finished = server.wait().ends_with(0);
        assert_eq!(finished.stdout, "", "nothing but the first line");
        assert!(
            finished.stderr.starts_with("Serving an emulated Kaltura at http://127.0.0.1:"),
            "{finished:#?}"
        );
        assert!(TcpStream::connect(&address).is_err(), "the port is free");
    }
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Kaltura::new(["emulate", "--listen", &address]).run().fails_with(6);
    finished.saying(&format!("error: cannot listen on {address}")).saying("hint: Choose another address");
    let error = Kaltura::new(["emulate", "--json", "--listen", &address]).run().fails_with(6).error();
    assert_eq!(error["class"], "network");
}

#[test]
fn other_machines_are_let_in_only_by_name() {
    let refused = Kaltura::new(["emulate", "--listen", "0.0.0.0:0"]).run().fails_with(2);
    refused.saying("other machines could reach the emulator at 0.0.0.0:0").saying("--allow-remote");
    let server = EmulatorProcess::start(["--listen", "0.0.0.0:0", "--allow-remote"]);
    assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
    server.login(["--ks-only"]).run().ends_with(0);
    #[cfg(unix)]
    {
        server.running.signal("TERM");
        server.wait().ends_with(0).saying("note: other machines can reach the emulator");
    }
}

#[test]
fn a_seed_that_can_not_be_used_is_told_with_the_place_and_without_its_secrets() {
    let missing = Kaltura::new(["emulate", "--seed", "no-such-file.json"]).run().fails_with(2);
    missing.saying("cannot read the seed no-such-file.json");
    with_seed_text("{").fails_with(2).saying("line 1 column 1");
    with_seed_text(r#"{"partner": []}"#).fails_with(2).saying("unknown field `partner`");
    let orphan = json!({ "partners": [{ "id": 1 }], "widgets": [{ "id": "_2", "partnerId": 2 }] });
    with_seed_text(&orphan.to_string()).fails_with(2).saying("partner 2, which the emulator does not have");
    let secret = "c0ffee00c0ffee00c0ffee00c0ffee00";
    let misplaced = with_seed_text(&json!({ "partners": [{ "id": 1, "adminSecrets": secret }] }).to_string());
    assert!(!misplaced.fails_with(2).stderr.contains(secret));
}

#[test]
fn the_calls_of_a_seeded_server_are_real() {
    let server = EmulatorProcess::start([]);
    let address = server.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        "GET /api_v3/service/system/action/ping?format=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body, json!(true));
}
