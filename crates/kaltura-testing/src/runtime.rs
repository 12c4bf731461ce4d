//! A runtime whose time, randomness and tasks are controlled by a test.

mod tasks;
mod time;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};

use self::tasks::{Tasks, WakeFlag};
use self::time::{Sleep, Time};

/// A deterministic [`Runtime`]: time stands still until a test advances it, tasks run only when a test runs
/// them, and random numbers come from a seed. A test that covers an hour takes no time.
///
/// Clones share the same runtime. As a [`Clock`] it also serves the blocking API, on any thread.
///
/// ```
/// use std::time::Duration;
///
/// use kaltura_auth::manager::SessionManager;
/// use kaltura_auth::source::AppTokenSource;
/// use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
/// use kaltura_testing::mock::{MockTransport, responses};
/// use kaltura_testing::runtime::TestRuntime;
/// use kaltura_types::{HashType, PartnerId};
///
/// let partner = PartnerId::new(1234567);
/// let kaltura = MockTransport::in_any_order();
/// kaltura.expect("session.startWidgetSession").at_least(1).respond(responses::widget_session(partner));
/// kaltura
///     .expect("appToken.startSession")
///     .times(2)
///     .respond_with(move |_| responses::session(partner).expires_in(86_400));
///
/// let token = "3f786850e387550fdab836ed7e6dc881";
/// let token = AppTokenCredentials::new(partner, "0_7jh3eu10", token, HashType::Sha256);
/// let source = AppTokenSource::new(AppTokenLogin::new(ServiceUrl::US, token), kaltura.clone());
/// let runtime = TestRuntime::new();
/// let manager = SessionManager::new(source, runtime.clone());
///
/// let session = runtime.block_on(manager.session())?;
///
/// // Shortly before the session expires, it is returned at once, and a task renews it.
/// runtime.advance(Duration::from_secs(86_400 - 60));
/// assert_eq!(runtime.block_on(manager.session())?.ks(), session.ks());
/// runtime.run_until_idle();
/// assert_ne!(runtime.block_on(manager.session())?.ks(), session.ks());
/// # Ok::<(), kaltura_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct TestRuntime(Arc<Inner>);

struct Inner {
    time: Arc<Time>,
    tasks: Tasks,
    random: AtomicU64,
}

/// What a [`TestRuntime`] does with a spawned task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpawnMode {
    /// Queues it until [`TestRuntime::run_until_idle`] or [`TestRuntime::block_on`] runs it.
    #[default]
    Queue,
    /// Runs it inside `spawn` until it waits, then queues it.
    Inline,
    /// Accepts it and drops it at once, as a runtime that is shutting down.
    Drop,
    /// Rejects it with [`NotSpawned`], as a runtime that runs no tasks.
    Decline,
}

impl TestRuntime {
    /// The Unix time of a new runtime: 2026-11-24 04:09:15 UTC.
    pub const START: Duration = Duration::from_secs(1_795_493_355);

    /// A runtime whose wall clock is at [`START`](Self::START).
    #[must_use]
    pub fn new() -> Self {
        let time = Arc::new(Time::new(Self::START));
        Self(Arc::new(Inner { time, tasks: Tasks::default(), random: AtomicU64::new(0) }))
    }

    /// Seeds the random numbers. The same seed gives the same numbers.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.0.random.store(seed, Ordering::Relaxed);
        self
    }

    /// Sets what happens to spawned tasks.
    #[must_use]
    pub fn with_spawn_mode(self, mode: SpawnMode) -> Self {
        self.set_spawn_mode(mode);
        self
    }

    /// Sets what happens to tasks spawned from now on.
    pub fn set_spawn_mode(&self, mode: SpawnMode) {
        self.0.tasks.set_spawn_mode(mode);
    }

    /// Advances both clocks in one step, and wakes the sleeps that are over. Their tasks continue when they are
    /// run.
    pub fn advance(&self, duration: Duration) {
        self.0.time.advance(duration);
    }

    /// Advances both clocks from one sleep's end to the next, and runs the tasks at each step: each task
    /// continues at the time for which it was scheduled.
    ///
    /// ```
    /// # use std::time::Duration; use std::sync::{Arc, Mutex};
    /// # use kaltura_auth::runtime::{Clock, Runtime}; use kaltura_testing::runtime::TestRuntime;
    /// let runtime = TestRuntime::new();
    /// let (start, ticks) = (runtime.monotonic(), Arc::new(Mutex::new(Vec::new())));
    /// let (clock, log) = (runtime.clone(), Arc::clone(&ticks));
    /// runtime.spawn(Box::pin(async move {
    ///     for _ in 0..3 {
    ///         clock.sleep(Duration::from_secs(60)).await;
    ///         log.lock().unwrap().push((clock.monotonic() - start).as_secs());
    ///     }
    /// }))?;
    /// runtime.run_for(Duration::from_secs(150));
    /// assert_eq!(*ticks.lock().unwrap(), [60, 120]);
    /// # Ok::<(), kaltura_auth::runtime::NotSpawned>(())
    /// ```
    pub fn run_for(&self, duration: Duration) {
        let end = self.monotonic().saturating_add(duration);
        loop {
            self.run_until_idle();
            match self.0.time.next_wake().filter(|next| *next <= end) {
                Some(next) => self.0.time.advance_to(next),
                None => break,
            }
        }
        self.0.time.advance_to(end);
    }

    /// Sets the wall clock only, forward or backward, as a clock correction or a suspended machine does.
    pub fn set_unix_time(&self, since_epoch: Duration) {
        self.0.time.set_unix_time(since_epoch);
    }

    /// Runs the tasks until each has finished or waits.
    ///
    /// # Panics
    ///
    /// If a task panics. That task is dropped, the others remain.
    pub fn run_until_idle(&self) {
        self.0.tasks.run_until_idle();
    }

    /// Runs a future and the tasks. When all of them wait, advances the clocks to the end of the next sleep.
    ///
    /// # Panics
    ///
    /// If all of them wait and none sleeps, or if the future or a task panics.
    #[expect(clippy::panic, reason = "a test that waits forever has failed")]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(WakeFlag::new());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if woken.take()
                && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return output;
            }
            self.run_until_idle();
            if woken.is_set() {
                continue;
            }
            match self.0.time.next_wake() {
                Some(next) => self.0.time.advance_to(next),
                None => panic!("deadlock: the future waits, and nothing is left that could wake it"),
            }
        }
    }

    /// The number of unfinished tasks.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.0.tasks.count()
    }

    /// The number of pending sleeps.
    #[must_use]
    pub fn sleeper_count(&self) -> usize {
        self.0.time.sleeper_count()
    }

    /// Drops all tasks, as a runtime that shuts down.
    pub fn drop_tasks(&self) {
        self.0.tasks.drop_all();
    }
}

impl Default for TestRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestRuntime {
    fn unix_time(&self) -> Duration {
        self.0.time.unix_time()
    }

    fn monotonic(&self) -> Duration {
        self.0.time.monotonic()
    }

    /// `SplitMix64`.
    fn random(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.0.random.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Runtime for TestRuntime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(&self.0.time, duration))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        self.0.tasks.spawn(task)
    }
}

impl fmt::Debug for TestRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRuntime")
            .field("monotonic", &self.monotonic())
            .field("unix_time", &self.unix_time())
            .field("tasks", &self.task_count())
            .field("sleepers", &self.sleeper_count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
