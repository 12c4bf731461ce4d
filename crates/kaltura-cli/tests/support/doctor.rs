//! A server whose clock is right, a home for the commands that look at it, and what `kaltura doctor` finds.

use std::ops::Deref;
use std::path::Path;

use serde_json::{Value, json};

use super::invocation::{Finished, Kaltura, Words};
use super::server::{ADMIN_SECRET, TestServer, VALUE, seed, token};

pub(crate) const TOKEN: &str = "0_importer";

/// A server whose clock is right, and a home.
pub(crate) struct Scene {
    pub(crate) server: TestServer,
    pub(crate) home: tempfile::TempDir,
}

impl Deref for Scene {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        &self.server
    }
}

impl Scene {
    /// With one token of partner 1234567, which differs by these changes.
    pub(crate) fn with_token(changes: Value) -> Self {
        Self::with_tokens(&json!([token(TOKEN, VALUE, changes)]))
    }

    pub(crate) fn with_tokens(tokens: &Value) -> Self {
        let mut seed = seed(tokens);
        seed["partners"][0].as_object_mut().unwrap().remove("ksMaxExpiry");
        seed["entries"] =
            json!([{ "id": "0_aaaaaaaa", "partnerId": 1_234_567, "userId": "alice", "name": "Welcome" }]);
        Self { server: TestServer::with_seed_at_this_time(&seed), home: tempfile::tempdir().unwrap() }
    }

    /// `kaltura doctor` with all settings in the environment.
    pub(crate) fn doctor(&self, options: impl Words) -> Kaltura {
        at(self.url(), self.home.path()).arguments(options)
    }
}

/// `kaltura doctor` with the usual token, at this URL.
pub(crate) fn at(url: &str, home: &Path) -> Kaltura {
    command_at("doctor", url, home)
}

/// Another command, with the same settings.
pub(crate) fn command_at(command: &str, url: &str, home: &Path) -> Kaltura {
    Kaltura::new([command])
        .env("KALTURA_SERVICE_URL", url)
        .env("KALTURA_CACHE_DIR", home.join("cache"))
        .env("KALTURA_CONFIG_DIR", home.join("config"))
        .env("KALTURA_PARTNER_ID", "1234567")
        .env("KALTURA_APP_TOKEN_ID", TOKEN)
        .env("KALTURA_APP_TOKEN_HASH_TYPE", "SHA256")
        .env("KALTURA_APP_TOKEN", VALUE)
}

impl Finished {
    /// The line of a check in the JSON document. Nothing else is written, and no secret.
    #[track_caller]
    pub(crate) fn check(&self, name: &str) -> Value {
        assert_eq!(self.stderr, "", "{self:#?}");
        for secret in [VALUE, &VALUE.to_uppercase(), ADMIN_SECRET, "djJ8"] {
            assert!(!self.stdout.contains(secret), "{self:#?}");
        }
        let document = self.document();
        assert_eq!(document["exitCode"].as_i64(), self.code.map(i64::from), "{document}");
        let lines = document["checks"].as_array().unwrap();
        for line in lines {
            let is_wrong = line["verdict"] == "failed" || line["verdict"] == "warning";
            assert_eq!(line["remedy"].is_string(), is_wrong, "{line}");
            assert_eq!(line["class"].is_string(), line["verdict"] == "failed", "{line}");
        }
        lines.iter().find(|line| line["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    }

    /// What a check found.
    #[track_caller]
    pub(crate) fn verdict(&self, name: &str) -> String {
        self.check(name)["verdict"].as_str().unwrap().to_owned()
    }

    /// The names of the checks with this verdict.
    #[track_caller]
    pub(crate) fn checks(&self, verdict: &str) -> Vec<String> {
        let document = self.document();
        let lines = document["checks"].as_array().unwrap().iter();
        let lines = lines.filter(|line| line["verdict"] == verdict);
        lines.map(|line| line["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Asserts that the first failed check is this one, with this message and this remedy.
    #[track_caller]
    pub(crate) fn blames(self, name: &str, message: &str, remedy: &str) -> Self {
        let line = self.check(name);
        assert_eq!(self.checks("failed").first().map(String::as_str), Some(name), "{self:#?}");
        assert!(line["message"].as_str().unwrap().contains(message), "{message:?} is not in {line}");
        assert!(line["remedy"].as_str().unwrap().contains(remedy), "{remedy:?} is not in {line}");
        self
    }
}
