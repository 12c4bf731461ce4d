//! JSON in the spelling of the server.

use std::fmt::Write as _;

use serde_json::Value;

/// As PHP's `json_encode` writes it: `/` as `\/`, and what is not ASCII as `\uXXXX` (wire contract, section
/// 2.2). In JSON text both stand in strings only, so the text can be changed as a whole.
pub(super) fn php_json(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '/' => text.push_str("\\/"),
            c if c.is_ascii() => text.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_other_letters_are_escaped() {
        assert_eq!(php_json(&"a/ä\u{1f600}\"".into()), "\"a\\/\\u00e4\\ud83d\\ude00\\\"\"");
    }
}
