//! The recorded calls, for assertions of tests. They contain no secret.

use std::collections::VecDeque;

use kaltura_auth::Fingerprint;
use kaltura_types::{AppTokenId, ErrorCode, Ks};

use crate::dispatch::checks::ActionOutcome;
use crate::request::{Parameters, text};
use crate::response::value::{ApiValue, Failure};
use crate::services::{self, Action};

/// The calls that an emulator received, in order: the last 10 000. Each request of a multirequest is one call.
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

/// The maximum number. A long-running server forgets the oldest calls.
const MAXIMUM: usize = 10_000;

impl Calls {
    /// The number of calls.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there was no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of calls of an action, named like `appToken.startSession`. Case is ignored.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.of(action).count()
    }

    /// The last call of an action.
    #[must_use]
    pub fn last(&self, action: &str) -> Option<&RecordedCall> {
        self.of(action).last()
    }

    /// The calls of an action, in order.
    pub fn of(&self, action: &str) -> impl Iterator<Item = &RecordedCall> {
        self.0.iter().filter(move |call| call.action.eq_ignore_ascii_case(action))
    }

    /// All calls, in order.
    pub fn iter(&self) -> impl Iterator<Item = &RecordedCall> {
        self.0.iter()
    }

    pub(crate) fn record(&mut self, parameters: &Parameters, outcome: &ActionOutcome) {
        let action = outcome.action.map(Action::full_name);
        let mut call = RecordedCall::new(parameters, action, &outcome.result, false);
        call.ignored_filters.clone_from(&outcome.ignored_filters);
        self.push(call);
    }

    /// Records a call with a result from the cache, which may be an error.
    pub(crate) fn record_cached(&mut self, parameters: &Parameters, result: &Result<ApiValue, Failure>) {
        self.push(RecordedCall::new(parameters, None, result, true));
    }

    fn push(&mut self, call: RecordedCall) {
        if self.0.len() == MAXIMUM {
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
    ignored_filters: Vec<String>,
}

/// The parameters whose values are recorded. All others might contain a secret.
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
    fn new(
        parameters: &Parameters,
        action: Option<String>,
        result: &Result<ApiValue, Failure>,
        from_cache: bool,
    ) -> Self {
        let text_of = |name: &str| parameters.get(name).map(text).unwrap_or_default();
        let (service, name) = (text_of("service"), text_of("action"));
        let action = action.or_else(|| Some(services::find(&service, &name)?.full_name()));
        let shown = parameters.iter().filter(|(name, _)| SHOWN.contains(&name.as_str()));
        let ks = text_of("ks");
        let error = match result {
            Ok(ApiValue::Error(exception)) | Err(Failure::ApiException(exception)) => {
                Some(exception.code.clone())
            }
            Ok(_) | Err(Failure::Fatal) => None,
        };
        Self {
            action: action.unwrap_or_else(|| format!("{service}.{name}")),
            parameter_names: parameters.keys().cloned().collect(),
            parameters: shown
                .map(|(name, value)| (name.clone(), without_secret(name, text(value))))
                .collect(),
            ks: (!ks.is_empty()).then(|| Fingerprint::from_ks(&Ks::new(ks))),
            failed: error.is_some() || result.is_err(),
            error,
            from_cache,
            ignored_filters: Vec::new(),
        }
    }

    /// Service and action in the server's spelling, such as `appToken.startSession`.
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

    /// The value of a parameter as text. `None` also for a parameter that might contain a secret: its value is not
    /// recorded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    /// Whether a KS was sent.
    #[must_use]
    pub const fn had_ks(&self) -> bool {
        self.ks.is_some()
    }

    /// The fingerprint of the KS that was sent.
    #[must_use]
    pub const fn ks_fingerprint(&self) -> Option<Fingerprint> {
        self.ks
    }

    /// The error of the result.
    #[must_use]
    pub const fn error(&self) -> Option<&ErrorCode> {
        self.error.as_ref()
    }

    /// Whether the result came from the response cache, so that no action ran.
    #[must_use]
    pub const fn was_cached(&self) -> bool {
        self.from_cache
    }

    /// The fields of its filter that the emulator does not obey, in the order of the request: each matches every object.
    #[must_use]
    pub fn ignored_filters(&self) -> &[String] {
        &self.ignored_filters
    }

    /// Whether the result is not an error.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        !self.failed
    }
}

/// The text without secrets. An id that does not look like one might be a token value in the wrong place.
fn without_secret(name: &str, value: String) -> String {
    if name == "id" {
        AppTokenId::new(value).to_string()
    } else {
        kaltura_types::redact(&value, &[]).into_owned()
    }
}
