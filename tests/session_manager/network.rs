//! A simulated network to the emulator: it records every request, and fails or waits where a test wants it to.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use kaltura_auth::{
    TransportError, TransportErrorKind, WireRequest, WireResponse, blocking::Transport as BlockingTransport,
};
use kaltura_emulator::Emulator;
use kaltura_testing::mock::Latch;
use serde_json::Value;

/// What happens to a request before, or instead of, its delivery to the server.
#[derive(Clone, Debug)]
pub(crate) enum Behavior {
    /// The connection is refused.
    Refuse,
    /// The connection is lost: it was kept, and the server has closed it.
    Reset,
    /// The transport panics.
    Panic,
    /// The transport panics when the gate is opened.
    PanicAfter(Latch),
    /// The connection is refused when the gate is opened.
    RefuseAfter(Latch),
    /// No response arrives, and the transport ignores its timeout.
    Hang,
    /// The request is delivered when the gate is opened.
    WaitFor(Latch),
}

#[derive(Default)]
pub(crate) struct Network {
    polls: AtomicUsize,
    hides_headers: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sent: Vec<Sent>,
    behaviors: VecDeque<(&'static str, Behavior)>,
}

/// A request that was sent.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) action: String,
    pub(crate) request: WireRequest,
}

impl Sent {
    pub(crate) fn parameters(&self) -> Value {
        serde_json::from_slice(self.request.body()).expect("a JSON body")
    }
}

impl Network {
    /// Each response takes this many polls.
    pub(crate) fn respond_after_polls(&self, polls: usize) {
        self.polls.store(polls, Ordering::SeqCst);
    }

    /// Removes all headers from responses, as in a browser.
    pub(crate) fn hide_headers(&self) {
        self.hides_headers.store(true, Ordering::SeqCst);
    }

    /// Queues a behavior for the next request of this action.
    pub(crate) fn on_next(&self, action: &'static str, behavior: Behavior) {
        self.state().behaviors.push_back((action, behavior));
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// The number of requests sent.
    pub(crate) fn count(&self) -> usize {
        self.state().sent.len()
    }

    /// The number of requests sent for this action.
    pub(crate) fn count_of(&self, action: &str) -> usize {
        self.state().sent.iter().filter(|sent| sent.action == action).count()
    }

    pub(crate) async fn send(
        &self,
        request: WireRequest,
        emulator: &Emulator,
    ) -> Result<WireResponse, TransportError> {
        let behavior = self.record(&request);
        let mut polls_left = self.polls.load(Ordering::SeqCst);
        poll_fn(|context| {
            if polls_left == 0 {
                return Poll::Ready(());
            }
            polls_left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        match behavior {
            Some(Behavior::Hang) => pending().await,
            Some(Behavior::WaitFor(gate)) => gate.wait().await,
            Some(Behavior::PanicAfter(gate)) => {
                gate.wait().await;
                fail(Some(Behavior::Panic))?;
            }
            Some(Behavior::RefuseAfter(gate)) => {
                gate.wait().await;
                fail(Some(Behavior::Refuse))?;
            }
            other => fail(other)?,
        }
        self.deliver(request, emulator)
    }

    pub(crate) fn send_blocking(
        &self,
        request: WireRequest,
        emulator: &Emulator,
    ) -> Result<WireResponse, TransportError> {
        match self.record(&request) {
            Some(Behavior::WaitFor(gate)) => gate.wait_blocking(),
            Some(Behavior::PanicAfter(gate)) => {
                gate.wait_blocking();
                fail(Some(Behavior::Panic))?;
            }
            other => fail(other)?,
        }
        self.deliver(request, emulator)
    }

    fn deliver(&self, request: WireRequest, emulator: &Emulator) -> Result<WireResponse, TransportError> {
        let response = BlockingTransport::send(emulator, request)?;
        if self.hides_headers.load(Ordering::SeqCst) {
            return Ok(WireResponse::new(response.status(), response.body()));
        }
        Ok(response)
    }

    fn record(&self, request: &WireRequest) -> Option<Behavior> {
        let action = format!("{}.{}", request.service(), request.action());
        let mut state = self.state();
        let behavior = state.behaviors.iter().position(|(name, _)| *name == action);
        let behavior = behavior.and_then(|index| state.behaviors.remove(index)).map(|(_, behavior)| behavior);
        state.sent.push(Sent { action, request: request.clone() });
        behavior
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The behaviors that do not wait.
fn fail(behavior: Option<Behavior>) -> Result<(), TransportError> {
    match behavior {
        None => Ok(()),
        Some(Behavior::Panic) => panic!("the transport panics"),
        Some(Behavior::Refuse) => Err(TransportError::new(TransportErrorKind::Connect, "connection refused")),
        Some(Behavior::Reset) => Err(TransportError::new(TransportErrorKind::Io, "the connection was lost")),
        Some(other) => panic!("{other:?} is not supported here"),
    }
}
