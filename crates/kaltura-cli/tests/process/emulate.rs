//! `kaltura emulate`: a server that runs until it is told to stop, or until a program ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::emulator::EmulatorProcess;
use crate::program::PROGRAM;
use crate::support::invocation::Kaltura;
use crate::support::server::{NOW, seed, text_of, token};

/// The emulator with a script of the shell.
#[cfg(unix)]
fn shell(options: &[&str], script: &str) -> Kaltura {
    Kaltura::new(["emulate"]).arguments(options).arguments(["--", "/bin/sh", "-c", script])
}

/// Starts it from a seed.
fn with_seed(seed: &Value, more: &[&str]) -> EmulatorProcess {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.json");
    std::fs::write(&path, seed.to_string()).unwrap();
    EmulatorProcess::start([&["--seed", text_of(&path)], more].concat())
}

#[test]
fn the_first_line_is_all_that_a_login_needs() {
    let [one, other] = [EmulatorProcess::start([]), EmulatorProcess::start([])];
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one.greeting), ["url", "partnerId", "adminSecret", "userSecret", "appToken"]);
    assert_eq!(names(&one.greeting["appToken"]), ["id", "token", "hashType"]);
    assert!(one.url().starts_with("http://127.0.0.1:"), "{}", one.url());
    one.login(["--ks-only"]).succeeds();
    // Without a seed the secrets are new each time.
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
    let server = with_seed(&seed(&tokens), &[]);
    assert_eq!(server.greeting["partnerId"], 1_234_567);
    let told = json!({ "id": "0_sha256", "token": "33333333333333333333333333333333", "hashType": "SHA256" });
    assert_eq!(server.greeting["appToken"], told);
    let login = server.login(["--app-token-id=0_md5", "--hash-type=MD5", "--ks-only"]);
    login.env("KALTURA_APP_TOKEN", "22222222222222222222222222222222").succeeds();
    let printed = Kaltura::new(["emulate", "--print-seed"]).succeeds().stdout;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let server = with_seed(&printed, &[]);
    assert_eq!(printed["partners"][0]["adminSecrets"][0], server.told("/adminSecret"));
    assert_eq!(printed["appTokens"][0]["token"], server.told("/appToken/token"));
}

#[test]
fn the_clock_starts_where_it_is_set_and_stands_if_it_is_to() {
    let expiry =
        |server: &EmulatorProcess| server.login(["--lifetime=1h"]).answer()["expiry"].as_i64().unwrap();
    let (now, end) = (NOW.to_string(), NOW + 3600);
    let frozen = EmulatorProcess::start(["--at", &now, "--freeze"]);
    assert_eq!((expiry(&frozen), expiry(&frozen)), (end, end));
    let running = EmulatorProcess::start(["--at", &now]);
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
        server.login(["--ks-only"]).succeeds();
        // A connection that is kept open, and one that has never said anything.
        let address = server.address().to_owned();
        let mut kept = TcpStream::connect(&address).unwrap();
        kept.write_all(b"GET /api_v3/service/system/action/ping?format=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut answer = [0; 12];
        kept.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        let _silent = TcpStream::connect(&address).unwrap();

        server.running.signal(signal);
        let told = format!("Serving an emulated Kaltura at http://{address}. Stop it with Ctrl-C.\n");
        server.wait().ends_with(0).writes("", &told);
        assert!(TcpStream::connect(&address).is_err(), "the port is free");
    }
}

#[cfg(unix)]
#[test]
fn what_it_notes_is_text_json_or_nothing() {
    for (option, is_note) in [("--json", true), ("--verbose", true), ("--quiet", false)] {
        let server = EmulatorProcess::start([option, "--listen=0.0.0.0:0", "--allow-remote"]);
        assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
        server.login(["--ks-only"]).succeeds();
        let url = server.url().to_owned();
        server.running.signal("TERM");
        let finished = server.wait().ends_with(0);
        let notes: Vec<&str> = finished.stderr.lines().filter(|line| !line.starts_with("POST ")).collect();
        let serving = format!("Serving an emulated Kaltura at {url}. Stop it with Ctrl-C.");
        let open = "other machines can reach the emulator and use it";
        let expected = match option {
            "--json" => [json!({ "note": serving }).to_string(), json!({ "note": open }).to_string()],
            _ => [serving, format!("note: {open}")],
        };
        assert_eq!(notes, if is_note { expected.to_vec() } else { Vec::new() }, "{option}");
    }
}

#[test]
fn limits_and_faults_strike_where_they_are_told_to() {
    let limited = EmulatorProcess::start(["--rate-limit", "appToken.startSession:1/3600"]);
    limited.login(["--ks-only"]).succeeds();
    limited.login(["--ks-only"]).fails(7).saying("rate limit was exceeded");
    let faults = [
        "status:503@appToken.startSession#1",
        "reset@session.startWidgetSession#3",
        // The lost request is sent again on a fresh connection.
        "reset@session.startWidgetSession#4",
    ];
    let server = EmulatorProcess::start(faults.map(|fault| ["--fault", fault]).concat());
    for code in [7, 0, 6] {
        server.login(["--ks-only"]).run().ends_with(code);
    }
}

#[test]
fn with_the_response_cache_widget_sessions_are_shared() {
    let widget_ks = |server: &EmulatorProcess| {
        let path = format!(
            "/api_v3/service/session/action/startWidgetSession?widgetId=_{}&format=1",
            server.partner()
        );
        let answer: Value = serde_json::from_str(&server.exchange("GET", &path, "", "").1).unwrap();
        answer["ks"].as_str().unwrap().to_owned()
    };
    let [without, with] = [&[][..], &["--response-cache"]].map(EmulatorProcess::start);
    assert_ne!(widget_ks(&without), widget_ks(&without));
    assert_eq!(widget_ks(&with), widget_ks(&with));
}

#[test]
fn commands_change_a_running_server_that_takes_them() {
    let server = EmulatorProcess::start(["--control", "--freeze"]);
    server.login(["--ks-only"]).succeeds();
    let disable = json!({ "disableToken": server.told("/appToken/id") });
    let (_, state) = server.command(&json!([disable, { "setClock": NOW }]));
    assert_eq!((&state["time"], state["calls"].as_array().map(Vec::len)), (&json!(NOW), Some(2)));
    server.login(["--ks-only"]).fails(3).saying("disabled");
    assert!(server.command(&json!("nosuch")).1["error"].is_string());

    let without = EmulatorProcess::start([]);
    let (status, _) = without.command(&json!({ "disableToken": without.told("/appToken/id") }));
    assert!(status.ends_with("404 Not Found"), "{status}");
    without.login(["--ks-only"]).succeeds();
    for options in [&["--control-token"][..], &["--control-origin", "http://localhost:5173"]] {
        assert_eq!(EmulatorProcess::start(options).told("/controlToken").len(), 32);
    }
}

#[test]
fn a_stub_gives_an_action_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("category.json");
    std::fs::write(&path, r#"{"objectType":"KalturaCategory","id":17}"#).unwrap();
    let stub = |action: &str| format!("--stub={action}={}", text_of(&path));
    let stubs = ["category.add", "category.get@none", "category.delete@admin"].map(stub);
    let server = EmulatorProcess::start(&stubs[..]);
    assert_eq!(server.call(["category.add"]).answer()["id"], 17);
    server.call(["--anonymous", "category.get"]).succeeds();
    server.call(["category.delete"]).fails(4);
}

#[cfg(unix)]
#[test]
fn a_program_gets_all_that_a_login_needs_and_its_exit_code_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{PROGRAM} login --ks-only && test -n \"$KALTURA_ADMIN_SECRET\" && exit 42");
    let program = shell(&[], &script).env("KALTURA_CACHE_DIR", folder.path());
    let program = program.env("KALTURA_KS", "of-another-server").env("KALTURA_PROFILE", "nosuch");
    let finished = program.run_process().ends_with(42);
    assert!(finished.stdout.starts_with("djJ8") && finished.stdout.lines().count() == 1, "{finished:#?}");
    assert_eq!(finished.stderr, "");
    // The server stops with the program.
    let url = shell(&[], "echo $KALTURA_SERVICE_URL").run_process().ends_with(0).stdout;
    let address = url.trim().trim_start_matches("http://");
    assert!(address.starts_with("127.0.0.1:") && TcpStream::connect(address).is_err(), "{url}");
    Kaltura::new(["emulate", "--", "/nosuch/program"]).run_process().fails_with(127).saying("no program");
}

#[cfg(unix)]
#[test]
fn signals_reach_the_program_and_its_end_by_one_is_an_exit_code() {
    for (signal, trapped) in [("TERM", 7), ("INT", 8)] {
        let script = "trap 'exit 7' TERM; trap 'exit 8' INT; echo ready; while :; do sleep 0.05; done";
        let mut running = shell(&[], script).with_path().start();
        let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        running.signal(signal);
        running.wait().ends_with(trapped);
    }
    shell(&[], "kill -9 $$").run_process().ends_with(137);
}

#[cfg(unix)]
#[test]
fn the_ready_file_is_there_while_the_server_listens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready.json");
    std::fs::write(&path, "of an earlier run").unwrap();
    let server = EmulatorProcess::start(["--ready-file", text_of(&path)]);
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written, server.greeting);
    assert_eq!(crate::support::home::mode(&path) & 0o077, 0);
    server.running.signal("TERM");
    server.wait().ends_with(0);
    assert!(!path.exists());

    let script = format!("test -e {}", text_of(&path));
    shell(&["--ready-file", text_of(&path)], &script).run_process().ends_with(0);
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn each_call_is_logged_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{PROGRAM} call --anonymous nosuch.get --json; {PROGRAM} login --ks-only; exit 0");
    let logged = |options: &[&str]| {
        let shell = shell(options, &script).env("KALTURA_CACHE_DIR", folder.path());
        shell.run_process().ends_with(0).stderr
    };
    let calls = logged(&["-v"]);
    let line =
        |action: &str| calls.lines().find(|line| line.contains(action)).unwrap_or_else(|| panic!("{calls}"));
    assert!(line("nosuch.get").contains("SERVICE_DOES_NOT_EXISTS (a limit of the emulator"), "{calls}");
    assert_eq!(line("session.startWidgetSession"), "POST session.startWidgetSession ok");
    let login = line("appToken.startSession");
    assert!(login.starts_with("POST appToken.startSession ks=") && login.ends_with(" ok"), "{login}");
    let detailed = logged(&["-vv"]);
    for shown in ["tokenHash=\"(redacted)\"", " widgetId=\"_"] {
        assert!(detailed.contains(shown), "{detailed}");
    }
    assert!(!logged(&[]).contains("startWidgetSession"));
}

#[test]
fn the_page_for_people_has_an_address_with_a_token() {
    let server = EmulatorProcess::start(["--ui"]);
    let (page, token) = server.told("/ui").split_once("#token=").unwrap();
    assert_eq!(page, format!("{}/_emulator/ui", server.url()));
    let get = |path: &str, headers: &str| server.exchange("GET", path, headers, "");
    let (status, body) = get("/_emulator/ui", "");
    assert!(
        status.ends_with("200 OK") && body.starts_with("<!doctype html>") && !body.contains(token),
        "{body}"
    );
    assert!(get("/_emulator/ui/state", "").0.contains("401"));
    server.login(["--ks-only"]).succeeds();
    let header = format!("Authorization: Bearer {token}\r\n");
    let state = get("/_emulator/ui/state", &header).1;
    assert!(state.contains("appToken.startSession"), "{state}");
    // The page accepts commands; the control endpoint is another option.
    assert!(!get("/_emulator", &header).0.contains("200"));

    let without = EmulatorProcess::start(["--control"]);
    assert!(without.greeting["ui"].is_null());
    assert!(without.exchange("GET", "/_emulator/ui", "", "").0.contains("404"));
    // With a program the address is on standard error.
    let program = Kaltura::new(["emulate", "--ui", "--", "true"]).with_path().run_process().ends_with(0);
    assert!(program.writes_answer("").stderr.contains("/_emulator/ui#token="));
}
