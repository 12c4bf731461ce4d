//! `kaltura emulate` with a program, a ready file, stubs, a log and a printed seed.

use serde_json::{Value, json};

use crate::emulator_process::{EmulatorProcess, text_of};
use crate::invocation::Kaltura;

#[cfg(unix)]
fn shell(options: &[&str], script: &str) -> Kaltura {
    let kaltura = Kaltura::new(["emulate"]).arguments(options.iter().copied());
    kaltura.arguments(["--", "/bin/sh", "-c", script])
}

#[cfg(unix)]
#[test]
fn a_program_gets_all_that_a_login_needs_and_its_exit_code_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let kaltura = env!("CARGO_BIN_EXE_kaltura");
    let script = format!("{kaltura} login --ks-only && test -n \"$KALTURA_ADMIN_SECRET\" && exit 42");
    let program = shell(&[], &script).env("KALTURA_CACHE_DIR", text_of(folder.path()));
    let finished = program.env("KALTURA_KS", "of-another-server").env("KALTURA_PROFILE", "nosuch").run();
    let finished = finished.ends_with(42);
    assert!(finished.stdout.starts_with("djJ8") && finished.stdout.lines().count() == 1, "{finished:#?}");
    assert_eq!(finished.stderr, "");
}

#[cfg(unix)]
#[test]
fn the_server_stops_with_the_program() {
    let finished = shell(&[], "echo $KALTURA_SERVICE_URL").run().ends_with(0);
    let address = finished.stdout.trim().trim_start_matches("http://");
    assert!(address.starts_with("127.0.0.1:"), "{finished:#?}");
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[cfg(unix)]
#[test]
fn signals_reach_the_program_and_its_end_by_one_is_an_exit_code() {
    use std::io::{BufRead as _, BufReader};
    for (signal, trapped) in [("TERM", 7), ("INT", 8)] {
        let script = "trap 'exit 7' TERM; trap 'exit 8' INT; echo ready; while :; do sleep 0.05; done";
        let mut running = shell(&[], script).start();
        let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        running.signal(signal);
        running.wait().ends_with(trapped);
    }
    shell(&[], "kill -9 $$").run().ends_with(137);
}

#[test]
fn a_program_that_does_not_exist_is_127() {
    Kaltura::new(["emulate", "--", "/nosuch/program"]).run().ends_with(127).saying("no program");
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
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o077, 0);
    server.running.signal("TERM");
    server.wait().ends_with(0);
    assert!(!path.exists());

    let script = format!("test -e {}", text_of(&path));
    shell(&["--ready-file", text_of(&path)], &script).run().ends_with(0);
    assert!(!path.exists());
    let missing = folder.path().join("nosuch").join("ready.json");
    Kaltura::new(["emulate", "--ready-file", text_of(&missing)]).run().ends_with(1).saying("ready file");
}

#[cfg(unix)]
#[test]
fn each_call_is_logged_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let kaltura = env!("CARGO_BIN_EXE_kaltura");
    let script = format!("{kaltura} call --anonymous nosuch.get --json; {kaltura} login --ks-only; exit 0");
    let logged = |options: &[&str]| {
        shell(options, &script).env("KALTURA_CACHE_DIR", text_of(folder.path())).run().ends_with(0)
    };
    let calls = logged(&["-v"]).stderr;
    let line = |action: &str| {
        let line = calls.lines().find(|line| line.contains(action));
        line.unwrap_or_else(|| panic!("no {action}: {calls}")).to_owned()
    };
    assert!(line("nosuch.get").contains("SERVICE_DOES_NOT_EXISTS (a limit of the emulator"), "{calls}");
    assert_eq!(line("session.startWidgetSession"), "POST session.startWidgetSession ok");
    let login = line("appToken.startSession");
    assert!(login.starts_with("POST appToken.startSession ks=") && login.ends_with(" ok"), "{login}");
    let detailed = logged(&["-vv"]).stderr;
    assert!(
        detailed.contains("tokenHash=\"(redacted)\"") && detailed.contains(" widgetId=\"_"),
        "{detailed}"
    );
    assert!(!logged(&[]).stderr.contains("startWidgetSession"));
}

#[test]
fn a_stub_gives_an_action_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("category.json");
    std::fs::write(&path, r#"{"objectType":"KalturaCategory","id":17}"#).unwrap();
    let stub = |action: &str| format!("{action}={}", text_of(&path));
    let server = EmulatorProcess::start([
        "--stub",
        &stub("category.add"),
        "--stub",
        &stub("category.get@none"),
        "--stub",
        &stub("category.delete@admin"),
    ]);
    assert_eq!(server.call(["--json", "category.add"]).run().ends_with(0).document()["id"], 17);
    server.call(["--anonymous", "category.get"]).run().ends_with(0);
    server.call(["category.delete"]).run().ends_with(4);
    for stub in ["category.add", "category=x", "category.add@root=x", "category.add=no-such-file.json"] {
        Kaltura::new(["emulate", "--stub", stub]).run().ends_with(2);
    }
}

#[test]
fn a_printed_seed_starts_the_same_server_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.json");
    let printed = Kaltura::new(["emulate", "--print-seed"]).run().ends_with(0);
    std::fs::write(&path, &printed.stdout).unwrap();
    let server = EmulatorProcess::start(["--seed", text_of(&path)]);
    let seed: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(seed["partners"][0]["adminSecrets"][0], server.told("/adminSecret"));
    assert_eq!(seed["appTokens"][0]["token"], server.told("/appToken/token"));
    let again = Kaltura::new(["emulate", "--print-seed", "--seed", text_of(&path)]).run().ends_with(0);
    assert_eq!(again.stdout, printed.stdout);
}

#[test]
fn a_mistake_in_a_seed_names_the_member() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.json");
    let seed = json!({ "partners": [{ "id": 1 }], "appTokens": [{ "hashType": "SHA3" }] });
    std::fs::write(&path, seed.to_string()).unwrap();
    let finished = Kaltura::new(["emulate", "--seed", text_of(&path)]).run().ends_with(2);
    finished.saying("appTokens[0].hashType: expected MD5, SHA1, SHA256 or SHA512 at line 1");
}

#[test]
fn the_control_token_is_in_the_first_line_and_an_origin_is_checked() {
    for options in [&["--control-token"][..], &["--control-origin", "http://localhost:5173"]] {
        let server = EmulatorProcess::start(options.iter().copied());
        assert_eq!(server.told("/controlToken").len(), 32);
    }
    let refused = Kaltura::new(["emulate", "--control-origin", "localhost"]).run().ends_with(2);
    refused.saying("is not an origin");
}
