//! One expectation: which request it matches, and the response to it.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use kaltura_auth::{TokenHash, TransportError, TransportErrorKind, WireResponse};
use kaltura_types::{AppTokenValue, HashType, Ks};
use serde_json::Value;

use super::MockTransport;
use super::call::{self, Call};
use super::latch::Latch;
use super::script::{Expected, Times};

/// Parameters that every request has. They are never reported as unexpected.
const COMMON_PARAMS: [&str; 2] = ["format", "clientTag"];

/// The builder of an expected request. It takes effect once its response is set: with
/// [`respond`](Self::respond), [`respond_with`](Self::respond_with), [`fail`](Self::fail) or
/// [`fail_with`](Self::fail_with).
///
/// Parameters are named by their path, such as `widgetId` or `filter.statusEqual`. A body that the server
/// would not read, because of its content type or because it is not a JSON object, meets no condition on
/// parameters (wire contract, section 1.3).
#[must_use = "an expectation takes effect only with a response: end it with `.respond(…)` or `.fail(…)`"]
pub struct Expectation<'a> {
    mock: &'a MockTransport,
    name: String,
    location: &'static Location<'static>,
    conditions: Vec<Condition>,
    /// The top-level parameters that a condition names.
    params: Vec<String>,
    times: Times,
    latch: Option<Latch>,
}

impl<'a> Expectation<'a> {
    pub(super) fn new(mock: &'a MockTransport, name: &str, location: &'static Location<'static>) -> Self {
        Self {
            mock,
            name: name.to_owned(),
            location,
            conditions: Vec::new(),
            params: COMMON_PARAMS.map(str::to_owned).into(),
            times: Times::exactly(1),
            latch: None,
        }
    }

    /// Requires this parameter with exactly this value. A number and the same number as a string differ.
    pub fn with_param(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.add_param(path);
        self.require(Condition::param(path.to_owned(), value.into()))
    }

    /// Requires this parameter with any value but null.
    pub fn with_any_param(mut self, path: &str) -> Self {
        self.add_param(path);
        self.require(Condition::any_param(path.to_owned()))
    }

    /// Requires this parameter with a value that `predicate` accepts. `description` names the predicate in
    /// the report of a failure.
    ///
    /// ```
    /// # use kaltura_testing::mock::{MockTransport, responses};
    /// # let kaltura = MockTransport::new();
    /// kaltura
    ///     .expect("session.startWidgetSession")
    ///     .with_param_matching("expiry", "at most a day", |expiry| expiry.as_i64().is_some_and(|s| s <= 86_400))
    ///     .any_number_of_times()
    ///     .respond(responses::null());
    /// ```
    pub fn with_param_matching(
        mut self,
        path: &str,
        description: &str,
        predicate: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.add_param(path);
        self.require(Condition::param_matching(path.to_owned(), description, predicate))
    }

    /// Requires that this parameter is absent. Null counts as present, since the server uses it as a value.
    pub fn without_param(self, path: &str) -> Self {
        self.require(Condition::no_param(path.to_owned()))
    }

    /// Requires that there is no parameter besides those named so far, and `format` and `clientTag`.
    pub fn without_other_params(self) -> Self {
        let named = self.params.clone();
        self.require(Condition::no_other_params(named))
    }

    /// Requires this KS.
    pub fn with_ks(self, ks: &Ks) -> Self {
        self.with_param("ks", ks.expose())
    }

    /// Requires a `tokenHash` of the KS in the same request and this app token (wire contract, section 4.9).
    pub fn with_token_hash(mut self, token: impl Into<AppTokenValue>, hash_type: HashType) -> Self {
        self.add_param("ks");
        self.add_param("tokenHash");
        self.require(Condition::token_hash(token.into(), hash_type))
    }

    /// Requires this header. The case of the name does not matter.
    pub fn with_header(self, name: &str, value: &str) -> Self {
        self.require(Condition::header(name.to_owned(), value.to_owned()))
    }

    /// Requires exactly this URL.
    pub fn with_url(self, url: &str) -> Self {
        self.require(Condition::url(url.to_owned()))
    }

    /// Requires exactly this timeout.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.require(Condition::timeout(Some(timeout)))
    }

    /// Requires that the request has no timeout.
    pub fn without_timeout(self) -> Self {
        self.require(Condition::timeout(None))
    }

    /// Requires a request that `predicate` accepts. `description` names the predicate in the report of a
    /// failure.
    pub fn matching(
        self,
        description: &str,
        predicate: impl Fn(&Call) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.require(Condition::matching(description, predicate))
    }

    /// Expects exactly this many requests. The default is 1.
    pub const fn times(mut self, times: usize) -> Self {
        self.times = Times::exactly(times);
        self
    }

    /// Expects at least this many requests.
    pub const fn at_least(mut self, times: usize) -> Self {
        self.times = Times::at_least(times);
        self
    }

    /// Allows any number of requests, including none.
    pub const fn any_number_of_times(self) -> Self {
        self.at_least(0)
    }

    /// Holds the response back until the latch is open.
    pub fn delay_until(mut self, latch: &Latch) -> Self {
        self.latch = Some(latch.clone());
        self
    }

    /// Responds with this. Repeated requests get the same response, with the same KS.
    pub fn respond(self, response: impl Into<WireResponse>) {
        let response = response.into();
        self.finish(move |_| Ok(response.clone()));
    }

    /// Responds with what the function creates from the request.
    ///
    /// ```
    /// # use kaltura_testing::mock::{MockTransport, responses};
    /// # use kaltura_types::PartnerId;
    /// # let kaltura = MockTransport::new();
    /// # let partner = PartnerId::new(1234567);
    /// // A new KS for each request, for the requested user.
    /// kaltura.expect("appToken.startSession").any_number_of_times().respond_with(move |call| {
    ///     let user = call.param("userId").and_then(|user| user.as_str()).unwrap_or_default();
    ///     responses::session(partner).user(user)
    /// });
    /// ```
    pub fn respond_with<R: Into<WireResponse>>(self, respond: impl Fn(&Call) -> R + Send + Sync + 'static) {
        self.finish(move |call| Ok(respond(call).into()));
    }

    /// Fails with a [`TransportError`] of this kind instead of a response.
    pub fn fail(self, kind: TransportErrorKind) {
        self.fail_with(TransportError::new(kind, "scripted failure of the mock transport"));
    }

    /// Fails with this error instead of a response.
    pub fn fail_with(self, error: TransportError) {
        self.finish(move |_| Err(error.clone()));
    }

    fn finish(
        self,
        responder: impl Fn(&Call) -> Result<WireResponse, TransportError> + Send + Sync + 'static,
    ) {
        let Self { mock, name, location, conditions, times, latch, .. } = self;
        mock.add(Expected::new(name, location, conditions, times, latch, responder));
    }

    fn require(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    fn add_param(&mut self, path: &str) {
        let top_level = path.split('.').next().unwrap_or(path);
        self.params.push(top_level.to_owned());
    }
}

impl fmt::Debug for Expectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({}", self.name)?;
        self.conditions.iter().try_for_each(|condition| write!(f, ", {condition}"))?;
        f.write_str(")")
    }
}

/// Returns the reason why a request does not meet a condition.
type Check = dyn Fn(&Call) -> Result<(), String> + Send + Sync;

/// One condition on a request: its description and its check.
pub(super) struct Condition {
    description: String,
    check: Box<Check>,
}

impl Condition {
    pub(super) fn check(&self, call: &Call) -> Result<(), String> {
        (self.check)(call)
    }

    fn new(
        description: impl Into<String>,
        check: impl Fn(&Call) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self { description: description.into(), check: Box::new(check) }
    }

    /// A condition on the parameters. It is not met if the server would not read the body.
    fn on_params(
        description: impl Into<String>,
        check: impl Fn(&Call) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(description, move |call| match call.unreadable() {
            Some(unreadable) => Err(unreadable.to_string()),
            None => check(call),
        })
    }

    fn param(path: String, expected: Value) -> Self {
        let secrets = call::secrets_in(&path, &expected);
        let redacted = call::redacted(&path, &expected, &secrets);
        Self::on_params(format!("with {path} = {redacted}"), move |call| {
            let value = call.param(&path).ok_or_else(|| format!("{path} is missing"))?;
            match call.redacted(&path, value) {
                _ if *value == expected => Ok(()),
                // Two secrets may be redacted to the same text.
                same if same == redacted => Err(format!("{path} is a different secret of the same length")),
                other => Err(format!("{path} is {other}")),
            }
        })
    }

    fn any_param(path: String) -> Self {
        Self::on_params(format!("with any {path}"), move |call| match call.param(&path) {
            None | Some(Value::Null) => Err(format!("{path} is missing")),
            Some(_) => Ok(()),
        })
    }

    fn param_matching(
        path: String,
        description: &str,
        predicate: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::on_params(format!("with {path} matching {description:?}"), move |call| {
            match call.param(&path) {
                None => Err(format!("{path} is missing")),
                Some(value) if predicate(value) => Ok(()),
                Some(value) => Err(format!("{path} is {}", call.redacted(&path, value))),
            }
        })
    }

    fn no_param(path: String) -> Self {
        Self::on_params(format!("without {path}"), move |call| match call.param(&path) {
            None => Ok(()),
            Some(value) => Err(format!("{path} is present: {}", call.redacted(&path, value))),
        })
    }

    fn no_other_params(named: Vec<String>) -> Self {
        Self::on_params("without other parameters", move |call| {
            let others: Vec<&str> = call
                .params()
                .keys()
                .map(String::as_str)
                .filter(|name| !named.iter().any(|known| known == name))
                .collect();
            if others.is_empty() { Ok(()) } else { Err(format!("it also has {}", others.join(", "))) }
        })
    }

    fn token_hash(token: AppTokenValue, hash_type: HashType) -> Self {
        let description = format!("with a tokenHash of its ks and the app token ({hash_type})");
        Self::on_params(description, move |call| {
            let ks = call.ks().ok_or("ks is missing, so tokenHash cannot be checked")?;
            let sent = call.param("tokenHash").and_then(Value::as_str).ok_or("tokenHash is missing")?;
            let matches = |hash_type| TokenHash::new(hash_type, &ks, &token).expose() == sent;
            if matches(hash_type) {
                return Ok(());
            }
            Err(match HashType::ALL.into_iter().find(|other| matches(*other)) {
                Some(other) => format!("tokenHash is the {other} hash of its ks and the app token"),
                None => "tokenHash is the hash of a different ks or app token".to_owned(),
            })
        })
    }

    fn header(name: String, expected: String) -> Self {
        let description = format!("with the header {name}: {}", call::redacted_text(&expected, &[]));
        Self::new(description, move |call| {
            match call.request().headers().find(|(header, _)| header.eq_ignore_ascii_case(&name)) {
                None => Err(format!("the header {name} is missing")),
                Some((_, value)) if value == expected => Ok(()),
                Some((_, value)) => {
                    Err(format!("the header {name} is {}", call::redacted_text(value, &call.secrets())))
                }
            }
        })
    }

    fn url(expected: String) -> Self {
        let description = format!("with the URL {}", call::redacted_text(&expected, &[]));
        Self::new(description, move |call| match call.request().url() {
            url if url == expected => Ok(()),
            url => Err(format!("its URL is {}", call::redacted_text(url, &call.secrets()))),
        })
    }

    fn timeout(expected: Option<Duration>) -> Self {
        let describe = |timeout: Option<Duration>| match timeout {
            Some(timeout) => format!("a timeout of {timeout:?}"),
            None => "no timeout".to_owned(),
        };
        Self::new(format!("with {}", describe(expected)), move |call| match call.request().timeout() {
            timeout if timeout == expected => Ok(()),
            timeout => Err(format!("it has {}", describe(timeout))),
        })
    }

    fn matching(description: &str, predicate: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        let reason = format!("it does not match {description:?}");
        Self::new(format!("matching {description:?}"), move |call| {
            if predicate(call) { Ok(()) } else { Err(reason.clone()) }
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}
