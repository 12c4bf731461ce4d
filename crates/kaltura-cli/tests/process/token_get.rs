//! `kaltura token get`.

use serde_json::json;

use crate::emulator_process::text_of;
use crate::token_account::{VALUE, log_in, manage, now, server, server_with};

#[test]
fn the_text_tells_what_the_token_is_like() {
    let server = server();
    let finished = manage(&server, ["get", "0_importer"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let expected = format!(
        "Found app token 0_importer at {}
  partner     1234567
  state       active
  description nightly import
  hash type   SHA256
  type        USER
  user        alice
  sessions    1 day
  privileges  sview:*
  expires     2026-12-04 04:09:15 UTC, in 10 days
  made        2026-11-23 04:09:15 UTC
  changed     2026-11-24 03:09:15 UTC
  value       not shown: kaltura token get 0_importer --show-value
",
        server.url()
    );
    assert_eq!(finished.stdout, expected);
    let shown = manage(&server, ["get", "0_importer", "--show-value"]).run().ends_with(0);
    assert_eq!(shown.stdout.lines().last(), Some(&*format!("  value       {VALUE}")));
}

#[test]
fn the_json_tells_what_the_token_is_like() {
    let server = server();
    let document = manage(&server, ["get", "0_importer", "--json"]).run().ends_with(0).document();
    let expected = json!({
        "id": "0_importer", "partnerId": 1_234_567, "state": "active", "description": "nightly import",
        "hashType": "SHA256", "sessionType": "USER", "sessionUserId": "alice", "sessionDuration": 86_400,
        "sessionPrivileges": "sview:*", "expiry": now() + 864_000, "expiresIn": 864_000,
        "createdAt": now() - 86_400, "updatedAt": now() - 3_600, "serviceUrl": server.url(), "warnings": [],
    });
    assert_eq!(document, expected);
}

#[test]
fn the_value_can_be_had_again() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let get = ["get", "0_importer", "--value-file", text_of(&path)];
    let finished = manage(&server, get).run().ends_with(0);
    assert!(finished.stdout.contains(&format!("value       in {}\n", path.display())), "{finished:#?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{VALUE}\n"));
    log_in(&server, "0_importer", "SHA256", &path).run().ends_with(0);
}

#[test]
fn the_state_is_what_a_login_would_meet() {
    for (changes, state) in [
        (json!({ "expiry": now() }), "expired"),
        (json!({ "expiry": now() + 1 }), "active"),
        (json!({ "status": "disabled" }), "disabled"),
    ] {
        let document =
            manage(&server_with(&changes), ["get", "0_importer", "--json"]).run().ends_with(0).document();
        assert_eq!(document["state"], state, "{changes}");
    }
    let over =
        manage(&server_with(&json!({ "expiry": now() - 60 })), ["get", "0_importer"]).run().ends_with(0);
    assert!(over.stdout.contains("expires     2026-11-24 04:08:15 UTC, 1 min ago\n"), "{over:#?}");
}

#[test]
fn a_token_whose_sessions_are_dead_is_noted() {
    let server = server_with(&json!({ "sessionDuration": 0 }));
    let finished = manage(&server, ["get", "0_importer"]).run().ends_with(0);
    finished.saying("note: its sessions are over on arrival");
}

#[test]
fn a_description_can_not_move_the_cursor() {
    let server = server_with(&json!({ "description": "a\u{1b}[2J\nb" }));
    let finished = manage(&server, ["get", "0_importer"]).run().ends_with(0);
    assert!(finished.stdout.contains("description a [2J b\n"), "{finished:#?}");
}
