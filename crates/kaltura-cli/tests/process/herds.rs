//! Many processes at once that share files: sessions and profiles.

use std::time::Duration;

use serde_json::json;

use crate::program::{Running, wait_until};
use crate::support::cache_files::cache_files;
use crate::support::doctor::{Scene, TOKEN};
use crate::support::home::Home;
use crate::support::invocation::{Finished, Kaltura};
use crate::support::odd_server::OddServer;
use crate::support::server::{VALUE, server, text_of, token};

const LOGIN: [&str; 2] = ["session.startWidgetSession", "appToken.startSession"];

/// Starts all of these commands, and waits until each has succeeded.
#[track_caller]
fn all(commands: impl IntoIterator<Item = Kaltura>) -> Vec<Finished> {
    let running: Vec<Running> = commands.into_iter().map(Kaltura::start).collect();
    running.into_iter().map(|one| one.wait().ends_with(0)).collect()
}

#[track_caller]
fn all_say_the_same(finished: &[Finished]) {
    assert!(finished.iter().all(|one| one.stdout == finished[0].stdout), "{finished:#?}");
}

/// All of one machine, in two time zones.
#[test]
fn of_sixty_four_one_logs_in() {
    let server = server();
    let zones = ["UTC0", "CET-1CEST,M3.5.0,M10.5.0/3"];
    let finished = all((0..64).map(|number| server.kaltura(["ks"]).env("TZ", zones[number % 2])));
    all_say_the_same(&finished);
    assert_eq!(server.calls(), LOGIN);
}

#[test]
fn a_folder_that_programs_share_is_a_store() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let store = folder.path().join("store");
    // As on two machines, neither of which sees the cache of the other.
    let ks = |number: usize| {
        server.cached(&folder.path().join(["one", "other"][number % 2]), ["ks", "--store", text_of(&store)])
    };
    all_say_the_same(&all((0..20).map(ks)));
    assert_eq!(server.calls(), LOGIN);
    // A process without the value of the token finds nothing.
    let other = server.cached(folder.path(), ["ks"]).env("KALTURA_STORE", &store);
    other.env("KALTURA_APP_TOKEN", VALUE.replace('0', "1")).fails(3);
}

#[test]
fn many_logins_leave_the_session_of_one_of_them() {
    let server = server();
    let finished = all((0..8).map(|_| server.login(["--ks-only"])));
    let kept = server.kaltura(["ks"]).succeeds();
    assert_eq!(kept.stderr, "");
    assert!(finished.iter().any(|one| one.stdout == kept.stdout), "{kept:?} {finished:?}");
}

#[test]
fn of_many_calls_that_are_refused_one_logs_in() {
    let server = server();
    server.ks([]);
    server.apply(json!({ "advanceClock": 90_000 }));
    server.calls();
    all((0..8).map(|_| server.call(["media.list"])));
    assert_eq!(server.count(LOGIN[1]), 1);
}

#[test]
fn logins_are_not_disturbed_by_logouts() {
    let server = server();
    let lines: [&[&str]; 4] = [&["ks", "--fresh"], &["ks"], &["logout", "--all"], &["logout"]];
    for finished in all((0..36).map(|number| server.kaltura(lines[number % 4]))) {
        // On a busy machine one may wait for another.
        let is_well = finished.stderr.is_empty() || finished.stderr.starts_with("note: waiting for another");
        assert!(is_well, "{finished:#?}");
    }
    server.ks([]);
    assert_eq!(server.kaltura(["logout"]).answer()["forgottenSessions"], 1);
    assert!(cache_files(server.cache.path(), ".session").is_empty());
}

#[test]
fn many_that_add_profiles_lose_none() {
    let home = Home::new();
    let names: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
    let added = all(names.iter().map(|name| home.adding(name)));
    assert_eq!(added.iter().filter(|one| one.stdout.contains("now the default")).count(), 1);
    assert_eq!(home.profile(["list"]).answer()["profiles"].as_array().unwrap().len(), names.len());
}

/// A server with two tokens, and a cache.
fn two_tokens() -> Scene {
    Scene::with_tokens(&json!([token(TOKEN, VALUE, json!({})), token("0_other", VALUE, json!({}))]))
}

#[test]
fn a_logout_waits_for_a_login_under_way_and_removes_its_session_too() {
    let scene = two_tokens();
    scene.apply(json!({ "setLatency": [700, 700] }));
    let running = scene.kaltura(["ks"]).start();
    wait_until(|| !cache_files(scene.cache.path(), ".lock").is_empty());
    assert_eq!(scene.kaltura(["logout"]).answer()["forgottenSessions"], 1);
    running.wait().ends_with(0);
    assert!(cache_files(scene.cache.path(), ".session").is_empty());
}

/// Its command may hang, or ask a person who is not there.
#[test]
fn a_login_that_hangs_keeps_only_its_own_session() {
    let scene = two_tokens();
    for token in [TOKEN, "0_other"] {
        scene.ks(["--app-token-id", token]);
    }
    let silent = OddServer::silent();
    let hanging = scene.kaltura(["ks", "--timeout=10m", "--service-url", &silent.url]).start();
    silent.requests.recv_timeout(Duration::from_secs(60)).unwrap();
    let logout = scene.kaltura(["logout", "--all", "--json", "--quiet"]).start();
    let error = logout.wait().fails_with(1).error();
    assert_eq!(error["message"], "not all cached sessions could be removed");
    let (cause, hint) = (&error["causes"][0], &error["hint"]);
    assert!(cause.as_str().unwrap().contains("another kaltura process is logging in"), "{error}");
    assert!(hint.as_str().unwrap().contains("end it"), "{error}");
    assert!(cache_files(scene.cache.path(), ".session").is_empty());
    drop(hanging);
}
