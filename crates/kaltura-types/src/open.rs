//! Open sets: a value that this crate knows, or another one that survives the round trip.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number or a text, as the server sent it.
///
/// The same field comes as the one in one action and as the other in the next (wire contract, section 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "JSON has no third kind of simple value that names something")]
pub enum Scalar {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Scalar {
    /// The whole number that it is or spells.
    pub(crate) fn integer<E: Error>(&self) -> Result<i64, E> {
        match self {
            Self::Number(number) => Ok(*number),
            // The text is not quoted: it might be a secret in the wrong place.
            Self::Text(text) => text.parse().map_err(|_| E::custom("a text that is not a whole number")),
        }
    }

    /// The text that it is, or that spells it.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;

        impl Visitor<'_> for Seen {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a text")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                i64::try_from(number).map(Scalar::Number).map_err(|_| E::custom("a number beyond 64 bits"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }
        }

        deserializer.deserialize_any(Seen)
    }
}

/// A closed set of values that the API numbers or names.
pub trait Coded: Sized {
    /// The member that `code` stands for; a number and its text mean the same.
    fn from_code(code: &Scalar) -> Option<Self>;

    /// What the API calls this member.
    fn code(&self) -> Scalar;
}

/// A member of the set `T`, or something newer than this crate, kept as it came.
///
/// ```
/// # use kaltura_types::{HashType, Open};
/// let known: Open<HashType> = serde_json::from_str("\"SHA256\"")?;
/// assert_eq!(known, Open::Known(HashType::Sha256));
/// let newer: Open<HashType> = serde_json::from_str("\"SHA3\"")?;
/// assert_eq!(serde_json::to_string(&newer)?, "\"SHA3\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a value is known or it is not")]
pub enum Open<T> {
    /// A member of the set.
    Known(T),
    /// Anything else, as the server sent it.
    Other(Scalar),
}

impl<T> Open<T> {
    /// The member of the set, if it is one.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: fmt::Display> fmt::Display for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Other(Scalar::Number(number)) => number.fmt(f),
            Self::Other(Scalar::Text(text)) => text.fmt(f),
        }
    }
}

impl<T: Coded> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.code().serialize(serializer),
            Self::Other(code) => code.serialize(serializer),
        }
    }
}

impl<'de, T: Coded> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Scalar::deserialize(deserializer)?;
        Ok(T::from_code(&code).map_or(Self::Other(code), Self::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionType;

    #[test]
    fn a_number_and_its_text_mean_the_same() {
        for json in ["2", "\"2\""] {
            assert_eq!(
                serde_json::from_str::<Open<SessionType>>(json).unwrap(),
                Open::Known(SessionType::Admin)
            );
        }
    }

    #[test]
    fn the_unknown_survives_with_its_kind() {
        for json in ["7", "\"7\"", "\"new\"", "-1"] {
            let open: Open<SessionType> = serde_json::from_str(json).unwrap();
            assert!(open.known().is_none());
            assert_eq!(serde_json::to_string(&open).unwrap(), json);
        }
    }
}
