//! The outermost layer of a KS: Base64 around a version, a partner and a body.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use super::base64::decode_strictly;
use super::{Ks, KsHeader, KsVersion};
use crate::ids::PartnerId;

/// A KS, taken apart as far as that goes without a secret.
///
/// The crate `kaltura-ks` verifies, decrypts and signs what is inside. To a program that only logs in, a KS is an
/// opaque text, of which [`KsHeader`] is all that a log needs.
#[derive(Clone)]
pub struct KsEnvelope {
    version: KsVersion,
    partner_id: PartnerId,
    decoded: Zeroizing<Vec<u8>>,
    partner: Range<usize>,
    body: usize,
}

/// What a [`KsEnvelope`] holds besides version and partner.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "there are two versions of the format")]
pub enum KsBody<'a> {
    /// Version 1: signed clear text.
    V1 {
        /// What should be the hex SHA-1 of the admin secret and `fields`.
        signature: &'a [u8],
        /// All fields, with `;` between them.
        fields: &'a [u8],
    },
    /// Version 2: encrypted.
    V2 {
        /// The cipher text.
        cipher_text: &'a [u8],
    },
}

impl KsEnvelope {
    /// Decodes the Base64 and finds version and partner, as the server does (wire contract, sections 6.2 and 6.3).
    ///
    /// # Errors
    ///
    /// [`MalformedKs`] if the text is not a KS of either version.
    pub fn decode(ks: &Ks) -> Result<Self, MalformedKs> {
        let decoded = decode_strictly(ks.expose()).ok_or(MalformedKs::NotBase64)?;
        if decoded.is_empty() {
            return Err(MalformedKs::NotBase64);
        }
        let (version, partner, body) = if decoded.starts_with(b"v2|") {
            let partner = 3..position(&decoded, 3, b'|').ok_or(MalformedKs::TooFewParts)?;
            (KsVersion::V2, partner.clone(), partner.end + 1)
        } else {
            // The server takes everything that does not begin with `v2|` for version 1.
            let fields = position(&decoded, 0, b'|').ok_or(MalformedKs::NoSeparator)? + 1;
            let partner = fields..position(&decoded, fields, b';').ok_or(MalformedKs::TooFewParts)?;
            position(&decoded, partner.end + 1, b';').ok_or(MalformedKs::TooFewParts)?;
            (KsVersion::V1, partner, fields)
        };
        let text = str::from_utf8(&decoded[partner.clone()]).map_err(|_| MalformedKs::PartnerId)?;
        let partner_id = text.parse().map_err(|_| MalformedKs::PartnerId)?;
        Ok(Self { version, partner_id, decoded, partner, body })
    }

    /// Version and partner.
    #[must_use]
    pub const fn header(&self) -> KsHeader {
        KsHeader { version: self.version, partner_id: self.partner_id }
    }

    /// The partner id as it is written in the KS; `007` occurs.
    #[must_use]
    pub fn partner_text(&self) -> &str {
        // It was read as UTF-8 when the KS was decoded.
        str::from_utf8(&self.decoded[self.partner.clone()]).unwrap_or_default()
    }

    /// What the KS holds besides version and partner.
    #[must_use]
    pub fn body(&self) -> KsBody<'_> {
        let body = &self.decoded[self.body..];
        match self.version {
            KsVersion::V1 => KsBody::V1 { signature: &self.decoded[..self.body - 1], fields: body },
            KsVersion::V2 => KsBody::V2 { cipher_text: body },
        }
    }
}

/// The body is not shown: it belongs to the KS.
impl fmt::Debug for KsEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KsEnvelope")
            .field("version", &self.version)
            .field("partner_id", &self.partner_id)
            .finish_non_exhaustive()
    }
}

/// As in [`KsEnvelope`], only lengths are shown.
impl fmt::Debug for KsBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 { fields, .. } => write!(f, "V1({} bytes)", fields.len()),
            Self::V2 { cipher_text } => write!(f, "V2({} bytes)", cipher_text.len()),
        }
    }
}

fn position(text: &[u8], from: usize, separator: u8) -> Option<usize> {
    text.iter().skip(from).position(|&byte| byte == separator).map(|found| from + found)
}

/// Why a text is not a KS, independent of the secret (wire contract, sections 6.2 and 6.3).
///
/// The server answers such a text with `INVALID_KS`. Usually the text is a cut or altered copy: compare its
/// fingerprint with that of the original KS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedKs {
    /// It is empty, or not Base64 in either alphabet, or its padding is wrong.
    #[error("not a KS: the text is not Base64; it may be cut, altered, or something else")]
    NotBase64,
    /// There is no `|` in the decoded text.
    #[error("not a KS: no `|` stands after the version or signature")]
    NoSeparator,
    /// Version 2 without a body, version 1 with fewer than three fields, or an unknown version.
    #[error("not a KS of version 1 or 2: it has too few parts")]
    TooFewParts,
    /// The partner id is not a number.
    #[error("not a KS: the partner id is not a number")]
    PartnerId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine as _;

    fn decode(text: &str) -> Result<KsEnvelope, MalformedKs> {
        KsEnvelope::decode(&Ks::new(::base64::engine::general_purpose::STANDARD.encode(text)))
    }

    #[test]
    fn malformed_texts_are_told_apart() {
        assert_eq!(KsEnvelope::decode(&Ks::new("")).err(), Some(MalformedKs::NotBase64));
        assert_eq!(KsEnvelope::decode(&Ks::new("!")).err(), Some(MalformedKs::NotBase64));
        for (text, problem) in [
            ("hello", MalformedKs::NoSeparator),
            ("v2", MalformedKs::NoSeparator),
            ("v2|", MalformedKs::TooFewParts),
            ("v2|1234567", MalformedKs::TooFewParts),
            ("V2|1234567|body", MalformedKs::TooFewParts),
            ("v3|1234567|body", MalformedKs::TooFewParts),
            ("hash|1;2", MalformedKs::TooFewParts),
            ("hash|", MalformedKs::TooFewParts),
            ("v2|12x|body", MalformedKs::PartnerId),
            ("v2||body", MalformedKs::PartnerId),
            ("hash|x;2;3", MalformedKs::PartnerId),
        ] {
            assert_eq!(decode(text).err(), Some(problem), "{text}");
        }
    }

    #[test]
    fn only_the_first_separators_count() {
        let v2 = decode("v2|-2|a|b|").unwrap();
        assert_eq!((v2.header().partner_id(), v2.partner_text()), (PartnerId::new(-2), "-2"));
        assert!(matches!(v2.body(), KsBody::V2 { cipher_text: b"a|b|" }));
        let v1 = decode("hash|01;2;3|4").unwrap();
        assert_eq!((v1.header().partner_id(), v1.partner_text()), (PartnerId::new(1), "01"));
        assert!(matches!(v1.body(), KsBody::V1 { signature: b"hash", fields: b"01;2;3|4" }));
    }

    #[test]
    fn the_shortest_bodies_are_empty() {
        assert!(matches!(decode("v2|1|").unwrap().body(), KsBody::V2 { cipher_text: b"" }));
        assert!(matches!(decode("|1;;").unwrap().body(), KsBody::V1 { signature: b"", fields: b"1;;" }));
    }
}
