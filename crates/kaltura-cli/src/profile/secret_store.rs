//! The two places that this program keeps secrets in itself.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::keyring::KeyringTrouble;
use super::{KeyringItem, ProfileName, ProfileSecret, SecretPlace, own_file};
use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// Where this program keeps secrets itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretStore {
    /// The keyring of the system
    Keyring,
    /// A file that only its owner can read
    File,
}

/// Where a secret is kept now.
#[derive(Debug)]
pub(super) struct KeptSecret {
    pub(super) store: SecretStore,
    /// Why it is a file, where the keyring would have been better.
    pub(super) instead_of_keyring: Option<KeyringTrouble>,
}

/// A secret that can not be taken from where it is kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotForgotten {
    #[error(transparent)]
    Keyring(#[from] KeyringTrouble),
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl SecretStore {
    /// Its name in the file with the profiles.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }

    /// The place of a secret in it. `folder` is the one with the profiles: those of two folders that have the same
    /// name do not share a secret.
    pub(super) fn place(self, folder: &Path, profile: &ProfileName, secret: ProfileSecret) -> SecretPlace {
        match self {
            Self::Keyring => SecretPlace::Keyring(item(folder, profile, secret)),
            Self::File => SecretPlace::OwnFile(file(folder, profile, secret)),
        }
    }

    /// Keeps a secret of a profile: in the store that is wished; else in the keyring, and where that can not be
    /// used, in a file. The caller holds the lock of the profiles.
    pub(super) fn keep(
        wished: Option<Self>,
        folder: &Path,
        profile: &ProfileName,
        secret: ProfileSecret,
        value: &str,
    ) -> Result<KeptSecret, Failure> {
        let in_file = |instead_of_keyring| {
            own_file::keep(&file(folder, profile, secret), value)?;
            Ok(KeptSecret { store: Self::File, instead_of_keyring })
        };
        if wished == Some(Self::File) {
            return in_file(None);
        }
        match item(folder, profile, secret).keep(value) {
            Ok(()) => Ok(KeptSecret { store: Self::Keyring, instead_of_keyring: None }),
            Err(trouble) if wished.is_none() => in_file(Some(trouble)),
            Err(trouble) => {
                let message = format!("{} can not be kept in the keyring", secret.what());
                Err(Failure::new(ExitCode::Local, message).caused_by(&trouble).with_hint(trouble.remedy()))
            }
        }
    }
}

impl SecretPlace {
    /// Takes away what this program keeps there itself, and tells whether there was something. What is somebody
    /// else's stays.
    pub(super) fn forget(&self) -> Result<bool, NotForgotten> {
        match self {
            Self::Keyring(item) => Ok(item.forget()?),
            Self::OwnFile(path) => Ok(own_file::forget(path)?),
            Self::Command(_) | Self::File(_) | Self::Variable(_) => Ok(false),
        }
    }
}

impl FromStr for SecretStore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as ValueEnum>::from_str(text, false)
    }
}

fn item(folder: &Path, profile: &ProfileName, secret: ProfileSecret) -> KeyringItem {
    KeyringItem { service: format!("kaltura {}", folder.display()), account: name(profile, secret) }
}

fn file(folder: &Path, profile: &ProfileName, secret: ProfileSecret) -> PathBuf {
    folder.join("secrets").join(name(profile, secret))
}

fn name(profile: &ProfileName, secret: ProfileSecret) -> String {
    let secret = match secret {
        ProfileSecret::AppToken => "app-token",
        ProfileSecret::AdminSecret => "admin-secret",
    };
    format!("{profile}.{secret}")
}
