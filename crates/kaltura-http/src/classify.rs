//! Why a request failed: every error of reqwest is converted here, once.

use kaltura_auth::{TransportError, TransportErrorKind};

/// Converts an error of reqwest.
///
/// The error does not tell whether the request may have been sent; the caller adds that.
pub(crate) fn classify(error: reqwest::Error) -> TransportError {
    // First of all: otherwise the URL, and so the query, would be part of every text.
    let error = error.without_url();
    if error.is_redirect() {
        // Its source contains the URLs of the redirects.
        return TransportError::new(TransportErrorKind::Other, ResponseError::RedirectFollowed);
    }
    // The order matters, because an error can be several of these: a timeout while connecting is also
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

/// Why a request was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("this build has no TLS: enable the feature `rustls` or `native-tls` of kaltura-http")]
    NoTls,
    #[error("no tokio runtime is running: send from within one, or use the blocking transport")]
    NoRuntime,
}

/// Why a response was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResponseError {
    #[error("no complete response arrived within the timeout")]
    TimedOut,
    #[error("the response is larger than the limit of {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the response has a content encoding that was not requested")]
    UnexpectedEncoding,
    #[error(
        "the HTTP client followed a redirect: build it with `redirect(reqwest::redirect::Policy::none())`"
    )]
    RedirectFollowed,
    #[cfg(feature = "blocking")]
    #[error("the thread of the blocking transport has ended")]
    ThreadEnded,
}
