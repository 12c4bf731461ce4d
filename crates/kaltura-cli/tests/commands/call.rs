//! Calls that the server answers.

use serde_json::{Value, json};

use crate::support::invocation::{Finished, Kaltura};
use crate::support::odd_server::{self, OddServer, ok};
use crate::support::server::{KS, NOW, TestServer, VALUE, text_of};

/// A server with three videos, and a token of its own making.
fn server() -> TestServer {
    TestServer::new()
}

fn admin_server() -> TestServer {
    TestServer::with_token(json!({ "sessionType": 2 }))
}

/// The body of the last request of a call to a server that takes anything.
fn sent(call: Kaltura, server: &OddServer) -> Value {
    call.succeeds();
    let request = server.requests.try_iter().last().unwrap();
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn anything() -> (OddServer, impl Fn(&[&str]) -> Kaltura) {
    let server = OddServer::answering(ok("application/json", "true"));
    let url = server.url.clone();
    let call = move |arguments: &[&str]| {
        Kaltura::new(["call", "some.thing", "--service-url", &url]).arguments(arguments)
    };
    (server, call)
}

#[test]
fn the_answer_is_json_for_people_and_for_programs() {
    let server = server();
    let call = || server.call(["media.list", "pager.pageSize:=1", "--user=nightly-import"]);
    let people = call().succeeds();
    assert_eq!(people.stderr, "");
    assert!(people.stdout.starts_with("{\n  \"totalCount\": 2,\n  \"objects\": [\n"), "{people:#?}");
    let programs = call().arguments(["--json"]).succeeds();
    let document = programs.document();
    assert_eq!(document, serde_json::from_str::<Value>(&people.stdout).unwrap());
    assert_eq!(document["objects"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_entry_is_got_as_the_examples_do_it() {
    let server = server();
    let entry = || server.call(["media.get", "entryId=0_sample02"]);
    let got = entry().answer();
    let listed = server.call(["media.list", "filter.idEqual=0_sample02"]).answer();
    assert_eq!(json!([got]), listed["objects"]);
    let url = entry().arguments(["--jq", ".downloadUrl"]).succeeds().stdout;
    assert!(url.starts_with("https://") && url.contains("/entryId/0_sample02/"), "{url}");
    let foreign = server.call(["media.get", "entryId=0_a1b2c3d4", "--json"]).fails(5);
    assert_eq!(foreign.error()["code"], "ENTRY_ID_NOT_FOUND", "{foreign:#?}");
}

#[test]
fn each_form_of_a_parameter_is_sent_as_it_is_meant() {
    let (server, call) = anything();
    let folder = tempfile::tempdir().unwrap();
    let (text, object) = (folder.path().join("text"), folder.path().join("object"));
    std::fs::write(&text, "two\nlines\n").unwrap();
    std::fs::write(&object, "{\"x\": [1, null]}").unwrap();
    let arguments = [
        "--anonymous",
        "a=5",
        "b:=5",
        "c.d.e=x=y",
        &format!("text=@{}", text_of(&text)),
        &format!("object:=@{}", text_of(&object)),
    ];
    let body = sent(call(&arguments), &server);
    let expected = json!({
        "a": "5", "b": 5, "c": { "d": { "e": "x=y" } }, "text": "two\nlines", "object": { "x": [1, null] },
        "clientTag": body["clientTag"], "format": 1,
    });
    assert_eq!(body, expected);
}

#[test]
fn the_session_is_the_one_that_was_given() {
    let (server, call) = anything();
    assert_eq!(sent(call(&[]).env("KALTURA_KS", KS), &server)["ks"], KS);
    assert_eq!(sent(call(&["--ks-stdin"]).stdin(format!("{KS}\n")), &server)["ks"], KS);
    assert_eq!(sent(call(&["--ks-stdin"]).env("KALTURA_KS", "x").stdin(KS), &server)["ks"], KS);
    let inside = call(&["-"]).env("KALTURA_KS", "x").stdin(format!("{{\"ks\":\"{KS}\"}}"));
    assert_eq!(sent(inside, &server)["ks"], KS);
    let body = sent(call(&["--anonymous"]).env("KALTURA_KS", KS), &server);
    assert!(body.get("ks").is_none(), "{body}");
}

#[test]
fn a_token_that_is_given_by_an_option_goes_before_the_variable_of_a_ks() {
    let server = admin_server();
    let user = |finished: Finished| finished.ends_with(0).document()["userId"].clone();
    let by_option = server.call(["session.get", "--json", "--app-token-stdin"]).stdin(VALUE);
    assert_eq!(user(by_option.env("KALTURA_KS", "dead").run()), "alice");
    let by_variable = server.call(["session.get", "--json"]).env("KALTURA_KS", "dead").run();
    by_variable.fails_with(2).saying("the KS in KALTURA_KS cannot be used");
}

#[test]
fn the_login_asks_for_what_was_wished() {
    let open = json!({ "sessionType": null, "sessionUserId": null });
    let server = TestServer::with_token(open);
    let wishes = ["session.get", "--json", "--user=bob", "--type=admin", "--lifetime=1h"];
    let document = server.call(wishes).succeeds().document();
    assert_eq!(document["userId"], "bob");
    assert_eq!(document["expiry"], (NOW + 3600).to_string());
}

#[test]
fn a_bare_text_is_printed_as_it_is() {
    let text = "line\r\n\u{1b}[2J \"quoted\"";
    let server = OddServer::answering(odd_server::json(&json!(text)));
    let call = || Kaltura::new(["call", "a.b", "--anonymous", "--service-url", &server.url]);
    assert_eq!(call().succeeds().stdout, format!("{text}\n"));
    assert_eq!(call().answer(), json!(text));
}

#[test]
fn other_answers_are_json() {
    for (answer, people) in [("null", "null\n"), ("true", "true\n"), ("[]", "[]\n"), ("12", "12\n")] {
        let server = OddServer::answering(ok("application/json", answer));
        for form in [&[][..], &["--json"]] {
            let call = Kaltura::new(["call", "a.b", "--anonymous", "--service-url", &server.url]);
            assert_eq!(call.arguments(form).succeeds().stdout, people);
        }
    }
}

#[test]
fn an_anonymous_call_needs_no_account() {
    let server = server();
    let call = Kaltura::new(["call", "system.ping", "--anonymous", "--service-url", server.url()]);
    assert_eq!(call.succeeds().stdout, "true\n");
}
