//! Token hashes equal those of PHP's `hash()`.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use kaltura_auth::TokenHash;
use kaltura_tests::{read, vectors};
use kaltura_types::{AppTokenValue, HashType, Ks};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    ks_kind: String,
    token_kind: String,
    hash_type: Option<String>,
    ks: String,
    token: String,
    token_hash: String,
}

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[test]
fn each_token_hash_equals_that_of_the_server() {
    let File { vectors } = read(vectors::TOKEN_HASH);
    assert!(vectors.len() > 20);
    for vector in vectors {
        // A token without a hash type uses the server's default.
        let hash_type = vector.hash_type.map_or(HashType::Sha1, |name| name.parse().unwrap());
        let hash = TokenHash::new(hash_type, &Ks::new(vector.ks), &AppTokenValue::new(vector.token));
        assert_eq!(
            hash.expose(),
            vector.token_hash,
            "{}, {}, {hash_type}",
            vector.ks_kind,
            vector.token_kind
        );
        assert_eq!(hash.expose().len(), hash_type.hex_digits());
    }
}
