//! The two stores that this program keeps secrets in itself.

use clap::ValueEnum;

/// Where this program keeps secrets itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretStore {
    /// The keyring of the system
    Keyring,
    /// A file that only its owner can read
    File,
}

impl SecretStore {
    /// Its name in the file with the profiles.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}
