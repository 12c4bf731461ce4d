//! Which of its places a secret comes from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::SecretSource;
use crate::profile::ProfileSecret;
use crate::settings::Settings;

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::environment::Environment;

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
        assert_eq!(of(&source, unset, ""), SecretOrigin::Input);
        assert_eq!(of(&source, unset, profile), SecretOrigin::Profile("test".to_owned()));
        assert_eq!(of(&source, empty, profile), SecretOrigin::Profile("test".to_owned()));
        assert_eq!(of(&source, set, profile), SecretOrigin::Variable("KALTURA_KS".to_owned()));
        let path = std::path::absolute("token").unwrap();
        let file = SecretSource { file: Some(Path::new("token")), ..source };
        assert_eq!(of(&file, set, profile), SecretOrigin::File(path));
        let piped = SecretSource { stdin: true, ..file };
        assert_eq!(of(&piped, set, profile), SecretOrigin::Input);
        assert!(!format!("{:?}", of(&file, set, profile)).contains("hush"));
    }
}
