//! Secrets stay where they belong: on standard output if asked for, and on the wire.

use std::time::Duration;

use serde_json::json;

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, token};
use crate::invocation::{Finished, Kaltura};
use crate::odd_server::{OddServer, ok};
use crate::profile_scene::Home;

const VALUE: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
/// The same as could be the name of a variable.
const LETTERS: &str = "beefbeefbeefbeefbeefbeefbeefbeef";
const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

#[track_caller]
fn shows_nothing(finished: &Finished, secrets: &[&str]) {
    for secret in secrets {
        assert!(!finished.stdout.contains(secret), "{secret} in {finished:#?}");
        assert!(!finished.stderr.contains(secret), "{secret} in {finished:#?}");
    }
}

#[test]
fn help_shows_nothing_of_the_environment() {
    for command in [
        "login",
        "logout",
        "status",
        "doctor",
        "emulate",
        "demo",
        "hash",
        "inspect",
        "profile",
        "sign",
        "token",
        "call",
        "ks",
        "exec",
        "env",
        "completions",
        "man",
    ] {
        for help in ["--help", "-h"] {
            let finished = Kaltura::new([command, help])
                .env("KALTURA_APP_TOKEN", VALUE)
                .env("KALTURA_APP_TOKEN_ID", "hush1")
                .env("KALTURA_KS", KS)
                .env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
                .env("KALTURA_PARTNER_ID", "hush2")
                .env("KALTURA_SERVICE_URL", "hush3")
                .env("KALTURA_APP_TOKEN_HASH_TYPE", "hush4")
                .run()
                .ends_with(0);
            shows_nothing(&finished, &[VALUE, KS, ADMIN_SECRET, "hush"]);
        }
    }
}

#[test]
fn a_secret_in_a_wrong_command_line_is_not_repeated() {
    for arguments in [
        &["login", VALUE][..],
        &["login", "--partner-id", VALUE],
        &["login", "--hash-type", VALUE],
        &["login", "--lifetime", KS],
        &["login", "--app-token", VALUE],
        &["login", "--bogus", VALUE],
        &["login", "--json", VALUE],
        &[VALUE],
        &["emulate", "--listen", KS],
        &["hash", "--ks", KS],
        &["hash", KS],
        &["inspect", KS],
        &["sign", "--admin-secret", VALUE],
        &["sign", VALUE],
        &["token", VALUE],
        &["token", "list", "--admin-secret", VALUE],
        &["token", "list", "--ks", KS],
        &["token", "add", "--expires-at", VALUE],
        &["token", "add", "--session-duration", VALUE],
        &["token", "update", "0_a", VALUE],
        &["ks", VALUE],
        &["ks", "--app-token", VALUE],
        &["ks", "--min-validity", KS],
        &["call", VALUE],
        &["call", "user.login", VALUE],
        &["call", "user.login", "password=c0ffee00c0ffee00"],
        &["call", "user.login", "user:=c0ffee00c0ffee00"],
        &["call", "media.list", "--ks", KS],
        &["inspect", "--admin-secret", VALUE],
        &["logout", VALUE],
        &["logout", "--app-token", VALUE],
        &["status", VALUE],
        &["status", "--app-token", VALUE],
        &["status", "--lifetime", KS],
    ] {
        for colour in ["0", "1"] {
            let line = Kaltura::new(arguments.iter().copied()).env("CLICOLOR_FORCE", colour);
            shows_nothing(&line.run().fails_with(2), &[&VALUE[..10], &KS[..10]]);
        }
    }
    for variable in ["KALTURA_APP_TOKEN", "KALTURA_ADMIN_SECRET", "KALTURA_KS"] {
        for form in [&[][..], &["--json"]] {
            let own = Kaltura::new(["login", "hush-hush"]).arguments(form.iter().copied());
            shows_nothing(&own.env(variable, "hush-hush").run().fails_with(2), &["hush"]);
        }
    }
}

#[test]
fn a_secret_in_the_place_of_a_name_is_neither_kept_nor_repeated() {
    let home = Home::new();
    for (arguments, why) in [
        (&["sign", "--partner-id=1", "--admin-secret-file", VALUE][..], "cannot open the file (redacted)"),
        (&["inspect", "--ks-file", KS], "cannot open the file (redacted)"),
        (&["call", "media.list", "secret=@c0ffee00c0ffee00c0ffee00c0ffee00"], "A file name is expected"),
        (&["batch", VALUE], "A file name is expected"),
        (&["emulate", "--seed", VALUE], "cannot read the seed (redacted)"),
        (&["profile", "add", "work", "--token-variable", LETTERS], "looks like a secret"),
        (&["profile", "add", "work", "--token-command", VALUE], "looks like a secret"),
        (
            &["profile", "add", "work", "--token-command", "echo c0ffee00c0ffee00c0ffee00c0ffee00"],
            "in clear text",
        ),
        (&["profile", "add", "work", "--token-path", VALUE], "there is no file of this name"),
        (&["profile", "add", "work", "--admin-secret-variable", LETTERS], "looks like a secret"),
        (&["profile", "add", "work", "--admin-secret-command", VALUE], "looks like a secret"),
        (&["profile", "add", "work", "--admin-secret-path", VALUE], "there is no file of this name"),
        (&["profile", "add", LETTERS], "not like the name of a profile"),
        (&["profile", "show", LETTERS], "there is no profile (redacted)"),
        (&["token", "add", "--save-profile", LETTERS], "not like the name of a profile"),
    ] {
        for form in [&[][..], &["--json"]] {
            let line = home.kaltura(arguments.iter().copied()).arguments(form.iter().copied());
            let finished = line.run().fails_with(2);
            shows_nothing(&finished, &[&VALUE[..8], &LETTERS[..8], &KS[..8]]);
            finished.saying(why);
        }
    }
    assert!(!home.folder().exists());
}

#[test]
fn a_secret_in_the_place_of_a_name_is_not_shown_if_it_was_kept() {
    let profile = |name: &str, entry: &str| {
        format!("[profiles.{name}]\npartner_id = 1\napp_token_id = '0_a'\nhash_type = 'MD5'\n{entry}\n")
    };
    let variable = profile("variable", &format!("token_variable = '{LETTERS}'"));
    let file = profile("file", &format!("token_file = '{VALUE}'"));
    let home = Home::with_profiles(&format!("{variable}{file}"));
    for name in ["variable", "file"] {
        for form in [&[][..], &["--json"]] {
            let shown = home.profile(["show", name]).arguments(form.iter().copied()).run().ends_with(0);
            shows_nothing(&shown, &[&VALUE[..8], &LETTERS[..8]]);
            let login = home.kaltura(["login", "--profile", name]).arguments(form.iter().copied());
            shows_nothing(&login.run().fails_with(2), &[&VALUE[..8], &LETTERS[..8]]);
        }
    }
    let status = home.kaltura(["status", "--app-token-file", VALUE]).run();
    shows_nothing(&status, &[&VALUE[..8]]);
}

#[test]
fn a_secret_of_a_variable_that_a_profile_names_is_not_repeated() {
    let home = Home::with_profiles(
        "[profiles.one]\ntoken_variable = 'MINE'\n[profiles.two]\nadmin_secret_variable = 'YOURS'\n",
    );
    for variable in ["MINE", "YOURS"] {
        for line in [&["login", "hush-hush"][..], &["exec", "hush-hush"], &["--json", "hush-hush"]] {
            let own = home.kaltura(line.iter().copied()).env(variable, "hush-hush");
            shows_nothing(&own.run().fails_with(2), &["hush"]);
        }
    }
    // Without profiles that can be read, the variables of this program are still known.
    let broken = Home::with_profiles("[");
    let own = broken.kaltura(["login", "hush-hush"]).env("KALTURA_KS", "hush-hush");
    shows_nothing(&own.run().fails_with(2), &["hush"]);
}

#[test]
fn the_token_value_is_not_sent_and_its_hash_is() {
    let widget = format!(r#"{{"partnerId":1234567,"ks":"{KS}","userId":0}}"#);
    let server = OddServer::echoing(move |_| ok("application/json", &widget));
    let finished = Kaltura::new(["login", "--service-url", &server.url, "--partner-id", "1234567"])
        .arguments(["--app-token-id", "0_importer", "--hash-type", "SHA1"])
        .env("KALTURA_APP_TOKEN", VALUE)
        .run();
    let requests: Vec<String> = (0..2)
        .map(|_| server.requests.recv_timeout(Duration::from_secs(10)).expect("two requests"))
        .collect();
    assert!(requests[1].contains("\"tokenHash\":\"") && requests[1].contains(KS), "{}", requests[1]);
    for request in &requests {
        assert!(!request.contains(VALUE), "{request}");
    }
    // The widget session that came back a second time is a session of some sort; the text names it only.
    shows_nothing(&finished, &[VALUE, &KS[..12]]);
}

#[test]
fn what_a_server_echoes_is_not_repeated() {
    let server = OddServer::echoing(|request| {
        let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        if request.starts_with("POST /api_v3/service/session/") {
            return ok("application/json", &format!(r#"{{"partnerId":1234567,"ks":"{KS}","userId":0}}"#));
        }
        let sent: serde_json::Value = serde_json::from_str(body).unwrap();
        let error = json!({
            "code": "INVALID_KS",
            "message": format!("Invalid KS \"{}\" and hash {}\u{1b}[2J", sent["ks"].as_str().unwrap(), sent["tokenHash"]),
            "objectType": "KalturaAPIException",
            "args": { "KSID": sent["ks"], "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR" },
        });
        ok("application/json", &error.to_string())
    });
    for form in [&[][..], &["--json"]] {
        let finished = Kaltura::new(["login", "--service-url", &server.url, "--partner-id", "1234567"])
            .arguments(["--app-token-id", "0_importer", "--hash-type", "SHA1"])
            .arguments(form.iter().copied())
            .env("KALTURA_APP_TOKEN", VALUE)
            .run()
            .fails_with(3)
            .saying("INVALID_KS");
        let hashes: Vec<String> = server
            .requests
            .try_iter()
            .filter_map(|request| Some(request.split("\"tokenHash\":\"").nth(1)?.get(..40)?.to_owned()))
            .collect();
        assert!(!hashes.is_empty());
        shows_nothing(&finished, &[VALUE, KS, &KS[..12], "\u{1b}", &hashes[0]]);
    }
}

#[test]
fn a_whole_login_shows_the_ks_only_where_it_is_asked_for() {
    let server = EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]));
    let text = server.login([]).run().ends_with(0);
    shows_nothing(&text, &[VALUE, ADMIN_SECRET, "djJ8"]);
    let ks = server.login(["--ks-only"]).run().ends_with(0);
    assert!(ks.stdout.starts_with("djJ8"), "{ks:#?}");
    shows_nothing(&ks, &[VALUE]);
    let refused = server.login(["--hash-type=MD5"]).run().fails_with(3);
    shows_nothing(&refused, &[VALUE, "djJ8"]);
}
