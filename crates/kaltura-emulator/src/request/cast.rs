//! How PHP and the server's own reader turn parameters into types (wire contract, section 1.3).

use std::borrow::Cow;

use super::Parameter;

/// PHP's `(string)`.
pub(crate) fn text(value: &Parameter) -> Cow<'_, str> {
    match value {
        Parameter::Null | Parameter::Bool(false) => "".into(),
        Parameter::Bool(true) => "1".into(),
        Parameter::Number(number) => number.to_string().into(),
        Parameter::String(text) | Parameter::NotUtf8(text) => text.into(),
        Parameter::Array(_) | Parameter::Object(_) | Parameter::File(_) => "Array".into(),
    }
}

/// PHP's `empty`: an absent value, an empty text, `0`, false, null or an empty list.
pub(crate) fn is_empty(value: Option<&Parameter>) -> bool {
    match value {
        None | Some(Parameter::Null | Parameter::Bool(false)) => true,
        Some(Parameter::Bool(true)) => false,
        Some(Parameter::Number(number)) => number.as_f64() == Some(0.0),
        Some(Parameter::String(text) | Parameter::NotUtf8(text)) => is_empty_text(text),
        Some(Parameter::Array(list)) => list.is_empty(),
        Some(Parameter::Object(fields)) => fields.is_empty(),
        Some(Parameter::File(_)) => false,
    }
}

/// PHP's `empty` of a text.
pub(crate) fn is_empty_text(text: &str) -> bool {
    matches!(text, "" | "0")
}

/// The number that a text is; `None` if it is not numeric.
pub(crate) fn numeric(text: &str) -> Option<f64> {
    match leading_number(text)? {
        #[expect(clippy::cast_precision_loss, reason = "PHP compares such numbers as floats too")]
        (Number::Integer(number), rest) if is_blank(rest) => Some(number as f64),
        (Number::Float(number), rest) if is_blank(rest) => Some(number),
        _ => None,
    }
}

/// PHP's `(int)`: the number at the beginning of a text, 0 if there is none. A number that is too large becomes the
/// largest.
pub(crate) fn int(value: &Parameter) -> i64 {
    match value {
        Parameter::Null => 0,
        Parameter::Bool(truth) => i64::from(*truth),
        Parameter::Number(number) => {
            number.as_i64().unwrap_or_else(|| truncate(number.as_f64().unwrap_or(0.0)))
        }
        Parameter::String(text) | Parameter::NotUtf8(text) => leading_int(text).unwrap_or(0),
        Parameter::Array(list) => i64::from(!list.is_empty()),
        Parameter::Object(fields) => i64::from(!fields.is_empty()),
        Parameter::File(_) => 1,
    }
}

/// PHP's `(float)`: the number at the beginning of a text, 0 if there is none.
pub(crate) fn float(value: &Parameter) -> f64 {
    let number = match value {
        Parameter::String(text) | Parameter::NotUtf8(text) => leading_number(text).map(|(number, _)| number),
        Parameter::Number(number) if number.is_f64() => number.as_f64().map(Number::Float),
        other => Some(Number::Integer(int(other))),
    };
    match number {
        #[expect(clippy::cast_precision_loss, reason = "PHP converts the integer in the same way")]
        Some(Number::Integer(number)) => number as f64,
        Some(Number::Float(number)) => number,
        None => 0.0,
    }
}

/// The server's boolean: PHP's `(bool)`, and the text `false` is false too.
pub(crate) fn truth(value: &Parameter) -> bool {
    match value {
        Parameter::String(text) | Parameter::NotUtf8(text) => {
            !(is_empty_text(text) || text.eq_ignore_ascii_case("false"))
        }
        Parameter::Number(number) => number.as_f64() != Some(0.0),
        other => int(other) != 0,
    }
}

/// The number at the beginning of a text; `None` if there is none, for which PHP's arithmetic fails.
pub(crate) fn leading_int(text: &str) -> Option<i64> {
    leading_number(text).map(|(number, _)| number.truncated())
}

/// PHP's `==` between a text and a whole number: a numeric text, with or without blanks around it, is compared as a
/// number.
pub(crate) fn equals_number(text: &str, number: i64) -> bool {
    match leading_number(text) {
        #[expect(clippy::cast_precision_loss, reason = "PHP converts the integer in the same way")]
        Some((Number::Float(value), rest)) if is_blank(rest) => value == number as f64,
        Some((Number::Integer(value), rest)) if is_blank(rest) => value == number,
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    fn truncated(self) -> i64 {
        match self {
            Self::Integer(number) => number,
            Self::Float(number) => truncate(number),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast of Rust saturates, as PHP's of a text does")]
fn truncate(number: f64) -> i64 {
    number as i64
}

/// The number at the beginning of a text, after blanks, and the rest of the text.
fn leading_number(text: &str) -> Option<(Number, &str)> {
    let text = text.trim_start_matches(BLANKS);
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['+', '-']));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut is_float = false;
    if text[end..].starts_with('.') {
        let fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
            is_float = true;
        }
    }
    if whole == 0 && !is_float {
        return None;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
            is_float = true;
        }
    }
    let (number, rest) = text.split_at(end);
    let integer = if is_float { None } else { number.parse().ok() };
    let number = match integer {
        Some(integer) => Number::Integer(integer),
        None => Number::Float(number.parse().ok()?),
    };
    Some((number, rest))
}

const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| BLANKS.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parameter(value: &Value) -> Parameter {
        serde_json::from_str(&value.to_string()).unwrap()
    }

    #[test]
    fn integers_are_cast_as_in_php() {
        for (value, number) in [
            (json!("abc"), 0),
            (json!("3.7"), 3),
            (json!("1e3"), 1000),
            (json!("1e"), 1),
            (json!(" 12x"), 12),
            (json!("-7"), -7),
            (json!("+.5e1"), 5),
            (json!("."), 0),
            (json!("99999999999999999999"), i64::MAX),
            (json!("-99999999999999999999"), i64::MIN),
            (json!("1e999"), i64::MAX),
            (json!(""), 0),
            (json!(null), 0),
            (json!(true), 1),
            (json!(3.9), 3),
            (json!({}), 0),
            (json!({"a": 1}), 1),
            (json!([0]), 1),
        ] {
            assert_eq!(int(&parameter(&value)), number, "{value}");
        }
    }

    #[test]
    fn numbers_are_compared_loosely() {
        for text in ["2", "2 ", " 2", "02", "2.0", "+2", "0.2e1"] {
            assert!(equals_number(text, 2), "{text:?}");
        }
        for text in ["", "2x", "two", "1", "2.5", "0x2"] {
            assert!(!equals_number(text, 2), "{text:?}");
        }
        assert!(!equals_number("", 0));
    }

    #[test]
    fn floats_and_booleans_are_cast_as_in_php() {
        for (value, number, is_true) in [
            (json!("1.5x"), 1.5, true),
            (json!("abc"), 0.0, true),
            (json!(""), 0.0, false),
            (json!("0"), 0.0, false),
            (json!("FALSE"), 0.0, false),
            (json!("-3"), -3.0, true),
            (json!(null), 0.0, false),
            (json!(true), 1.0, true),
            (json!(0.25), 0.25, true),
            (json!(0), 0.0, false),
        ] {
            let parameter = parameter(&value);
            assert_eq!(
                (float(&parameter).to_bits(), truth(&parameter)),
                (f64::to_bits(number), is_true),
                "{value}"
            );
        }
    }

    #[test]
    fn texts_are_cast_as_in_php() {
        assert_eq!(text(&parameter(&json!({"a": 1}))), "Array");
        assert_eq!(text(&parameter(&json!(123))), "123");
        assert_eq!(text(&parameter(&json!(null))), "");
        assert_eq!(text(&parameter(&json!(true))), "1");
    }
}
