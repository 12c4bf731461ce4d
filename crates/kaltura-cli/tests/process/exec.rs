//! `kaltura exec`: another program with the session in its environment.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::cache_files::cache_files;
use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::server::{Access, TestServer, VALUE, server};

fn exec(server: &Access, options: &[&str], program: &[&str]) -> Kaltura {
    server.kaltura(["exec"]).arguments(options).arguments(["--"]).arguments(program)
}

#[test]
fn a_program_finds_the_session_in_its_environment_and_no_other_secret() {
    let server = server();
    let home = Home::with_profiles(
        "[profiles.work]\ntoken_variable = 'MY_TOKEN'\nadmin_secret_variable = 'MY_SECRET'\n",
    );
    let names = ["KS", "SERVICE_URL", "PARTNER_ID", "APP_TOKEN", "ADMIN_SECRET", "STORE"]
        .map(|name| "KALTURA_".to_owned() + name);
    let names = [&names[..], &["MY_TOKEN", "MY_SECRET", "MINE"].map(str::to_owned)].concat();
    let script = format!(
        "echo \"{}\"",
        names.iter().map(|name| format!("${{{name}-none}}")).collect::<Vec<_>>().join(" ")
    );
    let run = |options: &[&str]| {
        let kaltura =
            exec(&server, options, &["/bin/sh", "-c", &script]).env("KALTURA_CONFIG_DIR", home.folder());
        let secrets = [("KALTURA_ADMIN_SECRET", "hush"), ("KALTURA_KS", "another"), ("MY_SECRET", "hush")];
        let kaltura = kaltura.envs(secrets).envs([("MY_TOKEN", VALUE), ("MINE", "mine")]);
        kaltura.env("KALTURA_STORE", home.path("store")).run_process().ends_with(0)
    };
    let with_profile = run(&["--profile=work"]);
    let ks = with_profile.stdout.split(' ').next().unwrap().to_owned();
    let session = format!("{ks} {} 1234567 none none none", server.url());
    assert!(ks.starts_with("djJ8"), "{ks}");
    with_profile.writes(&format!("{session} none none mine\n"), "");
    // Without that profile they are variables as any other.
    run(&[]).writes_answer(&format!("{session} {VALUE} hush mine\n"));
}

#[test]
fn its_exit_code_and_its_arguments_are_its_own() {
    let server = server();
    exec(&server, &[], &["/bin/sh", "-c", "exit 42"]).run_process().ends_with(42);
    let echo = exec(&server, &[], &["/bin/echo", "--fresh", "--", "x"]).run_process();
    echo.ends_with(0).writes("--fresh -- x\n", "");
}

#[test]
fn without_a_session_or_a_program_nothing_is_run() {
    let server = server();
    let refused = exec(&server, &["--hash-type=MD5"], &["/bin/echo", "x"]).run_process();
    refused.fails_with(3).saying("INVALID_APP_TOKEN_HASH");
    let error = exec(&server, &["--json", "--fresh", "--hash-type=MD5"], &["x"]).run_process().fails_with(3);
    assert_eq!(error.error()["class"], "authentication");
    let broken = Home::with_profiles("[profiles.work\n").kaltura(["exec", "--", "true"]).run_process();
    broken.fails_with(2).saying("cannot read the profiles in ");
    // Those that are usage errors need no process.
    server.kaltura(["exec"]).fails(2).saying("<PROGRAM>");
    let filter = Kaltura::new(["--jq=.", "exec", "--", "true"]).run_process().fails_with(2);
    filter.saying("the argument '--jq' cannot be used with").saying("JSON");
}

#[test]
fn a_program_that_cannot_be_run_ends_as_in_a_shell() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let run = |options: &[&str], program: &str| exec(&server, options, &[program, "x"]).run_process();
    let missing = run(&[], "/no/such/program").fails_with(127).saying("no program /no/such/program found");
    missing.saying("because: No such file or directory").saying("hint: Check its name");
    assert_eq!(run(&["--json"], "no-such-program").fails_with(127).error()["class"], "programNotFound");
    run(&[], VALUE).fails_with(127).hides(&[VALUE]);

    let plain = folder.path().join("plain");
    fs::write(&plain, "no program\n").unwrap();
    let plain = run(&[], plain.to_str().unwrap()).fails_with(126).saying("cannot be executed");
    plain.saying("because: Permission denied");
    let itself = run(&["--json"], folder.path().to_str().unwrap()).fails_with(126).error();
    assert_eq!(itself["class"], "programNotExecuted");
}

#[test]
fn a_program_without_the_dashes_is_told_where_they_belong() {
    for line in [&["my-import", "--all"][..], &["--fresh", "my-import"], &["my-import", "--", "x"]] {
        let told = Kaltura::new(["exec"]).arguments(line).run_process().fails_with(2);
        let told = told.saying("error: `--` is missing before the program my-import");
        told.saying("hint: Use: kaltura exec -- my-import …");
    }
    let error = Kaltura::new(["exec", "my-import", "--json"]).fails(2).error();
    assert_eq!(error["message"], "`--` is missing before the program my-import");
    let secret = Kaltura::new(["exec", VALUE]).env("KALTURA_APP_TOKEN", VALUE).fails(2);
    secret.saying("`--` is missing").hides(&[VALUE]);
    // An option that there is not, is one that there is not. What stands behind `--` is for the program.
    let bogus = Kaltura::new(["exec", "--bogus", "--", "jq", "--json"]).run_process().fails_with(2);
    assert!(bogus.stderr.starts_with("error: unexpected argument '--bogus' found"), "{bogus:#?}");
    let ours = Kaltura::new(["exec", "--json", "--bogus", "--", "jq"]).run_process().fails_with(2).error();
    assert_eq!(ours["message"], "unexpected argument '--bogus' found");
}

#[test]
fn what_is_noted_and_logged_comes_before_the_program_and_without_secrets() {
    let server = TestServer::with_token(json!({ "sessionUserId": "bob" }));
    let note = "note: the session is for user bob instead of zoe\n";
    // By a login, and from the cache.
    for _ in 0..2 {
        exec(&server, &["--user=zoe"], &["/bin/echo", "x"]).run_process().ends_with(0).writes("x\n", note);
    }
    let program = exec(&server, &["-vv", "--fresh"], &["/bin/echo", "x"]).run_process().ends_with(0);
    assert!(program.stderr.contains("(redacted)"), "{program:#?}");
    program.hides(&[VALUE, "djJ8"]);
    for session in cache_files(server.cache.path(), ".session") {
        fs::write(session, "{").unwrap();
    }
    let program = exec(&server, &["--json"], &["/bin/echo", "x"]).run_process().ends_with(0);
    assert!(program.stderr.starts_with("{\"note\":\"") && program.stdout == "x\n", "{program:#?}");
}

#[test]
fn a_shell_takes_the_session() {
    let server = server();
    let commands = server.kaltura(["env"]).succeeds().stdout;
    let script = format!("{commands}echo \"$KALTURA_KS $KALTURA_SERVICE_URL $KALTURA_PARTNER_ID\"");
    let output = Command::new("/bin/sh").env_clear().args(["-c", &script]).output().unwrap();
    let expected = format!("{} {} 1234567\n", server.ks([]), server.url());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
