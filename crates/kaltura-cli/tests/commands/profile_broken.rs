//! A file of profiles that cannot be read, and commands that do without one.

use crate::support::home::Home;
use crate::support::invocation::{Finished, Kaltura};
use crate::support::server::{ADMIN_SECRET, KS, VALUE};

const BROKEN: &str = "cannot read the profiles in ";

/// A home whose file of profiles is broken.
fn home() -> Home {
    Home::with_profiles("[profiles.work\n")
}

/// A command with every secret in the environment, and nothing else.
fn with_secrets(home: &Home, line: &[&str]) -> Kaltura {
    home.kaltura(line)
        .env("KALTURA_KS", KS)
        .env("KALTURA_APP_TOKEN", VALUE)
        .env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
}

#[test]
fn commands_without_a_profile_do_not_read_it() {
    let home = home();
    for line in [
        &["--version"][..],
        &["help", "login"],
        &["completions", "bash"],
        &["man"],
        &["demo"],
        &["emulate", "--print-seed"],
        &["logout", "--all"],
    ] {
        let finished = home.kaltura(line).succeeds();
        assert_eq!(finished.stderr, "", "{line:?}");
    }
    let inspect = home.kaltura(["inspect"]).env("KALTURA_KS", KS).env("KALTURA_PROFILE", "work").run();
    assert!(inspect.ends_with(0).stdout.starts_with("KS version 2"));
}

#[test]
fn where_all_is_given_nothing_is_looked_for() {
    let home = home();
    for line in [
        &["hash", "--hash-type=SHA256"][..],
        &["sign", "--partner-id=7"],
        &["logout", "--region=eu", "--partner-id=7", "--app-token-id=0_a"],
    ] {
        assert_eq!(with_secrets(&home, line).succeeds().stderr, "", "{line:?}");
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
        with_secrets(&home, line).arguments(["--profile=work"]).fails(2).saying(BROKEN);
    }
}

#[test]
fn all_others_say_what_is_wrong() {
    let home = home();
    for line in [
        &["login"][..],
        &["ks"],
        &["env"],
        &["status"],
        &["call", "media.list", "--anonymous", "--region=eu"],
        &["token", "list"],
        &["profile", "list"],
        &["profile", "add", "play"],
    ] {
        with_secrets(&home, line).fails(2).saying(BROKEN);
    }
}
