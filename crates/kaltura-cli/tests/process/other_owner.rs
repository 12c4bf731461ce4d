//! What belongs to one server, account or token is not used for another one.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::control::calls;
use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, text_of, token};
use crate::invocation::Kaltura;
use crate::odd_server::OddServer;

const VALUE: &str = "0123456789abcdef0123456789abcdef";
/// A KS of the account 1234567.
const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRtIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

fn server() -> EmulatorProcess {
    let open = json!({ "sessionUserId": null });
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, open)]))
}

/// A profile of the server, with its token and its admin secret.
fn profile(server: &EmulatorProcess, folder: &Path) {
    fs::write(
        folder.join("config.toml"),
        format!(
            "[profiles.work]\nservice_url = \"{}\"\npartner_id = 1234567\napp_token_id = \"0_importer\"\n\
             hash_type = \"SHA256\"\ntoken_variable = \"VALUE\"\nadmin_secret_variable = \"SECRET\"\n",
            server.url()
        ),
    )
    .unwrap();
}

fn kaltura<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Kaltura {
    Kaltura::new(arguments)
        .env("KALTURA_CONFIG_DIR", text_of(folder))
        .env("KALTURA_CACHE_DIR", text_of(&folder.join("cache")))
        .env("VALUE", VALUE)
        .env("SECRET", ADMIN_SECRET)
}

#[test]
fn another_server_gets_nothing_that_the_secrets_of_a_profile_made() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    let other_server = OddServer::silent();
    for command in [&["token", "list"][..], &["login"], &["ks"], &["call", "media.list"]] {
        let line = || kaltura(folder.path(), command.iter().copied()).arguments(["--profile=work"]);
        let by_option = line().arguments(["--service-url", &other_server.url]).run().fails_with(2);
        by_option.saying("profile 'work' stores the one for a different server");
        line().env("KALTURA_SERVICE_URL", &other_server.url).run().fails_with(2);
        line().env("KALTURA_REGION", "eu").run().fails_with(2);
    }
    assert!(other_server.requests.try_recv().is_err(), "nothing was sent");
    kaltura(folder.path(), ["token", "list", "--profile=work"]).run().ends_with(0);
    kaltura(folder.path(), ["login", "--profile=work"]).run().ends_with(0);
}

#[test]
fn a_ks_is_not_sent_for_another_account() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let call = |arguments: &[&str]| {
        kaltura(folder.path(), ["call", "media.list", "--service-url", server.url()])
            .arguments(arguments.iter().copied())
            .env("KALTURA_KS", KS)
            .run()
    };
    call(&["--partner-id=7654321"])
        .fails_with(2)
        .saying("the KS is of the account 1234567, and not of 7654321");
    assert_eq!(calls(&server), Vec::<String>::new());
    // The account is the right one, and the KS is not signed by it.
    call(&["--partner-id=1234567"]).fails_with(3);
}

#[test]
fn an_option_that_names_a_session_goes_before_the_variable_of_a_ks() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    let user = |arguments: &[&str]| {
        let call = kaltura(folder.path(), ["call", "session.get", "--json", "--type=admin"]);
        call.arguments(arguments.iter().copied()).env("KALTURA_KS", KS).run()
    };
    let dead = kaltura(folder.path(), ["call", "media.list"]).env("KALTURA_KS", KS);
    dead.env("KALTURA_PROFILE", "work").run().fails_with(3);
    for arguments in [&["--profile=work"][..], &["--profile=work", "--user=bob"]] {
        // The token is not for ADMIN sessions: who asks is known, and is told no.
        user(arguments).fails_with(4);
    }
    let list = kaltura(folder.path(), ["call", "media.list", "--profile=work"]).env("KALTURA_KS", KS);
    list.run().ends_with(0);
}

#[test]
fn session_end_is_not_reached_by_a_detour() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    let detour = ["call", "multirequest.null", "1.service=session", "1.action=end", "--profile=work"];
    kaltura(folder.path(), detour).run().fails_with(2).saying("kaltura batch");
    let batch = kaltura(folder.path(), ["batch", "-", "--profile=work"]);
    batch.stdin("[{\"call\":\"multirequest.null\",\"params\":{\"1\":{}}}]").run().fails_with(2);
    let batch = kaltura(folder.path(), ["batch", "-", "--profile=work"]);
    batch.stdin("[{\"call\":\"SESSION.End\"}]").run().fails_with(2).saying("would shut the app token");
    assert_eq!(calls(&server), Vec::<String>::new());
}

#[test]
fn an_empty_variable_does_not_hide_the_secret_of_the_profile() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    let login = kaltura(folder.path(), ["login", "--profile=work"]).env("KALTURA_APP_TOKEN", "");
    login.run().ends_with(0);
}

#[test]
fn the_dead_sessions_of_a_deleted_token_are_forgotten() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    kaltura(folder.path(), ["ks", "--profile=work"]).run().ends_with(0);
    kaltura(folder.path(), ["token", "delete", "0_importer", "--yes", "--profile=work"]).run().ends_with(0);
    kaltura(folder.path(), ["ks", "--profile=work"]).run().fails_with(5);
}

#[test]
fn what_was_there_is_put_back_if_a_profile_can_not_be_changed() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let add = |value: &str, id: &str| {
        let id = format!("--app-token-id={id}");
        let add =
            kaltura(folder.path(), ["profile", "add", "work", "--app-token-stdin", "--store=file", &id]);
        let rest = ["--partner-id=1234567", "--hash-type=SHA256", "--service-url", server.url()];
        add.arguments(rest).stdin(value).run()
    };
    add(VALUE, "0_importer").ends_with(0);
    let before = fs::read_to_string(folder.path().join("config.toml")).unwrap();
    // Where the new file would be written, there is a folder.
    fs::create_dir(folder.path().join("config.toml.new")).unwrap();
    add("another", "0_abcdefgh").fails_with(1);
    assert_eq!(fs::read_to_string(folder.path().join("config.toml")).unwrap(), before);
    kaltura(folder.path(), ["login"]).run().ends_with(0);
}

#[test]
fn with_a_profile_the_sessions_of_its_token_go() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    kaltura(folder.path(), ["ks", "--profile=work"]).run().ends_with(0);
    kaltura(folder.path(), ["profile", "remove", "work", "--yes"]).run().ends_with(0);
    let forgotten = kaltura(folder.path(), ["logout", "--all", "--json"]).run().ends_with(0).document();
    assert_eq!(forgotten["forgottenSessions"], 0);
}

#[test]
fn a_ks_that_is_given_is_told_of_where_it_matters() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    profile(&server, folder.path());
    let with_ks = |command: &[&str]| {
        let line = kaltura(folder.path(), command.iter().copied()).env("KALTURA_PROFILE", "work");
        line.env("KALTURA_KS", KS).run()
    };
    with_ks(&["call", "media.list"]).fails_with(3).saying("unset KALTURA_KS or use --fresh");
    kaltura(folder.path(), ["ks", "--profile=work"]).run().ends_with(0);
    let status = with_ks(&["status", "--json"]).ends_with(0).document();
    assert!(status["warnings"][0].as_str().unwrap().starts_with("KALTURA_KS is set"), "{status}");
}
