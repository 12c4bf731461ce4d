//! What carries a request: a dumb pipe that knows nothing of Kaltura.

mod closure;
mod error;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::closure::{BlockingTransportFn, TransportFn, blocking_transport_fn, transport_fn};
pub use self::error::{TransportError, TransportErrorKind};

use crate::maybe_send::{MaybeSend, MaybeSync};
use crate::wire::{WireRequest, WireResponse};

/// Sends a request and gives back the whole answer.
///
/// The contract:
/// - POST the body's bytes as they are, with exactly the content type of the request: with a charset
///   behind it the server ignores the body (wire contract, section 1.3).
/// - Any HTTP status is an `Ok`. An `Err` means that no complete answer arrived.
/// - Keep to the request's time limit and to the size that it allows the answer; both are errors of a
///   kind of their own.
/// - Follow no redirect: the answer of the redirect is the answer.
/// - Put no part of a body, and no URL with a query, into an error or a log.
/// - Dropping the future gives the request up and harms nothing.
///
/// The crate `kaltura-testing` has a suite that checks a transport against this. For a transport of three
/// lines see [`transport_fn`].
///
/// ```
/// use kaltura_auth::{Transport, TransportError, WireRequest, WireResponse, async_trait};
///
/// struct Canned;
///
/// #[async_trait]
/// impl Transport for Canned {
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

/// Sends a request and gives back the whole answer, holding the thread meanwhile.
///
/// The contract is that of [`Transport`].
pub trait BlockingTransport: MaybeSend + MaybeSync {
    /// Sends one request.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if no complete answer arrived.
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError>;
}

macro_rules! through_pointer {
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

through_pointer!(&T, Box<T>, Arc<T>);
