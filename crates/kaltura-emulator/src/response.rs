//! Writing responses: the format, the headers, and the bodies in JSON, XML and PHP's serialize (wire contract,
//! section 2).

mod json;
mod php;
pub(crate) mod value;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

pub(crate) use self::json::write as write_json;
pub(crate) use self::php::write as write_php;
pub(crate) use self::xml::{write as write_xml, write_bare as write_bare_xml};
use crate::request::{ApiRequest, Parameter, equals_number};

/// The format of a response, from the parameter `format`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Json,
    Xml,
    /// PHP's serialize.
    Php,
    /// With the name of the callback.
    Jsonp(String),
}

/// The format is unknown. The response then has headers and an empty body.
pub(crate) struct FormatError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Format {
    pub(crate) fn of(request: &ApiRequest) -> Result<Self, FormatError> {
        // A JSON `true` is loosely equal to every format, of which XML is compared first.
        if request.parameters.get("format") == Some(&Parameter::Bool(true)) {
            return Ok(Self::Xml);
        }
        let Some(text) = request.text("format") else { return Ok(Self::Xml) };
        if equals_number(&text, 1) {
            Ok(Self::Json)
        } else if equals_number(&text, 2) {
            Ok(Self::Xml)
        } else if equals_number(&text, 3) {
            Ok(Self::Php)
        } else if equals_number(&text, 9) {
            match &request.callback {
                Some(name) if name.chars().all(is_callback) => Ok(Self::Jsonp(name.clone())),
                Some(_) => Err(FormatError {
                    code: "INVALID_FIELD_VALUE",
                    message: "value in field [callback] is not valid".to_owned(),
                }),
                None => Err(FormatError {
                    code: "MANDATORY_PARAMETER_MISSING",
                    message: "Mandatory parameter missing [callback]".to_owned(),
                }),
            }
        } else {
            let message = format!("Response format provided [{text}] is not recognized by server");
            Err(FormatError { code: "UNKNOWN_RESPONSE_FORMAT", message })
        }
    }

    pub(crate) const fn content_type(&self) -> &'static str {
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

/// A number of seconds as PHP writes it.
pub(crate) fn php_float(seconds: f64) -> String {
    if seconds < 1e-4 { format!("{seconds:E}") } else { seconds.to_string() }
}

/// PHP's default content type.
pub(crate) const PHP_CONTENT_TYPE: &str = "text/html; charset=UTF-8";

/// A response without the headers of the API.
pub(crate) fn response(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
    if let Ok(value) = http::HeaderValue::from_str(content_type) {
        response.headers_mut().insert(http::header::CONTENT_TYPE, value);
    }
    response
}

/// The server's name in `X-Me`.
const HOST_NAME: &str = "kaltura-emulator";

/// The headers that depend on how the result was obtained.
#[derive(Default)]
pub(crate) struct HeaderSet {
    /// `X-Kaltura-Session`: if an action was dispatched.
    pub(crate) session: Option<String>,
    /// `X-Kaltura`.
    pub(crate) kaltura: Option<String>,
    /// `X-Kaltura-App`.
    pub(crate) app: Option<String>,
    /// `X-Kaltura-Emulator`, which the real server does not send.
    pub(crate) emulator: Option<String>,
    /// `X-Kaltura-Part-Of-MultiRequest`.
    pub(crate) part_of_multirequest: Option<String>,
    /// Whether PHP sent the headers that forbid caching.
    pub(crate) is_complete: bool,
}

/// Adds the headers of a response of the API.
pub(crate) fn with_headers(mut response: Response<Bytes>, set: HeaderSet, date: &str) -> Response<Bytes> {
    let headers = response.headers_mut();
    add(headers, "date", date);
    add(headers, "x-me", HOST_NAME);
    add(headers, "access-control-expose-headers", EXPOSED);
    if set.is_complete {
        add(headers, "access-control-allow-origin", "*");
        add(headers, "expires", "Sun, 19 Nov 2000 08:52:00 GMT");
        add(headers, "cache-control", "no-store, no-cache, must-revalidate, post-check=0, pre-check=0");
        add(headers, "pragma", "no-cache");
    }
    for (name, value) in [
        ("x-kaltura-session", set.session),
        ("x-kaltura", set.kaltura),
        ("x-kaltura-app", set.app),
        ("x-kaltura-emulator", set.emulator),
        ("x-kaltura-part-of-multirequest", set.part_of_multirequest),
    ] {
        if let Some(value) = value {
            add(headers, name, &value);
        }
    }
    response
}

/// The response to `OPTIONS`: the preflight request of a browser.
pub(crate) fn preflight(date: &str) -> Response<Bytes> {
    let mut response = response(200, PHP_CONTENT_TYPE, Bytes::new());
    let headers = response.headers_mut();
    add(headers, "access-control-allow-origin", "*");
    add(headers, "access-control-allow-methods", "POST, GET, HEAD, OPTIONS");
    add(
        headers,
        "access-control-allow-headers",
        "Origin, X-Requested-With, Content-Type, Accept, Range, Cache-Control",
    );
    add(headers, "access-control-max-age", "86400");
    with_headers(response, HeaderSet::default(), date)
}

const EXPOSED: &str = "Server, Content-Length, Content-Range, Date, X-Kaltura, X-Kaltura-Session, X-Me";

/// Adds a header. A value that is not valid in a header, such as a client's text, is omitted.
fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
