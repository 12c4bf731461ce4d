//! A session, as it stands in its file.

use std::time::Duration;

use kaltura_auth::{Adjustment, Session, SessionRequest};
use kaltura_types::{Ks, Open, PartnerId, Privileges, Scalar, SessionType, UnixTime};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The form of the file. Another number is another form.
const VERSION: u32 = 2;

/// A session, and how long it is good for by the clock of this machine.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) ks: Ks,
    pub(crate) partner_id: PartnerId,
    pub(crate) user_id: Option<String>,
    /// `USER`, `ADMIN`, or what else the server said.
    pub(crate) session_type: Option<String>,
    pub(crate) privileges: String,
    /// By the clock of this machine, so that a clock that is wrong does not matter.
    pub(crate) until: UnixTime,
    granted_at: UnixTime,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    ks: std::borrow::Cow<'a, str>,
    partner_id: i64,
    user_id: Option<String>,
    session_type: Option<String>,
    privileges: String,
    until: i64,
    granted_at: i64,
}

impl Record {
    /// What there is to keep of a session that was asked for at `asked_at`; nothing if the server did not say
    /// when it ends.
    pub(crate) fn of(session: &Session, asked_at: UnixTime) -> Option<Self> {
        let until = match session.granted_lifetime() {
            Some(life) => asked_at.plus_seconds(i64::try_from(life.as_secs()).unwrap_or(i64::MAX)),
            None => session.expires_at()?,
        };
        Some(Self { until, ..Self::of_unknown_end(session, asked_at) })
    }

    /// A session of which nobody knows when it ends: to be used at once, and not to be kept.
    pub(crate) fn of_unknown_end(session: &Session, asked_at: UnixTime) -> Self {
        Self {
            ks: session.ks().clone(),
            partner_id: session.partner_id(),
            user_id: session.user_id().map(|user| user.as_str().to_owned()),
            session_type: session.session_type().map(ToString::to_string),
            privileges: session.privileges().to_string(),
            until: asked_at,
            granted_at: asked_at,
        }
    }

    /// How long it is good for.
    pub(crate) fn life_left(&self, now: UnixTime) -> Duration {
        // Before it was granted? Then the clock was set back, and says nothing of the end.
        if now.seconds_since(self.granted_at) < 0 {
            return Duration::ZERO;
        }
        Duration::from_secs(u64::try_from(self.until.seconds_since(now)).unwrap_or(0))
    }

    /// What the server granted differently from what was asked. It is not kept, for the file of a session is that of
    /// what was asked.
    pub(crate) fn adjustments(&self, asked: &SessionRequest) -> Vec<Adjustment> {
        let mut granted = Session::new(self.partner_id, self.ks.clone())
            .with_privileges(Privileges::parse(&self.privileges))
            .with_server_time(self.granted_at)
            .with_expiry(self.until);
        if let Some(user) = &self.user_id {
            granted = granted.with_user_id(user.as_str());
        }
        if let Some(name) = &self.session_type {
            let known =
                [SessionType::User, SessionType::Admin].into_iter().find(|it| it.to_string() == *name);
            granted = granted.with_session_type(
                known.map_or_else(|| Open::Other(Scalar::Text(name.clone())), Open::Known),
            );
        }
        Adjustment::between(asked, &granted)
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let written = Written {
            version: VERSION,
            ks: self.ks.expose().into(),
            partner_id: self.partner_id.get(),
            user_id: self.user_id.clone(),
            session_type: self.session_type.clone(),
            privileges: self.privileges.clone(),
            until: self.until.as_seconds(),
            granted_at: self.granted_at.as_seconds(),
        };
        Zeroizing::new(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// Nothing if it is not of this form.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let written: Written<'_> = serde_json::from_slice(bytes).ok()?;
        let is_known = written.version == VERSION && !written.ks.is_empty();
        is_known.then_some(Self {
            ks: Ks::new(written.ks.into_owned()),
            partner_id: PartnerId::new(written.partner_id),
            user_id: written.user_id,
            session_type: written.session_type,
            privileges: written.privileges,
            until: UnixTime::from_seconds(written.until),
            granted_at: UnixTime::from_seconds(written.granted_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::Lifetime;

    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);

    fn record() -> Record {
        let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3x"))
            .with_user_id("alice")
            .with_session_type(SessionType::Admin)
            .with_privileges(Privileges::parse("sview:*,list:*"))
            .with_server_time(UnixTime::from_seconds(5_000))
            .with_expiry(UnixTime::from_seconds(5_600));
        Record::of(&session, NOW).unwrap()
    }

    #[test]
    fn the_end_is_told_by_the_clock_of_this_machine() {
        assert_eq!(record().until, NOW.plus_seconds(600));
        assert_eq!(record().life_left(NOW.plus_seconds(590)), Duration::from_secs(10));
        assert_eq!(record().life_left(NOW.plus_seconds(600)), Duration::ZERO);
        assert_eq!(record().life_left(NOW.plus_seconds(900)), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_set_back_is_not_believed() {
        assert_eq!(record().life_left(NOW), Duration::from_secs(600));
        assert_eq!(record().life_left(NOW.plus_seconds(-1)), Duration::ZERO);
    }

    #[test]
    fn what_is_written_is_read() {
        let read = Record::from_bytes(&record().to_bytes()).unwrap();
        assert_eq!((read.ks.expose(), read.partner_id), ("djJ8N3x", PartnerId::new(7)));
        assert_eq!((read.until, read.granted_at), (record().until, NOW));
        assert_eq!((read.user_id.as_deref(), read.session_type.as_deref()), (Some("alice"), Some("ADMIN")));
        assert_eq!(read.privileges, "sview:*,list:*");
    }

    #[test]
    fn what_was_granted_otherwise_is_known_from_what_was_asked() {
        let asked = SessionRequest::new()
            .user_id("bob")
            .session_type(SessionType::User)
            .lifetime(Lifetime::hours(1))
            .privileges(Privileges::parse("list:*,edit:*"));
        let read = Record::from_bytes(&record().to_bytes()).unwrap();
        let told: Vec<String> = read.adjustments(&asked).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "the server limited the session to 10 min (1 h requested)",
                "the session is for user alice instead of bob",
                "the session is of type ADMIN instead of USER",
                "privileges not granted as requested: edit (the app token does not allow them)",
            ]
        );
        let asked = SessionRequest::new()
            .user_id("alice")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::seconds(601))
            .privileges(Privileges::parse("sview:*"));
        assert_eq!(read.adjustments(&asked), []);
        let unheard_of = Record { session_type: Some("7".to_owned()), user_id: None, ..read };
        let told: Vec<String> = unheard_of.adjustments(&asked).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "the session has no user (anonymous) instead of alice",
                "the session is of type 7 instead of ADMIN"
            ]
        );
    }

    #[test]
    fn anything_else_is_nothing() {
        let whole = record().to_bytes();
        for length in 0..whole.len() {
            assert!(Record::from_bytes(&whole[..length]).is_none(), "{length}");
        }
        let other = String::from_utf8(whole.to_vec()).unwrap().replace("\"version\":2", "\"version\":1");
        assert!(Record::from_bytes(other.as_bytes()).is_none());
        let empty = String::from_utf8(whole.to_vec()).unwrap().replace("djJ8N3x", "");
        assert!(Record::from_bytes(empty.as_bytes()).is_none());
    }
}
