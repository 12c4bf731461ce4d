//! `kaltura profile list` and `kaltura profile show`.

use std::fs;

use serde_json::json;

use crate::support::home::{ADMIN_VALUE, Home, holds_no_secret};
use crate::support::invocation::Kaltura;
use crate::support::server::{VALUE, text_of};

const THREE: &str = "default_profile = 'work'\n[profiles.work]\nregion = 'eu'\npartner_id = 1234567\n\
                     app_token_id = '0_importer'\nhash_type = 'SHA256'\ntoken_variable = 'MY_TOKEN'\n\
                     admin_secret_command = 'echo fedcba9876543210fedcba9876543210'\n\
                     [profiles.play]\nservice_url = 'https://example.com'\npartner_id = '7'\n\
                     token_file = 'token'\n[profiles.bare]\n";

#[test]
fn the_list_is_a_table() {
    let home = Home::with_profiles(THREE);
    let finished = home.profile(["list"]).succeeds();
    let expected = format!(
        "  NAME  SERVICE                     PARTNER  APP TOKEN
* work  https://api.eu.kaltura.com  1234567  0_importer
  play  https://example.com         7
  bare  https://www.kaltura.com
(from {})
",
        home.file().display()
    );
    finished.writes(expected.as_str(), "");
}

#[test]
fn the_list_as_json() {
    let home = Home::with_profiles(THREE);
    let line = |name: &str, url: &str, partner: Option<i64>, token: Option<&str>| {
        json!({
            "name": name, "isDefault": name == "work", "serviceUrl": url, "partnerId": partner,
            "appTokenId": token,
        })
    };
    let expected = json!({
        "configFile": home.file(), "defaultProfile": "work",
        "profiles": [
            line("work", "https://api.eu.kaltura.com", Some(1_234_567), Some("0_importer")),
            line("play", "https://example.com", Some(7), None),
            line("bare", "https://www.kaltura.com", None, None),
        ],
    });
    assert_eq!(home.profile(["list"]).answer(), expected);
}

#[test]
fn there_may_be_none() {
    let home = Home::new();
    let finished = home.profile(["list"]).succeeds();
    assert_eq!(finished.stdout, format!("No profiles (from {})\n", home.file().display()));
    let expected = json!({ "configFile": home.file(), "defaultProfile": null, "profiles": [] });
    assert_eq!(home.profile(["list"]).answer(), expected);
    home.profile(["show"]).fails(2).saying("no profile is selected, and there is no default profile");
    assert!(!home.folder().exists());

    let finished = Kaltura::new(["profile", "list"]).succeeds();
    assert!(
        finished.stdout.contains("(no directory for profiles: set HOME or KALTURA_CONFIG_DIR)"),
        "{finished:#?}"
    );
}

#[test]
fn a_default_profile_that_is_not_there_can_be_mended() {
    let home = Home::with_profiles("default_profile = 'gone'\n[profiles.work]\n");
    home.kaltura(["login"]).fails(2).saying("no profile 'gone' found");
    let listed = home.profile(["list"]).succeeds();
    listed.saying("note: the default profile does not exist: no profile 'gone' found");
    home.profile(["use", "work"]).succeeds();
    assert_eq!(home.profile(["list"]).succeeds().stderr, "");
}

#[test]
fn one_is_shown_with_the_places_of_its_secrets() {
    let home = Home::with_profiles(THREE);
    let show = |token: &str| home.profile(["show"]).env("MY_TOKEN", token).succeeds().stdout;
    let expected = |token: &str| {
        format!(
            "Profile 'work' (default)
  region       eu
  partner_id   1234567
  app_token_id 0_importer
  hash_type    SHA256
  app token    variable MY_TOKEN{token}
  admin secret output of admin_secret_command
  config file  {}
",
            home.file().display()
        )
    };
    assert_eq!(show(VALUE), expected(""));
    assert_eq!(show(""), expected(" (not set)"));
}

#[test]
fn one_is_shown_as_json() {
    let home = Home::with_profiles(THREE);
    let show = || home.profile(["show", "play"]).answer();
    let token = home.folder().join("token");
    let mut expected = json!({
        "name": "play", "isDefault": false, "serviceUrl": "https://example.com", "region": null,
        "partnerId": 7, "appTokenId": null, "hashType": null, "userId": null, "sessionType": null, "lifetime": null,
        "privileges": null, "widgetId": null, "store": null, "storeFile": null, "caFile": null,
        "adminSecret": null,
        "appToken": { "place": "file", "file": token, "isThere": false },
        "configFile": home.file(),
    });
    assert_eq!(show(), expected);
    fs::write(&token, VALUE).unwrap();
    expected["appToken"]["isThere"] = json!(true);
    assert_eq!(show(), expected);
    // The same as in the list, by whatever the profile says it.
    for (name, url, region) in [
        ("work", "https://api.eu.kaltura.com", json!("eu")),
        ("bare", "https://www.kaltura.com", json!(null)),
    ] {
        let shown = home.profile(["show", name]).answer();
        assert_eq!((&shown["serviceUrl"], &shown["region"]), (&json!(url), &region));
    }
}

#[test]
fn which_one_is_shown_can_be_said_in_four_ways() {
    let home = Home::with_profiles(THREE);
    let show = |arguments: &[&str], variable: &str| {
        let show = home.profile(["show", "--json"]).arguments(arguments);
        let document = show.env("KALTURA_PROFILE", variable).succeeds().document();
        document["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(show(&["play", "--profile=bare"], "work"), "play");
    assert_eq!(show(&["--profile=bare"], "play"), "bare");
    assert_eq!(show(&[], "play"), "play");
    assert_eq!(show(&[], ""), "work");
    home.profile(["show", "other"]).fails(2).saying("Profiles: work, play, bare.");
}

#[test]
fn no_secret_is_shown() {
    let home = Home::with_profiles(THREE);
    fs::write(home.folder().join("token"), VALUE).unwrap();
    let secret = home.path("secret");
    fs::write(&secret, ADMIN_VALUE).unwrap();
    let add = |arguments: &[&str]| {
        let add = home.profile(["add", "play", "--app-token-id=0_abc", "--hash-type=MD5", "--store=file"]);
        let add = add.arguments(["--app-token-stdin", "--admin-secret-file", text_of(&secret)]);
        add.arguments(arguments).stdin(VALUE).succeeds()
    };
    let show = |arguments: &[&str]| {
        let show = home.profile(["show"]).arguments(arguments);
        show.env("MY_TOKEN", VALUE).succeeds()
    };
    let shown = [
        show(&["work"]),
        show(&["work", "--json"]),
        show(&["play"]),
        add(&[]),
        add(&["--json"]),
        show(&["play"]),
        show(&["play", "--json"]),
        home.profile(["list"]).run(),
        home.profile(["list", "--json"]).run(),
        home.profile(["remove", "play", "--yes"]).run(),
    ];
    for finished in shown {
        let finished = finished.ends_with(0);
        holds_no_secret(&finished.stdout);
        holds_no_secret(&finished.stderr);
    }
    // Of the file, only what was written into a command.
    assert!(!home.text().contains(VALUE));
}

#[test]
fn a_token_value_in_a_wrong_place_is_not_shown() {
    let home = Home::with_profiles(&format!(
        "default_profile = '{VALUE}'\n[profiles.a]\napp_token_id = '{VALUE}'\n"
    ));
    for arguments in [&["list"][..], &["list", "--json"], &["show", "a"], &["show", "a", "--json"]] {
        let finished = home.profile(arguments).succeeds();
        assert!(finished.stdout.contains("(not an app token id)"), "{finished:#?}");
        assert!(!finished.stdout.contains(VALUE) && !finished.stderr.contains(VALUE), "{finished:#?}");
    }
    let list = home.profile(["list"]).answer();
    assert_eq!(list["defaultProfile"], "(redacted)");
}

#[test]
fn wide_letters_do_not_move_what_follows() {
    let home = Home::with_profiles(
        "[profiles.a]\npartner_id = '日本'\napp_token_id = '0_a'\n[profiles.b]\npartner_id = 1234\napp_token_id = '0_b'\n",
    );
    let list = home.profile(["list"]).succeeds().stdout;
    assert!(list.contains("  日本     0_a\n") && list.contains("  1234     0_b\n"), "{list}");
}
