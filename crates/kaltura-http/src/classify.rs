//! What became of a request that failed. Every error of reqwest passes through here, once.

use kaltura_auth::{TransportError, TransportErrorKind};
use reqwest::header::HeaderName;

/// Turns an error of reqwest into ours.
///
/// Whether the request may have been sent is not told by the error; the caller knows better.
pub(crate) fn classify(error: reqwest::Error) -> TransportError {
    // First of all: the URL, and so the query, would be in every text.
    let error = error.without_url();
    if error.is_redirect() {
        // Its source names the URLs that it went to.
        return TransportError::new(TransportErrorKind::Other, AnswerFault::FollowsRedirects);
    }
    // The order counts: an error can be several of these. Running out of time while connecting is also
    // `is_connect`, and every failure to connect is also `is_request`.
    let kind = if error.is_builder() {
        TransportErrorKind::Build
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_request() || error.is_body() || error.is_decode() {
        TransportErrorKind::Io
    } else {
        TransportErrorKind::Other
    };
    TransportError::new(kind, error)
}

/// Why a request was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestFault {
    #[error("the header {0} is made from the request itself: leave it out")]
    OwnHeader(HeaderName),
    #[error("this build has no TLS: turn on the feature `rustls` or `native-tls` of kaltura-http")]
    NoTls,
    #[error("no tokio runtime is running here: call from within one, or use the blocking transport")]
    NoRuntime,
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerFault {
    #[error("the answer did not arrive within the time limit")]
    Late,
    #[error("the answer has more than the {limit} bytes that it may have")]
    TooLarge { limit: u64 },
    #[error("the answer is compressed in a way that was not asked for")]
    OddEncoding,
    #[error(
        "the HTTP client followed a redirect: make it with `redirect(reqwest::redirect::Policy::none())`"
    )]
    FollowsRedirects,
    #[cfg(feature = "blocking")]
    #[error("the thread of the transport has ended")]
    ThreadGone,
}
