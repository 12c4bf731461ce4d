//! Several requests in one HTTP request (wire contract, section 8).

use std::collections::HashMap;

use crate::request::{Parameter, Parameters, text};
use crate::response::value::{ApiValue, Failure};

/// The name in the place of a service.
pub(crate) const SERVICE: &str = "multirequest";

/// The parameters that a request takes from the whole, unless it has its own.
const COMMON: [&str; 4] = ["ks", "partnerId", "p", "clientTag"];

/// The requests in the parameters, without the common ones: from 0 or 1 to the last before one that is missing or has
/// no service or action. The first one may have both empty, and fails.
pub(crate) fn requests(parameters: &Parameters) -> Vec<Parameters> {
    let numbered = numbered(parameters);
    let first = u64::from(!numbered.contains_key(&0));
    let mut requests = Vec::new();
    for index in first.. {
        let Some(request) = numbered.get(&index) else { break };
        let names = ["service", "action"].map(|name| request.get(name).map(text));
        let is_complete = names.iter().all(|name| name.as_ref().is_some_and(|name| !name.is_empty()));
        let is_empty_first = index == first && names.iter().all(|name| name.as_deref() == Some(""));
        if !is_complete && !is_empty_first {
            break;
        }
        requests.push((*request).clone());
    }
    requests
}

/// The requests by their numbers. `01` is 1 too; the first of both counts.
fn numbered(parameters: &Parameters) -> HashMap<u64, &Parameters> {
    let mut requests = HashMap::new();
    for (name, value) in parameters {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        if let (Parameter::Object(request), true, Ok(number)) = (value, is_number, name.parse()) {
            requests.entry(number).or_insert(request);
        }
    }
    requests
}

/// Adds the common parameters that the request does not have. References in them are not replaced.
pub(crate) fn add_common(request: &mut Parameters, parameters: &Parameters) {
    for name in COMMON {
        if let Some(value) = parameters.get(name) {
            request.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
    }
}

/// Replaces `{N:result:path}`, a part of an earlier result, in all texts of a request.
pub(crate) fn resolve_references(request: &mut Parameters, results: &[ApiValue]) -> Result<(), Failure> {
    request.values_mut().try_for_each(|value| replace_in(value, results))
}

fn replace_in(value: &mut Parameter, results: &[ApiValue]) -> Result<(), Failure> {
    match value {
        Parameter::String(text) | Parameter::NotUtf8(text) => {
            if let Some(replaced) = resolve(text, results)? {
                *text = replaced;
            }
            Ok(())
        }
        Parameter::Array(list) => list.iter_mut().try_for_each(|item| replace_in(item, results)),
        Parameter::Object(fields) => resolve_references(fields, results),
        Parameter::Null | Parameter::Bool(_) | Parameter::Number(_) | Parameter::File(_) => Ok(()),
    }
}

/// The text with its reference replaced; `None` if it has no reference to an existing result.
///
/// A reference ends at the last brace: two in one text are read as one with an unknown path.
fn resolve(text: &str, results: &[ApiValue]) -> Result<Option<String>, Failure> {
    let Some(end) = text.rfind('}') else { return Ok(None) };
    for (start, _) in text[..end].match_indices('{') {
        let Some((number, path)) = read(&text[start + 1..end]) else { continue };
        let Some(value) = number.checked_sub(1).and_then(|index| results.get(index)) else {
            return Ok(None);
        };
        let value = follow(value, path)?;
        return Ok(Some(format!("{}{value}{}", &text[..start], &text[end + 1..])));
    }
    Ok(None)
}

/// Reads `N:result` or `N:result:path`. Looks at no more than the number of a text that is no reference: a text may have
/// many braces.
fn read(reference: &str) -> Option<(usize, &str)> {
    let path = reference.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &reference[..reference.len() - path.len()];
    let path = path.strip_prefix(":result")?;
    if !(path.is_empty() || path.starts_with([':', '}'])) {
        return None;
    }
    Some((number.parse().ok()?, path.strip_prefix(':').unwrap_or(path)))
}

/// Follows properties and indexes. A missing one is empty.
fn follow(value: &ApiValue, path: &str) -> Result<String, Failure> {
    if path.is_empty() {
        return Ok(match value {
            ApiValue::Text(text) => text.clone(),
            ApiValue::Int(number) => number.to_string(),
            ApiValue::Float(number) => number.to_string(),
            ApiValue::Bool(true) => "1".to_owned(),
            _ => String::new(),
        });
    }
    let (step, rest) = path.split_once(':').unwrap_or((path, ""));
    match value {
        // PHP fails to read a protected property of the error.
        ApiValue::Error(_) if matches!(step, "code" | "message") => Err(Failure::Fatal),
        ApiValue::Object(object) => {
            object.property(step).map_or(Ok(String::new()), |value| follow(value, rest))
        }
        ApiValue::List(_) if step == "_all" && rest.is_empty() => Ok(String::new()),
        ApiValue::List(list) if step == "_all" => {
            // A comma follows each text, also the last one.
            let mut all = String::new();
            for item in list {
                all.push_str(&follow(item, rest)?);
                all.push(',');
            }
            Ok(all)
        }
        ApiValue::List(list) => {
            let index = step.parse::<usize>().ok().filter(|index| index.to_string() == step);
            let item = index.and_then(|index| list.get(index));
            item.map_or(Ok(String::new()), |item| follow(item, rest))
        }
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::test_json;
    use crate::response::value::Object;
    use kaltura_types::api_error::ApiException;
    use serde_json::{Value, json};

    fn taken(value: &Value) -> Vec<Value> {
        let parameters = test_json::parameters(value);
        let mut requests = requests(&parameters);
        requests.iter_mut().for_each(|request| add_common(request, &parameters));
        requests.iter().map(test_json::json_of).collect()
    }

    #[test]
    fn requests_end_at_the_first_gap() {
        let one = json!({"service": "a", "action": "b"});
        assert_eq!(taken(&json!({"1": one, "3": one})), std::slice::from_ref(&one));
        assert_eq!(taken(&json!({"0": one, "1": one})).len(), 2);
        assert_eq!(taken(&json!({"1": {"service": "a"}, "2": one})), Vec::<Value>::new());
        assert_eq!(taken(&json!({"2": one})), Vec::<Value>::new());
        assert_eq!(taken(&json!({"01": one, "2": one})).len(), 2);
        let empty = json!({"service": "", "action": ""});
        assert_eq!(taken(&json!({"1": empty})).len(), 1);
        assert_eq!(taken(&json!({"1": one, "2": empty})).len(), 1);
    }

    #[test]
    fn common_parameters_are_added_where_they_are_missing() {
        let taken = taken(&json!({
            "ks": "common", "format": 1,
            "1": {"service": "a", "action": "b"},
            "2": {"service": "a", "action": "b", "ks": "own"},
        }));
        assert_eq!(taken[0], json!({"service": "a", "action": "b", "ks": "common"}));
        assert_eq!(taken[1], json!({"service": "a", "action": "b", "ks": "own"}));
    }

    fn results() -> Vec<ApiValue> {
        let item = |id: &str| ApiValue::from(Object::new("Item").with("id", id));
        let list = Object::new("List").with("objects", vec![item("a"), item("b")]).with("totalCount", 2);
        vec!["text".into(), list.into(), ApiValue::Error(ApiException::missing_ks()), ApiValue::Null]
    }

    #[test]
    fn paths_select_parts_of_results() {
        for (text, replaced) in [
            ("{1:result}", Some("text")),
            ("x{1:result}y", Some("xtexty")),
            ("{2:result:objects:1:id}", Some("b")),
            ("{2:result:objects:_all:id}", Some("a,b,")),
            ("{2:result:objects:_all}", Some("")),
            ("{2:result:objects:00:id}", Some("")),
            ("{2:result:totalCount}", Some("2")),
            ("{2:result:objects:9:id}", Some("")),
            ("{2:result:nosuch}", Some("")),
            ("{3:result:ks}", Some("")),
            ("{4:result:ks}", Some("")),
            ("{5:result:ks}", None),
            ("{0:result}", None),
            ("{1:results}", None),
            ("{a:result}", None),
            ("{1:result", None),
            ("{1:result} {1:result}", Some("")),
            ("{{1:result}", Some("{text")),
            ("{1{1:result}", Some("{1text")),
            ("{:result}{1:result}", Some("{:result}text")),
            ("}{1:result", None),
            ("plain", None),
        ] {
            assert_eq!(resolve(text, &results()).unwrap().as_deref(), replaced, "{text}");
        }
    }

    #[test]
    fn a_protected_property_is_fatal() {
        assert_eq!(resolve("{3:result:code}", &results()), Err(Failure::Fatal));
        assert_eq!(resolve("{3:result:message}", &results()), Err(Failure::Fatal));
    }
}
