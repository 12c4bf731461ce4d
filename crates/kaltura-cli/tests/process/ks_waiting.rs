//! Many commands that want the same session: one logs in, and what becomes of it is for all of them.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::control::calls;
use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::{Kaltura, Running};
use crate::profile_scene::Home;

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

/// A home whose profile takes the token's value from a command, which leaves a line in the file `runs` first.
fn home(url: &str, command: &str) -> Home {
    let home = Home::with_profiles("");
    let runs = home.path("runs");
    fs::write(&runs, "").unwrap();
    let entries = format!(
        "default_profile = 'a'\n[profiles.a]\nservice_url = '{url}'\npartner_id = 1234567\n\
         app_token_id = '0_importer'\nhash_type = 'SHA256'\n\
         token_command = \"echo x >> '{}'; {command}\"\n",
        text_of(&runs),
    );
    fs::write(home.file(), entries).unwrap();
    home
}

fn runs(home: &Home) -> usize {
    fs::read_to_string(home.path("runs")).unwrap().lines().count()
}

fn kaltura(home: &Home, arguments: &[&str]) -> Kaltura {
    home.kaltura(arguments.iter().copied()).env("PATH", &std::env::var("PATH").unwrap())
}

fn start(home: &Home, count: usize) -> Vec<Running> {
    (0..count).map(|_| kaltura(home, &["ks", "--timeout=1s"]).start()).collect()
}

/// `--timeout` is for the requests: it takes longer until the command has printed the value.
#[test]
fn who_logs_in_slowly_is_waited_for() {
    let server = server();
    let home = home(server.url(), &format!("sleep 4; echo {VALUE}"));
    let running = start(&home, 6);
    thread::sleep(Duration::from_secs(1));
    let late = kaltura(&home, &["ks"]).start();
    let finished: Vec<_> = running.into_iter().chain([late]).map(|one| one.wait().ends_with(0)).collect();
    assert!(finished.iter().all(|one| one.stdout == finished[0].stdout), "{finished:#?}");
    assert_eq!(runs(&home), 1);
    assert_eq!(calls(&server), ["session.startWidgetSession", "appToken.startSession"]);
    let told = finished.iter().filter(|one| one.stderr.contains("waiting for another kaltura")).count();
    assert_eq!(told, 6, "{finished:#?}");
}
