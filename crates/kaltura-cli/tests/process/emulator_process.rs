//! `kaltura emulate` as the server of a test.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::{Value, json};

use crate::invocation::{Finished, Kaltura, Running};

/// The time that the clock of a test's server shows: 2026-11-24 04:09:15 UTC.
pub(crate) const NOW: &str = "1795493355";
pub(crate) const ADMIN_SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";

/// A running emulator.
pub(crate) struct EmulatorProcess {
    pub(crate) running: Running,
    pub(crate) greeting: Value,
    stdout: BufReader<std::process::ChildStdout>,
    /// Where logins keep their sessions.
    pub(crate) cache: tempfile::TempDir,
}

impl EmulatorProcess {
    /// Starts it, and reads its first line.
    pub(crate) fn start<'a>(options: impl IntoIterator<Item = &'a str>) -> Self {
        let mut running = Kaltura::new(["emulate"]).arguments(options).start();
        let mut stdout = BufReader::new(running.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        match serde_json::from_str(&line) {
            Ok(greeting) => Self { running, greeting, stdout, cache: tempfile::tempdir().unwrap() },
            Err(_) => panic!("the first line is {line:?}; {:#?}", running.wait()),
        }
    }

    /// Starts it with these app tokens of partner 1234567, and a clock that stands still.
    pub(crate) fn with_tokens(tokens: Value) -> Self {
        Self::with_seed(&json!({
            "partners": [
                {
                    "id": 1_234_567, "adminSecrets": [ADMIN_SECRET], "userSecret": "f9e8d7c6b5a493827160f5e4d3c2b1a0",
                    "ksMaxExpiry": 86_400,
                },
                { "id": 3_333_333, "status": "blocked" },
            ],
            "widgets": [
                { "id": "_1234567", "partnerId": 1_234_567 },
                { "id": "_3333333", "partnerId": 3_333_333 },
            ],
            "appTokens": tokens,
        }))
    }

    /// Starts it from a seed, with a clock that stands still. It takes commands.
    pub(crate) fn with_seed(seed: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.json");
        std::fs::write(&path, seed.to_string()).unwrap();
        Self::start(["--seed", text_of(&path), "--at", NOW, "--freeze", "--control"])
    }

    /// A member of the first line, such as `/appToken/id`.
    pub(crate) fn told(&self, place: &str) -> &str {
        self.greeting.pointer(place).and_then(Value::as_str).unwrap_or_else(|| panic!("no {place}"))
    }

    pub(crate) fn url(&self) -> &str {
        self.told("/url")
    }

    /// A login with the token of the first line, whose value is in the environment.
    pub(crate) fn login<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Kaltura {
        self.login_without_value(options).env("KALTURA_APP_TOKEN", self.told("/appToken/token"))
    }

    /// The same without the token's value.
    pub(crate) fn login_without_value<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Kaltura {
        let login = Kaltura::new(["login"]).env("KALTURA_CACHE_DIR", text_of(self.cache.path()));
        self.settings(login).arguments(options)
    }

    /// All but the token's value, in the environment.
    fn settings(&self, command: Kaltura) -> Kaltura {
        command
            .env("KALTURA_SERVICE_URL", self.url())
            .env("KALTURA_PARTNER_ID", &self.greeting["partnerId"].to_string())
            .env("KALTURA_APP_TOKEN_ID", self.told("/appToken/id"))
            .env("KALTURA_APP_TOKEN_HASH_TYPE", self.told("/appToken/hashType"))
    }

    /// A command that takes its session from the cache in this folder, with the token of the first line.
    pub(crate) fn cached<'a>(&self, folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Kaltura {
        let mut arguments = arguments.into_iter();
        let command = Kaltura::new(arguments.next()).env("KALTURA_CACHE_DIR", text_of(folder));
        let command = command.env("KALTURA_APP_TOKEN", self.told("/appToken/token"));
        self.settings(command).arguments(arguments)
    }

    /// A call with the token of the first line. All calls of a test share a cache.
    pub(crate) fn call<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Kaltura {
        self.cached(self.cache.path(), std::iter::once("call").chain(arguments))
    }

    /// Waits until it has ended by itself. Standard output is what came after the first line.
    pub(crate) fn wait(self) -> Finished {
        let Self { running, mut stdout, .. } = self;
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
        let finished = running.wait();
        Finished { stdout: rest, ..finished }
    }
}

/// An app token of partner 1234567 with SHA256, whose sessions are a day long and of type USER.
pub(crate) fn token(id: &str, value: &str, changes: Value) -> Value {
    let mut token = json!({
        "id": id, "partnerId": 1_234_567, "token": value, "hashType": "SHA256", "sessionType": 0,
        "sessionUserId": "alice", "sessionDuration": 86_400, "sessionPrivileges": "sview:*",
    });
    for (name, value) in changes.as_object().unwrap() {
        token[name] = value.clone();
    }
    token
}

pub(crate) fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}
