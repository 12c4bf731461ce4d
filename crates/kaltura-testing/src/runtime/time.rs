//! The two clocks, and the sleeps that wait for the monotonic one.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(super) struct Time(Mutex<State>);

struct State {
    monotonic: Duration,
    unix_time: Duration,
    /// By the end of the sleep, then by the order of the first poll.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    last_id: u64,
}

impl Time {
    /// The monotonic clock does not start at zero, to expose code that assumes it.
    pub(super) const fn new(unix_time: Duration) -> Self {
        let monotonic = Duration::from_secs(1000);
        Self(Mutex::new(State { monotonic, unix_time, sleepers: BTreeMap::new(), last_id: 0 }))
    }

    pub(super) fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    pub(super) fn unix_time(&self) -> Duration {
        self.lock().unix_time
    }

    pub(super) fn set_unix_time(&self, since_epoch: Duration) {
        self.lock().unix_time = since_epoch;
    }

    pub(super) fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.monotonic = state.monotonic.saturating_add(duration);
        state.unix_time = state.unix_time.saturating_add(duration);
        // All sleeps that end now are due, whatever their id.
        let first_later = (state.monotonic.saturating_add(Duration::from_nanos(1)), 0);
        let later = state.sleepers.split_off(&first_later);
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().for_each(Waker::wake);
    }

    /// Advances to this monotonic time, unless it is already reached.
    pub(super) fn advance_to(&self, monotonic: Duration) {
        self.advance(monotonic.saturating_sub(self.monotonic()));
    }

    /// The monotonic time at which the next sleep ends.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        self.lock().sleepers.first_key_value().map(|((until, _), _)| *until)
    }

    pub(super) fn sleeper_count(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ready once the monotonic clock has reached `until`.
pub(super) struct Sleep {
    time: Arc<Time>,
    until: Duration,
    /// Its id among the sleepers, once it has been polled.
    id: Option<u64>,
}

impl Sleep {
    pub(super) fn new(time: &Arc<Time>, duration: Duration) -> Self {
        let until = time.monotonic().saturating_add(duration);
        Self { time: Arc::clone(time), until, id: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut state = this.time.lock();
        if state.monotonic >= this.until {
            return Poll::Ready(());
        }
        let id = *this.id.get_or_insert_with(|| {
            state.last_id += 1;
            state.last_id
        });
        let previous = state.sleepers.insert((this.until, id), context.waker().clone());
        drop(state);
        // A waker may own the last handle of a task, so it is dropped outside the lock.
        drop(previous);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let waker = self.time.lock().sleepers.remove(&(self.until, id));
            drop(waker);
        }
    }
}
