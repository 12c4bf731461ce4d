//! `kaltura profile use` and `kaltura profile remove`.

use std::fs;

use serde_json::json;

use crate::support::home::{ADMIN_VALUE, Home};

#[test]
fn another_profile_becomes_the_default_one() {
    let home = Home::new();
    home.add("work", []);
    home.add("play", []);
    let finished = home.profile(["use", "play"]).succeeds();
    finished.writes("Default profile is now 'play'\n", "");
    assert!(home.text().starts_with("default_profile = \"play\"\n"), "{}", home.text());
    let document = home.profile(["use", "work"]).answer();
    assert_eq!(document, json!({ "defaultProfile": "work", "configFile": home.file() }));
    home.profile(["use", "other"]).fails(2).saying("Profiles: work, play.");
}

#[test]
fn its_entries_and_secrets_go() {
    let home = Home::new();
    home.add("work", []);
    home.add("play", []);
    home.profile(["add", "work", "--admin-secret-stdin", "--store=file"]).stdin(ADMIN_VALUE).succeeds();
    // Both profiles have the same app token, and share its value.
    let kind = |name: String| name.rsplit_once('-').unwrap().0.to_owned();
    let kinds = || home.secrets().into_iter().map(kind).collect::<Vec<_>>();
    assert_eq!(kinds(), ["admin-secret", "app-token"]);
    let finished = home.profile(["remove", "work", "--yes"]).succeeds();
    let expected = "Removed profile 'work', and deleted the admin secret\n\
                    There is no default profile any more.\n";
    finished.writes(expected, "");
    assert_eq!(kinds(), ["app-token"]);
    assert!(home.text().starts_with("\n[profiles.play]\n") || home.text().starts_with("[profiles.play]\n"));
    assert!(!home.text().contains("work"), "{}", home.text());

    let document = home.profile(["remove", "play", "-y"]).answer();
    let expected = json!({
        "name": "play", "removed": true, "wasDefault": false, "forgottenSecrets": ["appToken"], "forgottenSessions": 0,
        "warnings": [],
    });
    assert_eq!(document, expected);
    assert!(home.secrets().is_empty());
    // The next one is the first again.
    let finished = home.add("next", []);
    let created = "Created profile 'next', which is now the default\n";
    assert!(finished.stdout.starts_with(created), "{finished:#?}");
}

#[test]
fn a_file_of_the_user_stays() {
    let home = Home::with_profiles("[profiles.work]\ntoken_file = 'token'\n");
    let token = home.folder().join("token");
    fs::write(&token, "value").unwrap();
    let finished = home.profile(["remove", "work", "--yes"]).succeeds();
    assert_eq!(finished.stdout, "Removed profile 'work'\n");
    assert!(token.exists());
}

#[test]
fn without_a_terminal_it_needs_yes() {
    let home = Home::new();
    home.add("work", []);
    let before = home.text();
    let finished = home.profile(["remove", "work"]).stdin("y\n").fails(2);
    finished.saying("cannot ask for confirmation").saying("--yes");
    assert_eq!(home.text(), before);
    home.profile(["remove", "other", "--yes"]).fails(2).saying("no profile 'other' found");
}
