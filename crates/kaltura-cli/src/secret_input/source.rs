//! The places that one secret may come from, and which of them goes first.

use std::path::Path;

use kaltura_types::AppTokenId;

use super::{Secret, from_environment, from_file, from_stdin};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::one_line;
use crate::profile::{ProfileSecret, SecretOwner};
use crate::prompt;
use crate::settings::Settings;

/// Where a secret may come from: its file, standard input, or its variable, in this order.
pub(crate) struct SecretSource<'a> {
    /// What it is, such as `the KS`.
    pub(crate) what: &'static str,
    /// What its options begin with, such as `--ks`, which stands for `--ks-file` and `--ks-stdin`.
    pub(crate) option: &'static str,
    /// Its environment variable.
    pub(crate) variable: &'static str,
    /// The file that was given; `-` is standard input.
    pub(crate) file: Option<&'a Path>,
    /// Whether standard input was asked for.
    pub(crate) stdin: bool,
    /// Whether it was given as an argument, which is refused.
    pub(crate) in_argument: bool,
}

impl SecretSource<'_> {
    /// The secret, or nothing if none was given.
    pub(crate) fn read(&self, environment: Environment) -> Result<Option<Secret>, Failure> {
        self.refuse_an_argument()?;
        if self.takes_stdin() {
            return from_stdin(&format!("{}-stdin", self.option)).map(Some);
        }
        match self.file {
            Some(path) => from_file(path).map(Some),
            None => from_environment(environment, self.variable),
        }
    }

    /// Says what to do instead, if the secret stands in an argument.
    pub(crate) fn refuse_an_argument(&self) -> Result<(), Failure> {
        let Self { what, option, variable, in_argument, .. } = self;
        if !in_argument {
            return Ok(());
        }
        let message = format!("{what} is not taken from an argument, which others can read");
        Err(Failure::usage(message).with_hint(format!(
            "Others may have read it by now, and the shell may have kept it. Next time, use {variable}, \
             {option}-file or {option}-stdin."
        )))
    }

    /// The secret, without which nothing can be done.
    pub(crate) fn require(&self, environment: Environment) -> Result<Secret, Failure> {
        self.read(environment)?.ok_or_else(|| self.missing(environment, ""))
    }

    /// The same, where the profile may keep it. `owner` is whose secret it must be.
    pub(crate) fn require_or_kept(
        &self,
        settings: &Settings,
        secret: ProfileSecret,
        owner: &SecretOwner<'_>,
    ) -> Result<Secret, Failure> {
        let environment = settings.environment();
        if let Some(given) = self.read(environment)? {
            return Ok(given);
        }
        let profile = settings.needed_profile()?;
        let kept = profile.map(|profile| profile.secret(secret, environment, owner));
        if let Some(kept) = kept.transpose()?.flatten() {
            return Ok(kept);
        }
        if prompt::somebody_is_there() {
            return self.ask(owner);
        }
        let further = " To keep it where it is safe, make a profile: `kaltura profile add`.";
        Err(self.missing(environment, further))
    }

    /// Asks at the terminal. `owner` is whose secret it must be.
    fn ask(&self, owner: &SecretOwner<'_>) -> Result<Secret, Failure> {
        let whose = match (owner.token_id, owner.partner) {
            // As far as it looks like an id: it may be the value, put in the wrong place.
            (Some(id), _) => format!(" {}", one_line(&AppTokenId::new(id).to_string())),
            (None, Some(partner)) => format!(" of the account {partner}"),
            (None, None) => String::new(),
        };
        let mut what = format!("{}{whose}:", self.what);
        if let Some(first) = what.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        prompt::secret(&what, "It is not shown. To be asked once only, make a profile: kaltura profile add")
    }

    /// Whether the secret would have to be asked for at the terminal, as nothing gives it.
    pub(crate) fn must_be_asked(&self, settings: &Settings, secret: ProfileSecret) -> bool {
        let is_given = self.is_given() || settings.environment().is_set(self.variable);
        let is_kept = settings.profile().is_some_and(|profile| profile.place_of(secret).is_some());
        !is_given && !is_kept && prompt::somebody_is_there()
    }

    /// It is missing: how it can be given.
    pub(crate) fn missing(&self, environment: Environment, further: &str) -> Failure {
        let Self { what, option, variable, .. } = self;
        let empty = environment.but_empty(&[variable]);
        Failure::usage(format!("{what} is missing{empty}")).with_hint(format!(
            "Put it into {variable} or a file ({option}-file FILE), or pipe it in ({option}-stdin).{further}"
        ))
    }

    /// Whether an option says where it comes from.
    pub(crate) const fn is_given(&self) -> bool {
        self.stdin || self.file.is_some()
    }

    /// Sees to it that this secret and another one do not both come from standard input.
    pub(crate) fn shares_stdin_with(&self, other: &SecretSource<'_>) -> Result<(), Failure> {
        if self.takes_stdin() && other.takes_stdin() {
            let message = format!("{} and {} can not both come from standard input", self.what, other.what);
            return Err(Failure::usage(message).with_hint(format!(
                "Put one of them into a file or a variable: {} or {}.",
                self.variable, other.variable
            )));
        }
        Ok(())
    }

    /// Whether it comes from standard input.
    pub(crate) fn takes_stdin(&self) -> bool {
        self.stdin || self.file == Some(Path::new("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SecretVariable;

    const SOURCE: SecretSource<'_> = SecretSource {
        what: "the KS",
        option: "--ks",
        variable: SecretVariable::KS,
        file: None,
        stdin: false,
        in_argument: false,
    };
    const SET: Environment = Environment::of_test(|name| (name == "KALTURA_KS").then(|| "hush".into()));

    #[test]
    fn the_variable_is_the_last_resort() {
        assert_eq!(SOURCE.require(SET).unwrap().as_str(), "hush");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ks");
        std::fs::write(&path, "filed\n").unwrap();
        let filed = SecretSource { file: Some(&path), ..SOURCE };
        assert_eq!(filed.require(SET).unwrap().as_str(), "filed");
    }

    #[test]
    fn what_is_missing_says_how_to_give_it() {
        let unset = Environment::of_test(|_| None);
        assert!(SOURCE.read(unset).unwrap().is_none());
        let failure = format!("{:?}", SOURCE.require(unset).unwrap_err());
        for word in ["the KS is missing", "KALTURA_KS", "--ks-file FILE", "--ks-stdin"] {
            assert!(failure.contains(word), "{failure}");
        }
    }

    #[test]
    fn an_empty_variable_counts_as_not_set_and_is_told_where_it_is_missed() {
        let empty = Environment::of_test(|name| (name == "KALTURA_KS").then(|| "".into()));
        assert!(SOURCE.read(empty).unwrap().is_none());
        let failure = SOURCE.require(empty).unwrap_err();
        assert_eq!(failure.to_string(), "the KS is missing: KALTURA_KS is set, but empty");
    }

    #[test]
    fn an_argument_is_refused_even_if_the_variable_is_set() {
        let failure = SecretSource { in_argument: true, ..SOURCE }.read(SET).unwrap_err();
        assert!(failure.to_string().contains("not taken from an argument"), "{failure}");
    }

    #[test]
    fn standard_input_is_for_one_secret() {
        let piped = SecretSource { stdin: true, ..SOURCE };
        let dash = SecretSource { file: Some(Path::new("-")), ..SOURCE };
        assert!(piped.shares_stdin_with(&dash).is_err());
        assert!(piped.shares_stdin_with(&SOURCE).is_ok());
        assert!(SOURCE.shares_stdin_with(&SOURCE).is_ok());
    }
}
