//! `kaltura profile add`.

use serde_json::json;

use crate::support::home::{ADMIN_VALUE, Home, LOGIN, holds_no_secret};
use crate::support::server::{VALUE, text_of};

#[test]
fn the_first_profile_is_the_default_one() {
    let home = Home::new();
    let finished = home.add("work", ["--region=EU", "--type=Admin", "--widget-id=_7"]);
    let folder = home.folder();
    let expected = format!(
        "Created profile 'work', which is now the default
  region       eu
  partner_id   1234567
  app_token_id 0_importer
  hash_type    SHA256
  user         bob
  type         ADMIN
  lifetime     1h
  privileges   appid:importer
  widget_id    _7
  app token    file {1} (clear text)
  config file  {0}/config.toml
",
        folder.display(),
        home.secret("app-token").display()
    );
    finished.writes(expected.as_str(), "");
    let expected = "default_profile = \"work\"\n\n[profiles.work]\nregion = \"eu\"\npartner_id = 1234567\n\
                    app_token_id = \"0_importer\"\nhash_type = \"SHA256\"\nuser = \"bob\"\ntype = \"ADMIN\"\n\
                    lifetime = \"1h\"\nprivileges = \"appid:importer\"\nwidget_id = \"_7\"\n\
                    token_store = \"file\"\n";
    assert_eq!(home.text(), expected);
    let kept = std::fs::read_to_string(home.secret("app-token")).unwrap();
    assert_eq!(kept, format!("{VALUE}\n"));

    let second = home.add("play", []);
    assert!(second.stdout.starts_with("Created profile 'play'\n"), "{second:#?}");
    assert!(home.text().starts_with("default_profile = \"work\"\n"), "{}", home.text());
}

#[test]
fn the_json_tells_what_the_text_tells() {
    let home = Home::new();
    let value = home.path("value");
    std::fs::write(&value, VALUE).unwrap();
    let add = |more: &[&str]| home.profile(["add", "work"]).arguments(more).answer();
    let first = [&LOGIN[..], &["--app-token-file", text_of(&value), "--store=file"]].concat();
    let answer = add(&first);
    let mut expected = json!({
        "name": "work", "isDefault": true, "serviceUrl": "https://www.kaltura.com", "region": null, "partnerId": 1_234_567,
        "appTokenId": "0_importer", "hashType": "SHA256", "userId": "bob", "sessionType": null, "lifetime": "1h",
        "privileges": "appid:importer", "widgetId": null, "store": null, "storeFile": null, "caFile": null,
        "adminSecret": null, "appToken": { "place": "ownFile", "file": home.secret("app-token") },
        "configFile": home.file(), "isNew": true, "warnings": [],
    });
    assert_eq!(answer, expected);
    expected["isNew"] = json!(false);
    expected["userId"] = json!("alice");
    expected["adminSecret"] = json!({ "place": "variable", "variable": "SECRET" });
    assert_eq!(add(&["--user=alice", "--admin-secret-variable=SECRET"]), expected);
}

#[test]
fn what_is_not_named_stays_as_it_was_written() {
    let text = "# by hand\n[profiles.work] # mine\nservice_url = 'https://example.com' # test\npartner_id = 7\n\
                app_token_id = '0_abc'\nhash_type='MD5'\nuser = 'bob'   # or alice\ntoken_command = 'pass x'\n";
    let home = Home::with_profiles(text);
    let finished = home.profile(["add", "work", "--user=carol", "--region=ca"]).succeeds();
    assert!(finished.stdout.starts_with("Updated profile 'work'\n"), "{finished:#?}");
    let expected =
        text.replace("'bob'", "\"carol\"").replace("service_url = 'https://example.com' # test\n", "");
    assert_eq!(home.text(), expected + "region = \"ca\"\n");
    home.profile(["add", "work"]).fails(2).saying("nothing to change");
}

#[test]
fn a_new_place_of_a_secret_takes_the_place_of_the_old_one() {
    let home = Home::new();
    home.add("work", []);
    let kept = home.secret("app-token");
    home.profile(["add", "work", "--token-command=pass show kaltura"]).succeeds();
    assert!(home.text().contains("token_command = \"pass show kaltura\"\n"), "{}", home.text());
    assert!(!home.text().contains("token_store"));
    assert!(!kept.exists());
    // The same store again: the value is replaced, and stays.
    for value in [ADMIN_VALUE, VALUE] {
        home.profile(["add", "work", "--app-token-stdin", "--store=file"]).stdin(value).succeeds();
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), format!("{value}\n"));
    }
    assert!(!home.text().contains("token_command"));
}

#[test]
fn the_environment_is_not_put_into_it() {
    let home = Home::new();
    let add = |more: &[&str]| {
        let variables = [("KALTURA_USER", "hush"), ("KALTURA_REGION", "ap"), ("KALTURA_PARTNER_ID", "8")];
        let add = home.profile(["add", "work"]).arguments(more).envs(variables);
        add.env("KALTURA_APP_TOKEN", VALUE).run()
    };
    let failed = add(&["--app-token-id=0_abc", "--hash-type=SHA1"]).fails_with(2);
    let failed = failed.saying("missing for the profile: --partner-id, the app token value");
    failed.saying("Environment variables are not saved in a profile");
    add(&["--partner-id=7", "--app-token-id=0_abc", "--hash-type=SHA1", "--token-variable=T"]).ends_with(0);
    for foreign in ["hush", "ap\"", "8", VALUE] {
        assert!(!home.text().contains(foreign), "{}", home.text());
    }
}

#[test]
fn what_is_missing_is_told_at_once() {
    let home = Home::new();
    let finished = home.profile(["add", "work"]).fails(2);
    finished
        .saying("missing for the profile: --partner-id, --app-token-id, --hash-type, the app token value");
    // For managing app tokens no app token is needed.
    home.profile(["add", "admin", "--admin-secret-command=pass x"])
        .fails(2)
        .saying("missing for the profile: --partner-id hint:");
    assert!(!home.folder().exists(), "nothing was added, so that nothing is made");
}

#[test]
fn a_profile_for_managing_app_tokens_needs_no_app_token() {
    let home = Home::new();
    home.profile(["add", "admin", "--partner-id=7", "--admin-secret-stdin", "--store=file"])
        .stdin(ADMIN_VALUE)
        .succeeds();
    assert_eq!(std::fs::read_to_string(home.secret("admin-secret")).unwrap(), format!("{ADMIN_VALUE}\n"));
    assert!(home.text().contains("admin_secret_store = \"file\""), "{}", home.text());
    holds_no_secret(&home.text());
}

#[test]
fn a_wrong_value_is_not_written() {
    let home = Home::new();
    for (option, why) in [
        ("--region=mars", "use us, de, eu"),
        ("--service-url=http://example.com", "must begin with https://"),
        ("--service-url=https://me:hush@example.com", "must not contain a user name or password"),
        ("--partner-id=x", "--partner-id"),
        ("--hash-type=SHA3", "use MD5, SHA1, SHA256 or SHA512"),
        ("--type=boss", "possible values: user, admin"),
        ("--lifetime=soon", "write it like 90s"),
        ("--privileges=a.b", "must not contain"),
        ("--user=", "--user"),
        ("--token-variable=A B", "use letters"),
        ("--token-command= ", "it is empty"),
        ("--token-path=", "--token-path"),
        ("--store=drawer", "possible values: keyring, file"),
        ("--store=file", "--store requires a secret to store"),
        ("--app-token-id=0123456789abcdef0123456789abcdef", "looks like 0_7jh3eu10"),
    ] {
        home.profile(["add", "work", option]).fails(2).saying(why).hides(&["hush", VALUE]);
    }
    for pair in [
        ["--token-command=x", "--token-path=y"],
        ["--token-variable=X", "--app-token-stdin"],
        ["--token-path=x", "--app-token-file=y"],
        ["--admin-secret-command=x", "--admin-secret-stdin"],
        ["--region=eu", "--service-url=https://example.com"],
    ] {
        home.profile(["add", "work"]).arguments(pair).fails(2).saying("cannot be used with");
    }
    home.profile(["add", "a.b"]).fails(2).saying("up to 64 letters");
    assert!(!home.folder().exists());
}

#[test]
fn a_name_in_another_case_is_refused() {
    let home = Home::new();
    home.add("work", []);
    let before = home.text();
    home.adding("Work").fails(2).saying("profile 'work' exists, which differs from 'Work' only in case");
    assert_eq!(home.text(), before);
    assert_eq!(home.secrets().len(), 1);
}

#[test]
fn what_is_odd_is_noted() {
    let home = Home::new();
    let finished = home.adding("work").stdin(format!("{VALUE} \n")).succeeds();
    finished.saying("note: The token value contains white space or a line break.");
    let finished = home.profile(["add", "work", "--app-token-id=0_other"]).succeeds();
    finished.saying("note: the app token value is unchanged, and is now used for app_token_id 0_other");
}

#[test]
fn an_entry_can_be_taken_out_again() {
    let home = Home::new();
    home.add("work", ["--region=eu"]);
    assert!(home.text().contains("user") && home.text().contains("region"), "both are there");
    home.profile(["add", "work", "--unset=user", "--unset=region", "--lifetime=2h"]).succeeds();
    let text = home.text();
    assert!(!text.contains("user") && !text.contains("region"), "{text}");
    assert!(text.contains("lifetime = \"2h\""), "{text}");
    let needed = home.profile(["add", "work", "--unset=partner_id"]).fails(2);
    needed.saying("these can be removed: service_url, region, user, type, lifetime, privileges, widget_id");
}

#[test]
fn a_secret_that_an_older_version_has_stored_is_read_and_renamed() {
    let home = Home::new();
    home.add("work", ["--service-url=http://127.0.0.1:9"]);
    let file = home.secret("app-token");
    for old_store in ["file", "file-3"] {
        let old = file.with_file_name(format!("work.app-token{}", &old_store[4..]));
        std::fs::rename(&file, &old).unwrap();
        std::fs::write(home.file(), home.text().replace("\"file\"", &format!("\"{old_store}\""))).unwrap();
        let shown = home.profile(["show"]).succeeds().stdout;
        assert!(shown.contains(&format!("file {} (clear text)", old.display())), "{shown}");
        // The value is read before the server is asked.
        home.kaltura(["login"]).fails(6);
        assert!(file.exists() && !old.exists(), "{old_store}");
    }
}

#[test]
fn control_characters_are_refused_and_quotes_named() {
    let home = Home::new();
    for (name, value) in
        [("KALTURA_USER", "bob\r"), ("KALTURA_WIDGET_ID", "_1\u{9b}"), ("KALTURA_PRIVILEGES", "a\n")]
    {
        let login = home.kaltura(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
        let login = login.env("KALTURA_APP_TOKEN", VALUE).env(name, value).fails(2);
        login.saying(&format!("the value of {name} is invalid: it ")).saying("a");
    }
    let option = home.kaltura(["login", "--user", "bob\r"]).fails(2);
    option.saying("invalid value for '--user': it ends with a line break");
    for (value, doubt) in [("\"bob\"", "has quotes around it"), (" bob", "has white space around it")] {
        let status = home.kaltura(["status"]).env("KALTURA_USER", value).run();
        status.saying(&format!("note: KALTURA_USER {doubt}"));
        home.kaltura(["status", "--user", value]).run().saying(&format!("note: --user {doubt}"));
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    let home = Home::with_profiles("\u{feff}[profiles.a]\npartner_id = 7\n");
    home.profile(["show", "a"]).succeeds();
    let value = home.path("value");
    std::fs::write(&value, format!("\u{feff}{VALUE}\n")).unwrap();
    let hash =
        home.kaltura(["hash", "--hash-type=MD5", "--app-token-file", text_of(&value)]).env("KALTURA_KS", "x");
    let plain =
        home.kaltura(["hash", "--hash-type=MD5"]).env("KALTURA_KS", "x").env("KALTURA_APP_TOKEN", VALUE);
    assert_eq!(hash.run().stdout, plain.run().stdout);
}
