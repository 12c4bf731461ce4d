//! The envelope of a KS: Base64 around version, partner id and body.

use std::fmt;
use std::mem;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Ks, KsHeader, KsVersion};
use crate::ids::PartnerId;

/// The block size of the cipher of version 2, in bytes.
const BLOCK: usize = 16;

/// The shortest ciphertext of version 2: hash, random bytes, expiry and type (wire contract, section 6.1).
const MIN_CIPHERTEXT: usize = 3 * BLOCK;

/// A KS, decoded as far as possible without a secret.
///
/// The crate `kaltura-ks` verifies, decrypts and signs the body. For a program that only logs in, a KS is an opaque
/// string, and [`KsHeader`] is all that a log needs.
#[derive(Clone)]
pub struct KsEnvelope {
    version: KsVersion,
    partner_id: PartnerId,
    decoded: Vec<u8>,
    partner: Range<usize>,
    body: usize,
}

/// The content of a [`KsEnvelope`] besides version and partner id.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "there are two versions of the format")]
pub enum KsBody<'a> {
    /// Version 1: signed clear text.
    V1 {
        /// In a valid KS, the hex SHA-1 of the admin secret followed by `fields`.
        signature: &'a [u8],
        /// All fields, separated by `;`.
        fields: &'a [u8],
    },
    /// Version 2: encrypted.
    V2 {
        /// The ciphertext.
        ciphertext: &'a [u8],
    },
}

impl KsEnvelope {
    /// Decodes the Base64 and reads version and partner id, as the server does (wire contract, sections 6.2 and 6.3).
    ///
    /// A KS of version 2 whose encrypted part has an impossible length is refused here, since no secret opens it: most
    /// often its end was cut off when it was copied.
    ///
    /// # Errors
    ///
    /// [`MalformedKs`] if the text is not a KS of either version.
    pub fn decode(ks: &Ks) -> Result<Self, MalformedKs> {
        let mut decoded = decode_base64(ks.expose()).ok_or(MalformedKs::NotBase64)?;
        if decoded.is_empty() {
            return Err(MalformedKs::NotBase64);
        }
        let (version, partner, body) = if decoded.starts_with(b"v2|") {
            let partner = 3..position(&decoded, 3, b'|').ok_or(MalformedKs::TooFewParts)?;
            let ciphertext = partner.end + 1;
            (KsVersion::V2, partner, ciphertext)
        } else {
            // The server treats everything that does not begin with `v2|` as version 1.
            let fields = position(&decoded, 0, b'|').ok_or(MalformedKs::NoSeparator)? + 1;
            let partner = fields..position(&decoded, fields, b';').ok_or(MalformedKs::TooFewParts)?;
            position(&decoded, partner.end + 1, b';').ok_or(MalformedKs::TooFewParts)?;
            (KsVersion::V1, partner, fields)
        };
        let text = str::from_utf8(&decoded[partner.clone()]).map_err(|_| MalformedKs::PartnerId)?;
        let partner_id = text.parse().map_err(|_| MalformedKs::PartnerId)?;
        let ciphertext_bytes = decoded.len() - body;
        let is_whole = ciphertext_bytes >= MIN_CIPHERTEXT && ciphertext_bytes.is_multiple_of(BLOCK);
        if version == KsVersion::V2 && !is_whole {
            return Err(MalformedKs::Truncated { ciphertext_bytes });
        }
        Ok(Self { version, partner_id, decoded: mem::take(&mut *decoded), partner, body })
    }

    /// Version and partner id.
    #[must_use]
    pub const fn header(&self) -> KsHeader {
        KsHeader { version: self.version, partner_id: self.partner_id }
    }

    /// The partner id as it is written in the KS, which may have leading zeros.
    #[must_use]
    pub fn partner_text(&self) -> &str {
        // `decode` has checked that it is UTF-8.
        str::from_utf8(&self.decoded[self.partner.clone()]).unwrap_or_default()
    }

    /// The content besides version and partner id.
    #[must_use]
    pub fn body(&self) -> KsBody<'_> {
        let body = &self.decoded[self.body..];
        match self.version {
            KsVersion::V1 => KsBody::V1 { signature: &self.decoded[..self.body - 1], fields: body },
            KsVersion::V2 => KsBody::V2 { ciphertext: body },
        }
    }
}

impl Drop for KsEnvelope {
    fn drop(&mut self) {
        // Without a length, all of it is spare capacity, which is zeroised as one block and not byte by byte.
        self.decoded.clear();
        self.decoded.zeroize();
    }
}

/// The body is not shown: it is part of the credential.
impl fmt::Debug for KsEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KsEnvelope")
            .field("version", &self.version)
            .field("partner_id", &self.partner_id)
            .finish_non_exhaustive()
    }
}

/// Only lengths are shown: the bytes are part of the credential.
impl fmt::Debug for KsBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 { fields, .. } => write!(f, "V1({} bytes)", fields.len()),
            Self::V2 { ciphertext } => write!(f, "V2({} bytes)", ciphertext.len()),
        }
    }
}

fn position(text: &[u8], from: usize, separator: u8) -> Option<usize> {
    text.iter().skip(from).position(|&byte| byte == separator).map(|found| from + found)
}

/// Why a text is not a KS, independent of the secret (wire contract, sections 6.2 and 6.3).
///
/// The server refuses such a text with `INVALID_KS`. Usually it is a truncated or altered copy of a KS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedKs {
    /// The text is empty, or not Base64 in either alphabet, or its padding is wrong.
    #[error("not a KS: the text is not Base64; it may be truncated, altered, or not a KS at all")]
    NotBase64,
    /// There is no `|` in the decoded text.
    #[error("not a KS: there is no `|` after the version or signature")]
    NoSeparator,
    /// Version 2 without a body, version 1 with fewer than three fields, or an unknown version.
    #[error("not a KS of version 1 or 2: it has too few parts")]
    TooFewParts,
    /// The partner id is not a number.
    #[error("not a KS: the partner id is not a number")]
    PartnerId,
    /// The encrypted part of version 2 is not a multiple of 16 bytes, or shorter than 48: no KS has this length, so
    /// that no secret opens it.
    #[error(
        "not a KS: the encrypted part has {ciphertext_bytes} bytes, not a multiple of 16 from 48 up; the text was \
         truncated or altered"
    )]
    Truncated {
        /// The length of the encrypted part, in bytes.
        ciphertext_bytes: usize,
    },
}

/// Takes digits only, as the padding is checked before. PHP ignores unused bits of the last digit.
const DIGITS_ONLY: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);

const DIGITS: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, DIGITS_ONLY);

/// The alphabet in which the server writes.
const USUAL_DIGITS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, DIGITS_ONLY);

/// Decodes Base64 as PHP's `base64_decode` does in its strict mode, in both alphabets (wire contract, section 6.2).
///
/// Spaces, tabs and line breaks are skipped anywhere, and padding may be missing. Wrong padding, digits after
/// the padding and other characters are refused.
fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // As the server writes it, which is the usual case; everything else is sorted out below.
    let usual = text.trim_end_matches('=');
    let is_padded = text.len() - usual.len() <= 2 && text.len().is_multiple_of(4);
    if (is_padded || usual.len() == text.len())
        && let Ok(decoded) = USUAL_DIGITS.decode(usual)
    {
        return Some(Zeroizing::new(decoded));
    }
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'=' => padding += 1,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ if padding > 0 => return None,
            b'-' => digits.push(b'+'),
            b'_' => digits.push(b'/'),
            digit => digits.push(digit),
        }
    }
    let padding_is_valid = padding == 0 || (padding <= 2 && (digits.len() + padding).is_multiple_of(4));
    if !padding_is_valid {
        return None;
    }
    DIGITS.decode(digits.as_slice()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<KsEnvelope, MalformedKs> {
        KsEnvelope::decode(&Ks::new(base64::engine::general_purpose::STANDARD.encode(text)))
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
        let ciphertext = "a|b|".repeat(16);
        let v2 = decode(&format!("v2|-2|{ciphertext}")).unwrap();
        assert_eq!((v2.header().partner_id(), v2.partner_text()), (PartnerId::new(-2), "-2"));
        assert!(matches!(v2.body(), KsBody::V2 { ciphertext: found } if found == ciphertext.as_bytes()));
        let v1 = decode("hash|01;2;3|4").unwrap();
        assert_eq!((v1.header().partner_id(), v1.partner_text()), (PartnerId::new(1), "01"));
        assert!(matches!(v1.body(), KsBody::V1 { signature: b"hash", fields: b"01;2;3|4" }));
    }

    #[test]
    fn a_ciphertext_of_an_impossible_length_was_cut() {
        for bytes in 0..100 {
            let decoded = decode(&format!("v2|1234567|{}", "x".repeat(bytes)));
            if matches!(bytes, 48 | 64 | 80 | 96) {
                assert!(decoded.is_ok(), "{bytes}");
            } else {
                assert_eq!(decoded.err(), Some(MalformedKs::Truncated { ciphertext_bytes: bytes }));
            }
        }
    }

    #[test]
    fn the_fields_of_version_1_may_be_empty() {
        assert!(matches!(decode("|1;;").unwrap().body(), KsBody::V1 { signature: b"", fields: b"1;;" }));
    }

    // The expected values are what PHP 8.2's base64_decode($text, true) returned.
    #[test]
    fn padding_may_be_missing_but_not_wrong() {
        for (text, bytes) in [
            ("QQ", Some("A")),
            ("QQ==", Some("A")),
            ("QQ=", None),
            ("QQ===", None),
            ("QUI", Some("AB")),
            ("QUI=", Some("AB")),
            ("QUI==", None),
            ("QUJD", Some("ABC")),
            ("QUJD=", None),
            ("QUJD====", None),
            ("Q", None),
            ("Q===", None),
            ("=", None),
            ("==", None),
            ("====", None),
            ("=QQ", None),
            ("QQ==QQ", None),
            ("Q=Q=", None),
            ("", Some("")),
        ] {
            assert_eq!(decode_base64(text).as_deref().map(Vec::as_slice), bytes.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn only_spaces_tabs_and_line_breaks_are_skipped() {
        for byte in 0..=127_u8 {
            let skipped = decode_base64(&format!("QUJD{}REVG", char::from(byte)));
            let is_skipped = skipped.is_some_and(|bytes| bytes.as_slice() == b"ABCDEF");
            assert_eq!(is_skipped, b" \t\n\r".contains(&byte), "byte {byte}");
        }
        assert_eq!(decode_base64("QQ= =").unwrap().as_slice(), b"A");
        assert!(decode_base64("QUJDé").is_none());
    }

    #[test]
    fn unused_bits_are_ignored() {
        assert_eq!(decode_base64("QR==").unwrap().as_slice(), b"A");
    }

    #[test]
    fn both_alphabets_are_decoded() {
        assert_eq!(decode_base64("-_+/"), decode_base64("+/-_"));
        assert_eq!(decode_base64("-_-_").unwrap().as_slice(), [0xfb, 0xff, 0xbf]);
    }
}
