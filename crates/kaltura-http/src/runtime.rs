//! Time, chance and tasks on tokio.

use std::time::Duration;

use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use tokio::runtime::Handle;

use crate::clock::SystemClock;

/// The [`Runtime`] of programs that run on tokio.
///
/// Sleeps and tasks are those of the tokio runtime that is running where they are asked for; its timer must be
/// switched on, as `#[tokio::main]` does. Where none is running, no task is taken, and a sleep never ends.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, Transport}; use kaltura_client::Client; use kaltura_http::TokioRuntime;
/// # fn example(login: AppTokenLogin, transport: impl Transport + 'static) {
/// let client = Client::builder(login, transport, TokioRuntime::new()).build();
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioRuntime {
    clock: SystemClock,
}

impl TokioRuntime {
    /// A runtime whose monotonic clock counts from now.
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
        // The task ends by itself when the client that it works for is gone.
        Handle::try_current().map(|tokio| drop(tokio.spawn(task))).map_err(|_| NotSpawned::new())
    }
}
