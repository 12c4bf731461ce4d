//! The status, for people and for programs.

use std::time::Duration;

use kaltura_auth::{Fingerprint, Session};
use kaltura_types::UnixTime;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::token_value::TokenValue;
use crate::config::{Found, Origin, Setting};
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
