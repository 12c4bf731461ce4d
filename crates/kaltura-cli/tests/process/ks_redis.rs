//! A session that commands share through a real Redis: `redis-server` on a free port of loopback, with nothing saved.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::program::Running;
use crate::support::invocation::{Finished, Kaltura};
use crate::support::server::{TestServer, VALUE, server, text_of};

const PASSWORD: &str = "hush-9f3a";
const WRONG: &str = "hush-wrong";
/// Set in CI: there a missing program is a failure.
const REQUIRED: &str = "KALTURA_CI_REQUIRE_REDIS";
/// How often to look whether a server has started, and how long to wait before. It needs a few milliseconds.
const LOOKS: usize = 6_000;
const PAUSE: Duration = Duration::from_millis(10);

/// A running server. Dropping it kills the process.
struct Redis {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// Nothing if it is not installed: then the test is skipped, with a line that says so.
    fn start(options: &[&str]) -> Option<Self> {
        let paths = env::var_os("PATH").unwrap_or_default();
        if !env::split_paths(&paths).any(|path| path.join("redis-server").is_file()) {
            assert!(env::var_os(REQUIRED).is_none(), "redis-server is not installed, and {REQUIRED} is set");
            let test = thread::current().name().unwrap_or_default().to_owned();
            eprintln!("skipped: {test}: redis-server is not installed");
            return None;
        }
        // Another process may take the port before the server does.
        let started = (0..10).find_map(|_| Self::try_start(free_port(), options));
        Some(started.expect("redis-server starts"))
    }

    fn try_start(port: u16, options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]);
        command.arg(folder.path()).args(options).stdin(Stdio::null()).stdout(Stdio::null());
        let mut server = Self { process: command.spawn().unwrap(), port, _folder: folder };
        for _ in 0..LOOKS {
            thread::sleep(PAUSE);
            if server.process.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(server);
            }
        }
        None
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn url_with(&self, password: &str) -> String {
        format!("redis://:{password}@127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn logins(server: &TestServer) -> usize {
    server.calls().iter().filter(|call| *call == "appToken.startSession").count()
}

/// A command of a machine of its own, whose cache is empty.
fn kaltura(server: &TestServer, machine: &Path, arguments: &[&str]) -> Kaltura {
    server.cached(&machine.join("cache"), arguments)
}

/// The same, on a machine that no command has run on before.
fn run_elsewhere(
    server: &TestServer,
    arguments: &[&str],
    change: impl FnOnce(Kaltura) -> Kaltura,
) -> Finished {
    let machine = tempfile::tempdir().unwrap();
    change(kaltura(server, machine.path(), arguments)).run_process()
}

#[track_caller]
fn shows_no_password(finished: Finished) -> Finished {
    assert!(!format!("{finished:?}").contains("hush"), "{finished:#?}");
    finished
}

#[test]
fn of_twenty_at_once_one_logs_in_and_a_new_one_adopts_its_session() {
    let Some(redis) = Redis::start(&[]) else { return };
    let server = server();
    let machines: Vec<_> = (0..20).map(|_| tempfile::tempdir().unwrap()).collect();
    let ks = |machine: &tempfile::TempDir| {
        kaltura(&server, machine.path(), &["ks"]).env("KALTURA_STORE", redis.url()).start()
    };
    let running: Vec<Running> = machines.iter().map(ks).collect();
    let outputs: Vec<String> = running.into_iter().map(|one| one.wait().ends_with(0).stdout).collect();
    assert!(outputs.iter().all(|one| *one == outputs[0]), "{outputs:#?}");
    assert_eq!(server.calls(), ["session.startWidgetSession", "appToken.startSession"]);

    let later = run_elsewhere(&server, &["ks", "--json", "--store", &redis.url()], |ks| ks).ends_with(0);
    let document = later.document();
    assert_eq!(document["ks"], outputs[0].trim_end());
    assert_eq!((&document["fromCache"], &document["warnings"]), (&json!(true), &json!([])));
    assert_eq!(server.calls(), [""; 0]);
    // A process without the value of the token finds nothing.
    let other = |ks: Kaltura| ks.env("KALTURA_APP_TOKEN", VALUE.replace('0', "1"));
    run_elsewhere(&server, &["ks", "--store", &redis.url()], other).fails_with(3);
}

#[test]
fn a_store_that_is_down_or_does_not_answer_costs_a_login() {
    let Some(redis) = Redis::start(&[]) else { return };
    let server = server();
    let ks = || run_elsewhere(&server, &["ks"], |ks| ks.env("KALTURA_STORE", redis.url()));
    let stop = |name: &str| {
        let status = Command::new("kill").args([name, &redis.process.id().to_string()]).status();
        assert!(status.unwrap().success());
    };
    assert_eq!(ks().ends_with(0).stderr, "");
    stop("-STOP");
    let finished = ks().ends_with(0).saying("note: session store: ");
    assert!(finished.stdout.starts_with("djJ8"), "{finished:#?}");
    stop("-CONT");
    assert_eq!(ks().ends_with(0).stderr, "");
    assert_eq!(logins(&server), 2);

    let url = redis.url_with(PASSWORD);
    drop(redis);
    for options in [&["ks"][..], &["ks", "--json"], &["ks", "-v"]] {
        let down = run_elsewhere(&server, options, |ks| ks.env("KALTURA_STORE", &url)).ends_with(0);
        shows_no_password(down.saying(if options.contains(&"--json") { "" } else { "session store: " }));
    }
    assert_eq!(logins(&server), 3);
}

#[test]
fn the_password_of_the_url_is_used_and_never_shown() {
    let Some(redis) = Redis::start(&["--requirepass", PASSWORD]) else { return };
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let url = redis.url_with(PASSWORD);
    let file = folder.path().join("store");
    fs::write(&file, format!("{url}\n")).unwrap();
    let file = text_of(&file);
    let by_variable = |arguments: &[&str]| {
        shows_no_password(run_elsewhere(&server, arguments, |one| one.env("KALTURA_STORE", &url)))
    };
    let by_file = |arguments: &[&str]| {
        shows_no_password(run_elsewhere(&server, &[arguments, &["--store-file", file]].concat(), |one| one))
    };
    // One login: the password was taken from each place.
    let first = by_variable(&["ks"]).ends_with(0);
    assert_eq!(first.stderr, "");
    for finished in [by_file(&["ks"]), by_variable(&["ks", "-v"]), by_file(&["ks", "-v"])] {
        assert_eq!(finished.ends_with(0).stdout, first.stdout);
    }
    for finished in [by_variable(&["ks", "--json"]), by_file(&["ks", "--json"])] {
        assert_eq!(finished.ends_with(0).document()["fromCache"], true);
    }
    by_variable(&["call", "media.list", "-v"]).ends_with(0);
    by_variable(&["status", "--json"]).ends_with(0);
    assert_eq!(logins(&server), 1);
    let doctor = by_variable(&["doctor", "--json"]);
    assert!(doctor.stdout.contains("sessionCache"), "{doctor:#?}");
    by_variable(&["doctor", "-v"]);
    // A program that is run with the session does not get it.
    by_variable(&["exec", "--", "/usr/bin/env"]).ends_with(0);

    // An argument is refused, whatever else is set, and not repeated.
    server.calls();
    for json in [&[][..], &["--json"], &["-v"]] {
        let refused = by_variable(&[&["ks", "--store", &url], json].concat()).fails_with(2);
        refused.saying("must not contain a password").saying("KALTURA_STORE");
    }
    assert_eq!(server.calls(), [""; 0]);

    // The server refuses this one: a login, and a note without it.
    let wrong = redis.url_with(WRONG);
    for options in [&["ks"][..], &["ks", "-v"], &["ks", "--json"]] {
        let finished = run_elsewhere(&server, options, |ks| ks.env("KALTURA_STORE", &wrong)).ends_with(0);
        let finished = shows_no_password(finished);
        assert!(format!("{finished:?}").contains("session store: "), "{finished:#?}");
    }
    assert_eq!(logins(&server), 3);
}
