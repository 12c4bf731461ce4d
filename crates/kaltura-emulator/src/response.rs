//! Writing responses: the format, the headers, and the bodies in JSON, XML and PHP's serialize (wire contract,
//! section 2).

mod json;
mod php;
pub(crate) mod value;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};

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
    // Room for those of the API, too.
    *response.headers_mut() = HeaderMap::with_capacity(12);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
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

/// The headers of every response.
const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (X_ME, HeaderValue::from_static(HOST_NAME)),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED)),
];

/// Those of the API besides.
const COMPLETE: [(HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::EXPIRES, HeaderValue::from_static("Sun, 19 Nov 2000 08:52:00 GMT")),
    (
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-cache, must-revalidate, post-check=0, pre-check=0"),
    ),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
];

const X_ME: HeaderName = HeaderName::from_static("x-me");
const X_KALTURA_SESSION: HeaderName = HeaderName::from_static("x-kaltura-session");
const X_KALTURA: HeaderName = HeaderName::from_static("x-kaltura");
const X_KALTURA_APP: HeaderName = HeaderName::from_static("x-kaltura-app");
const X_KALTURA_EMULATOR: HeaderName = HeaderName::from_static("x-kaltura-emulator");
const X_KALTURA_PART: HeaderName = HeaderName::from_static("x-kaltura-part-of-multirequest");

/// Adds the headers of a response of the API.
pub(crate) fn with_headers(mut response: Response<Bytes>, set: HeaderSet, date: String) -> Response<Bytes> {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if set.is_complete {
        for (name, value) in COMPLETE {
            headers.insert(name, value);
        }
    }
    for (name, value) in [
        (header::DATE, Some(date)),
        (X_KALTURA_SESSION, set.session),
        (X_KALTURA, set.kaltura),
        (X_KALTURA_APP, set.app),
        (X_KALTURA_EMULATOR, set.emulator),
        (X_KALTURA_PART, set.part_of_multirequest),
    ] {
        if let Some(value) = value {
            add(headers, name, value);
        }
    }
    response
}

/// The response to `OPTIONS`: the preflight request of a browser.
pub(crate) fn preflight(date: String) -> Response<Bytes> {
    let mut response = response(200, PHP_CONTENT_TYPE, Bytes::new());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, HEAD, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Origin, X-Requested-With, Content-Type, Accept, Range, Cache-Control",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    with_headers(response, HeaderSet::default(), date)
}

const EXPOSED: &str = "Server, Content-Length, Content-Range, Date, X-Kaltura, X-Kaltura-Session, X-Me";

/// Adds a header. A value that is not valid in a header, such as a client's text, is omitted.
fn add(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
