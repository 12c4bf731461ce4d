//! The clocks of the system.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Clock;

/// The clocks of the system, and random numbers that are good enough for jitter (not for cryptography).
///
/// A program passes it to the blocking client or session manager; nothing here reads it by itself. A
/// [`Runtime`](super::Runtime) for an executor can take its clock from it:
///
/// ```
/// use std::time::Duration;
///
/// use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime, SystemClock};
///
/// struct MyRuntime(SystemClock);
///
/// impl Clock for MyRuntime {
///     fn unix_time(&self) -> Duration {
///         self.0.unix_time()
///     }
///     fn monotonic(&self) -> Duration {
///         self.0.monotonic()
///     }
///     fn random(&self) -> u64 {
///         self.0.random()
///     }
/// }
///
/// impl Runtime for MyRuntime {
///     fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
///         Box::pin(my_executor::sleep(duration))
///     }
///     fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
///         my_executor::spawn(task);
///         Ok(())
///     }
/// }
/// # mod my_executor {
/// #     pub async fn sleep(_: std::time::Duration) {}
/// #     pub fn spawn(_: kaltura_auth::runtime::BoxFuture<'static, ()>) {}
/// # }
/// ```
///
/// Not on `wasm32-unknown-unknown`, where the clocks of the standard library panic: `kaltura-wasm` has the clock of
/// JavaScript.
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn both_clocks_go_on_and_random_numbers_differ() {
        let clock = SystemClock::new();
        let (monotonic, unix_time) = (clock.monotonic(), clock.unix_time());
        thread::sleep(Duration::from_millis(20));
        assert!(clock.monotonic() >= monotonic + Duration::from_millis(20));
        // 2020-01-01; that it advances is not sure, since the time may be set meanwhile.
        assert!(unix_time > Duration::from_secs(1_577_836_800), "{unix_time:?}");
        assert_ne!(clock.random(), clock.random());
    }
}
