//! What is set and by whom: for those who want to see it, and not to use it.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Setting, Settings};
use crate::failure::Failure;

/// Who has set something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An option of the command line.
    Option(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The profile of this name.
    Profile(String),
    /// Nobody.
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
    /// Nothing if it is not set, or wrong.
    pub(crate) value: Option<String>,
    /// Nothing if it is not set.
    pub(crate) origin: Option<Origin>,
    /// What is wrong with it. The value is not in it.
    pub(crate) problem: Option<String>,
}

impl Found {
    /// What was found of a value, and of who has set it.
    pub(crate) fn new(value: Result<Option<String>, Failure>, origin: Option<Origin>) -> Self {
        match value {
            Ok(value) => Self { value, origin, problem: None },
            Err(failure) => Self { value: None, origin, problem: Some(failure.story()) },
        }
    }
}

impl Settings {
    /// What a setting is, and who has set it.
    pub(crate) fn found<T, E: fmt::Display>(
        &self,
        setting: &Setting,
        given: Option<T>,
        parse: impl Fn(&str) -> Result<T, E>,
        show: impl Fn(&T) -> String,
    ) -> Found {
        let by_option = given.is_some().then_some(setting.option);
        let value = self.value_by(setting, given, parse);
        Found::new(value.map(|value| value.as_ref().map(show)), self.origin(by_option, &[setting]))
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
                is_kept.then(|| Origin::Profile(profile.name().to_string()))
            })
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::PartnerId;

    use super::*;
    use crate::environment::Environment;

    const SET: Environment = Environment::of_test(|name| match name {
        "KALTURA_PARTNER_ID" => Some("2".into()),
        "KALTURA_REGION" => Some("hush".into()),
        "KALTURA_USER" => Some("".into()),
        _ => None,
    });

    fn partner(settings: &Settings, given: Option<PartnerId>) -> (Option<String>, Option<String>) {
        let found = settings.found(&Setting::PARTNER_ID, given, str::parse, PartnerId::to_string);
        assert_eq!(found.problem, None);
        (found.value, found.origin.map(|origin| origin.to_string()))
    }

    fn pair(value: &str, origin: &str) -> (Option<String>, Option<String>) {
        (Some(value.to_owned()), Some(origin.to_owned()))
    }

    #[test]
    fn the_origin_is_whoever_goes_first() {
        let (both, unset) = (Settings::of_test(SET, "partner_id = 3"), Environment::of_test(|_| None));
        assert_eq!(partner(&both, Some(PartnerId::new(1))), pair("1", "option --partner-id"));
        assert_eq!(partner(&both, None), pair("2", "variable KALTURA_PARTNER_ID"));
        assert_eq!(partner(&Settings::of_test(unset, "partner_id = 3"), None), pair("3", "profile test"));
        assert_eq!(partner(&Settings::of_environment(unset), None), (None, None));
    }

    #[test]
    fn an_empty_variable_sets_nothing() {
        assert_eq!(Settings::of_environment(SET).origin(None, &[&Setting::USER]), None);
    }

    #[test]
    fn what_is_wrong_is_named_and_not_quoted() {
        let parse = |_: &str| Err::<String, _>("not one");
        let found = Settings::of_environment(SET).found(&Setting::REGION, None, parse, String::clone);
        assert_eq!(found.problem.as_deref(), Some("the value of KALTURA_REGION is wrong: not one"));
        assert_eq!((found.value, found.origin), (None, Some(Origin::Variable("KALTURA_REGION"))));
    }
}
