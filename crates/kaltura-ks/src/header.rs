//! What a KS shows to anyone who holds it, without a secret.

use std::fmt;

use kaltura_types::{Ks, PartnerId};

use crate::claims::KsClaims;
use crate::envelope::{Envelope, MalformedKs};
use crate::fingerprint::Fingerprint;
use crate::v1;

/// The two forms of a KS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
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

/// Version, partner and fingerprint of a KS: all that a log should show of it.
///
/// Nothing of this is proven: anyone can write a KS with any partner id. Whether it is good, the server
/// says, or [`open`](crate::open()) with the partner's secret (wire contract, section 6.6).
///
/// ```
/// # use kaltura_ks::{KsHeader, KsVersion}; use kaltura_types::Ks;
/// let ks = Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8");
/// let header = KsHeader::read(&ks)?;
/// assert_eq!(header.version(), KsVersion::V2);
/// assert_eq!(header.partner_id().get(), 1234567);
/// assert_eq!(header.to_string(), "KS v2 of partner 1234567, fingerprint 148d7104");
/// # Ok::<(), kaltura_ks::MalformedKs>(())
/// ```
#[derive(Clone)]
pub struct KsHeader {
    version: KsVersion,
    partner_id: PartnerId,
    fingerprint: Fingerprint,
    unverified_claims: Option<KsClaims>,
}

impl KsHeader {
    /// Takes a KS apart as far as that goes without a secret.
    ///
    /// # Errors
    ///
    /// [`MalformedKs`] if the text is no KS of either version.
    pub fn read(ks: &Ks) -> Result<Self, MalformedKs> {
        let envelope = Envelope::decode(ks)?;
        let partner = envelope.partner().clone();
        let (version, unverified_claims) = match &envelope {
            Envelope::V1 { info, .. } => {
                (KsVersion::V1, Some(v1::read(partner.clone(), &String::from_utf8_lossy(info))))
            }
            Envelope::V2 { .. } => (KsVersion::V2, None),
        };
        Ok(Self { version, partner_id: partner.id, fingerprint: Fingerprint::of(ks), unverified_claims })
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> KsVersion {
        self.version
    }

    /// The partner that the KS says it is for.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner_id
    }

    /// A short name to tell this KS from others.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What a version 1 KS says in clear text: user, type, expiry, privileges. **Not authentic**: without
    /// the secret nobody can tell who wrote it. Version 2 is encrypted, hence `None`.
    #[must_use]
    pub const fn unverified_claims(&self) -> Option<&KsClaims> {
        self.unverified_claims.as_ref()
    }
}

impl fmt::Display for KsHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KS {} of partner {}, fingerprint {}", self.version, self.partner_id, self.fingerprint)
    }
}

impl fmt::Debug for KsHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KsHeader")
            .field("version", &self.version)
            .field("partner_id", &self.partner_id)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
