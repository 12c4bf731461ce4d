//! Putting a secret into a place of this program, and taking it away again.

use std::io;

use super::SecretPlace;
use crate::error::{ExitCode, Failure};
use crate::profile::keyring::KeyringTrouble;
use crate::profile::own_file;
use crate::secret_input::Secret;

/// A secret that can not be put where it was to be kept.
#[derive(Debug)]
pub(in crate::profile) enum NotKept {
    Keyring(KeyringTrouble),
    File(Failure),
}

/// A secret that can not be taken from where it is kept.
#[derive(Debug, thiserror::Error)]
pub(in crate::profile) enum NotForgotten {
    #[error(transparent)]
    Keyring(#[from] KeyringTrouble),
    #[error(transparent)]
    File(#[from] io::Error),
}

impl NotKept {
    /// `what` could not be kept.
    pub(in crate::profile) fn into_failure(self, what: &str) -> Failure {
        match self {
            Self::Keyring(trouble) => {
                Failure::new(ExitCode::Local, format!("{what} can not be kept in the keyring"))
                    .caused_by(&trouble)
                    .with_hint(trouble.remedy())
            }
            Self::File(failure) => failure,
        }
    }
}

impl SecretPlace {
    /// Keeps a secret there, in the place of the one that is there: whoever looks finds the old one or the new one.
    /// The caller holds the lock of the profiles. What is somebody else's stays.
    pub(in crate::profile) fn keep(&self, value: &str) -> Result<(), NotKept> {
        match self {
            Self::Keyring(item) => item.keep(value).map_err(NotKept::Keyring),
            Self::OwnFile(path) => own_file::keep(path, value).map_err(NotKept::File),
            Self::Command(_) | Self::File(_) | Self::Variable(_) => Ok(()),
        }
    }

    /// What this program keeps there itself; nothing if it can not be had.
    pub(in crate::profile) fn kept(&self) -> Option<Secret> {
        match self {
            Self::Keyring(item) => item.secret().ok().flatten(),
            Self::OwnFile(path) => own_file::read(path).ok().flatten(),
            Self::Command(_) | Self::File(_) | Self::Variable(_) => None,
        }
    }

    /// Takes away what this program keeps there itself, and tells whether there was something. What is somebody
    /// else's stays.
    pub(in crate::profile) fn forget(&self) -> Result<bool, NotForgotten> {
        match self {
            Self::Keyring(item) => Ok(item.forget()?),
            Self::OwnFile(path) => Ok(own_file::forget(path)?),
            Self::Command(_) | Self::File(_) | Self::Variable(_) => Ok(false),
        }
    }

    /// Takes away what is not whole, which a process that was killed has left there.
    pub(in crate::profile) fn forget_half(&self) -> Result<(), NotForgotten> {
        match self {
            Self::OwnFile(path) => Ok(own_file::forget_half(path)?),
            Self::Command(_) | Self::File(_) | Self::Variable(_) | Self::Keyring(_) => Ok(()),
        }
    }
}
