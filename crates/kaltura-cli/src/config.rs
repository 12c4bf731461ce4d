//! The settings of a command: its options, then the environment, then a profile.
//!
//! The variables are read here and not by the parser of the command line, which quotes wrong values.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Serialize, Serializer};

pub(crate) use crate::environment::{
    CACHES_VARIABLE, Environment, SETTINGS_VARIABLE, SecretVariable, Setting, caches_folder,
    control_character, doubtful_text,
};
use crate::error::Failure;
use crate::output::Ui;
use crate::profile::{Config, Profile};

/// The environment, and the profile in use.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) environment: Environment,
    /// Or why it cannot be read, which matters only where it is needed.
    profile: Result<Option<Profile>, Failure>,
    /// Who has named the profile.
    pub(crate) profile_origin: Origin,
}

impl Settings {
    /// The settings with the profile of this name, else with that of `KALTURA_PROFILE`, else with the default one
    /// if there is one.
    ///
    /// Profiles in the home of another user are ignored, with a note, where variables name the account: containers and
    /// `sudo` leave `HOME` as it was.
    pub(crate) fn load(ui: &Ui, wanted: Option<&str>, environment: &Environment) -> Result<Self, Failure> {
        let by_variable = environment.text(Profile::VARIABLE)?;
        let is_named = wanted.is_some() || by_variable.is_some();
        let config = match Config::read(environment) {
            Err(failure)
                if !is_named && names_account(environment) && Config::is_of_another_user(environment) =>
            {
                ui.note(&format!("profiles are ignored: {}", failure.text()));
                Config::default()
            }
            config => config?,
        };
        let (profile, profile_origin) = match (wanted, by_variable) {
            (Some(name), _) => (Some(config.profile(name)?), Origin::Option("--profile")),
            (None, Some(name)) => (Some(config.profile(&name)?), Origin::Variable(Profile::VARIABLE)),
            (None, None) => (config.default_profile()?, Origin::Default),
        };
        let settings = Self { environment: environment.clone(), profile: Ok(profile), profile_origin };
        for setting in Setting::ALL {
            if let Ok(Some(given)) = settings.given(&[setting])
                && let Some(doubt) = doubtful_text(&given.text)
            {
                ui.note(&format!("{} {doubt}", given.place()));
            }
        }
        Ok(settings)
    }

    /// The same for a command that may need no profile: one that cannot be read is an error only if it is needed,
    /// or named by an option.
    pub(crate) fn load_if_needed(
        ui: &Ui,
        wanted: Option<&str>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        match Self::load(ui, wanted, environment) {
            Err(failure) if wanted.is_none() => {
                let environment = environment.clone();
                Ok(Self { environment, profile: Err(failure), profile_origin: Origin::Default })
            }
            loaded => loaded,
        }
    }

    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref().ok()?.as_ref()
    }

    /// The profile in use, for who needs it.
    pub(crate) fn needed_profile(&self) -> Result<Option<&Profile>, Failure> {
        self.profile.as_ref().map(Option::as_ref).map_err(Failure::clone)
    }

    /// What the environment has of these settings, which exclude each other, else what the profile has.
    pub(crate) fn given(&self, settings: &[&'static Setting]) -> Result<Option<Given<'_>>, Failure> {
        for setting in settings {
            if let Some(text) = self.environment.text(setting.variable)? {
                return Ok(Some(Given { setting, text: text.into(), profile: None }));
            }
        }
        let profile = self.needed_profile()?;
        Ok(settings.iter().find_map(|setting| {
            let text = profile?.text(setting.entry)?;
            Some(Given { setting, text: text.into(), profile })
        }))
    }

    /// What was given by an option, else by the environment, else by the profile.
    pub(crate) fn value<T>(&self, setting: &'static Setting, given: Option<T>) -> Result<Option<T>, Failure>
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.value_by(setting, given, str::parse)
    }

    /// The same for what is not read by `FromStr`.
    pub(crate) fn value_by<T, E: fmt::Display>(
        &self,
        setting: &'static Setting,
        given: Option<T>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        match given {
            Some(given) => Ok(Some(given)),
            None => self.given(&[setting])?.map(|given| given.parse(parse)).transpose(),
        }
    }

    /// What a command cannot do without.
    pub(crate) fn required<T>(&self, setting: &'static Setting, given: Option<T>) -> Result<T, Failure>
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.value(setting, given)?.ok_or_else(|| {
            let Setting { option, variable, .. } = setting;
            let empty = self.environment.but_empty(&[variable]);
            Failure::usage(format!("{option} is missing{empty}")).with_hint(format!(
                "Pass {option}, set {variable}, or create a profile: `kaltura profile add`."
            ))
        })
    }
}

#[cfg(test)]
impl Settings {
    pub(crate) fn of_environment(environment: &Environment) -> Self {
        Self { environment: environment.clone(), profile: Ok(None), profile_origin: Origin::Default }
    }

    pub(crate) fn of_test(environment: &Environment, entries: &str) -> Self {
        let profile = Ok(Some(Profile::of_test(entries)));
        Self { environment: environment.clone(), profile, profile_origin: Origin::Default }
    }
}

/// Whether variables name the account, or a session.
fn names_account(environment: &Environment) -> bool {
    let is_set = |name: &str| environment.is_set(name);
    is_set(SecretVariable::KS)
        || (is_set(Setting::PARTNER_ID.variable)
            && (is_set(Setting::APP_TOKEN_ID.variable) || is_set(SecretVariable::ADMIN_SECRET)))
}

/// The text of a setting in a variable or in a profile.
pub(crate) struct Given<'a> {
    pub(crate) setting: &'static Setting,
    pub(crate) text: Cow<'a, str>,
    /// The profile that has it; nothing if the variable has it.
    pub(crate) profile: Option<&'a Profile>,
}

impl Given<'_> {
    /// Where it is: `KALTURA_STORE`, or `store of profile 'work'`.
    pub(crate) fn place(&self) -> String {
        match self.profile {
            Some(profile) => format!("{} of profile '{}'", self.setting.entry, profile.name),
            None => self.setting.variable.to_owned(),
        }
    }

    /// The value. A wrong one is named and not quoted: it may be a secret by mistake.
    pub(crate) fn parse<T, E: fmt::Display>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let value = match control_character(&self.text) {
            Some(why) => Err(why.to_owned()),
            None => parse(&self.text).map_err(|error| error.to_string()),
        };
        value.map_err(|why| match self.profile {
            None => Failure::usage(format!("the value of {} is invalid: {why}", self.setting.variable)),
            Some(Profile { name, .. }) => Failure::usage(format!("{} is invalid: {why}", self.place()))
                .with_hint(format!(
                    "Set it with `kaltura profile add {name}`, or edit the file that `kaltura profile list` shows."
                )),
        })
    }

    /// The path. A relative one in a profile begins at the folder of the file with the profiles.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        let path: PathBuf = self.parse(str::parse)?;
        Ok(self.profile.map_or_else(|| path.clone(), |profile| profile.folder.join(&path)))
    }
}

/// Who has set something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
    Profile(String),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => write!(f, "option {name}"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What one setting is, and who has set it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) setting: &'static Setting,
    /// Nothing if it is not set, or wrong.
    pub(crate) value: Option<String>,
    /// Nothing if it is not set.
    pub(crate) origin: Option<Origin>,
    /// What is wrong with it. The value is not in it.
    pub(crate) problem: Option<String>,
}

impl Found {
    /// What was found of a value, and of who has set it.
    pub(crate) fn new(
        setting: &'static Setting,
        value: Result<Option<String>, Failure>,
        origin: Option<Origin>,
    ) -> Self {
        match value {
            Ok(value) => Self { setting, value, origin, problem: None },
            Err(failure) => Self { setting, value: None, origin, problem: Some(failure.text()) },
        }
    }
}

impl Settings {
    /// What a setting is, and who has set it.
    pub(crate) fn found<T, E: fmt::Display>(
        &self,
        setting: &'static Setting,
        given: Option<T>,
        parse: impl Fn(&str) -> Result<T, E>,
        show: impl Fn(&T) -> String,
    ) -> Found {
        let by_option = given.is_some().then_some(setting.option);
        let value = self.value_by(setting, given, parse);
        Found::new(setting, value.map(|value| value.as_ref().map(show)), self.origin(by_option, &[setting]))
    }

    /// Who has set one of these settings, which stand for the same thing. `by_option` is the option that was given,
    /// if one was.
    pub(crate) fn origin(&self, by_option: Option<&'static str>, settings: &[&Setting]) -> Option<Origin> {
        let is_set = |setting: &&&Setting| self.environment.is_set(setting.variable);
        by_option
            .map(Origin::Option)
            .or_else(|| settings.iter().find(is_set).map(|setting| Origin::Variable(setting.variable)))
            .or_else(|| {
                let profile = self.profile()?;
                let is_kept = settings.iter().any(|setting| profile.text(setting.entry).is_some());
                is_kept.then(|| Origin::Profile(profile.name.to_string()))
            })
    }
}
