//! `kaltura call --all`: all pages of a list.

use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{self, OddServer, body_of};
use crate::support::server::{NOW, TestServer, VALUE, seed, token};

/// A server with so many videos, made one a second.
fn server(count: i64) -> TestServer {
    let entry = |number: i64| {
        json!({
            "id": format!("0_{number:08}"), "partnerId": 1_234_567, "name": format!("Lecture {number}"),
            "createdAt": NOW - count + number,
        })
    };
    let mut seed =
        seed(&json!([token("0_importer", VALUE, json!({ "sessionType": 2, "sessionDuration": 600 }))]));
    seed["entries"] = (0..count).map(entry).collect();
    TestServer::with_seed(&seed)
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("0_{number:08}")).collect()
}

fn lists(server: &TestServer) -> usize {
    server.calls().iter().filter(|call| call.eq_ignore_ascii_case("media.list")).count()
}

#[test]
fn all_pages_are_one_answer() {
    let server = server(1203);
    let document = server.call(["media.list", "--all"]).answer();
    assert_eq!(document["totalCount"], 1203);
    assert_eq!(document.as_object().unwrap().len(), 2);
    let listed: Vec<&str> =
        document["objects"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap()).collect();
    assert_eq!(listed, ids(1203));
    assert_eq!(lists(&server), 3);

    let people = server.call(["media.list", "--all", "filter.idIn=0_00000007,0_00000009"]).succeeds();
    assert!(people.stdout.starts_with("{\n  \"totalCount\": 2,\n  \"objects\": [\n    {\n"), "{people:#?}");
    assert_eq!(lists(&server), 1);
}

#[test]
fn the_size_of_pages_can_be_chosen() {
    let server = server(25);
    let list = server.call(["media.list", "--all", "pager.pageSize:=10"]).answer();
    assert_eq!(list["totalCount"], 25);
    assert_eq!(lists(&server), 3);
}

#[test]
fn objects_come_one_a_line() {
    let server = server(501);
    let finished = server.call(["media.list", "--all", "--jsonl"]).succeeds();
    let listed: Vec<Value> =
        finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed: Vec<&str> = listed.iter().map(|object| object["id"].as_str().unwrap()).collect();
    assert_eq!(listed, ids(501));
    let one_page = server.call(["media.list", "--jsonl"]).succeeds();
    assert_eq!(one_page.stdout.lines().count(), 30);
    let selected = server.call(["media.list", "--all", "--jsonl", "--jq=.id"]).succeeds();
    assert_eq!(selected.stdout, ids(501).join("\n") + "\n");
}

#[test]
fn behind_ten_thousand_it_goes_on_by_time() {
    let server = server(10_700);
    let call = |order: &str| {
        server.call(["media.list", "--all", "--jsonl", "--jq=.id", &format!("filter.orderBy={order}")]).run()
    };
    assert_eq!(call("+createdAt").ends_with(0).stdout, ids(10_700).join("\n") + "\n");
    let mut backwards = ids(10_700);
    backwards.reverse();
    assert_eq!(call("-createdAt").ends_with(0).stdout, backwards.join("\n") + "\n");
    // Without an order there is nothing to go on from.
    let finished = server.call(["media.list", "--all", "--json"]).fails(2);
    let error = finished.error();
    assert_eq!(error["code"], "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED");
    assert!(error["hint"].as_str().unwrap().contains("filter.orderBy=+createdAt"), "{error}");
}

/// A server whose list is one page, whatever page is asked for.
fn one_page(page: &Value) -> OddServer {
    OddServer::answering(odd_server::json(page))
}

fn all(server: &OddServer, more: &[&str]) -> Kaltura {
    let arguments = ["call", "some.list", "--all", "--anonymous", "--service-url", &server.url];
    Kaltura::new(arguments).arguments(more)
}

#[test]
fn a_page_that_repeats_makes_it_incomplete() {
    let server = one_page(&json!({ "totalCount": 9, "objects": [{ "id": 1 }, { "id": 2 }] }));
    let finished = all(&server, &["--jsonl"]).run().ends_with(7);
    assert_eq!(finished.saying("the list is incomplete: 2 of 9 objects").stdout, "{\"id\":1}\n{\"id\":2}\n");
    assert_eq!(server.requests.try_iter().count(), 2);
    let finished = all(&server, &["--json"]).run().ends_with(7);
    assert_eq!(finished.document(), json!({ "totalCount": 2, "objects": [{ "id": 1 }, { "id": 2 }] }));
}

#[test]
fn what_is_no_list_is_told() {
    for answer in [json!({ "id": "0_a" }), json!(true), json!([1])] {
        let server = one_page(&answer);
        all(&server, &[]).fails(2).saying("some.list does not return a list, which --all needs");
        assert_eq!(server.requests.try_iter().count(), 1);
    }
}

#[test]
fn pages_cannot_be_selected() {
    let server = one_page(&json!({ "totalCount": 0, "objects": [] }));
    for (parameter, why) in [
        ("pager.pageIndex:=2", "omit pager.pageIndex"),
        ("pager.pageSize:=0", "pager.pageSize must be a number above 0"),
        ("pager=x", "pager must be an object"),
    ] {
        all(&server, &[parameter]).fails(2).saying(why);
    }
    assert_eq!(server.requests.try_iter().count(), 0);
    let shown = all(&server, &["--dry-run"]).answer();
    assert_eq!(shown["body"]["pager"], json!({ "pageSize": 500, "pageIndex": 1 }));
}

#[test]
fn a_session_that_ends_in_the_middle_is_replaced() {
    // Of each session three calls are accepted.
    let limited = json!({ "sessionType": 2, "sessionPrivileges": "actionslimit:3" });
    let tokens = json!((0..40).map(|n| token(&format!("0_{n}"), VALUE, limited.clone())).collect::<Vec<_>>());
    let server = TestServer::with_tokens(&tokens);
    let call = server.call(["appToken.list", "--all", "--json", "pager.pageSize:=5", "--app-token-id=0_7"]);
    let document = call.succeeds().document();
    assert_eq!(document["objects"].as_array().map(Vec::len), Some(40));
    assert!(server.calls().len() > 3 + 9);
}

#[test]
fn a_fault_in_the_middle_is_passed_over_and_a_lasting_one_told() {
    let server = server(60);
    let call = || server.call(["media.list", "--all", "--json", "pager.pageSize:=20"]).run();
    // Each page can be requested again, also the first one: the action's name says that it only reads.
    for fault in ["status:503@media.list#2", "status:503@media.list#1"] {
        server.apply(json!({ "injectFault": fault }));
        assert_eq!(call().ends_with(0).document()["totalCount"], 60);
    }
    server.apply(json!({ "injectFault": "status:503@media.list" }));
    call().fails_with(7);
}

#[test]
fn pages_of_too_many_bytes_are_asked_for_in_halves() {
    let server = OddServer::echoing(|request| {
        let asked = body_of(request);
        let pager = |name: &str| usize::try_from(asked["pager"][name].as_u64().unwrap()).unwrap();
        let first = (pager("pageIndex") - 1) * pager("pageSize");
        let objects: Vec<Value> = (first..(first + pager("pageSize")).min(300))
            .map(|id| json!({ "id": id, "text": "x".repeat(100 << 10) }))
            .collect();
        odd_server::json(&json!({ "totalCount": 300, "objects": objects }))
    });
    let finished = all(&server, &["--jsonl", "--jq=.id"]).succeeds();
    assert_eq!(finished.stdout, (0..300).map(|id| format!("{id}\n")).collect::<String>());
    let sizes: Vec<Value> = server.sent().iter().map(|sent| sent["pager"]["pageSize"].clone()).collect();
    assert_eq!(sizes, [500, 250, 125, 125, 125]);
}

/// A server whose list never ends.
fn endless() -> OddServer {
    OddServer::echoing(|request| {
        let asked = body_of(request);
        let page = asked["pager"]["pageIndex"].as_u64().unwrap();
        let objects: Vec<Value> = (0..500).map(|number| json!({ "id": page * 500 + number })).collect();
        odd_server::json(&json!({ "totalCount": 37, "objects": objects }))
    })
}

#[test]
fn a_list_without_end_is_ended() {
    let server = endless();
    let finished = all(&server, &["--jsonl", "--max-objects=1200"]).run().ends_with(7);
    let finished = finished.saying("the list is incomplete: it has more than 1200 objects");
    assert_eq!(finished.stdout.lines().count(), 1000);
    assert_eq!(server.requests.try_iter().count(), 3);
    Kaltura::new(["call", "a.list", "--max-objects=5"]).fails(2).saying("--all");
}
