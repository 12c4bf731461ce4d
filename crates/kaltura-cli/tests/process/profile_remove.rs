//! `kaltura profile use` and `kaltura profile remove`.

use std::fs;

use serde_json::json;

use crate::profile_scene::{ADMIN_VALUE, Home};

#[test]
fn another_profile_becomes_the_default_one() {
    let home = Home::new();
    home.add("work", []);
    home.add("play", []);
    let finished = home.profile(["use", "play"]).run().ends_with(0);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("Default profile is now 'play'\n", ""));
    assert!(home.text().starts_with("default_profile = \"play\"\n"), "{}", home.text());
    let document = home.profile(["use", "work", "--json"]).run().ends_with(0).document();
    assert_eq!(document, json!({ "defaultProfile": "work", "configFile": home.file() }));
    home.profile(["use", "other"]).run().fails_with(2).saying("Profiles: work, play.");
}

#[test]
fn its_entries_and_secrets_go() {
    let home = Home::new();
    home.add("work", []);
    home.add("play", []);
    home.profile(["add", "work", "--admin-secret-stdin", "--store=file"])
        .stdin(ADMIN_VALUE)
        .run()
        .ends_with(0);
    let kept = || {
        let entries = fs::read_dir(home.folder().join("secrets")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    // Both profiles have the same app token, and share its value.
    let kinds =
        || kept().into_iter().map(|name| name.rsplit_once('-').unwrap().0.to_owned()).collect::<Vec<_>>();
    assert_eq!(kinds(), ["admin-secret", "app-token"]);
    let finished = home.profile(["remove", "work", "--yes"]).run().ends_with(0);
    let expected = "Removed profile 'work', and deleted the admin secret\n\
                    There is no default profile any more.\n";
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), (expected, ""));
    assert_eq!(kinds(), ["app-token"]);
    assert!(home.text().starts_with("\n[profiles.play]\n") || home.text().starts_with("[profiles.play]\n"));
    assert!(!home.text().contains("work"), "{}", home.text());

    let document = home.profile(["remove", "play", "-y", "--json"]).run().ends_with(0).document();
    let expected = json!({
        "name": "play", "removed": true, "wasDefault": false, "forgottenSecrets": ["appToken"], "forgottenSessions": 0,
        "warnings": [],
    });
    assert_eq!(document, expected);
    assert!(kept().is_empty());
    // The next one is the first again.
    let finished = home.add("next", []);
    assert!(
        finished.stdout.starts_with("Created profile 'next', which is now the default\n"),
        "{finished:#?}"
    );
}

#[test]
fn what_is_somebody_elses_stays() {
    let home = Home::with_profiles("[profiles.work]\ntoken_file = 'token'\n");
    let token = home.folder().join("token");
    fs::write(&token, "value").unwrap();
    let finished = home.profile(["remove", "work", "--yes"]).run().ends_with(0);
    assert_eq!(finished.stdout, "Removed profile 'work'\n");
    assert!(token.exists());
}

/// A synchronised file may come from a machine that has a keyring.
#[cfg(target_os = "linux")]
#[test]
fn a_secret_that_can_not_be_reached_is_told_and_does_not_hold_it_up() {
    let home = Home::with_profiles("[profiles.work]\ntoken_store = 'keyring'\n");
    let finished = home.profile(["remove", "work", "--yes"]).run().ends_with(0);
    assert_eq!(finished.stdout, "Removed profile 'work'\n");
    finished.saying(
        "note: the app token value of profile 'work' could not be deleted: no system keyring available",
    );
    assert!(!home.text().contains("work"), "{}", home.text());
}

#[test]
fn where_nobody_can_be_asked_it_takes_a_yes() {
    let home = Home::new();
    home.add("work", []);
    let before = home.text();
    let finished = home.profile(["remove", "work"]).stdin("y\n").run().fails_with(2);
    finished.saying("cannot ask for confirmation").saying("--yes");
    assert_eq!(home.text(), before);
    home.profile(["remove", "other", "--yes"]).run().fails_with(2).saying("no profile 'other' found");
}

/// `script` is there with util-linux, and gives a command a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_one_is_asked() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let home = Home::new();
    home.add("work", []);
    for (answer, code, left) in [("n\n", 130, true), ("\n", 130, true), ("yes\n", 0, false)] {
        let line = format!("{} profile remove work", env!("CARGO_BIN_EXE_kaltura"));
        let mut terminal = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env("KALTURA_CONFIG_DIR", home.folder())
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        terminal.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let output = terminal.wait_with_output().unwrap();
        let seen = String::from_utf8(output.stdout).unwrap();
        let question = "Remove profile 'work' and its stored secrets? [y/N] ";
        assert!(seen.contains(question), "{seen}");
        assert_eq!((output.status.code(), home.text().contains("work")), (Some(code), left), "{seen}");
    }
}
