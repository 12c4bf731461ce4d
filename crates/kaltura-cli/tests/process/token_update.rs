//! `kaltura token update`.

use serde_json::{Value, json};

use crate::emulator_process::EmulatorProcess;
use crate::invocation::Kaltura;
use crate::token_account::{VALUE, manage, now, on_the_server, server, server_with};

fn update(server: &EmulatorProcess, changes: &[&str]) -> Kaltura {
    manage(server, ["update", "0_importer"]).arguments(changes.iter().copied())
}

#[test]
fn what_is_not_said_stays_as_it_is() {
    for (changes, name, value) in [
        (["--description=another one"], "description", json!("another one")),
        (["--description="], "description", Value::Null),
        (["--user=bob"], "sessionUserId", json!("bob")),
        (["--type=admin"], "sessionType", json!("ADMIN")),
        (["--privileges=list:*"], "sessionPrivileges", json!("list:*")),
        (["--session-duration=15m"], "sessionDuration", json!(900)),
        (["--hash-type=SHA512"], "hashType", json!("SHA512")),
    ] {
        let server = server();
        let mut expected = on_the_server(&server, "0_importer");
        update(&server, &changes).run().ends_with(0);
        expected[name] = value;
        expected["updatedAt"] = json!(now());
        assert_eq!(on_the_server(&server, "0_importer"), expected, "{name}");
    }
}

#[test]
fn the_end_can_be_moved_and_taken_away() {
    let server = server();
    let expiry = |changes: &[&str]| {
        let document = update(&server, changes).arguments(["--json"]).run().ends_with(0).document();
        document["expiry"].as_i64()
    };
    assert_eq!(expiry(&["--expires-in=90d"]), Some(now() + 7_776_000));
    assert_eq!(expiry(&["--expires-at=1814356800"]), Some(1_814_356_800));
    assert_eq!(expiry(&["--description=x"]), Some(1_814_356_800));
    assert_eq!(expiry(&["--never-expires"]), None);
    // A token that is over starts sessions again.
    let over = server_with(&json!({ "expiry": now() - 60 }));
    assert_eq!(on_the_server(&over, "0_importer")["state"], "expired");
    update(&over, &["--expires-in=1h"]).run().ends_with(0);
    assert_eq!(on_the_server(&over, "0_importer")["state"], "active");
}

#[test]
fn the_text_tells_what_the_token_is_like_now() {
    let server = server();
    let finished = update(&server, &["--description=now monthly"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let first = finished.stdout.lines().next();
    assert_eq!(first, Some(&*format!("Changed app token 0_importer at {}", server.url())));
    for line in ["description now monthly", "user        alice", "changed     2026-11-24 04:09:15 UTC"] {
        assert!(finished.stdout.contains(&format!("  {line}\n")), "{line} {finished:#?}");
    }
    assert!(!finished.stdout.contains(VALUE));
}

#[test]
fn what_a_change_does_not_do_is_noted() {
    let running = "sessions that were started before keep what they have until they end: only `kaltura token delete` \
                   ends them";
    for (changes, notes) in [
        (&["--privileges=list:*"][..], &[running][..]),
        (&["--expires-in=1d"], &[running]),
        (&["--expires-in=90d"], &[]),
        (&["--never-expires"], &[]),
        (&["--hash-type=SHA512"], &["whoever logs in with the token has to use SHA512 from now on"]),
        (&["--hash-type=SHA256"], &[]),
        (
            &["--hash-type=SHA1"],
            &[
                "SHA1 is a weak hash: take SHA256, unless a program can do no other",
                "whoever logs in with the token has to use SHA1 from now on",
            ],
        ),
    ] {
        let document = update(&server(), changes).arguments(["--json"]).run().ends_with(0);
        assert_eq!(document.stderr, "");
        assert_eq!(document.document()["warnings"], json!(notes), "{changes:?}");
        let said = update(&server(), changes).run().ends_with(0).stderr.replace("\n  ", " ");
        assert_eq!(
            said.lines().collect::<Vec<_>>(),
            notes.iter().map(|note| format!("note: {note}")).collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_can_only_be_a_mistake_is_refused_before_anything_is_changed() {
    let server = server();
    let before = on_the_server(&server, "0_importer");
    for (changes, why) in [
        (&[][..], "there is nothing to change"),
        (&["--json"], "there is nothing to change"),
        (&["--expires-at=0"], "--expires-at is over"),
        (&["--never-expires", "--expires-in=1d"], "cannot be used with"),
        (&["--session-duration=0"], "at least one second"),
        (&["--type=any"], "possible values: user, admin"),
        (&["--privileges=apptoken:0_a"], "the server's own"),
        (&["--user=two words"], "INVALID_FIELD_VALUE"),
        (&["--status=disabled"], "unexpected argument '--status'"),
    ] {
        update(&server, changes).run().fails_with(2).saying(why);
    }
    assert_eq!(on_the_server(&server, "0_importer"), before);
}
