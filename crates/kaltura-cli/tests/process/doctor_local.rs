//! `kaltura doctor` about this machine: the settings, the profiles, the session cache.

use crate::doctor_scene::{Diagnosis as _, Scene, at};
use crate::emulator_process::text_of;
use crate::invocation::{Finished, Kaltura};

use serde_json::json;

/// A server that nobody needs to reach.
const NOWHERE: &str = "http://127.0.0.1:9";

/// With this content of the file with the profiles.
fn with_profiles(content: &str, options: &[&str]) -> Finished {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("config");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), content).unwrap();
    at(NOWHERE, home.path()).arguments(["--json"]).arguments(options.iter().copied()).run()
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let scene = Scene::with_token(json!({}));
    let home = tempfile::tempdir().unwrap();
    let doctor = Kaltura::new(["doctor", "--json", "--service-url", scene.server.url()])
        .env("KALTURA_CACHE_DIR", text_of(home.path()));
    let finished = doctor.run().ends_with(2);
    let message = finished.line("settings")["message"].as_str().unwrap().to_owned();
    for missing in [
        "--partner-id is missing",
        "--app-token-id is missing",
        "--hash-type is missing",
        "the app token value is missing",
    ] {
        assert!(message.contains(missing), "{message}");
    }
    assert_eq!(finished.named("failed"), ["settings"]);
    // The way to the server can be looked at all the same.
    for reached in ["serviceUrl", "dns", "connection", "api", "clock"] {
        assert_eq!(finished.line(reached)["verdict"], "ok", "{reached}");
    }
    assert_eq!(finished.line("widgetSession")["message"], "because settings failed");
    assert_eq!(scene.calls().len(), 1);
}

#[test]
fn without_its_value_the_account_is_looked_at_all_the_same() {
    let scene = Scene::with_token(json!({}));
    let finished = scene.admin_doctor(["--json", "--app-token-file", "/nosuch"]).run().ends_with(2);
    assert_eq!(finished.line("widgetSession")["verdict"], "ok");
    assert_eq!(finished.line("tokenState")["verdict"], "ok");
    assert_eq!(finished.line("login")["message"], "because settings failed");
    finished.blames("settings", "cannot open the file /nosuch", "give it in another way");
}

#[test]
fn what_is_wrong_is_named_and_not_quoted() {
    let home = tempfile::tempdir().unwrap();
    let finished =
        at(NOWHERE, home.path()).arguments(["--json"]).env("KALTURA_PARTNER_ID", "hush").run().ends_with(2);
    assert!(!finished.stdout.contains("hush"), "{finished:#?}");
    assert!(
        finished.line("settings")["message"]
            .as_str()
            .unwrap()
            .contains("the value of KALTURA_PARTNER_ID is invalid")
    );
}

#[test]
fn profiles_that_can_not_be_read_are_told() {
    let finished = with_profiles("[profiles.work]\nnosuch = 1\n", &[]).ends_with(2);
    assert_eq!(finished.line("action")["message"], "because settings failed");
    assert_eq!(finished.line("sessionCache")["verdict"], "ok");
    finished.blames("settings", "line 2", "Edit the file");
    let finished = with_profiles("[profiles.work]\n", &["--profile", "play"]).ends_with(2);
    finished.blames("settings", "no profile 'play' found", "Profiles: work.");
}

#[cfg(unix)]
mod modes {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn files_that_are_open_to_others_are_told() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("config");
        fs::create_dir(&folder).unwrap();
        let (config, secret) = (folder.join("config.toml"), folder.join("token"));
        fs::write(&config, "[profiles.work]\ntoken_file = 'token'\n").unwrap();
        fs::write(&secret, "value\n").unwrap();
        let files = || {
            let doctor = at(NOWHERE, home.path()).arguments(["--json", "--profile", "work"]);
            doctor.run().ends_with(6).line("files")
        };
        set_mode(&folder, 0o755);
        set_mode(&config, 0o644);
        set_mode(&secret, 0o600);
        assert_eq!(files()["verdict"], "ok");
        set_mode(&config, 0o664);
        set_mode(&secret, 0o640);
        let line = files();
        assert_eq!(line["verdict"], "warning");
        let (message, remedy) = (line["message"].as_str().unwrap(), line["remedy"].as_str().unwrap());
        assert!(message.contains("others can change") && message.contains("others can read"), "{line}");
        assert!(remedy.contains(&format!("chmod go-w '{}'", config.display())), "{line}");
        assert!(remedy.contains(&format!("chmod 600 '{}'", secret.display())), "{line}");
    }

    #[test]
    fn a_cache_that_can_not_be_used_is_a_warning() {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path().join("cache");
        let line = || at(NOWHERE, home.path()).arguments(["--json"]).run().ends_with(6).line("sessionCache");
        assert_eq!(line()["verdict"], "ok");
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
        set_mode(&cache, 0o755);
        let open = line();
        assert_eq!(open["verdict"], "warning");
        assert!(open["remedy"].as_str().unwrap().contains("chmod 700"), "{open}");
        fs::remove_dir(&cache).unwrap();
        fs::write(&cache, "a file").unwrap();
        let unwritable = line();
        assert_eq!(unwritable["verdict"], "warning");
        assert!(unwritable["message"].as_str().unwrap().contains("can not be written"), "{unwritable}");
    }

    #[test]
    fn a_command_that_gives_no_secret_is_told() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("config")).unwrap();
        let profile = format!(
            "default_profile = 'a'\n[profiles.a]\nservice_url = '{NOWHERE}'\npartner_id = 7\n\
             app_token_id = '0_abcdefgh'\nhash_type = 'SHA1'\ntoken_command = 'echo hush; exit 3'\n"
        );
        fs::write(home.path().join("config/config.toml"), profile).unwrap();
        let finished = Kaltura::new(["doctor", "--json"])
            .env("KALTURA_CONFIG_DIR", text_of(&home.path().join("config")))
            .run()
            .ends_with(1);
        assert!(!finished.stdout.contains("hush"), "{finished:#?}");
        finished.blames(
            "settings",
            "profile a: token_command of profile 'a' failed",
            "Run the command by itself",
        );
    }

    #[test]
    fn without_a_place_there_is_no_cache() {
        let finished = Kaltura::new(["doctor", "--json"]).run().ends_with(2);
        let line = finished.line("sessionCache");
        assert!(line["remedy"].as_str().unwrap().contains("KALTURA_CACHE_DIR"), "{line}");
    }
}
