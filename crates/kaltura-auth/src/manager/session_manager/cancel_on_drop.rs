//! What holds a task of the runtime: when the last handle on the manager is gone, so is the task.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::flight::SharedLogin;
use crate::manager::sync::{Mutex, lock};

/// Cached by the manager.
#[derive(Clone, Default)]
pub(super) struct CancelOnDrop(Arc<Mutex<End>>);

#[derive(Default)]
struct End {
    is_cut: bool,
    waker: Option<Waker>,
}

impl CancelOnDrop {
    /// Lets the task carry the flight until it has landed, or until the cancel_on_drop is cut.
    pub(super) fn carry(&self, flight: SharedLogin) -> DriveTask {
        DriveTask { cancel_on_drop: self.clone(), flight: Some(flight) }
    }

    /// Ends the task: it is woken, and lets go of the flight.
    pub(super) fn cut(&self) {
        let waker = {
            let mut end = lock(&self.0);
            end.is_cut = true;
            end.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether it is cut; if not, `waker` is woken when it is.
    fn is_cut(&self, waker: &Waker) -> bool {
        let mut end = lock(&self.0);
        if !end.is_cut {
            end.waker = Some(waker.clone());
        }
        end.is_cut
    }
}

/// The task.
pub(super) struct DriveTask {
    cancel_on_drop: CancelOnDrop,
    flight: Option<SharedLogin>,
}

impl Future for DriveTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.cancel_on_drop.is_cut(context.waker()) {
            self.flight = None;
        }
        match &mut self.flight {
            Some(flight) => Pin::new(flight).poll(context).map(drop),
            None => Poll::Ready(()),
        }
    }
}
