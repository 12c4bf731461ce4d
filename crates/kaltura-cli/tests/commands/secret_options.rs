//! Options of all commands that take secrets: what is missing, what is in the wrong place, and what is given twice.

use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::server::{ADMIN_SECRET, KS, VALUE};

#[test]
fn a_secret_is_no_argument() {
    for line in [
        &["login", "--app-token"][..],
        &["ks", "--app-token"],
        &["doctor", "--app-token"],
        &["doctor", "--admin-secret"],
        &["hash", "--hash-type=SHA1", "--ks"],
        &["hash", "--hash-type=SHA1", "--app-token"],
        &["inspect", "--ks"],
        &["inspect", "--admin-secret"],
        &["sign", "--admin-secret"],
        &["status", "--app-token"],
        &["profile", "add", "work", "--app-token"],
        &["profile", "add", "work", "--admin-secret"],
        &["token", "list", "--admin-secret"],
        &["token", "list", "--ks"],
        &["call", "media.list", "--ks"],
    ] {
        let line = Kaltura::new(line).arguments([VALUE]).env("KALTURA_KS", KS);
        let refused = line.fails(2).hides(&[VALUE]);
        refused.saying("cannot be passed as an argument");
    }
    for argument in ["--app-token=hush", "--app-token"] {
        Kaltura::new(["login", argument])
            .fails(2)
            .hides(&["hush"])
            .saying("Use KALTURA_APP_TOKEN, --app-token-file");
    }
    let parameter = |text: &str| Kaltura::new(["call", "media.list", text]).fails(2).hides(&["hush"]);
    parameter("secret=hush").saying("Put it into a file and use secret=@FILE");
    parameter("ks=hush").saying("Use KALTURA_KS, --ks-file or --ks-stdin.");
}

#[test]
fn standard_input_is_for_one_of_them() {
    for line in [
        &["hash", "--hash-type=SHA1", "--ks-stdin", "--app-token-stdin"][..],
        &["inspect", "--ks-stdin", "--admin-secret-stdin"],
        &["doctor", "--app-token-stdin", "--admin-secret-stdin"],
        &["profile", "add", "work", "--app-token-stdin", "--admin-secret-stdin"],
        &["call", "media.list", "-", "--ks-stdin"],
        &["batch", "--ks-stdin"],
    ] {
        Kaltura::new(line).stdin("[]").fails(2).saying("from standard input");
    }
    let both = Kaltura::new(["token", "list", "--admin-secret-stdin", "--ks-file", "x"]).stdin(ADMIN_SECRET);
    both.fails(2).saying("one of them is enough");
}

#[test]
fn what_is_missing_is_named() {
    const LOGIN: &str = "--partner-id, --app-token-id, --hash-type, the app token value are missing";
    for (line, why, hint) in [
        (&["login"][..], LOGIN, "Pass them, set KALTURA_PARTNER_ID"),
        (&["ks"], LOGIN, ""),
        (&["hash", "--hash-type=SHA1"], "the KS is missing", "--ks-file FILE"),
        (&["inspect"], "the KS is missing", "KALTURA_KS"),
        (&["sign"], "--partner-id is missing", ""),
        (&["sign", "--partner-id=1"], "the admin secret is missing", "KALTURA_ADMIN_SECRET"),
        (&["logout"], "--partner-id is missing", ""),
        (&["logout", "--partner-id=1"], "--app-token-id is missing", ""),
        (&["call", "media.list"], "--partner-id", ""),
        (&["status", "--profile=none"], "no profile 'none' found", ""),
    ] {
        Kaltura::new(line).fails(2).saying(why).saying(hint);
        let error = Kaltura::new(line).arguments(["--json"]).fails(2).error();
        assert_eq!(error["class"], "usage", "{line:?}");
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
    let hash = |more: &[&str]| Kaltura::new(["hash"]).arguments(more).env("KALTURA_KS", KS);
    hash(&["--hash-type=SHA1"]).fails(2).saying("the app token value is missing");
    hash(&[]).env("KALTURA_APP_TOKEN", VALUE).fails(2).saying("--hash-type is missing");
    let list = Kaltura::new(["token", "list"]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
    list.fails(2).saying("--partner-id is missing");
    // Nothing is made where nothing is found.
    let home = Home::new();
    home.kaltura(["login"]).fails(2).saying("kaltura profile add");
    assert!(!home.folder().exists());
}
