//! JSON as PHP's `json_encode` writes it.

use std::fmt::Write as _;

use crate::response::value::{ApiValue, Object};
use kaltura_types::api_error::ApiException;

/// Writes a value. Null properties are omitted; the class of an object comes last.
pub(crate) fn write(value: &ApiValue) -> String {
    let mut json = String::with_capacity(512);
    write_value(&mut json, value);
    json
}

fn write_value(json: &mut String, value: &ApiValue) {
    match value {
        ApiValue::Null => json.push_str("null"),
        ApiValue::Bool(truth) => json.push_str(if *truth { "true" } else { "false" }),
        ApiValue::Int(number) => json.push_str(&number.to_string()),
        ApiValue::Float(number) => json.push_str(&number.to_string()),
        ApiValue::Text(text) => string(json, text),
        ApiValue::List(list) => {
            json.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_value(json, item);
            }
            json.push(']');
        }
        ApiValue::Object(fields) => object(json, fields),
        ApiValue::Error(exception) => error(json, exception),
    }
}

fn object(json: &mut String, object: &Object) {
    json.push('{');
    for (name, property) in object.properties.iter().filter(|(_, property)| *property != ApiValue::Null) {
        string(json, name);
        json.push(':');
        write_value(json, property);
        json.push(',');
    }
    if object.class.is_empty() {
        if json.ends_with(',') {
            json.pop();
        }
    } else {
        json.push_str("\"objectType\":");
        string(json, &object.class);
    }
    json.push('}');
}

/// The arguments are an object, or an empty array if there are none.
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

/// Whether a byte is written as it is. Nearly all are, so that looking them up is worth it.
static IS_PLAIN: [bool; 256] = {
    let mut is_plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        is_plain[byte as usize] = !matches!(byte, b'"' | b'\\' | b'/');
        byte += 1;
    }
    is_plain
};

/// A string with `/` as `\/`, and each character that is not ASCII as `\uXXXX` (wire contract, section 2.2).
fn string(json: &mut String, text: &str) {
    // Without a branch for each byte.
    if text.bytes().fold(true, |plain, byte| plain & IS_PLAIN[usize::from(byte)]) {
        json.push('"');
        json.push_str(text);
        json.push('"');
        return;
    }
    for c in serde_json::Value::from(text).to_string().chars() {
        match c {
            '/' => json.push_str("\\/"),
            c if c.is_ascii() => json.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                // Writing to a String cannot fail.
                let _ = write!(json, "\\u{unit:04x}");
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_in_php() {
        let text = "a/b\"\\\u{8}\u{c}\n\r\t\u{1}\u{7f}é\u{1f600}";
        assert_eq!(write(&text.into()), "\"a\\/b\\\"\\\\\\b\\f\\n\\r\\t\\u0001\u{7f}\\u00e9\\ud83d\\ude00\"");
    }

    #[test]
    fn null_properties_are_omitted_and_the_class_comes_last() {
        let object = Object::new("KalturaThing")
            .with("id", 7)
            .with("none", ApiValue::Null)
            .with("list", vec![ApiValue::Null, true.into()]);
        assert_eq!(write(&object.into()), r#"{"id":7,"list":[null,true],"objectType":"KalturaThing"}"#);
        assert_eq!(write(&Object::new("Empty").into()), r#"{"objectType":"Empty"}"#);
    }

    #[test]
    fn the_arguments_of_an_error_are_an_object_or_an_empty_array() {
        assert_eq!(
            write(&ApiValue::Error(ApiException::missing_mandatory_parameter("id"))),
            r#"{"code":"MISSING_MANDATORY_PARAMETER","message":"Missing parameter \"id\"","objectType":"KalturaAPIException","args":{"PARAM_NAME":"id"}}"#
        );
        assert!(write(&ApiValue::Error(ApiException::missing_ks())).ends_with(r#","args":[]}"#));
    }
}
