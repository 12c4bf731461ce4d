//! App tokens whose values go into profiles.

use std::fs;
use std::path::Path;

use crate::emulator_process::{EmulatorProcess, text_of};
use crate::invocation::{Finished, Kaltura};
use crate::profile_scene::secret_file;
use crate::token_account::{count, manage, server};

fn managed(server: &EmulatorProcess, folder: &Path, arguments: &[&str]) -> Kaltura {
    manage(server, arguments.iter().copied()).env("KALTURA_CONFIG_DIR", text_of(folder))
}

fn login(folder: &Path, profile: &str) -> Finished {
    Kaltura::new(["login", "--json", "--profile", profile]).env("KALTURA_CONFIG_DIR", text_of(folder)).run()
}

#[test]
fn a_new_token_can_be_used_at_once_by_its_profile() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let add = ["add", "--user=bob", "--save-profile", "nightly"];
    let finished = managed(&server, folder.path(), &add).run().ends_with(0);
    assert!(finished.stdout.ends_with("  value       kept for the profile nightly\n"), "{finished:#?}");
    let finished = finished.saying("is stored in clear text in the file");

    let session = login(folder.path(), "nightly").ends_with(0).document();
    assert_eq!((&session["userId"], &session["serviceUrl"]), (&"bob".into(), &server.url().into()));
    let value = fs::read_to_string(secret_file(folder.path(), "app-token")).unwrap();
    for text in [finished.stdout, finished.stderr, config(folder.path())] {
        assert!(!text.contains(value.trim()), "{text}");
    }
}

#[test]
fn a_rotated_token_takes_the_place_of_the_old_one() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let get = ["get", "0_importer", "--save-profile", "nightly"];
    managed(&server, folder.path(), &get).run().ends_with(0);
    let rotate = ["rotate", "0_importer", "--delete-old", "--save-profile", "nightly", "--json"];
    let document = managed(&server, folder.path(), &rotate).run().ends_with(0).document();
    assert_eq!((&document["profile"], &document["oldDeleted"]), (&"nightly".into(), &true.into()));
    assert!(document["warnings"][0].as_str().unwrap().contains("in clear text"), "{document}");
    assert!(config(folder.path()).contains(document["id"].as_str().unwrap()));
    // The old value is deleted.
    assert!(secret_file(folder.path(), "app-token").exists());
    login(folder.path(), "nightly").ends_with(0);
}

#[test]
fn the_profile_of_another_token_is_not_lost_by_mistake() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let get = ["get", "0_importer", "--save-profile", "nightly"];
    managed(&server, folder.path(), &get).run().ends_with(0);
    let before = (config(folder.path()), count(&server));
    for add in [&["add", "--save-profile", "nightly"], &["add", "--save-profile", "Nightly"]] {
        managed(&server, folder.path(), add).run().fails_with(2);
        assert_eq!((config(folder.path()), count(&server)), before);
    }
    let add = ["add", "--user=bob", "--save-profile", "nightly", "--force"];
    managed(&server, folder.path(), &add).run().ends_with(0);
    assert_eq!(login(folder.path(), "nightly").ends_with(0).document()["userId"], "bob");
}

#[test]
fn nothing_is_made_if_the_profile_can_not_be_saved() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let before = count(&server);
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    managed(&server, &path, &["add", "--save-profile", "nightly"]).run().fails_with(2);
    assert_eq!(count(&server), before);
}

fn config(folder: &Path) -> String {
    fs::read_to_string(folder.join("config.toml")).unwrap()
}
