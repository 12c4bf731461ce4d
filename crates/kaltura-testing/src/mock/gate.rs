//! A gate that is closed until somebody opens it.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Holds answers back until a test opens it, so that a test can look at what happens while a request is
/// under way. No sleeping, and no runtime needed. A clone is the same gate.
///
/// ```
/// # use std::thread; use kaltura_auth::{BlockingTransport as _, WireRequest};
/// # use kaltura_testing::mock::{Gate, MockTransport, answers};
/// let kaltura = MockTransport::new();
/// let gate = Gate::closed();
/// kaltura.expect("system.ping").held_by(&gate).answer(answers::json(true));
///
/// thread::scope(|scope| {
///     # let request = WireRequest::new("https://example.com/", "system", "ping", "{}");
///     let ping = scope.spawn(|| kaltura.send(request));
///     assert!(!ping.is_finished());
///     gate.open();
///     assert!(ping.join().unwrap().is_ok());
/// });
/// ```
#[derive(Clone, Default)]
pub struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    open: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    /// A gate that lets nobody through yet.
    #[must_use]
    pub fn closed() -> Self {
        Self::default()
    }

    /// Lets everybody through, now and later.
    pub fn open(&self) {
        let waiting = {
            let mut state = self.state();
            state.open = true;
            std::mem::take(&mut state.waiting)
        };
        self.0.opened.notify_all();
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether it has been opened.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state().open
    }

    /// Waits until it is open.
    pub async fn pass(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.open {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Waits until it is open, holding the thread meanwhile.
    pub fn pass_blocking(&self) {
        let closed = |state: &mut State| !state.open;
        drop(self.0.opened.wait_while(self.state(), closed).unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_open() { "Gate(open)" } else { "Gate(closed)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn opening_wakes_each_waiter_once() {
        let gate = Gate::closed();
        let counter = Arc::new(Counter(AtomicUsize::new(0)));
        let waker = Waker::from(counter.clone());
        let mut context = Context::from_waker(&waker);
        let mut passing = pin!(gate.pass());
        for _ in 0..2 {
            assert!(passing.as_mut().poll(&mut context).is_pending());
        }
        gate.clone().open();
        assert_eq!(counter.0.load(Ordering::SeqCst), 1);
        assert!(passing.as_mut().poll(&mut context).is_ready());
        gate.pass_blocking();
    }
}
