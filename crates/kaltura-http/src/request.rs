//! From a [`WireRequest`] to a request of reqwest.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use kaltura_auth::{TransportError, TransportErrorKind, WireRequest};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use reqwest::{Method, Request, Url};

use crate::classify::RequestFault;

/// Headers that follow from the request itself. A second one would make the request mean two things.
const OWN_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Tells whether any byte of a request can have left.
///
/// The HTTP client asks for the body when it has a connection, and before it writes anything to it.
#[derive(Clone, Debug)]
pub(crate) struct Departure(Arc<AtomicBool>);

impl Departure {
    /// `false` is a promise.
    pub(crate) fn maybe_sent(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn note(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Makes the request that is sent, and what tells later whether it was.
pub(crate) fn prepare(request: WireRequest) -> Result<(Request, Departure), TransportError> {
    let mut url = Url::parse(request.url()).map_err(build_error)?;
    // Never sent; without it the URL can be compared with that of the answer.
    url.set_fragment(None);

    let mut prepared = Request::new(Method::POST, url);
    let headers = prepared.headers_mut();
    for (name, value) in request.headers() {
        let name = HeaderName::try_from(name).map_err(build_error)?;
        if OWN_HEADERS.contains(&name) {
            return Err(build_error(RequestFault::OwnHeader(name)));
        }
        headers.append(name, HeaderValue::try_from(value).map_err(build_error)?);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(request.content_type()).map_err(build_error)?);
    if request.body().is_empty() {
        // The client says nothing of an empty body, and some servers insist on a length.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }

    let (body, departure) = WatchedBody::new(request);
    *prepared.body_mut() = Some(reqwest::Body::wrap(body));
    Ok((prepared, departure))
}

fn build_error(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::Build, cause)
}

/// The bytes of a request, not copied: they stay in memory that is wiped when the last of them is gone.
struct OwnedBytes(WireRequest);

impl AsRef<[u8]> for OwnedBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.body()
    }
}

/// A body that notes when it is asked for. It can not be sent twice.
struct WatchedBody {
    rest: Bytes,
    departure: Departure,
}

impl WatchedBody {
    fn new(request: WireRequest) -> (Self, Departure) {
        let rest = Bytes::from_owner(OwnedBytes(request));
        // An empty body is never asked for, so nothing can be promised.
        let departure = Departure(Arc::new(AtomicBool::new(rest.is_empty())));
        (Self { rest, departure: departure.clone() }, departure)
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.departure.note();
        let rest = std::mem::take(&mut self.rest);
        Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire_request() -> WireRequest {
        WireRequest::new("https://example.com/a?format=1#part", "s", "a", "{}")
    }

    fn build_fault(request: WireRequest) -> String {
        let error = prepare(request).expect_err("must not be made");
        assert_eq!(error.kind(), TransportErrorKind::Build);
        assert!(!error.maybe_sent());
        format!("{error:?}")
    }

    #[test]
    fn the_request_is_a_post_of_the_same_bytes_with_the_same_content_type() {
        let request = wire_request().with_content_type("application/JSON").with_header("x-a", "1");
        let place = request.body().as_ptr();
        let (body, _) = WatchedBody::new(request.clone());
        assert_eq!(body.rest.as_ptr(), place, "the body was copied");

        let (prepared, departure) = prepare(request.with_header("X-A", "2")).unwrap();
        assert_eq!(prepared.method(), Method::POST);
        assert_eq!(prepared.url().as_str(), "https://example.com/a?format=1");
        assert_eq!(prepared.headers()[CONTENT_TYPE], "application/JSON");
        assert_eq!(prepared.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert!(!departure.maybe_sent());
    }

    #[test]
    fn what_can_not_be_sent_is_refused_and_not_repeated_in_the_error() {
        build_fault(WireRequest::new("no url: hush", "s", "a", ""));
        for request in [
            wire_request().with_header("bad name hush", "x"),
            wire_request().with_header("x-a", "hush\r\nx-b: 1"),
            wire_request().with_content_type("hush\n"),
            wire_request().with_header("Content-Type", "hush"),
            wire_request().with_header("content-length", "hush"),
            wire_request().with_header("transfer-encoding", "hush"),
        ] {
            let fault = build_fault(request);
            assert!(!fault.contains("hush"), "{fault}");
        }
    }

    #[test]
    fn an_empty_body_promises_nothing() {
        let (_, departure) = prepare(WireRequest::new("https://example.com/", "s", "a", "")).unwrap();
        assert!(departure.maybe_sent());
    }
}
