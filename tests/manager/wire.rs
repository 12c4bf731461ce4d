//! The wire to the emulator: it writes down every request, and plays a part where a test wants one.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use kaltura_auth::{BlockingTransport, TransportError, TransportErrorKind, WireRequest, WireResponse};
use kaltura_emulator::Emulator;
use kaltura_testing::mock::Gate;
use serde_json::Value;

/// What becomes of a request instead of the server's answer.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// The connection breaks.
    Break,
    /// The transport panics.
    Panic,
    /// The transport panics when the gate is opened.
    PanicAfter(Gate),
    /// The connection breaks when the gate is opened.
    BreakAfter(Gate),
    /// No answer ever comes, and the transport does not keep to its time limit.
    Hang,
    /// The server's answer comes when the gate is opened.
    WaitFor(Gate),
}

#[derive(Default)]
pub(crate) struct Wire {
    polls: AtomicUsize,
    hides_headers: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sent: Vec<Sent>,
    parts: VecDeque<(&'static str, Part)>,
}

/// A request that went out.
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

impl Wire {
    /// Each answer takes so many polls.
    pub(crate) fn answer_after_polls(&self, polls: usize) {
        self.polls.store(polls, Ordering::SeqCst);
    }

    /// As in a browser: no header of an answer is seen.
    pub(crate) fn hide_headers(&self) {
        self.hides_headers.store(true, Ordering::SeqCst);
    }

    /// The next request for this action that has no other part yet gets this one.
    pub(crate) fn play(&self, action: &'static str, part: Part) {
        self.state().parts.push_back((action, part));
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// How many requests went out.
    pub(crate) fn count(&self) -> usize {
        self.state().sent.len()
    }

    /// How many requests for this action went out.
    pub(crate) fn count_of(&self, action: &str) -> usize {
        self.state().sent.iter().filter(|sent| sent.action == action).count()
    }

    pub(crate) async fn carry(
        &self,
        request: WireRequest,
        emulator: &Emulator,
    ) -> Result<WireResponse, TransportError> {
        let part = self.note(&request);
        let mut left = self.polls.load(Ordering::SeqCst);
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        match part {
            Some(Part::Hang) => pending().await,
            Some(Part::WaitFor(gate)) => gate.pass().await,
            Some(Part::PanicAfter(gate)) => {
                gate.pass().await;
                play(Some(Part::Panic))?;
            }
            Some(Part::BreakAfter(gate)) => {
                gate.pass().await;
                play(Some(Part::Break))?;
            }
            other => play(other)?,
        }
        self.deliver(request, emulator)
    }

    pub(crate) fn carry_blocking(
        &self,
        request: WireRequest,
        emulator: &Emulator,
    ) -> Result<WireResponse, TransportError> {
        match self.note(&request) {
            Some(Part::WaitFor(gate)) => gate.pass_blocking(),
            other => play(other)?,
        }
        self.deliver(request, emulator)
    }

    fn deliver(&self, request: WireRequest, emulator: &Emulator) -> Result<WireResponse, TransportError> {
        let answer = BlockingTransport::send(emulator, request)?;
        if self.hides_headers.load(Ordering::SeqCst) {
            return Ok(WireResponse::new(answer.status(), answer.body()));
        }
        Ok(answer)
    }

    fn note(&self, request: &WireRequest) -> Option<Part> {
        let action = format!("{}.{}", request.service(), request.action());
        let mut state = self.state();
        let part = state.parts.iter().position(|(of, _)| *of == action);
        let part = part.and_then(|at| state.parts.remove(at)).map(|(_, part)| part);
        state.sent.push(Sent { action, request: request.clone() });
        part
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parts that need no waiting.
fn play(part: Option<Part>) -> Result<(), TransportError> {
    match part {
        None => Ok(()),
        Some(Part::Panic) => panic!("the transport panics"),
        Some(Part::Break) => Err(TransportError::new(TransportErrorKind::Io, "the connection broke")),
        Some(other) => panic!("{other:?} is not for this side"),
    }
}
