//! Time that stands still until nothing else can happen, and then jumps to whatever comes first.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use kaltura_client::auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};

/// A clock, a runtime and an executor in one. A clone is the same one.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<Mutex<Inner>>);

struct Inner {
    now: Duration,
    random: u64,
    runs_tasks: bool,
    naps: Vec<(u64, Duration, Waker)>,
    next_nap: u64,
    slept: Vec<Duration>,
    tasks: Vec<BoxFuture<'static, ()>>,
}

/// What the wall clock shows when the hand clock shows zero.
pub(crate) const START: u64 = 1_800_000_000;

impl HandClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: Duration::ZERO,
            random: u64::MAX,
            runs_tasks: true,
            naps: Vec::new(),
            next_nap: 0,
            slept: Vec::new(),
            tasks: Vec::new(),
        })))
    }

    /// A runtime that runs no tasks.
    pub(crate) fn without_tasks() -> Self {
        let clock = Self::new();
        clock.inner().runs_tasks = false;
        clock
    }

    /// What `random` gives from now on.
    pub(crate) fn set_random(&self, random: u64) {
        self.inner().random = random;
    }

    pub(crate) fn now(&self) -> Duration {
        self.inner().now
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.inner().now += duration;
    }

    /// How long was slept, by those who slept to the end.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.inner().slept.clone()
    }

    /// Runs a future, and the tasks that are spawned meanwhile, to its end. Time passes only when all of them wait.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            let bell = Arc::new(WakerSet(AtomicBool::new(false)));
            let waker = Waker::from(Arc::clone(&bell));
            let mut context = Context::from_waker(&waker);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            self.poll_tasks(&mut context);
            if !bell.0.load(Ordering::SeqCst) {
                self.jump();
            }
        }
    }

    /// Runs the tasks that were spawned, until they wait.
    pub(crate) fn run_tasks(&self) {
        self.poll_tasks(&mut Context::from_waker(Waker::noop()));
    }

    fn poll_tasks(&self, context: &mut Context<'_>) {
        let mut tasks = std::mem::take(&mut self.inner().tasks);
        tasks.retain_mut(|task| task.as_mut().poll(context).is_pending());
        self.inner().tasks.append(&mut tasks);
    }

    fn jump(&self) {
        let mut inner = self.inner();
        let next = inner.naps.iter().map(|(_, due, _)| *due).min().expect("all wait, and nothing will come");
        inner.now = inner.now.max(next);
        let now = inner.now;
        for (_, _, waker) in inner.naps.iter().filter(|(_, due, _)| *due <= now) {
            waker.wake_by_ref();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Clock for HandClock {
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

impl Runtime for HandClock {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut inner = self.inner();
        inner.next_nap += 1;
        Box::pin(Nap { clock: self.clone(), id: inner.next_nap, due: inner.now + duration, length: duration })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        let mut inner = self.inner();
        if !inner.runs_tasks {
            return Err(NotSpawned::new());
        }
        inner.tasks.push(task);
        Ok(())
    }
}

struct WakerSet(AtomicBool);

impl Wake for WakerSet {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Nap {
    clock: HandClock,
    id: u64,
    due: Duration,
    length: Duration,
}

impl Future for Nap {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.inner();
        inner.naps.retain(|(id, _, _)| *id != self.id);
        if inner.now >= self.due {
            inner.slept.push(self.length);
            return Poll::Ready(());
        }
        inner.naps.push((self.id, self.due, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Nap {
    fn drop(&mut self) {
        self.clock.inner().naps.retain(|(id, _, _)| *id != self.id);
    }
}
