//! A session as a store keeps it.

use std::fmt;
use std::time::Duration;

use kaltura_types::Ks;
use serde::{Deserialize, Serialize};

use super::StoreTime;
use crate::session::{SessionId, StoredSession};

/// The version of the format. A newer one may mean something else by the same members.
const VERSION: u32 = 1;

/// A session as a store keeps it: the whole session with its id, its lifetime, and its end by the store's clock.
///
/// `Debug` does not show the KS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    id: SessionId,
    session: StoredSession,
    lifetime: Duration,
    expires_at: StoreTime,
    widget_ks: Option<StoredWidgetKs>,
}

/// The widget KS with which the session was started. With it, another process logs in with one request instead of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWidgetKs {
    ks: Ks,
    expires_at: StoreTime,
}

impl StoredWidgetKs {
    /// A widget KS that can be used until this time by the store's clock.
    #[must_use]
    pub const fn new(ks: Ks, expires_at: StoreTime) -> Self {
        Self { ks, expires_at }
    }

    /// The KS.
    #[must_use]
    pub const fn ks(&self) -> &Ks {
        &self.ks
    }

    /// Until when it can be used, by the store's clock.
    #[must_use]
    pub const fn expires_at(&self) -> StoreTime {
        self.expires_at
    }
}

impl Record {
    /// A session with this id. `lifetime` is what was granted, from when the login was sent; `expires_at` is the store's
    /// time when the login was sent, and the lifetime.
    #[must_use]
    pub const fn new(
        id: SessionId,
        session: StoredSession,
        lifetime: Duration,
        expires_at: StoreTime,
    ) -> Self {
        Self { id, session: session.with_id(id.to_bits()), lifetime, expires_at, widget_ks: None }
    }

    /// Adds the widget KS.
    #[must_use]
    pub fn with_widget_ks(mut self, widget_ks: Option<StoredWidgetKs>) -> Self {
        self.widget_ks = widget_ks;
        self
    }

    /// The id of the session.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &StoredSession {
        &self.session
    }

    /// The session, without a copy.
    #[must_use]
    pub fn into_session(self) -> StoredSession {
        self.session
    }

    /// The lifetime that was granted.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// When the session expires, by the store's clock.
    #[must_use]
    pub const fn expires_at(&self) -> StoreTime {
        self.expires_at
    }

    /// The widget KS.
    #[must_use]
    pub const fn widget_ks(&self) -> Option<&StoredWidgetKs> {
        self.widget_ks.as_ref()
    }

    /// The time until the session expires, at `now` by the store's clock. `None` if it counts as absent: it has expired,
    /// or it is not credible, since more time would be left than was granted. The store's clock was set back then.
    ///
    /// ```
    /// # use kaltura_auth::{Session, SessionId, store::{Record, StoreTime}}; use std::time::Duration;
    /// # use kaltura_auth::types::{Ks, PartnerId};
    /// # let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3w")).to_stored_exposing_ks();
    /// let minute = Duration::from_secs(60);
    /// let record = Record::new(SessionId::from_bits(1), session, minute, StoreTime::from_millis(100_000));
    /// assert_eq!(record.left_at(StoreTime::from_millis(40_000)), Some(minute));
    /// assert_eq!(record.left_at(StoreTime::from_millis(100_000)), None);
    /// assert_eq!(record.left_at(StoreTime::from_millis(39_999)), None);
    /// ```
    #[must_use]
    pub fn left_at(&self, now: StoreTime) -> Option<Duration> {
        self.expires_at.since(now).filter(|left| !left.is_zero() && *left <= self.lifetime)
    }

    /// The record as JSON, **with its KS in readable form**. Keep it where only the program can read it.
    ///
    /// | member | content |
    /// |---|---|
    /// | `version` | 1 |
    /// | `id` | the id of the session, 32 hex digits |
    /// | `session` | the [`StoredSession`] |
    /// | `lifetime_ms` | the granted lifetime in milliseconds |
    /// | `expires_at_ms` | the end by the store's clock, in milliseconds |
    /// | `widget_ks` | optional: `ks`, `expires_at_ms` |
    #[must_use]
    pub fn to_json_exposing_ks(&self) -> String {
        let document = Document {
            version: VERSION,
            id: format!("{:032x}", self.id.to_bits()),
            session: self.session.clone(),
            lifetime_ms: u64::try_from(self.lifetime.as_millis()).unwrap_or(u64::MAX),
            expires_at_ms: self.expires_at.as_millis(),
            widget_ks: self.widget_ks.as_ref().map(|widget| WidgetDocument {
                ks: widget.ks.expose().to_owned(),
                expires_at_ms: widget.expires_at.as_millis(),
            }),
        };
        // Cannot fail: every member is a string, a number, or a list or an object of them.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Reads what [`to_json_exposing_ks`](Self::to_json_exposing_ks) has written. Unknown members are ignored; a newer
    /// version counts as absent.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] if it is not such a document. It contains nothing of it.
    pub fn from_json(json: &[u8]) -> Result<Option<Self>, InvalidRecord> {
        if is_newer(json)? {
            return Ok(None);
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| InvalidRecord)?;
        let digits = document.id.len() == 32 && document.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(&document.id, 16).ok().filter(|_| digits).ok_or(InvalidRecord)?;
        let widget_ks = document.widget_ks.filter(|widget| !widget.ks.is_empty()).map(|widget| {
            StoredWidgetKs::new(Ks::new(widget.ks), StoreTime::from_millis(widget.expires_at_ms))
        });
        let record = Self::new(
            SessionId::from_bits(id),
            document.session,
            Duration::from_millis(document.lifetime_ms),
            StoreTime::from_millis(document.expires_at_ms),
        );
        Ok(Some(record.with_widget_ks(widget_ks)))
    }
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    id: String,
    session: StoredSession,
    lifetime_ms: u64,
    expires_at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    widget_ks: Option<WidgetDocument>,
}

#[derive(Serialize, Deserialize)]
struct WidgetDocument {
    ks: String,
    expires_at_ms: u64,
}

/// Whether the document is of a newer version than this program knows.
pub(super) fn is_newer(json: &[u8]) -> Result<bool, InvalidRecord> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let document: Version = serde_json::from_slice(json).map_err(|_| InvalidRecord)?;
    Ok(document.version > VERSION)
}

/// What is stored is not a record of this library. Shows nothing of it: it may contain a KS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidRecord;

impl fmt::Display for InvalidRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is stored is not a session record")
    }
}

impl std::error::Error for InvalidRecord {}

#[cfg(test)]
mod tests {
    use kaltura_types::PartnerId;

    use super::*;
    use crate::session::Session;

    fn record() -> Record {
        let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3xhYmM")).with_user_id("u");
        let stored = session.to_stored_exposing_ks();
        let end = StoreTime::from_millis(61_000);
        let widget = StoredWidgetKs::new(Ks::new("widget"), StoreTime::from_millis(99_000));
        Record::new(SessionId::from_bits(5), stored, Duration::from_secs(60), end)
            .with_widget_ks(Some(widget))
    }

    #[test]
    fn a_record_is_restored_whole_and_its_ks_is_not_shown() {
        let json = record().to_json_exposing_ks();
        let read = Record::from_json(json.as_bytes()).unwrap().unwrap();
        assert_eq!(read, record());
        assert_eq!(read.widget_ks().map(|widget| widget.ks().expose()), Some("widget"));
        assert_eq!(Session::from_stored(read.clone().into_session()).id(), Some(SessionId::from_bits(5)));
        assert!(!format!("{read:?}").contains("djJ8N3xhYmM") && !format!("{read:?}").contains("\"widget\""));
    }

    #[test]
    fn unknown_members_are_ignored_and_a_newer_version_is_absent() {
        let json = record().to_json_exposing_ks();
        let more = json.replacen('{', r#"{"new":[1],"#, 1);
        assert_eq!(Record::from_json(more.as_bytes()).unwrap(), Some(record()));
        let newer = br#"{"version":2,"session":"of another form"}"#;
        assert_eq!(Record::from_json(newer), Ok(None));
    }

    #[test]
    fn anything_else_is_an_error() {
        let json = record().to_json_exposing_ks();
        let cut = &json.as_bytes()[..json.len() - 2];
        let id = "00000000000000000000000000000005";
        let signed = json.replacen(id, "+0000000000000000000000000000005", 1);
        for text in [&b""[..], b"{}", b"\xff\xfe", b"[1]", cut, signed.as_bytes()] {
            assert_eq!(Record::from_json(text), Err(InvalidRecord), "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(InvalidRecord.to_string(), "what is stored is not a session record");
    }

    #[test]
    fn a_session_that_lives_longer_than_it_may_is_not_credible() {
        let left = |millis| record().left_at(StoreTime::from_millis(millis));
        assert_eq!(left(1_000), Some(Duration::from_secs(60)));
        assert_eq!(left(999), None);
        assert_eq!(left(60_999), Some(Duration::from_millis(1)));
        assert_eq!(left(61_000), None);
        assert_eq!(left(70_000), None);
    }
}
