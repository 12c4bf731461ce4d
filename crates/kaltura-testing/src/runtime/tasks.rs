//! Tasks that run when they are told to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use kaltura_auth::runtime::{BoxFuture, NotSpawned};

use super::Spawning;

#[derive(Default)]
pub(super) struct Tasks(Mutex<State>);

#[derive(Default)]
struct State {
    spawning: Spawning,
    kept: VecDeque<Task>,
}

struct Task {
    future: BoxFuture<'static, ()>,
    woken: Arc<WakeFlag>,
}

impl Tasks {
    pub(super) fn set_spawning(&self, spawning: Spawning) {
        self.lock().spawning = spawning;
    }

    pub(super) fn spawn(&self, future: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        let task = Task { future, woken: Arc::new(WakeFlag::raised()) };
        let spawning = self.lock().spawning;
        match spawning {
            Spawning::Keep => self.keep(task),
            Spawning::Inline => self.run(task),
            Spawning::Drop => drop(task),
            Spawning::Decline => return Err(NotSpawned::new()),
        }
        Ok(())
    }

    pub(super) fn run_until_idle(&self) {
        while let Some(task) = self.next_woken() {
            self.run(task);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.lock().kept.len()
    }

    pub(super) fn drop_all(&self) {
        let kept = std::mem::take(&mut self.lock().kept);
        // Outside of the lock: what a task drops may well spawn.
        drop(kept);
    }

    /// Runs a task until it ends or waits. It is ours meanwhile: no lock is held while it runs.
    fn run(&self, mut task: Task) {
        let waker = Waker::from(Arc::clone(&task.woken));
        while task.woken.take() {
            if let Poll::Ready(()) = task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return;
            }
        }
        self.keep(task);
    }

    fn next_woken(&self) -> Option<Task> {
        let kept = &mut self.lock().kept;
        let next = kept.iter().position(|task| task.woken.is_raised())?;
        kept.remove(next)
    }

    fn keep(&self, task: Task) {
        self.lock().kept.push_back(task);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a task has been woken since it was last run.
pub(super) struct WakeFlag(AtomicBool);

impl WakeFlag {
    /// A task that has not yet run has to run.
    pub(super) const fn raised() -> Self {
        Self(AtomicBool::new(true))
    }

    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Lowers it, and tells whether it was raised.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
