//! Where the secrets of a profile are.

mod keeping;
mod reading;

use std::path::PathBuf;

pub(super) use self::keeping::{NotForgotten, NotKept};
use super::keyring::KeyringTrouble;
use super::store_slot::StoreSlot;
use super::{KeyringItem, Profile};
use crate::config::Environment;

/// A secret that a profile may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProfileSecret {
    /// The value of the app token.
    AppToken,
    /// The admin secret of the account, with which app tokens are made.
    AdminSecret,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    /// What a command of the shell prints.
    Command(String),
    /// The content of somebody's file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// The keyring of the system.
    Keyring(KeyringItem),
    /// A file in the folder for settings that this program has made for its owner alone.
    OwnFile(PathBuf),
}

impl ProfileSecret {
    pub(crate) const ALL: [Self; 2] = [Self::AppToken, Self::AdminSecret];

    /// What it is.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::AppToken => "the value of the app token",
            Self::AdminSecret => "the admin secret",
        }
    }

    /// The entries that say where it is, of which a profile has one.
    pub(crate) const fn entries(self) -> [&'static str; 4] {
        match self {
            Self::AppToken => ["token_command", "token_file", "token_variable", "token_store"],
            Self::AdminSecret => {
                ["admin_secret_command", "admin_secret_file", "admin_secret_variable", "admin_secret_store"]
            }
        }
    }

    /// The entry that names the store that this program keeps it in.
    pub(super) const fn store_entry(self) -> &'static str {
        let [.., store] = self.entries();
        store
    }

    /// What its options begin with.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::AppToken => "--app-token",
            Self::AdminSecret => "--admin-secret",
        }
    }
}

impl Profile {
    /// Where a secret is, if the profile knows.
    pub(crate) fn place_of(&self, secret: ProfileSecret) -> Option<SecretPlace> {
        let [command, file, variable, store] = secret.entries().map(|entry| self.text(entry));
        command
            .map(|command| SecretPlace::Command(command.to_owned()))
            .or_else(|| file.map(|file| SecretPlace::File(self.folder.join(file))))
            .or_else(|| variable.map(|variable| SecretPlace::Variable(variable.to_owned())))
            .or_else(|| {
                let slot: StoreSlot = store?.parse().ok()?;
                Some(slot.place(&self.folder, &self.name, secret))
            })
    }
}

impl Profile {
    /// The environment variables that it takes secrets from.
    pub(crate) fn secret_variables(&self) -> impl Iterator<Item = String> {
        ProfileSecret::ALL.into_iter().filter_map(|secret| match self.place_of(secret)? {
            SecretPlace::Variable(name) => Some(name),
            _ => None,
        })
    }
}

impl SecretPlace {
    /// Whether there is a secret; nothing where only a run of a command could tell.
    pub(crate) fn has_secret(&self, environment: &Environment) -> Result<Option<bool>, KeyringTrouble> {
        match self {
            Self::Command(_) => Ok(None),
            Self::File(path) | Self::OwnFile(path) => Ok(Some(path.exists())),
            Self::Variable(name) => Ok(Some(environment.is_set(name))),
            Self::Keyring(item) => item.secret().map(|secret| Some(secret.is_some())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_one_that_an_entry_names() {
        let place = |entries: &str| Profile::of_test(entries).place_of(ProfileSecret::AppToken);
        assert_eq!(place("token_command = 'pass x'"), Some(SecretPlace::Command("pass x".to_owned())));
        assert_eq!(place("token_file = 'x'"), Some(SecretPlace::File("/settings/x".into())));
        assert_eq!(place("token_file = '/x'"), Some(SecretPlace::File("/x".into())));
        assert_eq!(place("token_variable = 'X'"), Some(SecretPlace::Variable("X".to_owned())));
        assert_eq!(
            place("token_store = 'file'"),
            Some(SecretPlace::OwnFile("/settings/secrets/test.app-token".into()))
        );
        assert_eq!(
            place("token_store = 'file-2'"),
            Some(SecretPlace::OwnFile("/settings/secrets/test.app-token-2".into()))
        );
        assert!(matches!(place("token_store = 'keyring'"), Some(SecretPlace::Keyring(_))));
        assert_eq!(place("admin_secret_variable = 'X'"), None);
    }

    #[test]
    fn the_variables_of_both_secrets_are_known() {
        let variables = |entries: &str| Profile::of_test(entries).secret_variables().collect::<Vec<_>>();
        assert_eq!(variables("token_variable = 'X'\nadmin_secret_variable = 'Y'"), ["X", "Y"]);
        assert_eq!(variables("token_file = 'X'"), [""; 0]);
    }
}
