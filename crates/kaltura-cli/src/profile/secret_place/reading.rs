//! Taking a secret from where the profile says that it is.

use std::process::{Command, Stdio};

use super::{ProfileSecret, SecretPlace};
use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::profile::keyring::KeyringTrouble;
use crate::profile::{Profile, SecretOwner, own_file};
use crate::redaction::repeatable;
use crate::secret_input;
use crate::secret_input::Secret;
use crate::signals::companion;

impl Profile {
    /// A secret of this profile; nothing if it keeps none. `owner` is whose secret it must be.
    pub(crate) fn secret(
        &self,
        ui: &Ui,
        secret: ProfileSecret,
        environment: &Environment,
        owner: &SecretOwner<'_>,
    ) -> Result<Option<Secret>, Failure> {
        let Some(place) = self.place_of(secret) else { return Ok(None) };
        if let Some(setting) = self.differs_from(owner) {
            let message = format!(
                "{} is missing: the profile {} keeps the one of another {}",
                secret.what(),
                self.name,
                setting.entry
            );
            return Err(Failure::usage(message).with_hint(format!(
                "{} and {} go before the profile. Leave them out, or give the secret too.",
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
            SecretPlace::Variable(name) => {
                secret_input::from_environment(environment, name)?.ok_or_else(|| {
                    let (what, profile) = (secret.what(), &self.name);
                    let empty = if environment.is_empty(name) { ", which is set, but empty" } else { "" };
                    let name = repeatable(name);
                    let message =
                        format!("{what} is missing: the profile {profile} takes it from {name}{empty}");
                    Failure::usage(message).with_hint(format!("Set {name}."))
                })
            }
            SecretPlace::Keyring(item) => match item.secret() {
                Ok(kept) => kept.ok_or_else(|| self.gone(secret, "the keyring")),
                Err(trouble) => Err(self.closed(secret, &trouble)),
            },
            SecretPlace::OwnFile(path) => own_file::read(path)?
                .ok_or_else(|| self.gone(secret, &format!("the file {}", path.display()))),
        }
    }

    /// It is not where the profile keeps it.
    fn gone(&self, secret: ProfileSecret, place: &str) -> Failure {
        let (what, profile) = (secret.what(), &self.name);
        let message =
            format!("{what} is missing: the profile {profile} keeps it in {place}, where it is not");
        Failure::usage(message)
            .with_hint(format!("Give it again: `kaltura profile add {profile} {}-stdin`.", secret.option()))
    }

    fn closed(&self, secret: ProfileSecret, trouble: &KeyringTrouble) -> Failure {
        let (what, profile) = (secret.what(), &self.name);
        let message = format!("{what} of the profile {profile} can not be had from the keyring");
        Failure::new(ExitCode::Local, message).caused_by(trouble).with_hint(trouble.remedy())
    }

    /// What a command of the shell prints, less one line end. The command is not quoted: it may hold a secret. What
    /// it says on standard error is seen. It ends with this process.
    fn printed_by(&self, ui: &Ui, secret: ProfileSecret, command: &str) -> Result<Secret, Failure> {
        let [entry, ..] = secret.entries();
        let failed =
            |why: &str| Failure::new(ExitCode::Local, format!("{entry} of the profile {} {why}", self.name));
        let outcome = companion::run(ui, shell(command).stdin(Stdio::null()), |pipe| {
            secret_input::read(pipe, &format!("what {entry} prints"))
        });
        match outcome {
            Ok((status, printed)) if status.success() => printed,
            Ok((status, _)) => Err(failed(&format!("ended with {status}"))
                .with_hint("Run the command by itself: it must print the secret and end with 0.")),
            Err(error) => Err(failed("can not be run").caused_by(&error)),
        }
    }
}

fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.arg(option).arg(command);
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVIRONMENT: Environment = Environment::of_test(|name| (name == "MINE").then(|| "kept".into()));

    fn value(entries: &str, owner: SecretOwner<'_>) -> Result<Option<String>, Failure> {
        let value =
            Profile::of_test(entries).secret(&Ui::silent(), ProfileSecret::AppToken, &ENVIRONMENT, &owner)?;
        Ok(value.map(|value| value.to_string()))
    }

    #[test]
    fn each_place_gives_the_secret() {
        assert_eq!(value("", SecretOwner::default()).unwrap(), None);
        assert_eq!(
            value("token_variable = 'MINE'", SecretOwner::default()).unwrap().as_deref(),
            Some("kept")
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "filed\n").unwrap();
        let entry = format!("token_file = '{}'", path.display());
        assert_eq!(value(&entry, SecretOwner::default()).unwrap().as_deref(), Some("filed"));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_prints_the_secret() {
        let printed = value("token_command = 'echo one | tr o O; echo'", SecretOwner::default()).unwrap();
        assert_eq!(printed.as_deref(), Some("One\n"));
        for (command, why) in [
            ("echo hush; exit 3", "token_command of the profile test ended with"),
            ("true", "what token_command prints is empty"),
            ("yes hush", "token_command of the profile test ended with"),
        ] {
            let failure = format!(
                "{:?}",
                value(&format!("token_command = '{command}'"), SecretOwner::default()).unwrap_err()
            );
            assert!(failure.contains(why) && !failure.contains("hush"), "{failure}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let failure = value("token_variable = 'OTHER'", SecretOwner::default()).unwrap_err();
        assert!(format!("{failure:?}").contains("Set OTHER."), "{failure:?}");
    }

    #[test]
    fn the_secret_of_one_token_is_not_tried_on_another() {
        let entries = "app_token_id = '0_a'\ntoken_variable = 'MINE'";
        let own = value(entries, SecretOwner { token_id: Some("0_a"), ..SecretOwner::default() });
        assert_eq!(own.unwrap().as_deref(), Some("kept"));
        let failure =
            value(entries, SecretOwner { token_id: Some("0_b"), ..SecretOwner::default() }).unwrap_err();
        assert!(failure.to_string().contains("keeps the one of another app_token_id"), "{failure}");
    }
}
