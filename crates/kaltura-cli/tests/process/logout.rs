//! `kaltura logout`: forgets sessions on this machine, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::doctor_scene::{Scene, TOKEN, VALUE};
use crate::emulator_process::{text_of, token};
use crate::invocation::{Finished, Kaltura};

const WHY: &str = "session.end would end all sessions of the app token, those still to be started included";
const EXPLANATION: &str = "On the server they stay good until they end: session.end would end all sessions\n\
    of the app token, those still to be started included.\n";

/// Runs a command with a cache in the home of the scene.
fn run(scene: &Scene, arguments: &[&str]) -> Finished {
    scene.server.cached(&cache(scene), arguments.iter().copied()).run()
}

fn cache(scene: &Scene) -> PathBuf {
    scene.home.path().join("cache")
}

/// The files of this ending in all folders of the cache.
fn files(cache: &Path, ending: &str) -> Vec<PathBuf> {
    let folders =
        fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.filter(|path| text_of(path).ends_with(ending)).collect()
}

fn two_tokens() -> Scene {
    Scene::with_tokens(json!([token(TOKEN, VALUE, json!({})), token("0_other", VALUE, json!({}))]))
}

#[test]
fn the_sessions_of_the_token_go_and_those_of_others_stay() {
    let scene = two_tokens();
    for arguments in [&["ks"][..], &["login", "--user=bob"], &["ks", "--app-token-id=0_other"]] {
        run(&scene, arguments).ends_with(0);
    }
    assert_eq!(files(&cache(&scene), ".json").len(), 3);
    let calls = scene.calls();
    let finished = run(&scene, &["logout"]).ends_with(0);
    let url = scene.server.url();
    assert_eq!(
        finished.stdout,
        format!("Forgot 2 sessions of app token 0_importer of partner 1234567 at {url}.\n{EXPLANATION}")
    );
    assert_eq!(finished.stderr, "");
    assert_eq!(files(&cache(&scene), ".json").len(), 1);
    // Nobody was asked.
    assert_eq!(scene.calls(), calls);
    run(&scene, &["status"]).ends_with(3);
    run(&scene, &["status", "--app-token-id=0_other"]).ends_with(0);

    let again = run(&scene, &["logout"]).ends_with(0).stdout;
    let nothing =
        format!("There was no session of app token 0_importer of partner 1234567 at {url} to forget.\n");
    assert_eq!(again, nothing);

    let all = run(&scene, &["logout", "--all"]).ends_with(0).stdout;
    assert_eq!(all, format!("Forgot 1 session of all app tokens.\n{EXPLANATION}"));
    assert_eq!(files(&cache(&scene), ".json"), [""; 0].map(PathBuf::from));
    let all = run(&scene, &["logout", "--all"]).ends_with(0).stdout;
    assert_eq!(all, "There was no session of any app token to forget.\n");
}

#[test]
fn with_json_it_is_a_document() {
    let scene = two_tokens();
    run(&scene, &["ks"]).ends_with(0);
    run(&scene, &["ks", "--app-token-id=0_other"]).ends_with(0);
    let finished = run(&scene, &["logout", "--json"]).ends_with(0);
    assert_eq!(finished.stderr, "");
    let expected = json!({
        "forgottenSessions": 1, "all": false, "serviceUrl": scene.server.url(), "partnerId": 1_234_567,
        "appTokenId": TOKEN, "endedOnServer": false, "why": WHY,
    });
    assert_eq!(finished.document(), expected);
    let all = run(&scene, &["logout", "--json", "--all"]).ends_with(0).document();
    assert_eq!(all, json!({ "forgottenSessions": 1, "all": true, "endedOnServer": false, "why": WHY }));
}

#[test]
fn a_session_that_was_taken_stays_good() {
    let scene = two_tokens();
    let ks = run(&scene, &["ks"]).ends_with(0).stdout;
    run(&scene, &["logout"]).ends_with(0);
    scene.server.call(["media.list"]).env("KALTURA_KS", ks.trim_end()).run().ends_with(0);
    assert_ne!(run(&scene, &["ks"]).ends_with(0).stdout, ks);
}

#[test]
fn neither_the_server_nor_the_token_is_needed() {
    let scene = two_tokens();
    run(&scene, &["ks"]).ends_with(0);
    let logout = scene.server.cached(&cache(&scene), ["logout"]).env("KALTURA_APP_TOKEN", "");
    drop(scene.server);
    assert!(logout.run().ends_with(0).stdout.starts_with("Forgot 1 session of app token"));
}

#[test]
fn what_is_broken_goes_too_and_what_is_not_ours_stays() {
    let scene = two_tokens();
    run(&scene, &["ks"]).ends_with(0);
    let session = files(&cache(&scene), ".json").remove(0);
    let folder = session.parent().unwrap();
    fs::write(&session, "{").unwrap();
    fs::write(session.with_extension("json.new"), "half").unwrap();
    let name = "0".repeat(64);
    // What a killed process has left alone.
    fs::write(folder.join(format!("{name}.json.new")), "half").unwrap();
    let foreign = [
        cache(&scene).join("notes.json"),
        folder.join("notes.json"),
        folder.join(format!("{name}.txt")),
        folder.join(format!("{}.json", "A".repeat(64))),
        cache(&scene).join(format!("{name}.json")),
    ];
    foreign.iter().for_each(|path| fs::write(path, "mine").unwrap());
    fs::create_dir(cache(&scene).join("mine")).unwrap();
    fs::write(cache(&scene).join("mine").join(session.file_name().unwrap()), "mine").unwrap();

    let forgotten =
        run(&scene, &["logout", "--all", "--json"]).ends_with(0).document()["forgottenSessions"].take();
    assert_eq!(forgotten, 1);
    assert!(!session.exists());
    assert!(files(&cache(&scene), ".new").is_empty());
    assert!(foreign.iter().all(|path| path.exists()));
    assert!(cache(&scene).join("mine").join(session.file_name().unwrap()).exists());
}

#[test]
fn a_login_under_way_is_waited_for_and_its_session_goes_too() {
    let scene = two_tokens();
    scene.command(&json!({ "setLatency": [700, 700] }));
    let running = scene.server.cached(&cache(&scene), ["ks"]).start();
    for _ in 0..500 {
        if cache(&scene).exists() && !files(&cache(&scene), ".lock").is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let forgotten = run(&scene, &["logout", "--json"]).ends_with(0).document()["forgottenSessions"].take();
    assert_eq!(forgotten, 1);
    running.wait().ends_with(0);
    assert!(files(&cache(&scene), ".json").is_empty());
}

/// Its command may hang, or ask somebody who is not there.
#[test]
fn a_login_that_hangs_keeps_only_its_own_session() {
    let scene = two_tokens();
    for user in ["--user=a", "--user=b"] {
        run(&scene, &["ks", user]).ends_with(0);
    }
    run(&scene, &["ks", "--app-token-id=0_other"]).ends_with(0);
    let locks = files(&cache(&scene), ".lock");
    let held: Vec<_> = locks[..2].iter().map(|path| fs::File::open(path).unwrap()).collect();
    held.iter().for_each(|lock| lock.lock().unwrap());
    let logout = scene.server.cached(&cache(&scene), ["logout", "--all", "--json", "--quiet"]).start();
    let error = logout.wait_at_most(Duration::from_secs(45)).fails_with(1).error();
    assert_eq!(error["message"], "not all sessions could be forgotten");
    let cause = error["causes"][0].as_str().unwrap();
    let names_one = locks[..2].iter().any(|path| cause.contains(text_of(path)));
    assert!(names_one && cause.ends_with("another kaltura is at work there"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("end it"), "{error}");
    let left = files(&cache(&scene), ".json");
    assert!(left.len() == 2 && locks[..2].iter().all(|path| left.contains(&path.with_extension("json"))));
}

#[test]
fn whoever_logs_in_and_out_at_once_leaves_nothing_broken() {
    let scene = two_tokens();
    let start = |name: &str| scene.server.cached(&cache(&scene), [name]).start();
    let running: Vec<_> = (0..6).flat_map(|_| [start("ks"), start("logout")]).collect();
    for one in running {
        assert_eq!(one.wait().ends_with(0).stderr, "");
    }
    run(&scene, &["ks"]).ends_with(0);
    assert_eq!(run(&scene, &["logout", "--json"]).ends_with(0).document()["forgottenSessions"], 1);
}

#[test]
fn without_a_place_there_is_nothing_to_forget() {
    let scene = two_tokens();
    let finished = scene.server.cached(Path::new(""), ["logout"]).run().ends_with(0);
    assert!(finished.stdout.starts_with("There was no session of app token"), "{finished:#?}");
}

#[test]
fn what_can_not_be_forgotten_is_a_failure() {
    let scene = two_tokens();
    let blocked = scene.home.path().join("file");
    fs::write(&blocked, "").unwrap();
    for arguments in [&["logout"][..], &["logout", "--all"]] {
        let finished = scene.server.cached(&blocked, arguments.iter().copied()).run().fails_with(1);
        finished.saying("not all sessions could be forgotten").saying("can not be read").saying("hint:");
    }
    // A folder stands where the file should be.
    run(&scene, &["ks"]).ends_with(0);
    let session = files(&cache(&scene), ".json").remove(0);
    fs::remove_file(&session).unwrap();
    fs::create_dir(&session).unwrap();
    for user in ["--user=a", "--user=b", "--user=c"] {
        run(&scene, &["ks", user]).ends_with(0);
    }
    let error = run(&scene, &["logout", "--json"]).fails_with(1).error();
    // The others are gone, whichever comes first.
    assert_eq!(files(&cache(&scene), ".json"), [session]);
    assert_eq!((&error["class"], &error["exitCode"]), (&json!("local"), &json!(1)));
    assert!(error["causes"][0].as_str().unwrap().contains("can not be written"), "{error}");
}

#[test]
fn which_token_must_be_known() {
    Kaltura::new(["logout"]).run().fails_with(2).saying("--partner-id is missing");
    Kaltura::new(["logout", "--partner-id=1"]).run().fails_with(2).saying("--app-token-id is missing");
    Kaltura::new(["logout", "--all", "--partner-id=1"]).run().fails_with(2).saying("cannot be used with");
    let error = Kaltura::new(["logout", "--json", "--profile=none"]).run().fails_with(2).error();
    assert_eq!(error["class"], "usage");
}

/// What only a login needs is not taken, as if it did something.
#[test]
fn what_would_do_nothing_is_refused() {
    for option in [
        "--timeout=5s",
        "--hash-type=SHA1",
        "--app-token-stdin",
        "--app-token-file=/no/such/file",
        "--app-token=hush",
    ] {
        let line = ["logout", "--partner-id=1", "--app-token-id=0_a", option];
        let told = Kaltura::new(line).stdin(VALUE).run().fails_with(2);
        let name = option.split('=').next().unwrap();
        let told = told.saying(&format!("unexpected argument '{name}'"));
        assert!(!told.stderr.contains("hush"), "{told:#?}");
    }
}

#[test]
fn what_may_be_the_token_is_not_shown() {
    let scene = two_tokens();
    for form in ["--json", "--quiet"] {
        let finished = run(&scene, &["logout", "--app-token-id", VALUE, form]);
        assert!(!finished.stdout.contains(VALUE) && !finished.stderr.contains(VALUE), "{finished:#?}");
    }
    let shown: Value = run(&scene, &["logout", "--app-token-id", VALUE, "--json"]).ends_with(0).document();
    assert_eq!(shown["appTokenId"], "(not an app token id)");
}
