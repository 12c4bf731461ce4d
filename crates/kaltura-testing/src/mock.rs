//! A scripted transport for unit tests: no network, no server, no account.
//!
//! A test states which requests it expects, and the response to each. An unexpected request fails the test
//! with a report of everything that was expected and received. The report never contains secrets, not even
//! those of the test.
//!
//! ```
//! use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, SessionRequest};
//! use kaltura_testing::mock::{MockTransport, responses};
//! use kaltura_types::{HashType, Ks, PartnerId};
//!
//! let partner = PartnerId::new(1234567);
//! let token = "3f786850e387550fdab836ed7e6dc881";
//! let widget_ks = responses::generate_ks(partner);
//!
//! let kaltura = MockTransport::new();
//! kaltura
//!     .expect("session.startWidgetSession")
//!     .with_param("widgetId", "_1234567")
//!     .without_param("ks")
//!     .respond(responses::widget_session(partner).ks(&widget_ks));
//! kaltura
//!     .expect("appToken.startSession")
//!     .with_ks(&widget_ks)
//!     .with_param("id", "0_7jh3eu10")
//!     .with_token_hash(token, HashType::Sha256)
//!     .with_param("userId", "alice")
//!     .without_other_params()
//!     .respond(responses::session(partner).user("alice"));
//!
//! // The code under test: here a login, otherwise the application's own code.
//! let token = AppTokenCredentials::new(partner, "0_7jh3eu10", token, HashType::Sha256);
//! let login = AppTokenLogin::new(ServiceUrl::US, token).request(SessionRequest::new().user_id("alice"));
//! let session = login.run_blocking(&kaltura)?;
//!
//! assert_eq!(session.user_id().unwrap().as_str(), "alice");
//! kaltura.verify();
//! # Ok::<(), kaltura_auth::Error>(())
//! ```
//!
//! For responses that follow the server's rules instead of a script, use the crate `kaltura-emulator`.

mod call;
mod expectation;
mod form;
mod latch;
pub mod responses;
mod script;

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kaltura_auth::{
    Transport, TransportError, TransportErrorKind, WireRequest, WireResponse,
    blocking::Transport as BlockingTransport,
};

pub use self::call::Call;
pub use self::expectation::Expectation;
pub use self::latch::Latch;

use self::script::{Expected, Reply, Script};

/// A [`Transport`] and [`BlockingTransport`] that responds by a script. Clones share the script.
///
/// An unexpected request gets a [`TransportError`] of kind `Other`, whose source is a report of what was
/// expected and received; every later request fails too. [`verify`](Self::verify) panics with the same
/// report, so that a test fails even if the code under test swallows the error. So does dropping the last
/// clone, unless the thread is already panicking. Call `verify` where the last clone may be dropped on
/// another thread or in a task: a panic there fails no test.
#[derive(Clone)]
pub struct MockTransport(Arc<SharedScript>);

struct SharedScript(Mutex<Script>);

impl MockTransport {
    /// A mock that requires requests in the order in which they are expected.
    ///
    /// An optional expectation, or one that may repeat, is skipped when the next one matches.
    #[must_use]
    pub fn new() -> Self {
        Self::with_script(Script::new(true))
    }

    /// A mock that accepts requests in any order. Each request uses the first expectation that matches it
    /// and is not used up.
    ///
    /// ```
    /// # use kaltura_testing::mock::{MockTransport, responses};
    /// # use kaltura_auth::{blocking::Transport as _, WireRequest};
    /// let kaltura = MockTransport::in_any_order();
    /// kaltura.expect("system.ping").respond(responses::json(true));
    /// kaltura.expect("system.getTime").respond(responses::json(1_795_493_359));
    /// # for action in ["getTime", "ping"] {
    /// #     kaltura.send(WireRequest::new("https://example.com/", "system", action, "{}"))?;
    /// # }
    /// # kaltura.verify();
    /// # Ok::<(), kaltura_auth::TransportError>(())
    /// ```
    #[must_use]
    pub fn in_any_order() -> Self {
        Self::with_script(Script::new(false))
    }

    /// Starts an expectation of a request by service and action, such as `appToken.startSession`.
    ///
    /// # Panics
    ///
    /// If the name does not consist of a service and an action, separated by a dot.
    #[track_caller]
    pub fn expect(&self, name: &str) -> Expectation<'_> {
        assert!(
            name.split_once('.').is_some_and(|(service, action)| !service.is_empty() && !action.is_empty()),
            "expect a request by service and action, such as \"session.start\", not {name:?}"
        );
        Expectation::new(self, name, Location::caller())
    }

    /// All requests received so far, including unexpected ones.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.script().calls()
    }

    /// Asserts that every expected request was received, and no other.
    ///
    /// # Panics
    ///
    /// If not, with the report.
    #[track_caller]
    pub fn verify(&self) {
        let failure = self.0.script().take_failure();
        panic_on(failure);
    }

    fn with_script(script: Script) -> Self {
        Self(Arc::new(SharedScript(Mutex::new(script))))
    }

    fn add(&self, expected: Expected) {
        self.0.script().add(expected);
    }

    fn receive(&self, call: &Call) -> Result<Reply, TransportError> {
        let received = self.0.script().receive(call.clone());
        received.map_err(|report| TransportError::new(TransportErrorKind::Other, Unexpected(report)))
    }
}

impl Default for MockTransport {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl Transport for MockTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let call = Call::new(request);
        let reply = self.receive(&call)?;
        if let Some(latch) = &reply.latch {
            latch.wait().await;
        }
        (reply.responder)(&call)
    }
}

impl BlockingTransport for MockTransport {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let call = Call::new(request);
        let reply = self.receive(&call)?;
        if let Some(latch) = &reply.latch {
            latch.wait_blocking();
        }
        (reply.responder)(&call)
    }
}

impl SharedScript {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharedScript {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let failure = self.script().take_failure();
            panic_on(failure);
        }
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a mock fails a test as an assertion does")]
fn panic_on(failure: Option<String>) {
    if let Some(report) = failure {
        panic!("{report}");
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockTransport({} requests received)", self.0.script().calls().len())
    }
}

/// The report of an unexpected request, as an error. `Debug` prints it unescaped, since that is what
/// `unwrap` shows.
struct Unexpected(String);

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unexpected {}

#[cfg(test)]
mod tests;
