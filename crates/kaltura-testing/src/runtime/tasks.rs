//! Tasks that run only on request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use kaltura_auth::runtime::{BoxFuture, NotSpawned};

use super::SpawnMode;

#[derive(Default)]
pub(super) struct Tasks(Mutex<State>);

#[derive(Default)]
struct State {
    mode: SpawnMode,
    queue: VecDeque<Task>,
}

struct Task {
    future: BoxFuture<'static, ()>,
    woken: Arc<WakeFlag>,
}

impl Tasks {
    pub(super) fn set_spawn_mode(&self, mode: SpawnMode) {
        self.lock().mode = mode;
    }

    pub(super) fn spawn(&self, future: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        let task = Task { future, woken: Arc::new(WakeFlag::new()) };
        let mode = self.lock().mode;
        match mode {
            SpawnMode::Queue => self.enqueue(task),
            SpawnMode::Inline => self.run(task),
            SpawnMode::Drop => drop(task),
            SpawnMode::Decline => return Err(NotSpawned::new()),
        }
        Ok(())
    }

    pub(super) fn run_until_idle(&self) {
        while let Some(task) = self.next_woken() {
            self.run(task);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.lock().queue.len()
    }

    pub(super) fn drop_all(&self) {
        let tasks = std::mem::take(&mut self.lock().queue);
        // Outside the lock: dropping a task may spawn another.
        drop(tasks);
    }

    /// Runs a task until it finishes or waits. No lock is held meanwhile.
    fn run(&self, mut task: Task) {
        let waker = Waker::from(Arc::clone(&task.woken));
        while task.woken.take() {
            if let Poll::Ready(()) = task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return;
            }
        }
        self.enqueue(task);
    }

    fn next_woken(&self) -> Option<Task> {
        let queue = &mut self.lock().queue;
        let next = queue.iter().position(|task| task.woken.is_set())?;
        queue.remove(next)
    }

    fn enqueue(&self, task: Task) {
        self.lock().queue.push_back(task);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a task has been woken since it was last run.
pub(super) struct WakeFlag(AtomicBool);

impl WakeFlag {
    /// Initially set: a new task has to run.
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(true))
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Clears it, and returns whether it was set.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
