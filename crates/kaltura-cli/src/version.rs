//! What the program was built from. `build.rs` finds it out.

use std::sync::LazyLock;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit and its day; empty where that is not known.
const COMMIT: &str = env!("BUILD_COMMIT");

/// What encrypts: as kaltura-http chooses it.
const TLS: &str = if cfg!(feature = "native-tls") {
    "the system's library"
} else if cfg!(feature = "rustls") {
    "rustls"
} else {
    "none"
};

/// What `--version` prints behind the name.
pub(crate) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| {
        let commit = if COMMIT.is_empty() { String::new() } else { format!(" ({COMMIT})") };
        let (target, compiler) = (env!("BUILD_TARGET"), env!("BUILD_RUSTC"));
        let features = env!("BUILD_FEATURES");
        format!("{VERSION}{commit}\ntarget: {target}\ncompiler: {compiler}\nTLS: {TLS}\nfeatures: {features}")
    });
    &LONG
}

/// The day of the commit.
pub(crate) fn date() -> &'static str {
    COMMIT.split_once(' ').map_or("", |(_, date)| date)
}
