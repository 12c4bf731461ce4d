//! Decoding the body of a response: a result, an error of the API, or something else.
//!
//! The HTTP status does not tell them apart: Kaltura sends errors with status 200, and a proxy may send any body
//! with any status. So the body itself is examined (wire contract, section 2).

use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api_error::ApiError;

/// Decodes a body that should be a `T`. [`Value`] takes any result.
///
/// # Errors
///
/// [`PayloadError::Api`] if the body is an error of the API, [`PayloadError::Unexpected`] if it is neither that nor
/// a `T`.
///
/// ```
/// # use kaltura_types::{WidgetSession, payload::{self, PayloadError, UnexpectedBody}};
/// let widget: WidgetSession = payload::decode(br#"{"partnerId":7,"ks":"djJ8","userId":0}"#)?;
/// assert_eq!(widget.partner_id.get(), 7);
///
/// let page = payload::decode::<WidgetSession>(b"<!DOCTYPE html><p>Bad gateway");
/// assert!(matches!(page, Err(PayloadError::Unexpected(UnexpectedBody::Html))));
/// # Ok::<(), PayloadError>(())
/// ```
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, PayloadError> {
    // A file of the server that was saved with a byte order mark puts one before every response.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // Also checks the parts that `T` skips.
    let Ok(text) = std::str::from_utf8(body) else {
        return Err(PayloadError::Unexpected(UnexpectedBody::NotUtf8));
    };
    if let Some(result) = decode_plain_result(text) {
        return Ok(result);
    }
    match serde_json::from_str(text) {
        Ok(value) => decode_value(value),
        Err(error) => Err(PayloadError::Unexpected(classify(text, error.is_eof()))),
    }
}

/// Decodes a body that is certainly neither an error nor in an envelope, without a tree of values. `None` decides
/// nothing: then the tree is examined.
fn decode_plain_result<T: DeserializeOwned>(text: &str) -> Option<T> {
    let is_plain = !has_envelope_name(text) && !has_error_name(text.as_bytes());
    if is_plain { serde_json::from_str(text).ok() } else { None }
}

/// Whether the first member has the name of a member of an envelope, or a name with escapes.
fn has_envelope_name(text: &str) -> bool {
    let Some(members) = text.trim_start().strip_prefix('{') else { return false };
    let name = members.trim_start().trim_start_matches('"');
    name.starts_with("result\"") || name.starts_with("executionTime\"") || name.starts_with('\\')
}

/// Whether the name `code`, which all errors have, may be anywhere. In the text of a value its quotes are escaped.
fn has_error_name(body: &[u8]) -> bool {
    static CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(r#""code""#));
    static ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(r"\u00"));
    // PHP escapes no letters of ASCII.
    let is_letter = |at: usize| matches!(body.get(at + ESCAPE.needle().len()), Some(b'4'..=b'7'));
    CODE.find(body).is_some() || ESCAPE.find_iter(body).any(is_letter)
}

/// Decodes a JSON value that should be a `T`, such as one result of a multirequest.
///
/// # Errors
///
/// The same as [`decode`].
pub fn decode_value<T: DeserializeOwned>(value: Value) -> Result<T, PayloadError> {
    let value = result_of(value)?;
    let found = JsonKind::from(&value);
    // The error of serde quotes the value, which may be a secret: it is not kept.
    serde_json::from_value(value).map_err(|_| {
        let name = std::any::type_name::<T>();
        let expected = name.rsplit("::").next().unwrap_or(name);
        PayloadError::Unexpected(UnexpectedBody::WrongShape { expected, found })
    })
}

/// Removes the envelope that other Kaltura back ends send, and separates errors from results.
fn result_of(value: Value) -> Result<Value, PayloadError> {
    let value = without_envelope(value);
    let inner = value.get("error").filter(|_| value.as_object().is_some_and(|object| object.len() == 1));
    match ApiError::from_json(inner.unwrap_or(&value)) {
        Some(error) => Err(PayloadError::Api(error)),
        None => Ok(value),
    }
}

/// An envelope has exactly the members `result` and `executionTime`. With more or others, it may be an object of
/// the API that has a member `result`.
fn without_envelope(mut value: Value) -> Value {
    match value.as_object_mut() {
        Some(object) if object.len() == 2 && object.contains_key("executionTime") => {
            object.remove("result").unwrap_or(value)
        }
        _ => value,
    }
}

/// Tells bodies apart that are not JSON. `at_end` is whether the parser failed at the end of the body.
fn classify(text: &str, at_end: bool) -> UnexpectedBody {
    let text = text.trim_start_matches('\u{feff}').trim();
    let begins_with =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if text.is_empty() {
        UnexpectedBody::Empty
    } else if begins_with("<?xml") || begins_with("<xml") {
        UnexpectedBody::Xml
    } else if text.starts_with('<') {
        UnexpectedBody::Html
    } else if !text.starts_with(['{', '[', '"']) {
        UnexpectedBody::PlainText
    } else if at_end {
        UnexpectedBody::TruncatedJson
    } else {
        UnexpectedBody::InvalidJson
    }
}

/// Why a body is not the expected result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The server refused the call.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The body is neither a result nor an error of the API.
    #[error(transparent)]
    Unexpected(#[from] UnexpectedBody),
}

/// A body that is neither the expected result nor an error of the API.
///
/// The body itself is not kept: it may contain secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnexpectedBody {
    /// Empty, as after a fatal error of the server.
    #[error("the response is empty")]
    Empty,
    /// An HTML page: the response of a proxy or another server, not of the API.
    #[error("the response is an HTML page, not JSON")]
    Html,
    /// XML, the server's default format: it did not read the parameter `format=1`.
    #[error("the response is XML, not JSON")]
    Xml,
    /// Plain text.
    #[error("the response is plain text, not JSON")]
    PlainText,
    /// JSON that ends too early.
    #[error("the response is JSON that was cut off")]
    TruncatedJson,
    /// A text that begins like JSON and is not valid JSON.
    #[error("the response is not valid JSON")]
    InvalidJson,
    /// Bytes that are not UTF-8.
    #[error("the response is not UTF-8 text")]
    NotUtf8,
    /// JSON of another kind, or an object without the required members.
    #[error("the response is {found}, not a valid {expected}")]
    WrongShape {
        /// The type that was expected.
        expected: &'static str,
        /// The kind of JSON that was received.
        found: JsonKind,
    },
}

/// The kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has no more")]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl From<&Value> for JsonKind {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BareKs, ErrorCode, SessionInfo, WidgetSession};

    fn unexpected<T: DeserializeOwned + fmt::Debug>(body: &[u8]) -> UnexpectedBody {
        match decode::<T>(body) {
            Err(PayloadError::Unexpected(unexpected)) => unexpected,
            other => panic!("expected an unexpected body, got {other:?}"),
        }
    }

    fn refusal(body: &str) -> ErrorCode {
        match decode::<WidgetSession>(body.as_bytes()) {
            Err(PayloadError::Api(error)) => error.code().clone(),
            other => panic!("expected an API error, got {other:?}"),
        }
    }

    #[test]
    fn bodies_that_are_not_json_are_told_apart() {
        let cases: [(&[u8], UnexpectedBody); 11] = [
            (b"", UnexpectedBody::Empty),
            (b" \n\xef\xbb\xbf", UnexpectedBody::PlainText),
            (b"\xef\xbb\xbf", UnexpectedBody::Empty),
            (b"<!DOCTYPE html><p>", UnexpectedBody::Html),
            (b"\xef\xbb\xbf<HTML>", UnexpectedBody::Html),
            (b"<?xml version=\"1.0\"?><xml>", UnexpectedBody::Xml),
            (b"<xml><result>", UnexpectedBody::Xml),
            (b"Service unavailable", UnexpectedBody::PlainText),
            (b"{\"partnerId\":7,\"ks", UnexpectedBody::TruncatedJson),
            (b"{\"partnerId\":7}}", UnexpectedBody::InvalidJson),
            (b"\xff\xfe", UnexpectedBody::NotUtf8),
        ];
        for (body, expected) in cases {
            assert_eq!(unexpected::<WidgetSession>(body), expected, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        let body = b"\xef\xbb\xbf{\"partnerId\":7,\"ks\":\"k\",\"userId\":0}";
        assert_eq!(decode::<WidgetSession>(body).unwrap().ks.expose(), "k");
    }

    #[test]
    fn json_of_another_kind_is_unexpected() {
        for (body, found) in [
            ("null", JsonKind::Null),
            ("true", JsonKind::Bool),
            ("7", JsonKind::Number),
            ("\"text\"", JsonKind::String),
            ("[]", JsonKind::Array),
            ("{}", JsonKind::Object),
        ] {
            let expected = UnexpectedBody::WrongShape { expected: "WidgetSession", found };
            assert_eq!(unexpected::<WidgetSession>(body.as_bytes()), expected);
        }
    }

    #[test]
    fn a_string_is_a_ks_only_if_it_looks_like_one() {
        assert!(matches!(unexpected::<BareKs>(b"\"ok\""), UnexpectedBody::WrongShape { .. }));
        assert!(
            decode::<BareKs>(b"\"djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8\"").is_ok()
        );
    }

    #[test]
    fn an_envelope_of_two_members_is_removed() {
        let body = br#"{"executionTime":0.1,"result":{"partnerId":7,"ks":"k","userId":"0"}}"#;
        assert_eq!(decode::<WidgetSession>(body).unwrap().ks.expose(), "k");
        let error = r#"{"code":"INVALID_KS","message":"m","objectType":"KalturaAPIException","args":[]}"#;
        assert_eq!(refusal(error), ErrorCode::InvalidKs);
        assert_eq!(
            refusal(&format!(r#"{{"result":{{"error":{error}}},"executionTime":1}}"#)),
            ErrorCode::InvalidKs
        );
        assert_eq!(refusal(&format!(r#"{{"result":{error},"executionTime":1}}"#)), ErrorCode::InvalidKs);
        let alone = r#"{"result":{"partnerId":7,"ks":"k","userId":0}}"#;
        assert!(matches!(unexpected::<WidgetSession>(alone.as_bytes()), UnexpectedBody::WrongShape { .. }));
    }

    #[test]
    fn an_object_with_a_member_result_is_not_an_envelope() {
        let body = br#"{"result":"x","executionTime":1,"objectType":"KalturaJob"}"#;
        assert!(decode::<Value>(body).unwrap().get("result").is_some());
    }

    /// With optional members only, so that it can be deserialized from any object.
    #[derive(Debug, serde::Deserialize)]
    struct Anything {
        name: Option<String>,
    }

    #[test]
    fn an_error_is_recognised_whatever_the_type_and_the_spelling() {
        for error in [
            r#"{"code":"A","message":"m","objectType":"KalturaAPIException","args":{}}"#,
            r#"{"name":"n","message":"m","code":"A"}"#,
            r#"{"\u0063ode":"A","message":"m"}"#,
            r#"{"co\u0064e":"A","message":"m","objectType":"KalturaAPIException"}"#,
            r#" { "error" : {"code":"A","message":"m"} }"#,
            r#"{"execution\u0054ime":1,"result":{"code":"A","message":"m"}}"#,
        ] {
            let decoded = decode::<Anything>(error.as_bytes());
            assert!(matches!(decoded, Err(PayloadError::Api(_))), "{error}: {decoded:?}");
        }
    }

    #[test]
    fn the_result_in_an_envelope_is_decoded_whatever_the_type_and_the_spelling() {
        for body in [
            r#"{"result":{"name":"n"},"executionTime":1}"#,
            r#" { "executionTime":1,"result":{"name":"n"}}"#,
            r#"{"\u0072esult":{"name":"n"},"executionTime":1}"#,
            r#"{"e\u0078ecutionTime":1,"result":{"name":"n"}}"#,
        ] {
            assert_eq!(decode::<Anything>(body.as_bytes()).unwrap().name.as_deref(), Some("n"), "{body}");
        }
    }

    #[test]
    fn a_plain_result_is_decoded_as_it_is_from_a_tree() {
        for body in [
            r#"{"name":"\u00e9 \"code\" \u0000","objectType":"KalturaMediaEntry"}"#,
            r#"{"name":"n","name":"last","unknown":[1,{"executionTime":2}]}"#,
            r#"{"name":null,"code":7,"message":"m"}"#,
        ] {
            let from_tree: Anything = decode_value(serde_json::from_str(body).unwrap()).unwrap();
            assert_eq!(decode::<Anything>(body.as_bytes()).unwrap().name, from_tree.name, "{body}");
        }
        // What the type skips is checked too.
        assert_eq!(unexpected::<Anything>(b"{\"unknown\":\"\xff\"}"), UnexpectedBody::NotUtf8);
        assert_eq!(unexpected::<Anything>(b"{\"unknown\":[1,}"), UnexpectedBody::InvalidJson);
    }

    #[test]
    fn the_error_does_not_quote_the_body() {
        let error = decode::<SessionInfo>(br#"{"ks":{"secret":"hush"},"expiry":"hush"}"#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
