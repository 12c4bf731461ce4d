//! Where time, chance and tasks come from: from outside, so that tests own them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::maybe_send::{MaybeSend, MaybeSync};

/// A boxed future; `Send` on every target but wasm.
#[cfg(not(target_family = "wasm"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A boxed future; `Send` on every target but wasm.
#[cfg(target_family = "wasm")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Time and chance: all that the blocking side needs.
pub trait Clock: MaybeSend + MaybeSync {
    /// The wall clock: how long ago 1970-01-01 00:00 UTC was. It may jump in both directions.
    fn unix_time(&self) -> Duration;

    /// A clock that only goes forward, from any starting point. It may stand still while the machine sleeps.
    fn monotonic(&self) -> Duration;

    /// A random number, for jitter. It protects nothing, so any generator will do.
    fn random(&self) -> u64;
}

/// Time, chance and tasks, for the async side. `kaltura-http` brings one on tokio, `kaltura-testing` one that
/// tests move by hand.
pub trait Runtime: Clock {
    /// Is ready after `duration`. Dropping it gives the wait up.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Runs a task on its own, if it can.
    ///
    /// # Errors
    ///
    /// [`NotSpawned`] if it does not run tasks; the task is dropped then, and one of the callers who need it
    /// does the work instead.
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned>;
}

/// The runtime does not run tasks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the runtime does not run tasks of its own")]
#[non_exhaustive]
pub struct NotSpawned;

impl NotSpawned {
    /// Says no to a task.
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

macro_rules! through_pointer {
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

through_pointer!(&T, Box<T>, Arc<T>);
