//! A session as a source returns it, with its lifetime.

use std::sync::Arc;
use std::time::Duration;

use kaltura_types::{Lifetime, UnixTime};

use super::{Session, SessionId};
use crate::runtime::moment::Moment;

/// A session that a source has started, with the data from which its remaining lifetime is computed.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    session: Arc<Session>,
    sent_at: Moment,
    requested: Option<Lifetime>,
    server_time: Option<UnixTime>,
    measured: Option<Measured>,
}

/// What a store has measured.
#[derive(Clone, Copy, Debug)]
struct Measured {
    left: Duration,
    granted: Duration,
}

impl IssuedSession {
    /// A session that was granted just now. `sent_at` is when its request was sent, `requested` the lifetime that
    /// was requested, if any.
    #[must_use]
    pub fn new(session: Arc<Session>, sent_at: Moment, requested: Option<Lifetime>) -> Self {
        let server_time = session.server_time();
        Self { session, sent_at, requested, server_time, measured: None }
    }

    /// A session that was granted some time ago, such as one from a store or a configuration.
    ///
    /// The server's time of the grant does not help to compare clocks now, so the remaining lifetime is the expiry
    /// less the local time.
    #[must_use]
    pub const fn from_existing(session: Arc<Session>, now: Moment) -> Self {
        Self { session, sent_at: now, requested: None, server_time: None, measured: None }
    }

    /// A session from a store, which has measured the time that it has `left`. `asked_at` is when the store was asked,
    /// `granted` the lifetime from when the session was granted.
    ///
    /// No wall clock counts: neither that of this machine nor that of the machine that logged in.
    #[must_use]
    pub const fn from_store(
        session: Arc<Session>,
        asked_at: Moment,
        left: Duration,
        granted: Duration,
    ) -> Self {
        let measured = Some(Measured { left, granted });
        Self { session, sent_at: asked_at, requested: None, server_time: None, measured }
    }

    pub(crate) fn with_id(mut self, id: SessionId) -> Self {
        self.session = Arc::new(Arc::unwrap_or_clone(self.session).with_id(id));
        self
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// When its request was sent, or the store was asked. The lifetime is counted from then, so it is never overestimated.
    #[must_use]
    pub const fn sent_at(&self) -> Moment {
        self.sent_at
    }

    /// The time with which the expiry is compared: the server's, or the local one if that is unknown.
    pub(crate) fn clock_of_expiry(&self) -> UnixTime {
        self.server_time.unwrap_or_else(|| self.sent_at.unix_time())
    }

    /// The lifetime of the session, counted from when its request was sent: its expiry less the server's own time,
    /// so that clock skew does not matter, and at most what was requested. Zero if it has expired already. Without an
    /// expiry, what was requested; without that too, [`Duration::MAX`].
    ///
    /// Where the server's time is unknown (a browser hides `Date`), the local time is used. If by that the session
    /// has expired already, the local clock is taken to be wrong, and the requested lifetime is used.
    ///
    /// For a session from a store it is the time left that the store has measured.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        if let Some(measured) = self.measured {
            return measured.left;
        }
        let requested = self.requested.map(Lifetime::as_duration);
        let Some(expiry) = self.session.expires_at() else { return requested.unwrap_or(Duration::MAX) };
        let now = self.clock_of_expiry();
        let granted = Duration::from_secs(u64::try_from(expiry.seconds_since(now)).unwrap_or(0));
        match requested {
            Some(requested) if self.server_time.is_none() && granted.is_zero() => requested,
            Some(requested) => granted.min(requested),
            None => granted,
        }
    }

    /// The lifetime from when the session was granted. That of a session from a store is longer than what it has left.
    pub(crate) fn granted_lifetime(&self) -> Duration {
        self.measured.map_or_else(|| self.lifetime(), |measured| measured.granted)
    }
}
