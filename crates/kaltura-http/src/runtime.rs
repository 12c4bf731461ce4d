//! Time, randomness and tasks on tokio.

use std::time::Duration;

use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime, SystemClock};
use tokio::runtime::Handle;

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
