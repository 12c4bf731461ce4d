//! A closure as a transport.

use std::fmt;
use std::future::Future;

use async_trait::async_trait;

use super::{BlockingTransport, Transport, TransportError};
use crate::maybe_send::{MaybeSend, MaybeSync};
use crate::wire::{WireRequest, WireResponse};

/// Makes a [`Transport`] of a closure.
///
/// ```
/// # use kaltura_auth::{Transport, WireResponse, transport_fn};
/// let transport = transport_fn(|request| async move {
///     assert_eq!(request.content_type(), "application/json");
///     Ok(WireResponse::new(200, "null"))
/// });
/// # fn takes(_: impl Transport) {} takes(transport);
/// ```
pub const fn transport_fn<F, A>(send: F) -> TransportFn<F>
where
    F: Fn(WireRequest) -> A + MaybeSend + MaybeSync,
    A: Future<Output = Result<WireResponse, TransportError>> + MaybeSend,
{
    TransportFn(send)
}

/// Makes a [`BlockingTransport`] of a closure.
///
/// ```
/// # use kaltura_auth::{BlockingTransport, WireResponse, blocking_transport_fn};
/// let transport = blocking_transport_fn(|_request| Ok(WireResponse::new(200, "null")));
/// # fn takes(_: impl BlockingTransport) {} takes(transport);
/// ```
pub const fn blocking_transport_fn<F>(send: F) -> BlockingTransportFn<F>
where
    F: Fn(WireRequest) -> Result<WireResponse, TransportError> + MaybeSend + MaybeSync,
{
    BlockingTransportFn(send)
}

/// What [`transport_fn`] makes.
#[derive(Clone, Copy)]
pub struct TransportFn<F>(F);

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<F, A> Transport for TransportFn<F>
where
    F: Fn(WireRequest) -> A + MaybeSend + MaybeSync,
    A: Future<Output = Result<WireResponse, TransportError>> + MaybeSend,
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

/// What [`blocking_transport_fn`] makes.
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
