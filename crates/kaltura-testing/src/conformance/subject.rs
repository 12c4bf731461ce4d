//! The transport under test, of either kind.

use std::future::poll_fn;
use std::task::Poll;

use kaltura_auth::{BlockingTransport, Transport, TransportError, WireRequest, WireResponse};

use crate::mock::Gate;

pub(super) type Outcome = Result<WireResponse, TransportError>;

#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Async(&'a dyn Transport),
    Blocking(&'a dyn BlockingTransport),
}

impl Subject<'_> {
    pub(super) async fn send(self, request: WireRequest) -> Outcome {
        match self {
            Self::Async(transport) => transport.send(request).await,
            Self::Blocking(transport) => transport.send(request),
        }
    }

    /// Sends all of them at once.
    pub(super) async fn send_all(self, requests: Vec<WireRequest>) -> Vec<Outcome> {
        match self {
            Self::Async(transport) => {
                let mut sending: Vec<_> =
                    requests.into_iter().map(|request| transport.send(request)).collect();
                let mut outcomes: Vec<Option<Outcome>> = sending.iter().map(|_| None).collect();
                poll_fn(|context| {
                    for (future, outcome) in sending.iter_mut().zip(&mut outcomes) {
                        if outcome.is_none()
                            && let Poll::Ready(ready) = future.as_mut().poll(context)
                        {
                            *outcome = Some(ready);
                        }
                    }
                    if outcomes.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                outcomes.into_iter().flatten().collect()
            }
            Self::Blocking(transport) => std::thread::scope(|scope| {
                let sending: Vec<_> =
                    requests.into_iter().map(|request| scope.spawn(|| transport.send(request))).collect();
                sending.into_iter().filter_map(|thread| thread.join().ok()).collect()
            }),
        }
    }

    /// Sends a request, and drops the future once `gate` is open. Gives the outcome if there was one before.
    ///
    /// Gives `None` for a blocking transport, which has no future.
    pub(super) async fn send_until(self, gate: &Gate, request: WireRequest) -> Option<Outcome> {
        let Self::Async(transport) = self else { return None };
        let mut sending = transport.send(request);
        let mut gate_opens = Box::pin(gate.pass());
        poll_fn(|context| {
            if let Poll::Ready(outcome) = sending.as_mut().poll(context) {
                return Poll::Ready(Some(outcome));
            }
            gate_opens.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}
