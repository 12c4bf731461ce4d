//! The fast path: the session while it needs no renewal, without a lock.

use std::sync::Arc;

use super::state::Cached;
use super::sync::ArcSwapOption;
use super::time::{Deadline, Moment};
use crate::session::Session;

#[derive(Default)]
pub(super) struct Fresh(ArcSwapOption<Snapshot>);

struct Snapshot {
    session: Arc<Session>,
    until: Deadline,
}

impl Fresh {
    pub(super) fn get(&self, now: Moment) -> Option<Arc<Session>> {
        let snapshot = self.0.load();
        snapshot
            .as_ref()
            .filter(|snapshot| !snapshot.until.is_reached(now))
            .map(|snapshot| Arc::clone(&snapshot.session))
    }

    /// Under the lock of the state, so that the two never differ.
    pub(super) fn publish(&self, held: Option<&Cached>) {
        let snapshot =
            held.map(|held| Snapshot { session: Arc::clone(&held.session), until: held.caller_from });
        self.0.store(snapshot.map(Arc::new));
    }
}
