//! What a KS shows to everyone who holds it, without a secret.

use std::fmt;

use super::{Ks, KsEnvelope, MalformedKs};
use crate::ids::PartnerId;

/// The two forms of a KS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the format has two versions")]
pub enum KsVersion {
    /// Signed clear text.
    V1,
    /// Encrypted.
    V2,
}

impl KsVersion {
    /// 1 or 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

impl fmt::Display for KsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.number())
    }
}

/// Version and partner of a KS: what can be read without a secret, and may be logged.
///
/// It is not authenticated: anyone can write a KS with any partner id. Whether a KS is valid, the server decides, or
/// the crate `kaltura-ks` with the partner's secret (wire contract, section 6.6).
///
/// ```
/// # use kaltura_types::{Ks, KsHeader, KsVersion};
/// let ks = Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8");
/// let header = KsHeader::read(&ks)?;
/// assert_eq!(header.version(), KsVersion::V2);
/// assert_eq!(header.partner_id().get(), 1234567);
/// assert_eq!(header.to_string(), "KS v2 of partner 1234567");
/// # Ok::<(), kaltura_types::MalformedKs>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KsHeader {
    pub(super) version: KsVersion,
    pub(super) partner_id: PartnerId,
}

impl KsHeader {
    /// Reads version and partner.
    ///
    /// # Errors
    ///
    /// [`MalformedKs`] if the text is not a KS of either version.
    pub fn read(ks: &Ks) -> Result<Self, MalformedKs> {
        KsEnvelope::decode(ks).map(|envelope| envelope.header())
    }

    /// The version.
    #[must_use]
    pub const fn version(self) -> KsVersion {
        self.version
    }

    /// The partner that the KS names.
    #[must_use]
    pub const fn partner_id(self) -> PartnerId {
        self.partner_id
    }
}

impl fmt::Display for KsHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KS {} of partner {}", self.version, self.partner_id)
    }
}
