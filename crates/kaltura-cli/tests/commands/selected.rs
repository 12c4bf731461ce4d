//! `--jq` with the commands that answer in JSON of their own.

use serde_json::{Value, json};

use crate::support::account::{account, manage};
use crate::support::doctor::Scene;
use crate::support::home::Home;
use crate::support::invocation::{Finished, Kaltura};
use crate::support::odd_server::{self, OddServer, ok};
use crate::support::server::{ADMIN_SECRET, KS, TestServer, VALUE};

fn cached(server: &TestServer, line: &[&str]) -> Finished {
    server.kaltura(line).run()
}

/// A command that needs no server.
fn alone(line: &[&str]) -> Kaltura {
    Kaltura::new(line)
        .env("KALTURA_PARTNER_ID", "7")
        .env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
        .env("KALTURA_KS", KS)
        .env("KALTURA_APP_TOKEN", VALUE)
}

#[test]
fn a_session_can_be_selected_from() {
    let server = account();
    for (line, expected) in [
        (
            &["login", "--jq=.userId, .privileges, .adjustments"][..],
            "alice\nsessionid:0_importer,apptoken:0_importer,sview:*\n[]\n",
        ),
        (&["ks", "--jq=[.userId, .type, .fromCache] | @tsv"], "alice\tUSER\ttrue\n"),
        (&["env", "--jq=.KALTURA_PARTNER_ID"], "1234567\n"),
        (&["status", "--jq=.good, .settings.partnerId.value, (.sessions | length)"], "true\n1234567\n1\n"),
        (&["logout", "--jq=.forgottenSessions"], "1\n"),
    ] {
        let finished = cached(&server, line).ends_with(0);
        finished.writes(expected, "");
    }
}

#[test]
fn app_tokens_can_be_selected_from() {
    let server = account();
    let token = |line: &[&str]| manage(&server, line).succeeds().stdout;
    assert_eq!(token(&["list", "--jq=.[] | .id, .sessionDuration"]), "0_importer\n86400\n");
    assert_eq!(token(&["get", "0_importer", "--jq=.description"]), "nightly import\n");
    assert_eq!(token(&["get", "0_importer", "--show-value", "--jq=.token"]), format!("{VALUE}\n"));
    let id = token(&["add", "--jq=.id"]);
    let ids = token(&["list", "--jq=.[].id"]);
    assert!(ids.contains(&id) && ids.lines().count() == 2, "{ids}");
    assert_eq!(token(&["delete", "0_importer", "--yes", "--jq=.deleted"]), "true\n");
}

#[test]
fn profiles_can_be_selected_from() {
    let home = Home::with_profiles(
        "default_profile = 'b'\n[profiles.a]\npartner_id = 7\n[profiles.b]\nuser = 'me'\n",
    );
    let profile = |line: &[&str]| home.profile(line).succeeds().stdout;
    assert_eq!(profile(&["list", "--jq=.profiles[] | .name, .isDefault"]), "a\nfalse\nb\ntrue\n");
    assert_eq!(profile(&["show", "--jq=.userId"]), "me\n");
    assert_eq!(profile(&["use", "a", "--jq=.defaultProfile"]), "a\n");
}

#[test]
fn what_is_found_out_can_be_selected_from() {
    let scene = Scene::with_token(json!({}));
    let doctor = scene.doctor(["--jq=.verdict, (.checks[] | select(.verdict == \"failed\").name)"]).run();
    assert_eq!(doctor.ends_with(0).stdout, "ok\n");
    let doctor =
        scene.doctor(["--jq=.checks[] | select(.verdict == \"failed\").code", "--hash-type=MD5"]).run();
    assert_eq!(doctor.ends_with(3).stdout, "INVALID_APP_TOKEN_HASH\n");
    for (line, expected) in [
        (&["sign", "--lifetime=1h", "--jq=.expiresIn"][..], "3600\n"),
        (&["hash", "--hash-type=MD5", "--jq=.hashType, (.tokenHash | length)"], "MD5\n32\n"),
        (&["demo", "--jq=.ok"], "true\n"),
    ] {
        assert_eq!(alone(line).succeeds().stdout, expected, "{line:?}");
    }
    let inspect = Kaltura::new(["inspect", "--jq=.partnerId, .claims"]).env("KALTURA_KS", KS).run();
    assert_eq!(inspect.ends_with(0).stdout, "1234567\nnull\n");
}

#[test]
fn texts_are_bare_and_with_json_quoted() {
    let named = |more: &[&str]| alone(&["--jq=.sessionType", "sign"]).arguments(more).succeeds().stdout;
    assert_eq!((named(&[]).as_str(), named(&["--json"]).as_str()), ("USER\n", "\"USER\"\n"));
}

#[test]
fn the_exit_code_stays_as_it_is_and_errors_are_not_selected_from() {
    let missing = Kaltura::new(["status", "--jq=.missing"]).run().ends_with(3);
    assert!(missing.stdout.starts_with("--partner-id") && missing.stderr.is_empty(), "{missing:#?}");
    Kaltura::new(["login", "--jq=.ks"]).fails(2).saying("error: --partner-id");
    let error = Kaltura::new(["login", "--jq=.ks", "--json"]).fails(2).error();
    assert!(error["message"].as_str().unwrap().starts_with("--partner-id"), "{error}");
}

#[test]
fn a_filter_that_fails_shows_no_secret() {
    let server = account();
    for filter in ["--jq=.ks.a", "--jq=.ks | error", "--jq=error"] {
        let finished = server.login(["--show-ks", filter]).fails(2).saying("the --jq filter failed");
        assert!(!finished.stderr.contains("djJ8"), "{finished:#?}");
        finished.saying("hint: The command was executed.");
    }
}

#[test]
fn neither_the_environment_nor_a_file_can_be_selected() {
    for filter in ["env", "$ENV", "input_filename", "input", "inputs"] {
        let finished = alone(&["sign", "--jq", filter]).run();
        assert!(!finished.stdout.contains(ADMIN_SECRET) && finished.code == Some(2), "{finished:#?}");
    }
}

#[test]
fn there_must_be_something_to_select_from() {
    for line in [&["completions", "bash"][..], &["man"]] {
        let line = Kaltura::new(["--jq=."]).arguments(line).fails(2);
        line.saying("the argument '--jq' cannot be used with").saying("JSON");
    }
    Kaltura::new(["login", "--ks-only", "--jq=.ks"]).fails(2).saying("cannot be used with");
    Kaltura::new(["call", "a.b", "--table", "--jq=."]).fails(2).saying("cannot be used with");
}

#[test]
fn a_request_that_is_only_shown_is_not_selected_from() {
    let shown = |more: &[&str]| {
        let call = Kaltura::new(["call", "media.list", "--anonymous", "--dry-run"]);
        call.arguments(more).succeeds().stdout
    };
    assert_eq!(shown(&["--jq=.objects"]), shown(&[]));
    assert_eq!(shown(&["--jq=.objects", "--json"]), shown(&["--json"]));
    assert!(serde_json::from_str::<Value>(&shown(&["--json"])).is_ok());
}

/// A call with this answer.
fn call_of(answer: &Value, more: &[&str]) -> Kaltura {
    let server = OddServer::answering(odd_server::json(answer));
    Kaltura::new(["call", "a.b", "--anonymous", "--service-url", &server.url]).arguments(more)
}

#[test]
fn any_answer_can_be_selected_from() {
    for (answer, filter, expected) in [
        (json!("text"), ".", "text\n"),
        (json!({ "b": 1, "a": [1, null] }), ".", "{\"b\":1,\"a\":[1,null]}\n"),
        (json!([3, 1, 2]), "sort | join(\"-\")", "1-2-3\n"),
        (json!({ "objects": [] }), ".objects[].id", ""),
        (json!({ "a": 9_007_199_254_740_993_i64 }), ".a", "9007199254740993\n"),
        (json!({ "at": 1_795_493_355 }), ".at | todate", "2026-11-24T04:09:15Z\n"),
    ] {
        assert_eq!(call_of(&answer, &["--jq", filter]).succeeds().stdout, expected, "{filter}");
    }
}

#[test]
fn a_wrong_filter_of_a_call_is_told_before_anything_is_sent() {
    let server = OddServer::answering(ok("application/json", "true"));
    let call = |filter: &str| {
        Kaltura::new(["call", "a.b", "--anonymous", "--service-url", &server.url, "--jq", filter]).run()
    };
    let finished = call(".objects[").fails_with(2);
    finished.saying("invalid --jq filter at character 9: unclosed [").saying(".objects >>> [");
    call(".a | nosuch").fails_with(2).saying("at character 6: nosuch/0 is not defined");
    call("").fails_with(2).saying("at its end");
    assert_eq!(server.requests.try_iter().count(), 0);
}

#[test]
fn a_filter_that_fails_says_why_and_what_came_before_is_there() {
    let finished = call_of(&json!(["a", 1]), &["--jq", ".[] | ascii_upcase"]).run().ends_with(2);
    assert_eq!(finished.stdout, "A\n");
    finished.saying("the --jq filter failed: cannot use 1 as string");
    let error = call_of(&json!({ "a": 1 }), &["--json", "--jq=.a.b"]).fails(2).error();
    assert!(error["message"].as_str().unwrap().contains("cannot index 1"), "{error}");
}

#[test]
fn an_error_of_the_api_is_not_selected_from() {
    let answer = json!({ "code": "ODD", "message": "no", "objectType": "KalturaAPIException", "args": [] });
    call_of(&answer, &["--jq=.code"]).fails(7).saying("ODD");
}

#[test]
fn a_filter_stays_within_its_limits() {
    let finished = call_of(&json!(1), &["--jq=., (def f: 1 + f; f)"]).run().ends_with(2);
    assert_eq!(finished.stdout, "1\n");
    finished.saying("too many nested calls").saying("The command was executed.");
    let error = call_of(&json!(1), &["--jq=def f: f; f", "--jq-timeout=1s", "--json"]).fails(2).error();
    assert_eq!(error["message"], "the --jq filter failed: it took longer than 1 s");
}

#[test]
fn a_filter_can_set_the_exit_code() {
    let halted = call_of(&json!("bye\n"), &["--jq=1, halt_error"]).run().ends_with(5);
    halted.writes("1\n", "bye\n");
    let halted = call_of(&json!({ "a": 1 }), &["--jq=halt_error(3)"]).run().ends_with(3);
    halted.writes("", "{\"a\":1}\n");
    assert_eq!(call_of(&json!(1), &["--jq=halt"]).succeeds().stdout, "");
    // A terminal obeys no answer, whatever it is printed by.
    let escape = call_of(&json!("\u{1b}[2J"), &["--jq=debug | halt_error"]).run().ends_with(5);
    assert!(!escape.stderr.contains('\u{1b}'), "{escape:#?}");
}
