//! Identifiers. None of them is a secret.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::open::Scalar;

/// The id of a Kaltura account, such as `1234567`.
///
/// Negative ids are internal accounts of the platform. Some responses have it as a number and others as a
/// string (wire contract, section 3); both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PartnerId(i64);

impl PartnerId {
    /// The id with this number.
    #[must_use]
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PartnerId {
    type Err = InvalidPartnerId;

    /// Reads decimal digits, with an optional sign.
    ///
    /// # Errors
    ///
    /// [`InvalidPartnerId`] if the text is not a 64-bit number.
    fn from_str(text: &str) -> Result<Self, InvalidPartnerId> {
        text.parse().map(Self).map_err(InvalidPartnerId)
    }
}

/// The text is not a partner id. The message does not contain the text, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a partner id is a number, such as 1234567")]
pub struct InvalidPartnerId(#[source] ParseIntError);

impl<'de> Deserialize<'de> for PartnerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer)?.integer().map(Self)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id with this text, unchanged: nothing is trimmed or converted to lower case.
            #[must_use]
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self::new(id)
            }
        }
    };
}

macro_rules! open_text {
    ($name:ident) => {
        /// Reads a number as its digits: some responses have ids as numbers (wire contract, section 3).
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Scalar::deserialize(deserializer).map(|scalar| Self(scalar.into_string()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.0).finish()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A widget, which starts unprivileged sessions without credentials.
    ///
    /// Each partner has a default widget, `_` and the partner id ([`WidgetId::default_for`]).
    WidgetId
}
open_text!(WidgetId);

impl WidgetId {
    /// The default widget of a partner.
    ///
    /// ```
    /// # use kaltura_types::{PartnerId, WidgetId};
    /// assert_eq!(WidgetId::default_for(PartnerId::new(1234567)).as_str(), "_1234567");
    /// ```
    #[must_use]
    pub fn default_for(partner: PartnerId) -> Self {
        Self(format!("_{partner}"))
    }
}

text_id! {
    /// A user of a partner, as the partner names it: a login name, an e-mail address, a number.
    UserId
}
open_text!(UserId);

text_id! {
    /// The id of an app token, such as `0_7jh3eu10` (wire contract, section 3). Not a secret.
    ///
    /// Id and token value are easily swapped. Therefore `Debug` and `Display` show the text only if it has the
    /// form of an id: any other text may be the secret.
    ///
    /// ```
    /// # use kaltura_types::AppTokenId;
    /// assert_eq!(AppTokenId::new("0_7jh3eu10").to_string(), "0_7jh3eu10");
    /// assert_eq!(AppTokenId::new("3f786850e387550fdab836ed7e6dc881").to_string(), "(not an app token id)");
    /// ```
    AppTokenId
}

impl AppTokenId {
    /// Whether the text has the form of an id of the server: up to three digits, `_`, and up to 20 letters
    /// or digits.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.0.split_once('_').is_some_and(|(center, name)| {
            let digits =
                !center.is_empty() && center.len() <= 3 && center.bytes().all(|b| b.is_ascii_digit());
            let letters =
                !name.is_empty() && name.len() <= 20 && name.bytes().all(|b| b.is_ascii_alphanumeric());
            digits && letters
        })
    }
}

/// Refuses an empty text: a token has an id, in a response and in a configuration.
impl<'de> Deserialize<'de> for AppTokenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Scalar::deserialize(deserializer)?.into_string();
        if id.is_empty() { Err(D::Error::custom("an empty app token id")) } else { Ok(Self(id)) }
    }
}

impl fmt::Display for AppTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_well_formed() { &self.0 } else { "(not an app token id)" })
    }
}

impl fmt::Debug for AppTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppTokenId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_are_read_alike() {
        for json in ["1234567", "\"1234567\""] {
            assert_eq!(serde_json::from_str::<PartnerId>(json).unwrap(), PartnerId::new(1_234_567));
            assert_eq!(serde_json::from_str::<UserId>(json).unwrap(), UserId::new("1234567"));
        }
        assert!(serde_json::from_str::<PartnerId>("\"12x\"").is_err());
        assert!(serde_json::from_str::<PartnerId>("1.5").is_err());
    }

    #[test]
    fn an_app_token_id_is_not_empty() {
        assert!(serde_json::from_str::<AppTokenId>("\"\"").is_err());
        assert_eq!(serde_json::from_str::<AppTokenId>("\"0_a\"").unwrap(), AppTokenId::new("0_a"));
    }

    #[test]
    fn a_token_value_in_place_of_an_id_is_not_shown() {
        let swapped = AppTokenId::new("3f786850e387550fdab836ed7e6dc881de23001b");
        assert!(!format!("{swapped} {swapped:?}").contains("3f78"));
    }
}
