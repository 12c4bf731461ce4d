//! `kaltura token add`.

use kaltura_types::SessionType;
use serde_json::{Value, json};

use crate::emulate_modes::command;
use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, text_of};
use crate::invocation::Kaltura;
use crate::odd_server::OddServer;
use crate::token_account::{count, ks, log_in, manage, manage_by_secret, now, on_the_server, server};

/// All that can be said of a token.
const ALL: [&str; 12] = [
    "add",
    "--user=importer",
    "--privileges=list:*,sview:*",
    "--session-duration=1h",
    "--expires-at",
    "2027-02-22T04:09:15Z",
    "--description",
    "nightly import",
    "--hash-type",
    "sha512",
    "--type",
    "admin",
];

#[test]
fn the_text_tells_what_was_made() {
    let server = server();
    let finished = manage(&server, ALL).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let (first, rest) = finished.stdout.split_once('\n').unwrap();
    let id = first.strip_prefix("Made app token ").unwrap().split(' ').next().unwrap();
    assert_eq!(first, format!("Made app token {id} at {}", server.url()));
    let expected = format!(
        "  partner     1234567
  state       active
  description nightly import
  hash type   SHA512
  type        ADMIN
  user        importer
  sessions    1 h
  privileges  list:*,sview:*
  expires     2027-02-22 04:09:15 UTC, in 90 days
  made        2026-11-24 04:09:15 UTC
  changed     2026-11-24 04:09:15 UTC
  value       not shown: kaltura token get {id} --show-value
"
    );
    assert_eq!(rest, expected);
}

#[test]
fn the_json_tells_what_was_made() {
    let server = server();
    let finished = manage(&server, ALL).arguments(["--json", "--show-value"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let document = finished.document();
    let (id, value) = (document["id"].as_str().unwrap(), document["token"].as_str().unwrap());
    assert!(value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()), "{value}");
    let expected = json!({
        "id": id, "partnerId": 1_234_567, "state": "active", "description": "nightly import",
        "hashType": "SHA512", "sessionType": "ADMIN", "sessionUserId": "importer", "sessionDuration": 3_600,
        "sessionPrivileges": "list:*,sview:*", "expiry": now() + 7_776_000, "expiresIn": 7_776_000,
        "createdAt": now(), "updatedAt": now(), "token": value, "serviceUrl": server.url(), "warnings": [],
    });
    assert_eq!(document, expected);
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        names.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        [
            "id",
            "partnerId",
            "state",
            "description",
            "hashType",
            "sessionType",
            "sessionUserId",
            "sessionDuration",
            "sessionPrivileges",
            "expiry",
            "expiresIn",
            "createdAt",
            "updatedAt",
            "token",
            "serviceUrl",
            "warnings",
        ]
    );
    assert_eq!(on_the_server(&server, id)["token"], value);
}

#[test]
fn what_is_not_said_is_safe_or_noted() {
    let server = server();
    let finished = manage(&server, ["add"]).run().ends_with(0);
    assert_eq!(
        finished.stderr,
        "note: whoever logs in with the token says whose session it is: --user would fix\n  that\n\
         note: the token never expires: --expires-in 90d would give it an end\n"
    );
    for line in [
        "hash type   SHA256",
        "type        USER",
        "user        any",
        "sessions    1 day",
        "privileges  none",
        "expires     never",
        "description none",
    ] {
        assert!(finished.stdout.contains(&format!("  {line}\n")), "{line} {finished:#?}");
    }
    let any = manage(&server, ["add", "--type=any", "--user=u", "--expires-in=1d"]).run().ends_with(0);
    assert_eq!(
        any.stderr,
        "note: whoever logs in with the token chooses the type of the session, ADMIN too\n"
    );
    assert!(any.stdout.contains("  type        any, ADMIN too\n"), "{any:#?}");
    // The token that logs in is another one.
    let settings = ["KALTURA_USER", "KALTURA_PRIVILEGES", "KALTURA_APP_TOKEN_HASH_TYPE", "KALTURA_LIFETIME"];
    let added = settings.iter().fold(manage(&server, ["add", "--json"]), |it, name| it.env(name, "MD5"));
    let document = added.run().ends_with(0).document();
    assert_eq!(document["sessionUserId"], Value::Null);
    assert_eq!(document["hashType"], "SHA256");
}

#[test]
fn traps_are_noted_and_a_document_has_them_as_warnings() {
    let server = server();
    let odd = [
        "add",
        "--type=admin",
        "--hash-type=MD5",
        "--session-duration=30d",
        "--privileges=setrole:7,Sview:*",
    ];
    let text = manage(&server, odd).run().ends_with(0);
    let notes = [
        "whoever logs in with the token gets ADMIN sessions, and says whose they are: --user would fix that",
        "the token never expires: --expires-in 90d would give it an end",
        "MD5 is a weak hash: take SHA256, unless a program can do no other",
        "its sessions live 30 days: the account's own limit does not hold for app tokens, and a session that leaks can not \
         be taken back alone",
        "the privilege setrole names a role that the server looks for only when a session is used: if there is none, \
         every session is refused",
        "the privilege Sview is not the server's sview: case matters",
    ];
    let said = text.stderr.replace("\n  ", " ");
    assert_eq!(said.lines().collect::<Vec<_>>(), notes.map(|note| format!("note: {note}")));
    let document = manage(&server, odd).arguments(["--json"]).run().ends_with(0);
    assert_eq!(document.stderr, "");
    assert_eq!(document.document()["warnings"], json!(notes));
}

#[test]
fn what_can_only_be_a_mistake_is_refused_before_anything_is_made() {
    let server = server();
    for (options, why) in [
        (&["--expires-at=43800"][..], "--expires-at is over: 1970-01-01 12:10:00 UTC"),
        (&["--expires-at=2026-11-24T04:09:15Z"], "--expires-at is over"),
        (&["--expires-at=soon"], "not a time"),
        (&["--expires-in=0"], "at least one second"),
        (&["--expires-in=4000000d"], "beyond the year 9999"),
        (&["--expires-in=1d", "--expires-at=2027-06-30"], "cannot be used with"),
        (&["--session-duration=0"], "leave it out to get the server's default"),
        (&["--session-duration=-1"], "not a duration"),
        (&["--user="], "a value is required"),
        (&["--hash-type=SHA3"], "use MD5, SHA1, SHA256 or SHA512"),
        (&["--type=root"], "possible values: user, admin, any"),
        (&["--privileges=actionslimit:0"], "refused at its first use"),
        (&["--privileges=actionslimit:many"], "takes one number of calls"),
        (&["--privileges=sview:*,sessionid:x"], "the privilege sessionid is the server's own"),
        (&["--privileges=sview:*,,list:*"], "a privilege needs a name"),
        (&["--show-value", "--value-file=x"], "cannot be used with"),
        (&["--force"], "--value-file"),
        (&["--value-file=-"], "say --show-value"),
        (&["--description=a\u{1}b"], "INVALID_PARAMETER_CHAR"),
    ] {
        let add = manage(&server, ["add"]).arguments(options.iter().copied());
        add.run().fails_with(2).saying(why);
    }
    assert_eq!(count(&server), 1);
}

#[test]
fn a_file_with_the_value_is_new_and_for_its_owner_alone() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let add = |more: &[&str]| {
        let arguments = ["add", "--json", "--value-file", text_of(&path)];
        manage(&server, arguments).arguments(more.iter().copied()).run()
    };
    let made = add(&[]).ends_with(0).document();
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(made["valueFile"], text_of(&path));
    assert_eq!(made.get("token"), None);
    let id = made["id"].as_str().unwrap();
    assert_eq!(kept, format!("{}\n", on_the_server(&server, id)["token"].as_str().unwrap()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    // What is there is not overwritten, and no token is made for nothing.
    add(&[]).fails_with(2);
    assert_eq!((std::fs::read_to_string(&path).unwrap(), count(&server)), (kept.clone(), 2));
    add(&["--force"]).ends_with(0);
    assert_ne!(std::fs::read_to_string(&path).unwrap(), kept);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // If nothing is made, nothing is left behind.
    let other = folder.path().join("other");
    manage(&server, ["add", "--user", "two words", "--value-file", text_of(&other)]).run().fails_with(2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no/such/folder");
    manage(&server, ["add", "--value-file", text_of(&nowhere)]).run().fails_with(1).saying("can not be made");
    assert_eq!(count(&server), 3);
}

#[test]
fn a_token_logs_in_until_its_end_by_the_servers_clock() {
    let server = EmulatorProcess::start(["--control"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let add = ["add", "--expires-in=90d", "--user=importer", "--json", "--value-file", text_of(&path)];
    let made = manage_by_secret(&server, add).run().ends_with(0).document();
    let life = made["expiresIn"].as_u64().unwrap();
    assert!((7_775_900..=7_776_000).contains(&life), "{life}");
    let log_in = || log_in(&server, made["id"].as_str().unwrap(), "SHA256", &path).run();
    log_in().ends_with(0);
    command(&server, &json!({ "advanceClock": 7_775_000 }));
    log_in().ends_with(0);
    command(&server, &json!({ "advanceClock": 1_000 }));
    // Whoever comes in the last second is still let in.
    command(&server, &json!({ "advanceClock": 1 }));
    log_in().fails_with(3).saying("APP_TOKEN_EXPIRED");
}

#[test]
fn the_end_goes_by_the_servers_clock() {
    // It stands still, whatever the clock of this machine shows.
    let server = server();
    let made = manage(&server, ["add", "--expires-in=90d", "--json"]).run().ends_with(0).document();
    assert_eq!(made["expiry"], now() + 7_776_000);
}

#[test]
fn the_value_and_the_admin_secret_are_not_told() {
    let server = EmulatorProcess::start([]);
    let secret = server.told("/adminSecret");
    for form in [&[][..], &["--json"]] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        let add = ["add", "--value-file", text_of(&path)];
        let finished = manage_by_secret(&server, add).arguments(form.iter().copied()).run().ends_with(0);
        let value = std::fs::read_to_string(&path).unwrap();
        for secret in [value.trim_end(), secret, "djJ8"] {
            assert!(!finished.stdout.contains(secret) && !finished.stderr.contains(secret), "{finished:#?}");
        }
        let shown = manage_by_secret(&server, ["add", "--show-value"]).arguments(form.iter().copied());
        let shown = shown.run().ends_with(0);
        assert!(!shown.stdout.contains(secret) && !shown.stderr.contains(secret), "{shown:#?}");
    }
}

#[test]
fn an_account_without_a_nameless_user_wants_one_named() {
    let server = EmulatorProcess::with_seed(&json!({
        "partners": [{ "id": 1_234_567, "adminSecrets": [ADMIN_SECRET], "hasAnonymousUser": false }],
        "widgets": [{ "id": "_1234567", "partnerId": 1_234_567 }],
    }));
    manage(&server, ["add"]).run().fails_with(2).saying("INVALID_FIELD_VALUE").saying("hint: Give --user");
    manage(&server, ["add", "--user=new"]).run().ends_with(0);
}

#[cfg(unix)]
#[test]
fn who_stops_it_is_told_what_may_have_happened() {
    let server = OddServer::silent();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let add = ["token", "add", "--service-url", &server.url, "--value-file", text_of(&path)];
    let running = Kaltura::new(add).env("KALTURA_KS", &ks(SessionType::Admin)).start();
    server.requests.recv().unwrap();
    running.signal("INT");
    running.wait().fails_with(130).saying("The token may have been made").saying("kaltura token list");
    assert!(!path.exists());
}
