//! What a login brought, and how long it is good for.

use std::sync::Arc;
use std::time::Duration;

use kaltura_types::{Lifetime, UnixTime};

use super::time::Moment;
use crate::session::Session;

/// A session that was just granted, with what is needed to tell its life.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    session: Arc<Session>,
    sent: Moment,
    asked: Option<Lifetime>,
    server_time: Option<UnixTime>,
}

impl IssuedSession {
    /// A session that was asked for at the moment `sent`, with the lifetime `asked`.
    #[must_use]
    pub fn new(session: Arc<Session>, sent: Moment, asked: Option<Lifetime>) -> Self {
        let server_time = session.server_time();
        Self { session, sent, asked, server_time }
    }

    /// A session that was granted some time ago, such as one from a store or a configuration.
    ///
    /// What the server's clock showed when it was granted says nothing of now, so its life is what the local
    /// clock leaves of it.
    #[must_use]
    pub const fn found(session: Arc<Session>, now: Moment) -> Self {
        Self { session, sent: now, asked: None, server_time: None }
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// When its request was sent: its life is counted from then, so that it is never thought longer than it is.
    #[must_use]
    pub const fn sent(&self) -> Moment {
        self.sent
    }

    /// How long the session lives, counted from when it was asked for: its end less the server's own time, so
    /// that clocks that differ do not matter, and not more than was asked. Zero if it is over already; without
    /// an end, as long as it takes until the server refuses it.
    ///
    /// Where the server tells no time (a browser hides `Date`), the local clock must do; if by that the
    /// session were over, the asked lifetime is the better witness.
    #[must_use]
    pub fn life(&self) -> Duration {
        let asked = self.asked.map(Lifetime::as_duration);
        let Some(end) = self.session.expires_at() else { return asked.unwrap_or(Duration::MAX) };
        let now = self.server_time.unwrap_or_else(|| {
            UnixTime::from_seconds(i64::try_from(self.sent.wall.as_secs()).unwrap_or(i64::MAX))
        });
        let life = Duration::from_secs(u64::try_from(end.seconds_since(now)).unwrap_or(0));
        match asked {
            Some(asked) if self.server_time.is_none() && life.is_zero() => asked,
            Some(asked) => life.min(asked),
            None => life,
        }
    }
}
