//! The session cache: shared by many processes, and never a reason to fail.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::cache_files::cache_file;
use crate::control::calls;
use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::{Finished, Running};

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

fn ks(server: &EmulatorProcess, cache: &Path) -> Finished {
    server.cached(cache, ["ks"]).run().ends_with(0)
}

/// All of one machine, in two time zones.
#[test]
fn of_sixty_four_that_start_at_once_one_logs_in() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let start = |number: usize| {
        let zone = if number.is_multiple_of(2) { "UTC0" } else { "CET-1CEST,M3.5.0,M10.5.0/3" };
        server.cached(cache.path(), ["ks"]).env("TZ", zone).start()
    };
    let running: Vec<Running> = (0..64).map(start).collect();
    let outputs: Vec<String> = running.into_iter().map(|one| one.wait().ends_with(0).stdout).collect();
    assert!(outputs.iter().all(|one| *one == outputs[0]), "{outputs:#?}");
    assert_eq!(calls(&server), ["session.startWidgetSession", "appToken.startSession"]);
}

#[test]
fn the_token_is_not_kept() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let printed = ks(&server, cache.path()).stdout;
    let kept = fs::read_to_string(cache_file(cache.path(), ".session")).unwrap();
    assert!(kept.contains(printed.trim_end()) && !kept.contains(VALUE), "{kept}");
    for entry in fs::read_dir(cache_file(cache.path(), ".session").parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        assert!(!fs::read_to_string(&path).unwrap().contains(VALUE), "{path:?}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let cache = folder.path().join("new/kaltura");
    let first = ks(&server, &cache).stdout;
    let (json, lock) = (cache_file(&cache, ".session"), cache_file(&cache, ".lock"));
    assert_eq!((mode(&cache), mode(json.parent().unwrap())), (0o700, 0o700));
    assert_eq!((mode(&json), mode(&lock)), (0o600, 0o600));

    // What others could read is not trusted, and does not stay.
    fs::set_permissions(cache_file(&cache, ".session"), fs::Permissions::from_mode(0o644)).unwrap();
    let second = ks(&server, &cache);
    assert_ne!(second.stdout, first);
    let second = second.saying("note: session store: other users can read or write");
    assert_eq!(mode(&cache_file(&cache, ".session")), 0o600);
    assert_eq!(ks(&server, &cache).stdout, second.stdout);
}

#[test]
fn what_is_broken_or_foreign_is_replaced() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let mut last = ks(&server, cache.path()).stdout;
    let path = cache_file(cache.path(), ".session");
    let whole = fs::read_to_string(&path).unwrap();
    let newer = whole.replace("\"version\":1,\"key\"", "\"version\":2,\"key\"");
    for content in ["", "{", &whole[..whole.len() / 2], "null", "\u{0}\u{0}", &newer] {
        fs::write(&path, content).unwrap();
        let finished = ks(&server, cache.path());
        assert_ne!(finished.stdout, last, "{content:?}");
        last.clone_from(&finished.stdout);
        let finished = finished.saying("is not a valid record of this version; the next login replaces it");
        assert_eq!(finished.stderr.matches("note:").count(), 1, "{finished:#?}");
        assert_eq!(ks(&server, cache.path()).stdout, last);
    }
    fs::write(&path, "{").unwrap();
    let document = server.cached(cache.path(), ["ks", "--json"]).run().ends_with(0);
    assert_eq!(document.stderr, "");
    assert_eq!(document.document()["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_can_not_be_written_costs_a_login() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    // A file where the folder should be cannot be written to, not even by the superuser.
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    for cache in [&blocked, &blocked.join("inside")] {
        let (first, second) = (ks(&server, cache), ks(&server, cache));
        assert_ne!(first.stdout, second.stdout);
        first.saying("note: session store:");
    }
    // A folder stands where the file should be.
    let cache = folder.path().join("cache");
    ks(&server, &cache);
    let path = cache_file(&cache, ".session");
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(path.join("inside")).unwrap();
    ks(&server, &cache).saying("note:");
}

#[test]
fn no_place_for_it_costs_a_login() {
    let server = server();
    let finished = server.cached(Path::new(""), ["ks"]).run().ends_with(0);
    finished.saying("note: there is no place for the session cache: set HOME or KALTURA_CACHE_DIR");
}

#[cfg(target_os = "linux")]
#[test]
fn its_place_is_the_one_of_the_system() {
    let (server, home) = (server(), tempfile::tempdir().unwrap());
    let at_home = server.cached(Path::new(""), ["ks"]).env("HOME", home.path().to_str().unwrap());
    assert_eq!(at_home.run().ends_with(0).stderr, "");
    cache_file(&home.path().join(".cache/kaltura"), ".session");
}

/// The moment of each kill follows the moment at which the session is written: later after one that came too early,
/// earlier after one that came too late.
#[test]
fn who_is_killed_while_it_writes_leaves_it_readable() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let mut last = ks(&server, cache.path()).stdout;
    let (mut moment, mut step) = (Duration::ZERO, Duration::from_millis(8));
    let (mut killed_before, mut killed_after) = (0, 0);
    while killed_before.min(killed_after) < 20 {
        let mut running = server.cached(cache.path(), ["ks", "--fresh"]).start();
        thread::sleep(moment);
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        calls(&server);
        let finished = ks(&server, cache.path());
        assert_eq!(finished.stderr, "", "{moment:?}");
        assert!(calls(&server).is_empty(), "what was there is lost: {moment:?}");
        if finished.stdout == last {
            killed_before += 1;
            moment += step;
        } else {
            last = finished.stdout;
            killed_after += 1;
            step = Duration::from_micros(500);
            moment = moment.saturating_sub(step);
        }
    }
}

/// A FIFO would block who opens it, and a symbolic link may lead anywhere.
#[cfg(unix)]
#[test]
fn what_is_no_file_of_the_user_costs_a_login_and_no_time() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    ks(&server, cache.path());
    for ending in [".session", ".lock"] {
        let path = cache_file(cache.path(), ending);
        for command in ["mkfifo", "ln -s /dev/zero"] {
            fs::remove_file(&path).unwrap();
            let script = format!("{command} '{}'", path.display());
            assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
            let fresh = server.cached(cache.path(), ["ks", "--fresh"]).start();
            let fresh = fresh.wait_at_most(Duration::from_secs(60)).ends_with(0);
            fresh.saying("is not a regular file");
        }
        fs::remove_file(&path).unwrap();
        ks(&server, cache.path());
    }
}

#[test]
fn a_folder_that_programs_share_is_a_store() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let store = folder.path().join("store");
    let ks = |cache: &str| {
        let ks = server.cached(&folder.path().join(cache), ["ks", "--store", text_of(&store)]);
        ks.start()
    };
    // As on two machines, neither of which sees the cache of the other.
    let running: Vec<Running> = (0..20).map(|number| ks(["one", "other"][number % 2])).collect();
    let outputs: Vec<String> = running.into_iter().map(|one| one.wait().ends_with(0).stdout).collect();
    assert!(outputs.iter().all(|one| *one == outputs[0]), "{outputs:#?}");
    assert_eq!(calls(&server), ["session.startWidgetSession", "appToken.startSession"]);
    // Who has not the value of the token finds nothing.
    let other = server.cached(folder.path(), ["ks"]).env("KALTURA_STORE", text_of(&store));
    other.env("KALTURA_APP_TOKEN", &VALUE.replace('0', "1")).run().fails_with(3);
}
