//! Bodies of the type `multipart/form-data`, for calls with files (wire contract, section 1.3).

use std::borrow::Cow;
use std::fmt::Write as _;

use kaltura_types::{FilePart, Parameters, is_secret_name, redact};
use serde_json::Value;
use zeroize::Zeroizing;

/// Longer texts are sent in the body: servers and proxies limit the length of a URL.
const MAX_QUERY_VALUE: usize = 256;

/// Where the parameters of a call with files are sent.
///
/// If the body is larger than the server accepts, the server drops all parameters in it, and cannot even tell what is
/// wrong. So parameters are sent in the query where possible; secrets never are.
pub(super) struct Placement {
    /// The query string, without `?`.
    pub(super) query: String,
    /// The parameters in the body: as form parts, or as one part `json` if a value is no text, number or boolean.
    body: BodyParameters,
}

enum BodyParameters {
    Parts(Vec<(String, Zeroizing<String>)>),
    /// The server ignores all other parts that are no files, so that this one has all parameters.
    Json(Zeroizing<String>),
}

impl Placement {
    pub(super) fn of(mut parameters: Parameters) -> Self {
        let mut query = String::new();
        let mut parts = Vec::new();
        let mut needs_json = false;
        for (name, value) in &parameters {
            match scalar(value) {
                Some(text) if may_be_in_url(name, &text) => {
                    let separator = if query.is_empty() { "" } else { "&" };
                    let _ = write!(query, "{separator}{}={}", Encoded(name), Encoded(&text));
                }
                Some(text) if is_plain_name(name) => parts.push((name.clone(), text)),
                _ => needs_json = true,
            }
        }
        let body = if needs_json {
            parameters.insert("format".to_owned(), 1.into());
            BodyParameters::Json(Zeroizing::new(serde_json::to_string(&parameters).unwrap_or_default()))
        } else {
            BodyParameters::Parts(parts)
        };
        Self { query, body }
    }

    /// The content type and the body. The boundary is made of `random`, and occurs nowhere in the content.
    pub(super) fn encode(self, files: &[FilePart], mut random: u64) -> (String, Vec<u8>) {
        let mut parts: Vec<(String, &[u8])> = Vec::new();
        match &self.body {
            BodyParameters::Parts(fields) => {
                parts.extend(fields.iter().map(|(name, text)| (field_head(name), text.as_bytes())));
            }
            BodyParameters::Json(json) => parts.push((field_head("json"), json.as_bytes())),
        }
        parts.extend(files.iter().map(|file| (file_head(file), file.content())));

        let boundary = loop {
            let boundary = format!("kaltura-rs-{random:016x}");
            let finder = memchr::memmem::Finder::new(&boundary);
            let occurs = |text: &[u8]| finder.find(text).is_some();
            if !parts.iter().any(|(head, content)| occurs(head.as_bytes()) || occurs(content)) {
                break boundary;
            }
            // An odd increment: each number comes once.
            random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        };

        let length = parts.iter().map(|(head, content)| head.len() + content.len() + 40).sum::<usize>() + 40;
        let mut body = Vec::with_capacity(length);
        for (head, content) in parts {
            body.extend_from_slice(b"--");
            body.extend_from_slice(boundary.as_bytes());
            body.extend_from_slice(b"\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--");
        body.extend_from_slice(boundary.as_bytes());
        body.extend_from_slice(b"--\r\n");
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

/// A value as the text of a form. The server reads `1` and `0` as booleans; an empty text is false there.
fn scalar(value: &Value) -> Option<Zeroizing<String>> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(Zeroizing::new(text))
}

fn may_be_in_url(name: &str, text: &str) -> bool {
    let has_no_secret = !is_secret_name(name) && matches!(redact(text, &[]), Cow::Borrowed(_));
    is_plain_name(name) && has_no_secret && text.len() <= MAX_QUERY_VALUE
}

/// Whether the server reads this name in a form as it is, and not as a path into an object.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn field_head(name: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{}\"", Quoted(name))
}

fn file_head(file: &FilePart) -> String {
    format!(
        "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: application/octet-stream",
        Quoted(file.name()),
        Quoted(file.file_name())
    )
}

/// A text of a query: everything except ASCII letters, digits, `_` and `-` is percent-encoded.
struct Encoded<'a>(&'a str);

impl std::fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' => f.write_char(char::from(byte))?,
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

/// A quoted name in the head of a part, in which quotes and control characters are percent-encoded, as browsers do.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\0'..='\x1f' | '\x7f' => write!(f, "%{:02X}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ";

    fn placement(parameters: Value) -> Placement {
        let Value::Object(parameters) = parameters else { panic!("an object") };
        Placement::of(parameters)
    }

    #[test]
    fn only_what_is_no_secret_is_in_the_query() {
        let hex = "0_328ce8ca844f100d67092f5f99ad51f4";
        let placement = placement(json!({
            "ks": KS, "uploadTokenId": "0_a", "token": "t", "finalChunk": false, "resume": true, "resumeAt": 7,
            "clientTag": "a b&c", "fileName": hex, "text": "x".repeat(300),
        }));
        let mut query: Vec<&str> = placement.query.split('&').collect();
        query.sort_unstable();
        assert_eq!(query, ["clientTag=a%20b%26c", "finalChunk=0", "resume=1", "resumeAt=7"]);
        let (_, body) = placement.encode(&[], 1);
        let body = String::from_utf8(body).unwrap();
        for (name, value) in [("ks", KS), ("uploadTokenId", "0_a"), ("token", "t"), ("fileName", hex)] {
            assert!(
                body.contains(&format!("form-data; name=\"{name}\"\r\n\r\n{value}\r\n")),
                "{name}: {body}"
            );
        }
        assert!(!body.contains("finalChunk"));
    }

    #[test]
    fn an_object_needs_a_json_part_with_everything() {
        let placement = placement(json!({"entry": {"name": "n"}, "ks": "k", "type": 1}));
        assert_eq!(placement.query, "type=1");
        let (content_type, body) = placement.encode(&[FilePart::new("fileData", "a", "abc")], 255);
        assert_eq!(content_type, "multipart/form-data; boundary=kaltura-rs-00000000000000ff");
        let body = String::from_utf8(body).unwrap();
        let json = body.split("\r\n").nth(3).unwrap();
        let all = json!({"entry": {"name": "n"}, "format": 1, "ks": "k", "type": 1});
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), all);
        let expected = format!(
            "--kaltura-rs-00000000000000ff\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{json}\r\n\
             --kaltura-rs-00000000000000ff\r\nContent-Disposition: form-data; name=\"fileData\"; filename=\"a\"\r\n\
             Content-Type: application/octet-stream\r\n\r\nabc\r\n--kaltura-rs-00000000000000ff--\r\n"
        );
        assert_eq!(body, expected);
    }

    #[test]
    fn the_boundary_does_not_occur_in_the_content() {
        let content = "--kaltura-rs-0000000000000001--";
        let file = FilePart::new("fileData", "a", content);
        let (content_type, body) = placement(json!({})).encode(&[file], 1);
        let boundary = content_type.rsplit('=').next().unwrap();
        assert!(!content.contains(boundary));
        assert_eq!(String::from_utf8(body).unwrap().matches(boundary).count(), 2);
    }

    #[test]
    fn a_file_name_cannot_leave_its_quotes() {
        let file = FilePart::new("fileData", "a\"\r\nks: \u{7f}ü.mp4", "");
        let head = file_head(&file);
        assert!(head.contains("filename=\"a%22%0D%0Aks: %7Fü.mp4\"\r\nContent-Type"), "{head}");
        assert!(file_head(&FilePart::new("fileData", "", "")).contains("filename=\"file\""));
    }
}
