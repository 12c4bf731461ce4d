//! The keyring of the system: the Secret Service on Linux and the BSDs, the keychain of macOS, the Credential
//! Manager of Windows.
//!
//! It is opened only when a secret is read from it or kept in it: opening it may take a while, and may ask a
//! person to unlock it.

#[cfg_attr(
    not(all(
        feature = "keyring",
        any(unix, windows),
        any(not(target_vendor = "apple"), target_os = "macos")
    )),
    path = "keyring/absent.rs"
)]
mod system;

use crate::secret_input::Secret;

/// One secret in the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyringItem {
    /// What the items of one folder of settings have in common.
    pub(super) service: String,
    /// Which secret of which profile.
    pub(super) account: String,
}

/// Why the keyring did not do what it should. The texts are for people, and hold no secret.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "keyring"), allow(dead_code, reason = "then it is always absent"))]
pub(crate) enum KeyringTrouble {
    /// There is no keyring, or it does not answer.
    #[error("there is no keyring that answers ({0})")]
    Absent(String),
    /// It is there, and does not let anybody in.
    #[error("the keyring is locked, or does not let this program in ({0})")]
    Locked(String),
    /// It is open, and does not do it.
    #[error("the keyring does not do it ({0})")]
    Refused(String),
}

impl KeyringTrouble {
    /// What to do.
    pub(crate) const fn remedy(&self) -> &'static str {
        match self {
            Self::Absent(_) => {
                "Run it where the keyring is, which is in the desktop session on Linux. Without one, keep the \
                 secret in a file with --store file, or have a command print it with --token-command."
            }
            Self::Locked(_) => "Unlock the keyring, and try again.",
            Self::Refused(_) => "Look at the item in the system's own program for the keyring.",
        }
    }
}

impl KeyringItem {
    /// Puts the secret there, in the place of the one that is there.
    pub(super) fn keep(&self, secret: &str) -> Result<(), KeyringTrouble> {
        system::keep(self, secret)
    }

    /// The secret; nothing if there is none.
    pub(super) fn secret(&self) -> Result<Option<Secret>, KeyringTrouble> {
        system::secret(self)
    }

    /// Takes it away, and tells whether there was one.
    pub(super) fn forget(&self) -> Result<bool, KeyringTrouble> {
        system::forget(self)
    }
}
