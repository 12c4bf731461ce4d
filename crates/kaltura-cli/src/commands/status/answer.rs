//! The status, for people and for programs.

use std::time::Duration;

use kaltura_auth::{Fingerprint, Session};
use kaltura_types::UnixTime;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::token_value::TokenValue;
use crate::config::{Found, Origin};
use crate::error::Failure;
use crate::output::style::{BAD, GOOD, HEADING, fields};
use crate::output::{ks_name, one_line};
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
    pub(super) settings: Settled,
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

/// The settings, in the order of their names.
pub(super) struct Settled(pub(super) Vec<Found>);

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

impl Settled {
    /// Their names, for programs and for people.
    const NAMES: [(&'static str, &'static str); 9] = [
        ("serviceUrl", "service URL"),
        ("partnerId", "partner"),
        ("appTokenId", "app token"),
        ("hashType", "hash type"),
        ("userId", "user"),
        ("sessionType", "type"),
        ("lifetime", "lifetime"),
        ("privileges", "privileges"),
        ("widgetId", "widget"),
    ];

    /// Those that cannot be used.
    pub(super) fn wrong(&self) -> Vec<&'static str> {
        let settings = Self::NAMES.iter().zip(&self.0);
        settings.filter(|(_, found)| found.problem.is_some()).map(|((name, _), _)| *name).collect()
    }
}

impl Serialize for Settled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let settings = Self::NAMES.iter().zip(&self.0);
        serializer.collect_map(settings.map(|((name, _), found)| (name, ShownSetting::of(name, found))))
    }
}

#[derive(Serialize)]
struct ShownSetting<'a> {
    value: Option<Value>,
    origin: Option<&'a Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

impl<'a> ShownSetting<'a> {
    fn of(name: &str, found: &'a Found) -> Self {
        let Found { value, origin, problem } = found;
        let shown = |text: &String| match text.parse::<i64>() {
            // A number, as in all answers.
            Ok(partner) if name == "partnerId" => partner.into(),
            _ => text.as_str().into(),
        };
        Self { value: value.as_ref().map(shown), origin: origin.as_ref(), problem: problem.as_deref() }
    }
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
        let settings = Settled::NAMES.iter().zip(&self.settings.0).map(|((_, label), found)| {
            let Found { value, origin, problem } = found;
            (*label, shown(value.as_deref(), origin.as_ref(), problem.as_deref()))
        });
        let TokenValue { origin, problem } = &self.app_token;
        let value = ("token value", shown(None, origin.as_ref(), problem.as_deref()));
        text += &fields(12, settings.chain([value]));
        text.extend(self.sessions.iter().map(|session| session.as_text(verification)));
        // Of one that is not verified the error tells why.
        if !self.good && !matches!(verification, Verification::Failed(_)) {
            let why = match (&self.missing, self.sessions.is_empty()) {
                _ if !self.wrong.is_empty() => {
                    format!("Invalid settings: {}", self.wrong_labels())
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

    fn wrong_labels(&self) -> String {
        let wrong = Settled::NAMES.iter().filter(|(name, _)| self.wrong.contains(name));
        wrong.map(|(_, label)| *label).collect::<Vec<_>>().join(", ")
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
