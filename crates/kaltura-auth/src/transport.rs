//! The transport traits, their error, and closures as transports. A transport knows nothing of Kaltura.

#[cfg(feature = "tower")]
mod tower;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;

#[cfg(feature = "tower")]
pub use self::tower::TowerTransport;

use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::wire::{WireRequest, WireResponse};

/// Sends a request and returns the complete response.
///
/// The contract:
/// - POST the body's bytes as they are, with exactly the content type of the request: if a charset is added, the
///   server ignores the body (wire contract, section 1.3).
/// - Any HTTP status is `Ok`. `Err` means that no complete response arrived.
/// - Respect the request's timeout and the size limit of the response. Each has its own error kind.
/// - Do not follow redirects: return the redirect as the response.
/// - Do not put a part of a body, or a URL with a query, into an error or a log.
/// - Dropping the future cancels the request and has no other effect.
///
/// The crate `kaltura-testing` has a conformance suite for transports. For a transport of three lines see
/// [`transport_fn`].
///
/// ```
/// use kaltura_auth::{Transport, TransportError, WireRequest, WireResponse, async_trait};
///
/// struct Constant;
///
/// #[async_trait]
/// impl Transport for Constant {
///     async fn send(&self, _request: WireRequest) -> Result<WireResponse, TransportError> {
///         Ok(WireResponse::new(200, "null"))
///     }
/// }
/// ```
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
pub trait Transport: MaybeSend + MaybeSync {
    /// Sends one request.
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError>;
}

/// Sends a request and returns the complete response, and blocks the thread meanwhile.
///
/// The contract is that of [`Transport`].
pub trait BlockingTransport: MaybeSend + MaybeSync {
    /// Sends one request.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if no complete response arrived.
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError>;
}

macro_rules! impl_through_pointer {
    ($($pointer:ty),*) => {$(
        #[cfg_attr(not(target_family = "wasm"), async_trait)]
        #[cfg_attr(target_family = "wasm", async_trait(?Send))]
        impl<T: Transport + ?Sized> Transport for $pointer {
            async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
                (**self).send(request).await
            }
        }

        impl<T: BlockingTransport + ?Sized> BlockingTransport for $pointer {
            fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
                (**self).send(request)
            }
        }
    )*};
}

impl_through_pointer!(&T, Box<T>, Arc<T>);

/// A [`Transport`] from a closure.
///
/// ```
/// # use kaltura_auth::{Transport, WireResponse, transport_fn};
/// let transport = transport_fn(|request| async move {
///     assert_eq!(request.content_type(), "application/json");
///     Ok(WireResponse::new(200, "null"))
/// });
/// # fn takes(_: impl Transport) {} takes(transport);
/// ```
pub const fn transport_fn<F, R>(send: F) -> TransportFn<F>
where
    F: Fn(WireRequest) -> R + MaybeSend + MaybeSync,
    R: Future<Output = Result<WireResponse, TransportError>> + MaybeSend,
{
    TransportFn(send)
}

/// A [`BlockingTransport`] from a closure.
///
/// ```
/// # use kaltura_auth::{blocking::Transport as BlockingTransport, WireResponse, blocking::transport_fn as blocking_transport_fn};
/// let transport = blocking_transport_fn(|_request| Ok(WireResponse::new(200, "null")));
/// # fn takes(_: impl BlockingTransport) {} takes(transport);
/// ```
pub const fn blocking_transport_fn<F>(send: F) -> BlockingTransportFn<F>
where
    F: Fn(WireRequest) -> Result<WireResponse, TransportError> + MaybeSend + MaybeSync,
{
    BlockingTransportFn(send)
}

/// The transport that [`transport_fn`] returns.
#[derive(Clone, Copy)]
pub struct TransportFn<F>(F);

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<F, R> Transport for TransportFn<F>
where
    F: Fn(WireRequest) -> R + MaybeSend + MaybeSync,
    R: Future<Output = Result<WireResponse, TransportError>> + MaybeSend,
{
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        (self.0)(request).await
    }
}

impl<F> fmt::Debug for TransportFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransportFn")
    }
}

/// The transport that [`blocking_transport_fn`] returns.
#[derive(Clone, Copy)]
pub struct BlockingTransportFn<F>(F);

impl<F> BlockingTransport for BlockingTransportFn<F>
where
    F: Fn(WireRequest) -> Result<WireResponse, TransportError> + MaybeSend + MaybeSync,
{
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        (self.0)(request)
    }
}

impl<F> fmt::Debug for BlockingTransportFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockingTransportFn")
    }
}

/// Why no complete response arrived.
///
/// Opaque, and cheap to clone, so that many callers can share one failure. It has a kind and says whether the request
/// may have reached the server; the HTTP client's own error is its source.
///
/// The text and the sources of the cause must not contain a part of a body or a URL with a query.
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
    /// An error with its cause. [`maybe_sent`](Self::maybe_sent) is false for the kinds `Build` and `Connect`, and true
    /// for the others; [`with_maybe_sent`](Self::with_maybe_sent) overrides it.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let maybe_sent = !matches!(kind, TransportErrorKind::Build | TransportErrorKind::Connect);
        Self { kind, maybe_sent, source: Arc::from(source.into()) }
    }

    /// Sets whether the request may have reached the server. `false` guarantees that it has not.
    #[must_use]
    pub const fn with_maybe_sent(mut self, maybe_sent: bool) -> Self {
        self.maybe_sent = maybe_sent;
        self
    }

    /// The kind of the error.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the request may have reached the server. If not, it is always safe to repeat.
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

/// The kind of a [`TransportError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The request could not be built; nothing was sent.
    Build,
    /// No connection: host not found, connection refused, TLS error; nothing was sent.
    Connect,
    /// The request's timeout was exceeded.
    Timeout,
    /// The connection broke while the request was sent or the response received.
    Io,
    /// The response exceeds the request's size limit.
    TooLarge,
    /// Anything else.
    Other,
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Build => "the request could not be built",
            Self::Connect => "could not connect to the server",
            Self::Timeout => "the server did not respond in time",
            Self::Io => "the connection to the server broke",
            Self::TooLarge => "the response is larger than allowed",
            Self::Other => "the request failed",
        })
    }
}
