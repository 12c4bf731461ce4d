//! `kaltura logout`: forgets sessions on this machine, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cache_files::cache_files;
use crate::doctor_scene::{Scene, TOKEN, VALUE};
use crate::emulator_process::token;
use crate::invocation::{Finished, Kaltura};
use crate::odd_server::OddServer;

const WHY: &str = "session.end would end all sessions of the app token, those still to be started included";
const EXPLANATION: &str = "On the server they stay valid until they expire: session.end would end all\n\
    sessions of the app token, those still to be started included.\n";

/// Runs a command with a cache in the home of the scene.
fn run(scene: &Scene, arguments: &[&str]) -> Finished {
    scene.server.cached(&cache(scene), arguments.iter().copied()).run()
}

fn cache(scene: &Scene) -> PathBuf {
    scene.home.path().join("cache")
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
    assert_eq!(cache_files(&cache(&scene), ".session").len(), 3);
    let calls = scene.calls();
    let finished = run(&scene, &["logout"]).ends_with(0);
    let url = scene.server.url();
    assert_eq!(
        finished.stdout,
        format!(
            "Removed 2 cached sessions of app token 0_importer of partner 1234567 at {url}.\n{EXPLANATION}"
        )
    );
    assert_eq!(finished.stderr, "");
    assert_eq!(cache_files(&cache(&scene), ".session").len(), 1);
    // There was no prompt.
    assert_eq!(scene.calls(), calls);
    run(&scene, &["status"]).ends_with(3);
    run(&scene, &["status", "--app-token-id=0_other"]).ends_with(0);

    let again = run(&scene, &["logout"]).ends_with(0).stdout;
    let nothing = format!("No cached session of app token 0_importer of partner 1234567 at {url}.\n");
    assert_eq!(again, nothing);

    let all = run(&scene, &["logout", "--all"]).ends_with(0).stdout;
    assert_eq!(all, format!("Removed 1 cached session of all app tokens.\n{EXPLANATION}"));
    assert_eq!(cache_files(&cache(&scene), ".session"), [""; 0].map(PathBuf::from));
    let all = run(&scene, &["logout", "--all"]).ends_with(0).stdout;
    assert_eq!(all, "No cached session of any app token.\n");
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
    assert!(logout.run().ends_with(0).stdout.starts_with("Removed 1 cached session of app token"));
}

#[test]
fn what_is_broken_goes_too_and_what_is_not_ours_stays() {
    let scene = two_tokens();
    run(&scene, &["ks"]).ends_with(0);
    let session = cache_files(&cache(&scene), ".session").remove(0);
    let folder = session.parent().unwrap();
    fs::write(&session, "{").unwrap();
    let (name, sessions) = ("0".repeat(64), cache(&scene).join("sessions"));
    fs::create_dir(sessions.join("mine")).unwrap();
    let foreign = [
        cache(&scene).join("notes.session"),
        folder.join("notes.session"),
        folder.join(format!("{name}.txt")),
        folder.join(format!("{}.session", "A".repeat(64))),
        sessions.join(format!("{name}.session")),
        sessions.join("mine").join(session.file_name().unwrap()),
    ];
    foreign.iter().for_each(|path| fs::write(path, "mine").unwrap());

    let forgotten =
        run(&scene, &["logout", "--all", "--json"]).ends_with(0).document()["forgottenSessions"].take();
    assert_eq!(forgotten, 1);
    assert!(!session.exists());
    assert!(foreign.iter().all(|path| path.exists()));
}

#[test]
fn a_login_under_way_is_waited_for_and_its_session_goes_too() {
    let scene = two_tokens();
    scene.command(&json!({ "setLatency": [700, 700] }));
    let running = scene.server.cached(&cache(&scene), ["ks"]).start();
    for _ in 0..500 {
        if cache(&scene).exists() && !cache_files(&cache(&scene), ".lock").is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let forgotten = run(&scene, &["logout", "--json"]).ends_with(0).document()["forgottenSessions"].take();
    assert_eq!(forgotten, 1);
    running.wait().ends_with(0);
    assert!(cache_files(&cache(&scene), ".session").is_empty());
}

/// Its command may hang, or ask a person who is not there.
#[test]
fn a_login_that_hangs_keeps_only_its_own_session() {
    let scene = two_tokens();
    run(&scene, &["ks"]).ends_with(0);
    run(&scene, &["ks", "--app-token-id=0_other"]).ends_with(0);
    let silent = OddServer::silent();
    let hanging = ["ks", "--timeout=10m", "--service-url", &silent.url];
    let hanging = scene.server.cached(&cache(&scene), hanging).start();
    while silent.requests.recv_timeout(Duration::from_secs(60)).is_err() {}
    let logout = scene.server.cached(&cache(&scene), ["logout", "--all", "--json", "--quiet"]).start();
    let error = logout.wait_at_most(Duration::from_secs(60)).fails_with(1).error();
    assert_eq!(error["message"], "not all cached sessions could be removed");
    let cause = error["causes"][0].as_str().unwrap();
    assert!(cause.contains("another kaltura process is logging in"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("end it"), "{error}");
    assert!(cache_files(&cache(&scene), ".session").is_empty());
    drop(hanging);
}

#[test]
fn whoever_logs_in_and_out_at_once_leaves_nothing_broken() {
    let scene = two_tokens();
    let start = |name: &str| scene.server.cached(&cache(&scene), [name]).start();
    let running: Vec<_> = (0..6).flat_map(|_| [start("ks"), start("logout")]).collect();
    for one in running {
        let stderr = one.wait().ends_with(0).stderr;
        // On a busy machine it may take so long.
        assert!(stderr.is_empty() || stderr.starts_with("note: waiting for another kaltura"), "{stderr}");
    }
    run(&scene, &["ks"]).ends_with(0);
    assert_eq!(run(&scene, &["logout", "--json"]).ends_with(0).document()["forgottenSessions"], 1);
}

#[test]
fn without_a_place_there_is_nothing_to_forget() {
    let scene = two_tokens();
    let finished = scene.server.cached(Path::new(""), ["logout"]).run().ends_with(0);
    assert!(finished.stdout.starts_with("No cached session of app token"), "{finished:#?}");
}

#[test]
fn what_can_not_be_forgotten_is_a_failure() {
    let scene = two_tokens();
    let blocked = scene.home.path().join("file");
    fs::write(&blocked, "").unwrap();
    for arguments in [&["logout"][..], &["logout", "--all"]] {
        let finished = scene.server.cached(&blocked, arguments.iter().copied()).run().fails_with(1);
        finished.saying("not all cached sessions could be removed").saying("session cache:").saying("hint:");
    }
    // A folder stands where the file should be.
    run(&scene, &["ks"]).ends_with(0);
    let session = cache_files(&cache(&scene), ".session").remove(0);
    fs::remove_file(&session).unwrap();
    fs::create_dir(&session).unwrap();
    for user in ["--user=a", "--user=b", "--user=c"] {
        run(&scene, &["ks", user]).ends_with(0);
    }
    let error = run(&scene, &["logout", "--json"]).fails_with(1).error();
    // The others are gone, whichever comes first.
    assert_eq!(cache_files(&cache(&scene), ".session"), [session]);
    assert_eq!((&error["class"], &error["exitCode"]), (&json!("local"), &json!(1)));
    assert!(error["causes"][0].as_str().unwrap().contains("session cache: cannot remove"), "{error}");
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
