//! Secrets: text in shared memory that is zeroised on drop and never shown by accident.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroize as _;

/// The memory of every secret of this crate. Clones share it; the last owner zeroises it.
#[derive(Clone)]
pub(crate) struct SecretText(Arc<Zeroised>);

/// A text that is zeroised on drop.
struct Zeroised(String);

impl Drop for Zeroised {
    fn drop(&mut self) {
        // Without a length, all of it is spare capacity, which is zeroised as one block and not byte by byte.
        self.0.clear();
        self.0.zeroize();
    }
}

impl SecretText {
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Zeroised(text)))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0.0
    }

    pub(crate) fn ct_eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other)
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// `Debug` is redacted; there is no `Display` and no `Serialize`. Equality takes constant time.
        /// Clones share the memory, which is zeroised when the last one is dropped.
        #[derive(Clone)]
        pub struct $name($crate::secret::SecretText);

        impl $name {
            /// The secret with this text, unchanged: nothing is trimmed, converted or re-encoded.
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
                self.0.ct_eq(&other.0)
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
    /// The value of an app token: the secret that a login proves to have. It is never sent.
    ///
    /// The server creates 32 lower-case hex digits, for every hash type (wire contract, section 3).
    ///
    /// ```
    /// # use kaltura_types::AppTokenValue;
    /// let token = AppTokenValue::new("3f786850e387550fdab836ed7e6dc881");
    /// assert_eq!(format!("{token:?}"), "AppTokenValue(redacted)");
    /// ```
    AppTokenValue
}

/// Each app token object of the server contains the value (wire contract, section 4.7).
impl<'de> Deserialize<'de> for AppTokenValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

secret! {
    /// The user secret of a partner, for USER sessions of `session.start` (wire contract, section 4.1).
    ///
    /// It cannot sign a KS: the admin secret signs USER sessions too (wire contract, section 6.1).
    UserSecret
}

secret! {
    /// The admin secret of a partner: it starts any session, and signs and opens every KS of the partner.
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
    fn debug_is_redacted() {
        let shown = format!(
            "{:?} {:?} {:#?}",
            AppTokenValue::new("ab12"),
            UserSecret::new("ab12"),
            AdminSecret::new("ab12")
        );
        assert!(!shown.contains("ab12"), "{shown}");
    }
}
