//! The recorded calls, for assertions of tests and for logs. They contain no secret.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use http::Method;
use kaltura_auth::Fingerprint;
use kaltura_types::{AppTokenId, ErrorCode, Ks, is_secret_name, redact};

use crate::dispatch::checks::ActionOutcome;
use crate::request::{Parameter, Parameters, text};
use crate::response::value::{ApiValue, Failure};
use crate::services::{self, Action};

/// The calls that an emulator received, in order: the last 10 000, and of those the last with up to 32 MiB of text.
/// Each request of a multirequest is one call.
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
pub struct Calls {
    calls: VecDeque<Arc<RecordedCall>>,
    /// The length of their texts.
    bytes: usize,
}

/// The maximum number. A long-running server forgets the oldest calls.
const MAXIMUM: usize = 10_000;
/// The maximum length of their texts.
const MAXIMUM_BYTES: usize = 32 << 20;

impl Calls {
    /// The number of calls.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there was no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
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
        self.iter().filter(move |call| call.action().eq_ignore_ascii_case(action))
    }

    /// All calls, in order.
    pub fn iter(&self) -> impl Iterator<Item = &RecordedCall> {
        self.calls.iter().map(Arc::as_ref)
    }

    pub(crate) fn push(&mut self, call: Arc<RecordedCall>) {
        self.bytes += call.bytes();
        self.calls.push_back(call);
        while self.calls.len() > MAXIMUM || (self.bytes > MAXIMUM_BYTES && self.calls.len() > 1) {
            self.bytes -= self.calls.pop_front().map_or(0, |oldest| oldest.bytes());
        }
    }
}

/// One call.
#[derive(Clone)]
pub struct RecordedCall {
    method: Method,
    is_emulated: bool,
    texts: Texts,
    action: Range<usize>,
    /// Where the names of all parameters are in the texts.
    parameter_names: Vec<Range<usize>>,
    /// Where the names and the values are.
    parameters: Vec<(Range<usize>, Range<usize>)>,
    ks: Option<Fingerprint>,
    error: Option<ErrorCode>,
    failed: bool,
    from_cache: bool,
    ignored_filters: Vec<String>,
}

/// The texts of a call, one after the other: a text of its own for each would take longer than to answer the call.
#[derive(Clone, Default)]
struct Texts(String);

impl Texts {
    /// Most calls have less.
    const CAPACITY: usize = 512;

    fn push(&mut self, text: &str) -> Range<usize> {
        let start = self.0.len();
        self.0.push_str(text);
        start..self.0.len()
    }

    fn get(&self, place: &Range<usize>) -> &str {
        &self.0[place.clone()]
    }
}

/// The maximum length of a recorded value in bytes. The rest of a longer one is not recorded.
const MAXIMUM_VALUE: usize = 1_000;

/// The maximum number of recorded values.
const MAXIMUM_VALUES: usize = 500;

/// In the place of a secret.
const MASK: &str = "(redacted)";

impl RecordedCall {
    /// A call whose action was looked up and checked.
    pub(crate) fn new(method: &Method, parameters: &Parameters, outcome: &ActionOutcome) -> Self {
        let mut call = Self::with_result(method, parameters, outcome.action, &outcome.result);
        call.ignored_filters.clone_from(&outcome.ignored_filters);
        call
    }

    /// A call with a result from the cache, which may be an error.
    pub(crate) fn cached(
        method: &Method,
        parameters: &Parameters,
        result: &Result<ApiValue, Failure>,
    ) -> Self {
        let mut call = Self::with_result(method, parameters, None, result);
        call.from_cache = true;
        call
    }

    fn with_result(
        method: &Method,
        parameters: &Parameters,
        action: Option<&'static Action>,
        result: &Result<ApiValue, Failure>,
    ) -> Self {
        let text_of = |name: &str| parameters.get(name).map(text).unwrap_or_default();
        let (service, name) = (text_of("service"), text_of("action"));
        let action = action.or_else(|| services::find(&service, &name));
        let ks = text_of("ks");
        let error = match result {
            Ok(ApiValue::Error(exception)) | Err(Failure::ApiException(exception)) => {
                Some(exception.code.clone())
            }
            Ok(_) | Err(Failure::Fatal) => None,
        };
        let mut texts = Texts(String::with_capacity(Texts::CAPACITY));
        let action = match action {
            Some(action) => texts.push(&action.full_name()),
            None => texts.push(&without_secret("action", &format!("{service}.{name}"))),
        };
        let mut call = Self {
            method: method.clone(),
            is_emulated: !is_unknown(result),
            texts,
            action,
            parameter_names: Vec::with_capacity(parameters.len().min(MAXIMUM_VALUES)),
            parameters: Vec::with_capacity(parameters.len().min(MAXIMUM_VALUES)),
            ks: (!ks.is_empty()).then(|| Fingerprint::from_ks(&Ks::new(ks))),
            failed: error.is_some() || result.is_err(),
            error,
            from_cache: false,
            ignored_filters: Vec::new(),
        };
        for (name, value) in parameters {
            let is_shown = call.parameter_names.len() < MAXIMUM_VALUES;
            let place = is_shown.then(|| call.texts.push(cut(name)));
            call.parameter_names.extend(place.clone());
            call.add(name, name, value, place);
        }
        call.texts.0.shrink_to_fit();
        call
    }

    /// Adds the values of a parameter. `last` is the last part of its name. `place` is where its name is, if it has been
    /// added.
    fn add(&mut self, name: &str, last: &str, value: &Parameter, place: Option<Range<usize>>) {
        match value {
            Parameter::Object(fields) => {
                for (field, value) in fields {
                    self.add(&format!("{name}:{field}"), field, value, None);
                }
            }
            Parameter::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.add(&format!("{name}:{index}"), last, item, None);
                }
            }
            value if self.parameters.len() < MAXIMUM_VALUES => {
                let name = place.unwrap_or_else(|| self.texts.push(cut(name)));
                let value = self.texts.push(&without_secret(last, &text(value)));
                self.parameters.push((name, value));
            }
            _ => {}
        }
    }

    const fn bytes(&self) -> usize {
        self.texts.0.len()
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Service and action in the server's spelling, such as `appToken.startSession`.
    #[must_use]
    pub fn action(&self) -> &str {
        self.texts.get(&self.action)
    }

    /// The names of all parameters, in the order of path, query, body.
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> {
        self.parameter_names.iter().map(|name| self.texts.get(name))
    }

    /// Whether a parameter was sent.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameter_names().any(|present| present == name)
    }

    /// Names and values of all parameters as text, with secrets masked. The fields of objects are named like
    /// `filter:idIn`, the items of arrays like `list:0`. A value
    /// is cut after 1 000 bytes, and a call after 500 values.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (self.texts.get(name), self.texts.get(value)))
    }

    /// The value of a parameter as text, named as in [`parameters`](Self::parameters). A secret is masked: a value
    /// whose name is one of a secret, and every part of a text that looks like one.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters().find(|(present, _)| *present == name).map(|(_, value)| value)
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

    /// Whether the emulator has the service and the action, or a stub for it. It does not have all actions of the real
    /// server: the error `SERVICE_DOES_NOT_EXISTS` or `ACTION_DOES_NOT_EXISTS` then says nothing about the real one.
    #[must_use]
    pub const fn is_emulated(&self) -> bool {
        self.is_emulated
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

/// One line for a log: method, action, fingerprint of the KS, and result. `{:#}` adds the parameters, with secrets
/// masked.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, ServiceUrl}; use kaltura_emulator::Emulator;
/// # let emulator = Emulator::new();
/// # AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials()).run_blocking(&emulator)?;
/// let line = emulator.calls().last("session.startWidgetSession").unwrap().to_string();
/// assert_eq!(line, "POST session.startWidgetSession ok");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.action())?;
        if let Some(fingerprint) = self.ks {
            write!(f, " ks={fingerprint}")?;
        }
        match &self.error {
            Some(code) => write!(f, " {code}")?,
            None if self.failed => f.write_str(" HTTP 500")?,
            None => f.write_str(" ok")?,
        }
        if self.from_cache {
            f.write_str(" (from the cache)")?;
        }
        if !self.is_emulated {
            f.write_str(" (a limit of the emulator: only the real server may have this action)")?;
        }
        if f.alternate() {
            for (name, value) in
                self.parameters().filter(|(name, _)| !matches!(*name, "service" | "action" | "ks"))
            {
                write!(f, " {name}={value:?}")?;
            }
        }
        Ok(())
    }
}

/// Whether the emulator does not have the action.
pub(crate) fn is_unknown(result: &Result<ApiValue, Failure>) -> bool {
    matches!(
        result,
        Ok(ApiValue::Error(exception)) | Err(Failure::ApiException(exception))
            if matches!(exception.code, ErrorCode::ServiceDoesNotExist | ErrorCode::ActionDoesNotExist)
    )
}

/// The text without secrets. An id that does not look like one might be a token value in the wrong place.
fn without_secret<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        Cow::Borrowed("")
    } else if is_secret_name(name) {
        Cow::Borrowed(MASK)
    } else {
        let clean = if name == "id" { AppTokenId::new(value).to_string().into() } else { redact(value, &[]) };
        match clean {
            Cow::Borrowed(text) => Cow::Borrowed(cut(text)),
            Cow::Owned(mut text) => {
                text.truncate(cut(&text).len());
                Cow::Owned(text)
            }
        }
    }
}

fn cut(text: &str) -> &str {
    let end = (0..=MAXIMUM_VALUE.min(text.len())).rev().find(|index| text.is_char_boundary(*index));
    &text[..end.unwrap_or(0)]
}

/// As it is read: its texts are in no form to be shown.
impl fmt::Debug for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedCall")
            .field("method", &self.method)
            .field("action", &self.action())
            .field("is_emulated", &self.is_emulated)
            .field("parameters", &self.parameters().collect::<Vec<_>>())
            .field("ks", &self.ks)
            .field("error", &self.error)
            .field("failed", &self.failed)
            .field("from_cache", &self.from_cache)
            .field("ignored_filters", &self.ignored_filters)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::test_client::emulator;
    use serde_json::json;

    #[test]
    fn values_are_recorded_without_secrets() {
        let emulator = emulator();
        let secret = "0123456789abcdef0123456789abcdef";
        emulator.call(
            "media.list",
            json!({
                "ks": emulator.admin_ks(),
                "filter": { "idIn": "0_a", "nameLike": format!("x {secret}"), "tags": ["a", 1] },
                "adminSecret": "hush",
                "long": "é".repeat(600),
            }),
        );
        let calls = emulator.calls();
        let call = calls.last("media.list").unwrap();
        assert_eq!(call.parameter("filter:idIn"), Some("0_a"));
        assert_eq!(call.parameter("filter:nameLike"), Some("x (redacted)"));
        assert_eq!(call.parameter("filter:tags:1"), Some("1"));
        assert_eq!(call.parameter("adminSecret"), Some("(redacted)"));
        assert_eq!(call.parameter("ks"), Some("(redacted)"));
        assert_eq!(call.parameter("long").map(str::len), Some(1_000));
        assert_eq!(call.method(), http::Method::POST);
        assert_eq!(call.parameters().count(), 10);
        assert_eq!(call.parameter_names().count(), 7);
        assert!(call.has_parameter("filter") && !call.has_parameter("filter:idIn"));
        assert!(!format!("{calls:?}").contains(secret));
    }

    #[test]
    fn a_line_of_the_log_has_no_secret() {
        let emulator = emulator();
        let ks = emulator.admin_ks();
        emulator.call("media.nosuch", json!({ "ks": ks, "text": "a\nb", "token": "hush" }));
        let calls = emulator.calls();
        let call = calls.last("media.nosuch").unwrap();
        let fingerprint = call.ks_fingerprint().unwrap();
        let line = format!(
            "POST media.nosuch ks={fingerprint} ACTION_DOES_NOT_EXISTS (a limit of the emulator: only the real server \
             may have this action)"
        );
        assert_eq!(call.to_string(), line);
        assert_eq!(format!("{call:#}"), format!(r#"{line} format="1" text="a\nb" token="(redacted)""#));
    }

    #[test]
    fn of_many_parameters_the_first_are_recorded() {
        let many: serde_json::Map<_, _> =
            (0..2_000).map(|number| (format!("p{number:04}"), json!({}))).collect();
        let parameters = crate::request::test_json::parameters(&many.into());
        let call = super::RecordedCall::cached(&http::Method::GET, &parameters, &Ok(true.into()));
        assert_eq!((call.parameter_names().count(), call.parameters().count()), (500, 0));
        assert_eq!(call.parameter_names().last(), Some("p0499"));
        assert!(call.bytes() < 3_000, "{}", call.bytes());
    }

    #[test]
    fn the_journal_does_not_grow_without_limit() {
        let mut calls = super::Calls::default();
        let large = json!({ "service": "a", "action": "b", "x": vec!["é".repeat(500); 400] });
        let parameters = crate::request::test_json::parameters(&large);
        let call = super::RecordedCall::cached(&http::Method::GET, &parameters, &Ok(true.into()));
        let call = std::sync::Arc::new(call);
        for _ in 0..200 {
            calls.push(std::sync::Arc::clone(&call));
        }
        assert!((50..100).contains(&calls.len()), "{}", calls.len());
        assert!(calls.bytes <= super::MAXIMUM_BYTES);
    }

    #[test]
    fn an_action_that_only_the_real_server_has_is_the_emulators_limit() {
        let emulator = emulator();
        for action in ["media.nosuch", "nosuch.get"] {
            let response = emulator.response(action, &json!({}));
            assert!(!emulator.calls().last(action).unwrap().is_emulated(), "{action}");
            let header = response.headers().get("x-kaltura-emulator").unwrap().to_str().unwrap();
            assert_eq!(header, format!("not emulated: {action}"));
        }
        let response = emulator.response("media.list", &json!({}));
        assert!(emulator.calls().last("media.list").unwrap().is_emulated());
        assert!(response.headers().get("x-kaltura-emulator").is_none());
    }
}
