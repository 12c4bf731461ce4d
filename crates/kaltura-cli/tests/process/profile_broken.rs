//! A file of profiles that cannot be read, and commands that do without one.

use std::io::{BufRead as _, BufReader};

use crate::emulator_process::ADMIN_SECRET;
use crate::invocation::{Finished, Kaltura};
use crate::profile_scene::{Home, VALUE};

const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
const BROKEN: &str = "cannot read the profiles in ";

/// A home whose file of profiles is broken.
fn home() -> Home {
    Home::with_profiles("[profiles.work\n")
}

/// A command with every secret in the environment, and nothing else.
fn with_secrets(home: &Home, line: &[&str]) -> Kaltura {
    home.kaltura(line.iter().copied())
        .env("KALTURA_KS", KS)
        .env("KALTURA_APP_TOKEN", VALUE)
        .env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
}

#[test]
fn who_needs_no_profile_does_not_look_at_it() {
    let home = home();
    for line in [
        &["--version"][..],
        &["help", "login"],
        &["completions", "bash"],
        &["man"],
        &["demo"],
        &["logout", "--all"],
    ] {
        let finished = home.kaltura(line.iter().copied()).run().ends_with(0);
        assert_eq!(finished.stderr, "", "{line:?}");
    }
    let inspect = home.kaltura(["inspect"]).env("KALTURA_KS", KS).env("KALTURA_PROFILE", "work").run();
    assert!(inspect.ends_with(0).stdout.starts_with("KS version 2"));
    let mut emulate = home.kaltura(["emulate"]).start();
    let mut greeting = String::new();
    BufReader::new(emulate.child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    assert!(greeting.starts_with("{\"url\":"), "{greeting}");
}

#[test]
fn where_all_is_given_nothing_is_looked_for() {
    let home = home();
    for line in [
        &["hash", "--hash-type=SHA256"][..],
        &["sign", "--partner-id=7"],
        &["logout", "--region=eu", "--partner-id=7", "--app-token-id=0_a"],
    ] {
        assert_eq!(with_secrets(&home, line).run().ends_with(0).stderr, "", "{line:?}");
    }
}

#[test]
fn what_is_not_given_is_looked_for_and_the_file_told_of() {
    let home = home();
    let broken = |finished: Finished| {
        let finished = finished.fails_with(2).saying(BROKEN).saying("config.toml, line 1");
        finished.saying("hint: Edit the file, or move it away");
    };
    for line in [
        &["hash"][..],
        &["sign"],
        &["logout"],
        &["logout", "--region=eu"],
        &["logout", "--partner-id=7", "--app-token-id=0_a"],
    ] {
        broken(with_secrets(&home, line).run());
    }
    // Neither the terminal nor a default takes the place of what the file may say.
    broken(home.kaltura(["hash", "--hash-type=MD5"]).env("KALTURA_KS", KS).run());
    broken(home.kaltura(["sign", "--partner-id=7"]).run());
}

#[test]
fn a_profile_that_is_named_is_needed() {
    let home = home();
    for line in
        [&["hash", "--hash-type=MD5"][..], &["inspect"], &["sign", "--partner-id=7"], &["logout", "--all"]]
    {
        with_secrets(&home, line).arguments(["--profile=work"]).run().fails_with(2).saying(BROKEN);
    }
}

#[test]
fn all_others_say_what_is_wrong() {
    let home = home();
    for line in [
        &["login"][..],
        &["ks"],
        &["env"],
        &["exec", "--", "true"],
        &["status"],
        &["call", "media.list", "--anonymous", "--region=eu"],
        &["token", "list"],
        &["profile", "list"],
        &["profile", "add", "play"],
    ] {
        with_secrets(&home, line).run().fails_with(2).saying(BROKEN);
    }
}
