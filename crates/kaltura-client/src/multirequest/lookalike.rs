//! Texts that the server would take for references, though nobody made them as such.

use kaltura_types::Parameters;
use serde_json::Value;

/// The name of a parameter whose text the server would replace by a part of an earlier result, in the request of
/// this number. References to the request itself or to later ones stay as they are (wire contract, section 8).
pub(super) fn find(parameters: &Parameters, number: usize) -> Option<&str> {
    parameters.iter().find(|(_, value)| holds(value, number)).map(|(name, _)| name.as_str())
}

fn holds(value: &Value, number: usize) -> bool {
    match value {
        Value::String(text) => refers_to_earlier(text, number),
        Value::Array(list) => list.iter().any(|item| holds(item, number)),
        Value::Object(members) => members.values().any(|member| holds(member, number)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// `{N:result}` or `{N:result:…}`, wherever it stands in the text.
fn refers_to_earlier(text: &str, number: usize) -> bool {
    text.match_indices('{').any(|(start, _)| {
        let rest = &text[start + 1..];
        let Some((digits, rest)) = rest.split_once(':') else { return false };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let path = rest.strip_prefix("result").filter(|path| path.starts_with([':', '}']));
        let earlier = |referred: usize| (1..number).contains(&referred);
        is_number && path.is_some_and(|path| path.contains('}')) && digits.parse().is_ok_and(earlier)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_would_replace_is_found() {
        for text in [
            "{1:result}",
            "{2:result:ks}",
            "x{1:result:objects:0:id}y",
            "{{1:result:id}",
            "{\"a\": \"{2:result}\"}",
            "{0:result} {1:result}",
            "{01:result:id}",
            "{1:result:a b}",
        ] {
            assert!(refers_to_earlier(text, 3), "{text}");
        }
    }

    #[test]
    fn what_it_leaves_alone_is_not() {
        for text in [
            "",
            "{}",
            "{1:results}",
            "{1:result",
            "{1:result:id",
            "{3:result:id}",
            "{9:result:id}",
            "{0:result:id}",
            "{a:result}",
            "{:result}",
            "1:result:id",
            "{99999999999999999999999:result}",
            "{ 1:result}",
        ] {
            assert!(!refers_to_earlier(text, 3), "{text}");
        }
        assert!(!refers_to_earlier("{1:result}", 1), "the first has nothing before it");
    }

    #[test]
    fn it_is_found_at_any_depth() {
        let parameters = json!({"a": "plain", "filter": {"list": ["x", {"deep": "{1:result:ks}"}]}});
        let Value::Object(parameters) = parameters else { panic!("an object") };
        assert_eq!(find(&parameters, 2), Some("filter"));
        assert_eq!(find(&parameters, 1), None);
    }
}
