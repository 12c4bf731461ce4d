//! Integers that a number of JavaScript cannot hold.

use serde_json::Value;

/// 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// Replaces each integer beyond `Number.MAX_SAFE_INTEGER` by its text: as a number it would be another one. The server
/// sends some numbers as text itself.
pub(super) fn keep_exact(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let exact = match (number.as_u64(), number.as_i64()) {
                (Some(positive), _) => positive <= MAX_SAFE_INTEGER,
                (None, Some(negative)) => negative.unsigned_abs() <= MAX_SAFE_INTEGER,
                (None, None) => true,
            };
            if !exact {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(values) => values.iter_mut().for_each(keep_exact),
        Value::Object(members) => members.values_mut().for_each(keep_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_integers_that_are_not_exact_become_text() {
        let mut value = json!({
            "exact": [9_007_199_254_740_991_u64, -9_007_199_254_740_991_i64, 0.5, 1e300, "9007199254740993", null, true],
            "not": [9_007_199_254_740_992_u64, -9_007_199_254_740_992_i64, u64::MAX, [{ "deep": i64::MIN }]],
        });
        let exact = value["exact"].clone();
        keep_exact(&mut value);
        assert_eq!(value["exact"], exact);
        let expected = json!(["9007199254740992", "-9007199254740992", "18446744073709551615", [{ "deep": "-9223372036854775808" }]]);
        assert_eq!(value["not"], expected);
    }
}
