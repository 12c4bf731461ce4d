//! `kaltura status --verify`: the proof that the server accepts the session that is kept.

use serde_json::{Value, json};

use crate::support::cache_files::{cache_file, let_it_end};
use crate::support::doctor::Scene;
use crate::support::invocation::Finished;

fn status(scene: &Scene, options: &[&str]) -> Finished {
    scene.kaltura(["status", "--verify"]).arguments(options).run()
}

/// A server, and a session that is kept for `kaltura ks`.
fn scene(changes: Value) -> (Scene, String) {
    let scene = Scene::with_token(changes);
    let ks = scene.ks([]);
    (scene, ks)
}

#[test]
fn the_proof_is_one_call_and_the_answer_tells_it() {
    let (scene, _) = scene(json!({}));
    let logins = scene.calls_so_far().len();
    let text = status(&scene, &[]).ends_with(0);
    assert_eq!(text.stderr, "");
    let end = "  current     yes (`kaltura ks` will use it)\n  verified    the server accepts the session\n";
    assert!(text.stdout.ends_with(end), "{text:#?}");
    assert_eq!(scene.calls_so_far()[logins..], ["session.startWidgetSession"]);
    let document = status(&scene, &["--json"]).ends_with(0).document();
    assert_eq!((&document["good"], &document["verified"]), (&json!(true), &json!(true)));
    assert_eq!(document["warnings"], json!([]));
}

#[test]
fn without_it_no_request_is_made() {
    let (scene, _) = scene(json!({}));
    let logins = scene.calls_so_far().len();
    let text = scene.kaltura(["status"]).succeeds();
    assert!(!text.stdout.contains("verified"), "{text:#?}");
    let document = scene.kaltura(["status"]).answer();
    assert_eq!((&document["good"], &document["verified"]), (&json!(true), &json!(false)));
    assert_eq!(scene.calls_so_far().len(), logins);
}

#[test]
fn an_ended_session_is_found_out() {
    let (scene, ks) = scene(json!({}));
    scene.apply(json!({ "endSession": ks }));
    scene.kaltura(["status"]).succeeds();
    let text = status(&scene, &[]).ends_with(3);
    assert!(text.stdout.contains("\nSession of alice, not verified\n"), "{text:#?}");
    assert!(text.stdout.ends_with("\n  current     yes (`kaltura ks` will use it)\n"), "{text:#?}");
    assert!(!text.stderr.contains(&ks[..16]), "{text:#?}");
    let text = text.saying("the session was refused: it was ended").saying("INVALID_KS");
    text.saying(&format!("at: {}", scene.url())).saying("`kaltura login --verify` shows whether a new");

    let json = status(&scene, &["--json"]).ends_with(3);
    assert_eq!(json.error()["class"], "authentication");
    let document = json.document();
    assert_eq!((&document["good"], &document["verified"]), (&json!(false), &json!(false)));
    // It is still there: a look changes nothing.
    assert_eq!(document["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(scene.kaltura(["ks"]).succeeds().stdout.trim_end(), ks);
}

#[test]
fn it_is_the_session_with_these_wishes() {
    let (scene, ks) = scene(json!({ "sessionUserId": null }));
    scene.kaltura(["ks", "--user=bob"]).succeeds();
    scene.apply(json!({ "blockUser": "bob" }));
    status(&scene, &[]).ends_with(0);
    let blocked = status(&scene, &["--user=bob", "--json"]).ends_with(4);
    assert_eq!(blocked.error()["class"], "permission");
    let none = status(&scene, &["--user=carol"]).ends_with(3);
    let end = "\nNone of these matches the current settings. Run `kaltura login`.\n";
    assert!(none.stdout.ends_with(end) && none.stderr.is_empty(), "{none:#?}");
    let document = status(&scene, &["--user=carol", "--json"]).ends_with(3).document();
    assert_eq!((&document["good"], &document["sessions"][0]["current"]), (&json!(false), &json!(false)));
    assert!(!ks.is_empty());
}

#[test]
fn without_a_session_no_request_is_made() {
    let scene = Scene::with_token(json!({}));
    let text = status(&scene, &[]).ends_with(3);
    assert!(text.stdout.ends_with("\nNo valid session. Run `kaltura login`.\n"), "{text:#?}");
    assert_eq!((text.stderr.as_str(), scene.calls_so_far().len()), ("", 0));

    scene.kaltura(["ks"]).succeeds();
    let logins = scene.calls_so_far().len();
    let_it_end(&cache_file(scene.cache.path(), ".session"));
    let text = status(&scene, &[]).ends_with(3);
    assert!(text.stdout.ends_with("\nNo valid session. Run `kaltura login`.\n"), "{text:#?}");
    assert_eq!((text.stderr.as_str(), scene.calls_so_far().len()), ("", logins));
}

#[test]
fn a_session_for_certain_paths_cannot_be_tried() {
    let (scene, _) = scene(json!({ "sessionPrivileges": "urirestrict:/api_v3/service/media/*" }));
    let text = status(&scene, &[]).ends_with(0);
    assert!(!text.stdout.contains("verified"), "{text:#?}");
    let note = "note: the session is for certain paths only, so that it cannot be verified:";
    text.saying(note).saying("/api_v3/service/media/*");
    let document = status(&scene, &["--json"]).ends_with(0).document();
    assert_eq!((&document["good"], &document["verified"]), (&json!(true), &json!(false)));
    assert_eq!(document["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_server_that_does_not_answer_is_a_failure_of_its_class() {
    let (scene, _) = scene(json!({}));
    let text =
        scene.server.stop().kaltura(["status", "--verify"]).run().ends_with(6).saying("could not connect");
    assert!(text.stdout.contains(", not verified\n"), "{text:#?}");
}
