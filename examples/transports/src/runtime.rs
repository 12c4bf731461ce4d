//! A runtime on tokio for an async client without reqwest. With the feature `reqwest`, `kaltura::http::TokioRuntime` is
//! the same. Another executor needs its own timer and `spawn` here.

use std::time::Duration;

use kaltura::SystemClock;
use kaltura::auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use tokio::runtime::Handle;

/// The clocks of the system, and the timer and tasks of the tokio runtime that is current where they are needed.
#[derive(Clone, Copy, Default)]
pub struct TokioRuntime(SystemClock);

impl Clock for TokioRuntime {
    fn unix_time(&self) -> Duration {
        self.0.unix_time()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }
}

impl Runtime for TokioRuntime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // Not before it is polled: only then a runtime is certainly current.
        Box::pin(async move { tokio::time::sleep(duration).await })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        let tokio = Handle::try_current().map_err(|_| NotSpawned::new())?;
        tokio.spawn(task);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_spawned_task_runs_after_its_sleep() {
        let runtime = TokioRuntime::default();
        let (sender, receiver) = oneshot::channel();
        let started = runtime.monotonic();
        let task = async move {
            runtime.sleep(Duration::from_millis(20)).await;
            let _ = sender.send(runtime.monotonic());
        };
        runtime.spawn(Box::pin(task)).unwrap();
        assert!(receiver.await.unwrap() >= started + Duration::from_millis(20));
    }

    #[test]
    fn without_tokio_a_task_is_declined() {
        assert!(TokioRuntime::default().spawn(Box::pin(async {})).is_err());
    }
}
