//! What users of other tools expect, and what goes wrong around a command: streams, variables, proxies, the keyring.

use std::fs;

use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::server::{VALUE, text_of};

#[test]
fn options_may_stand_before_the_command() {
    let sign = |words: &[&str]| {
        let sign = Kaltura::new(words).env("KALTURA_ADMIN_SECRET", VALUE);
        sign.succeeds().document()["userId"].clone()
    };
    assert_eq!(sign(&["--partner-id", "1", "--user", "sign", "sign", "--json"]), "sign");
    assert_eq!(sign(&["--json", "--user=bob", "sign", "--partner-id=1"]), "bob");
    let list = Kaltura::new(["--partner-id=1", "token", "list"]).fails(2);
    list.saying("ADMIN");
    let unknown = Kaltura::new(["--nosuch", "sign"]).fails(2);
    unknown.saying("unexpected argument '--nosuch'");
}

#[test]
fn commands_have_the_names_that_others_have() {
    for (alias, name) in [
        (&["token", "create", "--help"][..], "token add"),
        (&["token", "rm", "--help"], "token delete"),
        (&["token", "ls", "--help"], "token list"),
        (&["profile", "rm", "--help"], "profile remove"),
        (&["profile", "ls", "--help"], "profile list"),
        (&["whoami", "--help"], "status"),
        (&["api", "--help"], "call"),
        (&["completion", "--help"], "completions"),
    ] {
        let help = Kaltura::new(alias).succeeds().stdout;
        assert!(help.contains(&format!("Usage: kaltura {name}")), "{alias:?}: {help}");
    }
}

#[test]
fn the_short_help_has_examples() {
    for command in ["login", "ks", "call", "profile", "demo"] {
        let help = Kaltura::new([command, "-h"]).succeeds().stdout;
        assert!(command == "profile" || help.contains("Examples:\n"), "{command}: {help}");
    }
}

#[test]
fn a_secret_in_the_place_of_a_user_is_not_repeated() {
    let ks = Kaltura::new(["ks", "--user", VALUE]).env("KALTURA_PARTNER_ID", "1");
    ks.fails(2).hides(&[VALUE]);
    let variable = Kaltura::new(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
    let variable = variable.env("KALTURA_USER", VALUE).env("KALTURA_APP_TOKEN", "x").fails(2);
    variable.saying("KALTURA_USER is invalid: this looks like a secret");
}

#[test]
fn a_proxy_that_cannot_be_read_is_an_error() {
    for proxy in ["http://me:pa#ss@proxy:3128", "ftp://proxy", "http://"] {
        let login = Kaltura::new(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
        let login = login.env("KALTURA_APP_TOKEN", VALUE).env("HTTPS_PROXY", proxy).fails(2);
        assert!(!login.stderr.contains("pa#ss"), "{login:#?}");
        login.saying("HTTPS_PROXY is not the URL of a proxy");
    }
}

#[test]
fn a_file_that_holds_no_certificates_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    fs::write(&path, "-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----\n").unwrap();
    let login = || {
        let login = Kaltura::new(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
        login.env("KALTURA_APP_TOKEN", VALUE)
    };
    let option = login().arguments(["--ca-file", text_of(&path)]).run();
    assert_ne!(option.code, Some(0));
    option.saying("--ca-file");
    let gone = login().env("KALTURA_CA_FILE", folder.path().join("gone")).fails(2);
    gone.saying("cannot open the file");
}

/// Characters of C1 and bidi overrides are escaped in JSON, wherever they come from.
#[test]
fn json_cannot_control_a_terminal() {
    let home = Home::with_profiles("[profiles.a]\nuser = \"x\\u009b31m\\u202e\"\n");
    let shown = home.profile(["show", "a", "--json"]).succeeds();
    assert!(shown.stdout.is_ascii(), "{shown:#?}");
    assert_eq!(shown.document()["userId"], "x\u{9b}31m\u{202e}");
    let note = home.kaltura(["status", "--json", "--region=\u{9b}"]).run();
    assert!(note.stderr.is_ascii() && note.stdout.is_ascii(), "{note:#?}");
}
