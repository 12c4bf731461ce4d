//! Bytes that are zeroised on drop.

use zeroize::Zeroize as _;

/// Decrypted bytes.
#[derive(Clone)]
pub(crate) struct SecretBytes(pub(crate) Vec<u8>);

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // Without a length, all of it is spare capacity, which is zeroised as one block and not byte by byte.
        self.0.clear();
        self.0.zeroize();
    }
}
