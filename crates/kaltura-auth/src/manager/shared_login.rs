//! One login in progress that any number of callers wait for.
//!
//! This is like `Shared` of futures-util, with two more guarantees:
//!
//! - Waiting callers are woken even if the caller that was driving the login is dropped before it polls again. A
//!   wake-up that arrives during a poll is forwarded after that poll, so that no woken caller finds the login busy
//!   and goes back to waiting.
//! - Waiting callers are woken even if the login panics; its result is an error then.

use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use super::SessionResult;
use super::sync::{Mutex, lock};
use crate::error::Error;
use crate::runtime::BoxFuture;

/// A handle to a login in progress. Polling it drives the login. Dropping the last handle drops the login.
pub(super) struct SharedLogin {
    shared: Arc<Shared>,
    /// The place of its waker in the set, once it was polled.
    place: Option<usize>,
}

/// Where callers find the login in progress. Does not keep it alive.
#[derive(Default)]
pub(super) struct SharedLoginSlot(Weak<Shared>);

struct Shared {
    wakers: Arc<WakerSet>,
    /// Until it has completed, only the handle whose turn it is locks it, so no handle waits for this lock while
    /// another polls.
    login: Mutex<Login>,
}

enum Login {
    Pending(BoxFuture<'static, SessionResult>),
    Completed(SessionResult),
}

impl SharedLoginSlot {
    /// Joins the login in progress. `None` if its last handle was dropped.
    pub(super) fn join(&self) -> Option<SharedLogin> {
        self.0.upgrade().map(|shared| SharedLogin { shared, place: None })
    }

    pub(super) fn start(&mut self, login: BoxFuture<'static, SessionResult>) -> SharedLogin {
        let login = Mutex::new(Login::Pending(login));
        let shared = Arc::new(Shared { wakers: Arc::default(), login });
        self.0 = Arc::downgrade(&shared);
        SharedLogin { shared, place: None }
    }
}

impl Clone for SharedLogin {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), place: None }
    }
}

impl Future for SharedLogin {
    type Output = SessionResult;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<SessionResult> {
        let login = self.get_mut();
        match login.shared.wakers.register(&mut login.place, context.waker()) {
            Turn::Drive => login.shared.drive(),
            Turn::Wait => Poll::Pending,
            Turn::TakeResult => lock(&login.shared.login).result(),
        }
    }
}

impl Drop for SharedLogin {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.wakers.remove(place);
        }
    }
}

impl Shared {
    fn drive(&self) -> Poll<SessionResult> {
        let waker = Waker::from(Arc::clone(&self.wakers));
        let mut login = lock(&self.login);
        if let Login::Pending(future) = &mut *login {
            let poll = || future.as_mut().poll(&mut Context::from_waker(&waker));
            let polled = catch_unwind(AssertUnwindSafe(poll));
            if let Poll::Ready(result) = polled.unwrap_or_else(|_panic| Poll::Ready(Err(Error::panicked()))) {
                *login = Login::Completed(result);
            }
        }
        let result = login.result();
        drop(login);
        self.wakers.end_turn(result.is_ready());
        result
    }
}

impl Login {
    fn result(&self) -> Poll<SessionResult> {
        match self {
            Self::Pending(_) => Poll::Pending,
            Self::Completed(result) => Poll::Ready(result.clone()),
        }
    }
}

/// Wakes all waiting handles. The login gets it as its waker; it does not hold the login, which would be a reference
/// cycle.
#[derive(Default)]
struct WakerSet(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// A handle is polling the login.
    driving: bool,
    /// The login was woken during that poll.
    woken_meanwhile: bool,
    completed: bool,
    /// One place for each handle that was polled.
    wakers: Vec<Option<Waker>>,
    /// Places of handles that were dropped.
    unused: Vec<usize>,
}

impl Waiting {
    fn add_place(&mut self) -> usize {
        self.unused.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// Takes all wakers. The handles keep their places.
    fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(Option::take).collect()
    }
}

/// What a polled handle must do.
enum Turn {
    /// Poll the login, then end the turn.
    Drive,
    /// Wait to be woken.
    Wait,
    /// Take the result.
    TakeResult,
}

impl WakerSet {
    fn register(&self, place: &mut Option<usize>, waker: &Waker) -> Turn {
        let mut waiting = lock(&self.0);
        if waiting.completed {
            return Turn::TakeResult;
        }
        let place = *place.get_or_insert_with(|| waiting.add_place());
        let previous = waiting.wakers.get_mut(place).and_then(|slot| slot.replace(waker.clone()));
        let turn = if mem::replace(&mut waiting.driving, true) { Turn::Wait } else { Turn::Drive };
        drop(waiting);
        // Here as everywhere, wakers are dropped outside of the lock: a waker may hold the last reference to a task,
        // and that task a handle to this login.
        drop(previous);
        turn
    }

    fn end_turn(&self, completed: bool) {
        let mut waiting = lock(&self.0);
        waiting.driving = false;
        waiting.completed = completed;
        let woken_meanwhile = mem::take(&mut waiting.woken_meanwhile);
        let wakers = if woken_meanwhile || completed { waiting.take_wakers() } else { Vec::new() };
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn remove(&self, place: usize) {
        let mut waiting = lock(&self.0);
        waiting.unused.push(place);
        let waker = waiting.wakers.get_mut(place).and_then(Option::take);
        drop(waiting);
        drop(waker);
    }
}

impl Wake for WakerSet {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut waiting = lock(&self.0);
        if waiting.driving {
            waiting.woken_meanwhile = true;
            return;
        }
        let wakers = waiting.take_wakers();
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
