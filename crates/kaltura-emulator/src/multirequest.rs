//! Several requests in one (wire contract, section 8).

mod reference;

pub(super) use self::reference::replace as resolve_references;

use serde_json::Value;

use super::request::{Parameters, text};

/// The service that is no service.
pub(super) const SERVICE: &str = "multirequest";

/// What all requests have in common unless they say otherwise.
const COMMON: [&str; 4] = ["ks", "partnerId", "p", "clientTag"];

/// Takes the requests out of the parameters: from 0 or 1 on, up to the first that is missing or names no
/// service or action.
pub(super) fn requests(parameters: &Parameters) -> Vec<Parameters> {
    let first = if parameters.contains_key("0") { 0 } else { 1 };
    let mut requests = Vec::new();
    for index in first.. {
        let Some(Value::Object(request)) = parameters.get(&index.to_string()) else { break };
        if !["service", "action"]
            .iter()
            .all(|name| request.get(*name).is_some_and(|name| !text(name).is_empty()))
        {
            break;
        }
        let mut request = request.clone();
        for name in COMMON {
            if let Some(value) = parameters.get(name) {
                request.entry(name).or_insert_with(|| value.clone());
            }
        }
        requests.push(request);
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn taken(value: Value) -> Vec<Value> {
        let Value::Object(parameters) = value else { panic!("parameters are an object") };
        requests(&parameters).into_iter().map(Value::Object).collect()
    }

    #[test]
    fn requests_are_taken_up_to_the_first_gap() {
        let one = json!({"service": "a", "action": "b"});
        assert_eq!(taken(json!({"1": one, "3": one})), std::slice::from_ref(&one));
        assert_eq!(taken(json!({"0": one, "1": one})).len(), 2);
        assert_eq!(taken(json!({"1": {"service": "a"}, "2": one})), Vec::<Value>::new());
        assert_eq!(taken(json!({"2": one})), Vec::<Value>::new());
    }

    #[test]
    fn common_parameters_go_where_they_are_missing() {
        let taken = taken(json!({
            "ks": "common", "format": 1,
            "1": {"service": "a", "action": "b"},
            "2": {"service": "a", "action": "b", "ks": "own"},
        }));
        assert_eq!(taken[0], json!({"service": "a", "action": "b", "ks": "common"}));
        assert_eq!(taken[1], json!({"service": "a", "action": "b", "ks": "own"}));
    }
}
