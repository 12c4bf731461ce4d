//! Secrets: text that is shared, wiped when the last owner is gone, and never shown by accident.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The memory behind every secret of this crate. A clone shares it.
#[derive(Clone)]
pub(crate) struct SecretText(Arc<Zeroizing<String>>);

impl SecretText {
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// `Debug` shows nothing of it, there is no `Display` and no `Serialize`; equality takes the same
        /// time wherever the texts differ. A clone shares the memory, which is wiped with the last owner.
        #[derive(Clone)]
        pub struct $name($crate::secret::SecretText);

        impl $name {
            /// Takes the text as it is: nothing is trimmed, folded or re-encoded.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self($crate::secret::SecretText::new(text.into()))
            }

            /// The text. Keep it out of logs, URLs and process arguments.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.same_as(&other.0)
            }
        }

        impl Eq for $name {}

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    };
}
pub(crate) use secret;

secret! {
    /// The value of an app token: the secret that proves who logs in. It never leaves the process.
    ///
    /// The server makes 32 lower-case hex digits, whatever the hash type (wire contract, section 3).
    ///
    /// ```
    /// # use kaltura_types::AppTokenValue;
    /// let token = AppTokenValue::new("3f786850e387550fdab836ed7e6dc881");
    /// assert_eq!(format!("{token:?}"), "AppTokenValue(redacted)");
    /// ```
    AppTokenValue
}

/// The server gives the value in each app token object (wire contract, section 4.7).
impl<'de> Deserialize<'de> for AppTokenValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

secret! {
    /// A partner's user secret: `session.start` takes it for USER sessions (wire contract, section 4.1).
    ///
    /// It cannot sign a KS: the admin secret signs USER sessions too (wire contract, section 6.1).
    UserSecret
}

secret! {
    /// A partner's admin secret: it starts any session, and signs and opens every KS of the partner.
    AdminSecret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_by_text() {
        assert_eq!(AdminSecret::new("one"), AdminSecret::new(String::from("one")));
        assert_ne!(AdminSecret::new("one"), AdminSecret::new("onf"));
        assert_ne!(AdminSecret::new("one"), AdminSecret::new("one "));
    }

    #[test]
    fn a_clone_shares_the_memory() {
        let secret = UserSecret::new("text");
        assert!(std::ptr::eq(secret.expose(), secret.clone().expose()));
    }

    #[test]
    fn nothing_is_shown() {
        let shown = format!(
            "{:?} {:?} {:#?}",
            AppTokenValue::new("ab12"),
            UserSecret::new("ab12"),
            AdminSecret::new("ab12")
        );
        assert!(!shown.contains("ab12"), "{shown}");
    }
}
