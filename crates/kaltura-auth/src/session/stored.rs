//! A session as a store keeps it, with its KS in readable form.

use kaltura_types::{Ks, Open, PartnerId, Privileges, SessionType, UnixTime, UserId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::grant::CallCount;
use super::{Adjustment, Session, SessionId};

/// A whole session that can be serialised, **with its KS in readable form**: the grant, the server's time and the
/// adjustments, and an id that a store may give it.
///
/// A reader of it can use the session until it expires, so keep it where only the program can read it. `Debug` does
/// not show the KS.
///
/// Members that are not known are ignored when it is read, so that an older version of the program can read what a newer
/// one has stored.
///
/// ```
/// # use kaltura_auth::{Session, StoredSession}; use kaltura_auth::types::{Ks, PartnerId};
/// # let session = Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2FbRs"));
/// let text = serde_json::to_string(&session.to_stored_exposing_ks())?;
/// let stored: StoredSession = serde_json::from_str(&text)?;
/// assert_eq!(Session::from_stored(stored), session);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Id>,
    #[serde(serialize_with = "expose")]
    ks: Ks,
    partner_id: PartnerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_type: Option<Open<SessionType>>,
    /// As the server sent them. A server may grant what a configuration must not contain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    privileges: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_time: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    adjustments: Vec<Adjustment>,
}

impl Session {
    /// The whole session in a form that can be serialised, with its KS in readable form.
    #[must_use]
    pub fn to_stored_exposing_ks(&self) -> StoredSession {
        StoredSession {
            id: self.id.map(|id| Id(id.to_bits())),
            ks: self.ks.clone(),
            partner_id: self.partner,
            user_id: self.user.clone(),
            session_type: self.session_type.clone(),
            privileges: self.privileges.to_string(),
            expires_at: self.expires_at,
            server_time: self.server_time,
            adjustments: self.adjustments.clone(),
        }
    }

    /// The session that was stored.
    ///
    /// Its server time is that of the grant. A session manager gets it through
    /// [`IssuedSession::from_existing`](crate::manager::IssuedSession::from_existing).
    #[must_use]
    pub fn from_stored(stored: StoredSession) -> Self {
        let StoredSession { id, ks, partner_id, user_id, session_type, privileges, .. } = stored;
        let privileges =
            if privileges.is_empty() { Privileges::none() } else { Privileges::parse(&privileges) };
        Self {
            id: id.map(|Id(bits)| SessionId::from_bits(bits)),
            calls: CallCount::new(),
            ks,
            partner: partner_id,
            user: user_id,
            session_type,
            privileges,
            expires_at: stored.expires_at,
            server_time: stored.server_time,
            adjustments: stored.adjustments,
        }
    }
}

impl StoredSession {
    /// Sets the id: 128 random bits by which a store tells one session from another.
    #[must_use]
    pub const fn with_id(mut self, id: u128) -> Self {
        self.id = Some(Id(id));
        self
    }

    /// The id that a store has given it.
    #[must_use]
    pub const fn id(&self) -> Option<u128> {
        match self.id {
            Some(Id(id)) => Some(id),
            None => None,
        }
    }

    /// When the session expires, by the server's clock.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }
}

fn expose<S: Serializer>(ks: &Ks, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(ks.expose())
}

/// Serialised as 32 hex digits: not every format has numbers of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Id(u128);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = if digits { u128::from_str_radix(&text, 16).ok() } else { None };
        id.map(Self).ok_or_else(|| D::Error::custom("an id that is not 32 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{Lifetime, SessionInfo, SessionRequest};

    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

    /// A session in which every property is set, and with every adjustment.
    fn session() -> Session {
        let info: SessionInfo = serde_json::from_value(serde_json::json!({
            "ks": KS, "sessionType": 7, "partnerId": 1_234_567, "userId": "u", "expiry": 1060,
            "privileges": "sessionid:a,,a[b]:1",
        }))
        .unwrap();
        let requested = SessionRequest::new()
            .user_id("me")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::hours(1))
            .privileges(Privileges::parse("edit:*"));
        let now = UnixTime::from_seconds(1000);
        Session::from_info(info, PartnerId::new(1_234_567), &requested, Some(now)).unwrap()
    }

    #[test]
    fn a_session_is_restored_whole() {
        let bare = Session::new(PartnerId::new(1), Ks::new(KS));
        assert_eq!(session().adjustments().len(), 4);
        for session in [session(), bare] {
            let text = serde_json::to_string(&session.to_stored_exposing_ks()).unwrap();
            assert!(text.contains(KS));
            let stored: StoredSession = serde_json::from_str(&text).unwrap();
            assert_eq!(stored.id(), None);
            assert_eq!(Session::from_stored(stored), session);
        }
    }

    #[test]
    fn the_grant_is_restored() {
        let session = session().with_id(SessionId::from_bits(7));
        let stored = session.to_stored_exposing_ks();
        assert_eq!(stored.id(), Some(7));
        assert_eq!(Session::from_stored(stored).id(), session.id());
    }

    #[test]
    fn the_id_is_kept_and_the_ks_is_not_shown() {
        for id in [0, 1, u128::MAX] {
            let stored = session().to_stored_exposing_ks().with_id(id);
            let text = serde_json::to_string(&stored).unwrap();
            let read: StoredSession = serde_json::from_str(&text).unwrap();
            assert_eq!((read.id(), &read), (Some(id), &stored));
            assert!(!format!("{read:?}").contains(KS));
        }
        for id in ["", "+0000000000000000000000000000001", "g0000000000000000000000000000000", "01"] {
            let json = format!(r#"{{"id":"{id}","ks":"{KS}","partner_id":1}}"#);
            assert!(serde_json::from_str::<StoredSession>(&json).is_err(), "{id}");
        }
    }

    #[test]
    fn what_a_newer_version_stores_is_read_and_an_empty_ks_is_not() {
        let json = format!(r#"{{"ks":"{KS}","partner_id":1,"new":[1]}}"#);
        let stored: StoredSession = serde_json::from_str(&json).unwrap();
        assert_eq!(Session::from_stored(stored), Session::new(PartnerId::new(1), Ks::new(KS)));
        assert!(serde_json::from_str::<StoredSession>(r#"{"ks":"","partner_id":1}"#).is_err());
    }
}
