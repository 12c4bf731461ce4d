//! Tests that need several crates, and the recordings of the real server that they compare with.

use serde::de::DeserializeOwned;

/// Recordings of the real server; the member `about` of each file describes how they were made.
pub mod vectors {
    /// KS strings.
    pub const KS: &str = include_str!("vectors/ks.json");
    /// Privileges, as parsed and merged by the server.
    pub const PRIVILEGES: &str = include_str!("vectors/privileges.json");
    /// Token hashes.
    pub const TOKEN_HASH: &str = include_str!("vectors/token-hash.json");
    /// HTTP exchanges, in the order in which they were recorded.
    pub const EXCHANGES: &str = include_str!("vectors/exchanges.json");
    /// The exchanges of the second measurement, and the objects that its state had besides the seed.
    pub const EXCHANGES_2: &str = include_str!("vectors/exchanges-2.json");
    /// HTTP exchanges of uploads and entries, in the order in which they were recorded.
    pub const EXCHANGES_3: &str = include_str!("vectors/exchanges-3.json");
    /// The state of the server before the exchanges.
    pub const SEED: &str = include_str!("vectors/seed.json");
}

/// Parses a file of vectors.
///
/// # Panics
///
/// If the file does not have the expected form.
#[must_use]
#[expect(clippy::expect_used, reason = "a test without its vectors has failed")]
pub fn read<T: DeserializeOwned>(vectors: &str) -> T {
    serde_json::from_str(vectors).expect("vectors of the expected form")
}
