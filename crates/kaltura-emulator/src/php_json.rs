//! JSON in the spelling of the server.

use std::fmt::Write as _;

/// JSON text as PHP's `json_encode` writes it: `/` as `\/`, and what is not ASCII as `\uXXXX` (wire contract,
/// section 2.2). Both stand in strings only, so the text can be changed as a whole.
pub(crate) fn respell(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
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
        assert_eq!(respell("\"a/ä\u{1f600}\\\"\""), "\"a\\/\\u00e4\\ud83d\\ude00\\\"\"");
    }
}
