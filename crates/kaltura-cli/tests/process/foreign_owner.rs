//! Files of another user: neither used, nor made where that user would be locked out.
//!
//! Only the superuser can give files away. Others skip these tests, and say so.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use crate::support::cache_files::cache_file;
use crate::support::home::{ADMIN_VALUE, Home, holds_no_secret};
use crate::support::invocation::{Finished, Kaltura};
use crate::support::server::{TestServer, VALUE, server_for_any_user};

/// Two users who are not the superuser.
const ALICE: u32 = 54_321;
const MALLORY: u32 = 54_322;

/// A home with a profile and a session, of the one who runs the tests; nothing if that is not the superuser.
fn scene() -> Option<(TestServer, Home)> {
    let (server, home) = (server_for_any_user(), Home::new());
    home.add("work", ["--service-url", server.url()]);
    home.kaltura(["ks"]).succeeds();
    if give(&home.file(), 0) {
        return Some((server, home));
    }
    eprintln!("skipped: only the superuser can give files away");
    None
}

/// Gives a file or folder to another user, and tells whether that could be done.
fn give(path: &Path, user: u32) -> bool {
    chown(path, Some(user), Some(user)).is_ok()
}

/// Gives a folder away with all that is in it.
fn give_all(folder: &Path, user: u32) {
    assert!(give(folder, user));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            give_all(&path, user);
        } else {
            assert!(give(&path, user));
        }
    }
}

/// What is in a folder that does not belong to this user.
fn not_of(folder: &Path, user: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if fs::metadata(&path).unwrap().uid() != user {
            found.push(path.display().to_string());
        }
        if path.is_dir() {
            found.extend(not_of(&path, user));
        }
    }
    found
}

/// Runs it as another user; nothing if that user cannot reach the program.
fn run_as(user: u32, kaltura: Kaltura) -> Option<Finished> {
    let mut command = kaltura.into_command();
    match command.uid(user).gid(user).output() {
        Ok(output) => {
            let text = |bytes| String::from_utf8(bytes).unwrap();
            let (stdout, stderr) = (text(output.stdout), text(output.stderr));
            Some(Finished { code: output.status.code(), stdout, stderr })
        }
        Err(_) => {
            eprintln!("skipped: another user cannot run the program here");
            None
        }
    }
}

#[test]
fn profiles_that_another_user_could_change_are_not_used() {
    let Some((_server, home)) = scene() else { return };
    assert!(give(&home.file(), MALLORY));
    for command in [&["login"][..], &["profile", "list"], &["profile", "add", "work", "--user=eve"], &["ks"]]
    {
        let finished = home.kaltura(command).fails(2);
        let finished =
            finished.saying(&format!("{} belongs to another user (number {MALLORY})", home.file().display()));
        // It may be a container, with the folder mounted.
        let finished =
            finished.saying("Run kaltura as that user, without sudo; in a container, with docker run --user");
        finished.saying("Or set KALTURA_CONFIG_DIR to a folder that belongs to root.");
    }
    let by_sudo = home.kaltura(["login"]).env("SUDO_UID", ALICE.to_string()).fails(2);
    by_sudo.saying("Run kaltura as that user, without sudo").saying("set KALTURA_CONFIG_DIR");
    // The user `nobody` may be the one that the system shows for unknown ones.
    assert!(give(&home.file(), 65_534));
    let unknown = home.kaltura(["login"]).fails(2).saying("another user (number 65534)");
    let unknown = unknown.saying("owners unknown on this machine (user namespaces, NFS). Set");
    assert!(!unknown.stderr.contains("docker") && !unknown.stderr.contains("sudo"), "{unknown:#?}");
    // Those of the superuser are good for all.
    give_all(&home.path("."), ALICE);
    assert!(give(&home.file(), 0));
    fs::set_permissions(home.file(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let Some(shared) = run_as(ALICE, home.kaltura(["login"])) else { return };
    shared.ends_with(0);
    assert!(give(&home.file(), MALLORY));
    let foreign = run_as(ALICE, home.kaltura(["login"])).unwrap().fails_with(2);
    foreign.saying("If you trust its content, take ownership (chown).");
}

/// Containers and `sudo` leave `HOME` as it was.
#[test]
fn profiles_of_another_user_are_ignored_where_variables_name_the_account() {
    let Some((server, home)) = scene() else { return };
    assert!(give(&home.file(), MALLORY));
    let login = home.kaltura(["login"]).env("KALTURA_SERVICE_URL", server.url());
    let login = login.env("KALTURA_PARTNER_ID", "1234567").env("KALTURA_APP_TOKEN_ID", "0_importer");
    let login = login.env("KALTURA_APP_TOKEN_HASH_TYPE", "SHA256").env("KALTURA_APP_TOKEN", VALUE);
    login.succeeds().saying("note: profiles are ignored: the profiles file");
}

#[test]
fn a_secret_that_another_user_has_put_there_is_not_used() {
    let Some((_server, home)) = scene() else { return };
    let secret = home.secret("app-token");
    assert!(give(&secret, MALLORY));
    let finished = home.kaltura(["login"]).fails(2);
    let said = format!("the file {}, which holds a secret, belongs to another user", secret.display());
    holds_no_secret(&finished.saying(&said).stderr);
    // A new one takes its place.
    home.add("work", []);
    assert_eq!(fs::metadata(&secret).unwrap().uid(), 0);
    home.kaltura(["login"]).succeeds();
}

#[test]
fn a_session_that_another_user_has_put_there_is_not_used() {
    let Some((_server, home)) = scene() else { return };
    let ks = || home.kaltura(["ks"]).succeeds();
    let (first, cache) = (ks(), home.path("cache"));
    let session = cache_file(&cache, ".session");
    assert!(give(&session, MALLORY));
    let second = ks();
    assert_ne!(second.stdout, first.stdout);
    second.saying("belongs to another user (number 54322)");
    assert_eq!(ks().stderr, "");
    // Nor is what is in a folder of another user.
    for folder in [&cache.join("sessions"), &cache] {
        assert!(give(folder, MALLORY));
        let (one, other) = (ks(), ks());
        assert_ne!(one.stdout, other.stdout);
        let one =
            one.saying(&format!("note: the session cache {} belongs to another user", folder.display()));
        one.saying("it is not used.").saying("set KALTURA_CACHE_DIR");
        assert!(give(folder, 0));
    }
    assert!(give(&cache, MALLORY));
    home.kaltura(["logout"]).fails(1).saying("belongs to another user");
    assert_eq!(verdict(&home, "sessionCache"), "warning");
}

#[test]
fn the_doctor_tells_of_another_user() {
    let Some((_server, home)) = scene() else { return };
    assert_eq!((verdict(&home, "settings"), verdict(&home, "files")), ("ok".into(), "ok".into()));
    assert!(give(&home.folder(), MALLORY));
    assert_eq!((verdict(&home, "settings"), verdict(&home, "files")), ("ok".into(), "warning".into()));
    assert!(give(&home.folder(), 0) && give(&home.file(), MALLORY));
    assert_eq!((verdict(&home, "settings"), verdict(&home, "files")), ("failed".into(), "warning".into()));
}

/// What the doctor says of a subject.
fn verdict(home: &Home, subject: &str) -> String {
    let answer = home.kaltura(["doctor", "--json"]).run().document();
    let checks = answer["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == subject).unwrap();
    check["verdict"].as_str().unwrap().to_owned()
}

/// `sudo` that keeps HOME, as on macOS.
#[test]
fn the_superuser_leaves_nothing_in_the_home_of_another_user() {
    let Some((server, home)) = scene() else { return };
    give_all(&home.path("."), ALICE);
    let by_sudo = |kaltura: Kaltura| kaltura.env("SUDO_UID", ALICE.to_string()).run();
    by_sudo(home.kaltura(["ks"])).fails_with(2).saying("Run kaltura as that user, without sudo");
    assert_eq!(not_of(&home.path("."), ALICE), [""; 0]);

    // A home that has nothing of ours yet.
    let fresh = tempfile::tempdir().unwrap();
    assert!(give(fresh.path(), ALICE));
    let at_home = |arguments: &[&str]| Kaltura::new(arguments).env("HOME", fresh.path());
    let ks = || server.cached(Path::new(""), ["ks"]).env("HOME", fresh.path());
    let logged_in = by_sudo(ks()).ends_with(0);
    logged_in.saying("belongs to another user (number 54321); it is not used.");
    let add = ["profile", "add", "admin", "--partner-id=7", "--admin-secret-stdin", "--store=file"];
    let refused = by_sudo(at_home(&add).stdin(ADMIN_VALUE)).fails_with(2);
    refused.saying("would belong to another user (number 54321)").saying("without sudo");
    assert_eq!(fs::read_dir(fresh.path()).unwrap().count(), 0);

    // Without sudo it is a container, whose superuser works in a folder of a user outside.
    assert_eq!(ks().succeeds().stderr, "");
    at_home(&add).stdin(VALUE).succeeds();
    assert_eq!(at_home(&["profile", "list"]).succeeds().stderr, "");
}
