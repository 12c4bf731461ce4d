//! The outermost layer of a KS: Base64 around a version, a partner and a body.

use kaltura_types::{Ks, PartnerId};
use zeroize::Zeroizing;

use crate::php::base64::decode_strictly;

/// What anyone can take apart without a secret.
pub(crate) enum Envelope {
    V1 {
        partner: Partner,
        /// Said to be the hex SHA-1 of secret and info.
        signature: Zeroizing<Vec<u8>>,
        /// All fields, in clear text.
        info: Zeroizing<Vec<u8>>,
    },
    V2 {
        partner: Partner,
        cipher_text: Zeroizing<Vec<u8>>,
    },
}

/// The partner id as it is written in the KS, and as a number.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Partner {
    pub(crate) text: String,
    pub(crate) id: PartnerId,
}

impl Envelope {
    pub(crate) fn decode(ks: &Ks) -> Result<Self, MalformedKs> {
        let decoded = decode_strictly(ks.expose()).ok_or(MalformedKs::NotBase64)?;
        if decoded.is_empty() {
            return Err(MalformedKs::NotBase64);
        }
        match decoded.strip_prefix(b"v2|") {
            Some(rest) => {
                let (partner, cipher_text) = split_at_first(rest, b'|').ok_or(MalformedKs::TooFewParts)?;
                let cipher_text = Zeroizing::new(cipher_text.to_vec());
                Ok(Self::V2 { partner: Partner::read(partner)?, cipher_text })
            }
            // The server takes whatever does not begin with `v2|` for version 1.
            None => {
                let (signature, info) = split_at_first(&decoded, b'|').ok_or(MalformedKs::NoSeparator)?;
                let fields: Vec<&[u8]> = info.split(|&byte| byte == b';').collect();
                let [partner, _, _, ..] = fields[..] else {
                    return Err(MalformedKs::TooFewParts);
                };
                Ok(Self::V1 {
                    partner: Partner::read(partner)?,
                    signature: Zeroizing::new(signature.to_vec()),
                    info: Zeroizing::new(info.to_vec()),
                })
            }
        }
    }

    pub(crate) const fn partner(&self) -> &Partner {
        match self {
            Self::V1 { partner, .. } | Self::V2 { partner, .. } => partner,
        }
    }
}

impl Partner {
    fn read(text: &[u8]) -> Result<Self, MalformedKs> {
        let text = str::from_utf8(text).map_err(|_| MalformedKs::PartnerId)?;
        let id = text.parse().map_err(|_| MalformedKs::PartnerId)?;
        Ok(Self { text: text.to_owned(), id })
    }
}

fn split_at_first(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Why a text is no KS, whatever the secret (wire contract, sections 6.2 and 6.3).
///
/// The server answers such a text with `INVALID_KS`. A cut or altered copy is the usual reason: compare the
/// [`Fingerprint`](crate::Fingerprint) of the text with that of the KS where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedKs {
    /// It is empty, or not Base64 in either alphabet, or its padding is wrong.
    #[error("not a KS: the text is not Base64; it may be cut, altered, or something else")]
    NotBase64,
    /// There is no `|` in what the Base64 holds.
    #[error("not a KS: no `|` stands after the version or signature")]
    NoSeparator,
    /// Version 2 without a body, version 1 with fewer than three fields, or a version that is not known.
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

    fn decode(text: &str) -> Result<Envelope, MalformedKs> {
        Envelope::decode(&Ks::new(::base64::engine::general_purpose::STANDARD.encode(text)))
    }

    #[test]
    fn what_is_no_ks_is_told_apart() {
        assert_eq!(Envelope::decode(&Ks::new("")).err(), Some(MalformedKs::NotBase64));
        assert_eq!(Envelope::decode(&Ks::new("!")).err(), Some(MalformedKs::NotBase64));
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
        let Ok(Envelope::V2 { partner, cipher_text }) = decode("v2|-2|a|b|") else { panic!("not version 2") };
        assert_eq!((partner.id, cipher_text.as_slice()), (PartnerId::new(-2), &b"a|b|"[..]));
        let Ok(Envelope::V1 { signature, info, .. }) = decode("hash|1;2;3|4") else {
            panic!("not version 1")
        };
        assert_eq!((signature.as_slice(), info.as_slice()), (&b"hash"[..], &b"1;2;3|4"[..]));
    }
}
