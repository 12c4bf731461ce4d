//! An app token as it is printed: for people and for programs.

use kaltura_types::{AppToken, AppTokenId, AppTokenStatus, PartnerId, UnixTime, UserId};
use serde::Serialize;

use crate::output::{one_line, style};
use crate::time;

/// Whether a token starts sessions now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    /// Active, but past its end.
    Expired,
    Disabled,
    Deleted,
    /// What the server calls otherwise.
    Other(String),
}

impl State {
    pub(super) fn of(token: &AppToken, now: UnixTime) -> Self {
        match token.status.known() {
            Some(AppTokenStatus::Active) if token.expiry.is_some_and(|expiry| expiry <= now) => Self::Expired,
            Some(AppTokenStatus::Active) => Self::Active,
            Some(AppTokenStatus::Disabled) => Self::Disabled,
            Some(AppTokenStatus::Deleted) => Self::Deleted,
            None => Self::Other(format!("status {}", token.status)),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Other(text) => text,
        }
    }
}

/// What is told of a token; its value is not among it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownToken<'a> {
    pub(super) id: &'a AppTokenId,
    partner_id: PartnerId,
    pub(super) state: String,
    pub(super) description: Option<&'a str>,
    hash_type: Option<String>,
    /// `USER`, `ADMIN`, or what else the server said; nothing if the caller may choose.
    pub(super) session_type: Option<String>,
    session_user_id: Option<&'a UserId>,
    /// In seconds.
    session_duration: Option<i64>,
    session_privileges: Option<String>,
    pub(super) expiry: Option<UnixTime>,
    /// In seconds, by the server's clock; 0 if it is over.
    expires_in: Option<u64>,
    created_at: Option<UnixTime>,
    updated_at: Option<UnixTime>,
    #[serde(skip)]
    now: UnixTime,
}

impl<'a> ShownToken<'a> {
    /// A token at this time of the server's clock.
    pub(super) fn new(token: &'a AppToken, now: UnixTime) -> Self {
        let left = |expiry: UnixTime| u64::try_from(expiry.seconds_since(now)).unwrap_or(0);
        Self {
            id: &token.id,
            partner_id: token.partner_id,
            state: State::of(token, now).as_str().to_owned(),
            description: token.description.as_deref().filter(|text| !text.is_empty()),
            hash_type: token.hash_type.as_ref().map(ToString::to_string),
            session_type: token.session_type.as_ref().map(ToString::to_string),
            session_user_id: token.session_user_id.as_ref().filter(|user| !user.as_str().is_empty()),
            session_duration: token.session_duration.map(kaltura_types::app_token::Seconds::get),
            session_privileges: token.session_privileges.as_ref().map(ToString::to_string),
            expiry: token.expiry,
            expires_in: token.expiry.map(left),
            created_at: token.created_at,
            updated_at: token.updated_at,
            now,
        }
    }

    /// Whose sessions it starts, as people read it.
    pub(super) fn user(&self) -> &str {
        self.session_user_id.map_or("any", UserId::as_str)
    }

    /// How long its sessions live, as people read it.
    pub(super) fn duration(&self) -> String {
        match self.session_duration.map(u64::try_from) {
            Some(Ok(seconds)) if seconds > 0 => time::show_duration(seconds),
            _ => "over on arrival".to_owned(),
        }
    }

    /// How far its end is away, written in this way.
    pub(super) fn time_left(&self, show: fn(u64) -> String) -> Option<String> {
        let seconds = self.expiry?.seconds_since(self.now);
        let shown = show(seconds.unsigned_abs());
        Some(if seconds > 0 { format!("in {shown}") } else { format!("{shown} ago") })
    }

    /// Lines for people.
    pub(super) fn lines(&self) -> String {
        let expires = match (self.expiry, self.time_left(time::show_duration)) {
            (Some(expiry), Some(left)) => format!("{}, {left}", time::show_time(expiry)),
            _ => "never".to_owned(),
        };
        let when = |time: Option<UnixTime>| {
            time.map_or_else(|| "the server did not say".to_owned(), time::show_time)
        };
        let privileges = self.session_privileges.as_deref().filter(|text| !text.is_empty());
        let mut text = String::new();
        for (label, value) in [
            ("partner", self.partner_id.to_string().as_str()),
            ("state", &self.state),
            ("description", self.description.unwrap_or("none")),
            ("hash type", self.hash_type.as_deref().unwrap_or("SHA1")),
            ("type", self.session_type.as_deref().unwrap_or("any, ADMIN too")),
            ("user", self.user()),
            ("sessions", &self.duration()),
            ("privileges", privileges.unwrap_or("none")),
            ("expires", &expires),
            ("made", &when(self.created_at)),
            ("changed", &when(self.updated_at)),
        ] {
            text += &line(label, value);
        }
        text
    }
}

/// One line for people. What stands in it may come from elsewhere.
pub(super) fn line(label: &str, value: &str) -> String {
    format!("  {}{label:<12}{:#}{}\n", style::QUIET, style::QUIET, one_line(value))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_795_493_355);

    fn token(changes: &Value) -> AppToken {
        let mut token = json!({ "id": "0_a", "token": "hush-hush", "partnerId": 7, "status": 2 });
        for (name, value) in changes.as_object().unwrap() {
            token[name] = value.clone();
        }
        serde_json::from_value(token).unwrap()
    }

    #[test]
    fn a_state_is_what_a_login_would_meet() {
        for (changes, state) in [
            (json!({}), "active"),
            (json!({ "expiry": NOW.as_seconds() + 1 }), "active"),
            (json!({ "expiry": NOW.as_seconds() }), "expired"),
            (json!({ "expiry": 0 }), "expired"),
            (json!({ "status": 1, "expiry": 0 }), "disabled"),
            (json!({ "status": 3 }), "deleted"),
            (json!({ "status": 9 }), "status 9"),
        ] {
            assert_eq!(State::of(&token(&changes), NOW).as_str(), state, "{changes}");
        }
    }
}
