//! Being told to stop where nothing but waiting is done.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::program::Running;
use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, VALUE, server, text_of};
use crate::terminal::Terminal;

/// More than the command itself waits for those who listen.
const SOON: Duration = Duration::from_secs(15);

/// A call whose session in the cache is over on the server, so that it wants a new one after the first request.
fn refused_call(server: &TestServer, cache: &Path) -> Kaltura {
    server.cached(cache, ["ks"]).succeeds();
    server.apply(json!({ "advanceClock": 90_000 }));
    let call = server.cached(cache, ["call", "media.list"]);
    server.calls();
    call
}

fn lock_file(cache: &Path) -> PathBuf {
    let folder = fs::read_dir(cache.join("sessions")).unwrap().next().unwrap().unwrap().path();
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|ending| ending == "lock")).unwrap()
}

#[test]
fn a_process_that_waits_for_a_lock_can_be_stopped() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let server = server();
        let call = refused_call(&server, server.cache.path());
        let held = File::open(lock_file(server.cache.path())).unwrap();
        held.lock().unwrap();
        let running: Running = call.start();
        server.wait_for("media.list ", 1);
        // The answer has to arrive before it waits for the lock.
        thread::sleep(Duration::from_millis(200));
        running.signal(signal);
        running.wait_at_most(SOON).ends_with(code);
    }
}

#[test]
fn a_process_that_waits_for_a_command_of_the_profile_can_be_stopped() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let mark = folder.path().join("mark");
    let home = home_of_a_command(&server, &format!("echo x > {}; exec sleep 20", text_of(&mark)));
    drop(refused_call(&server, &home.path("cache")));
    let call = home.kaltura(["call", "media.list"]).with_path();
    let running = call.start();
    while !mark.exists() {
        thread::sleep(Duration::from_millis(20));
    }
    running.signal("TERM");
    running.wait_at_most(SOON).ends_with(143);
}

#[test]
fn a_prompt_can_be_stopped_from_elsewhere() {
    let server = server();
    let mut terminal = Terminal::open(server.login_without_value([]));
    terminal.wait_for("The app token value 0_importer:");
    terminal.signal("TERM");
    let left = terminal.left();
    assert_eq!((left.code, left.echoes), (143, true), "{left:?}");
}

/// A home whose profile takes the token's value from this command.
fn home_of_a_command(server: &TestServer, command: &str) -> Home {
    let entries = format!(
        "default_profile = 'a'\n[profiles.a]\nservice_url = '{}'\npartner_id = 1234567\n\
         app_token_id = '0_importer'\nhash_type = 'SHA256'\ntoken_command = \"{command}\"\n",
        server.url(),
    );
    Home::with_profiles(&entries)
}

#[cfg(target_os = "linux")]
fn is_alive(id: &str) -> bool {
    // One that was not waited for has an entry there, and has ended nevertheless.
    fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('Z')))
}

/// Whether the tests were started by `nohup`, which the command inherits.
#[cfg(target_os = "linux")]
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
    u64::from_str_radix(ignored, 16).unwrap() & 1 == 1
}

/// Waits until this file has a line.
#[cfg(target_os = "linux")]
fn line_of(path: &Path) -> String {
    for _ in 0..1_500 {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
    panic!("there is no {}", path.display());
}

/// The shell of the command, and what it waits for.
#[cfg(target_os = "linux")]
#[test]
fn a_command_of_the_profile_ends_with_the_one_that_waits_for_it() {
    let server = server();
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        if signal == "HUP" && hangup_is_ignored() {
            continue;
        }
        for arguments in [&["ks"][..], &["login"], &["doctor"]] {
            let folder = tempfile::tempdir().unwrap();
            let (shell, inner) = (folder.path().join("shell"), folder.path().join("inner"));
            // The inner one has a child of its own, and prints when that has ended.
            let script = format!("echo $$ > {}; sleep 60; echo done", text_of(&inner));
            let script_file = folder.path().join("script");
            fs::write(&script_file, script).unwrap();
            let command = format!("echo $$ > {}; sh {}; true", text_of(&shell), text_of(&script_file));
            let home = home_of_a_command(&server, &command);
            let kaltura = home.kaltura(arguments).with_path();
            let running = kaltura.start();
            let ids = [line_of(&shell), line_of(&inner)];
            assert!(ids.iter().all(|id| is_alive(id)));
            running.signal(signal);
            // What they hold open is read to its end below, which would wait for them.
            for _ in 0..500 {
                if !ids.iter().any(|id| is_alive(id)) {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            assert!(!ids.iter().any(|id| is_alive(id)), "{signal} {arguments:?}");
            let finished = running.wait_at_most(SOON);
            assert_eq!((finished.code, finished.stdout.as_str()), (Some(code), ""), "{finished:#?}");
        }
    }
}

/// A program that ignores the signal is killed.
#[cfg(target_os = "linux")]
#[test]
fn a_command_that_does_not_want_to_end_is_killed() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let (shell, inner) = (folder.path().join("shell"), folder.path().join("inner"));
    let script = format!("trap '' TERM; echo $$ > {}; while :; do sleep 1; done", text_of(&inner));
    let script_file = folder.path().join("script");
    fs::write(&script_file, script).unwrap();
    let command = format!("trap '' TERM; echo $$ > {}; sh {}; true", text_of(&shell), text_of(&script_file));
    let home = home_of_a_command(&server, &command);
    let running = home.kaltura(["ks"]).with_path().start();
    let ids = [line_of(&shell), line_of(&inner)];
    running.signal("TERM");
    for _ in 0..500 {
        if !ids.iter().any(|id| is_alive(id)) {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let alive: Vec<_> = ids.iter().filter(|id| is_alive(id)).collect();
    for id in &alive {
        let _ = Command::new("kill").args(["-KILL", id.as_str()]).status();
    }
    assert!(alive.is_empty());
    running.wait_at_most(SOON).ends_with(143);
}

#[test]
fn what_a_command_leaves_in_the_background_is_not_waited_for() {
    let server = server();
    let home = home_of_a_command(&server, &format!("echo {VALUE}; sleep 40 2>&- &"));
    let running = home.kaltura(["ks"]).with_path().start();
    running.wait_at_most(SOON).ends_with(0);
}

/// As with `nohup`.
#[cfg(target_os = "linux")]
#[test]
fn a_process_can_outlive_its_terminal() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let mark = folder.path().join("mark");
    let command = format!("echo x > {}; sleep 1; echo {VALUE}", text_of(&mark));
    let home = home_of_a_command(&server, &command);
    let kaltura = home.kaltura(["ks"]).with_path().into_command();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(kaltura.get_program()).args(kaltura.get_args());
    shell.env_clear().envs(kaltura.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = shell.stdout(Stdio::piped()).spawn().unwrap();
    line_of(&mark);
    let kill = Command::new("kill").args(["-HUP", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"djJ8"), "{output:?}");
}
