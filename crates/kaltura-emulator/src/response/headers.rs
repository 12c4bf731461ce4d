//! The headers of an answer (wire contract, section 2.1).

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

/// The name that the server gives itself.
const HOST_NAME: &str = "kaltura-emulator";

/// What depends on how the answer came about.
#[derive(Default)]
pub(crate) struct HeaderSet {
    /// `X-Kaltura-Session`: on every answer that is not from the cache.
    pub(crate) session: Option<String>,
    /// `X-Kaltura`.
    pub(crate) kaltura: Option<String>,
    /// `X-Kaltura-App`.
    pub(crate) app: Option<String>,
    /// `X-Kaltura-Part-Of-MultiRequest`.
    pub(crate) part_of_multirequest: Option<String>,
    /// Whether PHP got as far as sending the headers that forbid caching.
    pub(crate) is_complete: bool,
}

/// Adds the headers of an API answer.
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
        ("x-kaltura-part-of-multirequest", set.part_of_multirequest),
    ] {
        if let Some(value) = value {
            add(headers, name, &value);
        }
    }
    response
}

/// The answer to `OPTIONS`: what a browser asks before it calls.
pub(crate) fn preflight(date: &str) -> Response<Bytes> {
    let mut response = super::response(200, super::PHP_CONTENT_TYPE, Bytes::new());
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

/// A value that cannot stand in a header, as a text that a client sent, is left out.
fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
