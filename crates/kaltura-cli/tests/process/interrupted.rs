//! Ctrl-C and SIGTERM while a server does not answer, or a filter does not end.

use std::io::{BufRead as _, BufReader};

use serde_json::json;

use crate::support::account::ks;
use crate::support::doctor::{Scene, at};
use crate::support::invocation::Kaltura;
use crate::support::odd_server::{self, OddServer};
use crate::support::server::{ADMIN_SECRET, VALUE};

/// The command at this server.
fn at_server(server: &OddServer, line: &[&str]) -> Kaltura {
    Kaltura::new(line)
        .arguments(["--service-url", &server.url])
        .env("KALTURA_PARTNER_ID", "1234567")
        .env("KALTURA_APP_TOKEN_ID", "0_importer")
        .env("KALTURA_APP_TOKEN_HASH_TYPE", "SHA256")
        .env("KALTURA_APP_TOKEN", VALUE)
}

#[test]
fn a_request_can_be_interrupted() {
    for line in [
        &["login", "--json"][..],
        &["call", "media.list", "--anonymous", "--json"],
        &["batch", "--anonymous", "--json"],
        &["doctor", "--json"],
    ] {
        for (signal, code, class) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
            let server = OddServer::silent();
            let running = at_server(&server, line).stdin("[{\"call\":\"a.b\"}]").start();
            server.requests.recv().unwrap();
            running.signal(signal);
            let error = running.wait().fails_with(code).error();
            assert_eq!((&error["exitCode"], &error["class"]), (&json!(code), &json!(class)), "{line:?}");
        }
    }
}

/// What came before is there, and the exit code says that it is not all.
#[test]
fn a_list_keeps_the_pages_before() {
    let server = OddServer::echoing(|request| {
        while request.contains("\"pageIndex\":2") {
            std::thread::park();
        }
        odd_server::json(&json!({ "totalCount": 3, "objects": [{ "id": 1 }, { "id": 2 }] }))
    });
    let list = ["call", "some.list", "--all", "--anonymous", "--jsonl", "pager.pageSize:=2"];
    let running = at_server(&server, &list).start();
    server.requests.recv().unwrap();
    server.requests.recv().unwrap();
    running.signal("INT");
    running.wait().ends_with(130).saying("interrupted").writes_answer("{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn a_new_token_may_have_been_created() {
    let (server, folder) = (OddServer::silent(), tempfile::tempdir().unwrap());
    let path = folder.path().join("value");
    let add =
        Kaltura::new(["token", "add", "--service-url", &server.url, "--value-file", path.to_str().unwrap()]);
    let running = add.env("KALTURA_KS", ks(kaltura_types::SessionType::Admin)).start();
    server.requests.recv().unwrap();
    running.signal("INT");
    running.wait().fails_with(130).saying("The token may have been created");
    assert!(!path.exists());
}

#[test]
fn a_filter_without_end_can_be_interrupted() {
    for line in [&["sign", "--partner-id=7"][..], &["demo"]] {
        let sign = Kaltura::new(line).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
        let running = sign.arguments(["--jq=def f: f; f"]).start();
        std::thread::sleep(std::time::Duration::from_secs(2));
        running.signal("INT");
        running.wait().fails_with(130).saying("interrupted");
    }
}

#[test]
fn lines_of_the_doctor_come_as_they_are_known() {
    let scene = Scene::with_token(json!({}));
    scene.apply(json!({ "injectFault": "slow:60000@appToken.startSession" }));
    let mut running = at(scene.url(), scene.home.path()).start();
    let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let shown = lines.find(|line| line.contains("widget session"));
    assert_eq!(shown.as_deref(), Some("ok      widget session  partner 1234567 exists in this region"));
}

/// The process is stopped while the response and the signal are sent, so that it finds both at once.
#[test]
fn a_signal_that_comes_with_the_response_is_not_lost() {
    for attempt in 0..12 {
        let (continued, may_answer) = std::sync::mpsc::channel();
        let server = OddServer::echoing(move |_| {
            let _ = may_answer.recv();
            odd_server::json(&json!({ "totalCount": 0, "objects": [] }))
        });
        let running = at_server(&server, &["call", "media.list", "--anonymous"]).start();
        server.requests.recv().unwrap();
        running.signal("STOP");
        continued.send(()).unwrap();
        // Time for the response to reach the socket.
        std::thread::sleep(std::time::Duration::from_millis(50));
        running.signal("TERM");
        running.signal("CONT");
        let finished = running.wait();
        assert_eq!(finished.code, Some(143), "attempt {attempt}: {finished:#?}");
    }
}
