//! Why no complete answer arrived.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// No complete answer arrived.
///
/// Opaque, and cheap to clone, so that many callers can share one failure. It says of what kind the failure
/// is and whether the request may have reached the server; the HTTP client's own error is its source.
///
/// Whoever makes one sees to it that neither text nor source holds a part of a body or a URL with a query.
///
/// ```
/// # use kaltura_auth::{TransportError, TransportErrorKind};
/// let error = TransportError::new(TransportErrorKind::Connect, "connection refused");
/// assert_eq!(error.to_string(), "could not connect to the server");
/// assert!(!error.maybe_sent());
/// ```
#[derive(Clone, Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    maybe_sent: bool,
    source: Arc<dyn Error + Send + Sync>,
}

impl TransportError {
    /// A failure of this kind with its cause. Whether the request may have been sent follows from the kind,
    /// unless [`with_maybe_sent`](Self::with_maybe_sent) says otherwise.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let maybe_sent = !matches!(kind, TransportErrorKind::Build | TransportErrorKind::Connect);
        Self { kind, maybe_sent, source: Arc::from(source.into()) }
    }

    /// Says whether the request may have reached the server. `false` is a promise.
    #[must_use]
    pub const fn with_maybe_sent(mut self, maybe_sent: bool) -> Self {
        self.maybe_sent = maybe_sent;
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the request may have reached the server. If not, repeating it is always safe.
    #[must_use]
    pub const fn maybe_sent(&self) -> bool {
        self.maybe_sent
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// The kinds of [`TransportError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The request could not be made; nothing was sent.
    Build,
    /// There is no connection: name not found, refused, TLS failed; nothing was sent.
    Connect,
    /// The request's time limit was reached.
    Timeout,
    /// The connection broke while the request went out or the answer came in.
    Io,
    /// The answer is larger than the request allows.
    TooLarge,
    /// Anything else.
    Other,
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Build => "the request could not be made",
            Self::Connect => "could not connect to the server",
            Self::Timeout => "the server did not answer in time",
            Self::Io => "the connection to the server broke",
            Self::TooLarge => "the answer is larger than allowed",
            Self::Other => "the request failed",
        })
    }
}
