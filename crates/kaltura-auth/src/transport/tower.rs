//! A tower service as a transport.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use http::header::CONTENT_ENCODING;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{Transport, TransportError, TransportErrorKind};
use crate::runtime::Runtime;
use crate::runtime::maybe_send::MaybeSend;
use crate::wire::{WireRequest, WireResponse};

/// A [`Transport`] from a tower service: any `Service<http::Request<B>>` that can be cloned and whose response has a
/// [`Body`]. `B` is anything made from [`Bytes`], such as `Full<Bytes>`.
///
/// The body of the response is read up to the request's size limit. The request's timeout bounds everything from
/// `poll_ready` to the last byte; its timer is that of the [`Runtime`]. [`WireRequest::fresh_connection`] is ignored: only
/// the service knows its connections.
///
/// The layers of the service must keep the contract of [`Transport`]:
/// - They do not follow redirects and do not retry. The session manager and the client know what may be repeated.
/// - If they request a compressed response (`Accept-Encoding`), they decompress it. Otherwise the response is an
///   error.
/// - Their errors contain no part of a body and no URL with a query.
///
/// # Kinds of errors
///
/// The kind follows from the first [`io::Error`] among the causes. An error without one has the kind `Other`, and
/// then the request may have been sent. [`with_error_kind`](Self::with_error_kind) adds what is known of the service,
/// so that for example a failed name lookup counts as `Connect`, and a login is repeated at once.
///
/// ```
/// use bytes::Bytes;
/// use kaltura_auth::runtime::Runtime;
/// use kaltura_auth::{AppTokenLogin, Error, Session, TowerTransport};
///
/// async fn log_in<S, B>(login: AppTokenLogin, service: S, runtime: impl Runtime + 'static) -> Result<Session, Error>
/// where
///     S: tower_service::Service<http::Request<Bytes>, Response = http::Response<B>> + Clone + Send,
///     S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
///     S::Future: Send,
///     B: http_body::Body + Send,
///     B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
/// {
///     login.run(&TowerTransport::new(service, runtime)).await
/// }
/// ```
pub struct TowerTransport<S, B = Bytes> {
    /// Cloned for each request. The lock makes a service usable that is not `Sync`.
    service: Mutex<S>,
    runtime: Arc<dyn Runtime>,
    error_kind: ErrorKindOf,
    request_body: PhantomData<fn() -> B>,
}

type ErrorKindOf = fn(&(dyn Error + 'static)) -> Option<TransportErrorKind>;
type BoxError = Box<dyn Error + Send + Sync>;

impl<S, B> TowerTransport<S, B> {
    /// Sends each request through a clone of the service.
    pub fn new(service: S, runtime: impl Runtime + 'static) -> Self
    where
        S: Service<Request<B>>,
    {
        Self {
            service: Mutex::new(service),
            runtime: Arc::new(runtime),
            error_kind: |_| None,
            request_body: PhantomData,
        }
    }

    /// Determines the kind of the service's errors. It is called with each error that the service returns; with
    /// `None`, the causes decide.
    ///
    /// ```
    /// # use kaltura_auth::{TowerTransport, TransportErrorKind, runtime::Runtime};
    /// # #[derive(Debug)] struct ClientError; impl ClientError { fn is_connect(&self) -> bool { true } }
    /// # impl std::fmt::Display for ClientError {
    /// #     fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
    /// # }
    /// # impl std::error::Error for ClientError {}
    /// # fn example<S: tower_service::Service<http::Request<bytes::Bytes>>>(service: S, runtime: impl Runtime + 'static) {
    /// let transport = TowerTransport::new(service, runtime).with_error_kind(|error| {
    ///     let connect = error.downcast_ref::<ClientError>()?.is_connect();
    ///     connect.then_some(TransportErrorKind::Connect)
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn with_error_kind(
        mut self,
        error_kind: fn(&(dyn Error + 'static)) -> Option<TransportErrorKind>,
    ) -> Self {
        self.error_kind = error_kind;
        self
    }

    /// Sends the request and reads the whole response.
    async fn exchange<R>(
        &self,
        mut service: S,
        request: Request<B>,
        max_bytes: u64,
    ) -> Result<WireResponse, TransportError>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        R: Body,
        R::Error: Into<BoxError>,
    {
        let convert = |error: S::Error| self.convert_error(error.into());
        let ready = poll_fn(|context| service.poll_ready(context)).await;
        ready.map_err(|error| convert(error).with_maybe_sent(false))?;
        let (parts, body) = service.call(request).await.map_err(convert)?.into_parts();
        if parts.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(TransportError::new(TransportErrorKind::Other, ResponseError::UnexpectedEncoding));
        }
        Ok(WireResponse::from(Response::from_parts(parts, read_body(body, max_bytes).await?)))
    }

    fn convert_error(&self, error: BoxError) -> TransportError {
        match error.downcast::<TransportError>() {
            Ok(error) => *error,
            Err(error) => {
                let kind = (self.error_kind)(&*error).or_else(|| io_kind(&*error));
                TransportError::new(kind.unwrap_or(TransportErrorKind::Other), error)
            }
        }
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<S, B, R> Transport for TowerTransport<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + MaybeSend,
    S::Error: Into<BoxError>,
    S::Future: MaybeSend,
    B: From<Bytes> + MaybeSend,
    R: Body + MaybeSend,
    R::Error: Into<BoxError>,
{
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let converted = Request::try_from(&request)?.map(B::from);
        let exchange = self.exchange(service, converted, request.max_response_bytes());
        let Some(timeout) = request.timeout() else { return exchange.await };
        let mut exchange = pin!(exchange);
        let mut sleep = self.runtime.sleep(timeout);
        poll_fn(|context| {
            if let Poll::Ready(result) = exchange.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let timed_out = || TransportError::new(TransportErrorKind::Timeout, ResponseError::TimedOut);
            sleep.as_mut().poll(context).map(|()| Err(timed_out()))
        })
        .await
    }
}

impl<S, B> fmt::Debug for TowerTransport<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TowerTransport")
    }
}

/// Why a response was not accepted.
#[derive(Debug, thiserror::Error)]
enum ResponseError {
    #[error("no complete response arrived within the timeout")]
    TimedOut,
    #[error("the response is larger than the limit of {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the response has a content encoding that the service did not decode")]
    UnexpectedEncoding,
}

/// Reads the body to its end, up to the limit. A body that declares to be larger is not read.
async fn read_body<R>(body: R, limit: u64) -> Result<Bytes, TransportError>
where
    R: Body,
    R::Error: Into<BoxError>,
{
    let too_large = || TransportError::new(TransportErrorKind::TooLarge, ResponseError::TooLarge { limit });
    if body.size_hint().lower() > limit {
        return Err(too_large());
    }
    let mut body = pin!(body);
    let mut read = Vec::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(|error| {
            let error = error.into();
            TransportError::new(io_kind(&*error).unwrap_or(TransportErrorKind::Io), error)
        });
        // Anything else is a trailer.
        let Ok(mut data) = frame?.into_data() else { continue };
        if (read.len() as u64).saturating_add(data.remaining() as u64) > limit {
            return Err(too_large());
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            read.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
    }
    Ok(read.into())
}

/// The kind that follows from the first I/O error among the causes.
fn io_kind(error: &(dyn Error + 'static)) -> Option<TransportErrorKind> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    let kind = causes.find_map(|cause| Some(cause.downcast_ref::<io::Error>()?.kind()))?;
    Some(match kind {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => TransportErrorKind::Connect,
        io::ErrorKind::TimedOut => TransportErrorKind::Timeout,
        _ => TransportErrorKind::Io,
    })
}
