//! What was called, for a test to look at. No secret is kept.

use std::collections::VecDeque;

use kaltura_auth::Fingerprint;
use kaltura_types::{AppTokenId, ErrorCode, Ks};

use super::actions::{self, Action};
use super::answer::{Answer, Failure};
use super::dispatch::Outcome;
use super::request::{Parameters, text};

/// The calls that an emulator answered, in order; the last 100 000 of them. Each request of a multirequest counts on its own.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, ServiceUrl}; use kaltura_emulator::Emulator;
/// # let emulator = Emulator::new();
/// # AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials()).run_blocking(&emulator)?;
/// let calls = emulator.calls();
/// assert_eq!(calls.count("session.startWidgetSession"), 1);
/// let login = calls.last("appToken.startSession").unwrap();
/// assert!(login.had_ks());
/// assert_eq!(login.parameter("id"), Some(emulator.app_token().id().as_str()));
/// assert_eq!(login.error(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Calls(VecDeque<RecordedCall>);

/// A server that runs for long forgets the oldest ones.
const MOST: usize = 100_000;

impl Calls {
    /// How many there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there were of an action, written like `appToken.startSession`, in any case.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.of(action).count()
    }

    /// The last one of an action.
    #[must_use]
    pub fn last(&self, action: &str) -> Option<&RecordedCall> {
        self.of(action).last()
    }

    /// All of an action, in order.
    pub fn of(&self, action: &str) -> impl Iterator<Item = &RecordedCall> {
        self.0.iter().filter(move |call| call.action.eq_ignore_ascii_case(action))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &RecordedCall> {
        self.0.iter()
    }

    pub(super) fn record(&mut self, parameters: &Parameters, outcome: &Outcome) {
        let action = outcome.action.map(Action::full_name);
        self.push(RecordedCall::of(parameters, action, &outcome.result, false));
    }

    /// An answer that came from the cache may be an error, too.
    pub(super) fn record_cached(&mut self, parameters: &Parameters, result: &Result<Answer, Failure>) {
        self.push(RecordedCall::of(parameters, None, result, true));
    }

    fn push(&mut self, call: RecordedCall) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(call);
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct RecordedCall {
    action: String,
    parameter_names: Vec<String>,
    parameters: Vec<(String, String)>,
    ks: Option<Fingerprint>,
    error: Option<ErrorCode>,
    failed: bool,
    from_cache: bool,
}

/// The parameters whose values are kept. All others might hold a secret.
const SHOWN: [&str; 15] = [
    "widgetId",
    "id",
    "entryId",
    "userId",
    "type",
    "expiry",
    "partnerId",
    "p",
    "privileges",
    "sessionPrivileges",
    "format",
    "nocache",
    "clientTag",
    "language",
    "impersonatedPartnerId",
];

impl RecordedCall {
    fn of(
        parameters: &Parameters,
        action: Option<String>,
        result: &Result<Answer, Failure>,
        from_cache: bool,
    ) -> Self {
        let named = |name: &str| parameters.get(name).map(text).unwrap_or_default();
        let (service, name) = (named("service"), named("action"));
        let action = action.or_else(|| Some(actions::find(&service, &name)?.full_name()));
        let shown = parameters.iter().filter(|(name, _)| SHOWN.contains(&name.as_str()));
        let ks = named("ks");
        let error = match result {
            Ok(Answer::Error(exception)) | Err(Failure::ApiException(exception)) => {
                Some(exception.code.clone())
            }
            Ok(_) | Err(Failure::Fatal) => None,
        };
        Self {
            action: action.unwrap_or_else(|| format!("{service}.{name}")),
            parameter_names: parameters.keys().cloned().collect(),
            parameters: shown.map(|(name, value)| (name.clone(), harmless(name, text(value)))).collect(),
            ks: (!ks.is_empty()).then(|| Fingerprint::of(&Ks::new(ks))),
            failed: error.is_some() || result.is_err(),
            error,
            from_cache,
        }
    }

    /// Service and action, in the server's spelling, such as `appToken.startSession`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The names of all parameters, in the order of path, query, body.
    #[must_use]
    pub fn parameter_names(&self) -> &[String] {
        &self.parameter_names
    }

    /// Whether a parameter was sent.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameter_names.iter().any(|present| present == name)
    }

    /// The value of a parameter that is no secret, as a text. Values of other parameters are not kept.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    /// Whether a KS was sent.
    #[must_use]
    pub const fn had_ks(&self) -> bool {
        self.ks.is_some()
    }

    /// What tells the KS that was sent from others.
    #[must_use]
    pub const fn ks_fingerprint(&self) -> Option<Fingerprint> {
        self.ks
    }

    /// The error that it was answered with.
    #[must_use]
    pub const fn error(&self) -> Option<&ErrorCode> {
        self.error.as_ref()
    }

    /// Whether the response cache answered, so that no action was run.
    #[must_use]
    pub const fn was_cached(&self) -> bool {
        self.from_cache
    }

    /// Whether it was answered with a result.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        !self.failed
    }
}

/// An id that does not look like one might be a token value, put in the wrong place.
fn harmless(name: &str, value: String) -> String {
    if name == "id" {
        AppTokenId::new(value).to_string()
    } else {
        kaltura_types::redact(&value, &[]).into_owned()
    }
}
