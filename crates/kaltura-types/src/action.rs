//! A call as a value: which service and action, with which parameters, giving what.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Parameters of a call, by name. An absent one is not sent: the server takes a null at its word.
pub type Parameters = Map<String, Value>;

/// A call of the API that knows its parameters and its answer.
///
/// ```
/// # use kaltura_types::{Action, StartWidgetSession, WidgetId};
/// let call = StartWidgetSession::new(WidgetId::new("_1234567"));
/// assert_eq!((call.service(), call.action()), ("session", "startWidgetSession"));
/// assert_eq!(call.parameters().get("widgetId").unwrap(), "_1234567");
/// assert!(!call.parameters().contains_key("expiry"));
/// ```
pub trait Action {
    /// What a successful answer holds.
    type Output: DeserializeOwned;

    /// The service, such as `appToken`.
    fn service(&self) -> &str;

    /// The action, such as `startSession`.
    fn action(&self) -> &str;

    /// The parameters that are set. They may hold secrets.
    fn parameters(&self) -> Parameters;
}

/// Puts in what is set, and leaves out what is not.
pub(crate) trait SetParameter {
    fn set(&mut self, name: &str, value: Option<impl Into<Value>>);
}

impl SetParameter for Parameters {
    fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(name.to_owned(), value.into());
        }
    }
}
