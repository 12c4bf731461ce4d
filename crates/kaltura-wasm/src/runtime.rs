//! Time, randomness and tasks of the JavaScript host.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::futures::spawn_local;
use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use wasm_bindgen::prelude::*;

use crate::host;

/// The [`Runtime`] of browsers, Node.js and Deno: `Date.now`, `performance.now`, `Math.random` and `setTimeout` of the
/// global scope. Tasks run on the event loop.
#[derive(Clone, Default)]
pub struct JsRuntime {
    /// Whether the task that runs now must not keep the process alive.
    in_background: Rc<Cell<bool>>,
}

impl JsRuntime {
    /// A runtime.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same task with timers that do not keep a process of Node.js or Deno running, for
    /// [`Client::run_refresh_loop`](kaltura_client::Client::run_refresh_loop) of a client with this runtime.
    pub fn in_background(
        &self,
        task: impl Future<Output = ()> + 'static,
    ) -> impl Future<Output = ()> + 'static {
        InBackground { task: Box::pin(task), flag: Rc::clone(&self.in_background) }
    }
}

impl Clock for JsRuntime {
    fn unix_time(&self) -> Duration {
        from_milliseconds(js_sys::Date::now())
    }

    fn monotonic(&self) -> Duration {
        from_milliseconds(host::monotonic_milliseconds())
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "32 random bits are taken")]
    fn random(&self) -> u64 {
        let bits = || (js_sys::Math::random() * 4_294_967_296.0) as u64;
        (bits() << 32) | bits()
    }
}

impl Runtime for JsRuntime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (sender, receiver) = oneshot::channel();
        let timer = Timer::start(sender, duration, self.in_background.get());
        Box::pin(async move {
            // The sender lives as long as the timer.
            let _ = receiver.await;
            drop(timer);
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        spawn_local(task);
        Ok(())
    }
}

impl fmt::Debug for JsRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsRuntime")
    }
}

/// `setTimeout`, cleared when it is dropped.
struct Timer {
    timer: host::Timer,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    fn start(sender: oneshot::Sender<()>, duration: Duration, background: bool) -> Self {
        let mut sender = Some(sender);
        let callback = Closure::<dyn FnMut()>::new(move || {
            // The receiver may have been dropped.
            let _ = sender.take().map(|sender| sender.send(()));
        });
        let milliseconds = duration.as_secs_f64() * 1000.0;
        let timer = host::start_timer(callback.as_ref().unchecked_ref(), milliseconds, background);
        Self { timer, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        host::stop_timer(&self.timer);
    }
}

/// A task that sets the flag while it runs.
struct InBackground {
    task: Pin<Box<dyn Future<Output = ()>>>,
    flag: Rc<Cell<bool>>,
}

impl Future for InBackground {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let before = self.flag.replace(true);
        let polled = self.task.as_mut().poll(context);
        self.flag.set(before);
        polled
    }
}

fn from_milliseconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}
