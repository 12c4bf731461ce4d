//! `kaltura token rotate`, and `kaltura token` without the right to manage app tokens.

use std::fs;

use kaltura_emulator::{Clock, Emulator};
use kaltura_types::{SessionType, UnixTime};
use serde_json::{Value, json};

use crate::support::account::{
    account, account_with, count, ks, log_in, manage, manage_by_secret, on_the_server,
};
use crate::support::invocation::{Finished, Kaltura};
use crate::support::server::{ADMIN_SECRET, NOW, TestServer, VALUE, text_of};

fn rotate(server: &TestServer, options: &[&str]) -> Finished {
    manage(server, ["rotate", "0_importer"]).arguments(options).run()
}

#[test]
fn the_new_token_works_and_the_old_one_stays_unless_it_is_deleted() {
    let server = account();
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::write(&old, VALUE).unwrap();
    let finished = rotate(&server, &["--value-file", text_of(&new)]).ends_with(0);
    assert_eq!(finished.stderr, "");
    let id = finished.stdout.strip_prefix("Created app token ").unwrap().split(' ').next().unwrap();
    assert!(finished.stdout.ends_with("\nThe old app token 0_importer still exists.\n"), "{finished:#?}");
    let log_in = |id: &str, value| log_in(&server, id, "SHA256", value).run();
    log_in(id, &new).ends_with(0);
    log_in("0_importer", &old).ends_with(0);
    log_in(id, &old).fails_with(3).saying("INVALID_APP_TOKEN_HASH");

    let ks = log_in("0_importer", &old).stdout;
    let options = ["--delete-old", "--json", "--force", "--value-file", text_of(&new)];
    let document = rotate(&server, &options).ends_with(0).document();
    assert_eq!((&document["oldId"], &document["oldDeleted"]), (&json!("0_importer"), &json!(true)));
    assert_eq!((&document["valueFile"], document.get("token")), (&json!(text_of(&new)), None));
    log_in(document["id"].as_str().unwrap(), &new).ends_with(0);
    log_in("0_importer", &old).fails_with(5);
    let call = server.call(["media.list"]).env("KALTURA_KS", ks.trim_end());
    call.fails(3).saying("LOGOUT");
}

#[test]
fn the_new_token_has_the_properties_that_are_not_changed() {
    let server = account();
    let document = rotate(&server, &["--json", "--show-value"]).ends_with(0).document();
    let mut expected = on_the_server(&server, document["id"].as_str().unwrap());
    for (name, value) in
        [("oldId", json!("0_importer")), ("oldDeleted", json!(false)), ("forgottenSessions", json!(0))]
    {
        expected[name] = value;
    }
    assert_eq!(document, expected);
    assert_ne!(document["token"], VALUE);
    let changes = ["--json", "--session-duration=1h", "--hash-type=SHA512", "--never-expires"];
    let document = rotate(&server, &changes).ends_with(0).document();
    for (name, value) in [
        ("sessionDuration", json!(3_600)),
        ("hashType", json!("SHA512")),
        ("expiry", Value::Null),
        ("sessionUserId", json!("alice")),
        ("description", json!("nightly import")),
    ] {
        assert_eq!(document[name], value, "{name}");
    }
    rotate(&server, &["--privileges=sessionid:x"]).fails_with(2).saying("set by the server");
    let count_before = count(&server);
    rotate(&server, &["--delete-old"]).fails_with(2).saying("--save-profile NAME");
    assert_eq!(count(&server), count_before);
    let disabled = account_with(json!({ "status": "disabled" }));
    rotate(&disabled, &[]).ends_with(0).saying("note: 0_importer is disabled, the new token is not");
}

#[test]
fn a_new_token_that_could_not_be_verified_is_named_and_the_old_one_unchanged() {
    let expired = account_with(json!({ "expiry": NOW - 60 }));
    rotate(&expired, &[]).fails_with(2).saying("0_importer expired at").saying("--expires-in 90d");
    assert_eq!(count(&expired), 1);
    rotate(&expired, &["--expires-in=90d"]).ends_with(0);

    let server = account_with(json!({ "sessionPrivileges": "iprestrict:192.0.2.1" }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let error =
        rotate(&server, &["--delete-old", "--json", "--value-file", text_of(&path)]).fails_with(3).error();
    let list = manage(&server, ["list"]).answer();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap()).collect();
    let new = ids.iter().find(|id| **id != "0_importer").unwrap();
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.starts_with(&format!("0_importer is unchanged. The new token {new} was created")), "{hint}");
    assert!(ids.len() == 2 && !path.exists());
}

#[test]
fn a_lost_answer_may_have_left_a_token() {
    let server = TestServer::with_fault("reset@appToken.add");
    let id = server.told("/appToken/id").to_owned();
    let lost = manage_by_secret(&server, ["rotate", &id]).fails(6);
    lost.saying("A new token may have been created").saying("kaltura token list");
    let server = TestServer::with_fault("status:503@appToken.delete");
    let id = server.told("/appToken/id").to_owned();
    let rotate = ["rotate", &id, "--delete-old", "--show-value", "--json"];
    let finished = manage_by_secret(&server, rotate).run().ends_with(7);
    assert_eq!(finished.document()["oldDeleted"], false);
    assert!(finished.error()["hint"].as_str().unwrap().contains("The old one may still exist"));
}

/// A command of each kind.
const ALL: [&[&str]; 6] = [
    &["add", "--expires-in=1d"],
    &["list"],
    &["get", "0_importer"],
    &["update", "0_importer", "--description=x"],
    &["delete", "0_importer", "--yes"],
    &["rotate", "0_importer"],
];

#[test]
fn each_command_needs_the_right_to_manage_app_tokens() {
    let (server, own) = (account(), TestServer::new());
    for arguments in ALL {
        let wrong = "ffffffffffffffffffffffffffffffff";
        let refused = manage_by_secret(&own, arguments).env("KALTURA_ADMIN_SECRET", wrong).run();
        let account = format!("the admin secret of account {}", own.greeting["partnerId"]);
        let refused = refused.fails_with(3).saying("INVALID_KS").saying(&account);
        assert!(!refused.stderr.contains("ffffffff") && !refused.stderr.contains("djJ8"), "{refused:#?}");
        let user = manage(&server, arguments).env("KALTURA_KS", ks(SessionType::User)).run();
        user.fails_with(4).saying("SERVICE_FORBIDDEN").saying("an ADMIN session of account 1234567");
        let none = Kaltura::new(["token"]).arguments(arguments).env("KALTURA_PARTNER_ID", "1");
        let none = none.fails(2);
        none.saying("requires the account's admin secret").saying("kaltura ks --type admin");
    }
    let expired =
        TestServer::start(Emulator::builder().clock(Clock::frozen_at(UnixTime::from_seconds(8_000_000_000))));
    let refused = manage_by_secret(&expired, ["list"]).fails(3);
    refused
        .saying("hint: The session was signed with this machine's clock, which is")
        .saying("behind the server's.");
    for id_command in [&["get"][..], &["update", "--description=x"], &["delete", "--yes"], &["rotate"]] {
        let missing = manage(&server, id_command).arguments(["0_nosuch"]);
        missing.fails(5).saying("APP_TOKEN_ID_NOT_FOUND");
    }
}

#[test]
fn what_is_not_the_right_secret_or_ks_is_named_before_it_is_sent() {
    let secret = || Kaltura::new(["token", "list"]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
    let empty = secret().env("KALTURA_ADMIN_SECRET", "").fails(2);
    empty.saying("KALTURA_ADMIN_SECRET is set, but empty");
    for (text, why) in [("hush-hush", "not a KS"), ("null", "no value"), ("'hush-hush'", "in quotes")] {
        let garbage = Kaltura::new(["token", "list"]).env("KALTURA_KS", text).fails(2);
        assert!(!garbage.saying(why).stderr.contains("hush"));
    }
    let other = manage(&account(), ["list", "--partner-id=7"]).fails(2);
    other.saying("the KS is for account 1234567, not 7");
}

#[test]
fn an_option_overrides_the_environment_and_that_the_profile() {
    let server = account();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ks");
    fs::write(&file, ks(SessionType::Admin)).unwrap();
    let user = ks(SessionType::User);
    let list = || Kaltura::new(["token", "list"]).env("KALTURA_SERVICE_URL", server.url());
    let from_file = list().arguments(["--ks-file", text_of(&file)]).env("KALTURA_KS", &user);
    from_file.succeeds();
    let piped =
        list().arguments(["--ks-stdin"]).env("KALTURA_ADMIN_SECRET", "wrong").env("KALTURA_KS", &user);
    piped.stdin(ks(SessionType::Admin)).succeeds();
    let by_option =
        list().arguments(["--admin-secret-stdin", "--partner-id=1234567"]).env("KALTURA_KS", &user);
    by_option.stdin("wrong").fails(3).saying("INVALID_KS");
    let both = list().env("KALTURA_ADMIN_SECRET", "wrong").env("KALTURA_PARTNER_ID", "1234567");
    both.env("KALTURA_KS", ks(SessionType::Admin)).fails(3).saying("INVALID_KS");

    let own = TestServer::new();
    fs::write(folder.path().join("secret"), own.told("/adminSecret")).unwrap();
    let profile = format!(
        "default_profile = 'work'\n[profiles.work]\nservice_url = '{}'\npartner_id = {}\nadmin_secret_file = 'secret'\n",
        own.url(),
        own.greeting["partnerId"]
    );
    fs::write(folder.path().join("config.toml"), profile).unwrap();
    let list = || Kaltura::new(["token", "list"]).env("KALTURA_CONFIG_DIR", folder.path());
    list().succeeds();
    list().env("KALTURA_KS", &user).fails(2).saying("the KS is for account");
    list().env("KALTURA_PARTNER_ID", "7").fails(2);
    let admin = own.login(["--ks-only", "--type=admin"]).succeeds().stdout;
    let by_token = Kaltura::new(["token", "list"]).env("KALTURA_SERVICE_URL", own.url());
    by_token.env("KALTURA_KS", admin.trim_end()).succeeds();
}
