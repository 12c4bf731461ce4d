//! The body of an answer: an error of the API, what was asked for, or neither.
//!
//! HTTP status decides nothing: Kaltura answers errors with 200, and what stands between may answer
//! anything with anything. So each body is judged by what it is (wire contract, section 2).

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api_error::ApiError;

/// Reads a body that should hold a `T`.
///
/// # Errors
///
/// [`PayloadError::Api`] if the server refused, [`PayloadError::Unexpected`] for anything that is neither.
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
    read(judge(body)?)
}

/// Reads a value that should be a `T`, such as one result of a multirequest.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_value<T: DeserializeOwned>(value: Value) -> Result<T, PayloadError> {
    read(judge_value(value)?)
}

/// Reads a body as JSON that is not an error.
///
/// # Errors
///
/// As [`decode`], but for the wrong kind of JSON, which this can not know.
pub fn judge(body: &[u8]) -> Result<Value, PayloadError> {
    match serde_json::from_slice(body) {
        Ok(value) => judge_value(value),
        Err(error) => Err(PayloadError::Unexpected(not_json(body, error.is_eof()))),
    }
}

/// Takes the result out of the envelope that other Kaltura back ends send, and tells errors apart.
fn judge_value(value: Value) -> Result<Value, PayloadError> {
    let value = without_envelope(value);
    let inner = value.get("error").filter(|_| value.as_object().is_some_and(|object| object.len() == 1));
    match ApiError::from_json(inner.unwrap_or(&value)) {
        Some(error) => Err(PayloadError::Api(error)),
        None => Ok(value),
    }
}

/// An envelope is an object of exactly `result` and `executionTime`: anything else may be an object of the
/// API that happens to have a member of that name.
fn without_envelope(mut value: Value) -> Value {
    match value.as_object_mut() {
        Some(object) if object.len() == 2 && object.contains_key("executionTime") => {
            object.remove("result").unwrap_or(value)
        }
        _ => value,
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, PayloadError> {
    let found = JsonKind::of(&value);
    // The error of serde quotes the value, which may be a secret: it is not kept.
    serde_json::from_value(value).map_err(|_| {
        let name = std::any::type_name::<T>();
        let expected = name.rsplit("::").next().unwrap_or(name);
        PayloadError::Unexpected(UnexpectedBody::WrongShape { expected, found })
    })
}

fn not_json(body: &[u8], cut: bool) -> UnexpectedBody {
    let Ok(text) = std::str::from_utf8(body) else { return UnexpectedBody::NotText };
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
    } else if cut {
        UnexpectedBody::CutJson
    } else {
        UnexpectedBody::BrokenJson
    }
}

/// Why a body holds no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The server understood and refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The body is neither a result nor an error of the API.
    #[error(transparent)]
    Unexpected(#[from] UnexpectedBody),
}

/// A body that is neither a result nor an error of the API. What it says is not kept: it may echo secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnexpectedBody {
    /// Nothing, as after a fatal error of the server.
    #[error("the answer is empty")]
    Empty,
    /// A page for people: something between here and the API has answered.
    #[error("the answer is an HTML page, not JSON")]
    Html,
    /// The server's other format: it did not see `format=1`.
    #[error("the answer is XML, not JSON")]
    Xml,
    /// A bare text.
    #[error("the answer is a plain text, not JSON")]
    PlainText,
    /// JSON that ends too early.
    #[error("the answer is JSON that was cut off")]
    CutJson,
    /// Something that begins like JSON and is not.
    #[error("the answer begins like JSON, but is not")]
    BrokenJson,
    /// Bytes that are no UTF-8.
    #[error("the answer is not text")]
    NotText,
    /// JSON of another kind, or an object that lacks something.
    #[error("the answer is {found}, but no {expected}")]
    WrongShape {
        /// The type that was expected.
        expected: &'static str,
        /// What came instead.
        found: JsonKind,
    },
}

/// The kinds of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has no more")]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

impl JsonKind {
    /// The kind of a value.
    #[must_use]
    pub const fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "a bare text",
            Self::List => "a list",
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
    fn what_is_not_json_is_told_apart() {
        let cases: [(&[u8], UnexpectedBody); 10] = [
            (b"", UnexpectedBody::Empty),
            (b" \n\xef\xbb\xbf", UnexpectedBody::PlainText),
            (b"<!DOCTYPE html><p>", UnexpectedBody::Html),
            (b"\xef\xbb\xbf<HTML>", UnexpectedBody::Html),
            (b"<?xml version=\"1.0\"?><xml>", UnexpectedBody::Xml),
            (b"<xml><result>", UnexpectedBody::Xml),
            (b"Service unavailable", UnexpectedBody::PlainText),
            (b"{\"partnerId\":7,\"ks", UnexpectedBody::CutJson),
            (b"{\"partnerId\":7}}", UnexpectedBody::BrokenJson),
            (b"\xff\xfe", UnexpectedBody::NotText),
        ];
        for (body, expected) in cases {
            assert_eq!(unexpected::<WidgetSession>(body), expected, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn json_of_another_kind_is_not_the_object() {
        for (body, found) in [
            ("null", JsonKind::Null),
            ("true", JsonKind::Boolean),
            ("7", JsonKind::Number),
            ("\"text\"", JsonKind::Text),
            ("[]", JsonKind::List),
            ("{}", JsonKind::Object),
        ] {
            let expected = UnexpectedBody::WrongShape { expected: "WidgetSession", found };
            assert_eq!(unexpected::<WidgetSession>(body.as_bytes()), expected);
        }
    }

    #[test]
    fn a_bare_text_is_a_ks_only_if_it_reads_as_one() {
        assert!(matches!(unexpected::<BareKs>(b"\"ok\""), UnexpectedBody::WrongShape { .. }));
        assert!(
            decode::<BareKs>(b"\"djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8\"").is_ok()
        );
    }

    #[test]
    fn an_envelope_has_two_members_and_is_opened() {
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
    fn an_object_with_a_result_of_its_own_is_no_envelope() {
        let body = br#"{"result":"x","executionTime":1,"objectType":"KalturaJob"}"#;
        assert!(judge(body).unwrap().get("result").is_some());
    }

    #[test]
    fn the_error_does_not_quote_the_body() {
        let error = decode::<SessionInfo>(br#"{"ks":{"secret":"hush"},"expiry":"hush"}"#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
