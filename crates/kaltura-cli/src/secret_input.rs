//! Secrets from a file, standard input or the environment, never from an argument: others on the machine can read
//! the arguments of a process, and the shell keeps them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kaltura_types::AppTokenId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::{Environment, Settings};
use crate::error::Failure;
use crate::output::{Ui, one_line};
use crate::profile::{ProfileSecret, SecretOwner};
use crate::prompt;
use crate::redaction::unopened;

/// How many bytes a secret may have. Those of Kaltura have 32.
const MOST_BYTES: u64 = 64 << 10;

/// A secret that was read.
pub(crate) type Secret = Zeroizing<String>;

/// The value of an environment variable, as it is; nothing if it is not set.
pub(crate) fn from_environment(environment: &Environment, name: &str) -> Result<Option<Secret>, Failure> {
    Ok(environment.text(name)?.map(Zeroizing::new))
}

/// The content of a file, less one line end.
pub(crate) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let file = File::open(path).map_err(|error| unopened(path, &error))?;
    read(file, &format!("the file {}", path.display()))
}

/// All of standard input, less one line end. `option` is what asked for it.
fn from_stdin(ui: &Ui, option: &str) -> Result<Secret, Failure> {
    if ui.stdin_is_terminal() {
        let hint = format!("Pipe it in, as in: pass show kaltura | kaltura … {option}");
        let message = "standard input is a terminal, which would show the secret";
        return Err(Failure::usage(message).with_hint(hint));
    }
    read(&mut *ui.stdin(), "standard input")
}

/// All that can be read, less one line end.
pub(crate) fn read(from: impl Read, place: &str) -> Result<Secret, Failure> {
    // Of this size from the beginning, so that no copies are left behind in memory while it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
    from.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("can not read {place}")).caused_by(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::usage(format!("{place} has more than {MOST_BYTES} bytes, which is no secret")));
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Failure::usage(format!("{place} is not UTF-8 text")));
    };
    match without_line_end(text) {
        "" => Err(Failure::usage(format!("{place} is empty"))),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}

/// The text less one line end, which editors and `echo` add. Whatever else stands there is a part of it.
pub(crate) fn without_line_end(text: &str) -> &str {
    let Some(line) = text.strip_suffix('\n') else { return text };
    line.strip_suffix('\r').unwrap_or(line)
}

/// Where a secret comes from. It holds nothing of the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SecretOrigin {
    /// Standard input, or a person who is asked.
    Input,
    /// A file that an option names.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// The profile of this name, whatever that says of it.
    Profile(String),
}

impl SecretSource<'_> {
    /// Where it comes from.
    pub(crate) fn origin(&self, settings: &Settings, secret: ProfileSecret) -> SecretOrigin {
        if self.takes_stdin() {
            return SecretOrigin::Input;
        }
        if let Some(path) = self.file {
            return SecretOrigin::File(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        }
        let text = settings.environment().text(self.variable).ok().flatten();
        if text.is_some_and(|text| !text.is_empty()) {
            return SecretOrigin::Variable(self.variable.to_owned());
        }
        match settings.profile().filter(|profile| profile.place_of(secret).is_some()) {
            Some(profile) => SecretOrigin::Profile(profile.name().to_string()),
            None => SecretOrigin::Input,
        }
    }
}

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
    pub(crate) fn read(&self, ui: &Ui, environment: &Environment) -> Result<Option<Secret>, Failure> {
        self.refuse_an_argument()?;
        if self.takes_stdin() {
            return from_stdin(ui, &format!("{}-stdin", self.option)).map(Some);
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
    pub(crate) fn require(&self, ui: &Ui, environment: &Environment) -> Result<Secret, Failure> {
        self.read(ui, environment)?.ok_or_else(|| self.missing(environment, ""))
    }

    /// The same, where the profile may keep it. `owner` is whose secret it must be.
    pub(crate) fn require_or_kept(
        &self,
        ui: &Ui,
        settings: &Settings,
        secret: ProfileSecret,
        owner: &SecretOwner<'_>,
    ) -> Result<Secret, Failure> {
        let environment = settings.environment();
        if let Some(given) = self.read(ui, environment)? {
            return Ok(given);
        }
        let profile = settings.needed_profile()?;
        let kept = profile.map(|profile| profile.secret(ui, secret, environment, owner));
        if let Some(kept) = kept.transpose()?.flatten() {
            return Ok(kept);
        }
        if ui.is_interactive() {
            return self.ask(ui, owner);
        }
        let further = " To keep it where it is safe, make a profile: `kaltura profile add`.";
        Err(self.missing(environment, further))
    }

    /// Asks at the terminal. `owner` is whose secret it must be.
    fn ask(&self, ui: &Ui, owner: &SecretOwner<'_>) -> Result<Secret, Failure> {
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
        prompt::secret(
            ui,
            &what,
            "It is not shown. To be asked once only, make a profile: kaltura profile add",
        )
    }

    /// Whether the secret would have to be asked for at the terminal, as nothing gives it.
    pub(crate) fn must_be_asked(&self, ui: &Ui, settings: &Settings, secret: ProfileSecret) -> bool {
        let is_given = self.is_given() || settings.environment().is_set(self.variable);
        let is_kept = settings.profile().is_some_and(|profile| profile.place_of(secret).is_some());
        !is_given && !is_kept && ui.is_interactive()
    }

    /// It is missing: how it can be given.
    pub(crate) fn missing(&self, environment: &Environment, further: &str) -> Failure {
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
    use std::path::Path;

    use super::*;

    use crate::config::{Environment, SecretVariable};

    #[test]
    fn exactly_one_line_end_goes() {
        for (given, taken) in [
            ("abc", "abc"),
            ("abc\n", "abc"),
            ("abc\r\n", "abc"),
            ("abc\n\n", "abc\n"),
            ("abc\r", "abc\r"),
            ("abc\n\r\n", "abc\n"),
            (" abc \n", " abc "),
            ("\u{feff}abc", "\u{feff}abc"),
        ] {
            assert_eq!(read(given.as_bytes(), "it").unwrap().as_str(), taken, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_quoted() {
        let long = "hush ".repeat(20_000);
        for (given, why) in [
            (&b""[..], "it is empty"),
            (b"\n", "it is empty"),
            (b"hush\xff", "it is not UTF-8 text"),
            (long.as_bytes(), "it has more than 65536 bytes"),
        ] {
            let failure = read(given, "it").unwrap_err();
            assert!(failure.to_string().starts_with(why), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }

    #[test]
    fn a_variable_is_taken_as_it_is() {
        let environment = Environment::of_test(|name| match name {
            "TOKEN" => Some("abc\n".into()),
            "EMPTY" => Some("".into()),
            _ => None,
        });
        assert_eq!(from_environment(&environment, "TOKEN").unwrap().unwrap().as_str(), "abc\n");
        assert!(from_environment(&environment, "OTHER").unwrap().is_none());
        assert!(from_environment(&environment, "EMPTY").unwrap().is_none());
    }

    #[test]
    fn it_is_the_place_that_is_read() {
        let source = SecretSource {
            what: "the KS",
            option: "--ks",
            variable: "KALTURA_KS",
            file: None,
            stdin: false,
            in_argument: false,
        };
        let unset = Environment::of_test(|_| None);
        let empty = Environment::of_test(|_| Some("".into()));
        let set = Environment::of_test(|_| Some("hush".into()));
        let of = |source: &SecretSource<'_>, environment, entries| {
            source.origin(&Settings::of_test(environment, entries), ProfileSecret::AppToken)
        };
        let profile = "token_command = 'hush'";
        assert_eq!(of(&source, &unset, ""), SecretOrigin::Input);
        assert_eq!(of(&source, &unset, profile), SecretOrigin::Profile("test".to_owned()));
        assert_eq!(of(&source, &empty, profile), SecretOrigin::Profile("test".to_owned()));
        assert_eq!(of(&source, &set, profile), SecretOrigin::Variable("KALTURA_KS".to_owned()));
        let path = std::path::absolute("token").unwrap();
        let file = SecretSource { file: Some(Path::new("token")), ..source };
        assert_eq!(of(&file, &set, profile), SecretOrigin::File(path));
        let piped = SecretSource { stdin: true, ..file };
        assert_eq!(of(&piped, &set, profile), SecretOrigin::Input);
        assert!(!format!("{:?}", of(&file, &set, profile)).contains("hush"));
    }

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
        assert_eq!(SOURCE.require(&Ui::silent(), &SET).unwrap().as_str(), "hush");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ks");
        std::fs::write(&path, "filed\n").unwrap();
        let filed = SecretSource { file: Some(&path), ..SOURCE };
        assert_eq!(filed.require(&Ui::silent(), &SET).unwrap().as_str(), "filed");
    }

    #[test]
    fn what_is_missing_says_how_to_give_it() {
        let unset = Environment::of_test(|_| None);
        assert!(SOURCE.read(&Ui::silent(), &unset).unwrap().is_none());
        let failure = format!("{:?}", SOURCE.require(&Ui::silent(), &unset).unwrap_err());
        for word in ["the KS is missing", "KALTURA_KS", "--ks-file FILE", "--ks-stdin"] {
            assert!(failure.contains(word), "{failure}");
        }
    }

    #[test]
    fn an_empty_variable_counts_as_not_set_and_is_told_where_it_is_missed() {
        let empty = Environment::of_test(|name| (name == "KALTURA_KS").then(|| "".into()));
        assert!(SOURCE.read(&Ui::silent(), &empty).unwrap().is_none());
        let failure = SOURCE.require(&Ui::silent(), &empty).unwrap_err();
        assert_eq!(failure.to_string(), "the KS is missing: KALTURA_KS is set, but empty");
    }

    #[test]
    fn an_argument_is_refused_even_if_the_variable_is_set() {
        let failure = SecretSource { in_argument: true, ..SOURCE }.read(&Ui::silent(), &SET).unwrap_err();
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
