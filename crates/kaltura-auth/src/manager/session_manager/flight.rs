//! One login under way, shared by whoever waits for it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{Either, Shared, WeakShared, select};

use super::{Answer, Inner};
use crate::error::{Error, KeepingFailed};
use crate::manager::state::Ticket;
use crate::runtime::BoxFuture;

/// A login that any number of callers wait for. It is carried on by whoever polls it.
pub(super) type Flight = Shared<BoxFuture<'static, Answer>>;

/// Where newcomers find the flight. It is held weakly: when all who wait are gone, so is the flight.
#[derive(Default)]
pub(super) struct FlightSlot(Option<WeakShared<BoxFuture<'static, Answer>>>);

impl FlightSlot {
    pub(super) fn join(&self) -> Option<Flight> {
        self.0.as_ref().and_then(WeakShared::upgrade)
    }

    /// A panic on the way must end here: `Shared` wakes nobody when its future panics, so that whoever waits
    /// would wait for ever.
    pub(super) fn take_off(&mut self, landing: Landing) -> Flight {
        let flight = AssertUnwindSafe(landing.fly()).catch_unwind();
        let flight: BoxFuture<'static, Answer> =
            Box::pin(flight.map(|answer| answer.unwrap_or_else(|_panic| Err(panicked()))));
        let flight = flight.shared();
        self.0 = flight.downgrade();
        flight
    }
}

/// The duty to end the flight: with its outcome, or, if it is dropped or panics on the way, without.
pub(super) struct Landing {
    inner: Arc<Inner>,
    ticket: Option<Ticket>,
}

impl Landing {
    pub(super) fn new(inner: &Arc<Inner>, ticket: Ticket) -> Self {
        Self { inner: Arc::clone(inner), ticket: Some(ticket) }
    }

    async fn fly(mut self) -> Answer {
        let inner = Arc::clone(&self.inner);
        let login = pin!(inner.source.start(&*inner.runtime));
        let limit = inner.runtime.sleep(inner.flight_limit);
        let result = match select(login, limit).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Error::keeping(KeepingFailed::TimedOut { limit: inner.flight_limit })),
        };
        let now = inner.now();
        let mut locked = inner.lock();
        let answer = match self.ticket.take() {
            Some(ticket) => locked.state.finish(ticket, result, now),
            None => result.map(|grant| Arc::clone(grant.session())),
        };
        inner.fresh.publish(locked.state.held());
        inner.release(locked);
        answer
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.inner.lock().state.abandon(ticket.id());
        }
    }
}

fn panicked() -> Error {
    Error::source("the login panicked", false)
}
