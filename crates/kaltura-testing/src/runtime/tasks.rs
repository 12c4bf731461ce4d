//! Tasks that run only on request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use kaltura_auth::runtime::{BoxFuture, NotSpawned};

use super::SpawnMode;

#[derive(Default)]
pub(super) struct Tasks {
    state: Mutex<State>,
    woken: Arc<WokenTasks>,
}

#[derive(Default)]
struct State {
    mode: SpawnMode,
    waiting: BTreeMap<u64, Task>,
    last_id: u64,
}

struct Task {
    future: BoxFuture<'static, ()>,
    flag: Arc<TaskFlag>,
}

/// The ids of woken tasks, in the order in which they were woken. An id may be that of a task that has run since or has
/// finished.
#[derive(Default)]
struct WokenTasks(Mutex<VecDeque<u64>>);

impl WokenTasks {
    fn push(&self, id: u64) {
        lock(&self.0).push_back(id);
    }

    fn pop(&self) -> Option<u64> {
        lock(&self.0).pop_front()
    }
}

impl Tasks {
    pub(super) fn set_spawn_mode(&self, mode: SpawnMode) {
        lock(&self.state).mode = mode;
    }

    pub(super) fn spawn(&self, future: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        let mut state = lock(&self.state);
        state.last_id += 1;
        let (id, mode) = (state.last_id, state.mode);
        drop(state);
        let flag = TaskFlag { woken: AtomicBool::new(true), id, tasks: Arc::clone(&self.woken) };
        let task = Task { future, flag: Arc::new(flag) };
        match mode {
            SpawnMode::Queue => self.insert(task),
            SpawnMode::Inline => self.run(task),
            SpawnMode::Drop => drop(task),
            SpawnMode::Decline => return Err(NotSpawned::new()),
        }
        Ok(())
    }

    pub(super) fn run_until_idle(&self) {
        while let Some(id) = self.woken.pop() {
            let task = lock(&self.state).waiting.remove(&id);
            if let Some(task) = task {
                self.run(task);
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    pub(super) fn drop_all(&self) {
        let tasks = std::mem::take(&mut lock(&self.state).waiting);
        // Outside the lock: dropping a task may spawn another.
        drop(tasks);
    }

    /// Runs a task until it finishes or waits. No lock is held meanwhile.
    fn run(&self, mut task: Task) {
        let waker = Waker::from(Arc::clone(&task.flag));
        while task.flag.woken.swap(false, Ordering::SeqCst) {
            if let Poll::Ready(()) = task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return;
            }
        }
        self.insert(task);
    }

    fn insert(&self, task: Task) {
        let flag = Arc::clone(&task.flag);
        let previous = lock(&self.state).waiting.insert(flag.id, task);
        drop(previous);
        // It is new, or another thread has woken it in the meantime, when it could not be found.
        if flag.woken.load(Ordering::SeqCst) {
            self.woken.push(flag.id);
        }
    }
}

/// Whether a task has been woken since it was last run. Initially it is: a new task has to run.
struct TaskFlag {
    woken: AtomicBool,
    id: u64,
    tasks: Arc<WokenTasks>,
}

impl Wake for TaskFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::SeqCst) {
            self.tasks.push(self.id);
        }
    }
}

/// Whether the future of `block_on` has been woken since it was last polled.
pub(super) struct WakeFlag(AtomicBool);

impl WakeFlag {
    /// Initially set: a new future has to be polled.
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
