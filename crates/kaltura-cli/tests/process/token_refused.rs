//! `kaltura token` without a session that may manage app tokens: each class has its exit code.

use std::net::TcpListener;

use kaltura_types::SessionType;

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, text_of};
use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok};
use crate::token_account::{ks, manage, manage_by_secret, server};

/// A command of each kind.
const ALL: [&[&str]; 6] = [
    &["add", "--expires-in=1d"],
    &["list"],
    &["get", "0_importer"],
    &["update", "0_importer", "--description=x"],
    &["delete", "0_importer", "--yes"],
    &["rotate", "0_importer"],
];

fn each() -> impl Iterator<Item = impl Iterator<Item = &'static str>> {
    ALL.into_iter().map(|arguments| arguments.iter().copied())
}

#[test]
fn a_wrong_admin_secret() {
    let server = EmulatorProcess::start([]);
    for arguments in each() {
        let wrong = "ffffffffffffffffffffffffffffffff";
        let refused = manage_by_secret(&server, arguments).env("KALTURA_ADMIN_SECRET", wrong).run();
        let account = format!("the admin secret of the account {}", server.greeting["partnerId"]);
        let refused = refused.fails_with(3).saying("INVALID_KS").saying(&account);
        assert!(!refused.stderr.contains("ffffffff") && !refused.stderr.contains("djJ8"), "{refused:#?}");
    }
}

#[test]
fn a_clock_that_is_wrong() {
    // The server's clock is 200 years ahead.
    let server = EmulatorProcess::start(["--at", "8000000000"]);
    let refused = manage_by_secret(&server, ["list"]).run().fails_with(3);
    refused
        .saying("EXPIRED")
        .saying("hint: The session was signed by the clock of this machine, which is")
        .saying("behind the server's. Set it right.");
}

#[test]
fn a_session_that_may_not() {
    let server = server();
    for arguments in each() {
        let user = manage(&server, arguments).env("KALTURA_KS", &ks(SessionType::User)).run();
        user.fails_with(4)
            .saying("SERVICE_FORBIDDEN")
            .saying("The KS must be of an ADMIN session of the account 1234567");
    }
    let error = manage(&server, ["list", "--json"]).env("KALTURA_KS", &ks(SessionType::User)).run();
    let error = error.fails_with(4).error();
    assert_eq!((&error["class"], &error["code"]), (&"permission".into(), &"SERVICE_FORBIDDEN".into()));
    assert_eq!((&error["step"], &error["serviceUrl"]), (&"appToken.list".into(), &server.url().into()));
}

#[test]
fn a_token_that_is_not_there() {
    let server = server();
    for arguments in [
        &["get", "0_nosuch"][..],
        &["update", "0_nosuch", "--description=x"],
        &["delete", "0_nosuch", "--yes"],
        &["rotate", "0_nosuch"],
    ] {
        let missing = manage(&server, arguments.iter().copied()).run();
        missing.fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
    }
}

#[test]
fn nothing_to_manage_with() {
    for arguments in each() {
        let refused = Kaltura::new(["token"]).arguments(arguments).env("KALTURA_PARTNER_ID", "1").run();
        refused
            .fails_with(2)
            .saying("takes the admin secret of the account")
            .saying("kaltura ks --type admin");
    }
    let secret = || Kaltura::new(["token", "list"]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
    secret().run().fails_with(2).saying("--partner-id is missing");
    secret()
        .env("KALTURA_ADMIN_SECRET", "")
        .run()
        .fails_with(2)
        .saying("KALTURA_ADMIN_SECRET is set, but empty");
    let both = ["--admin-secret-stdin", "--ks-file", "x"];
    secret().arguments(both).run().fails_with(2).saying("one of them is enough");
    let garbage = Kaltura::new(["token", "list"]).env("KALTURA_KS", "hush-hush").run().fails_with(2);
    assert!(!garbage.saying("the KS cannot be read as one").stderr.contains("hush"));
    let other = manage(&server(), ["list", "--partner-id=7"]).run().fails_with(2);
    other.saying("the KS is of the account 1234567, and not of 7");
}

#[test]
fn what_goes_before_what() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ks");
    std::fs::write(&file, ks(SessionType::Admin)).unwrap();
    let user = ks(SessionType::User);
    let list = || Kaltura::new(["token", "list"]).env("KALTURA_SERVICE_URL", server.url());
    // An option before the environment, whichever of the two it is.
    list().arguments(["--ks-file", text_of(&file)]).env("KALTURA_KS", &user).run().ends_with(0);
    let piped =
        list().arguments(["--ks-stdin"]).env("KALTURA_ADMIN_SECRET", "wrong").env("KALTURA_KS", &user);
    piped.stdin(ks(SessionType::Admin)).run().ends_with(0);
    let by_option =
        list().arguments(["--admin-secret-stdin", "--partner-id=1234567"]).env("KALTURA_KS", &user);
    by_option.stdin("wrong").run().fails_with(3).saying("INVALID_KS");
    // The admin secret before the KS.
    let both = list().env("KALTURA_ADMIN_SECRET", "wrong").env("KALTURA_PARTNER_ID", "1234567");
    both.env("KALTURA_KS", &ks(SessionType::Admin)).run().fails_with(3).saying("INVALID_KS");
}

#[test]
fn the_profile_may_have_the_admin_secret() {
    let server = EmulatorProcess::start([]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), server.told("/adminSecret")).unwrap();
    let profile = format!(
        "default_profile = 'work'\n[profiles.work]\nservice_url = '{}'\npartner_id = {}\nadmin_secret_file = 'secret'\n",
        server.url(),
        server.greeting["partnerId"]
    );
    std::fs::write(folder.path().join("config.toml"), profile).unwrap();
    let list = || Kaltura::new(["token", "list"]).env("KALTURA_CONFIG_DIR", text_of(folder.path()));
    list().run().ends_with(0);
    list().env("KALTURA_KS", &ks(SessionType::User)).run().fails_with(2).saying("the KS is of the account");
    list().env("KALTURA_PARTNER_ID", "7").run().fails_with(2).saying("keeps the one of another partner_id");
}

#[test]
fn an_app_token_with_admin_sessions_will_do() {
    let server = EmulatorProcess::start([]);
    let ks = server.login(["--ks-only", "--type=admin"]).run().ends_with(0).stdout;
    let list = Kaltura::new(["token", "list"]).env("KALTURA_SERVICE_URL", server.url());
    list.env("KALTURA_KS", ks.trim_end()).run().ends_with(0);
}

#[test]
fn no_server_and_an_odd_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let list = |url: &str| {
        let list = Kaltura::new(["token", "list", "--service-url", url]);
        list.env("KALTURA_KS", &ks(SessionType::Admin))
    };
    list(&url).run().fails_with(6).saying("could not connect");
    let odd = OddServer::answering(ok("text/html", "<!DOCTYPE html><p>Sign in"));
    list(&odd.url).run().fails_with(7).saying("the response is an HTML page");
}

#[cfg(target_os = "linux")]
#[test]
fn the_admin_secret_is_neither_sent_nor_in_the_arguments() {
    let server = OddServer::silent();
    let running = Kaltura::new(["token", "list", "--service-url", &server.url, "--partner-id=1234567"])
        .arguments(["--admin-secret-stdin"])
        .stdin(ADMIN_SECRET)
        .start();
    let request = server.requests.recv().unwrap();
    assert!(request.contains("djJ8") && !request.contains(ADMIN_SECRET), "{request}");
    let seen = std::fs::read(format!("/proc/{}/cmdline", running.child.id())).unwrap();
    assert!(!String::from_utf8(seen).unwrap().contains(ADMIN_SECRET));
    running.signal("INT");
    running.wait().fails_with(130);
}
