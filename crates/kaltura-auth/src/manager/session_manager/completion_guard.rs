//! From the start of a login to its outcome in the state.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::{Answer, Inner};
use crate::error::{Error, ManagerError};
use crate::manager::grant::IssuedSession;
use crate::manager::state::LoginPermit;

/// The duty to end the flight: with its outcome, or, if it is dropped or panics on the way, without.
pub(super) struct CompletionGuard {
    inner: Arc<Inner>,
    permit: Option<LoginPermit>,
}

impl CompletionGuard {
    pub(super) fn new(inner: &Arc<Inner>, permit: LoginPermit) -> Self {
        Self { inner: Arc::clone(inner), permit: Some(permit) }
    }

    pub(super) async fn fly(mut self) -> Answer {
        let inner = Arc::clone(&self.inner);
        let result = inner.log_in().await;
        let now = inner.now();
        let mut locked = inner.lock();
        let answer = match self.permit.take() {
            Some(permit) => locked.state.finish(permit, result, now),
            None => result.map(|grant| Arc::clone(grant.session())),
        };
        inner.fresh.publish(locked.state.held());
        inner.release(locked);
        answer
    }
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.inner.lock().state.abandon(permit.id());
        }
    }
}

impl Inner {
    /// Whatever the transport does, a login ends.
    async fn log_in(&self) -> Result<IssuedSession, Error> {
        let mut login = pin!(self.source.start(&*self.runtime));
        let mut limit = self.runtime.sleep(self.login_timeout);
        poll_fn(|context| {
            if let Poll::Ready(result) = login.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let timed_out = ManagerError::TimedOut { limit: self.login_timeout };
            limit.as_mut().poll(context).map(|()| Err(Error::keeping(timed_out)))
        })
        .await
    }
}
