//! JSON as PHP's `json_encode` writes it.

use serde_json::Value;

use crate::answer::{Answer, Object};
use crate::php_json;
use kaltura_types::api_error::ApiException;

/// Writes an answer. Null properties are left out, the class of an object stands last.
pub(crate) fn write(answer: &Answer) -> String {
    let mut json = String::new();
    value(&mut json, answer);
    json
}

fn value(json: &mut String, answer: &Answer) {
    match answer {
        Answer::Null => json.push_str("null"),
        Answer::Bool(truth) => json.push_str(if *truth { "true" } else { "false" }),
        Answer::Int(number) => json.push_str(&number.to_string()),
        Answer::Text(text) => string(json, text),
        Answer::List(list) => {
            json.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                value(json, item);
            }
            json.push(']');
        }
        Answer::Object(fields) => object(json, fields),
        Answer::Error(exception) => error(json, exception),
    }
}

fn object(json: &mut String, object: &Object) {
    json.push('{');
    for (name, property) in object.properties.iter().filter(|(_, property)| *property != Answer::Null) {
        string(json, name);
        json.push(':');
        value(json, property);
        json.push(',');
    }
    json.push_str("\"objectType\":");
    string(json, object.class);
    json.push('}');
}

/// The arguments are an object, or an empty list if there are none.
fn error(json: &mut String, exception: &ApiException) {
    json.push_str("{\"code\":");
    string(json, exception.code.as_str());
    json.push_str(",\"message\":");
    string(json, &exception.message);
    json.push_str(",\"objectType\":\"KalturaAPIException\",\"args\":");
    if exception.args.is_empty() {
        json.push_str("[]}");
        return;
    }
    for (index, (name, argument)) in exception.args.iter().enumerate() {
        json.push(if index == 0 { '{' } else { ',' });
        string(json, name);
        json.push(':');
        string(json, argument);
    }
    json.push_str("}}");
}

fn string(json: &mut String, text: &str) {
    json.push_str(&php_json::respell(&Value::from(text).to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_php_does_it() {
        let text = "a/b\"\\\u{8}\u{c}\n\r\t\u{1}\u{7f}é\u{1f600}";
        assert_eq!(write(&text.into()), "\"a\\/b\\\"\\\\\\b\\f\\n\\r\\t\\u0001\u{7f}\\u00e9\\ud83d\\ude00\"");
    }

    #[test]
    fn null_properties_are_left_out_and_the_class_stands_last() {
        let object = Object::new("KalturaThing")
            .with("id", 7)
            .with("none", Answer::Null)
            .with("list", vec![Answer::Null, true.into()]);
        assert_eq!(write(&object.into()), r#"{"id":7,"list":[null,true],"objectType":"KalturaThing"}"#);
        assert_eq!(write(&Object::new("Empty").into()), r#"{"objectType":"Empty"}"#);
    }

    #[test]
    fn the_arguments_of_an_error_are_an_object_or_an_empty_list() {
        assert_eq!(
            write(&Answer::Error(ApiException::missing_parameter("id"))),
            r#"{"code":"MISSING_MANDATORY_PARAMETER","message":"Missing parameter \"id\"","objectType":"KalturaAPIException","args":{"PARAM_NAME":"id"}}"#
        );
        assert!(write(&Answer::Error(ApiException::missing_ks())).ends_with(r#","args":[]}"#));
    }
}
