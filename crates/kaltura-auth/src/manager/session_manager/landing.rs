//! From the start of a login to its outcome in the state.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::{Answer, Inner};
use crate::error::{Error, KeepingFailed};
use crate::manager::grant::Grant;
use crate::manager::state::Ticket;

/// The duty to end the flight: with its outcome, or, if it is dropped or panics on the way, without.
pub(super) struct Landing {
    inner: Arc<Inner>,
    ticket: Option<Ticket>,
}

impl Landing {
    pub(super) fn new(inner: &Arc<Inner>, ticket: Ticket) -> Self {
        Self { inner: Arc::clone(inner), ticket: Some(ticket) }
    }

    pub(super) async fn fly(mut self) -> Answer {
        let inner = Arc::clone(&self.inner);
        let result = inner.log_in().await;
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

impl Inner {
    /// Whatever the transport does, a login ends.
    async fn log_in(&self) -> Result<Grant, Error> {
        let mut login = pin!(self.source.start(&*self.runtime));
        let mut limit = self.runtime.sleep(self.flight_limit);
        poll_fn(|context| {
            if let Poll::Ready(result) = login.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let timed_out = KeepingFailed::TimedOut { limit: self.flight_limit };
            limit.as_mut().poll(context).map(|()| Err(Error::keeping(timed_out)))
        })
        .await
    }
}
