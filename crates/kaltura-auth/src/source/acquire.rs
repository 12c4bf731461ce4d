//! What a session manager tells its source, and what the source answers.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::manager::Event;
use crate::manager::backoff::NextBackoff;
use crate::runtime::Clock;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::runtime::moment::Deadline;
use crate::runtime::moment::Moment;
use crate::session::{IssuedSession, SessionId};
use crate::store::StoreError;

/// What a session manager knows when it needs a session: which one it holds, and how urgent the matter is.
pub struct AcquireContext<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) login_timeout: Duration,
    pub(crate) need: Need,
}

/// What the state knows about the login in progress.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) held: Option<SessionId>,
    pub(crate) min_left: Duration,
    /// Until the callers themselves renew the held session. `None` if they have nothing that they can use.
    pub(crate) renewal: Option<Deadline>,
    pub(crate) next_backoff: NextBackoff,
}

/// Passes events to the observer of the manager, while a source works.
pub(crate) trait Reporter: MaybeSend + MaybeSync {
    fn report(&self, event: Event);
}

impl AcquireContext<'_> {
    /// The clock of the manager.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock
    }

    /// The session that the manager holds, or that the server has refused: it needs another one.
    #[must_use]
    pub const fn held(&self) -> Option<SessionId> {
        self.need.held
    }

    /// A session with less time left is of no use: the manager holds one that lives as long, or a caller needs more.
    #[must_use]
    pub const fn min_left(&self) -> Duration {
        self.need.min_left
    }

    /// Whether the manager holds a valid session that it renews ahead of time. Only then a source may answer
    /// [`Acquired::KeepHeld`].
    #[must_use]
    pub const fn is_renewal(&self) -> bool {
        self.need.renewal.is_some()
    }

    /// How long a renewal can wait without a risk: until the second half of the renewal window. Zero if it cannot.
    #[must_use]
    pub fn can_wait_for(&self) -> Duration {
        let now = Moment::read(self.clock);
        self.need.renewal.map_or(Duration::ZERO, |deadline| deadline.remaining(now))
    }

    /// The timeout after which the manager gives up.
    #[must_use]
    pub const fn login_timeout(&self) -> Duration {
        self.login_timeout
    }

    /// How long the manager backs off if the source returns this error, and the number of failures in a row with it.
    #[must_use]
    pub fn backoff_after(&self, error: &Error) -> (Duration, u32) {
        (self.need.next_backoff.duration(error), self.need.next_backoff.failures().saturating_add(1))
    }

    /// Reports that a login starts now ([`Event::LoginStarted`]). Called by a source that may also answer without a
    /// login, see [`SessionSource::reports_logins`](super::SessionSource::reports_logins).
    pub fn report_login(&self) {
        self.reporter.report(Event::LoginStarted { renewal: self.is_renewal() });
    }

    /// Reports trouble with a store ([`Event::StoreTrouble`]).
    pub fn report_store_trouble(&self, error: StoreError) {
        self.reporter.report(Event::StoreTrouble { error });
    }
}

impl fmt::Debug for AcquireContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireContext").field("need", &self.need).finish_non_exhaustive()
    }
}

/// What a source answers to a session manager.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Acquired {
    /// A session that a login of this source has just started.
    Started(IssuedSession),
    /// A session that another process has started.
    Adopted(IssuedSession),
    /// Another process is renewing the session, or the store is in trouble: keep the session that is held, and ask again
    /// later. Only for a renewal ([`AcquireContext::is_renewal`]).
    KeepHeld {
        /// The time until the source is asked again.
        retry_in: Duration,
    },
    /// A login of another process has failed: no login until the backoff is over.
    BackingOff {
        /// Why it failed.
        error: Error,
        /// The number of failures in a row.
        failures: u32,
        /// The time until the backoff ends.
        left: Duration,
    },
}
