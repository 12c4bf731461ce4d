//! Which grant a session comes from, and how many calls it was used for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Session;
use crate::runtime::Clock;

/// The id of a grant: new each time that a session is started. It is no secret, and says nothing about the KS.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// The id with these bits, such as one from a store.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits, to store them.
    #[must_use]
    pub const fn to_bits(self) -> u128 {
        self.0
    }

    /// A new id. The time is part of it, since the clock's random numbers need not be good ones.
    pub fn generate<C: Clock + ?Sized>(clock: &C) -> Self {
        let nanoseconds = clock.unix_time().as_nanos() ^ clock.monotonic().as_nanos().rotate_left(32);
        Self((nanoseconds << 64) ^ u128::from(clock.random()))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({:032x})", self.0)
    }
}

/// A number of calls. A clone continues from the same number. It is no part of what was granted, so all are equal.
#[derive(Default)]
pub(super) struct CallCount(AtomicU32);

impl CallCount {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Saturates.
    fn increment(&self) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1));
    }
}

impl PartialEq for CallCount {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for CallCount {}

impl Clone for CallCount {
    fn clone(&self) -> Self {
        Self(AtomicU32::new(self.get()))
    }
}

impl Session {
    /// Sets the id of the grant.
    #[must_use]
    pub const fn with_id(mut self, id: SessionId) -> Self {
        self.id = Some(id);
        self
    }

    /// The id of the grant. `None` for a session that no source of this library has started.
    #[must_use]
    pub const fn id(&self) -> Option<SessionId> {
        self.id
    }

    /// Whether two sessions come from the same grant: both have the same id, or they are the same value in memory.
    ///
    /// The KS does not tell: two grants can have the same KS, with which the server would refuse both.
    #[must_use]
    pub fn is_same_grant(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(self, other) || self.id.is_some_and(|id| other.id == Some(id))
    }

    /// Records that the server accepted the session in a call. A client does it for each of its calls, to recognize a
    /// session whose `actionslimit` is used up early.
    pub fn record_call(&self) {
        self.calls.increment();
    }

    /// How many calls were recorded with [`record_call`](Self::record_call).
    #[must_use]
    pub fn recorded_calls(&self) -> u32 {
        self.calls.get()
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{Ks, PartnerId};

    use super::*;

    #[test]
    fn a_restored_session_is_of_the_same_grant_and_a_new_one_with_the_same_ks_is_not() {
        let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3w"));
        let stored = Arc::new(session.clone().with_id(SessionId::from_bits(1)));
        let restored = Arc::new(session.clone().with_id(SessionId::from_bits(1)));
        let renewed = Arc::new(session.clone().with_id(SessionId::from_bits(2)));
        assert!(stored.is_same_grant(&restored));
        assert!(!stored.is_same_grant(&renewed));
        let (one, other) = (Arc::new(session.clone()), Arc::new(session));
        assert!(one.is_same_grant(&Arc::clone(&one)));
        assert!(!one.is_same_grant(&other));
    }
}
