//! `kaltura token rotate`.

use serde_json::{Value, json};

use crate::emulator_process::{EmulatorProcess, text_of};
use crate::invocation::Kaltura;
use crate::token_account::{VALUE, count, log_in, manage, now, on_the_server, server, server_with};

fn rotate(server: &EmulatorProcess, options: &[&str]) -> Kaltura {
    manage(server, ["rotate", "0_importer"]).arguments(options.iter().copied())
}

#[test]
fn the_new_token_works_and_the_old_one_stays() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    std::fs::write(&old, VALUE).unwrap();
    let finished = rotate(&server, &["--value-file", text_of(&new)]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let (first, rest) = finished.stdout.split_once('\n').unwrap();
    let id = first.strip_prefix("Made app token ").unwrap().split(' ').next().unwrap();
    let expected = format!(
        "  partner     1234567
  state       active
  description nightly import
  hash type   SHA256
  type        USER
  user        alice
  sessions    1 day
  privileges  sview:*
  expires     2026-12-04 04:09:15 UTC, in 10 days
  made        2026-11-24 04:09:15 UTC
  changed     2026-11-24 04:09:15 UTC
  value       in {}
The old app token 0_importer is still there.
",
        new.display()
    );
    assert_eq!(rest, expected);
    log_in(&server, id, "SHA256", &new).run().ends_with(0);
    log_in(&server, "0_importer", "SHA256", &old).run().ends_with(0);
    log_in(&server, id, "SHA256", &old).run().fails_with(3).saying("INVALID_APP_TOKEN_HASH");
}

#[test]
fn the_old_token_is_deleted_when_asked() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    std::fs::write(&old, VALUE).unwrap();
    let ks = log_in(&server, "0_importer", "SHA256", &old).run().ends_with(0).stdout;
    let rotated =
        rotate(&server, &["--delete-old", "--json", "--value-file", text_of(&new)]).run().ends_with(0);
    assert_eq!(rotated.stderr, "");
    let document = rotated.document();
    let id = document["id"].as_str().unwrap();
    assert_eq!((&document["oldId"], &document["oldDeleted"]), (&json!("0_importer"), &json!(true)));
    assert_eq!((&document["valueFile"], document.get("token")), (&json!(text_of(&new)), None));
    log_in(&server, id, "SHA256", &new).run().ends_with(0);
    log_in(&server, "0_importer", "SHA256", &old).run().fails_with(5);
    server.call(["media.list"]).env("KALTURA_KS", ks.trim_end()).run().fails_with(3).saying("LOGOUT");
    assert_eq!(count(&server), 1);
}

#[test]
fn the_json_is_that_of_the_new_token() {
    let server = server();
    let document = rotate(&server, &["--json", "--show-value"]).run().ends_with(0).document();
    let id = document["id"].as_str().unwrap();
    let mut expected = on_the_server(&server, id);
    expected["oldId"] = json!("0_importer");
    expected["oldDeleted"] = json!(false);
    expected["forgottenSessions"] = json!(0);
    assert_eq!(document, expected);
    assert_ne!(document["token"], VALUE);
}

#[test]
fn some_settings_may_be_others() {
    let server = server();
    let changes = ["--json", "--session-duration=1h", "--hash-type=SHA512", "--never-expires"];
    let document = rotate(&server, &changes).run().ends_with(0).document();
    for (name, value) in [
        ("sessionDuration", json!(3_600)),
        ("hashType", json!("SHA512")),
        ("expiry", Value::Null),
        ("sessionUserId", json!("alice")),
        ("description", json!("nightly import")),
    ] {
        assert_eq!(document[name], value, "{name}");
    }
    rotate(&server, &["--privileges=sessionid:x"]).run().fails_with(2).saying("the server's own");
}

#[test]
fn a_token_that_is_over_gets_no_twin_that_is_over_too() {
    let server = server_with(&json!({ "expiry": now() - 60 }));
    let refused = rotate(&server, &[]).run().fails_with(2);
    refused.saying("0_importer is over since 2026-11-24 04:08:15 UTC").saying("--expires-in 90d");
    assert_eq!(count(&server), 1);
    rotate(&server, &["--expires-in=90d"]).run().ends_with(0);
}

#[test]
fn a_twin_of_a_disabled_token_is_active_which_is_noted() {
    let server = server_with(&json!({ "status": "disabled" }));
    rotate(&server, &[]).run().ends_with(0).saying("note: 0_importer is disabled, and its twin is not");
}

#[test]
fn a_twin_that_can_not_be_proven_is_named_and_the_old_one_left_alone() {
    let server = server_with(&json!({ "sessionPrivileges": "iprestrict:192.0.2.1" }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let options = ["--delete-old", "--json", "--value-file", text_of(&path)];
    let error = rotate(&server, &options).run().fails_with(3).error();
    let list = manage(&server, ["list", "--json"]).run().ends_with(0).document();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap()).collect();
    let twin = ids.iter().find(|id| **id != "0_importer").unwrap();
    assert_eq!(ids.len(), 2);
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.starts_with(&format!("0_importer is as it was. Its twin {twin} was made")), "{hint}");
    assert!(hint.contains(&format!("kaltura token delete {twin}")), "{hint}");
    assert!(!path.exists());
}

#[test]
fn an_answer_that_is_lost_may_have_left_a_twin() {
    for (command, arguments, word) in [
        ("add", &[][..], "The token may have been made"),
        ("rotate", &["0_importer"], "A twin of it may have been made"),
    ] {
        let server = EmulatorProcess::start(["--fault", "reset@appToken.add"]);
        let id = server.told("/appToken/id").to_owned();
        let arguments = arguments.iter().map(|_| id.as_str());
        let lost = crate::token_account::manage_by_secret(&server, [command]).arguments(arguments).run();
        lost.fails_with(6).saying(word).saying("kaltura token list");
    }
    let server = EmulatorProcess::start(["--fault", "status:503@appToken.delete"]);
    let id = server.told("/appToken/id").to_owned();
    let rotate = ["rotate", &id, "--delete-old", "--show-value", "--json"];
    let finished = crate::token_account::manage_by_secret(&server, rotate).run().ends_with(7);
    // The new token is told of all the same.
    assert_eq!(finished.document()["oldDeleted"], false);
    assert!(finished.error()["hint"].as_str().unwrap().contains("The old one may still be there"));
}

#[test]
fn the_old_one_is_not_deleted_where_nobody_gets_the_new_value() {
    let server = server();
    rotate(&server, &["--delete-old"]).run().fails_with(2).saying("--save-profile NAME");
    assert_eq!(count(&server), 1);
}
