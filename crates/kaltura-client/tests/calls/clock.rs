//! A clock that stands still until all tasks wait, and then jumps to the next timer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use kaltura_client::auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};

/// A clock, a runtime and an executor. Clones share it.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<Mutex<Inner>>);

struct Inner {
    now: Duration,
    random: u64,
    spawns_tasks: bool,
    timers: Vec<(u64, Duration, Waker)>,
    last_timer: u64,
    slept: Vec<Duration>,
    tasks: Vec<BoxFuture<'static, ()>>,
}

/// The wall clock time at the start, in seconds.
pub(crate) const START: u64 = 1_800_000_000;

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: Duration::ZERO,
            random: u64::MAX,
            spawns_tasks: true,
            timers: Vec::new(),
            last_timer: 0,
            slept: Vec::new(),
            tasks: Vec::new(),
        })))
    }

    /// A runtime that declines to spawn tasks.
    pub(crate) fn without_tasks() -> Self {
        let clock = Self::new();
        clock.inner().spawns_tasks = false;
        clock
    }

    /// Sets the value that `random` returns.
    pub(crate) fn set_random(&self, random: u64) {
        self.inner().random = random;
    }

    pub(crate) fn now(&self) -> Duration {
        self.inner().now
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.inner().now += duration;
    }

    /// The durations of all completed sleeps.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.inner().slept.clone()
    }

    /// Runs a future to its end, together with the spawned tasks. The clock advances only if all of them wait.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            let woken = Arc::new(WakeFlag(AtomicBool::new(false)));
            let waker = Waker::from(Arc::clone(&woken));
            let mut context = Context::from_waker(&waker);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            self.poll_tasks(&mut context);
            if !woken.0.load(Ordering::SeqCst) {
                self.jump_to_next_timer();
            }
        }
    }

    /// Runs the spawned tasks until they wait.
    pub(crate) fn run_tasks(&self) {
        self.poll_tasks(&mut Context::from_waker(Waker::noop()));
    }

    fn poll_tasks(&self, context: &mut Context<'_>) {
        let mut tasks = std::mem::take(&mut self.inner().tasks);
        tasks.retain_mut(|task| task.as_mut().poll(context).is_pending());
        self.inner().tasks.append(&mut tasks);
    }

    fn jump_to_next_timer(&self) {
        let mut inner = self.inner();
        let next = inner
            .timers
            .iter()
            .map(|(_, due, _)| *due)
            .min()
            .expect("deadlock: all tasks wait, and there is no timer");
        inner.now = inner.now.max(next);
        let now = inner.now;
        for (_, _, waker) in inner.timers.iter().filter(|(_, due, _)| *due <= now) {
            waker.wake_by_ref();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Clock for ManualClock {
    fn unix_time(&self) -> Duration {
        Duration::from_secs(START) + self.now()
    }

    fn monotonic(&self) -> Duration {
        self.now()
    }

    fn random(&self) -> u64 {
        self.inner().random
    }
}

impl Runtime for ManualClock {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut inner = self.inner();
        inner.last_timer += 1;
        Box::pin(Sleep {
            clock: self.clone(),
            id: inner.last_timer,
            due: inner.now + duration,
            length: duration,
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        let mut inner = self.inner();
        if !inner.spawns_tasks {
            return Err(NotSpawned::new());
        }
        inner.tasks.push(task);
        Ok(())
    }
}

struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Sleep {
    clock: ManualClock,
    id: u64,
    due: Duration,
    length: Duration,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.inner();
        inner.timers.retain(|(id, _, _)| *id != self.id);
        if inner.now >= self.due {
            inner.slept.push(self.length);
            return Poll::Ready(());
        }
        inner.timers.push((self.id, self.due, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.inner().timers.retain(|(id, _, _)| *id != self.id);
    }
}
