//! A short name for a KS, to tell sessions apart where the KS itself may not be shown.

use std::fmt;

use kaltura_types::Ks;
use sha1::{Digest as _, Sha1};

/// So that a fingerprint is a hash that occurs nowhere else, and gives no start for finding another one.
const DOMAIN: &[u8] = b"kaltura-ks fingerprint 1\0";

/// Eight hex digits that tell one KS from another, safe to log.
///
/// It is made from the text as it is, so any text has one, also one that is no well-formed KS; the same
/// session in the other Base64 alphabet has another. A KS is far too long to be guessed from 32 bits.
///
/// ```
/// # use kaltura_ks::Fingerprint; use kaltura_types::Ks;
/// let first = Fingerprint::of(&Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt"));
/// assert_eq!(first.to_string(), "af14bb64");
/// assert_ne!(first, Fingerprint::of(&Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Ju")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// The fingerprint of a text.
    #[must_use]
    pub fn of(ks: &Ks) -> Self {
        let hash = Sha1::new().chain_update(DOMAIN).chain_update(ks.expose()).finalize();
        Self([hash[0], hash[1], hash[2], hash[3]])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
