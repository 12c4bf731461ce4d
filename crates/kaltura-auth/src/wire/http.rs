//! Conversions to and from the types of the crate `http`.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request, Response, Uri};

use super::{Body, KEPT_HEADERS, WireRequest, WireResponse};
use crate::transport::{TransportError, TransportErrorKind};

/// Headers that follow from the request. A second one would make the request ambiguous.
const RESERVED_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Converts to a POST request of the crate `http`, for HTTP clients that use its types.
///
/// The body is not copied: its memory is shared with the [`WireRequest`], and zeroised when the last of both is
/// dropped. The timeout and the size limit are not part of the result; the transport must apply them.
///
/// An error has the kind [`TransportErrorKind::Build`]: the URL or a header is invalid, or a header sets the content
/// type or the length.
///
/// ```
/// use kaltura_auth::{Transport, TransportError, WireRequest, WireResponse, async_trait};
/// # use bytes::Bytes; use kaltura_auth::TransportErrorKind;
/// # struct HttpClient;
/// # impl HttpClient {
/// #     async fn execute(&self, _: http::Request<Bytes>) -> std::io::Result<http::Response<Bytes>> {
/// #         Ok(http::Response::new(Bytes::from("null")))
/// #     }
/// # }
///
/// struct OverHttpClient(HttpClient);
///
/// #[async_trait]
/// impl Transport for OverHttpClient {
///     async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
///         let response = self.0.execute(http::Request::try_from(&request)?).await;
///         // A complete transport also applies the request's timeout and size limit.
///         response.map(WireResponse::from).map_err(|error| TransportError::new(TransportErrorKind::Io, error))
///     }
/// }
/// ```
impl TryFrom<&WireRequest> for Request<Bytes> {
    type Error = TransportError;

    fn try_from(request: &WireRequest) -> Result<Self, TransportError> {
        let mut converted = Self::new(request.http_body());
        *converted.method_mut() = Method::POST;
        *converted.uri_mut() = Uri::try_from(&request.head.url).map_err(build_error)?;
        *converted.headers_mut() = request.http_headers()?;
        Ok(converted)
    }
}

impl WireRequest {
    /// The headers as those of the crate `http`, for a transport that needs no `http::Request`.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Build`] if a name or value is invalid, or a header is one that the transport sets.
    pub fn http_headers(&self) -> Result<HeaderMap, TransportError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.head.headers {
            let name = HeaderName::try_from(name).map_err(build_error)?;
            if RESERVED_HEADERS.contains(&name) {
                return Err(build_error(ReservedHeader(name)));
            }
            headers.append(name, HeaderValue::try_from(value).map_err(build_error)?);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::try_from(&*self.head.content_type).map_err(build_error)?);
        if self.body.0.is_empty() {
            // Some HTTP clients send no length for an empty body, and some servers require one.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(headers)
    }

    /// The body, without a copy.
    #[must_use]
    pub fn http_body(&self) -> Bytes {
        Bytes::from_owner(SharedBody(Arc::clone(&self.body)))
    }
}

/// Converts a complete response. The body must be decompressed.
///
/// ```
/// # use kaltura_auth::WireResponse;
/// let response = http::Response::builder().status(503).header("Retry-After", "3").body("busy".into()).unwrap();
/// let response = WireResponse::from(response);
/// assert_eq!((response.status(), response.body()), (503, &b"busy"[..]));
/// assert_eq!(response.header("retry-after"), Some("3"));
/// ```
impl From<Response<Bytes>> for WireResponse {
    fn from(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let mut converted = Self::new(parts.status.as_u16(), body);
        converted.headers.reserve_exact(KEPT_HEADERS.len());
        for (name, value) in &parts.headers {
            let name = name.as_str();
            if let Some(kept) = KEPT_HEADERS.iter().find(|kept| **kept == name) {
                // Most values are ASCII, which is checked faster than UTF-8.
                let text = value.to_str().map(str::to_owned);
                let text = text.unwrap_or_else(|_| String::from_utf8_lossy(value.as_bytes()).into_owned());
                converted.headers.push((kept, text));
            }
        }
        converted
    }
}

/// The bytes of a request, without a copy.
struct SharedBody(Arc<Body>);

impl AsRef<[u8]> for SharedBody {
    fn as_ref(&self) -> &[u8] {
        &self.0.0
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the header {0} is set by the transport and cannot be set on the request")]
struct ReservedHeader(HeaderName);

fn build_error(cause: impl Into<Box<dyn Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::Build, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire_request() -> WireRequest {
        WireRequest::new("https://example.com/a?format=1#part", "s", "a", "{}")
    }

    #[test]
    fn request_is_a_post_of_the_same_bytes_with_the_same_content_type() {
        let request = wire_request().with_content_type("application/JSON").with_header("x-a", "1");
        let converted = Request::try_from(&request.clone().with_header("X-A", "2")).unwrap();
        assert_eq!(converted.method(), Method::POST);
        assert_eq!(converted.uri(), "https://example.com/a?format=1");
        assert_eq!(converted.headers()[CONTENT_TYPE], "application/JSON");
        assert_eq!(converted.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert!(!converted.headers().contains_key(CONTENT_LENGTH));
        assert_eq!(converted.body().as_ptr(), request.body().as_ptr(), "the body was copied");
    }

    #[test]
    fn invalid_request_is_rejected_without_repeating_its_content() {
        for request in [
            WireRequest::new("no url: hush", "s", "a", ""),
            wire_request().with_header("bad name hush", "x"),
            wire_request().with_header("x-a", "hush\r\nx-b: 1"),
            wire_request().with_content_type("hush\n"),
            wire_request().with_header("Content-Type", "hush"),
            wire_request().with_header("content-length", "hush"),
            wire_request().with_header("transfer-encoding", "hush"),
        ] {
            let error = Request::try_from(&request).expect_err("an invalid request");
            assert_eq!(error.kind(), TransportErrorKind::Build);
            assert!(!error.maybe_sent());
            let text = format!("{error:?}");
            assert!(!text.contains("hush"), "{text}");
        }
    }

    #[test]
    fn an_empty_body_has_a_length() {
        let request = Request::try_from(&WireRequest::new("https://example.com/", "s", "a", "")).unwrap();
        assert_eq!(request.headers()[CONTENT_LENGTH], "0");
    }

    #[test]
    fn response_keeps_status_body_and_the_headers_of_a_wire_response() {
        let response = Response::builder().status(502).header("X-Me", b"w\xe9b".as_slice());
        let response = response.header("Set-Cookie", "secret").body(Bytes::from_static(b"\0\xff")).unwrap();
        let response = WireResponse::from(response);
        assert_eq!((response.status(), response.body()), (502, &b"\0\xff"[..]));
        assert_eq!(response.header("x-me"), Some("w\u{fffd}b"));
        assert_eq!(response.header("set-cookie"), None);
    }
}
