//! Secrets stay where they belong: on standard output if asked for, and on the wire.

use std::time::Duration;

use serde_json::json;

use crate::support;

use crate::support::home::Home;
use crate::support::invocation::{Kaltura, commands};
use crate::support::odd_server::{self, OddServer, body_of, ok};
use crate::support::server::{ADMIN_SECRET, TestServer, token};

const VALUE: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
/// The same as could be the name of a variable.
const LETTERS: &str = "beefbeefbeefbeefbeefbeefbeefbeef";
const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

#[test]
fn help_shows_nothing_of_the_environment() {
    let names = ["APP_TOKEN_ID", "PARTNER_ID", "SERVICE_URL", "APP_TOKEN_HASH_TYPE", "USER", "PROFILE"];
    for command in commands() {
        for help in ["--help", "-h"] {
            let kaltura = Kaltura::new(&command[..]).arguments([help]);
            let kaltura = names.iter().fold(kaltura, |it, name| it.env(&format!("KALTURA_{name}"), "hush"));
            let secrets =
                [("KALTURA_APP_TOKEN", VALUE), ("KALTURA_KS", KS), ("KALTURA_ADMIN_SECRET", ADMIN_SECRET)];
            kaltura.envs(secrets).succeeds().hides(&[VALUE, KS, ADMIN_SECRET, "hush"]);
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
        Kaltura::new(arguments).fails(2).hides(&[&VALUE[..10], &KS[..10]]);
    }
    for variable in ["KALTURA_APP_TOKEN", "KALTURA_ADMIN_SECRET", "KALTURA_KS"] {
        for form in [&[][..], &["--json"]] {
            let own = Kaltura::new(["login", "hush-hush"]).arguments(form);
            own.env(variable, "hush-hush").fails(2).hides(&["hush"]);
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
        (&["profile", "add", "work", "--user", VALUE], "looks like a secret"),
        (&["login", "--privileges", VALUE], "looks like a secret"),
        (&["status", "--privileges=list:*,c0ffee00c0ffee00c0ffee00c0ffee00"], "looks like a secret"),
        (&["call", "c0ffee00c0ffee00c0ffee00c0ffee00.list"], "looks like a secret"),
        (&["token", "add", "--user", VALUE], "looks like a secret"),
        (&["token", "add", "--description", VALUE], "looks like a secret"),
        (&["profile", "add", LETTERS], "not like a profile name"),
        (&["profile", "show", LETTERS], "no profile '(redacted)' found"),
        (&["token", "add", "--save-profile", LETTERS], "not like a profile name"),
    ] {
        for form in [&[][..], &["--json"]] {
            let line = home.kaltura(arguments).arguments(form);
            let finished = line.fails(2);
            let finished = finished.hides(&[&VALUE[..8], &LETTERS[..8], &KS[..8]]);
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
            let shown = home.profile(["show", name]).arguments(form).succeeds();
            shown.hides(&[&VALUE[..8], &LETTERS[..8]]);
            let login = home.kaltura(["login", "--profile", name]).arguments(form);
            login.fails(2).hides(&[&VALUE[..8], &LETTERS[..8]]);
        }
    }
    let status = home.kaltura(["status", "--app-token-file", VALUE]).run();
    status.hides(&[&VALUE[..8]]);
}

#[test]
fn a_secret_of_a_variable_that_a_profile_names_is_not_repeated() {
    let home = Home::with_profiles(
        "[profiles.one]\ntoken_variable = 'MINE'\n[profiles.two]\nadmin_secret_variable = 'YOURS'\n",
    );
    for variable in ["MINE", "YOURS"] {
        for line in [&["login", "hush-hush"][..], &["exec", "hush-hush"], &["--json", "hush-hush"]] {
            let own = home.kaltura(line).env(variable, "hush-hush");
            own.fails(2).hides(&["hush"]);
        }
    }
    // Without profiles that can be read, the variables of this program are still known.
    let broken = Home::with_profiles("[");
    let own = broken.kaltura(["login", "hush-hush"]).env("KALTURA_KS", "hush-hush");
    own.fails(2).hides(&["hush"]);
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
    finished.hides(&[VALUE, &KS[..12]]);
}

#[test]
fn what_a_server_echoes_is_not_repeated() {
    let server = OddServer::echoing(|request| {
        if request.starts_with("POST /api_v3/service/session/") {
            return odd_server::json(&json!({ "partnerId": 1_234_567, "ks": KS, "userId": 0 }));
        }
        let sent = body_of(request);
        let call = if sent["1"].is_null() { &sent } else { &sent["1"] };
        let message =
            format!("Invalid KS {}, {}\u{1b}[2J and {}", call["ks"], call["tokenHash"], call["secret"]);
        let error = json!({
            "code": "INVALID_KS", "message": message, "objectType": "KalturaAPIException",
            "args": { "KSID": call["ks"], "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR" },
        });
        odd_server::json(&if sent["1"].is_null() { error } else { json!([error]) })
    });
    for (line, stdin) in [
        (&["login", "--app-token-id=0_importer", "--hash-type=SHA1"][..], ""),
        (&["call", "a.b", "-"], "{\"secret\":\"hush-hush\"}"),
        (&["batch"], "[{\"call\":\"a.b\",\"params\":{\"secret\":\"hush-hush\"}}]"),
    ] {
        for form in [&[][..], &["--json"]] {
            let kaltura = Kaltura::new(line).arguments(form).arguments(["--service-url", &server.url]);
            let kaltura = kaltura.env("KALTURA_APP_TOKEN", VALUE).env("KALTURA_PARTNER_ID", "1234567");
            let finished = kaltura.env("KALTURA_KS", support::server::KS).stdin(stdin).run().ends_with(3);
            let finished = finished.saying("INVALID_KS").hides(&[VALUE, &KS[..12], "\u{1b}", "hush"]);
            let hashes =
                server.sent().into_iter().filter_map(|sent| Some(sent["tokenHash"].as_str()?.to_owned()));
            let hashes: Vec<String> = hashes.collect();
            assert_eq!(hashes.is_empty(), line[0] != "login");
            finished.hides(&hashes.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_whole_login_shows_the_ks_only_where_it_is_asked_for() {
    let server = TestServer::with_tokens(&json!([token("0_importer", VALUE, json!({}))]));
    let text = server.login([]).succeeds();
    text.hides(&[VALUE, ADMIN_SECRET, "djJ8"]);
    let ks = server.login(["--ks-only"]).succeeds();
    assert!(ks.stdout.starts_with("djJ8"), "{ks:#?}");
    ks.hides(&[VALUE]);
    let refused = server.login(["--hash-type=MD5"]).fails(3);
    refused.hides(&[VALUE, "djJ8"]);
}
