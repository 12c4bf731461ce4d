//! A home with profiles, for the tests of `kaltura profile`.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::invocation::{Finished, Kaltura, Words};
use super::server::VALUE;

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

/// A home without a keyring.
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

    pub(crate) fn kaltura(&self, arguments: impl Words) -> Kaltura {
        Kaltura::new(arguments)
            .env("KALTURA_CONFIG_DIR", self.folder())
            .env("KALTURA_CACHE_DIR", self.path("cache"))
    }

    pub(crate) fn profile(&self, arguments: impl Words) -> Kaltura {
        self.kaltura(["profile"]).arguments(arguments)
    }

    /// Adds a profile for logins, whose token value is kept in a file.
    #[track_caller]
    pub(crate) fn add(&self, name: &str, options: impl Words) -> Finished {
        self.adding(name).arguments(options).succeeds()
    }

    /// The same, which is not yet run.
    pub(crate) fn adding(&self, name: &str) -> Kaltura {
        let add = self.profile(["add", name, "--app-token-stdin", "--store=file"]);
        add.arguments(LOGIN).stdin(format!("{VALUE}\n"))
    }

    /// The names of the stored secrets, sorted.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder().join("secrets")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The only stored secret of this kind.
    #[track_caller]
    pub(crate) fn secret(&self, kind: &str) -> PathBuf {
        let names: Vec<_> = self.secrets().into_iter().filter(|name| name.starts_with(kind)).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        self.folder().join("secrets").join(&names[0])
    }
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
