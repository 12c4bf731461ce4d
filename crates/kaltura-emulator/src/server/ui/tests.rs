use std::net::{IpAddr, Ipv4Addr};

use kaltura_types::SessionType;
use serde_json::{Value, json};

use super::*;
use crate::test_client::{ADMIN_SECRET, emulator};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const KS_OF_ANOTHER: &str =
    "djJ8NzY1NDMyMXx2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

fn ui() -> Ui {
    Ui::new(emulator(), ControlToken("right".to_owned()))
}

impl Ui {
    /// A request of the page.
    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("{PATH}{path}"))
            .header("host", "localhost:8080")
            .header("authorization", "Bearer right")
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let reply = self.respond(&request, HERE);
        (reply.response.status().as_u16(), serde_json::from_slice(reply.response.body()).unwrap())
    }

    fn state(&self, since: u64) -> Value {
        self.send("GET", &format!("/state?since={since}"), &Value::Null).1
    }

    fn exchange(&self, number: u64) -> Value {
        self.send("GET", &format!("/exchange?number={number}"), &Value::Null).1
    }

    /// A call of a client.
    fn call(&self, action: &str, sent: &Value) -> Reply {
        let (service, action) = action.split_once('.').unwrap();
        self.client(
            "POST",
            &format!("/api_v3/service/{service}/action/{action}?format=1"),
            "application/json",
            &sent.to_string(),
        )
    }

    fn client(&self, method: &str, target: &str, content_type: &str, body: &str) -> Reply {
        let request = Request::builder().method(method).uri(target).header("content-type", content_type);
        self.record(&request.body(Bytes::from(body.to_owned())).unwrap(), HERE)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

#[test]
fn the_page_is_small_and_has_no_code_that_makes_markup_of_text() {
    assert!(PAGE.len() + STYLE.len() + SCRIPT.len() <= 80_000);
    for sink in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"]
    {
        assert!(!SCRIPT.contains(sink), "{sink}");
    }
    // The policy forbids what is inline, and what comes from elsewhere.
    for inline in ["style=", "onclick=", "<style", "https://", "http://"] {
        assert!(!PAGE.contains(inline), "{inline}");
    }
    assert_eq!(PAGE.matches("<script").count(), 1);
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn the_files_need_no_token_and_all_else_does() {
    let ui = ui();
    let status = |path: &str| {
        let request =
            Request::get(format!("{PATH}{path}")).header("host", "localhost").body(Bytes::new()).unwrap();
        ui.respond(&request, HERE).response.status().as_u16()
    };
    assert_eq!(["", "/", "/app.js", "/style.css"].map(status), [200; 4]);
    assert_eq!(["/state", "/exchange?number=1", "/commands", "/nosuch", "/app.js/x"].map(status), [401; 5]);
}

#[test]
fn each_response_forbids_what_the_page_does_not_need() {
    let ui = ui();
    for (path, host) in [("", "127.0.0.1:8080"), ("/state", "[::1]:80"), ("/app.js", "localhost")] {
        let request = Request::get(format!("{PATH}{path}")).header("host", host).body(Bytes::new()).unwrap();
        let response = ui.respond(&request, HERE).response;
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("access-control-allow-origin"), None);
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        let policy = header("content-security-policy").unwrap();
        assert!(policy.contains(&format!("script-src http://{host}{PATH}/app.js;")), "{policy}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn a_host_cannot_add_to_the_policy() {
    let request = Request::get(PATH).header("host", "x;script-src *@localhost").body(Bytes::new()).unwrap();
    let policy = ui().respond(&request, HERE).response.headers()["content-security-policy"].clone();
    assert!(!policy.to_str().unwrap().contains('*'), "{policy:?}");
}

#[test]
fn a_document_of_the_api_is_in_a_sandbox() {
    let reply = ui().call("system.ping", &json!({}));
    assert_eq!(reply.response.headers()["content-security-policy"], "sandbox; default-src 'none'");
}

#[test]
fn a_call_is_shown_with_its_session_and_its_result() {
    let ui = ui();
    let ks = ui.emulator.ks(SessionType::User, "alice", "");
    ui.call("media.list", &json!({ "ks": ks }));
    ui.call("media.get", &json!({ "ks": ks, "entryId": "0_nosuch00" }));
    ui.client("GET", "/favicon.ico", "text/plain", "");
    let state = ui.state(0);
    let line = |index: usize| {
        let line = &state["lines"][index];
        [
            &line["number"],
            &line["action"],
            &line["session"],
            &line["status"],
            &line["error"],
            &line["succeeded"],
        ]
        .map(Value::to_string)
        .join(" ")
    };
    assert_eq!(line(0), r#"1 "media.list" "alice, USER" 200 null true"#);
    assert_eq!(line(1), r#"2 "media.get" "alice, USER" 200 "ENTRY_ID_NOT_FOUND" false"#);
    assert_eq!(line(2), r#"3 "/favicon.ico" null 404 null false"#);
    assert_eq!(state["sessions"][0]["userId"], "alice");
    assert_eq!(state["sessions"][0]["calls"], 2);
    assert_eq!(ui.state(2)["lines"].as_array().map(Vec::len), Some(1));
    assert_eq!(ui.exchange(1)["ks"], ks);
    assert_eq!(ui.send("GET", "/exchange?number=9", &Value::Null).0, 404);
}

#[test]
fn the_requests_of_a_multirequest_are_one_line() {
    let ui = ui();
    let sent = json!({ "1": { "service": "system", "action": "ping" }, "2": { "service": "media", "action": "get", "entryId": "x" } });
    ui.client("POST", "/api_v3/service/multirequest?format=1", "application/json", &sent.to_string());
    let exchange = ui.exchange(1);
    assert_eq!(exchange["action"], "multirequest (2)");
    assert_eq!(exchange["calls"][0], json!({ "action": "system.ping", "error": null, "succeeded": true }));
    assert_eq!(exchange["calls"][1]["succeeded"], false);
    assert_eq!(exchange["succeeded"], false);
}

#[test]
fn a_fault_is_named() {
    let ui = ui();
    ui.send(
        "POST",
        "/commands",
        &json!([{ "injectFault": "status:503@system.ping#1" }, { "injectFault": "reset@system.ping#2" }]),
    );
    assert_eq!(ui.state(0)["faults"], json!(["status:503@system.ping#1", "reset@system.ping#2"]));
    ui.call("system.ping", &json!({}));
    ui.call("system.ping", &json!({}));
    let lines = &ui.state(0)["lines"];
    assert_eq!((&lines[0]["status"], &lines[0]["faults"]), (&json!(503), &json!(["status:503"])));
    assert_eq!((&lines[1]["status"], &lines[1]["faults"]), (&Value::Null, &json!(["reset"])));
    assert_eq!((&lines[0]["succeeded"], &lines[1]["succeeded"]), (&json!(false), &json!(false)));
}

#[test]
fn a_secret_of_another_server_is_not_kept() {
    let ui = ui();
    let sent =
        json!({ "ks": KS_OF_ANOTHER, "adminSecret": "hunter2", "x": "3f786850e387550fdab836ed7e6dc881" });
    ui.call("media.list", &sent);
    ui.client("GET", &format!("/api_v3/service/media/action/list/ks/{KS_OF_ANOTHER}?secret=hunter2"), "", "");
    ui.client(
        "POST",
        "/api_v3/service/session/action/start",
        "application/x-www-form-urlencoded",
        "secret=hunter2&userId=a",
    );
    ui.client("POST", "/elsewhere", "text/plain", KS_OF_ANOTHER);
    let shown =
        (1..=4).map(|number| ui.exchange(number).to_string()).collect::<String>() + &ui.state(0).to_string();
    for secret in [KS_OF_ANOTHER, &KS_OF_ANOTHER[..24], "hunter2", "3f786850"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    assert_eq!(ui.state(0)["lines"][0]["session"], "KS of another server");
}

#[test]
fn a_command_sends_the_request_again() {
    let ui = ui();
    let curl = |number| ui.exchange(number)["curl"].clone();
    ui.client("GET", "/api_v3/service/system/action/ping?x[a]=1", "", "");
    assert_eq!(
        curl(1),
        "curl -sS --globoff 'http://localhost:8080/api_v3/service/system/action/ping?x[a]=1'"
    );
    ui.client("POST", "/api_v3/service/system/action/ping", "application/json", r#"{"a":"it's"}"#);
    let json = r#" \
  -H 'Content-Type: application/json' \
  --data-raw '{"a":"it'\''s"}'"#;
    assert_eq!(curl(2), format!("curl -sS 'http://localhost:8080/api_v3/service/system/action/ping'{json}"));
    ui.client("PUT", "/api_v3/service/system/action/ping", "application/x-www-form-urlencoded", "a=1");
    assert_eq!(
        curl(3),
        "curl -sS -X PUT 'http://localhost:8080/api_v3/service/system/action/ping' \\\n  --data-raw 'a=1'"
    );
    let part = |attributes: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; {attributes}\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}--b--\r\n",
        part("name=\"a\"", "@1"),
        part("name=\"fileData\"; filename=\"a.mp4\"", "hello")
    );
    ui.client("POST", "/api_v3/service/uploadToken/action/upload", "multipart/form-data; boundary=b", &body);
    let parts = " \\\n  --form-string 'a=@1' \\\n  --form 'fileData=@a.mp4'";
    assert_eq!(
        curl(4),
        format!("curl -sS 'http://localhost:8080/api_v3/service/uploadToken/action/upload'{parts}")
    );
    assert_eq!(ui.exchange(4)["request"]["body"], "a=@1\nfileData=@a.mp4 (5 bytes)\n");
    ui.client("POST", "/api_v3/service/system/action/ping", "text/plain", &"x ".repeat(10_000));
    assert_eq!(curl(5), Value::Null);
    assert_eq!(ui.exchange(5)["request"]["isCut"], true);
}

#[test]
fn a_secret_at_the_end_of_a_cut_text_is_not_shown_in_part() {
    let ui = ui();
    let ks = ui.emulator.admin_ks();
    for length in [16_300, 16_340, 16_370, 16_383, 16_384] {
        let number = ui.state(0)["lines"].as_array().map_or(0, Vec::len) as u64 + 1;
        ui.call("system.ping", &json!({ "a": "x ".repeat(length / 2), "ks": ks }));
        let body = ui.exchange(number)["request"]["body"].clone();
        let (begins, ends) =
            (text(&body).matches('\u{e000}').count(), text(&body).matches('\u{e001}').count());
        assert_eq!(begins, ends, "{length}");
        assert!(begins == 1 || !text(&body).contains(&ks[..8]), "{length}");
    }
}

#[test]
fn the_journal_ends_with_the_calls() {
    let ui = ui();
    for command in ["forgetCalls", "reset"] {
        ui.call("system.ping", &json!({}));
        let before = ui.state(0);
        assert_eq!(before["lines"].as_array().map(Vec::len), Some(1), "{command}");
        ui.send("POST", "/commands", &json!(command));
        let after = ui.state(0);
        assert_eq!(after["lines"], json!([]));
        assert_ne!(after["epoch"], before["epoch"]);
    }
    ui.call("system.ping", &json!({}));
    assert_eq!(ui.state(0)["lines"][0]["number"], 3, "numbers are not used again");
}

#[test]
fn the_journal_is_bounded() {
    let ui = ui();
    for _ in 0..10_050 {
        ui.client("GET", "/x", "", "");
    }
    let state = ui.state(0);
    assert_eq!((&state["first"], &state["hasMore"]), (&json!(51), &json!(true)));
    assert_eq!(state["lines"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(ui.state(10_040)["lines"].as_array().map(Vec::len), Some(10));
    assert_eq!(ui.send("GET", "/exchange?number=50", &Value::Null).0, 404);
    assert_eq!(ui.exchange(51)["number"], 51);
}

#[test]
fn the_objects_are_listed() {
    let ui = ui();
    ui.send("POST", "/commands", &json!({ "addEntry": { "name": "Welcome" } }));
    let state = ui.state(0);
    assert_eq!(state["partners"][0]["adminSecrets"][0], ADMIN_SECRET);
    assert_eq!(state["partners"].as_array().map(Vec::len), Some(1), "without the platform's own");
    assert_eq!(state["appTokens"]["first"][0]["status"], "active");
    assert_eq!(
        (&state["entries"]["count"], &state["entries"]["first"][0]["name"]),
        (&json!(1), &json!("Welcome"))
    );
    ui.send(
        "POST",
        "/commands",
        &json!([{ "advanceClock": 60 }, { "setLatency": [5, 9] }, { "setResponseCache": true }]),
    );
    let moved = ui.state(0);
    assert_eq!(moved["time"].as_i64().unwrap() - moved["unmovedTime"].as_i64().unwrap(), 60_000);
    assert_eq!(
        (&moved["latency"], &moved["responseCache"], &moved["isFrozen"]),
        (&json!([5, 9]), &json!(true), &json!(true))
    );
}

#[test]
fn an_ended_session_is_shown_as_such() {
    let ui = ui();
    let ks = ui.emulator.ks(SessionType::User, "alice", "");
    ui.call("media.list", &json!({ "ks": ks }));
    assert_eq!(ui.state(0)["sessions"][0]["ended"], false);
    ui.send("POST", "/commands", &json!({ "endSession": ks }));
    assert_eq!(ui.state(0)["sessions"][0]["ended"], true);
    let inspected = ui.send("POST", "/inspect", &json!({ "ks": ks })).1;
    assert_eq!(
        (&inspected["ended"], &inspected["proven"], &inspected["isOwn"]),
        (&json!(true), &json!(true), &json!(true))
    );
}

#[test]
fn a_ks_is_inspected_with_and_without_its_secret() {
    let ui = ui();
    let inspect =
        |ks: &str, secret: &str| ui.send("POST", "/inspect", &json!({ "ks": ks, "adminSecret": secret }));
    let own = ui.emulator.ks(SessionType::User, "alice", "actionslimit:2");
    let (status, answer) = inspect(&format!(" {own}\n"), "");
    assert_eq!(
        (status, &answer["claims"]["userId"], &answer["restrictions"]),
        (200, &json!("alice"), &json!(["valid for 2 calls"]))
    );
    let (_, answer) = inspect(KS_OF_ANOTHER, "");
    assert_eq!(
        (&answer["partnerId"], &answer["claims"], &answer["ended"]),
        (&json!(7_654_321), &Value::Null, &Value::Null)
    );
    assert!(text(&answer["notes"][0]).contains("encrypted"));
    assert_eq!(inspect(KS_OF_ANOTHER, "wrong").0, 400);
    let (status, answer) = inspect("gibberish", "");
    assert_eq!(status, 400);
    assert!(text(&answer["error"]).contains("9 characters") && !answer.to_string().contains("gibberish"));
    assert!(text(&inspect("\"x\"", "").1["error"]).contains("in quotes. Remove the quotes"));
    // The secret of the account of version 1, which shows its claims to anyone.
    let v1 = "MDlhNzI5NTg5ZWQ3NGY2MTIxNzlmMjc1ZDJkMzJhNGQxNjVlYTI1Y3w3NjU0MzIxOzc2NTQzMjE7MjAwMDAwMDAwMDswOzE3MDAwMDAwNDguMjU7YWxpY2U7c3ZpZXc6Kjs7";
    let (_, answer) = inspect(v1, "");
    assert_eq!((&answer["proven"], &answer["claims"]["userId"]), (&json!(false), &json!("alice")));
    assert!(text(&answer["notes"][0]).contains("anyone may have written this"));
    assert_eq!(inspect(v1, "00112233445566778899aabbccddeeff").1["proven"], true);
}

#[test]
fn a_token_hash_is_computed_and_its_doubts_are_noted() {
    let ui = ui();
    let hash = |ks: &str, token: &str, hash_type: &str| {
        ui.send("POST", "/hash", &json!({ "ks": ks, "token": token, "hashType": hash_type }))
    };
    let (_, answer) = hash("a", "bc", "SHA1");
    assert_eq!(answer["tokenHash"], "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(answer["notes"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(hash(KS_OF_ANOTHER, "abc", "MD5").1["notes"], json!([]));
    let (status, answer) = hash("hush", "hush", "SHA9");
    assert_eq!((status, answer.to_string().contains("hush")), (400, false));
}

#[test]
fn what_is_sent_must_be_json() {
    let ui = ui();
    let request = Request::post(format!("{PATH}/commands"))
        .header("host", "localhost")
        .header("authorization", "Bearer right")
        .header("content-type", "text/plain")
        .body(Bytes::from_static(br#"{"setClock":5}"#))
        .unwrap();
    assert_eq!(ui.respond(&request, HERE).response.status(), 415);
    assert_eq!(ui.send("POST", "/commands", &json!({ "nosuch": 1 })).0, 400);
    assert_eq!(ui.send("PUT", "/state", &Value::Null).0, 404);
}

#[test]
fn nothing_of_the_page_shows_a_secret_by_debug() {
    let builder = crate::server::Server::builder(emulator()).ui();
    let server = builder.clone().spawn().unwrap();
    let token = server.ui_url().unwrap().rsplit_once('=').unwrap().1.to_owned();
    assert_eq!(token.len(), 32);
    assert!(!format!("{server:?} {builder:?} {:?}", server.access()).contains(&token));
    let other = builder.spawn().unwrap();
    assert_ne!(server.ui_url(), other.ui_url(), "the token is new, although the random seed is the same");
}
