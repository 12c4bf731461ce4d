//! A store in memory, for the managers of one process.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;

use super::blocking::BlockingSessionStore;
use super::{
    Ask, Lease, Published, Record, SessionStore, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};
use crate::runtime::Clock;
use crate::session::SessionId;

/// The time that a lease holds.
const LEASE: Duration = Duration::from_secs(2);

/// The first number of entries at which those that have ended are removed.
const MIN_SWEEP: usize = 64;

/// Shares sessions between the managers of one process, such as async and blocking ones. A clone is the same store.
///
/// It is also the shortest example of a store, and the one for tests.
///
/// ```
/// # use kaltura_auth::runtime::Clock; use kaltura_auth::store::MemoryStore;
/// # fn example(clock: impl Clock + 'static) {
/// let store = MemoryStore::new(clock);
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    clock: Box<dyn Clock>,
    entries: Mutex<Entries>,
    changed: Condvar,
}

#[derive(Default)]
struct Entries {
    by_key: BTreeMap<StoreKey, Entry>,
    /// At this number of entries, those that have ended are removed.
    sweep_at: usize,
}

#[derive(Default)]
struct Entry {
    record: Option<Record>,
    backoff: Option<(StoredFailure, Term)>,
    lease: Option<(u128, Term)>,
    /// How often something has changed that a waiting process wants to know.
    changes: u64,
    waiting: Vec<Waker>,
}

/// A time from when something was stored until it is over.
#[derive(Clone, Copy)]
struct Term {
    until: StoreTime,
    duration: Duration,
}

impl Term {
    fn new(now: StoreTime, duration: Duration) -> Self {
        Self { until: now.plus(duration), duration }
    }

    /// `None` if it is over, or if more is left than there ever was: then the clock was set back.
    fn left(self, now: StoreTime) -> Option<Duration> {
        self.until.since(now).filter(|left| !left.is_zero() && *left <= self.duration)
    }
}

impl Entry {
    fn record(&self, now: StoreTime) -> Option<(&Record, Duration)> {
        let record = self.record.as_ref()?;
        Some((record, record.left_at(now)?))
    }

    fn is_held_with(&self, id: u128, now: StoreTime) -> bool {
        self.lease.is_some_and(|(held, term)| held == id && term.left(now).is_some())
    }

    fn has_ended(&self, now: StoreTime) -> bool {
        self.record(now).is_none()
            && self.backoff.as_ref().is_none_or(|(_, term)| term.left(now).is_none())
            && self.lease.is_none_or(|(_, term)| term.left(now).is_none())
    }
}

impl MemoryStore {
    /// An empty store. Its clock is the monotonic one of `clock`.
    #[must_use]
    pub fn new(clock: impl Clock + 'static) -> Self {
        let shared = Shared { clock: Box::new(clock), entries: Mutex::default(), changed: Condvar::new() };
        Self(Arc::new(shared))
    }

    fn now(&self) -> StoreTime {
        StoreTime::from_millis(0).plus(self.0.clock.monotonic())
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all that wait for a change of this entry. Wakers run outside of the lock.
    fn notify(&self, mut entries: MutexGuard<'_, Entries>, key: &StoreKey) {
        let waiting = entries.by_key.get_mut(key).map(|entry| {
            entry.changes += 1;
            std::mem::take(&mut entry.waiting)
        });
        drop(entries);
        self.0.changed.notify_all();
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Entries {
    fn entry(&mut self, key: &StoreKey, now: StoreTime) -> &mut Entry {
        if self.by_key.len() >= self.sweep_at {
            self.by_key.retain(|_, entry| !entry.has_ended(now));
            self.sweep_at = (self.by_key.len() * 2).max(MIN_SWEEP);
        }
        self.by_key.entry(key.clone()).or_default()
    }
}

impl BlockingSessionStore for MemoryStore {
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let now = self.now();
        let mut entries = self.lock();
        let entry = entries.entry(key, now);
        if let Some((record, left)) =
            entry.record(now).filter(|(record, left)| ask.accepts(record.id(), *left))
        {
            return Ok(Taken::Session { record: record.clone(), left });
        }
        if let Some((failure, left)) =
            entry.backoff.as_ref().and_then(|(failure, term)| Some((failure, term.left(now)?)))
        {
            return Ok(Taken::Backoff { failure: failure.clone(), left });
        }
        match entry.lease.and_then(|(id, term)| Some((id, term.left(now)?))) {
            Some((id, left)) if id != ask.lease_id() => Ok(Taken::Held { left }),
            _ => {
                entry.lease = Some((ask.lease_id(), Term::new(now, LEASE)));
                Ok(Taken::Lease(Lease::new(ask.lease_id(), now, LEASE)))
            }
        }
    }

    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        let now = self.now();
        let mut entries = self.lock();
        let entry = entries.entry(key, now);
        let held = entry.is_held_with(lease.id(), now);
        if held {
            entry.lease = Some((lease.id(), Term::new(now, LEASE)));
        }
        Ok(held)
    }

    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        let now = self.now();
        let mut entries = self.lock();
        let entry = entries.entry(key, now);
        entry.lease.take_if(|(id, _)| lease.is_some_and(|lease| lease.id() == *id));
        let kept = entry.record(now).is_some_and(|(stored, _)| {
            Some(stored.id()) != replaces && stored.expires_at() > record.expires_at()
        });
        let published = match (record.left_at(now), kept) {
            (None, _) => Published::Expired,
            (Some(_), true) => Published::Kept,
            (Some(_), false) => {
                entry.record = Some(record.clone());
                entry.backoff = None;
                Published::Stored
            }
        };
        self.notify(entries, key);
        Ok(published)
    }

    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut entries = self.lock();
        let entry = entries.entry(key, now);
        if entry.is_held_with(lease.id(), now) {
            entry.lease = None;
            entry.backoff = Some((failure.clone(), Term::new(now, backoff)));
            self.notify(entries, key);
        }
        Ok(())
    }

    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        let now = self.now();
        let mut entries = self.lock();
        let entry = entries.entry(key, now);
        if entry.is_held_with(lease.id(), now) {
            entry.lease = None;
            self.notify(entries, key);
        }
        Ok(())
    }

    fn time(&self) -> Result<StoreTime, StoreError> {
        Ok(self.now())
    }

    fn wait_for_change(&self, key: &StoreKey, at_most: Duration) {
        let changes = |entries: &Entries| entries.by_key.get(key).map(|entry| entry.changes);
        let entries = self.lock();
        let before = changes(&entries);
        let unchanged = |entries: &mut Entries| changes(entries) == before;
        // The result does not matter: the caller looks again in any case.
        let _ = self.0.changed.wait_timeout_while(entries, at_most, unchanged);
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl SessionStore for MemoryStore {
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        BlockingSessionStore::take(self, key, ask)
    }

    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        BlockingSessionStore::extend(self, key, lease)
    }

    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        BlockingSessionStore::publish(self, key, lease, record, replaces)
    }

    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        BlockingSessionStore::fail(self, key, lease, failure, backoff)
    }

    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        BlockingSessionStore::release(self, key, lease)
    }

    async fn time(&self) -> Result<StoreTime, StoreError> {
        BlockingSessionStore::time(self)
    }

    async fn changed(&self, key: &StoreKey) {
        let mut seen = None;
        poll_fn(|context| {
            let now = self.now();
            let mut entries = self.lock();
            let entry = entries.entry(key, now);
            if *seen.get_or_insert(entry.changes) != entry.changes {
                return Poll::Ready(());
            }
            if !entry.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                entry.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("keys", &self.lock().by_key.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::task::{Context, Wake};
    use std::thread;
    use std::time::Instant;

    use kaltura_types::{ApiError, Ks, PartnerId};

    use super::*;
    use crate::error::{Error, LoginStep};
    use crate::session::Session;
    use crate::wire::WireResponse;

    const fn at(millis: u64) -> StoreTime {
        StoreTime::from_millis(millis)
    }

    fn key(number: usize) -> StoreKey {
        StoreKey::builder("test").part("number", number.to_string()).build()
    }

    /// What lasts for a second from 1 s.
    fn term() -> Term {
        Term::new(at(1_000), Duration::from_secs(1))
    }

    fn leased() -> Entry {
        Entry { lease: Some((7, term())), ..Entry::default() }
    }

    fn record(id: u128, expires_at: StoreTime) -> Record {
        let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3xhYmM")).to_stored_exposing_ks();
        Record::new(SessionId::from_bits(id), session, Duration::from_secs(1), expires_at)
    }

    #[test]
    fn a_term_ends_and_is_not_credible_before_it_began() {
        let left = |now| term().left(at(now));
        assert_eq!(left(999), None);
        assert_eq!(left(1_000), Some(Duration::from_secs(1)));
        assert_eq!(left(1_999), Some(Duration::from_millis(1)));
        assert_eq!(left(2_000), None);
        assert_eq!(left(3_000), None);
    }

    #[test]
    fn an_entry_has_ended_when_all_in_it_has() {
        let error = ApiError::new("INVALID_KS", "", [("", "")]).into();
        let error =
            Error::response(LoginStep::StartSession, error, &WireResponse::new(200, ""), None, &[], &[]);
        let record = record(5, at(2_000));
        for entry in [
            leased(),
            Entry { backoff: Some((StoredFailure::new(&error, 1), term())), ..Entry::default() },
            Entry { record: Some(record), ..Entry::default() },
        ] {
            assert!(!entry.has_ended(at(1_500)));
            assert!(entry.has_ended(at(2_000)));
        }
        assert!(Entry::default().has_ended(at(0)));
    }

    #[test]
    fn entries_that_have_ended_are_removed_before_there_are_many() {
        let mut entries = Entries::default();
        for number in 0..MIN_SWEEP {
            *entries.entry(&key(number), at(1_500)) = leased();
        }
        // All of them are alive: the next time is at twice as many.
        entries.entry(&key(MIN_SWEEP), at(1_500));
        assert_eq!((entries.by_key.len(), entries.sweep_at), (MIN_SWEEP + 1, 2 * MIN_SWEEP));
        for number in MIN_SWEEP..2 * MIN_SWEEP {
            *entries.entry(&key(number), at(1_500)) = leased();
        }
        entries.entry(&key(2 * MIN_SWEEP), at(2_000));
        assert_eq!((entries.by_key.len(), entries.sweep_at), (1, MIN_SWEEP));
    }

    #[test]
    fn a_lease_is_held_by_its_holder_until_it_ends() {
        assert!(leased().is_held_with(7, at(1_500)));
        assert!(!leased().is_held_with(8, at(1_500)));
        assert!(!leased().is_held_with(7, at(2_000)));
        assert!(!Entry::default().is_held_with(7, at(1_500)));
    }

    struct StoppedClock;

    impl Clock for StoppedClock {
        fn unix_time(&self) -> Duration {
            Duration::ZERO
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }

        fn random(&self) -> u64 {
            0
        }
    }

    #[test]
    fn a_change_ends_the_waiting_of_tasks_and_threads() {
        let (store, key) = (MemoryStore::new(StoppedClock), key(1));
        let change = || {
            let Ok(Taken::Lease(lease)) = BlockingSessionStore::take(&store, &key, &Ask::new(1)) else {
                panic!("nothing is stored");
            };
            BlockingSessionStore::release(&store, &key, &lease).unwrap();
        };
        let mut changed = SessionStore::changed(&store, &key);
        let mut context = Context::from_waker(Waker::noop());
        assert!(changed.as_mut().poll(&mut context).is_pending());
        change();
        assert!(changed.as_mut().poll(&mut context).is_ready());

        let (sender, woken) = mpsc::channel();
        let (waiting, waited_for) = (store.clone(), key.clone());
        thread::spawn(move || {
            waiting.wait_for_change(&waited_for, Duration::from_secs(300));
            sender.send(())
        });
        // The thread may begin to wait after any of the changes.
        let is_woken = (0..1_000).any(|_| {
            change();
            woken.recv_timeout(Duration::from_millis(10)).is_ok()
        });
        assert!(is_woken);
    }

    #[test]
    fn of_two_sessions_with_the_same_end_the_last_one_is_stored() {
        let (store, key) = (MemoryStore::new(StoppedClock), key(1));
        for (id, end, expected) in
            [(1, 900, Published::Stored), (2, 900, Published::Stored), (3, 899, Published::Kept)]
        {
            let published = BlockingSessionStore::publish(&store, &key, None, &record(id, at(end)), None);
            assert_eq!(published.unwrap(), expected, "{id}");
        }
        assert_eq!(format!("{store:?}"), "MemoryStore { keys: 1, .. }");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "threads wait in real time")]
    fn a_thread_waits_until_its_time_is_over() {
        let store = MemoryStore::new(StoppedClock);
        let (start, at_most) = (Instant::now(), Duration::from_millis(50));
        store.wait_for_change(&key(1), at_most);
        assert!(start.elapsed() >= at_most);
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_task_that_looks_twice_is_woken_once() {
        let (store, key) = (MemoryStore::new(StoppedClock), key(1));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut changed = SessionStore::changed(&store, &key);
        for _ in 0..2 {
            assert!(changed.as_mut().poll(&mut context).is_pending());
        }
        store.notify(store.lock(), &key);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    }
}
