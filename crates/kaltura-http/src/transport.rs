//! The transport: converts a [`WireRequest`] to a request of reqwest, sends it, and reads the response.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait};
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Client, Method, Request, Response, Url};
use tokio::runtime::Handle;

use crate::builder::{IdleConnections, NoProxyHosts, ReqwestTransportBuilder, Tls};
use crate::classify::{RequestError, ResponseError, classify};

/// A [`Transport`] on reqwest.
///
/// Cheap to clone; clones share their connections. It must be polled within a tokio runtime whose I/O and timer
/// are enabled; elsewhere it returns an error. For programs without a runtime there is
/// `blocking::ReqwestTransport` (feature `blocking`).
///
/// ```no_run
/// use std::time::Duration;
/// use kaltura_http::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder()
///     .connect_timeout(Duration::from_secs(5))
///     .timeout(Duration::from_secs(30))
///     .build()?;
/// # Ok::<(), kaltura_http::BuildError>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport {
    clients: Clients,
    /// For requests that must not use a kept connection; `None` if the client belongs to the caller.
    fresh: Option<Arc<FreshClients>>,
    limits: Limits,
    supports_https: bool,
    on_progress: Option<OnProgress>,
}

/// Called with the number of bytes of a request that were taken to be sent, and the length of its body.
type OnProgress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// The clients of reqwest that a transport sends through.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) client: Client,
    /// `None` if there is no proxy, or `client` belongs to the caller.
    pub(crate) without_proxy: Option<WithoutProxy>,
}

/// The client for loopback addresses, and for other hosts for which the proxy is not used.
#[derive(Clone)]
pub(crate) struct WithoutProxy {
    pub(crate) client: Client,
    pub(crate) hosts: Arc<NoProxyHosts>,
}

impl Clients {
    fn client_for(&self, url: &Url) -> &Client {
        match &self.without_proxy {
            Some(WithoutProxy { client, hosts }) if is_loopback(url) || hosts.contains(url) => client,
            _ => &self.client,
        }
    }
}

/// Clients that keep no idle connections, so that each request gets a connection of its own. They are built when the
/// first such request is sent.
struct FreshClients {
    builder: ReqwestTransportBuilder,
    tls: Tls,
    clients: OnceLock<Option<Clients>>,
}

impl FreshClients {
    /// `None` if they cannot be built, although those with idle connections could.
    fn get(&self) -> Option<&Clients> {
        self.clients.get_or_init(|| self.builder.clients(&self.tls, IdleConnections::Close).ok()).as_ref()
    }
}

/// The limits of the transport, which apply in addition to those of each request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_response_bytes: Option<u64>,
}

impl Limits {
    /// The stricter limits of the transport and the request: timeout and response size.
    fn with_request(self, request: &WireRequest) -> (Option<Duration>, u64) {
        let timeouts = [self.timeout, request.timeout()];
        let bytes = request.max_response_bytes();
        (timeouts.into_iter().flatten().min(), self.max_response_bytes.map_or(bytes, |max| max.min(bytes)))
    }
}

impl ReqwestTransport {
    /// Sends through the given client. Only this function ties a program to the version of reqwest that this
    /// crate uses; [`builder`](Self::builder) does not.
    ///
    /// The timeout and size limit of each request apply, and the client's own timeouts too. A finished client
    /// can be neither inspected nor changed, so the caller must configure it:
    ///
    /// - **No redirects**: `redirect(reqwest::redirect::Policy::none())`. With any other policy a response that
    ///   came from another URL is an error of kind [`TransportErrorKind::Other`], because the response with the
    ///   redirect is lost by then. The body, and so every secret, is never sent a second time.
    /// - **Proxies**: reqwest uses those of the environment, also for loopback addresses.
    /// - **No `connection_verbose`**: it logs everything that is sent, including secrets.
    ///
    /// [`WireRequest::fresh_connection`] is ignored: only the caller could build a client without kept connections.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self {
            clients: Clients { client, without_proxy: None },
            fresh: None,
            limits: Limits { timeout: None, max_response_bytes: None },
            supports_https: true,
            on_progress: None,
        }
    }

    /// A builder with default settings. Its API does not expose reqwest.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::new()
    }

    /// Calls a function with the number of bytes of a request's body that were handed to the connection, and the length
    /// of the body, each time that these become more. A connection buffers some of them. The function should return
    /// quickly. If a request is sent again, the number begins again.
    #[must_use]
    pub fn on_upload_progress(mut self, report: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    pub(crate) fn from_parts(
        clients: Clients,
        limits: Limits,
        builder: ReqwestTransportBuilder,
        tls: Tls,
    ) -> Self {
        let supports_https =
            cfg!(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"));
        let fresh = FreshClients { builder, tls, clients: OnceLock::new() };
        Self { clients, fresh: Some(Arc::new(fresh)), limits, supports_https, on_progress: None }
    }

    fn clients_for(&self, request: &WireRequest) -> &Clients {
        let fresh = self.fresh.as_ref().filter(|_| request.fresh_connection());
        fresh.and_then(|fresh| fresh.get()).unwrap_or(&self.clients)
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        if Handle::try_current().is_err() {
            return Err(build_error(RequestError::NoRuntime));
        }
        let (timeout, max_bytes) = self.limits.with_request(&request);
        let clients = self.clients_for(&request);
        let (request, sent) = convert(&request, self.on_progress.clone())?;
        if request.url().scheme() == "https" && !self.supports_https {
            return Err(build_error(RequestError::NoTls));
        }
        // Pinned here: to move it into the time limit would copy some kilobytes.
        let exchange = pin!(exchange(clients.client_for(request.url()), request, max_bytes));
        let result = match timeout {
            None => exchange.await,
            // `tokio::time::timeout` polls the exchange once before it checks the time.
            Some(Duration::ZERO) => Err(timed_out()),
            Some(timeout) => {
                tokio::time::timeout(timeout, exchange).await.unwrap_or_else(|_| Err(timed_out()))
            }
        };
        result.map_err(|error| error.with_maybe_sent(sent.maybe_sent()))
    }
}

impl fmt::Debug for ReqwestTransport {
    /// Does not show the client: its default headers or proxy URL may contain a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("timeout", &self.limits.timeout)
            .field("max_response_bytes", &self.limits.max_response_bytes)
            .finish_non_exhaustive()
    }
}

/// Whether a URL has a loopback host, for which no proxy is used.
fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    })
}

/// Converts to a request of reqwest; the flag tells later whether it may have been sent.
fn convert(
    request: &WireRequest,
    on_progress: Option<OnProgress>,
) -> Result<(Request, SentFlag), TransportError> {
    let (body, sent) = TrackedBody::new(request.http_body(), on_progress);
    let mut url = Url::parse(request.url()).map_err(build_error)?;
    url.set_fragment(None);
    let mut converted = Request::new(Method::POST, url);
    *converted.headers_mut() = request.http_headers()?;
    *converted.body_mut() = Some(reqwest::Body::wrap(body));
    Ok((converted, sent))
}

fn build_error(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::Build, cause)
}

fn timed_out() -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, ResponseError::TimedOut)
}

fn too_large(limit: u64) -> TransportError {
    TransportError::new(TransportErrorKind::TooLarge, ResponseError::TooLarge { limit })
}

/// Whether any byte of a request may have been sent.
///
/// The HTTP client polls the body once it has a connection, before it writes anything to that connection.
#[derive(Clone, Debug)]
struct SentFlag(Arc<AtomicBool>);

impl SentFlag {
    /// `false` guarantees that nothing was sent.
    fn maybe_sent(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// How much of a body is handed over at once where its progress is reported.
const PROGRESS_STEP: usize = 64 << 10;

/// A body that sets a flag when it is polled. It cannot be sent twice.
struct TrackedBody {
    rest: Bytes,
    length: u64,
    sent: SentFlag,
    on_progress: Option<OnProgress>,
}

impl TrackedBody {
    fn new(rest: Bytes, on_progress: Option<OnProgress>) -> (Self, SentFlag) {
        // An empty body is never polled, so nothing can be guaranteed.
        let sent = SentFlag(Arc::new(AtomicBool::new(rest.is_empty())));
        let length = rest.len() as u64;
        (Self { rest, length, sent: sent.clone(), on_progress }, sent)
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.sent.set();
        let Some(on_progress) = self.on_progress.clone() else {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))));
        };
        let next = self.rest.len().min(PROGRESS_STEP);
        let next = self.rest.split_to(next);
        if !next.is_empty() {
            on_progress(self.length - self.rest.len() as u64, self.length);
        }
        Poll::Ready((!next.is_empty()).then(|| Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// Sends a request and reads the whole response.
async fn exchange(client: &Client, request: Request, max_bytes: u64) -> Result<WireResponse, TransportError> {
    let requested = request.url().clone();
    let mut response = client.execute(request).await.map_err(classify)?;
    if *response.url() != requested {
        return Err(TransportError::new(TransportErrorKind::Other, ResponseError::RedirectFollowed));
    }
    // reqwest removes the header when it decompresses the body.
    if response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(TransportError::new(TransportErrorKind::Other, ResponseError::UnexpectedEncoding));
    }
    let body = read_body(&mut response, max_bytes).await?;
    let mut converted = http::Response::new(Bytes::from(body));
    *converted.status_mut() = response.status();
    *converted.headers_mut() = std::mem::take(response.headers_mut());
    Ok(converted.into())
}

/// The most that is allocated in advance: a server may declare a large body and send none of it.
const MAX_INITIAL_CAPACITY: u64 = 64 << 10;

/// Reads the body to its end. The limit counts bytes after decompression, so that a small response cannot
/// expand without bound.
async fn read_body(response: &mut Response, limit: u64) -> Result<Vec<u8>, TransportError> {
    let declared = response.content_length().unwrap_or(0);
    if declared > limit {
        return Err(too_large(limit));
    }
    let capacity = usize::try_from(declared.min(MAX_INITIAL_CAPACITY)).unwrap_or_default();
    let mut body = Vec::with_capacity(capacity);
    while let Some(chunk) = response.chunk().await.map_err(classify)? {
        if (body.len() as u64).saturating_add(chunk.len() as u64) > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_is_a_post_of_the_same_bytes_with_the_same_content_type() {
        let request = WireRequest::new("https://example.com/a?format=1#part", "s", "a", "{}");
        let (converted, sent) = convert(&request.with_content_type("application/JSON"), None).unwrap();
        assert_eq!(converted.method(), reqwest::Method::POST);
        assert_eq!(converted.url().as_str(), "https://example.com/a?format=1");
        assert_eq!(converted.headers()["content-type"], "application/JSON");
        assert!(!sent.maybe_sent());
    }

    #[test]
    fn invalid_request_is_rejected() {
        let request =
            WireRequest::new("https://example.com/", "s", "a", "{}").with_header("content-length", "1");
        let error = convert(&request, None).expect_err("an invalid request");
        assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Build, false));
    }

    #[test]
    fn empty_body_may_always_have_been_sent() {
        let (_, sent) = convert(&WireRequest::new("https://example.com/", "s", "a", ""), None).unwrap();
        assert!(sent.maybe_sent());
    }

    #[test]
    fn loopback_hosts_are_recognised() {
        let is = |url: &str| is_loopback(&Url::parse(url).unwrap());
        for url in [
            "http://localhost:80/",
            "http://LOCALHOST./",
            "http://127.0.0.1/",
            "http://127.9.9.9/",
            "http://[::1]:80/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert!(is(url), "{url}");
        }
        for url in ["http://localhost.example.com/", "http://128.0.0.1/", "http://[::2]/", "http://10.0.0.1/"]
        {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn stricter_limit_applies() {
        let request = WireRequest::new("https://example.com/", "s", "a", "");
        let seconds = Duration::from_secs;
        let limits = |timeout, max_response_bytes| Limits { timeout, max_response_bytes };

        let unlimited = limits(None, None).with_request(&request);
        assert_eq!(unlimited, (None, WireRequest::DEFAULT_MAX_RESPONSE_BYTES));
        let request = request.with_timeout(seconds(5)).with_max_response_bytes(10);
        assert_eq!(limits(None, None).with_request(&request), (Some(seconds(5)), 10));
        assert_eq!(limits(Some(seconds(9)), Some(20)).with_request(&request), (Some(seconds(5)), 10));
        assert_eq!(limits(Some(seconds(1)), Some(2)).with_request(&request), (Some(seconds(1)), 2));
    }

    #[test]
    fn the_progress_of_a_body_is_reported_in_steps() {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let report = Arc::clone(&seen);
        let on_progress: OnProgress =
            Arc::new(move |sent, length| report.lock().unwrap().push((sent, length)));
        let length = PROGRESS_STEP + 1;
        let (mut body, _) = TrackedBody::new(vec![0; length].into(), Some(on_progress));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut sent = 0;
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
            sent += frame.into_data().unwrap().len();
        }
        let (step, length) = (PROGRESS_STEP as u64, length as u64);
        assert_eq!(
            (sent as u64, seen.lock().unwrap().clone()),
            (length, vec![(step, length), (length, length)])
        );
    }
}
