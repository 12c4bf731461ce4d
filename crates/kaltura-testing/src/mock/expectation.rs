//! An expectation in the making: a sentence that ends with the answer.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use kaltura_auth::{TransportError, TransportErrorKind, WireResponse};
use kaltura_types::{AppTokenValue, HashType, Ks};
use serde_json::Value;

use super::MockTransport;
use super::call::Call;
use super::condition::Condition;
use super::gate::Gate;
use super::script::{Expected, Times};

/// Parameters that every request has and that say nothing of what is asked.
const ALWAYS_THERE: [&str; 2] = ["format", "clientTag"];

/// A request that is expected. It counts once its answer is said: with [`answer`](Self::answer),
/// [`answer_with`](Self::answer_with), [`fail`](Self::fail) or [`fail_with`](Self::fail_with).
///
/// Parameters are named by their path, such as `widgetId` or `filter.statusEqual`. A body that the server
/// would not read, because of its content type or because it is no JSON object, meets no condition on
/// parameters (wire contract, section 1.3).
#[must_use = "an expectation counts only with an answer: end it with `.answer(…)` or `.fail(…)`"]
pub struct Expectation<'a> {
    mock: &'a MockTransport,
    name: String,
    place: &'static Location<'static>,
    conditions: Vec<Condition>,
    named: Vec<String>,
    times: Times,
    gate: Option<Gate>,
}

impl<'a> Expectation<'a> {
    pub(super) fn new(mock: &'a MockTransport, name: &str, place: &'static Location<'static>) -> Self {
        Self {
            mock,
            name: name.to_owned(),
            place,
            conditions: Vec::new(),
            named: ALWAYS_THERE.map(str::to_owned).into(),
            times: Times::exactly(1),
            gate: None,
        }
    }

    /// With this parameter, of exactly this value. A number and its text are not the same.
    pub fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.name_parameter(path);
        self.and(Condition::parameter(path.to_owned(), value.into()))
    }

    /// With this parameter, whatever its value but null.
    pub fn with_any(mut self, path: &str) -> Self {
        self.name_parameter(path);
        self.and(Condition::any_parameter(path.to_owned()))
    }

    /// With this parameter, of a value that `holds` accepts. `says` completes "with `path` that …" in the
    /// story of a failure.
    ///
    /// ```
    /// # use kaltura_testing::mock::{MockTransport, answers};
    /// # let kaltura = MockTransport::new();
    /// kaltura
    ///     .expect("session.startWidgetSession")
    ///     .with_one_that("expiry", "is at most a day", |expiry| expiry.as_i64().is_some_and(|s| s <= 86_400))
    ///     .any_number_of_times()
    ///     .answer(answers::null());
    /// ```
    pub fn with_one_that(
        mut self,
        path: &str,
        says: &str,
        holds: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.name_parameter(path);
        self.and(Condition::parameter_that(path.to_owned(), says, holds))
    }

    /// Without this parameter, not even as null: the server takes a null at its word.
    pub fn without(self, path: &str) -> Self {
        self.and(Condition::no_parameter(path.to_owned()))
    }

    /// With no parameter but those that this sentence has named so far, and `format` and `clientTag`.
    pub fn with_nothing_else(self) -> Self {
        let named = self.named.clone();
        self.and(Condition::no_other_parameter(named))
    }

    /// With this KS.
    pub fn with_ks(self, ks: &Ks) -> Self {
        self.with("ks", ks.expose())
    }

    /// With the `tokenHash` that proves that the caller has this app token: made of the KS of the same
    /// request, in its exact spelling (wire contract, section 4.9).
    pub fn with_a_token_hash_of(mut self, token: impl Into<AppTokenValue>, hash_type: HashType) -> Self {
        self.name_parameter("ks");
        self.name_parameter("tokenHash");
        self.and(Condition::token_hash(token.into(), hash_type))
    }

    /// With this header, its name in any case.
    pub fn with_header(self, name: &str, value: &str) -> Self {
        self.and(Condition::header(name.to_owned(), value.to_owned()))
    }

    /// To this URL, as a whole.
    pub fn to_url(self, url: &str) -> Self {
        self.and(Condition::url(url.to_owned()))
    }

    /// With this time limit.
    pub fn with_timeout(self, limit: Duration) -> Self {
        self.and(Condition::timeout(Some(limit)))
    }

    /// Without a time limit.
    pub fn without_time_limit(self) -> Self {
        self.and(Condition::timeout(None))
    }

    /// That `holds` accepts as a whole. `says` completes "that …" in the story of a failure.
    pub fn that(self, says: &str, holds: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        self.and(Condition::that(says, holds))
    }

    /// It comes exactly this often, one after the other. Without this: once.
    pub const fn times(mut self, times: usize) -> Self {
        self.times = Times::exactly(times);
        self
    }

    /// It comes at least this often.
    pub const fn at_least(mut self, times: usize) -> Self {
        self.times = Times::at_least(times);
        self
    }

    /// It may come as often as it likes, or not at all.
    pub const fn any_number_of_times(self) -> Self {
        self.at_least(0)
    }

    /// Its answer waits until the gate is open.
    pub fn held_by(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// This is the answer; for each time the same, down to the KS.
    pub fn answer(self, answer: impl Into<WireResponse>) {
        let answer = answer.into();
        self.answer_by(move |_| Ok(answer.clone()));
    }

    /// The answer is made from the request, for each time anew.
    ///
    /// ```
    /// # use kaltura_testing::mock::{MockTransport, answers};
    /// # use kaltura_types::PartnerId;
    /// # let kaltura = MockTransport::new();
    /// # let partner = PartnerId::new(1234567);
    /// // A new KS for each request, for the user that it names.
    /// kaltura.expect("appToken.startSession").any_number_of_times().answer_with(move |call| {
    ///     let user = call.parameter("userId").and_then(|user| user.as_str()).unwrap_or_default();
    ///     answers::session(partner).user(user)
    /// });
    /// ```
    pub fn answer_with<A: Into<WireResponse>>(self, answer: impl Fn(&Call) -> A + Send + Sync + 'static) {
        self.answer_by(move |call| Ok(answer(call).into()));
    }

    /// No complete answer arrives, for a reason of this kind.
    pub fn fail(self, kind: TransportErrorKind) {
        self.fail_with(TransportError::new(kind, "the mock transport was told to fail"));
    }

    /// No complete answer arrives, for this reason.
    pub fn fail_with(self, error: TransportError) {
        self.answer_by(move |_| Err(error.clone()));
    }

    fn answer_by(
        self,
        answer: impl Fn(&Call) -> Result<WireResponse, TransportError> + Send + Sync + 'static,
    ) {
        let Self { mock, name, place, conditions, times, gate, .. } = self;
        mock.add(Expected::new(name, place, conditions, times, gate, answer));
    }

    fn and(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    fn name_parameter(&mut self, path: &str) {
        let top = path.split('.').next().unwrap_or(path);
        self.named.push(top.to_owned());
    }
}

impl fmt::Debug for Expectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({}", self.name)?;
        self.conditions.iter().try_for_each(|condition| write!(f, ", {condition}"))?;
        f.write_str(")")
    }
}
