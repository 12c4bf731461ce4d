//! What the tests of `kaltura doctor` have in common: a server whose clock is right, and what it was asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, text_of, token};
use crate::invocation::Kaltura;

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
