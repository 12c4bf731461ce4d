//! Tests whether a transport keeps the contract of [`Transport`]; [`store`] tests session stores.
//!
//! The suite starts an HTTP server on loopback that sends correct, malformed, slow or no responses, and checks
//! how the transport handles them. It takes a few seconds, needs no runtime of its own, and runs in whichever
//! runtime the transport needs. The server uses plain HTTP on 127.0.0.1, so the transport must connect to it
//! directly, without a proxy.
//!
//! ```no_run
//! # use kaltura_auth::{Transport, transport_fn, WireResponse};
//! # fn my_transport() -> impl Transport { transport_fn(|_| async { Ok(WireResponse::new(200, "")) }) }
//! use kaltura_testing::conformance;
//!
//! // #[tokio::test], or any other executor
//! async fn my_transport_keeps_the_contract() {
//!     conformance::check(&my_transport()).await.assert_passed();
//! }
//! ```
//!
//! A transport with a fixed response fails most checks:
//!
//! ```
//! use kaltura_auth::{WireResponse, blocking::transport_fn as blocking_transport_fn};
//! use kaltura_testing::conformance::{self, Outcome, Rule};
//!
//! let fixed = blocking_transport_fn(|_request| Ok(WireResponse::new(200, "null")));
//! let report = conformance::check_blocking(&fixed);
//!
//! assert!(!report.passed());
//! assert!(report.failed().any(|rule| rule == Rule::RequestBody));
//! assert_eq!(report.outcome(Rule::NoSecrets), &Outcome::NotApplicable("there was no error".into()));
//! println!("{report}");
//! ```

mod failures;
mod limits;
mod messages;
mod report;
mod server;
pub mod store;
mod suite;

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use kaltura_auth::{Transport, blocking::Transport as BlockingTransport};

pub use self::report::{Outcome, Report, Rule};

use self::suite::TestedTransport;

/// Checks an async transport, in the executor that polls this future.
///
/// It ends even if the transport hangs: the server closes such connections after some seconds.
pub async fn check<T: Transport + ?Sized>(transport: &T) -> Report {
    suite::run(TestedTransport::Async(&transport)).await
}

/// Checks a blocking transport.
pub fn check_blocking<T: BlockingTransport + ?Sized>(transport: &T) -> Report {
    block_on(suite::run(TestedTransport::Blocking(&transport)))
}

/// Runs a future on this thread, and parks the thread while the future is pending.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests;
