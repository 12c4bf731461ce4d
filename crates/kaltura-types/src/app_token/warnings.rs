//! What an app token does that its creator may not expect, and what the server stored differently.

use std::fmt;

use super::{AppToken, AppTokenDraft, Seconds};
use crate::privileges::PrivilegeWarning;
use crate::{HashType, SessionType, UnixTime, duration};

/// Sessions longer than this are worth a warning, in seconds. The server has no limit for app tokens.
const LONG_SESSION: i64 = 86_400;
/// Sessions shorter than this may expire before they are used, in seconds.
const SHORT_SESSION: i64 = 60;

/// An effect of an app token that its creator may not expect (wire contract, sections 3 to 5).
///
/// The server accepts all of them without a word. `Display` says what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppTokenWarning {
    /// It fixes no session type.
    AnyType,
    /// It fixes no user.
    AnyUser {
        /// Whether its sessions are ADMIN sessions.
        admin: bool,
    },
    /// It has no expiry.
    NeverExpires,
    /// Its hash type is weak: MD5 or SHA-1.
    WeakHash(HashType),
    /// Its sessions are longer than a day.
    LongSessions {
        /// Their lifetime in seconds.
        seconds: i64,
    },
    /// Its sessions are shorter than a minute.
    ShortSessions {
        /// Their lifetime in seconds.
        seconds: i64,
    },
    /// Its sessions have already expired when they are issued: its session duration is zero, negative or not set.
    SessionsExpireAtOnce,
    /// One of its privileges has a surprising effect.
    Privilege(PrivilegeWarning),
    /// A change applies to new sessions only.
    RunningSessionsUnchanged,
    /// The hash type was changed, so each login needs the new one.
    HashTypeChanged {
        /// The new hash type.
        now: String,
    },
    /// The server stored something else than was requested.
    StoredDifferently {
        /// What it is, such as `session duration`.
        property: &'static str,
        /// What was requested.
        requested: String,
        /// What was stored.
        stored: String,
    },
}

impl fmt::Display for AppTokenWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_words = |seconds: &i64| duration::describe(u64::try_from(*seconds).unwrap_or(0));
        match self {
            Self::AnyType => f.write_str("anyone with this token can request ADMIN sessions"),
            Self::AnyUser { admin: false } => {
                f.write_str("anyone with this token can choose the session's user")
            }
            Self::AnyUser { admin: true } => {
                f.write_str("anyone with this token gets ADMIN sessions, and can choose the session's user")
            }
            Self::NeverExpires => f.write_str("the token never expires"),
            Self::WeakHash(hash_type) => {
                write!(f, "{hash_type} is a weak hash: use SHA256, unless a program supports no other")
            }
            Self::LongSessions { seconds } => write!(
                f,
                "its sessions last up to {}: the account's limit does not apply to app tokens, and a leaked session \
                 cannot be revoked alone",
                in_words(seconds)
            ),
            Self::ShortSessions { seconds } => {
                write!(
                    f,
                    "its sessions last {} only: they may expire before they are used",
                    in_words(seconds)
                )
            }
            Self::SessionsExpireAtOnce => f.write_str(
                "its sessions have already expired when they are issued: it has no session duration",
            ),
            Self::Privilege(warning) => warning.fmt(f),
            Self::RunningSessionsUnchanged => {
                f.write_str("sessions that were started before are not changed: they end at their own expiry")
            }
            Self::HashTypeChanged { now } => {
                write!(f, "each login with the token must use {now} from now on")
            }
            Self::StoredDifferently { property, requested, stored } => {
                write!(f, "the server stored the {property} {stored} instead of {requested}")
            }
        }
    }
}

impl AppTokenDraft {
    /// The surprising effects of what the draft sets.
    ///
    /// ```
    /// # use kaltura_types::{AppTokenDraft, Lifetime};
    /// let draft = AppTokenDraft::new().session_duration(Lifetime::days(30));
    /// assert!(draft.warnings()[0].to_string().starts_with("its sessions last up to 30 days"));
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<AppTokenWarning> {
        let mut warnings = Vec::new();
        if let Some(weak @ (HashType::Md5 | HashType::Sha1)) = self.get_hash_type() {
            warnings.push(AppTokenWarning::WeakHash(weak));
        }
        match self.get_session_duration() {
            Some(seconds) if seconds > LONG_SESSION => {
                warnings.push(AppTokenWarning::LongSessions { seconds });
            }
            Some(seconds) if seconds < SHORT_SESSION => {
                warnings.push(AppTokenWarning::ShortSessions { seconds });
            }
            _ => {}
        }
        let privileges = self.get_session_privileges().unwrap_or_default();
        warnings.extend(privileges.warnings().into_iter().map(AppTokenWarning::Privilege));
        warnings
    }

    /// The surprising effects of a new token with these properties: also of those that the draft leaves open.
    #[must_use]
    pub fn new_token_warnings(&self) -> Vec<AppTokenWarning> {
        let session_type = self.get_session_type();
        let mut warnings = Vec::new();
        match session_type {
            None => warnings.push(AppTokenWarning::AnyType),
            Some(session_type) if self.get_session_user_id().is_none() => {
                warnings
                    .push(AppTokenWarning::AnyUser { admin: session_type == SessionType::Admin.number() });
            }
            Some(_) => {}
        }
        if self.get_expiry().is_none() {
            warnings.push(AppTokenWarning::NeverExpires);
        }
        warnings.extend(self.warnings());
        warnings
    }

    /// What the server stored differently from what the draft sets.
    #[must_use]
    pub fn differences(&self, stored: &AppToken) -> Vec<AppTokenWarning> {
        let mut found = Vec::new();
        let mut compare = |property, requested: String, stored: String| {
            if requested != stored {
                found.push(AppTokenWarning::StoredDifferently { property, requested, stored });
            }
        };
        let in_words = |seconds: i64| duration::describe(u64::try_from(seconds).unwrap_or(0));
        let time = |time: Option<UnixTime>| time.map_or_else(|| "never".to_owned(), |time| time.to_string());
        if self.sets_expiry() {
            compare("expiry", time(self.get_expiry()), time(stored.expiry));
        }
        if let Some(requested) = self.get_session_duration() {
            let stored = stored.session_duration.map_or(0, Seconds::get);
            compare("session duration", in_words(requested), in_words(stored));
        }
        if let Some(requested) = self.get_session_type() {
            let name = |number| match number {
                0 => SessionType::User.to_string(),
                2 => SessionType::Admin.to_string(),
                other => other.to_string(),
            };
            let stored = stored.session_type.as_ref().map_or_else(|| "any".to_owned(), ToString::to_string);
            compare("session type", name(requested), stored);
        }
        if let Some(requested) = self.get_session_user_id() {
            let stored = stored.session_user_id.as_ref().map_or("any", |user| user.as_str());
            compare("session user", requested.to_owned(), stored.to_owned());
        }
        if let Some(requested) = self.get_session_privileges() {
            let stored = stored.session_privileges.clone().unwrap_or_default();
            compare("privileges", requested.to_string(), stored.to_string());
        }
        if let Some(requested) = self.get_hash_type() {
            compare("hash type", requested.to_string(), stored.hash_type_name());
        }
        found
    }

    /// What a change of a token with this draft does to its sessions and logins. `before` and `after` are the token as
    /// the server returned it.
    #[must_use]
    pub fn update_warnings(&self, before: &AppToken, after: &AppToken) -> Vec<AppTokenWarning> {
        let mut warnings = self.warnings();
        let changes_sessions = self.get_session_user_id().is_some()
            || self.get_session_type().is_some()
            || self.get_session_duration().is_some()
            || self.get_session_privileges().is_some();
        let expires_sooner = self.get_expiry().is_some()
            && after.expiry.is_some_and(|after| before.expiry.is_none_or(|before| after < before));
        if changes_sessions || expires_sooner {
            warnings.push(AppTokenWarning::RunningSessionsUnchanged);
        }
        if before.hash_type != after.hash_type {
            warnings.push(AppTokenWarning::HashTypeChanged { now: after.hash_type_name() });
        }
        warnings
    }
}

impl AppToken {
    /// What makes an existing token useless.
    #[must_use]
    pub fn warnings(&self) -> Vec<AppTokenWarning> {
        let has_duration = self.session_duration.is_some_and(|duration| duration.get() > 0);
        if has_duration { Vec::new() } else { vec![AppTokenWarning::SessionsExpireAtOnce] }
    }

    /// A token without a hash type has SHA-1 (wire contract, section 3).
    fn hash_type_name(&self) -> String {
        self.hash_type.as_ref().map_or_else(|| HashType::Sha1.to_string(), ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Lifetime, Privileges};

    fn token(changes: &Value) -> AppToken {
        let mut token = json!({
            "id": "0_a", "token": "t", "partnerId": 7, "status": 2, "expiry": 1_800_000_000, "sessionType": 0,
            "sessionUserId": "importer", "sessionDuration": 3600, "sessionPrivileges": "list:*,sview:*",
            "hashType": "SHA256",
        });
        for (name, value) in changes.as_object().unwrap() {
            token[name] = value.clone();
        }
        serde_json::from_value(token).unwrap()
    }

    fn tight() -> AppTokenDraft {
        AppTokenDraft::new()
            .session_user_id("importer")
            .session_type(SessionType::User)
            .session_privileges(&Privileges::parse("list:*,sview:*"))
            .session_duration(Lifetime::hours(1))
            .expiry(UnixTime::from_seconds(1_800_000_000))
            .hash_type(HashType::Sha256)
    }

    fn texts(warnings: &[AppTokenWarning]) -> Vec<String> {
        warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn odd_durations_weak_hashes_and_privileges_are_reported() {
        let lasting = |seconds| AppTokenDraft::new().session_duration(Lifetime::seconds(seconds)).warnings();
        assert_eq!(lasting(86_401), [AppTokenWarning::LongSessions { seconds: 86_401 }]);
        assert!(texts(&lasting(59))[0].contains("59 s only"));
        assert!(lasting(86_400).is_empty() && lasting(60).is_empty());
        for (hash_type, count) in
            [(HashType::Md5, 1), (HashType::Sha1, 1), (HashType::Sha256, 0), (HashType::Sha512, 0)]
        {
            assert_eq!(AppTokenDraft::new().hash_type(hash_type).warnings().len(), count);
        }
        let broad = AppTokenDraft::new().session_privileges(&Privileges::parse("edit:*")).warnings();
        assert!(
            matches!(broad[..], [AppTokenWarning::Privilege(PrivilegeWarning::Broad { .. })]),
            "{broad:?}"
        );
    }

    #[test]
    fn a_new_token_is_warned_about_what_it_leaves_open() {
        assert_eq!(tight().new_token_warnings(), []);
        assert_eq!(
            AppTokenDraft::new().new_token_warnings(),
            [AppTokenWarning::AnyType, AppTokenWarning::NeverExpires]
        );
        let admin = AppTokenDraft::new().session_type(SessionType::Admin).new_token_warnings();
        assert_eq!(admin, [AppTokenWarning::AnyUser { admin: true }, AppTokenWarning::NeverExpires]);
        let user = AppTokenDraft::new().session_type(SessionType::User).never_expires().new_token_warnings();
        assert_eq!(user, [AppTokenWarning::AnyUser { admin: false }, AppTokenWarning::NeverExpires]);
    }

    #[test]
    fn what_the_server_stored_as_requested_is_not_reported() {
        assert_eq!(tight().differences(&token(&json!({}))), []);
        assert_eq!(AppTokenDraft::new().differences(&token(&json!({}))), []);
        assert_eq!(AppTokenDraft::new().never_expires().differences(&token(&json!({ "expiry": null }))), []);
    }

    #[test]
    fn each_difference_is_reported() {
        for (changes, text) in [
            (json!({ "expiry": null }), "the expiry never instead of 2027-01-15T08:00:00Z"),
            (json!({ "sessionDuration": 60 }), "the session duration 1 min instead of 1 h"),
            (json!({ "sessionType": 2 }), "the session type ADMIN instead of USER"),
            (json!({ "sessionUserId": null }), "the session user any instead of importer"),
            (json!({ "sessionPrivileges": "list:*" }), "the privileges list:* instead of list:*,sview:*"),
            (json!({ "hashType": "SHA1" }), "the hash type SHA1 instead of SHA256"),
            (json!({ "hashType": null }), "the hash type SHA1 instead of SHA256"),
        ] {
            let found = texts(&tight().differences(&token(&changes)));
            assert!(found.len() == 1 && found[0].contains(text), "{changes} {found:?}");
        }
        assert_eq!(AppTokenDraft::new().never_expires().differences(&token(&json!({}))).len(), 1);
    }

    #[test]
    fn an_update_says_what_it_does_not_change() {
        let update =
            |draft: AppTokenDraft, after: &Value| draft.update_warnings(&token(&json!({})), &token(after));
        let shorter = AppTokenDraft::new().expiry(UnixTime::from_seconds(1_700_000_000));
        assert_eq!(
            update(shorter, &json!({ "expiry": 1_700_000_000 })),
            [AppTokenWarning::RunningSessionsUnchanged]
        );
        assert_eq!(update(AppTokenDraft::new().description("d"), &json!({})), []);
        let privileges = AppTokenDraft::new().session_privileges(&Privileges::parse("list:*"));
        assert_eq!(update(privileges, &json!({})), [AppTokenWarning::RunningSessionsUnchanged]);
        let hash_type = AppTokenDraft::new().hash_type(HashType::Sha512);
        assert_eq!(
            texts(&update(hash_type, &json!({ "hashType": "SHA512" }))),
            ["each login with the token must use SHA512 from now on"]
        );
    }

    #[test]
    fn a_token_whose_sessions_expire_at_once_is_useless() {
        assert!(token(&json!({})).warnings().is_empty());
        for duration in [json!(0), json!(-1), Value::Null] {
            let warnings = token(&json!({ "sessionDuration": duration })).warnings();
            assert_eq!(warnings, [AppTokenWarning::SessionsExpireAtOnce]);
        }
    }
}
