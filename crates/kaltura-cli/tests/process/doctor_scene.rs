//! What the tests of `kaltura doctor` have in common: a server whose clock is right, and what it was asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, text_of, token};
use crate::invocation::{Finished, Kaltura};

pub(crate) const VALUE: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "0_importer";

/// A server, and a folder that is the home of who asks it.
pub(crate) struct Scene {
    pub(crate) server: EmulatorProcess,
    pub(crate) home: tempfile::TempDir,
}

impl Scene {
    /// A server whose clock is right, with one token of partner 1234567, which differs by these changes.
    pub(crate) fn with_token(changes: Value) -> Self {
        Self::with_tokens(json!([token(TOKEN, VALUE, changes)]))
    }

    pub(crate) fn with_tokens(tokens: Value) -> Self {
        let home = tempfile::tempdir().unwrap();
        let seed = json!({
            "partners": [
                { "id": 1_234_567, "adminSecrets": [ADMIN_SECRET], "userSecret": "f9e8d7c6b5a493827160f5e4d3c2b1a0" },
                { "id": 3_333_333, "status": "blocked" },
            ],
            "widgets": [
                { "id": "_1234567", "partnerId": 1_234_567 },
                { "id": "_3333333", "partnerId": 3_333_333 },
            ],
            "appTokens": tokens,
            "entries": [{ "id": "0_aaaaaaaa", "partnerId": 1_234_567, "userId": "alice", "name": "Welcome" }],
        });
        let path = home.path().join("seed.json");
        std::fs::write(&path, seed.to_string()).unwrap();
        let server = EmulatorProcess::start(["--seed", text_of(&path), "--control"]);
        Self { server, home }
    }

    /// `kaltura doctor` with all settings in the environment.
    pub(crate) fn doctor<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Kaltura {
        at(self.server.url(), self.home.path()).arguments(options)
    }

    /// The same with the admin secret.
    pub(crate) fn admin_doctor<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Kaltura {
        self.doctor(options).env("KALTURA_ADMIN_SECRET", ADMIN_SECRET)
    }

    /// Changes the server.
    pub(crate) fn command(&self, command: &Value) {
        let body = command.to_string();
        let head = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
        let answer = self.exchange(&format!(
            "POST /_emulator HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n\r\n{body}"
        ));
        assert_eq!(answer["error"], Value::Null);
    }

    /// Which actions were called, each with the error that it ended with.
    pub(crate) fn calls(&self) -> Vec<String> {
        let answer = self.exchange("GET /_emulator HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let text = |call: &Value| {
            let error = call["error"].as_str().map(|code| format!(" {code}")).unwrap_or_default();
            format!("{}{error}", call["action"].as_str().unwrap())
        };
        answer["calls"].as_array().unwrap().iter().map(text).collect()
    }

    fn exchange(&self, request: &str) -> Value {
        let mut stream = TcpStream::connect(self.server.url().trim_start_matches("http://")).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

/// `kaltura doctor` with the usual token, at this URL.
pub(crate) fn at(url: &str, home: &Path) -> Kaltura {
    Kaltura::new(["doctor"])
        .env("KALTURA_SERVICE_URL", url)
        .env("KALTURA_CACHE_DIR", text_of(&home.join("cache")))
        .env("KALTURA_CONFIG_DIR", text_of(&home.join("config")))
        .env("KALTURA_PARTNER_ID", "1234567")
        .env("KALTURA_APP_TOKEN_ID", TOKEN)
        .env("KALTURA_APP_TOKEN_HASH_TYPE", "SHA256")
        .env("KALTURA_APP_TOKEN", VALUE)
}

/// What a doctor said.
pub(crate) trait Diagnosis {
    /// The line of this name in the JSON document, which may end with any exit code. Nothing else is written, and
    /// no secret.
    fn line(&self, name: &str) -> Value;

    /// The names of the lines with this verdict.
    fn named(&self, verdict: &str) -> Vec<String>;

    /// Sees to it that the first line that failed is this one, which says this and has this remedy.
    fn blames(self, name: &str, message: &str, remedy: &str) -> Self;
}

impl Diagnosis for Finished {
    #[track_caller]
    fn line(&self, name: &str) -> Value {
        assert_eq!(self.stderr, "", "{self:#?}");
        for secret in [VALUE, &VALUE.to_uppercase(), ADMIN_SECRET, "djJ8"] {
            assert!(!self.stdout.contains(secret), "{self:#?}");
        }
        let document = self.document();
        assert_eq!(document["exitCode"].as_i64(), self.code.map(i64::from), "{document}");
        let lines = document["checks"].as_array().unwrap();
        assert_eq!(lines.len(), 14, "{document}");
        for line in lines {
            let is_wrong = line["verdict"] == "failed" || line["verdict"] == "warning";
            assert_eq!(line["remedy"].is_string(), is_wrong, "{line}");
            assert_eq!(line["class"].is_string(), line["verdict"] == "failed", "{line}");
        }
        lines.iter().find(|line| line["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    }

    #[track_caller]
    fn named(&self, verdict: &str) -> Vec<String> {
        let document = self.document();
        let lines = document["checks"].as_array().unwrap().iter();
        let lines = lines.filter(|line| line["verdict"] == verdict);
        lines.map(|line| line["name"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    fn blames(self, name: &str, message: &str, remedy: &str) -> Self {
        let line = self.line(name);
        assert_eq!(self.named("failed").first().map(String::as_str), Some(name), "{self:#?}");
        assert!(line["message"].as_str().unwrap().contains(message), "{message:?} is not in {line}");
        assert!(line["remedy"].as_str().unwrap().contains(remedy), "{remedy:?} is not in {line}");
        self
    }
}
