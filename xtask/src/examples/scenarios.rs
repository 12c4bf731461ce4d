//! What each example must do, seen from outside: by its output, by its exit code, and by the calls at the server.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::Environment;
use super::program::Program;
use crate::Failure;
use crate::emulator::EmulatorProcess;
use crate::fleet::redis::Server;
use crate::http::{Request, Response};

/// Returns what was seen.
type Scenario = fn(&Environment) -> Result<String, Failure>;

pub(super) const ALL: [(&str, Scenario); 7] = [
    ("web-service", web_service),
    ("transports", transports),
    ("nightly-import", nightly_import),
    ("chunked-upload", chunked_upload),
    ("redis-workers", redis_workers),
    ("token-rotation", token_rotation),
    ("browser-page", browser_page),
];

/// The user that owns two of the three samples of the emulator.
const IMPORTER: (&str, &str) = ("KALTURA_USER", "nightly-import");

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, expected: T) -> Result<(), Failure> {
    if seen == expected { Ok(()) } else { Err(format!("{what}: {seen:?}, expected {expected:?}").into()) }
}

fn logins(emulator: &EmulatorProcess) -> Result<usize, Failure> {
    emulator.count("appToken.startSession")
}

impl Environment {
    fn emulator(&self) -> Result<EmulatorProcess, Failure> {
        EmulatorProcess::start_with_control(&self.kaltura)
    }

    fn start(
        &self,
        arguments: &[&str],
        emulator: &EmulatorProcess,
        variables: &[(&str, &str)],
    ) -> Result<Program, Failure> {
        Program::start(&self.programs, arguments, emulator, variables)
    }

    /// Runs a program to its end. Returns its last line.
    fn run(
        &self,
        arguments: &[&str],
        emulator: &EmulatorProcess,
        variables: &[(&str, &str)],
    ) -> Result<String, Failure> {
        let lines = self.start(arguments, emulator, variables)?.finish()?;
        lines.last().cloned().ok_or_else(|| format!("{} prints nothing", arguments.join(" ")).into())
    }
}

/// Sessions of two users, a session for a browser, errors, metrics, and an end that waits for a request.
fn web_service(environment: &Environment) -> Result<String, Failure> {
    let emulator = environment.emulator()?;
    let token = json!({ "hashType": "SHA256", "sessionPrivileges": "sview:*" });
    let token = emulator.control(&json!({ "addToken": token }))?["created"][0]["token"].clone();
    let text = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
    let (id, value) = (text("id"), text("token"));
    let variables =
        [("KALTURA_APP_TOKEN_ID", id.as_str()), ("KALTURA_APP_TOKEN", &value), ("LISTEN", "127.0.0.1:0")];
    let program = environment.start(&["web-service"], &emulator, &variables)?;
    let (program, server) = program.wait_for("listening on ")?;
    let get = |path: &str| Request::get().send(&server, path);

    for (user, entries) in [("nightly-import", 2), ("alice", 1)] {
        for _ in 0..2 {
            let response = get(&format!("/users/{user}/media"))?;
            let listed: Vec<Value> = serde_json::from_str(&response.body)?;
            expect("entries", (response.status, listed.len()), (200, entries))?;
        }
    }
    expect("logins of the service and of two users", logins(&emulator)?, 3)?;

    let post = |path: &str| Request::post("").send(&server, path);
    let response = post("/users/alice/media/0_sample03/session")?;
    let session: Value = serde_json::from_str(&response.body)?;
    expect("a KS", session["ks"].as_str().is_some_and(|ks| ks.len() > 40), true)?;
    let login = emulator.calls("appToken.startSession")?.pop().unwrap_or_default();
    expect("privileges", &login["values"]["sessionPrivileges"], &json!("sview:0_sample03"))?;
    let response = post("/users/alice/media/0_sample03,disableentitlement/session")?;
    expect("a text that adds a privilege", response.status, 400)?;

    emulator.control(&json!({ "injectFault": "string:moved@media.list" }))?;
    expect("an unknown response", get("/users/alice/media")?.status, 502)?;
    emulator.control(&json!("clearFaults"))?;

    let health = get("/health")?;
    expect("health", health.body.contains("\"healthy\":true"), true)?;
    let Response { status, body: metrics } = get("/metrics")?;
    let counted = metrics.contains("kaltura_logins_total{result=\"success\"} 4");
    expect("metrics", (status, counted), (200, true)).map_err(|error| format!("{error}\n{metrics}"))?;

    emulator.control(&json!({ "setLatency": [1000, 1000] }))?;
    thread::scope(|scope| {
        let request =
            scope.spawn(|| Ok(get("/users/alice/media").map_err(|error| error.to_string())?.status));
        // Until the request has arrived.
        while emulator.count("media.list")? < 6 && !request.is_finished() {
            thread::sleep(Duration::from_millis(20));
        }
        program.terminate()?;
        let status = request.join().map_err(|_| "the request panicked")?;
        expect("a request during the shutdown", status, Ok::<u16, String>(200))
    })?;
    let lines = program.finish()?;
    expect("the last line", lines.last().map(String::as_str), Some("stopped"))?;
    emulator.stop()?;
    Ok("4 sessions, each with what it may do; stopped after the request under way".to_owned())
}

/// A login and a call over each of them. That they keep the contract is tested in the example.
fn transports(environment: &Environment) -> Result<String, Failure> {
    let emulator = environment.emulator()?;
    for (number, name) in (1..).zip(["ureq", "hyper", "tower"]) {
        let line = environment.run(&["transports", name], &emulator, &[IMPORTER])?;
        expect("the output", line, format!("{name}: 2 entries"))?;
        expect("logins", logins(&emulator)?, number)?;
    }
    emulator.stop()?;
    Ok("a login and a call with ureq, hyper and tower".to_owned())
}

/// Two runs, with more entries than fit into a page: one login, and nothing is added twice.
fn nightly_import(environment: &Environment) -> Result<String, Failure> {
    let emulator = environment.emulator()?;
    let old = (1..=600)
        .map(|number| json!({ "addEntry": { "name": format!("old {number}"), "userId": IMPORTER.1 } }));
    emulator.control(&old.collect())?;
    let directory = tempfile::tempdir()?;
    let (titles, cache) = (directory.path().join("titles.txt"), directory.path().join("cache"));
    fs::write(&titles, "lecture 1\nold 600\n\nlecture 2\n")?;
    let arguments = ["nightly-import", &titles.to_string_lossy(), &cache.to_string_lossy()];
    let first = environment.run(&arguments, &emulator, &[IMPORTER])?;
    expect("the first run", first.as_str(), "added 2, already there 1")?;
    let second = environment.run(&arguments, &emulator, &[IMPORTER])?;
    expect("the second run", second.as_str(), "added 0, already there 3")?;
    expect("logins", logins(&emulator)?, 1)?;
    expect("added entries", emulator.count("media.add")?, 2)?;
    let pages = emulator.count("media.list")?;
    expect("pages of two runs", pages >= 4, true)?;
    emulator.stop()?;
    Ok(format!("2 runs, 1 login, {pages} pages of 602 entries"))
}

/// A program that is killed goes on where it was.
fn chunked_upload(environment: &Environment) -> Result<String, Failure> {
    const MIB: u64 = 1 << 20;
    let emulator = environment.emulator()?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("lecture.mp4");
    File::create(&path)?.set_len(20 * MIB)?;
    let arguments = ["chunked-upload", &*path.to_string_lossy()];

    // Slow enough to be killed in the middle.
    emulator.control(&json!({ "injectFault": "slow:1000@uploadToken.upload" }))?;
    let killed = environment.start(&arguments, &emulator, &[])?;
    drop(killed.wait_for(&format!("{} of ", 8 * MIB))?);
    emulator.control(&json!("clearFaults"))?;

    let (second, offset) = environment.start(&arguments, &emulator, &[])?.wait_for("continue at ")?;
    expect("the offset", offset, format!("{} of {}", 8 * MIB, 20 * MIB))?;
    let lines = second.finish()?;
    expect("an entry", lines.last().is_some_and(|line| line.starts_with("entry 0_")), true)?;
    expect("upload tokens", emulator.count("uploadToken.add")?, 1)?;
    // Two chunks, perhaps one that was under way, and three more.
    let chunks = emulator.count("uploadToken.upload")?;
    expect("5 or 6 chunks", (5..=6).contains(&chunks), true)?;
    expect("contents of entries", emulator.count("media.addContent")?, 1)?;
    expect("a state file", fs::read_dir(directory.path())?.count(), 1)?;
    emulator.stop()?;
    Ok(format!("killed after 2 of 5 chunks, {chunks} requests for them"))
}

/// Four processes share 40 jobs and one session.
fn redis_workers(environment: &Environment) -> Result<String, Failure> {
    let Some(programs) = &environment.redis else {
        return Ok("skipped: redis-server is not installed".to_owned());
    };
    let emulator = environment.emulator()?;
    let redis = Server::start(programs, &[])?;
    redis.command(&format!("RPUSH entries 0_missing1{}", " 0_sample01 0_sample02 0_sample01".repeat(13)))?;
    let url = redis.url();
    let workers = (0..4).map(|_| environment.start(&["redis-workers", &url], &emulator, &[]));
    let mut found = 0;
    for worker in workers.collect::<Result<Vec<_>, _>>()? {
        let lines = worker.finish()?;
        found += lines.iter().filter(|line| line.starts_with("0_sample0")).count();
    }
    expect("found entries", found, 39)?;
    expect("calls", emulator.count("media.get")?, 40)?;
    expect("logins", logins(&emulator)?, 1)?;
    expect("jobs that are left", redis.command("LLEN entries:under-way")?.as_str(), ":0")?;
    emulator.stop()?;
    Ok("4 processes, 40 jobs, 1 login".to_owned())
}

/// The token is replaced under a service that makes calls all the time.
fn token_rotation(environment: &Environment) -> Result<String, Failure> {
    let emulator = environment.emulator()?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("token.json");
    let file = &*file.to_string_lossy();
    let seconds = [("SESSION_SECONDS", "4")];
    let created = environment.run(&["rotate", "--create", file], &emulator, &[])?;
    let old = created.strip_prefix("created ").unwrap_or_default().to_owned();
    let (service, _) = environment.start(&["service", file], &emulator, &seconds)?.wait_for("ready")?;
    expect(
        "the end of the rotation",
        environment.run(&["rotate", file], &emulator, &seconds)?,
        format!("deleted {old}"),
    )?;
    // A service that still uses a session of the old token would fail now.
    let calls = emulator.count("media.list")?;
    while emulator.count("media.list")? < calls + 5 {
        thread::sleep(Duration::from_millis(50));
    }
    service.terminate()?;
    let lines = service.finish()?;
    let summary = lines.last().cloned().unwrap_or_default();
    expect("no call fails", summary.ends_with(" calls, 0 failed"), true)
        .map_err(|error| format!("{error}\n{summary}"))?;
    let last = emulator.calls("appToken.startSession")?.pop().unwrap_or_default();
    expect("the token of the last login", last["values"]["id"] == old.as_str(), false)?;
    emulator.stop()?;
    Ok(summary)
}

/// A headless Chromium loads the page, which logs in across origins.
fn browser_page(environment: &Environment) -> Result<String, Failure> {
    let Some(package) = &environment.npm else {
        return Ok("skipped: `cargo xtask wasm` builds the npm package".to_owned());
    };
    let emulator = environment.emulator()?;
    let directory = tempfile::tempdir()?;
    for name in ["index.html", "package.json", "page.js", "serve.js"] {
        fs::copy(environment.pages.join(name), directory.path().join(name))?;
    }
    let install = ["install", "--no-save", "--offline", "--no-audit", "--no-fund"];
    output(Command::new("npm").args(install).arg(package).current_dir(directory.path()))?;
    let script = directory.path().join("serve.js");
    // `node` is looked up as each command.
    let node = ["node", &*script.to_string_lossy()];
    let (server, url) = Program::start(Path::new(""), &node, &emulator, &[IMPORTER, ("PORT", "0")])?
        .wait_for("listening on ")?;
    // The virtual time does not wait for the compiler of the module: on a busy machine it is over too early.
    const ATTEMPTS: usize = 5;
    let expected = ["<li>Welcome</li>", "2 entries of nightly-import, session until "];
    let mut page = String::new();
    for _ in 0..ATTEMPTS {
        emulator.control(&json!("forgetCalls"))?;
        page = output(Command::new("chromium").args(CHROMIUM).arg(&url))?;
        if expected.iter().all(|text| page.contains(text)) {
            break;
        }
    }
    drop(server);
    let seen = expected.map(|text| page.contains(text));
    expect("the page", seen, [true; 2]).map_err(|error| format!("{error}\n{page}"))?;
    expect("logins", logins(&emulator)?, 1)?;
    emulator.stop()?;
    Ok("a login in Chromium, and a list".to_owned())
}

/// Prints the page when nothing is under way any more. As root, Chromium has no sandbox.
const CHROMIUM: [&str; 6] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-proxy-server",
    "--virtual-time-budget=20000",
    "--dump-dom",
];

fn output(command: &mut Command) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("could not run {name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}
