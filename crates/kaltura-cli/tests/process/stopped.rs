//! Being told to stop where nothing but waiting is done.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::control::{calls, calls_so_far, obey};
use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::{Kaltura, Running};
use crate::terminal::Terminal;

const VALUE: &str = "0123456789abcdef0123456789abcdef";
/// More than the command itself waits for those who listen.
const SOON: Duration = Duration::from_secs(15);

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({}))]))
}

/// A call whose session in the cache is over on the server, so that it wants a new one after the first request.
fn refused_call(server: &EmulatorProcess, cache: &Path) -> Kaltura {
    server.cached(cache, ["ks"]).run().ends_with(0);
    obey(server, &json!({ "advanceClock": 90_000 }));
    let call = server.cached(cache, ["call", "media.list"]);
    calls(server);
    call
}

fn lock_file(cache: &Path) -> PathBuf {
    let folder = fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|ending| ending == "lock")).unwrap()
}

/// Waits until the server has refused a call.
fn wait_for_a_refusal(server: &EmulatorProcess) {
    for _ in 0..500 {
        if calls_so_far(server).iter().any(|call| call.starts_with("media.list ")) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no call was refused");
}

#[test]
fn who_waits_for_a_lock_can_be_stopped() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (server, cache) = (server(), tempfile::tempdir().unwrap());
        let call = refused_call(&server, cache.path());
        let held = File::open(lock_file(cache.path())).unwrap();
        held.lock().unwrap();
        let running: Running = call.start();
        wait_for_a_refusal(&server);
        running.signal(signal);
        running.wait_at_most(SOON).ends_with(code);
    }
}

#[test]
fn who_waits_for_a_command_of_the_profile_can_be_stopped() {
    let (server, home) = (server(), tempfile::tempdir().unwrap());
    let (cache, mark) = (home.path().join("cache"), home.path().join("mark"));
    fs::write(
        home.path().join("config.toml"),
        format!(
            "default_profile = 'a'\n[profiles.a]\nservice_url = '{}'\npartner_id = 1234567\n\
             app_token_id = '0_importer'\nhash_type = 'SHA256'\ntoken_command = 'echo x > {}; exec sleep 20 2>/dev/null'\n",
            server.url(),
            mark.display(),
        ),
    )
    .unwrap();
    drop(refused_call(&server, &cache));
    let call = Kaltura::new(["call", "media.list"])
        .env("KALTURA_CONFIG_DIR", text_of(home.path()))
        .env("KALTURA_CACHE_DIR", text_of(&cache))
        .env("PATH", &std::env::var("PATH").unwrap());
    let running = call.start();
    while !mark.exists() {
        thread::sleep(Duration::from_millis(20));
    }
    running.signal("TERM");
    running.wait_at_most(SOON).ends_with(143);
}

#[test]
fn who_is_asked_at_a_terminal_can_be_stopped_from_elsewhere() {
    let server = server();
    let mut terminal = Terminal::open(server.login_without_value([]));
    terminal.wait_for("The value of the app token 0_importer:");
    terminal.signal("TERM");
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (143, true), "{left:?}");
}
