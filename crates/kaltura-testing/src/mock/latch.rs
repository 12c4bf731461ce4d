//! A latch: closed until a test opens it.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Blocks waiters until it is opened, then stays open.
///
/// With [`Expectation::delay_until`](super::Expectation::delay_until) a test holds a response back while it
/// inspects a request in progress. No sleeping, and no runtime needed. Clones share the state.
///
/// ```
/// # use std::thread; use kaltura_auth::{blocking::Transport as _, WireRequest};
/// # use kaltura_testing::mock::{Latch, MockTransport, responses};
/// let kaltura = MockTransport::new();
/// let latch = Latch::new();
/// kaltura.expect("system.ping").delay_until(&latch).respond(responses::json(true));
///
/// thread::scope(|scope| {
///     # let request = WireRequest::new("https://example.com/", "system", "ping", "{}");
///     let ping = scope.spawn(|| kaltura.send(request));
///     assert!(!ping.is_finished());
///     latch.open();
///     assert!(ping.join().unwrap().is_ok());
/// });
/// ```
#[derive(Clone, Default)]
pub struct Latch(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    open: bool,
    wakers: Vec<Waker>,
}

impl Latch {
    /// A closed latch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Releases all waiters, now and later.
    pub fn open(&self) {
        let wakers = {
            let mut state = self.state();
            state.open = true;
            std::mem::take(&mut state.wakers)
        };
        self.0.opened.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether it has been opened.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state().open
    }

    /// Waits until the latch is open.
    pub async fn wait(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.open {
                return Poll::Ready(());
            }
            if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                state.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Waits until the latch is open, blocking the thread.
    pub fn wait_blocking(&self) {
        let is_closed = |state: &mut State| !state.open;
        drop(self.0.opened.wait_while(self.state(), is_closed).unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_open() { "Latch(open)" } else { "Latch(closed)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    struct WakeCounter(AtomicUsize);

    impl Wake for WakeCounter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn opening_wakes_each_waiter_once() {
        let latch = Latch::new();
        let counter = Arc::new(WakeCounter(AtomicUsize::new(0)));
        let waker = Waker::from(counter.clone());
        let mut context = Context::from_waker(&waker);
        let mut waiting = pin!(latch.wait());
        for _ in 0..2 {
            assert!(waiting.as_mut().poll(&mut context).is_pending());
        }
        latch.clone().open();
        assert_eq!(counter.0.load(Ordering::SeqCst), 1);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
        latch.wait_blocking();
    }
}
