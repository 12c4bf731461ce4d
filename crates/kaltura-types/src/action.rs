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

    /// Whether the call can be sent again if it is unknown whether the server has executed it.
    ///
    /// The default follows from the name: see [`is_repeatable_by_name`].
    fn is_repeatable(&self) -> bool {
        is_repeatable_by_name(self.service(), self.action())
    }
}

/// Whether an action can be executed twice, as far as its name tells.
///
/// These can: actions that only read (`get`, `list`, `count`, `search`, and names that begin with one of these words,
/// such as `listByReferenceId`), and `media.update`, which sets the same values again. An
/// action that creates something, such as `add`, cannot: it would create a second object. Nor can `delete`, which
/// would report the deleted object as not found.
///
/// ```
/// # use kaltura_types::is_repeatable_by_name;
/// assert!(is_repeatable_by_name("media", "list"));
/// assert!(is_repeatable_by_name("baseEntry", "listByReferenceId"));
/// assert!(!is_repeatable_by_name("media", "add"));
/// assert!(!is_repeatable_by_name("partner", "listen"));
/// ```
#[must_use]
pub fn is_repeatable_by_name(service: &str, action: &str) -> bool {
    (service.eq_ignore_ascii_case("media") && action.eq_ignore_ascii_case("update")) || is_reading(action)
}

/// Whether the first word of a name in camel case says that the action only reads. `getExclusive…` reserves what it
/// returns.
fn is_reading(action: &str) -> bool {
    ["get", "list", "count", "search"].into_iter().any(|word| {
        action.strip_prefix(word).is_some_and(|rest| {
            (rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_uppercase()))
                && !rest.starts_with("Exclusive")
        })
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_actions_are_repeatable_by_their_name() {
        for (service, action) in [
            ("media", "get"),
            ("media", "list"),
            ("baseEntry", "count"),
            ("baseEntry", "listByReferenceId"),
            ("baseEntry", "getByIds"),
            ("eSearch", "searchEntry"),
            ("media", "update"),
        ] {
            assert!(is_repeatable_by_name(service, action), "{service}.{action}");
        }
        for (service, action) in [
            ("media", "add"),
            ("baseEntry", "addFromUploadedFile"),
            ("media", "delete"),
            ("category", "update"),
            ("batch", "getExclusiveJobs"),
            ("media", "getter"),
            ("media", ""),
            ("media", "List"),
            ("media", "listed"),
        ] {
            assert!(!is_repeatable_by_name(service, action), "{service}.{action}");
        }
    }
}
