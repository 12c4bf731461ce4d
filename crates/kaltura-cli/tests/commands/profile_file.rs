//! The file with the profiles: who can read it, and what becomes of it when something goes wrong.

use std::fs;

use crate::support::home::{ADMIN_VALUE, Home, LOGIN, holds_no_secret};
use crate::support::invocation::Kaltura;
use crate::support::server::{VALUE, server_for_any_user};

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_what_is_written() {
    use crate::support::home::mode;

    let home = Home::new();
    home.add("work", []);
    let folder = home.folder();
    let secrets = folder.join("secrets");
    for (path, expected) in [
        (&folder, 0o700),
        (&folder.join("config.toml"), 0o600),
        (&folder.join("config.lock"), 0o600),
        (&secrets, 0o700),
        (&home.secret("app-token"), 0o600),
    ] {
        assert_eq!(mode(path), expected, "{}", path.display());
    }
    holds_no_secret(&home.text());
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.add("work", []);
    let secret = home.secret("app-token");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
    let finished = home.kaltura(["login"]).fails(2);
    let finished = finished.saying(&format!("others can read the file {}", secret.display()));
    finished.saying(&format!("Run: chmod 600 '{}'.", secret.display()));
}

#[test]
fn a_secret_that_is_gone_is_told() {
    let home = Home::new();
    home.add("work", []);
    fs::remove_file(home.secret("app-token")).unwrap();
    let shown = home.profile(["show"]).succeeds();
    assert!(shown.stdout.contains("(missing)\n"), "{shown:#?}");
    let finished = home.kaltura(["login"]).fails(2);
    let finished = finished.saying("the app token value is missing: profile 'work' stores it in the file");
    finished.saying("kaltura profile add work --app-token-stdin");
}

#[cfg(unix)]
#[test]
fn a_link_stays_one() {
    let home = Home::new();
    let (elsewhere, folder) = (home.path("dotfiles"), home.folder());
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink("../dotfiles/link.toml", home.file()).unwrap();
    std::os::unix::fs::symlink("kaltura.toml", elsewhere.join("link.toml")).unwrap();
    for user in ["one", "two"] {
        home.add("work", ["--widget-id", user]);
        let text = fs::read_to_string(elsewhere.join("kaltura.toml")).unwrap();
        assert!(text.contains(&format!("widget_id = \"{user}\"")), "{text}");
        assert!(home.file().is_symlink() && elsewhere.join("link.toml").is_symlink());
    }
}

#[test]
fn a_wrong_file_is_a_usage_error_that_names_the_line() {
    for (text, line, why) in [
        ("\n[profiles.a\n", 2, "config.toml, line 2: "),
        ("\nhush = 1\n", 2, "unknown entry: only default_profile and profiles are allowed here"),
        ("[profiles.a]\nhush = 'hush'\n", 2, "unknown entry in a profile"),
        ("[profiles.a]\n\nuser = ['hush']\n", 3, "neither a string nor a number"),
        ("[profiles.a]\ntoken_store = 'hush'\n", 2, "a store is keyring or file"),
        ("[profiles.a]\ntoken_store = 'file'\ntoken_command = 'hush'\n", 1, "more than one of"),
    ] {
        let home = Home::with_profiles(text);
        let commands: [&[&str]; 6] = [
            &["login"],
            &["profile", "list"],
            &["profile", "show", "a"],
            &["profile", "use", "a"],
            &["profile", "add", "a", "--user=me"],
            &["profile", "remove", "a", "--yes"],
        ];
        for command in commands {
            let finished = home.kaltura(command).fails(2);
            finished.saying(&format!("config.toml, line {line}: ")).saying(why).hides(&["hush"]);
        }
        assert_eq!(home.text(), text);
    }
}

#[test]
fn a_wrong_entry_is_told_by_who_uses_it() {
    let home = Home::with_profiles("[profiles.a]\npartner_id = 'hush'\n");
    let finished = home.kaltura(["login", "--profile=a"]).fails(2);
    assert!(!finished.stderr.contains("hush"), "{finished:#?}");
    finished.saying("partner_id of profile 'a' is invalid").saying("kaltura profile add a");
}

#[test]
fn what_is_no_text_is_not_changed() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    for content in [b"# \xff".to_vec(), [b"# ", "x".repeat(1 << 20).as_bytes()].concat()] {
        fs::write(home.file(), &content).unwrap();
        home.adding("work").fails(2).saying("read");
        assert_eq!(fs::read(home.file()).unwrap(), content);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let home = Home::new();
    // A folder where a file should be cannot be written to, not even by the superuser.
    fs::create_dir_all(home.folder().join("config.lock")).unwrap();
    let add = |folder: &str| {
        Kaltura::new(["profile", "add", "work", "--app-token-stdin", "--store=file", "--json"])
            .arguments(LOGIN)
            .env("KALTURA_CONFIG_DIR", folder)
            .stdin(VALUE)
            .run()
    };
    let error = add(home.folder().to_str().unwrap()).fails_with(1).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("cannot change the profiles in "), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("KALTURA_CONFIG_DIR"), "{error}");
    let error = add("").fails_with(2).error();
    assert_eq!(error["message"], "no directory for profiles");
    assert_eq!(error["hint"], "Set HOME or KALTURA_CONFIG_DIR.");

    // A folder stands where the file should be.
    let home = Home::new();
    fs::create_dir_all(home.file()).unwrap();
    home.profile(["list"]).fails(2).saying("cannot read the profiles in").saying("KALTURA_CONFIG_DIR");
}

/// What was kept for a profile that could not be written is taken away again.
#[cfg(unix)]
#[test]
fn a_profile_that_cannot_be_written_leaves_no_secret() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    std::os::unix::fs::symlink(home.path("nosuch/config.toml"), home.file()).unwrap();
    home.adding("work").fails(1).saying("cannot write the profiles to");
    assert_eq!(home.secrets(), [""; 0]);
}

/// What is written is told only when it can be written as a whole.
#[cfg(unix)]
#[test]
fn a_change_that_fails_leaves_the_old_token() {
    let (server, home) = (server_for_any_user(), Home::new());
    home.add("work", ["--service-url", server.url()]);
    // The file with the profiles is a link to where nothing can be written, once it has been read.
    let elsewhere = home.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(home.file(), elsewhere.join("config.toml")).unwrap();
    fs::create_dir_all(elsewhere.join("config.toml.new/inside")).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("config.toml"), home.file()).unwrap();
    let before = (home.text(), home.secrets());
    let change = home.profile(["add", "work", "--app-token-id=0_other", "--app-token-stdin", "--store=file"]);
    change.stdin(ADMIN_VALUE).fails(1).saying("cannot write the profiles to");
    assert_eq!((home.text(), home.secrets()), before);
    home.kaltura(["login"]).succeeds();
}
