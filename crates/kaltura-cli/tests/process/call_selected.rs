//! `kaltura call --jq`: a part of the answer.

use serde_json::{Value, json};

use crate::emulator_process::EmulatorProcess;
use crate::invocation::Kaltura;
use crate::odd_server::{OddServer, ok};

fn of(answer: &Value, more: &[&str]) -> Kaltura {
    let server = OddServer::answering(ok("application/json", &answer.to_string()));
    Kaltura::new(["call", "a.b", "--anonymous", "--service-url", &server.url]).arguments(more.iter().copied())
}

#[test]
fn texts_are_bare_and_with_json_quoted() {
    let server = EmulatorProcess::start([]);
    let call = |more: &[&str]| {
        let call =
            server.call(["media.list", "--jq=.objects[] | (.name, .duration)", "--user=nightly-import"]);
        call.arguments(more.iter().copied()).run().ends_with(0).stdout
    };
    assert_eq!(call(&[]), "Welcome\n0\nLecture 1\n2700\n");
    assert_eq!(call(&["--json"]), "\"Welcome\"\n0\n\"Lecture 1\"\n2700\n");
    assert_eq!(call(&["--all", "pager.pageSize:=1"]), call(&[]));
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
        assert_eq!(of(&answer, &["--jq", filter]).run().ends_with(0).stdout, expected, "{filter}");
    }
}

#[test]
fn a_wrong_filter_is_told_before_anything_is_sent() {
    let server = OddServer::answering(ok("application/json", "true"));
    let call = |filter: &str| {
        Kaltura::new(["call", "a.b", "--anonymous", "--service-url", &server.url, "--jq", filter]).run()
    };
    let finished = call(".objects[").fails_with(2);
    finished.saying("the filter of --jq is wrong at letter 9: [ is not closed").saying(".objects >>> [");
    call(".a | nosuch").fails_with(2).saying("at letter 6: there is no filter nosuch/0");
    call("").fails_with(2).saying("wrong at its end");
    assert_eq!(server.requests.try_iter().count(), 0);
}

#[test]
fn a_filter_that_fails_says_why_and_what_came_before_is_there() {
    let finished = of(&json!(["a", 1]), &["--jq", ".[] | ascii_upcase"]).run().ends_with(2);
    assert_eq!(finished.stdout, "A\n");
    finished.saying("the filter of --jq failed: cannot use 1 as string");
    let error = of(&json!({ "a": 1 }), &["--json", "--jq=.a.b"]).run().fails_with(2).error();
    assert!(error["message"].as_str().unwrap().contains("cannot index 1"), "{error}");
}

#[test]
fn an_error_of_the_api_is_not_selected_from() {
    let answer = json!({ "code": "ODD", "message": "no", "objectType": "KalturaAPIException", "args": [] });
    of(&answer, &["--jq=.code"]).run().fails_with(7).saying("ODD");
}

#[test]
fn a_filter_that_calls_itself_without_end_is_an_error() {
    let finished = of(&json!(1), &["--jq=., (def f: 1 + f; f)"]).run().ends_with(2);
    assert_eq!(finished.stdout, "1\n");
    finished.saying("the filter of --jq failed: it goes too deep: it may call itself without end");
    let error = of(&json!(1), &["--jq=def f: f | f; f", "--json"]).run().fails_with(2).error();
    assert!(error["hint"].as_str().unwrap().contains("The command has been carried out."), "{error}");
    // What a server sends is not believed either.
    of(&json!("[".repeat(200_000)), &["--jq=fromjson"])
        .run()
        .fails_with(2)
        .saying("nests more than 10000 deep");
}

#[cfg(unix)]
#[test]
fn a_filter_without_end_can_be_interrupted() {
    let running = of(&json!(1), &["--jq=def f: f; f"]).start();
    std::thread::sleep(std::time::Duration::from_secs(1));
    running.signal("INT");
    running.wait().ends_with(130);
}

#[cfg(unix)]
#[test]
fn output_without_end_ends_with_its_reader() {
    let mut running = of(&json!(1), &["--jq=repeat(.)"]).start();
    drop(running.child.stdout.take());
    assert_eq!(running.wait().ends_with(141).stderr, "");
}
