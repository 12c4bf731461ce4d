//! `kaltura token add`, `get`, `update` and `delete`, and where the value of a token goes.

use std::fs;

use serde_json::{Value, json};

use crate::support::account::{
    account, account_with, count, log_in, manage, manage_by_secret, on_the_server,
};
use crate::support::invocation::{Finished, Words};
use crate::support::server::{ADMIN_SECRET, NOW, SECOND, TestServer, VALUE, shown, text_of};

const ALL: [&str; 8] = [
    "add",
    "--user=importer",
    "--privileges=list:*,sview:*",
    "--session-duration=1h",
    "--expires-at=2027-02-22T04:09:15Z",
    "--description=nightly import",
    "--hash-type=sha512",
    "--type=admin",
];

fn run(server: &TestServer, arguments: impl Words) -> Finished {
    manage(server, arguments).run()
}

fn notes(finished: &Finished) -> Vec<String> {
    let text = finished.stderr.replace("\n  ", " ");
    text.lines().map(|line| line.trim_start_matches("note: ").to_owned()).collect()
}

#[test]
fn a_new_token_is_printed_as_text_and_as_json() {
    let server = account();
    let (finished, now) = (manage(&server, ALL).succeeds(), shown(NOW, SECOND));
    assert_eq!(finished.stderr, "");
    let (first, rest) = finished.stdout.split_once('\n').unwrap();
    let id = first.strip_prefix("Created app token ").unwrap().split(' ').next().unwrap();
    assert_eq!(first, format!("Created app token {id} at {}", server.url()));
    let expected = format!(
        "  partner           1234567
  state             active
  description       nightly import
  hash type         SHA512
  type              ADMIN
  user              importer
  session duration  1 h
  privileges        list:*,sview:*
  expires           {}, in 90 days
  created           {now}
  updated           {now}
  value             hidden (kaltura token get {id} --show-value)
",
        shown(NOW + 7_776_000, SECOND)
    );
    assert_eq!(rest, expected);

    let finished = run(&server, [&ALL[..], &["--json", "--show-value"]].concat()).ends_with(0);
    assert_eq!(finished.stderr, "");
    let document = finished.document();
    let (id, value) = (document["id"].as_str().unwrap(), document["token"].as_str().unwrap());
    assert!(value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()), "{value}");
    let expected = json!({
        "id": id, "partnerId": 1_234_567, "state": "active", "description": "nightly import",
        "hashType": "SHA512", "sessionType": "ADMIN", "sessionUserId": "importer", "sessionDuration": 3_600,
        "sessionPrivileges": "list:*,sview:*", "expiry": NOW + 7_776_000, "expiresIn": 7_776_000,
        "createdAt": NOW, "updatedAt": NOW, "token": value, "serviceUrl": server.url(), "warnings": [],
    });
    assert_eq!(document.to_string(), expected.to_string(), "in this order");
    assert_eq!(on_the_server(&server, id)["token"], value);
}

#[test]
fn what_a_new_token_leaves_open_is_safe_or_noted() {
    let server = account();
    let finished = run(&server, ["create"]).ends_with(0);
    assert_eq!(
        notes(&finished),
        [
            "anyone with this token can choose the session's user; use --user to restrict it",
            "the token never expires; use --expires-in 90d to set an expiry",
        ]
    );
    for line in [
        "hash type         SHA256",
        "type              USER",
        "user              any",
        "expires           never",
    ] {
        assert!(finished.stdout.contains(&format!("  {line}\n")), "{line} {finished:#?}");
    }
    let any = run(&server, ["add", "--type=any", "--user=u", "--expires-in=1d"]).ends_with(0);
    assert_eq!(notes(&any), ["anyone with this token can request ADMIN sessions"]);
    assert!(any.stdout.contains("any (caller may request ADMIN)\n"), "{any:#?}");
    // The settings of the environment are those of the token that logs in.
    let settings = ["KALTURA_USER", "KALTURA_PRIVILEGES", "KALTURA_APP_TOKEN_HASH_TYPE", "KALTURA_LIFETIME"];
    let added = settings.iter().fold(manage(&server, ["add", "--json"]), |it, name| it.env(name, "MD5"));
    let document = added.succeeds().document();
    assert_eq!((&document["sessionUserId"], &document["hashType"]), (&Value::Null, &json!("SHA256")));
}

#[test]
fn surprising_settings_are_notes_and_warnings_of_the_document() {
    let server = account();
    let odd = [
        "add",
        "--type=admin",
        "--hash-type=MD5",
        "--session-duration=30d",
        "--user=u",
        "--expires-in=1d",
        "--privileges=setrole:7,Sview:*,iprestrict:10.0.0.0/8",
    ];
    let expected = [
        "MD5 is a weak hash",
        "its sessions last up to 30 days",
        "the role of setrole is looked up only when a session is used",
        "the privilege Sview has no effect",
        "8 is not an address",
    ];
    let text = notes(&run(&server, odd).ends_with(0));
    let document = run(&server, [&odd[..], &["--json"]].concat()).ends_with(0);
    assert_eq!(document.stderr, "");
    assert_eq!(document.document()["warnings"], json!(text));
    assert_eq!(text.len(), expected.len(), "{text:?}");
    for (text, expected) in text.iter().zip(expected) {
        assert!(text.contains(expected), "{expected} {text}");
    }
}

#[test]
fn mistakes_are_rejected_before_anything_is_created() {
    let server = account();
    for (options, why) in [
        (&["--expires-at=43800"][..], "--expires-at is in the past: 19"),
        (&["--expires-at=2026-11-24T04:09:15Z"], "--expires-at is in the past"),
        (&["--expires-at=soon"], "not a time"),
        (&["--expires-in=0"], "at least one second"),
        (&["--expires-in=4000000d"], "after the year 9999"),
        (&["--expires-in=1d", "--expires-at=2027-06-30"], "cannot be used with"),
        (&["--session-duration=-1"], "not a duration"),
        (&["--user="], "a value is required"),
        (&["--hash-type=SHA3"], "use MD5, SHA1, SHA256 or SHA512"),
        (&["--type=root"], "possible values: user, admin, any"),
        (&["--privileges=actionslimit:many"], "takes one number of calls"),
        (&["--privileges=sview:*,sessionid:x"], "the privilege sessionid is set by the server"),
        (&["--privileges=sview:*,,list:*"], "a privilege needs a name"),
        (&["--show-value", "--value-file=x"], "cannot be used with"),
        (&["--force"], "--value-file"),
        (&["--value-file=-"], "use --show-value"),
        (&["--description=a\u{1}b"], "INVALID_PARAMETER_CHAR"),
    ] {
        manage(&server, ["add"]).arguments(options).fails(2).saying(why);
    }
    assert_eq!(count(&server), 1);
}

#[test]
fn a_file_with_the_value_is_new_and_for_its_owner_alone() {
    let server = account();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let add = |more: &[&str]| {
        let arguments = ["add", "--json", "--value-file", text_of(&path)];
        manage(&server, arguments).arguments(more).run()
    };
    let check_mode = || {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    };
    let created = add(&[]).ends_with(0).document();
    let stored = fs::read_to_string(&path).unwrap();
    assert_eq!((&created["valueFile"], created.get("token")), (&json!(text_of(&path)), None));
    let id = created["id"].as_str().unwrap();
    assert_eq!(stored, format!("{}\n", on_the_server(&server, id)["token"].as_str().unwrap()));
    check_mode();
    // An existing file is not overwritten, and no token is created for nothing.
    add(&[]).fails_with(2).error();
    assert_eq!((fs::read_to_string(&path).unwrap(), count(&server)), (stored.clone(), 2));
    add(&["--force"]).ends_with(0);
    assert_ne!(fs::read_to_string(&path).unwrap(), stored);
    check_mode();
    // If nothing is created, nothing is left behind.
    let other = folder.path().join("other");
    run(&server, ["add", "--user", "two words", "--value-file", text_of(&other)]).fails_with(2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no/such/folder");
    run(&server, ["add", "--value-file", text_of(&nowhere)]).fails_with(1).saying("cannot create the file");
    assert_eq!(count(&server), 3);
}

#[test]
fn a_token_logs_in_until_its_expiry_by_the_servers_clock() {
    let server = TestServer::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let add = ["add", "--expires-in=90d", "--user=importer", "--json", "--value-file", text_of(&path)];
    let created = manage_by_secret(&server, add).succeeds();
    let value = fs::read_to_string(&path).unwrap();
    let created = created.hides(&[value.trim_end(), server.told("/adminSecret"), "djJ8"]).document();
    assert!((7_775_900..=7_776_000).contains(&created["expiresIn"].as_u64().unwrap()), "{created}");
    let log_in = || log_in(&server, created["id"].as_str().unwrap(), "SHA256", &path).run();
    log_in().ends_with(0);
    server.apply(json!({ "advanceClock": 7_776_001 }));
    log_in().fails_with(3).saying("APP_TOKEN_EXPIRED");
}

#[test]
fn a_lost_answer_may_have_created_a_token() {
    let server = TestServer::with_fault("reset@appToken.add");
    let lost = manage_by_secret(&server, ["add"]).fails(6);
    lost.saying("The token may have been created").saying("kaltura token list");
}

#[test]
fn an_account_without_an_anonymous_user_needs_a_user() {
    let server = TestServer::with_seed(&json!({
        "partners": [{ "id": 1_234_567, "adminSecrets": [ADMIN_SECRET], "hasAnonymousUser": false }],
        "widgets": [{ "id": "_1234567", "partnerId": 1_234_567 }],
    }));
    run(&server, ["add"]).fails_with(2).saying("INVALID_FIELD_VALUE").saying("hint: Pass --user");
    run(&server, ["add", "--user=new"]).ends_with(0);
}

#[test]
fn a_token_is_shown_and_its_value_only_on_request() {
    let server = account_with(json!({ "description": "a\u{1b}[2J\nb" }));
    let finished = run(&server, ["get", "0_importer"]).ends_with(0);
    assert_eq!(finished.stderr, "");
    let head = format!("App token 0_importer at {}\n", server.url());
    assert!(finished.stdout.starts_with(&head), "{finished:#?}");
    assert!(finished.stdout.contains("description       a [2J b\n"), "{finished:#?}");
    assert!(!finished.stdout.contains(VALUE));
    let shown = run(&server, ["get", "0_importer", "--show-value"]).ends_with(0);
    assert_eq!(shown.stdout.lines().last(), Some(&*format!("  value             {VALUE}")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    run(&server, ["get", "0_importer", "--value-file", text_of(&path)]).ends_with(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{VALUE}\n"));
    log_in(&server, "0_importer", "SHA256", &path).succeeds();
    for (changes, state) in [
        (json!({ "expiry": NOW }), "expired"),
        (json!({ "expiry": NOW + 1 }), "active"),
        (json!({ "status": "disabled" }), "disabled"),
    ] {
        let document =
            run(&account_with(changes.clone()), ["get", "0_importer", "--json"]).ends_with(0).document();
        assert_eq!(document["state"], state, "{changes}");
    }
    let useless = run(&account_with(json!({ "sessionDuration": 0 })), ["get", "0_importer"]).ends_with(0);
    useless.saying("already expired when they are issued").saying("kaltura token update");
}

#[test]
fn an_update_changes_only_what_is_passed() {
    for (change, name, value) in [
        ("--description=another one", "description", json!("another one")),
        ("--description=", "description", Value::Null),
        ("--user=bob", "sessionUserId", json!("bob")),
        ("--type=admin", "sessionType", json!("ADMIN")),
        ("--privileges=list:*", "sessionPrivileges", json!("list:*")),
        ("--session-duration=15m", "sessionDuration", json!(900)),
        ("--hash-type=SHA512", "hashType", json!("SHA512")),
        ("--expires-in=90d", "expiry", json!(NOW + 7_776_000)),
        ("--never-expires", "expiry", Value::Null),
    ] {
        let server = account();
        let mut expected = on_the_server(&server, "0_importer");
        let finished = run(&server, ["update", "0_importer", change]).ends_with(0);
        assert!(finished.stdout.starts_with("Updated app token 0_importer at "), "{finished:#?}");
        expected[name] = value;
        expected["updatedAt"] = json!(NOW);
        let mut found = on_the_server(&server, "0_importer");
        found["expiresIn"] = expected["expiresIn"].clone();
        assert_eq!(found, expected, "{change}");
    }
    let server = account();
    let before = on_the_server(&server, "0_importer");
    for (change, why) in [
        ("--json", "nothing to change"),
        ("--expires-at=0", "--expires-at is in the past"),
        ("--type=any", "possible values: user, admin"),
        ("--privileges=apptoken:0_a", "set by the server"),
        ("--user=two words", "INVALID_FIELD_VALUE"),
        ("--status=disabled", "unexpected argument '--status'"),
    ] {
        run(&server, ["update", "0_importer", change]).fails_with(2).saying(why);
    }
    assert_eq!(on_the_server(&server, "0_importer"), before);
}

#[test]
fn an_update_says_what_it_does_not_change() {
    let running = "sessions that were started before are not changed: they end at their own expiry; `kaltura token \
                   delete` ends them";
    let login = |hash_type: &str| format!("each login with the token must use {hash_type} from now on");
    for (change, expected) in [
        ("--privileges=list:*", vec![running.to_owned()]),
        ("--expires-in=1d", vec![running.to_owned()]),
        ("--expires-in=90d", vec![]),
        ("--hash-type=SHA512", vec![login("SHA512")]),
        ("--hash-type=SHA256", vec![]),
    ] {
        let document = run(&account(), ["update", "0_importer", change, "--json"]).ends_with(0);
        assert_eq!(document.stderr, "");
        assert_eq!(document.document()["warnings"], json!(expected), "{change}");
    }
}

#[test]
fn a_token_is_deleted_and_its_sessions_end() {
    let server = account();
    let ks = server.login(["--ks-only"]).succeeds().stdout;
    let call = || server.call(["media.list"]).env("KALTURA_KS", ks.trim_end()).run();
    call().ends_with(0);
    let refused = run(&server, ["delete", "0_importer"]).fails_with(2);
    refused.saying("cannot ask for confirmation").saying("--yes");
    assert_eq!(count(&server), 1);
    let deleted = run(&server, ["delete", "0_importer", "--yes"]).ends_with(0);
    deleted.writes(&format!("Deleted app token 0_importer at {}\n", server.url()), "");
    call().fails_with(3).saying("LOGOUT");
    run(&server, ["rm", "0_importer", "-y"]).fails_with(5).saying("APP_TOKEN_ID_NOT_FOUND");
    let server = account();
    let expected = json!({
        "id": "0_importer", "deleted": true, "forgottenSessions": 0, "warnings": [], "serviceUrl": server.url(),
    });
    assert_eq!(run(&server, ["delete", "0_importer", "--yes", "--json"]).ends_with(0).document(), expected);
}

#[test]
fn profiles_that_use_a_deleted_token_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let with_profiles = |server: &TestServer| {
        let profiles = [
            ("nightly", 1_234_567, "0_importer"),
            ("other", 1_234_567, "0_other"),
            ("elsewhere", 7, "0_importer"),
        ];
        let profile = |(name, partner, id): (&str, u32, &str)| {
            format!(
                "[profiles.{name}]\npartner_id = {partner}\napp_token_id = '{id}'\nhash_type = 'SHA256'\n"
            )
        };
        fs::write(folder.path().join("config.toml"), profiles.map(profile).concat()).unwrap();
        manage(server, []).env("KALTURA_CONFIG_DIR", folder.path())
    };
    let used = "profile nightly uses the deleted app token 0_importer";
    let server = account();
    let deleted = with_profiles(&server).arguments(["delete", "0_importer", "--yes"]).answer();
    let [warning] = &deleted["warnings"].as_array().unwrap()[..] else { panic!("{deleted}") };
    assert!(warning.as_str().unwrap().starts_with(used), "{warning}");
    let server = account();
    let rotate = with_profiles(&server).arguments(["rotate", "0_importer", "--delete-old", "--show-value"]);
    rotate.succeeds().saying(used);
}
