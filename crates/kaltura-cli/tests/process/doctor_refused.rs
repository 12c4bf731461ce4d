//! `kaltura doctor` where the server says no: which line is blamed, and what is to be done.

use kaltura_auth::runtime::Clock as _;
use kaltura_http::SystemClock;
use serde_json::{Value, json};

use crate::doctor_scene::{Diagnosis as _, Scene, TOKEN, VALUE};
use crate::emulator_process::token;

const DAY: i64 = 86_400;

fn now() -> i64 {
    i64::try_from(SystemClock::new().unix_time().as_secs()).unwrap()
}

#[test]
fn a_wrong_partner_is_not_known_here() {
    let scene = Scene::with_token(json!({}));
    let finished = scene.doctor(["--json", "--partner-id", "7"]).run().ends_with(5);
    let line = finished.line("widgetSession");
    assert_eq!(
        line,
        json!({
            "name": "widgetSession",
            "verdict": "failed",
            "message": "session.startWidgetSession failed: the server has no such widget: the server answered \
                        INVALID_WIDGET_ID (WIDGET_ID _7)",
            "remedy": "Check the partner id and the region: the default widget of a partner exists in its own region only.",
            "code": "INVALID_WIDGET_ID",
            "class": "notFound",
        })
    );
    assert_eq!(finished.line("login")["message"], "because widget session failed");
    assert_eq!(finished.named("failed"), ["widgetSession"]);
    assert_eq!(finished.named("skipped")[..5], ["login", "tokenState", "grant", "session", "action"]);
    assert_eq!(scene.calls(), ["session.startWidgetSession INVALID_WIDGET_ID"]);
}

#[test]
fn a_failure_is_told_to_people_on_standard_output_alone() {
    let scene = Scene::with_token(json!({ "status": "disabled" }));
    let finished = scene.doctor([]).run().ends_with(3);
    assert_eq!(finished.stderr, "");
    let expected = "\
failed  login           appToken.startSession failed: the app token is disabled:
                        the server answered APP_TOKEN_NOT_ACTIVE (ID 0_importer)
                        remedy: The app token is disabled; no action of the API
                        enables it. Create a new one.
skipped token state     only an admin secret shows it, and none is at hand:
                        --admin-secret-file FILE
skipped grant           because login failed
";
    assert!(finished.stdout.contains(expected), "{}", finished.stdout);
    assert!(finished.stdout.ends_with("\nin sum: failed: login\n"), "{}", finished.stdout);
}

#[test]
fn each_refusal_of_a_token_has_its_remedy() {
    let scene = Scene::with_tokens(json!([
        token("0_disabled", VALUE, json!({ "status": "disabled" })),
        token("0_expired0", VALUE, json!({ "expiry": now() - DAY })),
        token("0_duration", VALUE, json!({ "sessionDuration": 0 })),
        token("0_blocked0", VALUE, json!({ "partnerId": 3_333_333 })),
    ]));
    for (id, code, said, remedy, class) in [
        ("0_disabled", 3, "APP_TOKEN_NOT_ACTIVE", "Create a new one", "authentication"),
        ("0_expired0", 3, "APP_TOKEN_EXPIRED", "extend its expiry", "authentication"),
        ("0_duration", 3, "expired when it was granted", "session duration is 0", "authentication"),
        ("0_nosuch00", 5, "APP_TOKEN_ID_NOT_FOUND", "partner id and the region", "notFound"),
    ] {
        let finished = scene.doctor(["--json", "--app-token-id", id]).run().ends_with(code);
        assert_eq!(finished.line("login")["class"], class);
        finished.blames("login", said, remedy);
    }
    let blocked = ["--json", "--partner-id=3333333", "--app-token-id=0_blocked0"];
    let finished = scene.doctor(blocked).run().ends_with(4);
    finished.blames("login", "SERVICE_FORBIDDEN_CONTENT_BLOCKED", "contact its owner");
}

#[test]
fn the_other_hash_types_are_tried_only_when_asked() {
    let scene = Scene::with_token(json!({ "hashType": "SHA512" }));
    let finished = scene.doctor(["--json"]).run().ends_with(3);
    assert_eq!(finished.line("login")["code"], "INVALID_APP_TOKEN_HASH");
    assert_eq!(
        finished.line("login")["remedy"],
        "Check the token value and the hash type: both must be those of this app token, and the value must be \
         without white space or line breaks. If the hash type is unknown, detect it. `kaltura doctor --detect` tries the \
         other hash types."
    );
    assert_eq!(scene.calls().len(), 2);

    scene.command(&json!("forgetCalls"));
    let finished = scene.doctor(["--json", "--detect"]).run().ends_with(3);
    assert_eq!(finished.line("session")["verdict"], "ok");
    assert_eq!(
        finished.line("login"),
        json!({
            "name": "login",
            "verdict": "failed",
            "message": "the hash type SHA256 is refused, but SHA512 is accepted",
            "remedy": "Say so: --hash-type SHA512, KALTURA_APP_TOKEN_HASH_TYPE=SHA512, or hash_type = \"SHA512\" in a profile.",
            "code": "INVALID_APP_TOKEN_HASH",
            "class": "authentication",
        })
    );
    let calls = scene.calls();
    let tries = calls.iter().filter(|call| call.starts_with("appToken.startSession")).count();
    assert!((2..=4).contains(&tries), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "session.startWidgetSession").count(), 2, "{calls:?}");

    let unset =
        scene.doctor(["--json", "--detect"]).env("KALTURA_APP_TOKEN_HASH_TYPE", "").run().ends_with(0);
    let line = unset.line("login");
    assert_eq!(
        (&line["verdict"], line["remedy"].as_str().unwrap().contains("SHA512")),
        (&json!("warning"), true)
    );
}

#[test]
fn a_value_that_no_hash_type_fits_is_wrong_itself() {
    let scene = Scene::with_token(json!({}));
    let wrong = VALUE.to_uppercase();
    let finished = scene.doctor(["--json", "--detect"]).env("KALTURA_APP_TOKEN", &wrong).run().ends_with(3);
    assert_eq!(finished.line("settings")["verdict"], "warning");
    let settings = &finished.line("settings")["remedy"];
    assert!(settings.as_str().unwrap().contains("uppercase letters"), "{settings}");
    assert_eq!(
        finished.line("login")["remedy"],
        "No hash type is accepted, so the app token value is wrong: pass the value of this app token, without \
         white space or line breaks. The token value has uppercase letters; the server generates lowercase ones."
    );
    let calls = scene.calls();
    assert_eq!(calls.len(), 5, "{calls:?}");

    let finished = scene.admin_doctor(["--json"]).env("KALTURA_APP_TOKEN", &wrong).run().ends_with(3);
    let state = finished.line("tokenState");
    assert!(state["message"].as_str().unwrap().starts_with("its value is another"), "{state}");
    assert_eq!(state["remedy"], "Set the value again.");
}

#[test]
fn id_and_value_that_are_swapped_are_told_and_not_shown() {
    let scene = Scene::with_token(json!({}));
    let swapped = scene.admin_doctor(["--json", "--app-token-id", VALUE]).env("KALTURA_APP_TOKEN", TOKEN);
    let finished = swapped.run().ends_with(5);
    let settings = finished.line("settings");
    assert!(settings["remedy"].as_str().unwrap().contains("look swapped"), "{settings}");
    finished.blames("login", "APP_TOKEN_ID_NOT_FOUND", "look swapped");
}

#[test]
fn the_state_of_the_token_is_seen_with_an_admin_secret() {
    let scene = Scene::with_tokens(json!([
        token(TOKEN, VALUE, json!({ "expiry": now() + 10 * DAY - 60 })),
        token("0_disabled", VALUE, json!({ "status": "disabled" })),
    ]));
    let finished = scene.admin_doctor(["--json"]).run().ends_with(0);
    let state = finished.line("tokenState");
    assert_eq!(state["verdict"], "warning");
    assert!(
        state["message"].as_str().unwrap().starts_with("it ends in 9 days 23 h: ACTIVE, ends in 9 days"),
        "{state}"
    );
    assert!(state["remedy"].as_str().unwrap().contains("kaltura token rotate"), "{state}");
    assert_eq!(finished.document()["verdict"], "warning");

    let finished = scene.admin_doctor(["--json", "--app-token-id", "0_disabled"]).run().ends_with(3);
    assert_eq!(finished.named("failed"), ["login", "tokenState"]);
    let finished = scene.admin_doctor(["--json", "--app-token-id", "0_nosuch00"]).run().ends_with(5);
    let state = finished.line("tokenState");
    assert!(state["message"].as_str().unwrap().contains("no such app token"), "{state}");

    let wrong = scene.doctor(["--json"]).env("KALTURA_ADMIN_SECRET", &"f".repeat(32)).run().ends_with(3);
    wrong.blames("tokenState", "INVALID_KS", "check that, and the clock");
}

#[test]
fn what_is_granted_otherwise_is_a_warning() {
    let scene = Scene::with_token(json!({}));
    let wishes = ["--json", "--user=bob", "--type=admin", "--lifetime=90d", "--privileges=edit:*"];
    let finished = scene.doctor(wishes).run().ends_with(0);
    let grant = finished.line("grant");
    assert_eq!(grant["verdict"], "warning");
    for said in [
        "86400 s instead of 7776000 s",
        "user alice instead of bob",
        "USER instead of ADMIN",
        "requested: edit",
    ] {
        assert!(grant["message"].as_str().unwrap().contains(said), "{grant}");
    }
    let remedy = grant["remedy"].as_str().unwrap();
    assert_eq!(remedy.matches("a user or a type of its own").count(), 1, "{remedy}");
}

#[test]
fn a_session_that_the_server_does_not_accept_is_found_out() {
    let restricted = |privileges: &str| Scene::with_token(json!({ "sessionPrivileges": privileges }));
    let finished = restricted("iprestrict:10.0.0.1").doctor(["--json"]).run().ends_with(3);
    finished.blames("session", "may not be used from this address", "iprestrict");

    let scene = restricted("urirestrict:/api_v3/service/media/*");
    let finished = scene.doctor(["--json", "--action=media.list"]).run().ends_with(0);
    assert_eq!(finished.line("session")["verdict"], "skipped");
    assert_eq!(finished.line("action")["verdict"], "ok");

    let scene = Scene::with_token(json!({}));
    let ks = scene.server.login(["--ks-only"]).run().ends_with(0).stdout;
    scene.command(&json!({ "endSession": ks.trim_end() }));
    scene.command(&json!("forgetCalls"));
    let finished = scene.doctor(["--json"]).run().ends_with(3);
    finished.blames("session", "refuses each new session of the app token", "Create a new token");
    // The client shows the session twice before it says that no other will do.
    let calls = scene.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("appToken.startSession")).count(), 1, "{calls:?}");
    assert_eq!(calls.len(), 4, "{calls:?}");
}

#[test]
fn an_action_is_allowed_or_not() {
    let scene = Scene::with_token(json!({}));
    let finished = scene.doctor(["--json", "--action=appToken.list"]).run().ends_with(4);
    assert_eq!(
        finished.line("action"),
        json!({
            "name": "action",
            "verdict": "failed",
            "message": "the session may not call appToken.list",
            "remedy": "Use a session with another type (ADMIN), other privileges or another role.",
            "code": "SERVICE_FORBIDDEN",
            "class": "permission",
        })
    );
    let finished = scene.doctor(["--json", "--action=appToken.get"]).run().ends_with(4);
    finished.blames("action", "may not call appToken.get", "ADMIN");
    let finished = scene.doctor(["--json", "--action=nosuch.list"]).run().ends_with(2);
    finished.blames("action", "the server has no nosuch.list", "Check the names");

    let admin = Scene::with_token(json!({ "sessionType": 2 }));
    let finished = admin.doctor(["--json", "--action=appToken.get"]).run().ends_with(0);
    let message = &finished.line("action")["message"];
    assert_eq!(
        message,
        "appToken.get is allowed: it answers APP_TOKEN_ID_NOT_FOUND to an id that no object has"
    );
    let calls = admin.calls();
    assert_eq!(
        calls[3..],
        ["appToken.get MISSING_MANDATORY_PARAMETER", "appToken.get APP_TOKEN_ID_NOT_FOUND"]
    );
}

#[test]
fn a_user_session_without_entries_is_told_what_it_needs_to_list_all() {
    let explanation = "A USER session sees only its own entries; the app token needs `list:*` to list all (a server \
                  privilege: it cannot be requested at login).";
    let line = |token: Value, action: &str| {
        let scene = Scene::with_token(token);
        scene.doctor(["--json", &format!("--action={action}")]).run().ends_with(0).line("action")
    };
    for action in ["media.list", "media.count", "baseEntry.list"] {
        let line = line(json!({ "sessionUserId": "carol" }), action);
        assert_eq!(line["verdict"], "ok");
        assert_eq!(line["message"], format!("{action} is allowed, with 0 results. {explanation}"));
    }
    for (token, action) in [
        (json!({ "sessionUserId": "carol", "sessionType": 2 }), "media.list"),
        (json!({ "sessionUserId": "carol", "sessionPrivileges": "list:*" }), "media.list"),
        (json!({ "sessionUserId": "alice" }), "media.list"),
    ] {
        let line = line(token.clone(), action);
        assert_eq!(line["message"], format!("{action} is allowed"), "{token}");
    }
}

#[test]
fn what_could_change_something_is_not_called() {
    let scene = Scene::with_token(json!({}));
    let finished = scene.doctor(["--action=media.delete"]).run().fails_with(2);
    finished.saying("others may change something");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn clocks_that_differ_are_a_warning() {
    let scene = Scene::with_token(json!({}));
    // Something in between may write the date; the server tells its own time besides.
    scene.command(&json!({ "skewDate": 3600 }));
    assert_eq!(scene.doctor(["--json"]).run().ends_with(0).line("clock")["verdict"], "ok");
    scene.command(&json!({ "advanceClock": 3600 }));
    let finished = scene.doctor(["--json"]).run().ends_with(0);
    let clock = finished.line("clock");
    assert_eq!(clock["verdict"], "warning");
    let message = clock["message"].as_str().unwrap();
    assert!(message.contains("behind the server's"), "{message}");
    assert!(message.contains("59 min") || message.contains("1 h"), "{message}");
    assert!(clock["remedy"].as_str().unwrap().contains("kaltura sign"), "{clock}");
}
