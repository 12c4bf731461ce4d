//! What the program was built from. `build.rs` finds it out.

/// What `--version` prints behind the name.
pub(crate) const LONG_VERSION: &str = if has_commit() { WITH_COMMIT } else { WITHOUT_COMMIT };

/// The version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The day of the commit; empty where that is not known.
pub(crate) fn date() -> &'static str {
    env!("BUILD_COMMIT").split_once(' ').map_or("", |(_, date)| date)
}

macro_rules! long_version {
    ($($commit:expr),*) => {
        concat!(
            env!("CARGO_PKG_VERSION"),
            $($commit,)*
            "\ntarget: ",
            env!("BUILD_TARGET"),
            "\ncompiler: ",
            env!("BUILD_RUSTC"),
            "\nTLS: ",
            tls!(),
            "\nfeatures: ",
            env!("BUILD_FEATURES"),
        )
    };
}

/// What encrypts: as kaltura-http chooses it.
#[cfg(feature = "native-tls")]
macro_rules! tls {
    () => {
        "the system's library"
    };
}
#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
macro_rules! tls {
    () => {
        "rustls"
    };
}
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
macro_rules! tls {
    () => {
        "none"
    };
}

const WITH_COMMIT: &str = long_version!(" (", env!("BUILD_COMMIT"), ")");
const WITHOUT_COMMIT: &str = long_version!();

const fn has_commit() -> bool {
    !env!("BUILD_COMMIT").is_empty()
}
