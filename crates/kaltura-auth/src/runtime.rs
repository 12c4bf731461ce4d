//! Where time, randomness and tasks come from. The caller provides them, so that tests can control them.

pub(crate) mod maybe_send;
pub(crate) mod moment;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod system_clock;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use self::maybe_send::{MaybeSend, MaybeSync};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use self::system_clock::SystemClock;

/// A boxed future; `Send` on every target except wasm.
#[cfg(not(target_family = "wasm"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A boxed future; `Send` on every target except wasm.
#[cfg(target_family = "wasm")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Time and randomness: all that blocking code needs. `SystemClock` has those of the system.
pub trait Clock: MaybeSend + MaybeSync {
    /// The wall clock: the time since 1970-01-01 00:00 UTC. It may jump in both directions.
    fn unix_time(&self) -> Duration;

    /// A monotonic clock with any starting point. It may stop while the machine is suspended.
    fn monotonic(&self) -> Duration;

    /// A random number, for jitter. It need not come from a cryptographic generator.
    fn random(&self) -> u64;
}

/// Time, randomness and tasks, for async code. `kaltura-http` has one on tokio, `kaltura-testing` one that tests
/// control; for another executor it takes a few lines over `SystemClock`.
pub trait Runtime: Clock {
    /// A future that is ready after `duration`. Dropping it cancels the timer.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Spawns a task.
    ///
    /// # Errors
    ///
    /// [`NotSpawned`] if the runtime does not spawn tasks. The task is dropped then, and a caller that needs its
    /// result does the work instead.
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned>;
}

/// The runtime does not spawn tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the runtime does not spawn tasks")]
#[non_exhaustive]
pub struct NotSpawned;

impl NotSpawned {
    /// The error of a runtime that does not spawn tasks.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Default for NotSpawned {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! impl_through_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: Clock + ?Sized> Clock for $pointer {
            fn unix_time(&self) -> Duration {
                (**self).unix_time()
            }

            fn monotonic(&self) -> Duration {
                (**self).monotonic()
            }

            fn random(&self) -> u64 {
                (**self).random()
            }
        }

        impl<T: Runtime + ?Sized> Runtime for $pointer {
            fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
                (**self).sleep(duration)
            }

            fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
                (**self).spawn(task)
            }
        }
    )*};
}

impl_through_pointer!(&T, Box<T>, Arc<T>);
