//! The session cache: shared by many processes, and never a reason to fail.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::cache_files::cache_file;
use crate::support::invocation::Finished;
use crate::support::server::{TestServer, VALUE, server};

fn ks(server: &TestServer, cache: &Path) -> Finished {
    server.cached(cache, ["ks"]).succeeds()
}

#[test]
fn the_token_is_not_kept() {
    let server = server();
    let printed = ks(&server, server.cache.path()).stdout;
    let kept = fs::read_to_string(cache_file(server.cache.path(), ".session")).unwrap();
    assert!(kept.contains(printed.trim_end()) && !kept.contains(VALUE), "{kept}");
    for entry in fs::read_dir(cache_file(server.cache.path(), ".session").parent().unwrap()).unwrap() {
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
    let server = server();
    let mut last = ks(&server, server.cache.path()).stdout;
    let path = cache_file(server.cache.path(), ".session");
    let whole = fs::read_to_string(&path).unwrap();
    let newer = whole.replace("\"version\":1,\"key\"", "\"version\":2,\"key\"");
    for content in ["", "{", &whole[..whole.len() / 2], "null", "\u{0}\u{0}", &newer] {
        fs::write(&path, content).unwrap();
        let finished = ks(&server, server.cache.path());
        assert_ne!(finished.stdout, last, "{content:?}");
        last.clone_from(&finished.stdout);
        let finished = finished.saying("is not a valid record of this version; the next login replaces it");
        assert_eq!(finished.stderr.matches("note:").count(), 1, "{finished:#?}");
        assert_eq!(ks(&server, server.cache.path()).stdout, last);
    }
    fs::write(&path, "{").unwrap();
    let document = server.kaltura(["ks", "--json"]).succeeds();
    assert_eq!(document.stderr, "");
    assert_eq!(document.document()["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_cannot_be_written_costs_a_login() {
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

#[cfg(target_os = "linux")]
#[test]
fn its_place_is_the_one_of_the_system() {
    let (server, home) = (server(), tempfile::tempdir().unwrap());
    let at_home = server.cached(Path::new(""), ["ks"]).env("HOME", home.path().to_str().unwrap());
    assert_eq!(at_home.succeeds().stderr, "");
    cache_file(&home.path().join(".cache/kaltura"), ".session");
}

/// Versions before this one kept a folder for each token beside it.
#[test]
fn the_cache_of_older_versions_is_removed_once() {
    let server = server();
    let name = "0a".repeat(32);
    let (old, mine) = (server.cache.path().join(&name), server.cache.path().join("mine"));
    for folder in [&old, &mine] {
        fs::create_dir(folder).unwrap();
        for ending in ["json", "lock", "failed"] {
            fs::write(folder.join(format!("{name}.{ending}")), "old").unwrap();
        }
    }
    ks(&server, server.cache.path());
    assert!(!old.exists());
    assert_eq!(fs::read_dir(&mine).unwrap().count(), 3);
    fs::create_dir(&old).unwrap();
    server.kaltura(["ks", "--fresh"]).succeeds();
    assert!(old.exists());
}

/// It never stops a command: people read a note, and programs a warning of the answer or a note in JSON.
#[test]
fn what_is_wrong_with_it_is_told_by_each_command() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let (blocked, broken) = (folder.path().join("file"), folder.path().join("cache"));
    fs::write(&blocked, "").unwrap();
    server.cached(&broken, ["ks"]).succeeds();
    for (cache, why) in [
        (blocked.as_path(), "session store: "),
        (Path::new(""), "there is no place for the session cache: set HOME or KALTURA_CACHE_DIR"),
        (broken.as_path(), "is not a valid record of this version; the next login replaces it"),
    ] {
        for line in [&["login"][..], &["ks"], &["env"], &["call", "media.list"]] {
            // A login looks at nothing that is kept.
            if (line[0], cache) == ("login", &broken) {
                continue;
            }
            let run = |option: &str| {
                if cache == broken {
                    fs::write(cache_file(cache, ".session"), "{").unwrap();
                }
                server.cached(cache, line).arguments([option]).succeeds()
            };
            let text = run("--timeout=1m").saying(why);
            assert_eq!(text.stderr.matches("note:").count(), 1, "{line:?} {text:#?}");
            assert_eq!(run("--quiet").stderr, "");
            let programs = run("--json");
            let told = match line[0] {
                "login" | "ks" => {
                    assert_eq!(programs.stderr, "");
                    programs.document()["warnings"][0].clone()
                }
                _ => serde_json::from_str::<Value>(&programs.stderr).unwrap()["note"].clone(),
            };
            assert!(told.as_str().unwrap().contains(why), "{line:?} {told}");
        }
    }
}

#[test]
fn all_commands_share_it() {
    let server = server();
    let wishes = ["--lifetime=1h", "--privileges=sview:0_a"];
    let login = server.login(["--ks-only"]).arguments(wishes).succeeds();
    let env = server.kaltura(["env", "--jq=.KALTURA_KS"]).arguments(wishes).succeeds();
    assert_eq!(env.stdout, login.stdout);
    server.call(["media.list"]).arguments(wishes).succeeds();
    let logins = server.count("appToken.startSession");
    let other = server.ks([]);
    assert!(logins == 1 && login.line() != other, "{logins}");
    // Neither the server nor the token is needed for it.
    let ks = server.stop().kaltura(["ks"]).arguments(wishes).env("KALTURA_APP_TOKEN", "").succeeds();
    ks.writes(&login.stdout, "");
}
