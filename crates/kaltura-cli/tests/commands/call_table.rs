//! Lists as tables.

use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{self, OddServer};
use crate::support::server::{MINUTE, NOW, TestServer, VALUE, seed, shown, token};

fn server() -> TestServer {
    let entry = |id: &str, name: &str, duration: i64| {
        json!({
            "id": id, "partnerId": 1_234_567, "userId": "alice", "name": name, "duration": duration,
            "createdAt": NOW - duration,
            "description": "What is said in it, and who says it, and how long it takes until it is over",
        })
    };
    let mut seed = seed(&json!([token("0_importer", VALUE, json!({}))]));
    seed["entries"] = json!([
        entry("0_aaaaaaaa", "Welcome", 95),
        entry("0_bbbbbbbb", "日本語のビデオ", 2700),
        entry("0_cccccccc", "A name that\nis longer than the others", 5),
    ]);
    TestServer::with_seed(&seed)
}

fn of(answer: &Value, more: &[&str]) -> Kaltura {
    let server = OddServer::answering(odd_server::json(answer));
    Kaltura::new(["call", "some.list", "--anonymous", "--service-url", &server.url]).arguments(more)
}

#[test]
fn columns_can_be_chosen() {
    let table = server().call(["media.list", "--columns=id,name,createdAt"]).succeeds();
    assert_eq!(table.stderr, "");
    let time = |before: i64| shown(NOW - before, MINUTE);
    let expected = format!(
        "\
id          name                                   createdAt
0_aaaaaaaa  Welcome                                {}
0_bbbbbbbb  日本語のビデオ                         {}
0_cccccccc  A name that is longer than the others  {}
",
        time(95),
        time(2700),
        time(5),
    );
    assert_eq!(table.stdout, expected);
}

#[test]
fn secrets_are_shown_to_those_who_ask_for_them() {
    let server = TestServer::with_token(json!({ "sessionType": 2 }));
    let table = |option: &str| server.call(["appToken.list", option]).succeeds().stdout;
    assert!(!table("--table").contains(VALUE));
    assert_eq!(table("--columns=token"), format!("token\n{VALUE}\n"));
}

#[test]
fn a_partial_list_is_noted() {
    let server = server();
    let call =
        |more: &[&str]| server.call(["media.list", "--columns=id", "pager.pageSize:=2"]).arguments(more);
    let finished = call(&[]).succeeds().saying("note: showing 2 of 3 objects (use --all)");
    assert_eq!(finished.stdout, "id\n0_aaaaaaaa\n0_bbbbbbbb\n");
    let all = call(&["--all"]).succeeds();
    assert_eq!((all.stdout.lines().count(), all.stderr.as_str()), (4, ""));

    let part = json!({ "totalCount": 37, "objects": [{ "id": 1 }] });
    for form in [&[][..], &["--jsonl"], &["--jq=.objects[].id"]] {
        let noted = of(&part, form).succeeds();
        assert_eq!(noted.stderr, "note: showing 1 of 37 objects (use --all)\n", "{form:?}");
    }
    let noted = of(&part, &["--json"]).succeeds();
    assert_eq!(noted.stderr, "{\"note\":\"showing 1 of 37 objects (use --all)\"}\n");
    // A caller who selects a page knows that it is one.
    for known in [&["pager.pageSize:=1"][..], &["--quiet"]] {
        assert_eq!(of(&part, known).succeeds().stderr, "", "{known:?}");
    }
    let server = OddServer::answering(odd_server::json(&json!([part, true])));
    let batch = Kaltura::new(["batch", "--anonymous", "--service-url", &server.url]);
    let batch = batch.stdin("[{\"call\":\"a.list\"},{\"call\":\"a.b\"}]").succeeds();
    batch.saying("note: call 1: showing 1 of 37 objects (use pager)");
}

#[test]
fn a_column_that_no_object_has_is_told() {
    let finished =
        of(&json!({ "totalCount": 1, "objects": [{ "id": 1, "name": "a" }] }), &["--columns=id, nmae,"]);
    let finished = finished.succeeds().saying("note: no object has nmae; they have id, name");
    assert_eq!(finished.stdout, "id  nmae\n1\n");
}

#[test]
fn no_column_at_all_is_a_usage_error() {
    for columns in ["--columns=", "--columns= , "] {
        of(&json!({ "totalCount": 0, "objects": [] }), &[columns]).fails(2).saying("no column");
    }
}

#[test]
fn an_empty_list_is_told() {
    let finished = of(&json!({ "totalCount": 0, "objects": [] }), &["--table"]).succeeds();
    finished.writes("", "note: the list is empty\n");
}

#[test]
fn what_is_no_list_makes_no_table() {
    of(&json!({ "id": 1 }), &["--table"])
        .fails(2)
        .saying("some.list does not return a list, which a table needs");
}

#[test]
fn a_server_cannot_move_the_cursor() {
    let objects = json!([{ "id": "\u{1b}[2J\u{9b}x", "na\u{1b}me": "a\r\nb" }]);
    let finished = of(&json!({ "totalCount": 1, "objects": objects }), &["--table"]).succeeds();
    assert_eq!(finished.stdout, "id      na me\n [2J x  a  b\n");
}
