//! The status, for people and for programs.

use std::time::Duration;

use kaltura_auth::{Fingerprint, ServiceUrl, Session};
use kaltura_types::{PartnerId, UnixTime};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::args::SecretSource;
use crate::config::{Found, Origin, Setting, Settings};
use crate::error::Failure;
use crate::output::style::{BAD, GOOD, HEADING, fields};
use crate::output::{ks_name, one_line};
use crate::profile::{Profile, ProfileSecret, SecretOwner, SecretPlace, StoredSecret};
use crate::redaction::repeatable_path;
use crate::time;

/// What came of `--verify`.
pub(super) enum Verification {
    /// It was not requested, or is not possible.
    NotWanted,
    /// There is no such session, or not any more.
    NoSession,
    Accepted,
    /// The server refuses it, or could not be asked.
    Failed(Failure),
}

impl Verification {
    /// Whether the session is not known to work, although that was asked.
    pub(super) const fn has_failed(&self) -> bool {
        matches!(self, Self::NoSession | Self::Failed(_))
    }
}

/// All that is known. No secret is in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    /// Whether the session that is requested has not ended, and the server has not refused it.
    pub(super) good: bool,
    /// Whether the server was shown the session in use, and accepted it.
    pub(super) verified: bool,
    pub(super) profile: Option<InUse>,
    #[serde(serialize_with = "by_name")]
    pub(super) settings: Vec<Found>,
    /// The names of the settings that cannot be used.
    pub(super) wrong: Vec<&'static str>,
    pub(super) app_token: TokenValue,
    pub(super) sessions: Vec<ShownSession>,
    /// Why no sessions could be looked for.
    pub(super) missing: Option<String>,
    /// Whether the place where sessions are kept cannot be read: then a login does not help.
    #[serde(skip)]
    pub(super) unreadable: bool,
    /// What is wrong with the cache.
    pub(super) warnings: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct InUse {
    pub(super) name: String,
    pub(super) origin: Origin,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownSession {
    user_id: Option<String>,
    session_type: Option<String>,
    privileges: String,
    /// By the clock of this machine.
    expiry: UnixTime,
    expires_in: u64,
    fingerprint: String,
    /// Whether it is the one that is requested, which `kaltura ks` uses.
    pub(super) current: bool,
    #[serde(skip)]
    ks_name: String,
}

fn by_name<S: Serializer>(settings: &[Found], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(settings.iter().map(|Found { setting, value, origin, problem }| {
        let number = value.as_ref().and_then(|text| text.parse::<i64>().ok());
        let mut shown = match number.filter(|_| *setting == &Setting::PARTNER_ID) {
            Some(partner) => json!({ "value": partner, "origin": origin }),
            None => json!({ "value": value, "origin": origin }),
        };
        if let Some(problem) = problem {
            shown["problem"] = problem.as_str().into();
        }
        (setting.member, shown)
    }))
}

impl ShownSession {
    pub(super) fn of(session: &Session, left: Duration, current: bool) -> Self {
        let expires_in = left.as_secs();
        Self {
            user_id: session.user_id().map(|user| user.as_str().to_owned()),
            session_type: session.session_type().map(ToString::to_string),
            privileges: session.privileges().to_string(),
            expiry: time::after(left),
            expires_in,
            fingerprint: Fingerprint::from_ks(session.ks()).to_string(),
            current,
            ks_name: ks_name(session.ks()),
        }
    }

    /// Where it stands: first the one that is requested, then those that live longest.
    pub(super) fn rank(&self) -> (bool, std::cmp::Reverse<u64>, String) {
        (!self.current, std::cmp::Reverse(self.expires_in), self.fingerprint.clone())
    }

    fn as_text(&self, verification: &Verification) -> String {
        let user = one_line(self.user_id.as_deref().unwrap_or("(none, anonymous session)"));
        let heading = if self.current && matches!(verification, Verification::Failed(_)) {
            format!("{BAD}Session{BAD:#} of {user}, not verified\n")
        } else {
            format!("{GOOD}Session{GOOD:#} of {user}, valid for {}\n", time::show_duration(self.expires_in))
        };
        let is_verified = self.current && matches!(verification, Verification::Accepted);
        let lines = [
            ("type", self.session_type.as_deref().unwrap_or("not reported")),
            ("expires", &time::show_time(self.expiry)),
            ("privileges", if self.privileges.is_empty() { "none" } else { &self.privileges }),
            ("KS", &self.ks_name),
        ];
        let current = self.current.then_some(("current", "yes (`kaltura ks` will use it)"));
        let verified = is_verified.then_some(("verified", "the server accepts the session"));
        heading + &fields(12, lines.into_iter().chain(current).chain(verified))
    }
}

impl Answer {
    pub(super) fn as_text(&self, verification: &Verification) -> String {
        let heading = match &self.profile {
            Some(InUse { name, origin }) => format!("Profile {name} ({origin})"),
            None => "No profile".to_owned(),
        };
        let mut text = format!("{HEADING}{heading}{HEADING:#}\n");
        let settings = self.settings.iter().map(|Found { setting, value, origin, problem }| {
            (setting.label, shown(value.as_deref(), origin.as_ref(), problem.as_deref()))
        });
        let TokenValue { origin, problem } = &self.app_token;
        let value = ("token value", shown(None, origin.as_ref(), problem.as_deref()));
        text += &fields(12, settings.chain([value]));
        text.extend(self.sessions.iter().map(|session| session.as_text(verification)));
        // Of one that is not verified the error tells why.
        if !self.good && !matches!(verification, Verification::Failed(_)) {
            let why = match (&self.missing, self.sessions.is_empty()) {
                _ if !self.wrong.is_empty() => {
                    let wrong = self.settings.iter().filter(|found| found.problem.is_some());
                    let labels: Vec<&str> = wrong.map(|found| found.setting.label).collect();
                    format!("Invalid settings: {}", labels.join(", "))
                }
                (_, false) => "None of these matches the current settings. Run `kaltura login`.".to_owned(),
                (Some(missing), _) => format!("No valid session: {}.", one_line(missing)),
                (None, _) if problem.is_some() => {
                    "No valid session, and no token value for a login.".to_owned()
                }
                (None, true) if self.unreadable => {
                    "No session is kept, for the reason in the note: each command logs in.".to_owned()
                }
                (None, true) => "No valid session. Run `kaltura login`.".to_owned(),
            };
            text += &format!("{BAD}{why}{BAD:#}\n");
        }
        text
    }
}

/// What a setting is, and by whom.
fn shown(value: Option<&str>, origin: Option<&impl ToString>, problem: Option<&str>) -> String {
    let Some(origin) = origin.map(ToString::to_string) else { return "not given".to_owned() };
    match (value, problem) {
        (Some(value), None) => format!("{value} ({origin})"),
        (_, Some(problem)) => format!("{origin}: {problem}"),
        (None, None) => origin,
    }
}

/// Where the value of the token would come from.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct TokenValue {
    /// Nothing if it is not given.
    pub(super) origin: Option<String>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

/// Finds out where the value of the token would come from, and whether there is anything. It is not looked at. `token` is
/// which one it must be the value of, if that is known.
pub(super) fn token_value(
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
    let entry = ProfileSecret::APP_TOKEN.entries.into_iter().find(is_kept)?;
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
    let place = profile.place_of(ProfileSecret::APP_TOKEN)?;
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
            token_value(source, &Settings::of_test(environment, profile), Some(&token));
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
