//! `kaltura doctor`: its lines, and what this machine adds to the diagnosis of the library (`tests/diagnosis.rs`).

use std::fs;
use std::path::Path;

use kaltura_emulator::{Clock, Emulator};
use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, PartnerId, SessionType, UnixTime};
use serde_json::json;

use crate::support::doctor::{Scene, TOKEN, at};
use crate::support::invocation::{Finished, Kaltura, Words, words};
use crate::support::odd_server::{OddServer, closed_port, ok, whole};
use crate::support::server::{ADMIN_SECRET, TestServer, VALUE, text_of};

/// A server that is not needed.
const NOWHERE: &str = "http://127.0.0.1:9";

impl Scene {
    fn json(&self, options: impl Words) -> Finished {
        self.doctor(["--json"]).arguments(options).run()
    }
}

/// At this URL, with JSON, and with a home that is removed afterwards.
fn json_at(url: &str, with: impl FnOnce(Kaltura) -> Kaltura) -> Finished {
    let home = tempfile::tempdir().unwrap();
    with(at(url, home.path()).arguments(["--json"])).run()
}

/// A KS of this account, good for an hour.
fn ks(partner: i64) -> String {
    let fields =
        KsFields::new(PartnerId::new(partner), SessionType::User, UnixTime::from_seconds(4_000_000_000));
    fields.sign_v2(&AdminSecret::new(ADMIN_SECRET), [7; 16]).unwrap().expose().to_owned()
}

#[test]
fn people_read_a_line_for_each_check() {
    let fixture = Scene::with_token(json!({}));
    let doctor = fixture.doctor(["--action", "media.list", "--lifetime", "1h"]);
    let finished = doctor.env("KALTURA_ADMIN_SECRET", ADMIN_SECRET).succeeds();
    assert_eq!(finished.stderr, "");
    let url = fixture.url();
    let address = url.trim_start_matches("http://");
    let expected = format!(
        "\
ok      settings        no profile: partner 1234567, app token 0_importer,
                        SHA256
ok      service URL     {url}, on this machine
ok      DNS             127.0.0.1 is an address, no lookup needed
ok      connection      {address}, no TLS: the server responded with HTTP
                        200
ok      API             the Kaltura API responded (server kaltura-emulator)
ok      clock           this machine's clock agrees with the server's
ok      widget session  partner 1234567 exists in this region
ok      login           the server accepts the app token with the hash type
                        SHA256
ok      token state     active, never expires, session duration 1 day, type
                        USER, user alice, privileges sview:*
ok      grant           user alice, USER, for 1 h, privileges
                        sessionid:0_importer,apptoken:0_importer,sview:*
ok      session         the server accepts the session
ok      action          media.list is allowed
"
    );
    assert!(words(&finished.stdout).starts_with(&words(&expected)), "{}", finished.stdout);
    let cache = text_of(fixture.home.path()).to_owned() + "/cache/sessions is writable, and only by you";
    assert!(words(&finished.stdout).contains(&format!("ok session cache {cache}")), "{}", finished.stdout);
    assert!(finished.stdout.ends_with("skipped files           no profiles found\n\nAll checks passed\n"));
    assert!(finished.stdout.lines().take(20).all(|line| line.len() <= 80), "{}", finished.stdout);
}

#[test]
fn programs_read_one_document() {
    let fixture = Scene::with_token(json!({ "status": "disabled" }));
    let document = fixture.json([]).ends_with(3).document();
    assert_eq!((&document["verdict"], &document["exitCode"]), (&json!("failed"), &json!(3)));
    let checks = document["checks"].as_array().unwrap();
    let names: Vec<&str> = checks.iter().map(|line| line["name"].as_str().unwrap()).collect();
    let expected = "settings serviceUrl dns connection api clock widgetSession login tokenState grant session action \
                    sessionCache files";
    assert_eq!(names.join(" "), expected);
    assert_eq!(
        checks[7],
        json!({
            "name": "login",
            "verdict": "failed",
            "message": "appToken.startSession failed: the app token is disabled: the server answered \
                        APP_TOKEN_NOT_ACTIVE (ID 0_importer)",
            "remedy": "The app token is disabled; no action of the API enables it. Create a new one.",
            "code": "APP_TOKEN_NOT_ACTIVE",
            "class": "authentication",
        })
    );
    assert_eq!(
        checks[9],
        json!({ "name": "grant", "verdict": "skipped", "message": "not checked: login failed" })
    );
    let text = fixture.doctor([]).run().ends_with(3);
    assert!(text.stdout.ends_with("\n1 check failed: login\n"), "{}", text.stdout);
    assert_eq!(text.stderr, "");
}

#[test]
fn remedies_name_the_options_and_commands_of_this_program() {
    let wrong_type = Scene::with_token(json!({ "hashType": "SHA512", "expiry": 4_000_000_000_i64 }));
    let plain = wrong_type.json([]).ends_with(3);
    plain.blames("login", "wrong value or hash type", "`kaltura doctor --detect` tries the other hash types");
    let detected = wrong_type.json(["--detect"]).ends_with(3);
    assert_eq!(detected.verdict("session"), "ok");
    assert_eq!(detected.check("login")["code"], "INVALID_APP_TOKEN_HASH");
    let set =
        "--hash-type SHA512, KALTURA_APP_TOKEN_HASH_TYPE=SHA512, or hash_type = \"SHA512\" in a profile";
    detected.blames("login", "rejects the hash type SHA256, and accepts SHA512", set);
    let unset = wrong_type.doctor(["--json", "--detect"]).env("KALTURA_APP_TOKEN_HASH_TYPE", "");
    assert_eq!(unset.succeeds().verdict("login"), "warning");

    let fixture = Scene::with_token(json!({ "sessionPrivileges": "actionslimit:1" }));
    let finished = fixture.json(["--action=media.list"]).ends_with(3);
    finished.blames("action", "as many calls as its actions limit allows", "actionslimit");
    let admin =
        fixture.doctor(["--json", "--app-token-id", "0_nosuch00"]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
    let state = admin.run().ends_with(5).check("tokenState");
    assert!(state["remedy"].as_str().unwrap().contains("`kaltura token list`"), "{state}");
    fixture.doctor(["--action=media.delete"]).fails(2).saying("others may change something");
}

#[test]
fn settings_that_are_missing_or_wrong_are_named_together_and_not_quoted() {
    let fixture = Scene::with_token(json!({}));
    let bare = Kaltura::new(["doctor", "--json", "--service-url", fixture.url()])
        .env("KALTURA_CACHE_DIR", fixture.home.path())
        .run()
        .ends_with(2);
    let message = bare.check("settings")["message"].to_string();
    for missing in ["--partner-id", "--app-token-id", "--hash-type", "the app token value"] {
        assert!(message.contains(missing), "{message}");
    }
    assert_eq!(bare.checks("failed"), ["settings"]);
    // The server is checked nevertheless.
    assert_eq!(bare.checks("ok")[..5], ["serviceUrl", "dns", "connection", "api", "clock"]);
    assert_eq!(bare.check("widgetSession")["message"], "not checked: settings failed");

    let no_value =
        fixture.doctor(["--json", "--app-token-file", "/nosuch"]).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET);
    let finished = no_value.run().ends_with(2);
    assert_eq!(["widgetSession", "tokenState"].map(|name| finished.verdict(name)), ["ok", "ok"]);
    assert_eq!(finished.check("login")["message"], "not checked: settings failed");

    let wrong = json_at(NOWHERE, |doctor| doctor.env("KALTURA_PARTNER_ID", "hush")).ends_with(2);
    assert!(!wrong.stdout.contains("hush") && wrong.stdout.contains("KALTURA_PARTNER_ID"), "{wrong:#?}");

    let swapped = fixture.doctor(["--json", "--app-token-id", VALUE]).env("KALTURA_APP_TOKEN", TOKEN);
    let finished = swapped.run().ends_with(5);
    assert!(finished.check("settings")["remedy"].to_string().contains("look swapped"), "{finished:#?}");
}

#[test]
fn the_profile_in_use_is_named_and_its_admin_secret_used() {
    let fixture = Scene::with_token(json!({}));
    let folder = fixture.home.path().join("config");
    fs::create_dir(&folder).unwrap();
    let profile = format!(
        "default_profile = 'work'\n[profiles.work]\nservice_url = '{}'\npartner_id = 1234567\n\
         app_token_id = '{TOKEN}'\nhash_type = 'SHA256'\ntoken_variable = 'MINE'\nadmin_secret_variable = 'OURS'\n",
        fixture.url()
    );
    let with = |profile: &str, options: &[&str]| {
        fs::write(folder.join("config.toml"), profile).unwrap();
        let doctor = Kaltura::new(["doctor", "--json"]).arguments(options);
        let doctor = doctor.env("KALTURA_CONFIG_DIR", &folder).env("MINE", VALUE);
        let cache = fixture.home.path().join("cache");
        doctor.env("KALTURA_CACHE_DIR", cache).env("OURS", ADMIN_SECRET).run()
    };
    let finished = with(&profile, &[]).ends_with(0);
    let message = &finished.check("settings")["message"];
    assert_eq!(message, "profile work: partner 1234567, app token 0_importer, SHA256");
    assert_eq!(["tokenState", "files"].map(|name| finished.verdict(name)), ["ok", "ok"]);
    let finished = with("[profiles.work]\nnosuch = 1\n", &[]).ends_with(2);
    assert_eq!(finished.check("action")["message"], "not checked: settings failed");
    assert_eq!(finished.verdict("sessionCache"), "ok");
    finished.blames("settings", "line 2", "");
    with("[profiles.work]\n", &["--profile", "play"]).ends_with(2).blames("settings", "play", "work");
    let echoing = "default_profile = 'a'\n[profiles.a]\ntoken_command = 'echo hush; exit 3'\npartner_id = 7\n\
                   app_token_id = '0_abcdefgh'\nhash_type = 'SHA1'\n";
    let finished = with(&format!("{echoing}service_url = '{NOWHERE}'\n"), &[]).ends_with(1);
    assert!(!finished.stdout.contains("hush"), "{finished:#?}");
    finished.blames("settings", "profile a: token_command", "");
}

#[test]
fn a_region_beside_a_url_is_said_to_be_ignored() {
    let finished = json_at(NOWHERE, |doctor| doctor.env("KALTURA_REGION", "eu")).ends_with(6);
    let line = finished.check("serviceUrl");
    assert_eq!(line["verdict"], "warning");
    let message = line["message"].to_string();
    assert!(message.contains("KALTURA_REGION is ignored, because KALTURA_SERVICE_URL is set"), "{message}");
    assert_eq!(json_at(NOWHERE, |doctor| doctor).ends_with(6).verdict("serviceUrl"), "ok");
}

#[test]
fn the_ks_of_the_environment_is_checked() {
    let fixture = Scene::with_token(json!({}));
    let with = |ks: &str| fixture.doctor(["--json"]).env("KALTURA_KS", ks).run();
    let good = with(&ks(1_234_567)).ends_with(0).check("ks");
    assert_eq!(good["verdict"], "ok");
    assert!(good["message"].to_string().contains("`kaltura call` uses it instead of a login"), "{good}");

    let whole = ks(1_234_567);
    for (text, why, remedy) in [
        (format!("b'{whole}'"), "bytes of Python", "ks.decode()"),
        (format!("\"{whole}\""), "in quotes", "jq"),
        ("null".to_owned(), "no value", "it had none"),
        (format!("{whole}%3D"), "percent-encoded", "Unset KALTURA_KS"),
        (whole[..whole.len() - 6].to_owned(), "encrypted part", "Copy the whole KS"),
        (ks(7), "KALTURA_KS is for partner 7, the settings for 1234567", "Unset KALTURA_KS"),
    ] {
        with(&text).ends_with(2).blames("ks", why, remedy);
    }
    let fields =
        KsFields::new(PartnerId::new(1_234_567), SessionType::User, UnixTime::from_seconds(1_500_000_000));
    let expired = fields.sign_v2(&AdminSecret::new(ADMIN_SECRET), [7; 16]).unwrap();
    with(expired.expose()).ends_with(3).blames("ks", "EXPIRED", "Set a new one");
    fixture.apply(json!({ "endSession": whole }));
    with(&whole).ends_with(3).blames("ks", "the session was refused: it was ended", "Set a new one");
    // Without a server its form is checked all the same.
    json_at(NOWHERE, |doctor| doctor.env("KALTURA_KS", "null")).ends_with(6).check("connection");
    let unset = fixture.json([]).ends_with(0);
    assert_eq!(unset.document()["checks"].as_array().unwrap().len(), 14);
}

#[test]
fn clocks_that_differ_are_a_warning() {
    let fixture = Scene::with_token(json!({}));
    // A proxy may write the date; the server tells its own time besides.
    fixture.apply(json!({ "skewDate": 3600 }));
    assert_eq!(fixture.json([]).ends_with(0).verdict("clock"), "ok");
    fixture.apply(json!({ "advanceClock": 3600 }));
    let clock = fixture.json([]).ends_with(0).check("clock");
    assert_eq!(clock["verdict"], "warning");
    assert!(clock["message"].to_string().contains("behind the server's"), "{clock}");
    assert!(clock["remedy"].to_string().contains("kaltura sign"), "{clock}");
}

#[test]
fn the_network_is_checked_first() {
    let finished = json_at(&closed_port(), |doctor| doctor).ends_with(6);
    assert_eq!(finished.check("api")["message"], "not checked: connection failed");
    finished.blames("connection", "connection refused", "the server is down");
    let hangs = OddServer::silent();
    let finished = json_at(&hangs.url, |doctor| doctor.arguments(["--timeout", "1s"])).ends_with(6);
    finished.blames("connection", "no response within the timeout", "Increase --timeout");
    let server = TestServer::new();
    let finished = json_at(&server.url().replace("http://", "https://"), |doctor| doctor).ends_with(6);
    finished.blames("connection", "does not speak TLS", "Check the port");
    let plain = json_at("http://example.com", |doctor| doctor).ends_with(2);
    assert_eq!(plain.check("dns")["message"], "not checked: service URL failed");
    plain.blames("serviceUrl", "plain http", "--allow-plain-http");
}

#[test]
fn a_server_that_is_not_kaltura_is_named_with_its_status_and_target() {
    let redirect = "Location: https://example.com/login?from=hush\r\n";
    for (answer, message, remedy) in [
        (ok("text/html", "<!DOCTYPE html><p>Sign in to the Wi-Fi"), "an HTML page", "Check the service URL"),
        (whole("503 Service Unavailable", "", ""), "HTTP 503", "try again later"),
        (whole("302 Found", redirect, ""), "HTTP 302", "It leads to https://example.com/login."),
    ] {
        let server = OddServer::answering(answer);
        let finished = json_at(&server.url, |doctor| doctor).ends_with(7);
        assert!(!finished.stdout.contains("hush"), "{finished:#?}");
        assert_eq!(finished.verdict("connection"), "ok");
        finished.blames("api", message, remedy);
        assert_eq!(server.requests.try_iter().count(), 1, "{message}");
    }
}

#[test]
fn a_login_says_where_a_redirect_leads_and_does_not_blame_the_token_for_the_clock() {
    let redirect = "Location: https://me:hush@example.com/login?from=hush\r\n";
    let server = OddServer::answering(whole("302 Found", redirect, ""));
    let login =
        Kaltura::new(["login", "--service-url", &server.url, "--partner-id=1", "--app-token-id=0_abcdefgh"]);
    let login = login.arguments(["--hash-type=SHA1"]).env("KALTURA_APP_TOKEN", VALUE);
    let refused = login.fails(7).saying("It leads to https://example.com/login.");
    assert!(!refused.stderr.contains("hush"), "{refused:#?}");
    // The clock of this machine is years ahead of the server's.
    let clock = Clock::frozen_at(UnixTime::from_seconds(1_700_000_000));
    let behind = TestServer::start(Emulator::builder().clock(clock));
    behind.login(["--verify"]).succeeds();
}

#[cfg(unix)]
#[test]
fn files_and_a_cache_that_are_open_to_others_are_warnings() {
    use std::os::unix::fs::PermissionsExt as _;

    let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let (folder, cache) = (home.path().join("config"), home.path().join("cache"));
    fs::create_dir(&folder).unwrap();
    let (config, secret) = (folder.join("config.toml"), folder.join("token"));
    fs::write(&config, "[profiles.work]\ntoken_file = 'token'\n").unwrap();
    fs::write(&secret, "value\n").unwrap();
    let line = |name: &str| {
        let doctor = at(NOWHERE, home.path()).arguments(["--json", "--profile", "work"]);
        doctor.run().ends_with(6).check(name)
    };
    set_mode(&folder, 0o755);
    set_mode(&config, 0o644);
    set_mode(&secret, 0o600);
    assert_eq!((&line("files")["verdict"], &line("sessionCache")["verdict"]), (&json!("ok"), &json!("ok")));
    let sessions = cache.join("sessions");
    assert_eq!(fs::read_dir(&sessions).unwrap().count(), 0);
    set_mode(&config, 0o664);
    set_mode(&secret, 0o640);
    let files = line("files");
    assert_eq!(files["verdict"], "warning");
    let remedy = files["remedy"].as_str().unwrap();
    assert!(remedy.contains(&format!("chmod go-w '{}'", config.display())), "{files}");
    assert!(remedy.contains(&format!("chmod 600 '{}'", secret.display())), "{files}");
    // What is open to others above the sessions lists nothing of them.
    set_mode(&cache, 0o755);
    assert_eq!(line("sessionCache")["verdict"], "ok");
    let of_token = sessions.join("0a".repeat(32));
    fs::create_dir(&of_token).unwrap();
    for (path, message) in [(&sessions, "can list"), (&of_token, "its sessions are not used")] {
        set_mode(&sessions, 0o700);
        set_mode(&of_token, 0o700);
        assert_eq!(line("sessionCache")["verdict"], "ok");
        set_mode(path, 0o755);
        let open = line("sessionCache");
        assert_eq!(open["verdict"], "warning");
        assert!(open["message"].to_string().contains(message), "{open}");
        let remedy = open["remedy"].as_str().unwrap();
        assert!(remedy.contains("chmod ") && remedy.contains(text_of(&sessions)), "{open}");
    }
    fs::remove_dir_all(&cache).unwrap();
    fs::write(&cache, "a file").unwrap();
    assert!(line("sessionCache")["message"].to_string().contains("cannot be written"));
    let homeless = Kaltura::new(["doctor", "--json"]).run().ends_with(2).check("sessionCache");
    assert!(homeless["remedy"].to_string().contains("KALTURA_CACHE_DIR"), "{homeless}");
}
