//! What `--verbose` and `--quiet` change: the log of requests, and notes.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::invocation::{Finished, Kaltura};
use crate::support::odd_server::{OddServer, ok, whole};
use crate::support::server::{ADMIN_SECRET, TestServer, seed, text_of, token};

/// Nothing but its name tells that it is a secret.
const VALUE: &str = "correct horse battery staple";
const PASSWORD: &str = "a password in a file";
/// More than the token allows, which is noted.
const LONG: &str = "--lifetime=2d";

fn server() -> TestServer {
    TestServer::with_tokens(&json!([token("0_importer", VALUE, json!({}))]))
}

/// The lines, with the times that requests took left out.
fn without_times(text: &str) -> Vec<String> {
    let line = |line: &str| match line.split_once(" ms") {
        Some((before, after)) => format!("{} _ ms{after}", before.rsplit_once(' ').unwrap().0),
        None => line.to_owned(),
    };
    text.lines().map(line).collect()
}

/// The lines of the log as JSON, in this direction.
fn bodies(finished: &Finished, direction: &str) -> Vec<Value> {
    let lines = finished.stderr.lines().filter_map(|line| line.strip_prefix(direction));
    lines.filter_map(|line| serde_json::from_str::<Value>(line).ok().filter(Value::is_object)).collect()
}

#[test]
fn each_request_and_its_answer_are_a_line() {
    let server = server();
    let plain = server.login(["--ks-only"]).succeeds();
    assert_eq!(plain.stderr, "");
    for place in [["-v", "login"], ["login", "-v"], ["--verbose", "login"]] {
        let finished = server.kaltura(place).arguments(["--ks-only"]).succeeds();
        assert!(finished.stdout.starts_with("djJ8") && finished.stdout.lines().count() == 1, "{finished:#?}");
        let lines = without_times(&finished.stderr);
        let path = |action: &str| format!("{}/api_v3/service/{action}, ", server.url());
        let begins = [
            format!(
                "> session.startWidgetSession POST {}65 bytes",
                path("session/action/startWidgetSession")
            ),
            "< 200 in _ ms, ".to_owned(),
            format!("> appToken.startSession POST {}", path("appToken/action/startSession")),
            "< 200 in _ ms, ".to_owned(),
        ];
        assert_eq!(lines.len(), begins.len(), "{lines:#?}");
        for (line, begin) in lines.iter().zip(&begins) {
            assert!(line.starts_with(begin), "{begin:?} does not begin {line:?}");
        }
        assert!(lines[1].contains(" bytes, server kaltura-emulator, request "), "{lines:#?}");
    }
}

#[test]
fn twice_shows_what_is_in_them() {
    let server = server();
    let finished = server.login(["-vv", "--ks-only"]).succeeds();
    let (sent, came) = (bodies(&finished, "> "), bodies(&finished, "< "));
    assert_eq!((sent.len(), came.len()), (2, 2), "{finished:#?}");
    assert_eq!(sent[0]["widgetId"], "_1234567");
    assert_eq!((&sent[1]["id"], &sent[1]["tokenHash"]), (&json!("0_importer"), &json!("(redacted)")));
    assert_eq!((&sent[1]["ks"], &came[0]["ks"]), (&json!("(redacted)"), &json!("(redacted)")));
    assert_eq!((&came[1]["ks"], &came[1]["userId"]), (&json!("(redacted)"), &json!("alice")));
    let once = server.login(["-v"]).succeeds();
    assert!(bodies(&once, "> ").is_empty() && bodies(&once, "< ").is_empty(), "{once:#?}");
}

#[test]
fn a_failure_is_logged_before_it_is_told() {
    let finished = server().login(["-v", "--service-url", "http://127.0.0.1:1", "--json"]).fails(6);
    let lines: Vec<&str> = finished.stderr.lines().collect();
    let [request, answer, error] = lines[..] else { panic!("{finished:#?}") };
    let logged = |line: &str| -> String {
        serde_json::from_str::<Value>(line).unwrap()["log"].as_str().unwrap().to_owned()
    };
    let (request, answer) = (logged(request), logged(answer));
    assert!(request.starts_with("> session.startWidgetSession POST http://127.0.0.1:1/"), "{request}");
    let told = &without_times(&answer)[0];
    assert!(told.starts_with("< no answer in _ ms: could not connect to the server: "), "{told}");
    assert_eq!(serde_json::from_str::<Value>(error).unwrap()["error"]["class"], "network");
}

#[test]
fn a_body_that_is_no_json_is_told_by_its_length_and_type() {
    let headers = "Content-Type: text/html\r\nRetry-After: 7\r\n";
    let server = OddServer::answering(whole("502 Bad Gateway", headers, "<p>hush-hush</p>"));
    let finished = Kaltura::new(["call", "system.ping", "--anonymous", "-vv", "--service-url", &server.url]);
    let finished = finished.fails(7);
    let lines = without_times(&finished.stderr);
    assert_eq!(lines[2], "< 502 in _ ms, 16 bytes, retry after 7 s");
    assert_eq!(lines[3], "< a body of 16 bytes that is no JSON (text/html)");
    assert!(!finished.stderr.contains("hush"), "{finished:#?}");
}

/// All that sends something, each with how it ends.
fn commands(folder: &Path) -> Vec<(Vec<String>, i32)> {
    let path = |name: &str| text_of(&folder.join(name)).to_owned();
    std::fs::write(folder.join("password"), PASSWORD).unwrap();
    std::fs::write(folder.join("value"), VALUE).unwrap();
    std::fs::write(folder.join("secret"), ADMIN_SECRET).unwrap();
    let (password, secret) =
        (format!("password=@{}", path("password")), format!("secret=@{}", path("secret")));
    let (added, rotated) = (path("added"), path("rotated"));
    let batch = path("batch");
    std::fs::write(&batch, json!([{ "call": "media.list" }, { "call": "session.get" }]).to_string()).unwrap();
    let lines: [(&[&str], i32); 18] = [
        (&["login"], 0),
        (&["login", "--verify", "--json"], 0),
        (&["login", "--hash-type", "MD5"], 3),
        (&["login", "--hash-type", "MD5", "--detect-hash-type"], 0),
        (&["ks", "--fresh"], 0),
        (&["env", "--fresh"], 0),
        (&["call", "session.get", "--json"], 4),
        (&["call", "user.loginByLoginId", "loginId=alice", &password, "--anonymous"], 2),
        (&["call", "session.start", "partnerId=1234567", &secret, "--anonymous"], 0),
        (&["call", "media.list", "--all", "--jsonl"], 0),
        (&["batch", &batch], 4),
        (&["token", "list", "--json"], 0),
        (&["token", "get", "0_importer", "--show-value"], 0),
        (&["token", "add", "--value-file", &added], 0),
        (&["token", "update", "0_importer", "--description", "x"], 0),
        (&["token", "rotate", "0_importer", "--value-file", &rotated], 0),
        (&["doctor", "--detect", "--action", "media.list"], 0),
        (&["token", "delete", "0_importer", "--yes"], 0),
    ];
    lines.iter().map(|(line, code)| (line.iter().map(|word| (*word).to_owned()).collect(), *code)).collect()
}

#[test]
fn no_command_logs_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::with_seed_at_this_time(&seed(&json!([token("0_importer", VALUE, json!({}))])));
    for (line, code) in commands(folder.path()) {
        let kaltura = server.kaltura(["-vv"]).arguments(&line[..]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
        let finished = kaltura.env("KALTURA_CONFIG_DIR", folder.path().join("config")).run();
        assert_eq!(finished.code, Some(code), "{line:?} {finished:#?}");
        let log = &finished.stderr;
        let begins = if line.iter().any(|word| word == "--json") { r#"{"log":""# } else { "" };
        for begin in ["> ", "< "] {
            let begin = format!("{begins}{begin}");
            assert!(log.lines().any(|line| line.starts_with(&begin)), "no {begin:?} for {line:?}: {log}");
        }
        assert!(log.contains("(redacted)"), "{line:?} {log}");
        for secret in [VALUE, PASSWORD, ADMIN_SECRET, "djJ8"] {
            assert!(!log.contains(secret), "{secret} is in the log of {line:?}: {log}");
        }
        // Hashes, and the values that the server makes.
        let digits = log.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
        assert!(digits < Some(32), "a long number is in the log of {line:?}: {log}");
    }
}

#[test]
fn what_a_server_echoes_is_not_logged() {
    let server = OddServer::echoing(|request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let sent: Value = serde_json::from_str(body).unwrap();
        let (ks, password) = (sent["ks"].as_str().unwrap_or_default(), sent["password"].as_str().unwrap());
        let answer = json!({
            "code": "INVALID_KS", "message": format!("Invalid KS \"{ks}\" for {password}"), "all": body, password: ks,
            "objectType": "KalturaAPIException", "args": { "KSID": ks, "sent": sent },
        });
        let head = format!(
            "X-Me: {password}\r\nX-Kaltura-Session: {ks}, 5\r\nContent-Type: application/json\r\nX: {}\r\n",
            head.len()
        );
        whole("200 OK", &head, &answer.to_string())
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let ks = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
    let password = format!("password=@{}", text_of(&file));
    let finished = Kaltura::new(["call", "user.loginByLoginId", "-vv", "--service-url", &server.url])
        .arguments([password.as_str()])
        .env("KALTURA_KS", ks)
        .fails(3);
    let (lines, came) = (without_times(&finished.stderr), &bodies(&finished, "< ")[0]);
    assert!(lines[2].ends_with("server (redacted), request (redacted), 5"), "{lines:#?}");
    assert_eq!(came["message"], "Invalid KS \"(redacted)\" for (redacted)");
    assert_eq!(came["args"]["sent"]["password"], "(redacted)");
    for secret in [PASSWORD, &ks[..12], &ks[ks.len() - 12..]] {
        assert!(!lines[..4].iter().any(|line| line.contains(secret)), "{secret} is in {lines:#?}");
    }
}

#[test]
fn an_answer_cannot_write_lines_of_its_own() {
    let server = OddServer::answering(ok("text/\u{9b}2J", "\"a\u{1b}[2Jb\\n< 200\u{9b}\""));
    let finished = Kaltura::new(["call", "system.ping", "--anonymous", "-vv", "--service-url", &server.url]);
    let finished = finished.run();
    assert!(!finished.stderr.contains(['\u{1b}', '\u{9b}']), "{finished:#?}");
}

#[test]
fn quiet_leaves_notes_out_and_errors_in() {
    let server = server();
    let noted = server.login([LONG]).succeeds();
    assert!(noted.stderr.contains("note:"), "{noted:#?}");
    for option in ["-q", "--quiet"] {
        let quiet = server.login([LONG, option]).succeeds();
        assert_eq!(quiet.stderr, "");
        assert!(quiet.stdout.starts_with("Logged in to"), "{quiet:#?}");
        server.login(["--hash-type=MD5", option]).fails(3).saying("error: appToken.startSession");
    }
}
