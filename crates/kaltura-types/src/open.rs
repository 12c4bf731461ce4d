//! Open sets: a value that this crate knows, or another one that survives the round trip.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A whole number or a string, as the server sent it.
///
/// The same field is a number in one response and a string in another (wire contract, section 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "an enumeration of the API is numbers or strings, nothing else")]
pub enum Scalar {
    /// A whole number.
    Number(i64),
    /// A string.
    Text(String),
}

impl Scalar {
    /// The whole number: the value itself, or what the string parses to.
    pub(crate) fn integer<E: Error>(&self) -> Result<i64, E> {
        match self {
            Self::Number(number) => Ok(*number),
            // The string is not quoted: it may be a secret in the wrong place.
            Self::Text(text) => text.parse().map_err(|_| E::custom("a string that is not a whole number")),
        }
    }

    /// The string, or the decimal digits of the number.
    #[must_use]
    pub fn into_string(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;

        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a string")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                i64::try_from(number).map(Scalar::Number).map_err(|_| E::custom("a number above 2^63-1"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }
        }

        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// An enumeration of the API: a fixed set of values, each with a number or a string on the wire.
pub trait ApiEnum: Sized {
    /// The value that `code` stands for, if this crate knows it.
    ///
    /// A set of numbers takes the decimal digits as a string too: `2` and `"2"` are the same.
    fn from_wire(code: &Scalar) -> Option<Self>;

    /// The number or string on the wire.
    fn to_wire(&self) -> Scalar;
}

/// A value of the enumeration `T`, or one that this crate does not know, kept as the server sent it.
///
/// A server may be newer than this crate: what it adds to an enumeration is read, shown and written
/// back unchanged, in place of an error.
///
/// ```
/// # use kaltura_types::{HashType, Open};
/// let known: Open<HashType> = serde_json::from_str("\"SHA256\"")?;
/// assert_eq!(known, Open::Known(HashType::Sha256));
/// let unknown: Open<HashType> = serde_json::from_str("\"SHA3\"")?;
/// assert_eq!(unknown.known(), None);
/// assert_eq!(serde_json::to_string(&unknown)?, "\"SHA3\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a value is known or it is not")]
pub enum Open<T> {
    /// A value of the enumeration.
    Known(T),
    /// Any other value, as the server sent it.
    Other(Scalar),
}

impl<T> Open<T> {
    /// The value of the enumeration, if this crate knows it.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T: ApiEnum> Open<T> {
    /// The number or string on the wire.
    pub(crate) fn to_wire(&self) -> Scalar {
        match self {
            Self::Known(value) => value.to_wire(),
            Self::Other(code) => code.clone(),
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

impl<T: ApiEnum> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.to_wire().serialize(serializer),
            Self::Other(code) => code.serialize(serializer),
        }
    }
}

impl<'de, T: ApiEnum> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Scalar::deserialize(deserializer)?;
        Ok(T::from_wire(&code).map_or(Self::Other(code), Self::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionType;

    #[test]
    fn a_number_and_its_digits_are_the_same_value() {
        for json in ["2", "\"2\""] {
            assert_eq!(
                serde_json::from_str::<Open<SessionType>>(json).unwrap(),
                Open::Known(SessionType::Admin)
            );
        }
    }

    #[test]
    fn an_unknown_value_is_written_as_it_was_read() {
        for json in ["7", "\"7\"", "\"new\"", "-1"] {
            let open: Open<SessionType> = serde_json::from_str(json).unwrap();
            assert!(open.known().is_none());
            assert_eq!(serde_json::to_string(&open).unwrap(), json);
        }
    }
}
