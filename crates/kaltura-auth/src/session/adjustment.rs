//! Where a grant differs from what was asked.

use std::fmt;

use kaltura_types::{Lifetime, Open, SessionType, UserId};

use super::Session;
use kaltura_types::SessionRequest;

/// A life that is this much shorter than asked is rounding, not an adjustment: 2 seconds.
const ROUNDING_SECONDS: i64 = 2;

/// One difference between what was asked of a session and what the server granted.
///
/// The server answers with success and says nothing of it (wire contract, section 4.9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adjustment {
    /// It ends sooner, by more than 2 seconds: the token's session duration or its own end caps it.
    ShorterLife {
        /// What was asked.
        asked: Lifetime,
        /// What was granted, in seconds.
        granted_seconds: i64,
    },
    /// It is of another user: the token has one of its own.
    OtherUser {
        /// Who was asked for.
        asked: UserId,
        /// Whose it is.
        granted: Option<UserId>,
    },
    /// It is of another type: the token has one of its own.
    OtherType {
        /// What was asked.
        asked: SessionType,
        /// What was granted.
        granted: Open<SessionType>,
    },
    /// Privileges were dropped or are other than asked: the server lets the holder of a token add few of them.
    PrivilegesDropped {
        /// Their names.
        names: Vec<String>,
    },
}

impl Adjustment {
    /// Where a session differs from what was asked. A login does this itself: see [`Session::adjustments`]. This is
    /// for a session that was kept since then and put together again.
    ///
    /// How long it lives is compared only if the session has both its expiry and the server's time.
    ///
    /// ```
    /// # use kaltura_auth::{Adjustment, Session, SessionRequest}; use kaltura_types::{Ks, PartnerId};
    /// let kept = Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2FbRs")).with_user_id("bob");
    /// let differences = Adjustment::between(&SessionRequest::new().user_id("zoe"), &kept);
    /// assert_eq!(differences[0].to_string(), "the session is of user bob instead of zoe");
    /// ```
    #[must_use]
    pub fn between(asked: &SessionRequest, granted: &Session) -> Vec<Self> {
        [
            shorter_life(asked, granted),
            other_user(asked, granted),
            other_type(asked, granted),
            privileges_dropped(asked, granted),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn shorter_life(asked: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let asked = asked.get_lifetime()?;
    let granted_seconds = granted.expires_at?.seconds_since(granted.server_time?);
    (granted_seconds + ROUNDING_SECONDS < i64::from(asked.as_seconds()))
        .then_some(Adjustment::ShorterLife { asked, granted_seconds })
}

fn other_user(asked: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let asked = asked.get_user_id()?.clone();
    (granted.user.as_ref() != Some(&asked))
        .then(|| Adjustment::OtherUser { asked, granted: granted.user.clone() })
}

fn other_type(asked: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let asked = asked.get_session_type()?;
    let granted = granted.session_type.clone()?;
    (granted != Open::Known(asked)).then_some(Adjustment::OtherType { asked, granted })
}

fn privileges_dropped(asked: &SessionRequest, granted: &Session) -> Option<Adjustment> {
    let names: Vec<String> = asked
        .get_privileges()
        .into_iter()
        .flat_map(|asked| asked.iter())
        .filter(|wish| granted.privileges.get(wish.name()) != Some(wish))
        .map(|wish| wish.name().to_owned())
        .collect();
    (!names.is_empty()).then_some(Adjustment::PrivilegesDropped { names })
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShorterLife { asked, granted_seconds } => {
                write!(f, "the session lives {granted_seconds} s instead of {} s", asked.as_seconds())
            }
            Self::OtherUser { asked, granted: Some(granted) } => {
                write!(f, "the session is of user {granted} instead of {asked}")
            }
            Self::OtherUser { asked, granted: None } => {
                write!(f, "the session is of nobody instead of {asked}")
            }
            Self::OtherType { asked, granted } => {
                write!(f, "the session is of type {granted} instead of {asked}")
            }
            Self::PrivilegesDropped { names } => {
                write!(f, "the server did not grant these privileges as asked: {}", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{PartnerId, Privileges, SessionInfo, UnixTime};

    use super::*;

    fn granted(asked: &SessionRequest, info: &str, now: i64) -> Vec<Adjustment> {
        let info: SessionInfo = serde_json::from_str(info).unwrap();
        let session =
            Session::granted(info, PartnerId::new(1), asked, Some(UnixTime::from_seconds(now))).unwrap();
        session.adjustments().to_vec()
    }

    const ANSWER: &str = r#"{"ks":"k","sessionType":0,"partnerId":"1","userId":"u","expiry":1060,"privileges":"sessionid:a,sview:0_a"}"#;

    #[test]
    fn two_seconds_are_rounding_three_are_not() {
        let asked = SessionRequest::new().lifetime(Lifetime::seconds(60));
        assert_eq!(granted(&asked, ANSWER, 1000), []);
        assert_eq!(granted(&asked, ANSWER, 1002), []);
        let adjusted = granted(&asked, ANSWER, 1003);
        assert_eq!(adjusted, [Adjustment::ShorterLife { asked: Lifetime::seconds(60), granted_seconds: 57 }]);
    }

    #[test]
    fn what_the_token_fixes_is_told() {
        let asked = SessionRequest::new()
            .user_id("me")
            .session_type(SessionType::Admin)
            .privileges(Privileges::parse("sview:0_a,edit:*,sessionid:b"));
        assert_eq!(
            granted(&asked, ANSWER, 1000),
            [
                Adjustment::OtherUser { asked: "me".into(), granted: Some("u".into()) },
                Adjustment::OtherType { asked: SessionType::Admin, granted: SessionType::User.into() },
                Adjustment::PrivilegesDropped { names: vec!["edit".into(), "sessionid".into()] },
            ]
        );
    }

    #[test]
    fn nobody_is_told_apart_from_somebody() {
        let asked = SessionRequest::new().user_id("me");
        let adjusted = granted(&asked, r#"{"ks":"k","userId":""}"#, 0);
        assert_eq!(adjusted, [Adjustment::OtherUser { asked: "me".into(), granted: None }]);
    }
}
