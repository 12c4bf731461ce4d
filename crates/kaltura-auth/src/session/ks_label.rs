//! A label for a KS, to distinguish sessions where the KS itself must not be shown.

use std::fmt;

use kaltura_types::{Ks, KsHeader};
use sha1::{Digest as _, Sha1};

/// Separates the fingerprint from every other hash of a KS.
const DOMAIN: &[u8] = b"kaltura-ks fingerprint 1\0";

/// Eight hex digits that distinguish one KS from another, safe to log.
///
/// It is computed from the text as it is, so any text has one, well-formed or not; the same session in the other
/// Base64 alphabet has another. A KS is far too long to be guessed from 32 bits.
///
/// ```
/// # use kaltura_auth::Fingerprint; use kaltura_types::{Ks, KsHeader};
/// let first = Fingerprint::from_ks(&Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt"));
/// assert_eq!(first.to_string(), "af14bb64");
/// assert_ne!(first, Fingerprint::from_ks(&Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Ju")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// The fingerprint of a KS.
    #[must_use]
    pub fn from_ks(ks: &Ks) -> Self {
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

/// What a log may show of a KS: version, partner and fingerprint.
///
/// ```
/// # use kaltura_auth::KsLabel; use kaltura_types::Ks;
/// let ks = Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c");
/// assert_eq!(KsLabel::new(&ks).to_string(), "KS v2 of partner 1234567, fingerprint 56ffe41d");
/// assert_eq!(KsLabel::new(&Ks::new("?")).to_string(), "KS of unknown form, fingerprint 66c3fc19");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KsLabel {
    header: Option<KsHeader>,
    fingerprint: Fingerprint,
}

impl KsLabel {
    /// The label of a KS, well-formed or not.
    #[must_use]
    pub fn new(ks: &Ks) -> Self {
        Self { header: KsHeader::parse(ks).ok(), fingerprint: Fingerprint::from_ks(ks) }
    }

    /// Version and partner; `None` if the text is not a KS.
    #[must_use]
    pub const fn header(&self) -> Option<KsHeader> {
        self.header
    }

    /// The fingerprint of the KS.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl fmt::Display for KsLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.header {
            Some(header) => write!(f, "{header}, fingerprint {}", self.fingerprint),
            None => write!(f, "KS of unknown form, fingerprint {}", self.fingerprint),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn different_texts_have_different_fingerprints() {
        let ks = |number: u8| Ks::new(format!("any text, {number}"));
        let all: BTreeSet<Fingerprint> = (0..=255).map(|number| Fingerprint::from_ks(&ks(number))).collect();
        assert_eq!(all.len(), 256);
        assert_eq!(Fingerprint::from_ks(&ks(1)), Fingerprint::from_ks(&ks(1)));
    }
}
