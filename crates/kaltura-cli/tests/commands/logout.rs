//! `kaltura logout`: forgets sessions on this machine, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::cache_files::cache_files;
use crate::support::doctor::{Scene, TOKEN};
use crate::support::invocation::Kaltura;
use crate::support::server::{VALUE, token};

const WHY: &str = "session.end would end all sessions of the app token, those still to be started included";
const EXPLANATION: &str = "On the server they stay valid until they expire: session.end would end all\n\
    sessions of the app token, those still to be started included.\n";

/// The files with sessions.
fn sessions(scene: &Scene) -> Vec<PathBuf> {
    cache_files(scene.cache.path(), ".session")
}

fn two_tokens() -> Scene {
    Scene::with_tokens(&json!([token(TOKEN, VALUE, json!({})), token("0_other", VALUE, json!({}))]))
}

#[test]
fn the_sessions_of_the_token_go_and_those_of_others_stay() {
    let scene = two_tokens();
    for arguments in [&["ks"][..], &["login", "--user=bob"], &["ks", "--app-token-id=0_other"]] {
        scene.kaltura(arguments).succeeds();
    }
    assert_eq!(sessions(&scene).len(), 3);
    let calls = scene.calls_so_far();
    let finished = scene.kaltura(["logout"]).succeeds();
    let url = scene.url();
    let removed = "Removed 2 cached sessions of app token 0_importer of partner 1234567 at ";
    finished.writes(&format!("{removed}{url}.\n{EXPLANATION}"), "");
    assert_eq!(sessions(&scene).len(), 1);
    // There was no prompt.
    assert_eq!(scene.calls_so_far(), calls);
    scene.kaltura(["status"]).run().ends_with(3);
    scene.kaltura(["status", "--app-token-id=0_other"]).succeeds();

    let again = scene.kaltura(["logout"]).succeeds().stdout;
    let nothing = format!("No cached session of app token 0_importer of partner 1234567 at {url}.\n");
    assert_eq!(again, nothing);

    let all = scene.kaltura(["logout", "--all"]).succeeds().stdout;
    assert_eq!(all, format!("Removed 1 cached session of all app tokens.\n{EXPLANATION}"));
    assert_eq!(sessions(&scene), [""; 0].map(PathBuf::from));
    let all = scene.kaltura(["logout", "--all"]).succeeds().stdout;
    assert_eq!(all, "No cached session of any app token.\n");
}

#[test]
fn with_json_it_is_a_document() {
    let scene = two_tokens();
    scene.kaltura(["ks"]).succeeds();
    scene.kaltura(["ks", "--app-token-id=0_other"]).succeeds();
    let finished = scene.kaltura(["logout", "--json"]).succeeds();
    assert_eq!(finished.stderr, "");
    let expected = json!({
        "forgottenSessions": 1, "all": false, "serviceUrl": scene.url(), "partnerId": 1_234_567,
        "appTokenId": TOKEN, "endedOnServer": false, "why": WHY,
    });
    assert_eq!(finished.document(), expected);
    let all = scene.kaltura(["logout", "--all"]).answer();
    assert_eq!(all, json!({ "forgottenSessions": 1, "all": true, "endedOnServer": false, "why": WHY }));
}

#[test]
fn a_session_that_was_taken_stays_good() {
    let scene = two_tokens();
    let ks = scene.kaltura(["ks"]).succeeds().stdout;
    scene.kaltura(["logout"]).succeeds();
    scene.call(["media.list"]).env("KALTURA_KS", ks.trim_end()).succeeds();
    assert_ne!(scene.kaltura(["ks"]).succeeds().stdout, ks);
}

#[test]
fn neither_the_server_nor_the_token_is_needed() {
    let scene = two_tokens();
    scene.kaltura(["ks"]).succeeds();
    let access = scene.server.stop();
    let logout = access.kaltura(["logout"]).env("KALTURA_APP_TOKEN", "").succeeds();
    assert!(logout.stdout.starts_with("Removed 1 cached session of app token"));
}

#[test]
fn what_is_broken_goes_too_and_what_is_not_ours_stays() {
    let scene = two_tokens();
    scene.kaltura(["ks"]).succeeds();
    let session = sessions(&scene).remove(0);
    let folder = session.parent().unwrap();
    fs::write(&session, "{").unwrap();
    let (name, sessions) = ("0".repeat(64), scene.cache.path().join("sessions"));
    fs::create_dir(sessions.join("mine")).unwrap();
    let foreign = [
        scene.cache.path().join("notes.session"),
        folder.join("notes.session"),
        folder.join(format!("{name}.txt")),
        folder.join(format!("{}.session", "A".repeat(64))),
        sessions.join(format!("{name}.session")),
        sessions.join("mine").join(session.file_name().unwrap()),
    ];
    foreign.iter().for_each(|path| fs::write(path, "mine").unwrap());

    let forgotten = scene.kaltura(["logout", "--all"]).answer()["forgottenSessions"].take();
    assert_eq!(forgotten, 1);
    assert!(!session.exists());
    assert!(foreign.iter().all(|path| path.exists()));
}

#[test]
fn without_a_place_there_is_nothing_to_forget() {
    let scene = two_tokens();
    let finished = scene.cached(Path::new(""), ["logout"]).succeeds();
    assert!(finished.stdout.starts_with("No cached session of app token"), "{finished:#?}");
}

#[test]
fn what_cannot_be_forgotten_is_a_failure() {
    let scene = two_tokens();
    let blocked = scene.home.path().join("file");
    fs::write(&blocked, "").unwrap();
    for arguments in [&["logout"][..], &["logout", "--all"]] {
        let finished = scene.cached(&blocked, arguments).fails(1);
        finished.saying("not all cached sessions could be removed").saying("session cache:").saying("hint:");
    }
    // A folder stands where the file should be.
    scene.kaltura(["ks"]).succeeds();
    let session = sessions(&scene).remove(0);
    fs::remove_file(&session).unwrap();
    fs::create_dir(&session).unwrap();
    for user in ["--user=a", "--user=b", "--user=c"] {
        scene.kaltura(["ks", user]).succeeds();
    }
    let error = scene.kaltura(["logout", "--json"]).fails(1).error();
    // The others are gone, whichever comes first.
    assert_eq!(sessions(&scene), [session]);
    assert_eq!((&error["class"], &error["exitCode"]), (&json!("local"), &json!(1)));
    assert!(error["causes"][0].as_str().unwrap().contains("session cache: cannot remove"), "{error}");
}

/// What only a login needs is not taken, as if it did something.
#[test]
fn what_would_do_nothing_is_refused() {
    Kaltura::new(["logout", "--all", "--partner-id=1"]).fails(2).saying("cannot be used with");
    for option in [
        "--timeout=5s",
        "--hash-type=SHA1",
        "--app-token-stdin",
        "--app-token-file=/no/such/file",
        "--app-token=hush",
    ] {
        let line = ["logout", "--partner-id=1", "--app-token-id=0_a", option];
        let told = Kaltura::new(line).stdin(VALUE).fails(2);
        let name = option.split('=').next().unwrap();
        told.saying(&format!("unexpected argument '{name}'")).hides(&["hush"]);
    }
}

#[test]
fn what_may_be_the_token_is_not_shown() {
    let scene = two_tokens();
    for form in ["--json", "--quiet"] {
        let finished = scene.kaltura(["logout", "--app-token-id", VALUE, form]).run();
        assert!(!finished.stdout.contains(VALUE) && !finished.stderr.contains(VALUE), "{finished:#?}");
    }
    let shown: Value = scene.kaltura(["logout", "--app-token-id", VALUE]).answer();
    assert_eq!(shown["appTokenId"], "(not an app token id)");
}
