//! `kaltura login --verify`: the proof that the server accepts the session.

use serde_json::json;

use crate::support::doctor::{Scene, TOKEN};
use crate::support::invocation::{Finished, Kaltura};
use crate::support::odd_server::{OddServer, ok};
use crate::support::server::{VALUE, text_of};

fn login(scene: &Scene, options: &[&str]) -> Finished {
    scene.login(["--verify"]).arguments(options).run()
}

/// How many sessions are kept.
fn kept(scene: &Scene) -> usize {
    let status = scene.kaltura(["status", "--json"]).run();
    status.document()["sessions"].as_array().unwrap().len()
}

#[test]
fn the_proof_is_one_call_more_and_the_answer_tells_it() {
    let scene = Scene::with_token(json!({}));
    let text = login(&scene, &[]).ends_with(0);
    assert_eq!(text.stderr, "");
    assert!(text.stdout.ends_with("\n  verified   the server accepts the session\n"), "{text:#?}");
    let calls = ["session.startWidgetSession", "appToken.startSession", "session.startWidgetSession"];
    assert_eq!(scene.calls_so_far(), calls);
    let document = login(&scene, &["--json"]).ends_with(0).document();
    assert_eq!((&document["verified"], &document["warnings"]), (&json!(true), &json!([])));
    let ks = login(&scene, &["--ks-only"]).ends_with(0);
    assert_eq!((ks.stdout.lines().count(), ks.stderr.as_str()), (1, ""));
    assert_eq!(kept(&scene), 1);
}

#[test]
fn an_ended_token_is_found_out() {
    let scene = Scene::with_token(json!({}));
    let ks = scene.login(["--ks-only"]).succeeds().stdout;
    scene.kaltura(["logout"]).succeeds();
    scene.apply(json!({ "endSession": ks.trim_end() }));
    // Without a proof it looks well.
    scene.login(["--user=bob"]).succeeds();
    assert_eq!(kept(&scene), 1);

    let refused =
        login(&scene, &[]).fails_with(3).saying("the server refuses each new session of the app token");
    refused.saying("hint: All sessions of this app token were ended").saying("The session is not kept.");
    let error = login(&scene, &["--json"]).fails_with(3).error();
    assert_eq!((&error["class"], &error["serviceUrl"]), (&json!("authentication"), &json!(scene.url())));
    assert_eq!(kept(&scene), 1);
}

#[test]
fn a_refused_proof_leaves_the_session_before() {
    let scene = Scene::with_token(json!({}));
    let before = login(&scene, &["--ks-only"]).ends_with(0).stdout;
    scene.apply(json!({ "endSession": before.trim_end() }));
    login(&scene, &[]).fails_with(3);
    let ks = scene.kaltura(["ks"]).succeeds();
    assert_eq!(ks.stdout, before);
}

#[test]
fn a_blocked_user_is_a_permission_failure() {
    let scene = Scene::with_token(json!({}));
    scene.apply(json!({ "blockUser": "alice" }));
    login(&scene, &[]).fails_with(4).saying("The session is not kept.");
    assert_eq!(kept(&scene), 0);
}

#[test]
fn a_session_for_certain_paths_cannot_be_tried() {
    let paths = "urirestrict:/api_v3/service/media/*";
    let scene = Scene::with_token(json!({ "sessionPrivileges": paths }));
    let text = login(&scene, &[]).ends_with(0);
    let note = "note: the session is for certain paths only, so that it cannot be verified:";
    assert!(!text.stdout.contains("verified"), "{text:#?}");
    text.saying(note).saying("/api_v3/service/media/*");
    let document = login(&scene, &["--json"]).ends_with(0).document();
    assert_eq!(document["verified"], json!(false));
    assert_eq!(document["warnings"].as_array().map(Vec::len), Some(1));
    assert_eq!(kept(&scene), 1);
}

#[test]
fn it_costs_one_action() {
    let scene = Scene::with_token(json!({ "sessionPrivileges": "actionslimit:1" }));
    for (options, code) in [(&["--ks-only"][..], 0), (&["--ks-only", "--verify"], 3)] {
        let ks = scene.login(options).succeeds().stdout;
        let call = scene.call(["media.list", "--json"]).env("KALTURA_KS", ks.trim_end()).run();
        assert_eq!(call.code, Some(code), "{call:#?}");
    }
}

#[test]
fn a_proof_without_an_answer_is_a_failure_of_its_class() {
    let scene = Scene::with_token(json!({}));
    for (body, code) in [
        ("<p>Sign in", 7),
        ("{\"objectType\":\"KalturaAPIException\",\"code\":\"SERVICE_FORBIDDEN\",\"message\":\"no\"}", 4),
    ] {
        let odd = OddServer::echoing(move |request| {
            let expiry = 4_000_000_000_u32;
            let session = |name| {
                let ks = format!("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jttz{name}");
                json!({ "partnerId": 1_234_567, "ks": ks, "userId": "a", "expiry": expiry }).to_string()
            };
            if request.contains("/service/appToken/") {
                ok("application/json", &session("appToken"))
            } else if request.contains("\"ks\":\"") {
                ok("application/json", body)
            } else {
                ok("application/json", &session("session"))
            }
        });
        let cache = text_of(scene.home.path());
        let finished = Kaltura::new(["login", "--verify", "--service-url", &odd.url, "--partner-id=1234567"])
            .arguments(["--app-token-id", TOKEN, "--hash-type=SHA1"])
            .env("KALTURA_APP_TOKEN", VALUE)
            .env("KALTURA_CACHE_DIR", cache)
            .run();
        finished.fails_with(code).saying("The session is not kept.");
    }
}
