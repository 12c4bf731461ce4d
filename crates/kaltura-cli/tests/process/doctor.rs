//! `kaltura doctor` where all is well: what it says, and what it sends.

use serde_json::{Value, json};

use crate::doctor_scene::{Diagnosis as _, Scene, TOKEN, VALUE};
use crate::emulator_process::{ADMIN_SECRET, text_of};
use crate::invocation::Kaltura;

/// Without the lines whose length depends on the place of the test's folder.
fn without_cache(text: &str) -> String {
    let mut is_cache = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            is_cache = line.contains("session cache");
        }
        if !is_cache {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[test]
fn people_read_a_line_for_each_check() {
    let scene = Scene::with_token(json!({}));
    let finished = scene.admin_doctor(["--action", "media.list", "--lifetime", "1h"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let url = scene.server.url();
    let address = url.trim_start_matches("http://");
    let expected = format!(
        "\
ok      settings        no profile: partner 1234567, app token 0_importer,
                        SHA256
ok      service URL     {url}, on this machine
ok      DNS             127.0.0.1 is an address, which needs no look-up
ok      connection      {address}, without TLS, answers
ok      API             it is the Kaltura API that answers: server
                        kaltura-emulator
ok      clock           this machine's clock agrees with the server's
ok      widget session  partner 1234567 is known here
ok      login           the app token is accepted with the hash type SHA256
ok      token state     ACTIVE, without an end of its own, sessions of 1 day,
                        type USER, user alice, privileges sview:*
ok      grant           user alice, USER, for 1 h, privileges
                        sessionid:0_importer,apptoken:0_importer,sview:*
ok      session         the server accepts the session
ok      action          media.list is allowed
skipped files           there are no profiles

in sum: no problem was found"
    );
    assert_eq!(without_cache(&finished.stdout), expected);
    let joined = finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let cache = text_of(scene.home.path()).to_owned() + "/cache can be written, and is for its owner alone";
    assert!(joined.contains(&format!("ok session cache {cache}")), "{joined}");
}

#[test]
fn programs_read_one_document() {
    let scene = Scene::with_token(json!({}));
    let finished = scene.doctor(["--json"]).run().ends_with(0);
    let url = scene.server.url();
    let address = url.trim_start_matches("http://");
    let cache =
        format!("{} can be written, and is for its owner alone", scene.home.path().join("cache").display());
    let line = |name: &str, verdict: &str, message: &str| json!({ "name": name, "verdict": verdict, "message": message });
    let expected = json!({
        "verdict": "ok",
        "exitCode": 0,
        "checks": [
            line("settings", "ok", "no profile: partner 1234567, app token 0_importer, SHA256"),
            line("serviceUrl", "ok", &format!("{url}, on this machine")),
            line("dns", "ok", "127.0.0.1 is an address, which needs no look-up"),
            line("connection", "ok", &format!("{address}, without TLS, answers")),
            line("api", "ok", "it is the Kaltura API that answers: server kaltura-emulator"),
            line("clock", "ok", "this machine's clock agrees with the server's"),
            line("widgetSession", "ok", "partner 1234567 is known here"),
            line("login", "ok", "the app token is accepted with the hash type SHA256"),
            line("tokenState", "skipped", "only an admin secret shows it, and none is at hand: --admin-secret-file FILE"),
            line("grant", "ok", "user alice, USER, for 1 day, privileges sessionid:0_importer,apptoken:0_importer,sview:*"),
            line("session", "ok", "the server accepts the session"),
            line("action", "skipped", "none was named: --action media.list"),
            line("sessionCache", "ok", &cache),
            line("files", "skipped", "there are no profiles"),
        ],
    });
    assert_eq!(finished.stdout, format!("{expected}\n"));
    finished.line("settings");
}

#[test]
fn no_request_is_sent_that_is_not_needed() {
    let scene = Scene::with_token(json!({}));
    scene.doctor([]).run().ends_with(0);
    let login = ["session.startWidgetSession", "appToken.startSession", "session.startWidgetSession"];
    assert_eq!(scene.calls(), login);

    scene.command(&json!("forgetCalls"));
    scene.admin_doctor(["--detect", "--action", "media.list"]).run().ends_with(0);
    let all = [login[0], login[1], "appToken.get", login[2], "media.list"];
    assert_eq!(scene.calls(), all);
}

#[test]
fn the_session_is_used_for_one_action_and_a_second_one_if_asked() {
    let scene = Scene::with_token(json!({ "sessionPrivileges": "actionslimit:1" }));
    scene.doctor([]).run().ends_with(0);
    let finished = scene.doctor(["--json", "--action", "media.list"]).run().ends_with(3);
    finished.blames("action", "as many calls as its actions limit allows", "actionslimit");
    let scene = Scene::with_token(json!({ "sessionPrivileges": "actionslimit:2", "sessionType": 2 }));
    // The parameter that is missing at first costs no action.
    scene.doctor(["--action", "appToken.get"]).run().ends_with(0);
}

#[test]
fn a_terminal_with_colours_and_utf8_gets_signs() {
    let scene = Scene::with_token(json!({ "sessionUserId": "bob" }));
    let show = |locale: &str| {
        let doctor = scene.doctor(["--user", "alice"]).env("CLICOLOR_FORCE", "1").env("LANG", locale);
        doctor.run().ends_with(0).stdout
    };
    let signs = show("C.UTF-8");
    for shown in ["\u{1b}[32m✓\u{1b}[0m login ", "!\u{1b}[0m grant ", "-\u{1b}[0m files "] {
        assert!(signs.contains(shown), "{signs}");
    }
    let words = show("C");
    assert!(words.contains("\u{1b}[32mok\u{1b}[0m      login ") && !words.contains('✓'), "{words}");
}

#[test]
fn lines_come_as_they_are_known() {
    let scene = Scene::with_token(json!({}));
    scene.command(&json!({ "injectFault": "slow:60000@appToken.startSession" }));
    let mut running = scene.doctor([]).start();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(running.child.stdout.take().unwrap()));
    let shown = lines.find(|line| line.as_ref().unwrap().contains("widget session")).unwrap().unwrap();
    assert_eq!(shown, "ok      widget session  partner 1234567 is known here");
}

#[test]
fn a_secret_is_not_taken_from_an_argument() {
    for arguments in [["--app-token", VALUE], ["--admin-secret", ADMIN_SECRET]] {
        let finished = Kaltura::new(["doctor"]).arguments(arguments).run().fails_with(2);
        assert!(!finished.saying("cannot be passed as an argument").stderr.contains(arguments[1]));
    }
    let both = ["--app-token-stdin", "--admin-secret-stdin"];
    let finished = Kaltura::new(["doctor"]).arguments(both).stdin("x").run().fails_with(2);
    finished.saying("cannot both be read from standard input");
}

#[test]
fn the_profile_in_use_is_told_and_its_admin_secret_taken() {
    let scene = Scene::with_token(json!({ "expiry": 2_000_000_000 }));
    let folder = scene.home.path().join("config");
    std::fs::create_dir(&folder).unwrap();
    let profile = format!(
        "default_profile = 'work'\n[profiles.work]\nservice_url = '{}'\npartner_id = 1234567\napp_token_id = '{TOKEN}'\n\
         hash_type = 'SHA256'\ntoken_variable = 'MINE'\nadmin_secret_variable = 'OURS'\n",
        scene.server.url()
    );
    std::fs::write(folder.join("config.toml"), profile).unwrap();
    let doctor = Kaltura::new(["doctor", "--json"])
        .env("KALTURA_CONFIG_DIR", text_of(&folder))
        .env("KALTURA_CACHE_DIR", text_of(&scene.home.path().join("cache")))
        .env("MINE", VALUE)
        .env("OURS", ADMIN_SECRET);
    let finished = doctor.run().ends_with(0);
    let message = &finished.line("settings")["message"];
    assert_eq!(message, "profile work: partner 1234567, app token 0_importer, SHA256");
    assert_eq!(finished.line("tokenState")["verdict"], "ok");
    assert_ne!(finished.line("tokenState")["message"], Value::Null);
    assert_eq!(finished.line("files")["verdict"], "ok");
}
