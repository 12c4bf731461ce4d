//! What becomes of the sessions on this machine when their profile or their token goes.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::cache_files::cache_files;
use crate::emulator_process::{EmulatorProcess, text_of};
use crate::invocation::Kaltura;
use crate::profile_scene::{Home, LOGIN, VALUE, server};
use crate::token_account::manage;

/// Adds a profile of the token at this server.
fn add(home: &Home, name: &str, server: &EmulatorProcess) {
    let add = home.profile(["add", name, "--app-token-stdin", "--store=file", "--service-url", server.url()]);
    add.arguments(LOGIN).stdin(VALUE).run().ends_with(0);
}

fn ks(home: &Home, profile: &str, users: &[&str]) {
    for user in users {
        home.kaltura(["ks", "--profile", profile, "--user", user]).run().ends_with(0);
    }
}

fn files(home: &Home) -> Vec<PathBuf> {
    cache_files(&home.path("cache"), ".session")
}

#[test]
fn those_of_a_removed_profile_are_counted() {
    let (server, home) = (server(), Home::new());
    add(&home, "work", &server);
    ks(&home, "work", &["a", "b"]);
    let finished = home.profile(["remove", "work", "--yes"]).run().ends_with(0);
    let expected = "Removed profile 'work', and deleted the app token value and 2 sessions\n\
                    There is no default profile any more.\n";
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), (expected, ""));
    assert!(files(&home).is_empty());

    add(&home, "work", &server);
    ks(&home, "work", &["a"]);
    let document = home.profile(["remove", "work", "--yes", "--json"]).run().ends_with(0).document();
    assert_eq!((&document["forgottenSessions"], &document["warnings"]), (&json!(1), &json!([])));
}

#[test]
fn those_of_another_profile_with_the_same_token_stay() {
    let (server, home) = (server(), Home::new());
    add(&home, "work", &server);
    add(&home, "play", &server);
    ks(&home, "work", &["a", "b"]);
    let finished = home.profile(["remove", "work", "--yes"]).run().ends_with(0);
    assert!(!finished.stdout.contains("session"), "{finished:#?}");
    assert_eq!(files(&home).len(), 2);
    let finished = home.profile(["remove", "play", "--yes"]).run().ends_with(0);
    assert!(finished.stdout.ends_with(" and 2 sessions\n"), "{finished:#?}");
}

fn manage_at_home(home: &Home, server: &EmulatorProcess, arguments: &[&str]) -> Kaltura {
    let cache = home.path("cache");
    manage(server, arguments.iter().copied()).env("KALTURA_CACHE_DIR", text_of(&cache))
}

#[test]
fn those_of_a_deleted_token_are_counted_and_those_that_stay_told() {
    let rotate = ["rotate", "0_importer", "--delete-old", "--show-value"];
    for command in [&["delete", "0_importer", "--yes"][..], &rotate] {
        for form in [&[][..], &["--json"]] {
            let (server, home) = (server(), Home::new());
            add(&home, "work", &server);
            ks(&home, "work", &["a", "b"]);
            // A folder stands where a file should be.
            let blocked = files(&home).remove(0);
            fs::remove_file(&blocked).unwrap();
            fs::create_dir(&blocked).unwrap();
            let finished = manage_at_home(&home, &server, &[command, form].concat()).run().ends_with(0);
            if form.is_empty() {
                let told =
                    ["and removed 1 session from the cache\n", "and 1 session removed from the cache.\n"];
                assert!(told.iter().any(|text| finished.stdout.ends_with(text)), "{finished:#?}");
                finished.saying("note: not all sessions of the app token could be removed from this machine");
            } else {
                let document = finished.document();
                assert_eq!(document["forgottenSessions"], 1, "{document}");
                let warnings = document["warnings"].as_array().unwrap();
                assert!(
                    warnings.last().unwrap().as_str().unwrap().starts_with("not all sessions"),
                    "{document}"
                );
            }
        }
    }
}
