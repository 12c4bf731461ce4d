//! Finds empty members of filters, before anything is sent.
//!
//! The server ignores an empty filter member, so that the filter matches everything (wire contract, sections 4.7 and
//! 4.11). A program that deletes all that `idIn` of an empty list finds would delete everything.

use kaltura_types::Parameters;
use serde_json::Value;

/// The path of the first empty member of a filter whose name ends in `In` or `Equal`, such as `filter.idIn`.
pub(crate) fn find_empty_member(parameters: &Parameters) -> Option<String> {
    parameters.iter().find_map(|(name, value)| {
        // Also the flat form `filter:idIn`.
        let is_filter =
            name.split(':').next().is_some_and(|name| name.to_ascii_lowercase().ends_with("filter"));
        if !is_filter {
            return None;
        }
        if is_empty_condition(name, value) { Some(name.clone()) } else { find_in(name, value) }
    })
}

/// Filters contain other filters, such as `advancedSearch`, in members and lists.
fn find_in(path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            if is_empty_condition(name, value) { Some(path) } else { find_in(&path, value) }
        }),
        Value::Array(elements) => {
            elements.iter().enumerate().find_map(|(index, value)| find_in(&format!("{path}.{index}"), value))
        }
        _ => None,
    }
}

fn is_empty_condition(name: &str, value: &Value) -> bool {
    let is_empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    };
    is_empty && (name.ends_with("In") || name.ends_with("Equal"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(parameters: Value) -> Option<String> {
        let Value::Object(parameters) = parameters else { panic!("an object") };
        find_empty_member(&parameters)
    }

    #[test]
    fn empty_conditions_are_found_at_any_depth() {
        for empty in [json!(""), json!(null), json!([])] {
            assert_eq!(find(json!({ "filter": { "idIn": empty } })).unwrap(), "filter.idIn");
            assert_eq!(find(json!({ "filter": { "a": 1, "idEqual": empty } })).unwrap(), "filter.idEqual");
            assert_eq!(find(json!({ "entryFilter": { "idIn": empty } })).unwrap(), "entryFilter.idIn");
            assert_eq!(find(json!({ "filter:idIn": empty })).unwrap(), "filter:idIn");
            let nested =
                json!({ "filter": { "advancedSearch": { "items": [{}, { "valueEqual": empty }] } } });
            assert_eq!(find(nested).unwrap(), "filter.advancedSearch.items.1.valueEqual");
        }
    }

    #[test]
    fn other_empty_values_are_not_conditions() {
        for parameters in [
            json!({ "filter": { "idIn": "0_a", "statusEqual": 0, "isRootEqual": false } }),
            json!({ "filter": { "freeText": "", "orderBy": null, "admin": "" } }),
            json!({ "entry": { "nameEqual": "" }, "idIn": "", "filter": "" }),
        ] {
            assert_eq!(find(parameters.clone()), None, "{parameters}");
        }
    }
}
