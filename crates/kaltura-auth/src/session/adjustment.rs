//! Differences between a granted session and what was requested.

use std::fmt;

use kaltura_types::{Lifetime, Open, SessionRequest, SessionType, UserId, duration};
use serde::{Deserialize, Serialize};

use super::Session;

/// A difference of at most so many seconds is rounding, not an adjustment.
const ROUNDING_SECONDS: i64 = 2;

/// One difference between what was requested and what the server granted.
///
/// The server reports success and does not mention the difference (wire contract, section 4.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Adjustment {
    /// It expires sooner, by more than 2 seconds: the token's session duration or its own expiry limits it.
    ShorterLifetime {
        /// The lifetime that was requested.
        requested: Lifetime,
        /// The lifetime that was granted, in seconds.
        granted_seconds: i64,
    },
    /// It has another user, because the token specifies one.
    OtherUser {
        /// The user that was requested.
        requested: UserId,
        /// The user that was granted.
        granted: Option<UserId>,
    },
    /// It has another type, because the token specifies one.
    OtherType {
        /// The type that was requested.
        requested: SessionType,
        /// The type that was granted.
        granted: Open<SessionType>,
    },
    /// Privileges are missing or have other values: with a token only a few can be added.
    PrivilegesDropped {
        /// Their names.
        names: Vec<String>,
    },
}

impl Adjustment {
    /// The differences between a session and what was requested. A login does this itself: see
    /// [`Session::adjustments`]. Use this for a session that was stored and restored.
    ///
    /// The lifetime is compared only if the session has both its expiry and the server's time.
    ///
    /// ```
    /// # use kaltura_auth::{Adjustment, Session, SessionRequest}; use kaltura_types::{Ks, PartnerId};
    /// let restored = Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2FbRs")).with_user_id("bob");
    /// let differences = Adjustment::between(&SessionRequest::new().user_id("zoe"), &restored);
    /// assert_eq!(differences[0].to_string(), "the session is for user bob instead of zoe");
    /// ```
    #[must_use]
    pub fn between(requested: &SessionRequest, granted: &Session) -> Vec<Self> {
        [
            shorter_lifetime(requested, granted),
            other_user(requested, granted),
            other_type(requested, granted),
            privileges_dropped(requested, granted),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn shorter_lifetime(requested: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let requested = requested.get_lifetime()?;
    let granted_seconds = granted.expires_at?.seconds_since(granted.server_time?);
    (granted_seconds.saturating_add(ROUNDING_SECONDS) < i64::from(requested.as_seconds()))
        .then_some(Adjustment::ShorterLifetime { requested, granted_seconds })
}

fn other_user(requested: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let requested = requested.get_user_id()?.clone();
    (granted.user.as_ref() != Some(&requested))
        .then(|| Adjustment::OtherUser { requested, granted: granted.user.clone() })
}

fn other_type(requested: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let requested = requested.get_session_type()?;
    let granted = granted.session_type.clone()?;
    (granted != Open::Known(requested)).then_some(Adjustment::OtherType { requested, granted })
}

fn privileges_dropped(requested: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let missing = requested.get_privileges()?.missing_from(&granted.privileges);
    let names: Vec<String> = missing.iter().map(|privilege| privilege.name().to_owned()).collect();
    (!names.is_empty()).then_some(Adjustment::PrivilegesDropped { names })
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShorterLifetime { requested, granted_seconds } => {
                let granted = duration::describe(u64::try_from(*granted_seconds).unwrap_or(0));
                let requested = duration::describe(requested.as_seconds().into());
                write!(f, "the server limited the session to {granted} ({requested} requested)")
            }
            Self::OtherUser { requested, granted: Some(granted) } => {
                write!(f, "the session is for user {granted} instead of {requested}")
            }
            Self::OtherUser { requested, granted: None } => {
                write!(f, "the session has no user (anonymous) instead of {requested}")
            }
            Self::OtherType { requested, granted } => {
                write!(f, "the session is of type {granted} instead of {requested}")
            }
            Self::PrivilegesDropped { names } => {
                let names = names.join(", ");
                write!(f, "privileges not granted as requested: {names} (the app token does not allow them)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{PartnerId, Privileges, SessionInfo, UnixTime};

    use super::*;

    fn granted(requested: &SessionRequest, info: &str, now: i64) -> Vec<Adjustment> {
        let info: SessionInfo = serde_json::from_str(info).unwrap();
        let session =
            Session::from_info(info, PartnerId::new(1), requested, Some(UnixTime::from_seconds(now)))
                .unwrap();
        session.adjustments().to_vec()
    }

    const RESPONSE: &str = r#"{"ks":"k","sessionType":0,"partnerId":"1","userId":"u","expiry":1060,"privileges":"sessionid:a,sview:0_a"}"#;

    #[test]
    fn two_seconds_are_rounding_and_three_are_not() {
        let requested = SessionRequest::new().lifetime(Lifetime::seconds(60));
        assert_eq!(granted(&requested, RESPONSE, 1000), []);
        assert_eq!(granted(&requested, RESPONSE, 1002), []);
        let adjusted = granted(&requested, RESPONSE, 1003);
        assert_eq!(
            adjusted,
            [Adjustment::ShorterLifetime { requested: Lifetime::seconds(60), granted_seconds: 57 }]
        );
        assert_eq!(adjusted[0].to_string(), "the server limited the session to 57 s (1 min requested)");
    }

    #[test]
    fn values_that_the_token_specifies_are_reported() {
        let requested = SessionRequest::new()
            .user_id("me")
            .session_type(SessionType::Admin)
            .privileges(Privileges::parse("sview:0_a,edit:*,sessionid:b"));
        assert_eq!(
            granted(&requested, RESPONSE, 1000),
            [
                Adjustment::OtherUser { requested: "me".into(), granted: Some("u".into()) },
                Adjustment::OtherType { requested: SessionType::Admin, granted: SessionType::User.into() },
                Adjustment::PrivilegesDropped { names: vec!["edit".into(), "sessionid".into()] },
            ]
        );
    }

    #[test]
    fn an_anonymous_session_is_reported_if_a_user_was_requested() {
        let requested = SessionRequest::new().user_id("me");
        let adjusted = granted(&requested, r#"{"ks":"k","userId":""}"#, 0);
        assert_eq!(adjusted, [Adjustment::OtherUser { requested: "me".into(), granted: None }]);
    }
}
