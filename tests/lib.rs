//! Checks that need several crates at once, and the recordings of the real server that they compare with.

use serde::de::DeserializeOwned;

/// What the real server made and answered; `about` in each file says how.
pub mod vectors {
    /// KS strings.
    pub const KS: &str = include_str!("vectors/ks.json");
    /// Privileges, parsed and merged.
    pub const PRIVILEGES: &str = include_str!("vectors/privileges.json");
    /// Token hashes.
    pub const TOKEN_HASH: &str = include_str!("vectors/token-hash.json");
    /// HTTP exchanges, in order.
    pub const EXCHANGES: &str = include_str!("vectors/exchanges.json");
    /// The state that the exchanges start from.
    pub const SEED: &str = include_str!("vectors/seed.json");
}

/// Reads a file of vectors.
///
/// # Panics
///
/// If the file is not of the form that the test expects.
#[must_use]
#[expect(clippy::expect_used, reason = "a test without its vectors is a failed test")]
pub fn read<T: DeserializeOwned>(vectors: &str) -> T {
    serde_json::from_str(vectors).expect("vectors of the expected form")
}

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
