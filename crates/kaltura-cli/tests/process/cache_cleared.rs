//! The session cache does not keep what is over.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::emulator_process::{EmulatorProcess, text_of, token};

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([
        token("0_importer", VALUE, json!({ "sessionUserId": null })),
        token("0_other", VALUE, json!({ "sessionUserId": null })),
    ]))
}

/// All files of the cache.
fn files(cache: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    folders
        .flat_map(|folder| {
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        })
        .collect()
}

fn count(cache: &Path, ending: &str) -> usize {
    files(cache).iter().filter(|path| text_of(path).ends_with(ending)).count()
}

fn log_in(server: &EmulatorProcess, cache: &Path, user: &str, options: &[&str]) {
    let login = server.cached(cache, ["login", "--user", user]).arguments(options.iter().copied());
    login.run().ends_with(0);
}

/// Lets a session end.
fn end(session: &Path) {
    let mut document: Value = serde_json::from_str(&fs::read_to_string(session).unwrap()).unwrap();
    document["until"] = json!(1);
    fs::write(session, document.to_string()).unwrap();
}

#[test]
fn a_login_clears_away_the_sessions_that_have_ended() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let cache = cache.path();
    for user in ["a", "b", "c"] {
        log_in(&server, cache, user, &[]);
        log_in(&server, cache, user, &["--app-token-id=0_other"]);
    }
    let sessions: Vec<_> = files(cache).into_iter().filter(|path| text_of(path).ends_with(".json")).collect();
    sessions.iter().for_each(|path| end(path));
    // Somebody is about to log in for one of them.
    let held = File::open(sessions[0].with_extension("lock")).unwrap();
    held.lock().unwrap();
    server.cached(cache, ["ks", "--user=d"]).run().ends_with(0);
    // That of d, and the one that is locked.
    assert_eq!(count(cache, ".json"), 2);
    assert!(sessions[0].exists());

    // Who takes a session from the cache has no time for it.
    drop(held);
    server.cached(cache, ["ks", "--user=d"]).run().ends_with(0);
    assert!(sessions[0].exists());
    log_in(&server, cache, "d", &[]);
    assert_eq!(count(cache, ".json"), 1);
    if cfg!(unix) {
        // The locks are gone too, and the folder of the other token with its last session.
        assert_eq!((files(cache).len(), fs::read_dir(cache).unwrap().count()), (2, 1));
    }
}

#[cfg(unix)]
#[test]
fn what_a_failed_login_leaves_goes_after_a_while() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let cache = cache.path();
    server.cached(cache, ["ks", "--app-token-id=0_nosuchone"]).run().fails_with(5);
    let failed = files(cache);
    assert_eq!(failed.len(), 2, "{failed:?}");
    log_in(&server, cache, "a", &[]);
    // Somebody may still want to know that it failed.
    assert!(failed.iter().all(|path| path.exists()));
    let told = failed.iter().find(|path| text_of(path).ends_with(".failed")).unwrap();
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(told).unwrap().set_modified(past).unwrap();
    log_in(&server, cache, "a", &[]);
    assert!(!failed[0].parent().unwrap().exists());
    assert_eq!(fs::read_dir(cache).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_logout_leaves_nothing() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let cache = cache.path();
    log_in(&server, cache, "a", &[]);
    server.cached(cache, ["ks", "--app-token-id=0_nosuchone"]).run().fails_with(5);
    server.cached(cache, ["logout", "--all"]).run().ends_with(0);
    assert_eq!(fs::read_dir(cache).unwrap().count(), 0);
}

/// Locks come and go while others wait at them.
#[cfg(unix)]
#[test]
fn whoever_logs_in_while_all_is_cleared_away_is_not_disturbed() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let start = |number: usize| {
        let arguments: &[&str] = match number % 3 {
            0 => &["ks", "--fresh"],
            1 => &["ks"],
            _ => &["logout", "--all"],
        };
        server.cached(cache.path(), arguments.iter().copied()).start()
    };
    let running: Vec<_> = (0..36).map(start).collect();
    for one in running {
        let finished = one.wait().ends_with(0);
        // Others may have been waited for; nothing is wrong with the cache.
        assert!(!finished.stderr.contains("session cache"), "{finished:#?}");
    }
    server.cached(cache.path(), ["logout"]).run().ends_with(0);
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
}
