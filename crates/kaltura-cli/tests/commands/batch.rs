//! Several calls in one request.

use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{OddServer, body_of, ok};
use crate::support::server::{ADMIN_SECRET, FORGED_KS, KS, TestServer, VALUE, seed, text_of, token};

/// The first token makes USER sessions, the other one ADMIN sessions.
fn server() -> TestServer {
    let manager = token("0_manager", VALUE, json!({ "sessionType": 2 }));
    let mut seed = seed(&json!([token("0_importer", VALUE, json!({})), manager]));
    seed["entries"] = json!([
        { "id": "0_aaaaaaaa", "partnerId": 1_234_567, "userId": "alice", "name": "Welcome" },
        { "id": "0_bbbbbbbb", "partnerId": 1_234_567, "userId": "alice", "name": "Lecture" },
    ]);
    TestServer::with_seed(&seed)
}

/// A batch with these calls on standard input.
fn batch(server: &TestServer, calls: &Value, more: &[&str]) -> Kaltura {
    server.kaltura(["batch"]).arguments(more).stdin(calls.to_string())
}

fn ids(result: &Value) -> Vec<&str> {
    result["objects"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap()).collect()
}

#[test]
fn the_results_come_in_the_order_of_the_calls() {
    let server = server();
    let planned = json!([{ "call": "system.ping" }, { "call": "media.list", "params": { "pager": { "pageSize": 1 } } }]);
    let people = batch(&server, &planned, &[]).succeeds();
    assert!(people.stdout.starts_with("[\n  true,\n  {\n    \"totalCount\": 2,\n"), "{people:#?}");
    assert_eq!(people.stderr, "");
    let programs = batch(&server, &planned, &[]).answer();
    assert_eq!(programs, serde_json::from_str::<Value>(&people.stdout).unwrap());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.json");
    std::fs::write(&file, planned.to_string()).unwrap();
    let from_file = batch(&server, &json!(null), &[text_of(&file), "--jq=.[1].objects[].name"]);
    assert_eq!(from_file.succeeds().stdout, "Welcome\n");
}

#[test]
fn later_calls_refer_to_earlier_results() {
    let server = server();
    let planned = json!([
        { "call": "media.list" },
        { "call": "media.list", "params": { "filter": { "idEqual": { "$result": "1.objects.1.id" } } } },
        { "call": "media.list", "params": { "filter": { "idIn": { "$result": "1.objects._all.id" } } } },
    ]);
    let results = batch(&server, &planned, &[]).answer();
    assert_eq!(ids(&results[1]), ["0_bbbbbbbb"]);
    assert_eq!(ids(&results[2]), ["0_aaaaaaaa", "0_bbbbbbbb"]);
}

#[test]
fn a_result_can_be_the_session_of_a_later_call() {
    let server = server();
    let planned = json!([
        {
            "call": "session.start",
            "params": { "partnerId": 1_234_567, "secret": ADMIN_SECRET, "type": 2 },
            "anonymous": true,
        },
        { "call": "appToken.list", "params": { "ks": { "$result": "1" } } },
    ]);
    let results = batch(&server, &planned, &[]).answer();
    assert_eq!(results[1]["totalCount"], 2);
    assert_eq!(server.calls().len(), 2, "no login was needed");
}

#[test]
fn a_reference_to_nothing_is_noted() {
    let server = server();
    let planned = json!([
        { "call": "media.list" },
        { "call": "media.list", "params": { "filter": { "idIn": { "$result": "1.objects.7.id" } } } },
    ]);
    let finished = batch(&server, &planned, &[]).succeeds();
    let note = "filter.idIn of call 2 was empty: the result of call 1 has no value there";
    finished.saying(&format!("note: {note}"));
    let finished = batch(&server, &planned, &["--json"]).succeeds();
    assert_eq!(finished.stderr, format!("{}\n", json!({ "note": note })));
}

#[test]
fn a_failed_call_stands_in_its_place_and_gives_the_exit_code() {
    let server = server();
    let planned = json!([
        { "call": "media.list" },
        { "call": "appToken.list" },
        { "call": "nosuch.action" },
        { "call": "system.ping" },
    ]);
    let finished = batch(&server, &planned, &["--json"]).run().ends_with(4);
    let results = finished.document();
    assert_eq!((&results[0]["totalCount"], &results[3]), (&json!(2), &json!(true)));
    let error = &results[1]["error"];
    assert_eq!((&error["exitCode"], &error["class"]), (&json!(4), &json!("permission")));
    assert_eq!((&error["code"], &error["step"]), (&json!("SERVICE_FORBIDDEN"), &json!("appToken.list")));
    assert_eq!(results[2]["error"]["code"], "SERVICE_DOES_NOT_EXISTS");
    let told = finished.error();
    assert_eq!((&told["exitCode"], &told["code"]), (&json!(4), &json!("SERVICE_FORBIDDEN")));
    let message = "2 of 4 calls failed, the first is call 2: appToken.list failed: the session has no permission for this action";
    assert_eq!(told["message"], message);

    let planned = json!([{ "call": "appToken.get", "params": { "id": "0_nosuchone" } }]);
    let finished = batch(&server, &planned, &["--app-token-id=0_manager"]).run().ends_with(5);
    assert!(finished.stdout.starts_with("[\n  {\n    \"error\": {\n"), "{finished:#?}");
    finished.saying("call 1 of 1 failed: appToken.get failed").saying("APP_TOKEN_ID_NOT_FOUND");
}

#[test]
fn a_refused_session_is_replaced_and_all_of_it_sent_again() {
    let server = server();
    let planned = json!([{ "call": "media.list" }, { "call": "media.list" }]);
    let run = || batch(&server, &planned, &["--json"]).run();
    run().ends_with(0);
    server.calls();
    run().ends_with(0);
    assert_eq!(server.calls(), ["media.list", "media.list"]);
    server.apply(json!({ "advanceClock": 90_000 }));
    let finished = run().ends_with(0);
    assert_eq!((finished.document()[1]["totalCount"].clone(), finished.stderr.as_str()), (json!(2), ""));
    // The widget session of the cache has expired, too: the login is refused once.
    assert_eq!(server.calls().len(), 2 + 3 + 2);
    // Something of this is carried out, so that it is not sent again.
    server.apply(json!({ "advanceClock": 90_000 }));
    let planned = json!([{ "call": "media.list" }, { "call": "system.ping", "anonymous": true }]);
    let finished = batch(&server, &planned, &["--json"]).run().ends_with(3);
    assert_eq!(finished.document()[1], true);
}

#[test]
fn no_calls_need_no_server() {
    assert_eq!(Kaltura::new(["batch"]).stdin("[]").succeeds().stdout, "[]\n");
}

#[test]
fn what_the_server_would_misread_is_refused() {
    let server = OddServer::answering(ok("application/json", "[true, true]"));
    let refused = |second: Value| {
        let planned = json!([{ "call": "a.b" }, { "call": "c.d", "params": second }]);
        let batch = Kaltura::new(["batch", "--anonymous", "--service-url", &server.url]);
        batch.stdin(planned.to_string()).fails(2)
    };
    let finished = refused(json!({ "name": "{1:result:id}" }));
    finished.saying("reads as a reference").saying("{\"$result\": \"1.objects.0.id\"}");
    refused(json!({ "id": { "$result": "2.id" } }))
        .saying("call 2: $result in id is not that of an earlier call");
    refused(json!({ "id": { "$result": "1.code" } })).saying("`code` or `message`");
    refused(json!({ "id": { "$result": "1.a b" } })).saying("refers to an invalid member name");
    assert_eq!(server.requests.try_iter().count(), 0);
}

#[test]
fn usage() {
    let batch = |text: &str| Kaltura::new(["batch"]).stdin(text).fails(2);
    batch("").saying("standard input is not JSON: line 1, column 0").saying("It must contain calls like");
    batch("{}").saying("standard input is not a JSON list of calls");
    batch("[{\"call\": \"media\"}]").saying("is invalid: call 1: use a service and an action");
    batch("[{\"call\": \"a.b\"}]").saying("--partner-id");
    Kaltura::new(["batch", "no-such-file"]).fails(2).saying("open the file no-such-file");
    Kaltura::new(["batch", "--jq=.["]).stdin("[]").fails(2).saying("at character 2");
}

/// A batch that is only shown.
fn shown_batch(url: &str, more: &[&str]) -> Kaltura {
    let calls = json!([
        { "call": "media.list", "params": { "pager": { "pageSize": 1 } } },
        { "call": "user.loginByLoginId", "params": { "password": "hush", "token": { "$result": "1.objects[0].id" } } },
        { "call": "media.get", "params": { "ks": KS, "note": "a$HOME `id` \" ü" } },
    ]);
    let batch = Kaltura::new(["batch", "--service-url", url]).env("KALTURA_KS", FORGED_KS);
    batch.arguments(more).stdin(calls.to_string())
}

#[test]
fn a_dry_run_shows_what_would_be_sent_without_its_secrets() {
    let server = OddServer::answering(ok("application/json", "[true, true, true]"));
    let shown = shown_batch(&server.url, &["--dry-run"]).succeeds();
    assert_eq!(shown.stderr, "");
    assert_eq!(server.requests.try_iter().count(), 0);
    let shown = shown.hides(&["hush", "djJ8"]);
    let (head, body) = shown.stdout.split_once("\n\n").unwrap();
    let url = format!("{}/api_v3/service/multirequest?format=1", server.url);
    assert_eq!(head, format!("POST {url}\nContent-Type: application/json"));
    let shown: Value = serde_json::from_str(body).unwrap();
    assert_eq!(shown["2"]["token"], "{1:result:objects:0:id}");

    shown_batch(&server.url, &[]).succeeds();
    let request = server.requests.recv().unwrap();
    assert!(request.starts_with("POST /api_v3/service/multirequest?format=1 "), "{request}");
    let mut sent: Value = body_of(&request);
    let secrets = [("/1/ks", FORGED_KS), ("/2/ks", FORGED_KS), ("/2/password", "hush"), ("/3/ks", KS)];
    for (place, secret) in secrets {
        assert_eq!(sent.pointer(place), Some(&json!(secret)), "{place}");
        *sent.pointer_mut(place).unwrap() = json!("(redacted)");
    }
    assert_eq!(shown, sent);
}

#[test]
fn a_dry_run_needs_no_credentials_and_finds_mistakes() {
    let dry_run = |calls: &str| Kaltura::new(["batch", "--dry-run", "--json"]).stdin(calls).run();
    let document = dry_run("[{\"call\":\"a.b\"}]").ends_with(0).document();
    assert_eq!(document["url"], "https://www.kaltura.com/api_v3/service/multirequest?format=1");
    let first = json!({ "ks": "(redacted)", "service": "a", "action": "b" });
    assert_eq!(document["body"]["1"], first);
    dry_run("[]").fails_with(2).saying("there are no calls");
    dry_run("[{\"call\":\"a.b\"},{\"call\":\"a.b\",\"params\":{\"x\":\"{1:result}\"}}]").fails_with(2);
    let anonymous =
        Kaltura::new(["batch", "--dry-run", "--json", "--anonymous"]).stdin("[{\"call\":\"a.b\"}]");
    assert_eq!(anonymous.succeeds().document()["body"]["1"], json!({ "service": "a", "action": "b" }));
}

#[test]
fn the_command_of_curl_has_one_variable_for_the_session() {
    let shown = shown_batch("https://www.kaltura.com", &["--curl"]).succeeds().stdout;
    assert!(shown.starts_with("# Needs KALTURA_KS, KALTURA_2_PASSWORD, KALTURA_3_KS.\ncurl "), "{shown}");
    assert!(shown.contains("\"token\":\"{1:result:objects:0:id}\""), "{shown}");
    assert_eq!(shown.matches("\"ks\":\"${KALTURA_KS}\"").count(), 2, "{shown}");
    assert!(shown.contains("\"note\":\"a\\$HOME \\`id\\` \\\\\" ü\""), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains("djJ8"), "{shown}");
}
