//! SHA-1 in hex.

/// The 40 lower-case digits of a SHA-1.
pub(crate) type HexDigest = [u8; 40];

/// The digits of a hash. The crate `hex` takes twice as many instructions, for bytes of any number.
pub(crate) fn hex_digest(hash: &[u8; 20]) -> HexDigest {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
    let mut digits = [0; 40];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(hash) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    digits
}
