//! What a process asks a store for, and what it gets.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Record, StoreError, StoreTime, StoredFailure};
use crate::session::SessionId;

/// What a process asks for in [`SessionStore::take`](super::SessionStore::take).
#[derive(Clone, Debug)]
#[must_use = "does nothing until a store gets it"]
pub struct Ask {
    lease_id: u128,
    held: Option<SessionId>,
    min_left: Duration,
}

impl Ask {
    /// Asks for any session. `lease_id` are 128 random bits, new for each login, and the same when the question is
    /// repeated: a lease that was taken by a lost answer is found again.
    pub const fn new(lease_id: u128) -> Self {
        Self { lease_id, held: None, min_left: Duration::ZERO }
    }

    /// Sets the session that the process holds, or that the server has refused to it: it is not returned.
    pub const fn with_held(mut self, held: Option<SessionId>) -> Self {
        self.held = held;
        self
    }

    /// Sets the time that a session must have left, so that none is returned that is worse than the one held.
    pub const fn with_min_left(mut self, min_left: Duration) -> Self {
        self.min_left = min_left;
        self
    }

    /// The id with which the lease is taken.
    #[must_use]
    pub const fn lease_id(&self) -> u128 {
        self.lease_id
    }

    /// The session that is not returned.
    #[must_use]
    pub const fn held(&self) -> Option<SessionId> {
        self.held
    }

    /// Only a session with more time left than this is returned.
    #[must_use]
    pub const fn min_left(&self) -> Duration {
        self.min_left
    }

    /// Whether this session answers the question, with `left` as [`Record::left_at`] returns it.
    ///
    /// ```
    /// # use kaltura_auth::store::Ask; use kaltura_auth::SessionId; use std::time::Duration;
    /// let ask = Ask::new(1).with_held(Some(SessionId::from_bits(7))).with_min_left(Duration::from_secs(60));
    /// assert!(ask.accepts(SessionId::from_bits(8), Duration::from_secs(61)));
    /// assert!(!ask.accepts(SessionId::from_bits(8), Duration::from_secs(60)));
    /// assert!(!ask.accepts(SessionId::from_bits(7), Duration::from_secs(61)));
    /// ```
    #[must_use]
    pub fn accepts(&self, session: SessionId, left: Duration) -> bool {
        self.held != Some(session) && left > self.min_left
    }
}

/// The answer of [`SessionStore::take`](super::SessionStore::take).
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle every answer")]
pub enum Taken {
    /// A session of another process.
    Session {
        /// The session.
        record: Record,
        /// The time until it expires, as the store has measured it. May be zero in its last millisecond.
        left: Duration,
    },
    /// A login of another process has failed: no login until the backoff is over.
    Backoff {
        /// Why it failed.
        failure: StoredFailure,
        /// The time until the backoff ends, as the store has measured it.
        left: Duration,
    },
    /// This process logs in.
    Lease(Lease),
    /// Another process logs in.
    Held {
        /// The time until its lease ends, unless it is extended. [`Duration::MAX`] if that is not known.
        left: Duration,
    },
}

/// The answer of [`SessionStore::publish`](super::SessionStore::publish).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are only these three")]
pub enum Published {
    /// The session is stored.
    Stored,
    /// A stored session lives longer and stays.
    Kept,
    /// The session has expired by the store's clock and is not stored.
    Expired,
}

/// The right to log in for all processes, for a short time.
///
/// Its holder extends it every third of its [`duration`](Self::duration), and ends it with `publish`, `fail` or
/// `release`. When a holder dies, the lease ends by itself.
#[derive(Clone)]
#[must_use = "a lease that is not ended blocks other processes until its time is over"]
pub struct Lease {
    id: u128,
    taken_at: StoreTime,
    duration: Duration,
    trouble: Option<StoreError>,
    guard: Option<Arc<dyn Any + Send + Sync>>,
}

impl Lease {
    /// A lease with the id of the [`Ask`]. `taken_at` is the store's time now; `duration` is the time until it ends
    /// unless it is extended, [`Duration::MAX`] if it ends only with its holder.
    pub const fn new(id: u128, taken_at: StoreTime, duration: Duration) -> Self {
        Self { id, taken_at, duration, trouble: None, guard: None }
    }

    /// Adds what must live as long as the lease, such as a locked file. It is dropped with the last clone, which may be
    /// before the store is asked to free the lease: then the holder was cancelled.
    pub fn with_guard(mut self, guard: Arc<dyn Any + Send + Sync>) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Adds an error that did not prevent the lease, such as a stored session that cannot be read. It is reported as an
    /// event, and the login goes on.
    pub fn with_trouble(mut self, trouble: StoreError) -> Self {
        self.trouble = Some(trouble);
        self
    }

    /// The id of the [`Ask`] with which it was taken.
    #[must_use]
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// The store's time when it was taken. From it the holder reckons the end of its session in the store's clock.
    #[must_use]
    pub const fn taken_at(&self) -> StoreTime {
        self.taken_at
    }

    /// How long it holds from when it was taken or extended.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// The error that did not prevent it.
    #[must_use]
    pub const fn trouble(&self) -> Option<&StoreError> {
        self.trouble.as_ref()
    }

    /// What was added with [`with_guard`](Self::with_guard).
    #[must_use]
    pub const fn guard(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.guard.as_ref()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("id", &format_args!("{:032x}", self.id))
            .field("taken_at", &self.taken_at)
            .field("duration", &self.duration)
            .field("trouble", &self.trouble)
            .finish_non_exhaustive()
    }
}
