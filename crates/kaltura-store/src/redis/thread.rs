//! The thread on which a store talks to its server, so that the store can be used from any executor, and from none.

use std::future::Future;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};

use super::error::CommandError;

/// A thread that runs tasks until this value is dropped. It starts with the first task.
#[derive(Default)]
pub(super) struct RuntimeThread(Mutex<Option<Running>>);

struct Running {
    runtime: Handle,
    /// Dropping the sender ends the thread.
    _until_dropped: oneshot::Sender<()>,
}

impl RuntimeThread {
    /// Runs a task to its end, also when the future that this returns is dropped.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, CommandError>> + Send + 'static,
    ) -> Result<T, CommandError> {
        let task = self.spawn(task)?;
        task.await.unwrap_or(Err(CommandError::ThreadEnded))
    }

    /// Runs a task to its end, and blocks the calling thread meanwhile.
    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, CommandError>> + Send + 'static,
    ) -> Result<T, CommandError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.spawn(async move {
            // The receiver exists: it waits below.
            let _ = sender.send(task.await);
        })?;
        receiver.recv().unwrap_or(Err(CommandError::ThreadEnded))
    }

    /// Runs a task until it ends or the future that this returns is dropped.
    pub(super) async fn run_while_awaited(&self, task: impl Future<Output = ()> + Send + 'static) {
        let Ok(task) = self.spawn(task) else { return std::future::pending().await };
        let _abort = AbortOnDrop(task.abort_handle());
        if task.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Runs a task until it ends, at most for a time, and blocks the calling thread meanwhile.
    pub(super) fn run_blocking_at_most(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
        at_most: Duration,
    ) {
        let (sender, receiver) = mpsc::sync_channel(1);
        let started = self.spawn(async move {
            task.await;
            let _ = sender.send(());
        });
        let Ok(task) = started else { return thread::sleep(at_most) };
        let _abort = AbortOnDrop(task.abort_handle());
        if receiver.recv_timeout(at_most) == Err(RecvTimeoutError::Disconnected) {
            thread::sleep(at_most);
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, CommandError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match &mut *running {
            Some(running) => running,
            none => none.insert(Running::start().map_err(|error| CommandError::Thread(Arc::new(error)))?),
        };
        Ok(running.runtime.spawn(task))
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (until_dropped, dropped) = oneshot::channel::<()>();
        thread::Builder::new().name("kaltura-store-redis".to_owned()).spawn(move || {
            // Nothing is ever sent: this waits until the sender is dropped.
            let _ = runtime.block_on(dropped);
        })?;
        Ok(Self { runtime: handle, _until_dropped: until_dropped })
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_task_runs_without_a_runtime_of_the_caller() {
        let thread = RuntimeThread::default();
        let sleep = || async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(7)
        };
        assert!(matches!(thread.run_blocking(sleep()), Ok(7)));
        assert!(matches!(futures_executor::block_on(thread.run(sleep())), Ok(7)));
    }

    #[tokio::test]
    async fn a_task_runs_and_blocks_within_a_runtime() {
        let thread = RuntimeThread::default();
        assert!(matches!(thread.run_blocking(async { Ok(7) }), Ok(7)));
        assert!(matches!(thread.run(async { Ok(7) }).await, Ok(7)));
    }

    #[test]
    fn a_panic_is_an_error() {
        let thread = RuntimeThread::default();
        let task = || async { if thread_name().is_some() { panic!("in a test") } else { Ok(()) } };
        assert!(matches!(thread.run_blocking(task()), Err(CommandError::ThreadEnded)));
        assert!(matches!(futures_executor::block_on(thread.run(task())), Err(CommandError::ThreadEnded)));
    }

    fn thread_name() -> Option<String> {
        thread::current().name().map(str::to_owned)
    }

    #[test]
    fn a_wait_ends_in_time_and_its_task_with_it() {
        let thread = RuntimeThread::default();
        let held = Arc::new(());
        let by_task = Arc::clone(&held);
        thread.run_blocking_at_most(
            async move {
                let _held = by_task;
                std::future::pending::<()>().await;
            },
            Duration::from_millis(5),
        );
        // The task is dropped by the other thread, before it runs the next one.
        thread.run_blocking(async { Ok(()) }).unwrap();
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the thread waits in real time")]
    fn a_thread_waits_for_a_task_and_for_its_time_if_that_panics() {
        let thread = RuntimeThread::default();
        let start = Instant::now();
        thread.run_blocking_at_most(async {}, Duration::from_secs(600));
        assert!(start.elapsed() < Duration::from_secs(300));
        let at_most = Duration::from_millis(50);
        let panics = async { assert!(thread_name().is_none(), "in a test") };
        for wait in
            [Box::pin(std::future::pending()) as Pin<Box<dyn Future<Output = ()> + Send>>, Box::pin(panics)]
        {
            let start = Instant::now();
            thread.run_blocking_at_most(wait, at_most);
            assert!(start.elapsed() >= at_most);
        }
    }

    #[tokio::test]
    async fn a_task_is_awaited_until_it_ends_and_forever_if_it_panics() {
        let thread = RuntimeThread::default();
        thread.run_while_awaited(async {}).await;
        let panics = async { assert!(thread_name().is_none(), "in a test") };
        let ended = tokio::time::timeout(Duration::from_millis(50), thread.run_while_awaited(panics)).await;
        assert!(ended.is_err());
    }

    #[test]
    fn the_thread_ends_with_its_owner() {
        let thread = RuntimeThread::default();
        let held = Arc::new(());
        let by_task = Arc::clone(&held);
        thread
            .run_blocking(async move {
                tokio::spawn(async move {
                    let _held = by_task;
                    std::future::pending::<()>().await;
                });
                Ok(())
            })
            .unwrap();
        drop(thread);
        while Arc::strong_count(&held) > 1 {
            thread::yield_now();
        }
    }
}
