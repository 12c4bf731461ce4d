//! Two clocks that stand still, and those who sleep until one of them has moved.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(super) struct Time(Mutex<State>);

struct State {
    monotonic: Duration,
    wall: Duration,
    /// By when they wake, and by who came first.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    next_sleeper: u64,
}

impl Time {
    /// The monotonic clock does not begin at zero, so that whoever takes it for the time since his start is
    /// found out.
    pub(super) const fn new(wall: Duration) -> Self {
        let monotonic = Duration::from_secs(1000);
        Self(Mutex::new(State { monotonic, wall, sleepers: BTreeMap::new(), next_sleeper: 0 }))
    }

    pub(super) fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    pub(super) fn wall(&self) -> Duration {
        self.lock().wall
    }

    pub(super) fn set_wall(&self, since_1970: Duration) {
        self.lock().wall = since_1970;
    }

    pub(super) fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.monotonic = state.monotonic.saturating_add(duration);
        state.wall = state.wall.saturating_add(duration);
        // Whoever sleeps until now is due, whatever his number.
        let first_later = (state.monotonic.saturating_add(Duration::from_nanos(1)), 0);
        let later = state.sleepers.split_off(&first_later);
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().for_each(Waker::wake);
    }

    /// Lets time pass to this reading of the monotonic clock, unless it is there already.
    pub(super) fn advance_to(&self, monotonic: Duration) {
        self.advance(monotonic.saturating_sub(self.monotonic()));
    }

    /// When the first of those who sleep wakes, by the monotonic clock.
    pub(super) fn next_sleeper(&self) -> Option<Duration> {
        self.lock().sleepers.first_key_value().map(|((until, _), _)| *until)
    }

    pub(super) fn sleepers(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is ready when the monotonic clock is far enough.
pub(super) struct Sleep {
    time: Arc<Time>,
    until: Duration,
    /// Its key among the sleepers, once it has been polled.
    place: Option<u64>,
}

impl Sleep {
    pub(super) fn new(time: &Arc<Time>, duration: Duration) -> Self {
        let until = time.monotonic().saturating_add(duration);
        Self { time: Arc::clone(time), until, place: None }
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
        let place = *this.place.get_or_insert_with(|| {
            state.next_sleeper += 1;
            state.next_sleeper
        });
        let former = state.sleepers.insert((this.until, place), context.waker().clone());
        drop(state);
        // A waker may hold the last handle on a task, so it is dropped outside of the lock.
        drop(former);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let waker = self.time.lock().sleepers.remove(&(self.until, place));
            drop(waker);
        }
    }
}
