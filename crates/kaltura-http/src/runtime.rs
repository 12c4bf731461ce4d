//! Time, randomness and tasks: the system's clocks, and a runtime on tokio.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use tokio::runtime::Handle;

/// The system's clocks, and random numbers that are good enough for jitter (not for cryptography).
///
/// ```
/// # use kaltura_http::SystemClock; use kaltura_auth::runtime::Clock;
/// let clock = SystemClock::new();
/// assert!(clock.monotonic() <= clock.monotonic());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the clock that is injected elsewhere")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock that is injected elsewhere")]
    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn random(&self) -> u64 {
        // The standard library gives each `RandomState` new keys; nothing is hashed.
        RandomState::new().hash_one(())
    }
}

/// The [`Runtime`] for programs that run on tokio.
///
/// Sleeps and tasks use the tokio runtime that is current where they are requested; its timer must be enabled,
/// as `#[tokio::main]` does. Without a current runtime, `spawn` declines every task and a sleep never ends.
///
/// ```
/// # use kaltura_auth::manager::SessionManager; use kaltura_auth::source::AppTokenSource;
/// # use kaltura_auth::{AppTokenLogin, Transport}; use kaltura_http::TokioRuntime;
/// # fn example(login: AppTokenLogin, transport: impl Transport + 'static) {
/// let manager = SessionManager::new(AppTokenSource::new(login, transport), TokioRuntime::new());
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioRuntime {
    clock: SystemClock,
}

impl TokioRuntime {
    /// A runtime whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Clock for TokioRuntime {
    fn unix_time(&self) -> Duration {
        self.clock.unix_time()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn random(&self) -> u64 {
        self.clock.random()
    }
}

impl Runtime for TokioRuntime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        match Handle::try_current() {
            Ok(_) => Box::pin(tokio::time::sleep(duration)),
            Err(_) => Box::pin(std::future::pending()),
        }
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        // The join handle is not needed: the task ends when the client that it works for is dropped.
        Handle::try_current().map(|tokio| drop(tokio.spawn(task))).map_err(|_| NotSpawned::new())
    }
}
