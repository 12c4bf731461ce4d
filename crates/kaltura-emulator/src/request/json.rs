//! A body in JSON.

use serde_json::Value;

use super::Parameters;

/// Reads a document. `None` if the server ignores it: it is no object, it does not parse, or it is `{}`.
pub(super) fn read(body: &[u8]) -> Option<Parameters> {
    let trimmed = body.trim_ascii();
    let is_object = trimmed.starts_with(b"{") && trimmed.ends_with(b"}");
    match serde_json::from_slice(trimmed) {
        Ok(Value::Object(parameters)) if is_object && !parameters.is_empty() => Some(parameters),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_ignored() {
        for body in ["", "[\"x\"]", "{\"a\":", "{}", "\"{}\"", "{\"a\":1} x", "{a:1}", "null"] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
        assert_eq!(read(b"{\"a\":\"\xff\"}"), None);
        assert!(read(b" \n{\"a\":1}\r\n").is_some());
    }
}
