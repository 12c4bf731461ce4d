//! The session for other programs: by their environment, or by commands for a shell.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::Kaltura;

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

fn ks(server: &EmulatorProcess, cache: &Path) -> String {
    server.cached(cache, ["ks"]).run().ends_with(0).stdout.trim_end().to_owned()
}

#[test]
fn a_program_finds_the_session_in_its_environment() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let script = r#"echo "$KALTURA_KS $KALTURA_SERVICE_URL $KALTURA_PARTNER_ID ${KALTURA_APP_TOKEN-none} ${KALTURA_ADMIN_SECRET-none}""#;
    let finished = server
        .cached(cache.path(), ["exec", "--", "/bin/sh", "-c", script])
        .env("KALTURA_ADMIN_SECRET", "hush")
        .env("KALTURA_KS", "another")
        .run()
        .ends_with(0);
    let ks = ks(&server, cache.path());
    assert_eq!(finished.stdout, format!("{ks} {} 1234567 none none\n", server.url()));
    assert_eq!(finished.stderr, "");
}

#[test]
fn the_variables_that_the_profile_takes_secrets_from_are_kept_back() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let entries = "token_variable = 'MY_TOKEN'\nadmin_secret_variable = 'MY_SECRET'";
    fs::write(folder.path().join("config.toml"), format!("[profiles.work]\n{entries}\n")).unwrap();
    let script = "echo \"${MY_TOKEN-none} ${MY_SECRET-none} ${MINE-none} ${#KALTURA_KS}\"";
    let exec = |profile: &[&str]| {
        let arguments = [&["exec"], profile, &["--", "/bin/sh", "-c", script]].concat();
        let command = server.cached(folder.path(), arguments);
        command
            .env("KALTURA_CONFIG_DIR", folder.path().to_str().unwrap())
            .env("KALTURA_ADMIN_SECRET", "hush")
            .env("MY_TOKEN", VALUE)
            .env("MY_SECRET", "hush")
            .env("MINE", "mine")
            .run()
            .ends_with(0)
            .stdout
    };
    let length = ks(&server, folder.path()).len();
    assert_eq!(exec(&["--profile=work"]), format!("none none mine {length}\n"));
    // Without that profile they are variables as any other.
    assert_eq!(exec(&[]), format!("{VALUE} hush mine {length}\n"));
}

#[test]
fn its_exit_code_and_its_arguments_are_its_own() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let exit = ["exec", "--", "/bin/sh", "-c", "exit 42"];
    server.cached(cache.path(), exit).run().ends_with(42);
    let echo = ["exec", "--", "/bin/echo", "--fresh", "--", "x"];
    assert_eq!(server.cached(cache.path(), echo).run().ends_with(0).stdout, "--fresh -- x\n");
}

#[test]
fn without_a_session_or_a_program_nothing_is_run() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let refused = ["exec", "--hash-type=MD5", "--", "/bin/echo", "x"];
    server.cached(cache.path(), refused).run().fails_with(3).saying("INVALID_APP_TOKEN_HASH");
    server.cached(cache.path(), ["exec"]).run().fails_with(2).saying("<PROGRAM>");
    let error =
        server.cached(cache.path(), ["exec", "--json", "--fresh", "--hash-type=MD5", "--", "x"]).run();
    assert_eq!(error.fails_with(3).error()["class"], "authentication");
}

#[test]
fn a_program_that_can_not_be_run_ends_as_in_a_shell() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let exec = |json: &[&str], program: &str| {
        server.cached(folder.path(), [&["exec"], json, &["--", program, "x"]].concat()).run()
    };
    let missing = exec(&[], "/no/such/program").fails_with(127).saying("no program /no/such/program found");
    missing.saying("because: No such file or directory").saying("hint: Check its name");
    assert_eq!(exec(&["--json"], "no-such-program").fails_with(127).error()["class"], "programNotFound");

    let plain = folder.path().join("plain");
    fs::write(&plain, "no program\n").unwrap();
    let plain = exec(&[], plain.to_str().unwrap()).fails_with(126).saying("cannot be executed");
    plain.saying("because: Permission denied");
    let itself = exec(&["--json"], folder.path().to_str().unwrap()).fails_with(126).error();
    assert_eq!(itself["class"], "programNotExecuted");
}

#[test]
fn a_program_without_the_dashes_is_told_where_they_belong() {
    for line in [
        &["exec", "my-import", "--all"][..],
        &["exec", "--fresh", "my-import"],
        &["exec", "my-import", "--", "x"],
    ] {
        let told = Kaltura::new(line.iter().copied()).run().fails_with(2);
        let told = told.saying("error: `--` is missing before the program my-import");
        told.saying("hint: Use: kaltura exec -- my-import …");
    }
    let error = Kaltura::new(["exec", "my-import", "--json"]).run().fails_with(2).error();
    assert_eq!(error["message"], "`--` is missing before the program my-import");
    // An option that there is not, is one that there is not; and a secret stays one.
    Kaltura::new(["exec", "--bogus", "--", "x"]).run().fails_with(2).saying("unexpected argument '--bogus'");
    let secret = Kaltura::new(["exec", VALUE]).env("KALTURA_APP_TOKEN", VALUE).run().fails_with(2);
    assert!(!secret.saying("`--` is missing").stderr.contains(VALUE));
}

#[test]
fn a_shell_takes_the_session() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let commands = server.cached(cache.path(), ["env"]).run().ends_with(0).stdout;
    let script = format!("{commands}echo \"$KALTURA_KS $KALTURA_SERVICE_URL $KALTURA_PARTNER_ID\"");
    let output = Command::new("/bin/sh").env_clear().args(["-c", &script]).output().unwrap();
    let expected = format!("{} {} 1234567\n", ks(&server, cache.path()), server.url());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);

    let fish = server.cached(cache.path(), ["env", "--shell", "fish"]).run().ends_with(0).stdout;
    assert!(fish.starts_with(&format!("set -gx KALTURA_KS '{}'\n", ks(&server, cache.path()))), "{fish}");
}

#[test]
fn with_json_the_variables_are_an_object() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let document = server.cached(cache.path(), ["env", "--json"]).run().ends_with(0).document();
    let expected = json!({
        "KALTURA_KS": ks(&server, cache.path()), "KALTURA_SERVICE_URL": server.url(),
        "KALTURA_PARTNER_ID": "1234567",
    });
    assert_eq!(document, expected);
    server.cached(cache.path(), ["env", "--fresh", "--hash-type=MD5"]).run().fails_with(3);
}
