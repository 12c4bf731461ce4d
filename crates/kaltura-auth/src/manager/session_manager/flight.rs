//! One login under way, shared by whoever waits for it.
//!
//! This is the `Shared` of futures-util with two more promises, which a session manager lives by:
//!
//! - Whoever waits is woken even if the one who carried the login on was woken, too, and is dropped before he
//!   polls again. A ring that comes while the login is polled is passed on only after that poll, so that nobody
//!   whom it wakes finds the login taken and goes back to sleep.
//! - Whoever waits is woken even if the login panics; its outcome is an error then.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use super::Answer;
use crate::error::Error;
use crate::manager::sync::{Mutex, lock};
use crate::runtime::BoxFuture;

/// A handle on a login that is under way. Whoever polls it carries the login on. When the last handle is gone, so
/// is the login.
pub(super) struct SharedLogin {
    shared: Arc<Shared>,
    /// His place among those who are woken, once he has polled.
    place: Option<u64>,
}

/// Where newcomers find a flight, without keeping it alive.
#[derive(Default)]
pub(super) struct SharedLoginSlot(Weak<Shared>);

struct Shared {
    bell: Arc<WakerSet>,
    /// Until it has landed, only he who has the turn looks into it. So nobody waits for this lock while another
    /// polls.
    login: Mutex<Login>,
}

enum Login {
    UnderWay(BoxFuture<'static, Answer>),
    Landed(Answer),
}

impl SharedLoginSlot {
    /// Nothing if nobody holds it any more.
    pub(super) fn join(&self) -> Option<SharedLogin> {
        self.0.upgrade().map(|shared| SharedLogin { shared, place: None })
    }

    pub(super) fn start(&mut self, login: BoxFuture<'static, Answer>) -> SharedLogin {
        let login = Mutex::new(Login::UnderWay(login));
        let shared = Arc::new(Shared { bell: Arc::default(), login });
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
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let flight = self.get_mut();
        match flight.shared.bell.enter(&mut flight.place, context.waker()) {
            Turn::Carry => flight.shared.carry_on(),
            Turn::Wait => Poll::Pending,
            Turn::Leave => lock(&flight.shared.login).outcome(),
        }
    }
}

impl Drop for SharedLogin {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.bell.leave(place);
        }
    }
}

impl Shared {
    fn carry_on(&self) -> Poll<Answer> {
        let waker = Waker::from(Arc::clone(&self.bell));
        let mut login = lock(&self.login);
        if let Login::UnderWay(future) = &mut *login {
            let poll = || future.as_mut().poll(&mut Context::from_waker(&waker));
            let polled = catch_unwind(AssertUnwindSafe(poll));
            if let Poll::Ready(answer) = polled.unwrap_or_else(|_panic| Poll::Ready(Err(panicked()))) {
                *login = Login::Landed(answer);
            }
        }
        let outcome = login.outcome();
        drop(login);
        self.bell.end_turn(outcome.is_ready());
        outcome
    }
}

impl Login {
    fn outcome(&self) -> Poll<Answer> {
        match self {
            Self::UnderWay(_) => Poll::Pending,
            Self::Landed(answer) => Poll::Ready(answer.clone()),
        }
    }
}

fn panicked() -> Error {
    Error::source("the login panicked", false)
}

/// Wakes all who wait. The login has it as its waker; it does not hold the login, or that would hold itself.
#[derive(Default)]
struct WakerSet(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// Somebody has the turn: he polls the login just now.
    is_carried: bool,
    /// The bell was rung during his turn.
    was_rung: bool,
    has_landed: bool,
    wakers: BTreeMap<u64, Waker>,
    last_place: u64,
}

/// What one who polls is to do.
enum Turn {
    /// Poll the login, and end the turn.
    Carry,
    /// Wait for the bell.
    Wait,
    /// Take the outcome.
    Leave,
}

impl WakerSet {
    fn enter(&self, place: &mut Option<u64>, waker: &Waker) -> Turn {
        let mut waiting = lock(&self.0);
        if waiting.has_landed {
            return Turn::Leave;
        }
        let place = *place.get_or_insert_with(|| {
            waiting.last_place += 1;
            waiting.last_place
        });
        let former = waiting.wakers.insert(place, waker.clone());
        let turn = if mem::replace(&mut waiting.is_carried, true) { Turn::Wait } else { Turn::Carry };
        drop(waiting);
        // Here as everywhere: a waker may hold the last handle on a task, and that task may hold a flight. So it
        // is dropped outside of the lock.
        drop(former);
        turn
    }

    fn end_turn(&self, has_landed: bool) {
        let mut waiting = lock(&self.0);
        waiting.is_carried = false;
        waiting.has_landed = has_landed;
        let was_rung = mem::take(&mut waiting.was_rung);
        let wakers = if was_rung || has_landed { mem::take(&mut waiting.wakers) } else { BTreeMap::new() };
        drop(waiting);
        wakers.into_values().for_each(Waker::wake);
    }

    fn leave(&self, place: u64) {
        let waker = lock(&self.0).wakers.remove(&place);
        drop(waker);
    }
}

impl Wake for WakerSet {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut waiting = lock(&self.0);
        if waiting.is_carried {
            waiting.was_rung = true;
            return;
        }
        let wakers = mem::take(&mut waiting.wakers);
        drop(waiting);
        wakers.into_values().for_each(Waker::wake);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
