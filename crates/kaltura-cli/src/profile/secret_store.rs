//! Where the secrets of a profile are, and the two stores that kaltura keeps secrets in itself.
//!
//! A stored secret is named by what it belongs to: server, account and app token. So it is written before the file
//! with the profiles, and a process that is killed in between leaves the profile as it was. Profiles of one folder
//! that log in with the same app token share its value.

mod keyring;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub(crate) use self::keyring::KeyringError;
use self::keyring::KeyringItem;
use super::{Profile, SecretOwner};
use crate::environment::{Environment, SETTINGS_VARIABLE, Setting};
use crate::error::{ExitCode, Failure};
use crate::files::ForeignOwner;
use crate::output::Ui;
use crate::redaction::repeatable;
use crate::secret_input::Secret;
use crate::signals::child;
use crate::{files, secret_input};

/// A secret that a profile may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProfileSecret {
    pub(crate) what: &'static str,
    /// The entries that say where it is, of which a profile has one: command, file, variable and the store of kaltura.
    pub(crate) entries: [&'static str; 4],
    /// What the names of its options and files begin with.
    kind: &'static str,
    /// The member of answers in JSON.
    pub(crate) member: &'static str,
    /// What people read in `kaltura profile show`.
    pub(crate) label: &'static str,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    /// What a command of the shell prints.
    Command(String),
    /// The content of a file of the user.
    File(PathBuf),
    Variable(String),
    Stored(StoredSecret),
}

/// Where kaltura keeps a secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoredSecret {
    Keyring(KeyringItem),
    /// A file in the folder for settings that kaltura has created for its owner alone.
    File(PathBuf),
}

/// The stores that kaltura has for secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretStore {
    /// The keyring of the system
    Keyring,
    /// A file that only its owner can read
    File,
}

/// A secret cannot be stored or deleted.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    File(#[from] io::Error),
}

impl SecretStore {
    /// The store that an entry names. Older versions put a number behind it: `keyring-2`.
    pub(super) fn of_entry(text: &str) -> Option<Self> {
        let name = text.split_once('-').map_or(text, |(name, _)| name);
        [Self::Keyring, Self::File].into_iter().find(|store| store.as_str() == name)
    }

    /// Its name in the file with the profiles.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

impl ProfileSecret {
    pub(crate) const APP_TOKEN: Self = Self {
        what: "the app token value",
        entries: ["token_command", "token_file", "token_variable", "token_store"],
        kind: "app-token",
        member: "appToken",
        label: "app token",
    };
    /// The admin secret of the account, with which app tokens are managed.
    pub(crate) const ADMIN_SECRET: Self = Self {
        what: "the admin secret",
        entries: ["admin_secret_command", "admin_secret_file", "admin_secret_variable", "admin_secret_store"],
        kind: "admin-secret",
        member: "adminSecret",
        label: "admin secret",
    };
    pub(crate) const ALL: [Self; 2] = [Self::APP_TOKEN, Self::ADMIN_SECRET];

    /// The entry that names the store that kaltura keeps it in.
    pub(super) const fn store_entry(self) -> &'static str {
        let [.., store] = self.entries;
        store
    }
}

impl Profile {
    /// Where a secret is, if the profile knows.
    pub(crate) fn place_of(&self, secret: ProfileSecret) -> Option<SecretPlace> {
        let [command, file, variable, store] = secret.entries.map(|entry| self.text(entry));
        command
            .map(|command| SecretPlace::Command(command.to_owned()))
            .or_else(|| file.map(|file| SecretPlace::File(self.folder.join(file))))
            .or_else(|| variable.map(|variable| SecretPlace::Variable(variable.to_owned())))
            .or_else(|| {
                let place = self.stored_secret(secret, SecretStore::of_entry(store?)?);
                let old = self.folder.join("secrets").join(self.old_name(secret));
                Some(SecretPlace::Stored(match place {
                    StoredSecret::File(path) if !path.exists() && old.exists() => StoredSecret::File(old),
                    place => place,
                }))
            })
    }

    /// The environment variables that it takes secrets from.
    pub(crate) fn secret_variables(&self) -> impl Iterator<Item = String> {
        ProfileSecret::ALL.into_iter().filter_map(|secret| match self.place_of(secret)? {
            SecretPlace::Variable(name) => Some(name),
            _ => None,
        })
    }

    /// The place of a secret in a store of kaltura. Its name holds the server, the account and the app token.
    pub(super) fn stored_secret(&self, secret: ProfileSecret, store: SecretStore) -> StoredSecret {
        let server = self.service_url().map(|url| url.to_string()).unwrap_or_default();
        let text = |setting: &Setting| self.text(setting.entry).unwrap_or_default();
        let account = format!("partner {} at {server}", text(&Setting::PARTNER_ID));
        let token = match secret {
            ProfileSecret::APP_TOKEN => format!(" {}", text(&Setting::APP_TOKEN_ID)),
            _ => String::new(),
        };
        let name = format!("{}{token} of {account}", secret.kind);
        match store {
            SecretStore::Keyring => StoredSecret::Keyring(KeyringItem {
                service: format!("kaltura {}", self.folder.display()),
                account: name,
                old_account: self.old_name(secret),
            }),
            SecretStore::File => {
                let digest = hex::encode(Sha256::digest(name));
                let file = format!("{}-{}", secret.kind, digest.get(..16).unwrap_or(&digest));
                StoredSecret::File(self.folder.join("secrets").join(file))
            }
        }
    }

    /// How older versions named the secret: by the profile, and a number behind the store.
    fn old_name(&self, secret: ProfileSecret) -> String {
        let number = self.text(secret.store_entry()).and_then(|text| text.split_once('-'));
        let number = number.map(|(_, number)| format!("-{number}")).unwrap_or_default();
        format!("{}.{}{number}", self.name, secret.kind)
    }

    /// A secret of this profile; nothing if it has none. `owner` is whose secret it must be.
    pub(crate) fn secret(
        &self,
        ui: &Ui,
        secret: ProfileSecret,
        environment: &Environment,
        owner: &SecretOwner<'_>,
    ) -> Result<Option<Secret>, Failure> {
        let Some(place) = self.place_of(secret) else { return Ok(None) };
        if let Some(setting) = self.differs_from(owner) {
            let (what, name) = (secret.what, &self.name);
            let kind = if setting.entry == Setting::SERVICE_URL.entry { "server" } else { setting.entry };
            let message =
                format!("{what} is missing: profile '{name}' stores the one for a different {kind}");
            return Err(Failure::usage(message).with_hint(format!(
                "{} and {} override the profile. Omit them, or also pass the secret.",
                setting.option, setting.variable
            )));
        }
        self.read(ui, secret, &place, environment).map(Some)
    }

    fn read(
        &self,
        ui: &Ui,
        secret: ProfileSecret,
        place: &SecretPlace,
        environment: &Environment,
    ) -> Result<Secret, Failure> {
        match place {
            SecretPlace::Command(command) => self.printed_by(ui, secret, command),
            SecretPlace::File(path) => secret_input::from_file(path),
            SecretPlace::Variable(name) => environment.text(name)?.map(Zeroizing::new).ok_or_else(|| {
                let (what, profile) = (secret.what, &self.name);
                let empty = if environment.is_empty(name) { ", which is set, but empty" } else { "" };
                let name = repeatable(name);
                let message = format!("{what} is missing: profile '{profile}' reads it from {name}{empty}");
                Failure::usage(message).with_hint(format!("Set {name}."))
            }),
            SecretPlace::Stored(StoredSecret::Keyring(item)) => match item.secret() {
                Ok(stored) => stored.ok_or_else(|| self.gone(secret, "the system keyring")),
                Err(error) => Err(self.unreadable(secret, &error)),
            },
            SecretPlace::Stored(StoredSecret::File(path)) => {
                let value = read_own_file(path)?
                    .ok_or_else(|| self.gone(secret, &format!("the file {}", path.display())))?;
                self.rename_old_file(secret, path, &value);
                Ok(value)
            }
        }
    }

    /// Gives a file of an older version its name of today. If that fails, the old one is read again next time.
    fn rename_old_file(&self, secret: ProfileSecret, path: &Path, value: &str) {
        let place = self.stored_secret(secret, SecretStore::File);
        if place != StoredSecret::File(path.to_owned()) && place.store(value).is_ok() {
            let _ = files::remove_all(path);
        }
    }

    /// It is not where the profile stores it.
    fn gone(&self, secret: ProfileSecret, place: &str) -> Failure {
        let (what, profile) = (secret.what, &self.name);
        Failure::usage(format!(
            "{what} is missing: profile '{profile}' stores it in {place}, but it is not there"
        ))
        .with_hint(format!("Store it again: `kaltura profile add {profile} --{}-stdin`.", secret.kind))
    }

    fn unreadable(&self, secret: ProfileSecret, error: &KeyringError) -> Failure {
        let message =
            format!("cannot read {} of profile '{}' from the system keyring", secret.what, self.name);
        Failure::new(ExitCode::Local, message).caused_by(error).with_hint(error.hint())
    }

    /// What a command of the shell prints, without a trailing newline. The command is not quoted: it may hold a secret.
    /// What it writes to standard error is shown. It ends with this process.
    fn printed_by(&self, ui: &Ui, secret: ProfileSecret, command: &str) -> Result<Secret, Failure> {
        let [entry, ..] = secret.entries;
        let failed =
            |why: &str| Failure::new(ExitCode::Local, format!("{entry} of profile '{}' {why}", self.name));
        match child::output(ui, shell(command).stdin(Stdio::null())) {
            Ok(output) if output.status.success() => {
                secret_input::read(output.stdout.as_slice(), &format!("the output of {entry}"))
            }
            Ok(output) => Err(failed(&format!("failed: {}", output.status))
                .with_hint("Run the command by itself: it must print the secret and exit with 0.")),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(failed(&format!("did not end within {} s", child::TIME_LIMIT.as_secs()))
                    .with_hint("Run the command by itself: it must print the secret without waiting."))
            }
            Err(error) => Err(failed("cannot be run").caused_by(&error)),
        }
    }
}

fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.arg(option).arg(command);
    shell
}

impl SecretPlace {
    /// Whether there is a secret; nothing where only a run of a command could tell.
    pub(crate) fn has_secret(&self, environment: &Environment) -> Result<Option<bool>, KeyringError> {
        match self {
            Self::Command(_) => Ok(None),
            Self::File(path) | Self::Stored(StoredSecret::File(path)) => Ok(Some(path.exists())),
            Self::Variable(name) => Ok(Some(environment.is_set(name))),
            Self::Stored(StoredSecret::Keyring(item)) => item.secret().map(|secret| Some(secret.is_some())),
        }
    }
}

impl StoredSecret {
    /// Stores a secret here, in place of the one that is here. The caller holds the lock of the profiles.
    pub(super) fn store(&self, value: &str) -> Result<(), StoreError> {
        match self {
            Self::Keyring(item) => Ok(item.store(value)?),
            Self::File(path) => {
                path.parent().map_or(Ok(()), files::make_folder)?;
                Ok(files::replace(path, line(value).as_bytes())?)
            }
        }
    }

    pub(super) fn read(&self) -> Result<Option<Secret>, Failure> {
        match self {
            Self::Keyring(item) => item.secret().map_err(|error| {
                let failure = Failure::new(ExitCode::Local, "cannot read the system keyring");
                failure.caused_by(&error).with_hint(error.hint())
            }),
            Self::File(path) => read_own_file(path),
        }
    }

    /// Deletes what is stored here, and reports whether there was something.
    pub(super) fn delete(&self) -> Result<bool, StoreError> {
        match self {
            Self::Keyring(item) => Ok(item.delete()?),
            Self::File(path) => Ok(files::remove_all(path)?),
        }
    }

    /// `what` could not be stored here.
    pub(super) fn failure(&self, what: &str, error: &StoreError) -> Failure {
        let failure = Failure::new(
            ExitCode::Local,
            match self {
                Self::Keyring(_) => format!("cannot store {what} in the system keyring"),
                Self::File(path) => format!("cannot write {what} to {}", path.display()),
            },
        );
        match error {
            StoreError::Keyring(cause) => failure.caused_by(cause).with_hint(cause.hint()),
            StoreError::File(cause) => failure.caused_by(cause),
        }
    }
}

/// The secret in a file of kaltura; nothing if there is no file. A file that others could read or create is not used.
fn read_own_file(path: &Path) -> Result<Option<Secret>, Failure> {
    let place = path.display();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::usage(format!("cannot open the file {place}")).caused_by(&error)),
    };
    if let Some(owner) = ForeignOwner::of_file(&file) {
        let message = format!("the file {place}, which holds a secret, belongs to {owner}");
        return Err(Failure::usage(message).with_hint(owner.hint(SETTINGS_VARIABLE)));
    }
    if files::is_open_to_others(&file) {
        let message = format!("others can read the file {place}, which holds a secret");
        return Err(Failure::usage(message).with_hint(format!(
            "Run: chmod 600 '{place}'. If others may have read it, replace the secret."
        )));
    }
    secret_input::read(file, &format!("the file {place}")).map(Some)
}

fn line(secret: &str) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(secret.len() + 1));
    line.push_str(secret);
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(entries: &str) -> Result<Option<String>, Failure> {
        let (profile, none) = (Profile::of_test(entries), Environment::of_test(|_| None));
        let value =
            profile.secret(&Ui::silent(), ProfileSecret::APP_TOKEN, &none, &SecretOwner::default())?;
        Ok(value.map(|value| value.to_string()))
    }

    #[test]
    fn a_stored_secret_is_named_by_server_account_and_token() {
        let place = |entries: &str| Profile::of_test(entries).place_of(ProfileSecret::APP_TOKEN).unwrap();
        for store in ["keyring", "file"] {
            let stored = |entries: &str| place(&format!("token_store = '{store}'\n{entries}"));
            let one = stored("region = 'eu'\npartner_id = 7\napp_token_id = '0_a'");
            let url = "service_url = 'https://api.eu.kaltura.com'";
            assert_eq!(one, stored(&format!("{url}\npartner_id = 7\napp_token_id = '0_a'\nuser = 'eve'")));
            for other in [
                "region = 'eu'\npartner_id = 7\napp_token_id = '0_b'",
                "region = 'eu'\npartner_id = 8\napp_token_id = '0_a'",
                "region = 'ca'\npartner_id = 7\napp_token_id = '0_a'",
            ] {
                assert_ne!(one, stored(other), "{other}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_prints_the_secret() {
        let printed = value("token_command = 'echo one | tr o O; echo'").unwrap();
        assert_eq!(printed.as_deref(), Some("One\n"));
        for (command, why) in [
            ("echo hush; exit 3", "token_command of profile 'test' failed: exit status: 3"),
            ("true", "the output of token_command is empty"),
            ("yes hush", "token_command of profile 'test' failed"),
        ] {
            let command = format!("token_command = '{command}'");
            let failure = format!("{:?}", value(&command).unwrap_err());
            assert!(failure.contains(why) && !failure.contains("hush"), "{failure}");
        }
    }
}
