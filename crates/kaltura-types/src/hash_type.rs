//! The hash function of an app token.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::open::{ApiEnum, Scalar};

/// The hash function of an app token, set when the token was created.
///
/// A token that was created without one uses [`HashType::Sha1`] (wire contract, section 3).
///
/// In a configuration it is its name, read as by `parse`. In a response it is an [`Open<HashType>`](crate::Open).
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
    /// All values, the most likely first: the one in Kaltura's guides, the server's default, the others.
    pub const ALL: [Self; 4] = [Self::Sha256, Self::Sha1, Self::Sha512, Self::Md5];

    /// The name on the wire, which is case-sensitive (wire contract, section 1.3).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The length of a hash of this type, in hex digits.
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

    /// Accepts any case, and `SHA-256` as well as `SHA256`.
    ///
    /// # Errors
    ///
    /// [`UnknownHashType`] for any other text.
    fn from_str(text: &str) -> Result<Self, UnknownHashType> {
        let plain = text.replace('-', "");
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(&plain)).ok_or(UnknownHashType)
    }
}

impl ApiEnum for HashType {
    fn from_wire(code: &Scalar) -> Option<Self> {
        match code {
            Scalar::Text(text) => Self::ALL.into_iter().find(|known| known.as_str() == text),
            Scalar::Number(_) => None,
        }
    }

    fn to_wire(&self) -> Scalar {
        Scalar::Text(self.as_str().to_owned())
    }
}

impl Serialize for HashType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for HashType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The text is not the name of a [`HashType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash type: use MD5, SHA1, SHA256 or SHA512")]
#[non_exhaustive]
pub struct UnknownHashType;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_ignores_case_and_hyphens() {
        for text in ["SHA512", "sha512", "Sha-512"] {
            assert_eq!(text.parse(), Ok(HashType::Sha512));
        }
        assert_eq!("sha3".parse::<HashType>(), Err(UnknownHashType));
        assert_eq!("".parse::<HashType>(), Err(UnknownHashType));
    }

    #[test]
    fn a_configuration_is_read_and_written() {
        for known in HashType::ALL {
            let json = serde_json::to_string(&known).unwrap();
            assert_eq!(serde_json::from_str::<HashType>(&json).unwrap(), known);
            assert_eq!(serde_json::from_str::<HashType>(&json.to_lowercase()).unwrap(), known);
        }
        let error = serde_json::from_str::<HashType>("\"hush\"").unwrap_err().to_string();
        assert!(error.starts_with("not a hash type") && !error.contains("hush"), "{error}");
        assert!(serde_json::from_str::<HashType>("256").is_err());
    }

    #[test]
    fn the_name_on_the_wire_is_case_sensitive() {
        assert_eq!(HashType::from_wire(&Scalar::Text("sha256".into())), None);
        for known in HashType::ALL {
            assert_eq!(HashType::from_wire(&known.to_wire()), Some(known));
        }
    }
}
