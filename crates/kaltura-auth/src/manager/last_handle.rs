//! The tasks of a manager end when its last handle is dropped: the spawned task that drives a login, and the refresh
//! loop.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::sync::{Mutex, lock};

/// Tells tasks that the last handle was dropped, and wakes them.
#[derive(Clone, Default)]
pub(super) struct LastHandle(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    dropped: bool,
    wakers: BTreeMap<u64, Waker>,
    last_key: u64,
}

impl LastHandle {
    /// Called when the last handle is dropped.
    pub(super) fn dropped(&self) {
        let mut state = lock(&self.0);
        state.dropped = true;
        let wakers = mem::take(&mut state.wakers);
        drop(state);
        wakers.into_values().for_each(Waker::wake);
    }

    /// A task that runs this future to its end, or until the last handle is dropped. Then it drops the future at once.
    pub(super) fn run_while_held<F: Future + Unpin>(&self, future: F) -> WhileHeld<F> {
        WhileHeld { last_handle: self.clone(), key: None, future: Some(future) }
    }

    /// Whether it was dropped; if not, the waker is woken when it is.
    fn is_dropped(&self, key: &mut Option<u64>, waker: &Waker) -> bool {
        let mut state = lock(&self.0);
        if state.dropped {
            return true;
        }
        let key = *key.get_or_insert_with(|| {
            state.last_key += 1;
            state.last_key
        });
        let previous = state.wakers.insert(key, waker.clone());
        drop(state);
        // Outside of the lock: a waker may hold the last reference to a task.
        drop(previous);
        false
    }

    fn forget(&self, key: u64) {
        let waker = lock(&self.0).wakers.remove(&key);
        drop(waker);
    }
}

/// See [`LastHandle::run_while_held`].
pub(super) struct WhileHeld<F> {
    last_handle: LastHandle,
    /// The key of its waker, once it was polled.
    key: Option<u64>,
    future: Option<F>,
}

impl<F: Future + Unpin> Future for WhileHeld<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.last_handle.is_dropped(&mut this.key, context.waker()) {
            this.future = None;
        }
        match &mut this.future {
            Some(future) => Pin::new(future).poll(context).map(drop),
            None => Poll::Ready(()),
        }
    }
}

impl<F> Drop for WhileHeld<F> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.last_handle.forget(key);
        }
    }
}
