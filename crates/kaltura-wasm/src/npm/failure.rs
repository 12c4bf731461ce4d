//! Errors for JavaScript: one class, with the properties that programs decide by.

use std::time::Duration;

use js_sys::{Object, Reflect};
use kaltura_client::{Error, ErrorKind};
use kaltura_types::ApiError;
use wasm_bindgen::prelude::*;

use crate::host::npm::KalturaError;

/// Why a promise is rejected.
#[derive(Debug)]
pub(super) enum Failure {
    /// An argument cannot be used. Nothing was sent.
    Argument(String),
    /// An error that `host.js` has made.
    Host(JsValue),
    Call(Error),
    TimedOut(Duration),
    /// The caller's signal aborted, with this reason.
    Aborted(JsValue),
    Closed,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        let own = |message: &str, kind: &str, retryable, hint: &str| {
            Details::new(kind, retryable, hint).error(message)
        };
        match failure {
            Failure::Host(error) => error,
            Failure::Call(error) => of_call(&error),
            Failure::Argument(problem) => {
                own(&problem, "invalidArgument", false, "Change the program: nothing was sent.")
            }
            Failure::TimedOut(timeout) => {
                let message = format!("no result within the timeout of {} s", timeout.as_secs_f64());
                own(&message, "timeout", true, "Check whether the server executed the call.")
            }
            Failure::Aborted(reason) => {
                let details = Details::new("aborted", false, "Check whether the server executed the call.");
                details.cause(&reason).error("aborted by the signal of the caller")
            }
            Failure::Closed => own("the client is closed", "closed", false, "Create another client."),
        }
    }
}

fn of_call(error: &Error) -> JsValue {
    let report = error.report();
    let message = report.texts().collect::<Vec<_>>().join(": ");
    let login = error.session_error();
    let api_error = error.api_error().or_else(|| login?.api_error());
    let status = match login {
        Some(login) => login.http_status(),
        None => error.response_metadata().map(kaltura_auth::ResponseMetadata::status),
    };
    let details = Details::new(&kind(error.kind()), error.is_retryable(), report.hint());
    if let Some(code) = api_error.map(ApiError::code) {
        details.set("code", &code.as_str().into());
    }
    if !error.service().is_empty() {
        details.set("action", &format!("{}.{}", error.service(), error.action()).into());
    }
    if let Some(status) = status {
        details.set("httpStatus", &status.into());
    }
    if let Some(wait) = error.retry_after() {
        details.set("retryAfter", &wait.as_secs_f64().into());
    }
    details.error(&message)
}

/// The kind as one word: that of the login, if there is no session. A browser cannot tell failures of the network apart.
fn kind(kind: ErrorKind) -> String {
    use kaltura_auth::{ErrorKind as LoginErrorKind, TransportErrorKind};
    let transport = |kind| match kind {
        TransportErrorKind::Timeout => "timeout".to_owned(),
        TransportErrorKind::TooLarge => "responseTooLarge".to_owned(),
        _ => "network".to_owned(),
    };
    match kind {
        ErrorKind::Transport(kind) | ErrorKind::NoSession(LoginErrorKind::Transport(kind)) => transport(kind),
        ErrorKind::TimedOut | ErrorKind::NoSession(LoginErrorKind::LoginTimedOut) => "timeout".to_owned(),
        ErrorKind::NoSession(kind) => camel_case(&format!("{kind:?}")),
        kind => camel_case(&format!("{kind:?}")),
    }
}

/// The name of a variant, without its values.
fn camel_case(variant: &str) -> String {
    let name = variant.split(['(', ' ']).next().unwrap_or_default();
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// The properties of an error.
struct Details {
    properties: Object,
    options: Object,
}

impl Details {
    fn new(kind: &str, retryable: bool, hint: &str) -> Self {
        let details = Self { properties: Object::new(), options: Object::new() };
        details.set("kind", &kind.into());
        details.set("retryable", &retryable.into());
        details.set("hint", &hint.into());
        details
    }

    fn set(&self, name: &str, value: &JsValue) {
        // A new object takes every property.
        let _ = Reflect::set(&self.properties, &name.into(), value);
    }

    fn cause(self, cause: &JsValue) -> Self {
        let _ = Reflect::set(&self.options, &"cause".into(), cause);
        self
    }

    fn error(self, message: &str) -> JsValue {
        KalturaError::new(message, &self.properties, &self.options).into()
    }
}
