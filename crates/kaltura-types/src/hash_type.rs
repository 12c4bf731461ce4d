//! How the proof that a caller holds an app token is hashed.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::open::{Coded, Scalar};

/// The hash function of an app token, chosen when the token was made.
///
/// A token that was made without one uses [`HashType::Sha1`] (wire contract, section 3).
///
/// ```
/// # use kaltura_types::HashType;
/// assert_eq!("sha256".parse::<HashType>()?, HashType::Sha256);
/// assert_eq!(HashType::Sha256.as_str(), "SHA256");
/// # Ok::<(), kaltura_types::UnknownHashType>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "credentials need a hash that this crate can compute")]
pub enum HashType {
    /// MD5, 32 hex digits.
    Md5,
    /// SHA-1, 40 hex digits. The server's default.
    Sha1,
    /// SHA-256, 64 hex digits.
    Sha256,
    /// SHA-512, 128 hex digits.
    Sha512,
}

impl HashType {
    /// All of them, the most likely first: what the guides teach, the server's default, the rest.
    pub const ALL: [Self; 4] = [Self::Sha256, Self::Sha1, Self::Sha512, Self::Md5];

    /// The name on the wire, where its case matters (wire contract, section 1.3).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// How many hex digits a hash of this type has.
    #[must_use]
    pub const fn hex_digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl fmt::Display for HashType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HashType {
    type Err = UnknownHashType;

    /// Reads what a person types: any case, `SHA-256` as well as `SHA256`.
    fn from_str(text: &str) -> Result<Self, UnknownHashType> {
        let plain = text.replace('-', "");
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(&plain)).ok_or(UnknownHashType)
    }
}

impl Coded for HashType {
    fn from_code(code: &Scalar) -> Option<Self> {
        match code {
            Scalar::Text(text) => Self::ALL.into_iter().find(|known| known.as_str() == text),
            Scalar::Number(_) => None,
        }
    }

    fn code(&self) -> Scalar {
        Scalar::Text(self.as_str().to_owned())
    }
}

impl Serialize for HashType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A text that names no [`HashType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash type: use MD5, SHA1, SHA256 or SHA512")]
#[non_exhaustive]
pub struct UnknownHashType;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_may_write_it_in_any_case() {
        for text in ["SHA512", "sha512", "Sha-512"] {
            assert_eq!(text.parse(), Ok(HashType::Sha512));
        }
        assert_eq!("sha3".parse::<HashType>(), Err(UnknownHashType));
        assert_eq!("".parse::<HashType>(), Err(UnknownHashType));
    }

    #[test]
    fn the_wire_is_case_sensitive() {
        assert_eq!(HashType::from_code(&Scalar::Text("sha256".into())), None);
        for known in HashType::ALL {
            assert_eq!(HashType::from_code(&known.code()), Some(known));
        }
    }
}
