//! The fast path: returns the session without a lock while callers need not renew it.

use std::sync::Arc;

use super::state::Cached;
use super::sync::ArcSwapOption;
use super::{Deadline, Moment};
use crate::session::Session;

#[derive(Default)]
pub(super) struct FastPath(ArcSwapOption<Snapshot>);

struct Snapshot {
    session: Arc<Session>,
    until: Deadline,
}

impl FastPath {
    pub(super) fn get(&self, now: Moment) -> Option<Arc<Session>> {
        let snapshot = self.0.load();
        snapshot
            .as_ref()
            .filter(|snapshot| !snapshot.until.is_reached(now))
            .map(|snapshot| Arc::clone(&snapshot.session))
    }

    /// Must be called under the lock of the state, so that the two never differ.
    pub(super) fn publish(&self, cached: Option<&Cached>) {
        let snapshot = cached
            .map(|cached| Snapshot { session: Arc::clone(&cached.session), until: cached.callers_renew });
        self.0.store(snapshot.map(Arc::new));
    }
}
