//! A call of the API as a value: service, action, parameters, and the type of the result.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Parameters of a call, by name.
///
/// A parameter that is not set is absent, never null: the server casts a null to `0` or `""` (wire
/// contract, section 1.3).
pub type Parameters = Map<String, Value>;

/// A call of one action of the API.
///
/// ```
/// # use kaltura_types::{Action, StartWidgetSession, WidgetId};
/// let call = StartWidgetSession::new(WidgetId::new("_1234567"));
/// assert_eq!((call.service(), call.action()), ("session", "startWidgetSession"));
/// assert_eq!(call.parameters().get("widgetId").unwrap(), "_1234567");
/// assert!(!call.parameters().contains_key("expiry"));
/// ```
pub trait Action {
    /// The result of a successful call.
    type Output: DeserializeOwned;

    /// The service, such as `appToken`.
    fn service(&self) -> &str;

    /// The action, such as `startSession`.
    fn action(&self) -> &str;

    /// The parameters that are set. They may contain secrets.
    fn parameters(&self) -> Parameters;
}

/// Inserts the values that are set, and leaves out the others.
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
