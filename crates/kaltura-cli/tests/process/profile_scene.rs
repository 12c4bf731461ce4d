//! A home with profiles, for the tests of `kaltura profile`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::{Finished, Kaltura};

pub(crate) const VALUE: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const ADMIN_VALUE: &str = "fedcba9876543210fedcba9876543210";

/// All that a login needs, but for the server and the token's value.
pub(crate) const LOGIN: [&str; 6] = [
    "--partner-id=1234567",
    "--app-token-id=0_importer",
    "--hash-type=SHA256",
    "--user=bob",
    "--lifetime=1h",
    "--privileges=appid:importer",
];

/// A home of somebody who has no keyring.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The same with this file of profiles.
    pub(crate) fn with_profiles(text: &str) -> Self {
        let home = Self::new();
        fs::create_dir(home.folder()).unwrap();
        fs::write(home.file(), text).unwrap();
        home
    }

    /// The folder for settings.
    pub(crate) fn folder(&self) -> PathBuf {
        self.0.path().join("config")
    }

    /// The file with the profiles.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("config.toml")
    }

    /// Its text.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// A file of the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn kaltura<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Kaltura {
        Kaltura::new(arguments)
            .env("KALTURA_CONFIG_DIR", text_of(&self.folder()))
            .env("KALTURA_CACHE_DIR", text_of(&self.path("cache")))
    }

    pub(crate) fn profile<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Kaltura {
        self.kaltura(["profile"]).arguments(arguments)
    }

    /// Adds a profile for logins, whose token value is kept in a file.
    pub(crate) fn add<'a>(&self, name: &str, options: impl IntoIterator<Item = &'a str>) -> Finished {
        self.profile(["add", name, "--app-token-stdin", "--store=file"])
            .arguments(LOGIN)
            .arguments(options)
            .stdin(format!("{VALUE}\n"))
            .run()
            .ends_with(0)
    }
}

/// The only stored secret of this kind in a folder for settings.
#[track_caller]
pub(crate) fn secret_file(folder: &Path, kind: &str) -> PathBuf {
    let files = fs::read_dir(folder.join("secrets")).unwrap().map(|entry| entry.unwrap().path());
    let is_of_kind = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(kind);
    let mut files: Vec<_> = files.filter(is_of_kind).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// A server with the token of the profiles.
pub(crate) fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({ "sessionUserId": null }))]))
}

/// Nothing of the secrets in a file, or in what was said.
#[track_caller]
pub(crate) fn holds_no_secret(text: &str) {
    for secret in [VALUE, ADMIN_VALUE, "djJ8"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
