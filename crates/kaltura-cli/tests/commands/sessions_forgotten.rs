//! What becomes of the sessions on this machine when their profile or their token goes.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::account::manage;
use crate::support::cache_files::cache_files;
use crate::support::home::Home;
use crate::support::server::server_for_any_user;

fn ks(home: &Home, profile: &str, users: &[&str]) {
    for user in users {
        home.kaltura(["ks", "--profile", profile, "--user", user]).succeeds();
    }
}

fn files(home: &Home) -> Vec<PathBuf> {
    cache_files(&home.path("cache"), ".session")
}

#[test]
fn those_of_a_removed_profile_are_counted() {
    let (server, home) = (server_for_any_user(), Home::new());
    home.add("work", ["--service-url", server.url()]);
    ks(&home, "work", &["a", "b"]);
    let finished = home.profile(["remove", "work", "--yes"]).succeeds();
    let expected = "Removed profile 'work', and deleted the app token value and 2 sessions\n\
                    There is no default profile any more.\n";
    finished.writes(expected, "");
    assert!(files(&home).is_empty());

    home.add("work", ["--service-url", server.url()]);
    ks(&home, "work", &["a"]);
    let document = home.profile(["remove", "work", "--yes"]).answer();
    assert_eq!((&document["forgottenSessions"], &document["warnings"]), (&json!(1), &json!([])));
}

#[test]
fn those_of_another_profile_with_the_same_token_stay() {
    let (server, home) = (server_for_any_user(), Home::new());
    home.add("work", ["--service-url", server.url()]);
    home.add("play", ["--service-url", server.url()]);
    ks(&home, "work", &["a", "b"]);
    let finished = home.profile(["remove", "work", "--yes"]).succeeds();
    assert!(!finished.stdout.contains("session"), "{finished:#?}");
    assert_eq!(files(&home).len(), 2);
    let finished = home.profile(["remove", "play", "--yes"]).succeeds();
    assert!(finished.stdout.ends_with(" and 2 sessions\n"), "{finished:#?}");
}

#[test]
fn those_of_a_deleted_token_are_counted_and_those_that_stay_told() {
    let rotate = ["rotate", "0_importer", "--delete-old", "--show-value"];
    for command in [&["delete", "0_importer", "--yes"][..], &rotate] {
        for form in [&[][..], &["--json"]] {
            let (server, home) = (server_for_any_user(), Home::new());
            home.add("work", ["--service-url", server.url()]);
            ks(&home, "work", &["a", "b"]);
            // A folder stands where a file should be.
            let blocked = files(&home).remove(0);
            fs::remove_file(&blocked).unwrap();
            fs::create_dir(&blocked).unwrap();
            let finished = manage(&server, command)
                .arguments(form)
                .env("KALTURA_CACHE_DIR", home.path("cache"))
                .succeeds();
            if form.is_empty() {
                let told =
                    ["and removed 1 session from the cache\n", "and 1 session removed from the cache.\n"];
                assert!(told.iter().any(|text| finished.stdout.ends_with(text)), "{finished:#?}");
                finished.saying("note: not all sessions of the app token could be removed from this machine");
            } else {
                let document = finished.document();
                assert_eq!(document["forgottenSessions"], 1, "{document}");
                let warning = document["warnings"].as_array().unwrap().last().unwrap();
                assert!(warning.as_str().unwrap().starts_with("not all sessions"), "{document}");
            }
        }
    }
}
