//! SHA-1 in hex.

/// The 40 lower-case digits of a SHA-1.
pub(crate) type HexDigest = [u8; 40];

/// The digits of a hash. `hex::encode` collects them character by character.
pub(crate) fn hex_digest(hash: &[u8]) -> HexDigest {
    let mut digits = [0; 40];
    let encoded = hex::encode_to_slice(hash, &mut digits);
    debug_assert!(encoded.is_ok(), "a SHA-1 has 20 bytes");
    digits
}
