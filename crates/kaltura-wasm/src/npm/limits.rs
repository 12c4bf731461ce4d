//! What ends the wait of a caller: a timeout, an abort signal, the end of the client.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::FutureExt as _;
use futures_util::future::Shared;
use js_sys::{Function, Reflect};
use kaltura_auth::runtime::Runtime as _;
use kaltura_client::Error;
use wasm_bindgen::prelude::*;

use super::failure::Failure;
use crate::JsRuntime;
use crate::host::npm::on_abort;

/// A login or a call. It is boxed, since the code that drives it is large.
pub(super) type Operation = Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>;

/// Completes when the client is closed.
pub(super) type Closed = Shared<oneshot::Receiver<()>>;

/// The limits of one call.
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) signal: Option<AbortSignal>,
    pub(super) closed: Closed,
}

impl Limits {
    /// The result of the operation, unless a limit is reached before.
    pub(super) async fn apply(
        self,
        runtime: JsRuntime,
        mut operation: Operation,
    ) -> Result<JsValue, Failure> {
        let Self { timeout, mut signal, mut closed } = self;
        let mut sleep = runtime.sleep(timeout);
        poll_fn(|context| {
            if closed.poll_unpin(context).is_ready() {
                return Poll::Ready(Err(Failure::Closed));
            }
            if let Some(signal) = &mut signal
                && signal.aborted.poll_unpin(context).is_ready()
            {
                return Poll::Ready(Err(Failure::Aborted(signal.reason())));
            }
            if let Poll::Ready(result) = operation.as_mut().poll(context) {
                return Poll::Ready(result.map_err(Failure::from));
            }
            sleep.poll_unpin(context).map(|()| Err(Failure::TimedOut(timeout)))
        })
        .await
    }
}

/// An `AbortSignal` of the caller. Dropping it removes the listener.
pub(super) struct AbortSignal {
    signal: JsValue,
    aborted: oneshot::Receiver<()>,
    remove: Function,
    _listener: Closure<dyn FnMut()>,
}

impl AbortSignal {
    /// `None` if there is no signal.
    pub(super) fn listen(signal: JsValue) -> Result<Option<Self>, Failure> {
        if signal.is_undefined() {
            return Ok(None);
        }
        let (sender, aborted) = oneshot::channel();
        let mut sender = Some(sender);
        let listener = Closure::<dyn FnMut()>::new(move || {
            // The receiver may have been dropped.
            let _ = sender.take().map(|sender| sender.send(()));
        });
        let remove = on_abort(&signal, listener.as_ref().unchecked_ref()).map_err(Failure::Host)?;
        Ok(Some(Self { signal, aborted, remove, _listener: listener }))
    }

    fn reason(&self) -> JsValue {
        Reflect::get(&self.signal, &"reason".into()).unwrap_or(JsValue::UNDEFINED)
    }
}

impl Drop for AbortSignal {
    fn drop(&mut self) {
        // It fails only if the signal is not one of the host.
        let _ = self.remove.call0(&JsValue::UNDEFINED);
    }
}
