//! What stands behind the options of a command line: the environment, and then a profile.
//!
//! Whatever a command needs is taken from its option, else from its environment variable, else from the profile.
//! The variables are read here and not by the parser of the command line, which quotes wrong values.

mod found;
mod secret_variable;
mod setting;

use std::fmt;
use std::str::FromStr;

pub(crate) use self::found::{Found, Origin};
pub(crate) use self::secret_variable::SecretVariable;
pub(crate) use self::setting::Setting;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::profile::{Config, Profile};

/// The environment, and the profile in use.
pub(crate) struct Settings {
    environment: Environment,
    /// Or why it can not be read, which matters only to who needs it.
    profile: Result<Option<Profile>, Failure>,
    /// Who has named the profile.
    profile_origin: Origin,
}

impl Settings {
    /// The settings with the profile of this name, else with that of `KALTURA_PROFILE`, else with the default one
    /// if there is one.
    pub(crate) fn load(wanted: Option<&str>, environment: Environment) -> Result<Self, Failure> {
        let by_variable = environment.text(Profile::VARIABLE)?;
        let config = Config::read(environment)?;
        let (profile, profile_origin) = match (wanted, by_variable) {
            (Some(name), _) => (Some(config.profile(name)?), Origin::Option("--profile")),
            (None, Some(name)) => (Some(config.profile(&name)?), Origin::Variable(Profile::VARIABLE)),
            (None, None) => (config.default_profile()?, Origin::Default),
        };
        Ok(Self { environment, profile: Ok(profile), profile_origin })
    }

    /// The same for a command that may need no profile: one that can not be read is an error only if it is needed,
    /// or named by an option.
    pub(crate) fn load_if_needed(wanted: Option<&str>, environment: Environment) -> Result<Self, Failure> {
        match Self::load(wanted, environment) {
            Err(failure) if wanted.is_none() => {
                Ok(Self { environment, profile: Err(failure), profile_origin: Origin::Default })
            }
            loaded => loaded,
        }
    }

    /// The environment.
    pub(crate) const fn environment(&self) -> Environment {
        self.environment
    }

    /// The profile in use.
    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref().ok()?.as_ref()
    }

    /// The profile in use, for who needs it.
    pub(crate) fn needed_profile(&self) -> Result<Option<&Profile>, Failure> {
        self.profile.as_ref().map(Option::as_ref).map_err(Failure::clone)
    }

    /// Who has named the profile in use.
    pub(crate) const fn profile_origin(&self) -> &Origin {
        &self.profile_origin
    }

    /// What was given by an option, else by the environment, else by the profile.
    pub(crate) fn value<T>(&self, setting: &Setting, given: Option<T>) -> Result<Option<T>, Failure>
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.value_by(setting, given, str::parse)
    }

    /// The same for what is not read by `FromStr`.
    pub(crate) fn value_by<T, E: fmt::Display>(
        &self,
        setting: &Setting,
        given: Option<T>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        if given.is_some() {
            return Ok(given);
        }
        if let Some(value) = self.environment.value_by(setting.variable, &parse)? {
            return Ok(Some(value));
        }
        match self.needed_profile()? {
            Some(profile) => profile.value_by(setting.entry, parse),
            None => Ok(None),
        }
    }

    /// What a command can not do without.
    pub(crate) fn required<T>(&self, setting: &Setting, given: Option<T>) -> Result<T, Failure>
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.value(setting, given)?.ok_or_else(|| {
            let Setting { option, variable, .. } = setting;
            let empty = self.environment.but_empty(&[variable]);
            Failure::usage(format!("{option} is missing{empty}")).with_hint(format!(
                "Give {option}, or set {variable}, or keep it in a profile: `kaltura profile add`."
            ))
        })
    }
}

#[cfg(test)]
impl Settings {
    /// Settings of a test: an environment and no profile.
    pub(crate) const fn of_environment(environment: Environment) -> Self {
        Self { environment, profile: Ok(None), profile_origin: Origin::Default }
    }

    /// Settings of a test: an environment and the entries of a profile.
    pub(crate) fn of_test(environment: Environment, entries: &str) -> Self {
        let profile = Ok(Some(Profile::of_test(entries)));
        Self { environment, profile, profile_origin: Origin::Default }
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::PartnerId;

    use super::*;

    const SET: Environment =
        Environment::of_test(|name| (name == Setting::PARTNER_ID.variable).then(|| "2".into()));
    const UNSET: Environment = Environment::of_test(|_| None);

    fn partner(settings: &Settings, given: Option<i64>) -> Option<i64> {
        let given = given.map(PartnerId::new);
        settings.value(&Setting::PARTNER_ID, given).unwrap().map(PartnerId::get)
    }

    #[test]
    fn an_option_goes_before_the_environment_and_that_before_the_profile() {
        let entries = "partner_id = 3";
        assert_eq!(partner(&Settings::of_test(SET, entries), Some(1)), Some(1));
        assert_eq!(partner(&Settings::of_test(SET, entries), None), Some(2));
        assert_eq!(partner(&Settings::of_test(UNSET, entries), None), Some(3));
        assert_eq!(partner(&Settings::of_environment(UNSET), None), None);
    }

    #[test]
    fn what_is_missing_says_where_it_can_be_put() {
        let unset = Settings::of_environment(UNSET);
        let failure = unset.required::<PartnerId>(&Setting::PARTNER_ID, None).unwrap_err();
        let story = format!("{failure:?}");
        for word in ["--partner-id is missing", "KALTURA_PARTNER_ID", "kaltura profile add"] {
            assert!(story.contains(word), "{story}");
        }
    }
}
