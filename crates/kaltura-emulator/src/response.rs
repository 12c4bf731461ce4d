//! Writing answers: JSON, XML, PHP's serialize and JSONP as the server shapes them (wire contract, section 2).

mod headers;
mod json;
mod php;
mod xml;

use bytes::Bytes;
use http::Response;

pub(super) use self::headers::{HeaderSet, preflight, with_headers};
pub(super) use self::json::write as write_json;
pub(super) use self::php::write as write_php;
pub(super) use self::xml::{write as write_xml, write_bare as write_bare_xml};

use super::request::{ApiRequest, equals_number};

/// The format of an answer, by the parameter `format`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Format {
    Json,
    Xml,
    /// PHP's serialize.
    Php,
    /// With the name of the function that it calls.
    Jsonp(String),
}

/// Why no format could be chosen. The server answers with headers alone.
pub(super) struct FormatError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Format {
    pub(super) fn of(request: &ApiRequest) -> Result<Self, FormatError> {
        let Some(text) = request.text("format") else { return Ok(Self::Xml) };
        if equals_number(&text, 1) {
            Ok(Self::Json)
        } else if equals_number(&text, 2) {
            Ok(Self::Xml)
        } else if equals_number(&text, 3) {
            Ok(Self::Php)
        } else if equals_number(&text, 9) {
            match &request.callback {
                Some(name) if name.chars().all(is_callback) && !name.is_empty() => {
                    Ok(Self::Jsonp(name.clone()))
                }
                _ => Err(FormatError {
                    code: "MANDATORY_PARAMETER_MISSING",
                    message: "Mandatory parameter missing [callback]".to_owned(),
                }),
            }
        } else {
            let message = format!("Response format provided [{text}] is not recognized by server");
            Err(FormatError { code: "UNKNOWN_RESPONSE_FORMAT", message })
        }
    }

    pub(super) const fn content_type(&self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "text/xml;charset=UTF-8",
            Self::Php => PHP_CONTENT_TYPE,
            Self::Jsonp(_) => "application/javascript",
        }
    }
}

const fn is_callback(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// How PHP writes a time in seconds.
pub(super) fn php_float(seconds: f64) -> String {
    if seconds < 1e-4 { format!("{seconds:E}") } else { seconds.to_string() }
}

/// What PHP sends if a program names no type.
pub(super) const PHP_CONTENT_TYPE: &str = "text/html; charset=UTF-8";

/// An answer before its headers.
pub(super) fn response(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
    if let Ok(value) = http::HeaderValue::from_str(content_type) {
        response.headers_mut().insert(http::header::CONTENT_TYPE, value);
    }
    response
}
