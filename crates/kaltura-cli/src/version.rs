//! What `--version` says of the build.

use std::env::consts;
use std::sync::LazyLock;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit and its date, `1a2b3c4d5e 2026-11-24`, if the build was given them: `cargo xtask dist` does.
const COMMIT: Option<&str> = option_env!("KALTURA_COMMIT");

/// What encrypts: as kaltura-http chooses it.
const TLS: &str = if cfg!(feature = "native-tls") {
    "the system's library"
} else if cfg!(feature = "rustls") {
    "rustls"
} else {
    "none"
};

/// The optional parts, by whether they are built in.
const FEATURES: [(&str, bool); 4] = [
    ("keyring", cfg!(feature = "keyring")),
    ("native-tls", cfg!(feature = "native-tls")),
    ("redis", cfg!(feature = "redis")),
    ("rustls", cfg!(feature = "rustls")),
];

/// The day of the commit; empty where that is not known.
pub(crate) fn date() -> &'static str {
    COMMIT.and_then(|commit| commit.split_once(' ')).map_or("", |(_, date)| date)
}

/// What `--version` prints behind the name.
pub(crate) fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = COMMIT.map(|commit| format!(" ({commit})")).unwrap_or_default();
        let features: Vec<&str> = FEATURES.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
        let (os, arch) = (consts::OS, consts::ARCH);
        format!("{VERSION}{commit}\ntarget: {arch}-{os}\nTLS: {TLS}\nfeatures: {}", features.join(", "))
    });
    &TEXT
}
