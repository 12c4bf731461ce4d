//! Does a transport of your own keep its contract?
//!
//! The contract stands at [`Transport`]. This suite talks to a small HTTP server of its own, on loopback,
//! that answers well, badly, slowly or not at all, and looks at what the transport makes of it. It takes a
//! few seconds, needs no runtime, and works with whatever runtime the transport needs. The server speaks plain
//! HTTP on 127.0.0.1; a transport that goes through a proxy must go to it directly.
//!
//! ```no_run
//! # use kaltura_auth::{Transport, transport_fn, WireResponse};
//! # fn my_transport() -> impl Transport { transport_fn(|_| async { Ok(WireResponse::new(200, "")) }) }
//! use kaltura_testing::conformance;
//!
//! // #[tokio::test], or any other executor
//! async fn my_transport_keeps_the_contract() {
//!     conformance::check(&my_transport()).await.assert();
//! }
//! ```
//!
//! A transport that reads no answer breaks most of it:
//!
//! ```
//! use kaltura_auth::{WireResponse, blocking_transport_fn};
//! use kaltura_testing::conformance::{self, Rule, Verdict};
//!
//! let canned = blocking_transport_fn(|_request| Ok(WireResponse::new(200, "null")));
//! let report = conformance::check_blocking(&canned);
//!
//! assert!(!report.is_kept());
//! assert!(report.broken().any(|rule| rule == Rule::RequestBody));
//! assert_eq!(report.verdict(Rule::NoSecrets), &Verdict::NotApplicable("there was no error".into()));
//! println!("{report}");
//! ```

mod gzip;
mod http;
mod peer;
mod report;
mod rule;
mod rules;
mod subject;
mod suite;

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use kaltura_auth::{BlockingTransport, Transport};

pub use self::report::{Report, Verdict};
pub use self::rule::Rule;

use self::subject::Subject;

/// Checks an async transport, in the executor that polls this future.
///
/// Where the transport hangs, the server hangs up after some seconds, so that this comes to an end.
pub async fn check<T: Transport + ?Sized>(transport: &T) -> Report {
    suite::run(Subject::Async(&transport)).await
}

/// Checks a blocking transport.
pub fn check_blocking<T: BlockingTransport + ?Sized>(transport: &T) -> Report {
    wait_for(suite::run(Subject::Blocking(&transport)))
}

/// Polls a future on this thread, which sleeps meanwhile.
fn wait_for<F: Future>(future: F) -> F::Output {
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
