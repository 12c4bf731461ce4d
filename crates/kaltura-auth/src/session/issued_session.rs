//! A session as a source returns it, with its lifetime.

use std::sync::Arc;
use std::time::Duration;

use kaltura_types::{Lifetime, UnixTime};

use super::Session;
use crate::runtime::moment::Moment;

/// A session that a source has started, with the data from which its remaining lifetime is computed.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    session: Arc<Session>,
    sent_at: Moment,
    requested: Option<Lifetime>,
    server_time: Option<UnixTime>,
}

impl IssuedSession {
    /// A session that was granted just now. `sent_at` is when its request was sent, `requested` the lifetime that
    /// was requested, if any.
    #[must_use]
    pub fn new(session: Arc<Session>, sent_at: Moment, requested: Option<Lifetime>) -> Self {
        let server_time = session.server_time();
        Self { session, sent_at, requested, server_time }
    }

    /// A session that was granted some time ago, such as one from a store or a configuration.
    ///
    /// The server's time of the grant does not help to compare clocks now, so the remaining lifetime is the expiry
    /// less the local time.
    #[must_use]
    pub const fn from_existing(session: Arc<Session>, now: Moment) -> Self {
        Self { session, sent_at: now, requested: None, server_time: None }
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// When its request was sent. The lifetime is counted from then, so it is never overestimated.
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
    #[must_use]
    pub fn lifetime(&self) -> Duration {
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
}
