//! What belongs to one server, account or token is not used for another one.

use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::odd_server::OddServer;
use crate::support::server::{ADMIN_SECRET, FORGED_KS, TestServer, VALUE, server_for_any_user};

/// A home with a profile of the server, with its token and its admin secret.
fn home(server: &TestServer) -> Home {
    Home::with_profiles(&format!(
        "[profiles.work]\nservice_url = \"{}\"\npartner_id = 1234567\napp_token_id = \"0_importer\"\n\
         hash_type = \"SHA256\"\ntoken_variable = \"VALUE\"\nadmin_secret_variable = \"SECRET\"\n",
        server.url()
    ))
}

fn kaltura(home: &Home, line: &[&str]) -> Kaltura {
    home.kaltura(line).envs([("VALUE", VALUE), ("SECRET", ADMIN_SECRET)])
}

#[test]
fn another_server_gets_nothing_that_the_secrets_of_a_profile_made() {
    let server = server_for_any_user();
    let home = home(&server);
    let other_server = OddServer::silent();
    for command in [&["token", "list"][..], &["login"], &["ks"], &["call", "media.list"]] {
        let line = || kaltura(&home, command).arguments(["--profile=work"]);
        let by_option = line().arguments(["--service-url", &other_server.url]).fails(2);
        by_option.saying("profile 'work' stores the one for a different server");
        line().env("KALTURA_SERVICE_URL", &other_server.url).fails(2);
        line().env("KALTURA_REGION", "eu").fails(2);
    }
    assert!(other_server.requests.try_recv().is_err(), "nothing was sent");
    kaltura(&home, &["token", "list", "--profile=work"]).succeeds();
    kaltura(&home, &["login", "--profile=work"]).succeeds();
}

#[test]
fn a_ks_is_not_sent_for_another_account() {
    let server = server_for_any_user();
    let home = home(&server);
    let call = |arguments: &[&str]| {
        kaltura(&home, &["call", "media.list", "--service-url", server.url()])
            .arguments(arguments)
            .env("KALTURA_KS", FORGED_KS)
            .run()
    };
    call(&["--partner-id=7654321"])
        .fails_with(2)
        .saying("the KS is of the account 1234567, and not of 7654321");
    assert_eq!(server.calls(), [""; 0]);
    // The account is the right one, and the KS is not signed by it.
    call(&["--partner-id=1234567"]).fails_with(3);
}

#[test]
fn an_option_that_names_a_session_goes_before_the_variable_of_a_ks() {
    let server = server_for_any_user();
    let home = home(&server);
    let user = |arguments: &[&str]| {
        let call = kaltura(&home, &["call", "session.get", "--json", "--type=admin"]);
        call.arguments(arguments).env("KALTURA_KS", FORGED_KS).run()
    };
    let dead = kaltura(&home, &["call", "media.list"]).env("KALTURA_KS", FORGED_KS);
    dead.env("KALTURA_PROFILE", "work").fails(3);
    for arguments in [&["--profile=work"][..], &["--profile=work", "--user=bob"]] {
        // The token is not for ADMIN sessions: who asks is known, and is told no.
        user(arguments).fails_with(4);
    }
    let list = kaltura(&home, &["call", "media.list", "--profile=work"]).env("KALTURA_KS", FORGED_KS);
    list.succeeds();
}

#[test]
fn a_ks_that_is_given_is_told_of_where_it_matters() {
    let server = server_for_any_user();
    let home = home(&server);
    let with_ks = |command: &[&str]| {
        let line = kaltura(&home, command).env("KALTURA_PROFILE", "work");
        line.env("KALTURA_KS", FORGED_KS).run()
    };
    with_ks(&["call", "media.list"]).fails_with(3).saying("unset KALTURA_KS or use --fresh");
    kaltura(&home, &["ks", "--profile=work"]).succeeds();
    let status = with_ks(&["status", "--json"]).ends_with(0).document();
    assert!(status["warnings"][0].as_str().unwrap().starts_with("KALTURA_KS is set"), "{status}");
}
