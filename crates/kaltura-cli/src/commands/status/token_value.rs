//! Where the value of the token would come from, and whether there is anything. It is not looked at.

use kaltura_auth::ServiceUrl;
use kaltura_types::PartnerId;
use serde::Serialize;

use crate::args::SecretSource;
use crate::config::Settings;
use crate::profile::{Profile, ProfileSecret, SecretOwner, SecretPlace, StoredSecret};
use crate::redaction::repeatable_path;

/// Where the value of the token would come from.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct TokenValue {
    /// Nothing if it is not given.
    pub(super) origin: Option<String>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

/// Finds it out. `token` is which one it must be the value of, if that is known.
pub(super) fn look(
    source: &SecretSource,
    settings: &Settings,
    token: Option<&(ServiceUrl, PartnerId, String)>,
) -> TokenValue {
    let from = |origin: String| TokenValue { origin: Some(origin), problem: None };
    if source.takes_stdin() {
        return from("standard input".to_owned());
    }
    if let Some(path) = &source.file {
        let problem = (!path.exists()).then(|| "there is no such file".to_owned());
        return TokenValue { problem, ..from(format!("file {}", repeatable_path(path))) };
    }
    if settings.environment.is_set(source.variable) {
        return from(format!("variable {}", source.variable));
    }
    of_profile(settings, token).unwrap_or_else(|| {
        if !settings.environment.is_empty(source.variable) {
            return TokenValue::default();
        }
        let problem = Some(format!("{} is set, but empty", source.variable));
        TokenValue { problem, ..from(format!("variable {}", source.variable)) }
    })
}

fn of_profile(settings: &Settings, token: Option<&(ServiceUrl, PartnerId, String)>) -> Option<TokenValue> {
    let profile = settings.profile()?;
    let is_kept = |entry: &&str| profile.text(entry).is_some();
    let entry = ProfileSecret::AppToken.entries().into_iter().find(is_kept)?;
    let origin = Some(format!("{entry} of profile {}", profile.name));
    let other = token.and_then(|(service_url, partner, id)| {
        profile.differs_from(&SecretOwner {
            service_url: Some(service_url),
            partner: Some(*partner),
            token_id: Some(id.as_str()),
        })
    });
    let problem = match other {
        Some(setting) => Some(format!("it is that of another {}", setting.entry)),
        None => absence(profile, settings).map(str::to_owned),
    };
    Some(TokenValue { origin, problem })
}

/// Why there is none where the profile says, as far as that can be seen without running a command or asking the
/// keyring.
fn absence(profile: &Profile, settings: &Settings) -> Option<&'static str> {
    let place = profile.place_of(ProfileSecret::AppToken)?;
    let why = match place {
        SecretPlace::File(_) | SecretPlace::Stored(StoredSecret::File(_)) => "there is no such file",
        SecretPlace::Variable(_) => "the variable is not set",
        SecretPlace::Command(_) | SecretPlace::Stored(StoredSecret::Keyring(_)) => return None,
    };
    place.has_secret(&settings.environment).is_ok_and(|there| there == Some(false)).then_some(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, SecretVariable};

    const SOURCE: SecretSource = SecretSource {
        what: "the value of the app token",
        option: "--app-token",
        variable: SecretVariable::APP_TOKEN,
        file: None,
        stdin: false,
        in_argument: false,
    };
    const UNSET: Environment = Environment::of_test(|_| None);
    const SET: Environment =
        Environment::of_test(|name| (name == "KALTURA_APP_TOKEN").then(|| "hush".into()));
    const HUSH: Environment = Environment::of_test(|name| (name == "HUSH").then(|| "hush".into()));
    const EMPTY: Environment = Environment::of_test(|name| (name == "KALTURA_APP_TOKEN").then(|| "".into()));

    fn told(source: &SecretSource, environment: &Environment, profile: &str) -> (String, String) {
        let token = (ServiceUrl::US, PartnerId::new(1), "0_a".to_owned());
        let TokenValue { origin, problem } =
            look(source, &Settings::of_test(environment, profile), Some(&token));
        (origin.unwrap_or_default(), problem.unwrap_or_default())
    }

    #[test]
    fn it_comes_from_whoever_goes_first() {
        let (stdin, file) =
            (SecretSource { stdin: true, ..SOURCE }, SecretSource { file: Some(".".into()), ..SOURCE });
        let profile = "token_command = 'hush'\npartner_id = 1\napp_token_id = '0_a'";
        for (source, environment, profile, origin) in [
            (&stdin, SET, profile, "standard input"),
            (&file, SET, profile, "file ."),
            (&SOURCE, SET, profile, "variable KALTURA_APP_TOKEN"),
            (&SOURCE, UNSET, profile, "token_command of profile test"),
            (&SOURCE, EMPTY, profile, "token_command of profile test"),
            (&SOURCE, UNSET, "token_file = '/'", "token_file of profile test"),
            (&SOURCE, HUSH, "token_variable = 'HUSH'", "token_variable of profile test"),
            (&SOURCE, UNSET, "", ""),
        ] {
            assert_eq!(told(source, &environment, profile), (origin.to_owned(), String::new()));
        }
    }

    #[test]
    fn what_can_not_be_used_is_told() {
        let nowhere = SecretSource { file: Some("/no/such/file".into()), ..SOURCE };
        let expected = ("file /no/such/file".to_owned(), "there is no such file".to_owned());
        assert_eq!(told(&nowhere, &UNSET, ""), expected);
        let value = SecretSource { file: Some("0123456789abcdef0123456789abcdef".into()), ..SOURCE };
        assert_eq!(told(&value, &UNSET, "").0, "file (redacted)");
        assert_eq!(told(&SOURCE, &EMPTY, "").1, "KALTURA_APP_TOKEN is set, but empty");
        let other = told(&SOURCE, &UNSET, "token_command = 'hush'\napp_token_id = '0_b'");
        assert_eq!(other.1, "it is that of another app_token_id");
        for (entry, problem) in [
            ("token_file = '/no/such/file'", "there is no such file"),
            ("token_store = 'file'", "there is no such file"),
            ("token_variable = 'HUSH'", "the variable is not set"),
        ] {
            let (origin, told) = told(&SOURCE, &UNSET, entry);
            assert!(origin.ends_with(" of profile test") && told == problem, "{origin}: {told}");
        }
    }
}
