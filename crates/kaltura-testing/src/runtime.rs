//! Time, chance and tasks in the hands of a test.

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

/// A [`Runtime`] in which nothing happens by itself: time stands still until a test moves it, and tasks wait
/// until a test runs them. With it, a test of an hour takes no time and is the same at each run.
///
/// A clone is the same runtime. It serves threads too: as a [`Clock`] it is all that the blocking side needs.
///
/// ```
/// use std::time::Duration;
///
/// use kaltura_auth::manager::SessionManager;
/// use kaltura_auth::source::AppTokenSource;
/// use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
/// use kaltura_testing::mock::{MockTransport, answers};
/// use kaltura_testing::runtime::TestRuntime;
/// use kaltura_types::{HashType, PartnerId};
///
/// let partner = PartnerId::new(1234567);
/// let kaltura = MockTransport::new();
/// for days in [1, 2] {
///     kaltura.expect("session.startWidgetSession").answer(answers::widget_session(partner));
///     kaltura.expect("appToken.startSession").answer(answers::session(partner).expires_in(days * 86_400));
/// }
///
/// let token = AppTokenCredentials::new(partner, "0_7jh3eu10", "3f786850e387550fdab836ed7e6dc881", HashType::Sha256);
/// let login = AppTokenLogin::new(ServiceUrl::US, token);
/// let runtime = TestRuntime::new();
/// let manager = SessionManager::new(AppTokenSource::new(login, kaltura.clone()), runtime.clone());
///
/// let session = runtime.block_on(manager.session())?;
///
/// // A day later, shortly before it expires: the session is returned at once, and renewed by a task.
/// runtime.advance(Duration::from_secs(86_400 - 60));
/// assert_eq!(runtime.block_on(manager.session())?.ks(), session.ks());
/// runtime.run_until_idle();
/// kaltura.verify();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TestRuntime(Arc<Inner>);

struct Inner {
    time: Arc<Time>,
    tasks: Tasks,
    random: AtomicU64,
}

/// What a [`TestRuntime`] does with a task that is spawned on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spawning {
    /// Keeps it until [`TestRuntime::run_until_idle`] or [`TestRuntime::block_on`] runs it.
    #[default]
    Keep,
    /// Runs it inside of `spawn` as far as it goes, and keeps what is left of it.
    Inline,
    /// Takes it, and drops it at once, as a runtime does that is shutting down.
    Drop,
    /// Refuses it with [`NotSpawned`], as a runtime does that runs no tasks.
    Decline,
}

impl TestRuntime {
    /// What the wall clock shows at the start: 2026-11-24 04:09:15 UTC.
    pub const START: Duration = Duration::from_secs(1_795_493_355);

    /// A runtime whose wall clock shows [`START`](Self::START).
    #[must_use]
    pub fn new() -> Self {
        let time = Arc::new(Time::new(Self::START));
        Self(Arc::new(Inner { time, tasks: Tasks::default(), random: AtomicU64::new(0) }))
    }

    /// Draws its random numbers from this seed. The same seed gives the same numbers.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.0.random.store(seed, Ordering::Relaxed);
        self
    }

    /// Treats spawned tasks like this, from now on.
    #[must_use]
    pub fn with_spawning(self, spawning: Spawning) -> Self {
        self.set_spawning(spawning);
        self
    }

    /// Treats spawned tasks like this, from now on.
    pub fn set_spawning(&self, spawning: Spawning) {
        self.0.tasks.set_spawning(spawning);
    }

    /// Lets time pass on both clocks, at once. What slept until then or before is woken; it goes on when its
    /// task is run.
    pub fn advance(&self, duration: Duration) {
        self.0.time.advance(duration);
    }

    /// Lets time pass from one sleeper to the next, and runs the tasks each time: what happens in this time,
    /// happens at its time.
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
            match self.0.time.next_sleeper().filter(|next| *next <= end) {
                Some(next) => self.0.time.advance_to(next),
                None => break,
            }
        }
        self.0.time.advance_to(end);
    }

    /// Sets the wall clock alone, forward or backward: somebody has changed the time, or the machine has slept.
    pub fn set_wall(&self, since_1970: Duration) {
        self.0.time.set_wall(since_1970);
    }

    /// Runs the tasks until each has ended or waits for something.
    ///
    /// # Panics
    ///
    /// If a task panics. The task is gone then, the others are still there.
    pub fn run_until_idle(&self) {
        self.0.tasks.run_until_idle();
    }

    /// Runs a future, and the tasks besides. When all of them wait, time passes to where the first of the
    /// sleepers wakes.
    ///
    /// # Panics
    ///
    /// If all wait and nobody sleeps: then nothing will ever happen. Or if the future or a task panics.
    #[expect(clippy::panic, reason = "a test that waits for ever has failed")]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(WakeFlag::raised());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if woken.take()
                && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return output;
            }
            self.run_until_idle();
            if woken.is_raised() {
                continue;
            }
            match self.0.time.next_sleeper() {
                Some(next) => self.0.time.advance_to(next),
                None => panic!("the future waits, and nothing is left that could wake it"),
            }
        }
    }

    /// How many tasks there are that have not ended.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.0.tasks.count()
    }

    /// How many futures sleep.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.0.time.sleepers()
    }

    /// Drops all tasks, wherever they are, as a runtime does that shuts down.
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
        self.0.time.wall()
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
            .field("tasks", &self.tasks())
            .field("sleepers", &self.sleepers())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
