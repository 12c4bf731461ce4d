//! A scripted transport for unit tests: no network, no server, no account.
//!
//! A test says which requests it expects and what is answered to them. A request that does not fit is told
//! with all that was expected and all that came; secrets are never shown, not even those of the test.
//!
//! ```
//! use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, SessionRequest};
//! use kaltura_testing::mock::{MockTransport, answers};
//! use kaltura_types::{HashType, Ks, PartnerId};
//!
//! let partner = PartnerId::new(1234567);
//! let token = "3f786850e387550fdab836ed7e6dc881";
//! let widget_ks = answers::made_up_ks(partner);
//!
//! let kaltura = MockTransport::new();
//! kaltura
//!     .expect("session.startWidgetSession")
//!     .with("widgetId", "_1234567")
//!     .without("ks")
//!     .answer(answers::widget_session(partner).ks(&widget_ks));
//! kaltura
//!     .expect("appToken.startSession")
//!     .with_ks(&widget_ks)
//!     .with("id", "0_7jh3eu10")
//!     .with_a_token_hash_of(token, HashType::Sha256)
//!     .with("userId", "alice")
//!     .with_nothing_else()
//!     .answer(answers::session(partner).user("alice"));
//!
//! // What is tested: a login, or your own code that does one.
//! let token = AppTokenCredentials::new(partner, "0_7jh3eu10", token, HashType::Sha256);
//! let login = AppTokenLogin::new(ServiceUrl::US, token).request(SessionRequest::new().user_id("alice"));
//! let session = login.run_blocking(&kaltura)?;
//!
//! assert_eq!(session.user_id().unwrap().as_str(), "alice");
//! kaltura.verify();
//! # Ok::<(), kaltura_auth::Error>(())
//! ```
//!
//! For answers that follow the server's rules instead of a script, see the crate `kaltura-emulator`.

pub mod answers;
mod call;
mod condition;
mod expectation;
mod gate;
mod script;
mod shown;
mod story;

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kaltura_auth::{
    BlockingTransport, Transport, TransportError, TransportErrorKind, WireRequest, WireResponse,
};

pub use self::call::Call;
pub use self::expectation::Expectation;
pub use self::gate::Gate;

use self::script::{Expected, Reply, Script};

/// A [`Transport`] and [`BlockingTransport`] that gives the answers of a script. A clone has the same script.
///
/// A request that does not fit gets a [`TransportError`] of the kind `Other`, whose source tells what was
/// expected and what came; from then on nothing fits any more. [`verify`](Self::verify) panics with the
/// same story, so that a test fails even if the code under test swallows the error. So does dropping the
/// last clone, unless the thread is panicking already. Call `verify` where the last clone may be dropped
/// on another thread or in a task: a panic there fails no test.
#[derive(Clone)]
pub struct MockTransport(Arc<Scripted>);

struct Scripted(Mutex<Script>);

impl MockTransport {
    /// Requests come in the order in which they are expected.
    ///
    /// An expectation that need not come (again) is passed over when the next one fits.
    #[must_use]
    pub fn new() -> Self {
        Self::with_script(Script::new(true))
    }

    /// Requests come in any order. Each goes to the first expectation that it fits and that may still come.
    ///
    /// ```
    /// # use kaltura_testing::mock::{MockTransport, answers};
    /// # use kaltura_auth::{BlockingTransport as _, WireRequest};
    /// let kaltura = MockTransport::in_any_order();
    /// kaltura.expect("system.ping").answer(answers::json(true));
    /// kaltura.expect("system.getTime").answer(answers::json(1_795_493_359));
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

    /// Begins to expect a request, named by service and action, such as `appToken.startSession`.
    ///
    /// # Panics
    ///
    /// If the name is not of two parts with a dot between.
    #[track_caller]
    pub fn expect(&self, name: &str) -> Expectation<'_> {
        assert!(
            name.split_once('.').is_some_and(|(service, action)| !service.is_empty() && !action.is_empty()),
            "expect a request by service and action, such as \"session.start\", not {name:?}"
        );
        Expectation::new(self, name, Location::caller())
    }

    /// All requests so far, those that did not fit included.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.script().calls()
    }

    /// Makes sure that all went as expected: no request that did not fit, and none missing.
    ///
    /// # Panics
    ///
    /// If not, with the story.
    #[track_caller]
    pub fn verify(&self) {
        let verdict = self.0.script().verdict();
        fail_the_test(verdict);
    }

    fn with_script(script: Script) -> Self {
        Self(Arc::new(Scripted(Mutex::new(script))))
    }

    fn add(&self, expected: Expected) {
        self.0.script().add(expected);
    }

    fn receive(&self, call: &Call) -> Result<Reply, TransportError> {
        let received = self.0.script().receive(call.clone());
        received.map_err(|story| TransportError::new(TransportErrorKind::Other, Story(story)))
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
        if let Some(gate) = &reply.gate {
            gate.pass().await;
        }
        (reply.answer)(&call)
    }
}

impl BlockingTransport for MockTransport {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let call = Call::new(request);
        let reply = self.receive(&call)?;
        if let Some(gate) = &reply.gate {
            gate.pass_blocking();
        }
        (reply.answer)(&call)
    }
}

impl Scripted {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let verdict = self.script().verdict();
            fail_the_test(verdict);
        }
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a mock fails a test as an assertion does")]
fn fail_the_test(verdict: Option<String>) {
    if let Some(story) = verdict {
        panic!("{story}");
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockTransport({} requests came)", self.0.script().calls().len())
    }
}

/// A story as an error: `Debug` keeps its lines, since that is what `unwrap` shows.
struct Story(String);

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Story {}

#[cfg(test)]
mod tests;
