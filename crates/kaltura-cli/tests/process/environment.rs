//! What the libraries under the command read of the environment of their process: the time zone, the width, colours,
//! proxies, the keyring.

use serde_json::{Value, json};

use crate::support::account::{account, manage};
use crate::support::doctor::{Scene, at};
use crate::support::home::Home;
use crate::support::invocation::{Kaltura, words};
use crate::support::odd_server::{OddServer, whole};
use crate::support::server::{ADMIN_SECRET, NOW, TestServer, VALUE, server, token};

#[test]
fn times_are_shown_in_the_time_zone_of_the_machine() {
    let login =
        |zone: &str| server().login(["--lifetime=1h"]).env("TZ", zone).run_process().ends_with(0).stdout;
    for (zone, expected) in [
        ("UTC0", "expires    2026-11-24 05:09:15 UTC, in 1 h\n"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "expires    2026-11-24 06:09:15 CET, in 1 h\n"),
    ] {
        let shown = login(zone);
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn a_list_has_the_columns_that_fit() {
    let entry = |id: &str, name: &str, duration: i64| {
        json!({
            "id": id, "partnerId": 1_234_567, "userId": "alice", "name": name, "createdAt": NOW - duration,
            "description": "What is said in it, and who says it, and how long it takes until it is over",
        })
    };
    let mut seed = crate::support::server::seed(&json!([token("0_importer", VALUE, json!({}))]));
    seed["entries"] = json!([
        entry("0_aaaaaaaa", "Welcome", 95),
        entry("0_bbbbbbbb", "日本語のビデオ", 2700),
        entry("0_cccccccc", "A name that\nis longer than the others", 5),
    ]);
    let server = TestServer::with_seed(&seed);
    let list = |columns: &str| server.call(["media.list", "--table"]).env("COLUMNS", columns).run_process();
    list("70").ends_with(0).writes_answer(
        "\
id          name                                   createdAt
0_aaaaaaaa  Welcome                                2026-11-24 04:07
0_bbbbbbbb  日本語のビデオ                         2026-11-24 03:24
0_cccccccc  A name that is longer than the others  2026-11-24 04:09
",
    );
    let narrow = list("24").ends_with(0).writes_answer(
        "\
id          name
0_aaaaaaaa  Welcome
0_bbbbbbbb  日本語のビ…
0_cccccccc  A name that…
",
    );
    narrow.saying("note: columns that do not fit: createdAt").saying("(use --columns)");
}

#[test]
fn the_table_of_app_tokens_fits_the_terminal() {
    let import = json!({
        "expiry": NOW + 90 * 86_400 - 60, "sessionUserId": "nightly-import", "createdAt": NOW - 9,
        "description": "The import of each night, from the archive",
    });
    let server = TestServer::with_seed(&json!({
        "partners": [{ "id": 1_234_567, "adminSecrets": [ADMIN_SECRET] }],
        "users": [{ "id": "nightly-import", "partnerId": 1_234_567 }, { "id": "alice", "partnerId": 1_234_567 }],
        "appTokens": [
            token("0_7jh3eu10", VALUE, import),
            token("0_7jh3eu11", VALUE, json!({ "expiry": NOW + 100_000, "createdAt": NOW - 8 })),
        ],
    }));
    for (columns, expected) in [
        (
            "100",
            "\
ID          STATE   TYPE  USER            SESSIONS  EXPIRES                   DESCRIPTION
0_7jh3eu10  active  USER  nightly-import  1 day     2027-02-22, in 89 days    The import of each ni…
0_7jh3eu11  active  USER  alice           1 day     2026-11-25, in 1 day 3 h
",
        ),
        (
            "72",
            "\
ID          STATE   EXPIRES                   DESCRIPTION
0_7jh3eu10  active  2027-02-22, in 89 days    The import of each night,…
0_7jh3eu11  active  2026-11-25, in 1 day 3 h
",
        ),
        (
            "40",
            "\
ID          EXPIRES
0_7jh3eu10  2027-02-22, in 89 days
0_7jh3eu11  2026-11-25, in 1 day 3 h
",
        ),
    ] {
        let list = manage(&server, ["list"]).env("COLUMNS", columns).run_process().writes_answer(expected);
        let is_told = words(&list.stderr).contains("columns not shown for lack of width: ");
        assert_eq!(is_told, columns != "100", "{list:#?}");
    }
    // In a narrow terminal descriptions are cut, and ids are not.
    let chosen = manage(&server, ["list", "--columns", "description,sessionUserId,id"]).env("COLUMNS", "20");
    let chosen = chosen.run_process().ends_with(0).stdout;
    for whole in ["0_7jh3eu10", "0_7jh3eu11", "sessionUserId", "nightly-import"] {
        assert!(chosen.contains(whole), "{chosen}");
    }
}

#[test]
fn colours_are_for_terminals_unless_they_are_forced() {
    for line in [&["demo"][..], &["--help"], &["login", "-v"], &["nosuch"]] {
        let has_colours = |variables: &[(&'static str, &'static str)]| {
            let finished = Kaltura::new(line).envs(variables.iter().copied()).run_process();
            (finished.stdout + &finished.stderr).contains('\u{1b}')
        };
        let (forced, none) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
        let found = [has_colours(&[]), has_colours(&[forced]), has_colours(&[forced, none])];
        assert_eq!(found, [false, true, false], "{line:?}");
    }
}

/// The codes of colours are in the text of an error before its secrets are taken out.
#[test]
fn a_secret_in_a_wrong_command_line_is_not_repeated_in_colour() {
    let secret = "c0ffee00c0ffee00c0ffee00c0ffee00";
    for line in
        [&["login", secret][..], &["login", "--hash-type", secret], &["sign", "--admin-secret", secret]]
    {
        let refused = Kaltura::new(line).env("CLICOLOR_FORCE", "1").run_process();
        refused.fails_with(2).hides(&[&secret[..10]]);
    }
}

#[test]
fn the_doctor_shows_symbols_where_colours_and_utf8_are() {
    let scene = Scene::with_token(json!({ "sessionUserId": "bob" }));
    let show = |locale: &str| {
        let doctor = scene.doctor(["--user", "alice"]).env("CLICOLOR_FORCE", "1").env("LANG", locale);
        doctor.run_process().ends_with(0).stdout
    };
    let symbols = show("C.UTF-8");
    for shown in ["\u{1b}[32m✓\u{1b}[0m login ", "!\u{1b}[0m grant ", "-\u{1b}[0m files "] {
        assert!(symbols.contains(shown), "{symbols}");
    }
    let words = show("C");
    assert!(words.contains("\u{1b}[32mok\u{1b}[0m      login ") && !words.contains('✓'), "{words}");
}

#[test]
fn behind_a_proxy_names_need_not_be_found_and_its_password_is_not_shown() {
    let proxy = OddServer::answering(whole("407 Proxy Authentication Required", "", ""));
    let home = tempfile::tempdir().unwrap();
    let doctor = |user: &str| {
        let url = proxy.url.replace("http://", &format!("http://{user}@"));
        let doctor = at("https://example.invalid", home.path()).arguments(["--json"]);
        doctor.env("HTTPS_PROXY", url).run_process().hides(&["hush", "me:"])
    };
    let finished = doctor("me:hush").ends_with(6);
    let (dns, address) = (finished.check("dns"), proxy.url.trim_start_matches("http://"));
    assert_eq!(dns["verdict"], "skipped");
    assert!(dns["message"].to_string().contains(&format!("since proxy {address} looks it up")), "{dns}");
    finished.blames("connection", &format!("via proxy {address}: the proxy does not respond"), "HTTPS_PROXY");
    assert!(proxy.requests.recv().unwrap().starts_with("CONNECT example.invalid:443 "));
    let without = at("https://example.invalid", home.path()).arguments(["--json"]).run_process().ends_with(6);
    assert_eq!(without.check("connection")["message"], "not checked: DNS failed");
    without.blames("dns", "example.invalid was not found", "spelling");
    for password in ["ha#hush", "#hush", "ha/hush", "ha?hush"] {
        doctor(&format!("me:{password}"));
    }
    // As the transport reads it: a point at the end does not matter.
    let excluded = at("https://example.invalid", home.path()).arguments(["--json"]);
    let excluded =
        excluded.env("HTTPS_PROXY", &proxy.url).env("NO_PROXY", "invalid.").run_process().ends_with(6);
    excluded.blames("dns", "example.invalid was not found", "spelling");
}

#[test]
fn the_password_of_a_proxy_is_not_logged() {
    for proxy in ["me:hush-hush@127.0.0.1:1", "me:hush@hush@127.0.0.1:1", "me:hush-hush@a.invalid:1"] {
        let call = Kaltura::new(["call", "system.ping", "--anonymous", "-vv", "--timeout", "5s"]);
        let finished = call.env("HTTPS_PROXY", format!("http://{proxy}")).run_process().fails_with(6);
        assert!(finished.hides(&["hush"]).stderr.contains("< no answer in "), "{proxy}");
    }
}

#[test]
fn a_proxy_is_not_asked_for_this_machine() {
    let proxy = OddServer::answering(whole("407 Proxy Authentication Required", "", ""));
    let with_proxy = |kaltura: Kaltura| {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]
            .into_iter()
            .fold(kaltura, |it, name| it.env(name, &proxy.url))
    };
    with_proxy(server().login([])).run_process().ends_with(0);
    // Nor does anything else around the demonstration matter.
    let demo = Kaltura::new(["demo"]).env("KALTURA_SERVICE_URL", &proxy.url).env("KALTURA_APP_TOKEN", "x");
    with_proxy(demo).run_process().ends_with(0);
    assert_eq!(proxy.requests.try_iter().count(), 0);
}

/// Where there is no keyring, a file takes its place, and that is said.
#[cfg(target_os = "linux")]
#[test]
fn without_a_keyring_a_note_says_where_the_secret_is() {
    let home = Home::new();
    let add = |more: &[&str]| {
        let add = home.profile(["add", "work", "--app-token-stdin"]).arguments(crate::support::home::LOGIN);
        add.arguments(more).stdin(VALUE).run_process()
    };
    let failed = add(&["--store=keyring"]).fails_with(1);
    let failed = failed.saying("cannot store the app token value in the system keyring");
    failed.saying("no system keyring available").saying("--store file");
    assert!(!home.file().exists());

    let finished = add(&[]).ends_with(0);
    let finished = finished.saying(&format!(
        "note: the app token value is stored in clear text in the file {}, which only you can read: \
         no system keyring available",
        home.secret("app-token").display()
    ));
    assert!(finished.stdout.contains("(clear text)"), "{finished:#?}");
    let warnings = add(&["--json"]).ends_with(0).document()["warnings"].clone();
    assert!(warnings[0].as_str().unwrap().contains("no system keyring available"), "{warnings}");

    // A synchronised file may come from a machine that has a keyring.
    let home = Home::with_profiles("[profiles.work]\ntoken_store = 'keyring'\n");
    let finished = home.profile(["remove", "work", "--yes"]).run_process().ends_with(0);
    finished.writes_answer("Removed profile 'work'\n").saying(
        "note: the app token value of profile 'work' could not be deleted: no system keyring available",
    );
    assert!(!home.text().contains("work"), "{}", home.text());
}

/// A new token is stored in the keyring, if there is one.
#[test]
fn a_profile_stores_the_value_of_a_new_token_and_logs_in_with_it() {
    let (server, home) = (account(), Home::new());
    let at_home = |arguments: &[&str]| {
        manage(&server, arguments).env("KALTURA_CONFIG_DIR", home.folder()).run_process()
    };
    let login = || -> Value {
        home.kaltura(["login", "--json", "--profile", "nightly"]).run_process().ends_with(0).document()
    };
    let count = || crate::support::account::count(&server);
    let added = at_home(&["add", "--user=bob", "--save-profile", "nightly"]).ends_with(0);
    assert!(added.stdout.ends_with("  value             stored by profile nightly\n"), "{added:#?}");
    let session = login();
    assert_eq!((&session["userId"], &session["serviceUrl"]), (&"bob".into(), &server.url().into()));
    // The profile of another token is not lost by mistake.
    let before = (home.text(), count());
    for name in ["nightly", "Nightly"] {
        at_home(&["add", "--save-profile", name]).fails_with(2);
        assert_eq!((home.text(), count()), before);
    }
    at_home(&["get", "0_importer", "--save-profile", "nightly", "--force"]).ends_with(0);
    let rotate = ["rotate", "0_importer", "--delete-old", "--save-profile", "nightly", "--json"];
    let document = at_home(&rotate).ends_with(0).document();
    assert_eq!((&document["profile"], &document["oldDeleted"]), (&"nightly".into(), &true.into()));
    assert!(home.text().contains(document["id"].as_str().unwrap()));
    // It does not use the deleted token any more.
    assert!(!document["warnings"].to_string().contains("uses the deleted"), "{document}");
    assert_eq!(login()["userId"], "alice");
    // Nothing is created if the profile cannot be saved.
    let (before, path) = (count(), home.path("file"));
    std::fs::write(&path, "").unwrap();
    let add = manage(&server, ["add", "--save-profile", "nightly"]).env("KALTURA_CONFIG_DIR", &path);
    add.run_process().fails_with(2);
    assert_eq!(count(), before);
}

/// A keyring service that accepts the connection and never answers.
#[cfg(all(target_os = "linux", feature = "keyring"))]
#[test]
fn a_keyring_that_does_not_answer_is_as_if_there_were_none() {
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;

    let (server, home) = (TestServer::new(), Home::new());
    let socket = home.path("bus");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0]);
            held.push(stream);
        }
    });
    let run = |kaltura: Kaltura| {
        kaltura.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display())).run_process()
    };
    let add = home.profile(["add", "work", "--app-token-stdin", "--region=eu"]);
    let add = run(add.arguments(crate::support::home::LOGIN).stdin(VALUE)).ends_with(0);
    add.saying("is stored in clear text in the file").saying("it does not answer");

    std::fs::write(home.file(), home.text().replace("\"file\"", "\"keyring\"")).unwrap();
    run(home.kaltura(["login"])).fails_with(1).saying("no system keyring available");
    // With the value in a variable, the keyring is not asked.
    run(server.login([])).ends_with(0);
}
