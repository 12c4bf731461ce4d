//! The transport over reqwest.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait};
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Client, Request, Url};
use tokio::runtime::Handle;

use crate::body;
use crate::builder::ReqwestTransportBuilder;
use crate::classify::{AnswerFault, RequestFault, classify};
use crate::request::prepare;

/// A [`Transport`] over reqwest.
///
/// Cheap to clone; clones share their connections. It must be polled within a tokio runtime that has its I/O
/// and its timer switched on; outside of one it answers with an error. Without a runtime there is
/// `BlockingReqwestTransport` (feature `blocking`).
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
    client: Client,
    /// The way to this machine that knows no proxy, where the other may know one.
    direct: Option<Client>,
    limits: Limits,
    https_possible: bool,
}

/// What the transport allows a request at most, whatever the request allows itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) time: Option<Duration>,
    pub(crate) response_bytes: Option<u64>,
}

impl Limits {
    /// The stricter of both.
    fn with_those_of(self, request: &WireRequest) -> (Option<Duration>, u64) {
        let times = [self.time, request.timeout()];
        let bytes = request.max_response_bytes();
        (times.into_iter().flatten().min(), self.response_bytes.map_or(bytes, |most| most.min(bytes)))
    }
}

impl ReqwestTransport {
    /// Sends through a client of one's own. This function alone binds a program to the version of reqwest
    /// that this crate uses; [`builder`](Self::builder) does not.
    ///
    /// The time and size limits of each request hold, and the client's own time limits besides. What the
    /// client must see to itself, for a finished client can neither be asked nor changed:
    ///
    /// - **No redirects**: `redirect(reqwest::redirect::Policy::none())`. With any other policy an answer
    ///   that was fetched from another URL is an error of the kind [`TransportErrorKind::Other`], for the
    ///   answer of the redirect is lost by then. The body, and so every secret, is not sent again in any case.
    /// - **Proxies**: reqwest takes those of the environment, for addresses of this machine too.
    /// - **No `connection_verbose`**: it logs all that is sent, secrets included.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self {
            client,
            direct: None,
            limits: Limits { time: None, response_bytes: None },
            https_possible: true,
        }
    }

    /// Sets up a transport without naming reqwest.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::new()
    }

    pub(crate) const fn from_parts(client: Client, direct: Option<Client>, limits: Limits) -> Self {
        let https_possible =
            cfg!(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"));
        Self { client, direct, limits, https_possible }
    }

    fn client_for(&self, url: &Url) -> &Client {
        match &self.direct {
            Some(direct) if is_this_machine(url) => direct,
            _ => &self.client,
        }
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        if Handle::try_current().is_err() {
            return Err(TransportError::new(TransportErrorKind::Build, RequestFault::NoRuntime));
        }
        let (timeout, max_bytes) = self.limits.with_those_of(&request);
        let (request, departure) = prepare(request)?;
        if request.url().scheme() == "https" && !self.https_possible {
            return Err(TransportError::new(TransportErrorKind::Build, RequestFault::NoTls));
        }
        let exchange = exchange(self.client_for(request.url()), request, max_bytes);
        let outcome = match timeout {
            None => exchange.await,
            // The timer looks at the clock only after a first try.
            Some(Duration::ZERO) => Err(late()),
            Some(limit) => tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| Err(late())),
        };
        outcome.map_err(|error| error.with_maybe_sent(departure.maybe_sent()))
    }
}

async fn exchange(client: &Client, request: Request, max_bytes: u64) -> Result<WireResponse, TransportError> {
    let asked = request.url().clone();
    let mut answer = client.execute(request).await.map_err(classify)?;
    if *answer.url() != asked {
        return Err(TransportError::new(TransportErrorKind::Other, AnswerFault::FollowsRedirects));
    }
    // The client takes the header away with the compression, if it knows it.
    if answer.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(TransportError::new(TransportErrorKind::Other, AnswerFault::OddEncoding));
    }
    let body = body::read(&mut answer, max_bytes).await?;
    let response = WireResponse::new(answer.status().as_u16(), body);
    Ok(answer.headers().iter().fold(response, |response, (name, value)| {
        response.with_header(name.as_str(), String::from_utf8_lossy(value.as_bytes()))
    }))
}

fn late() -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, AnswerFault::Late)
}

/// Whether a URL points to this machine, to which no proxy leads.
fn is_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    })
}

impl fmt::Debug for ReqwestTransport {
    /// Shows nothing of the client: its default headers or the URL of its proxy may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("timeout", &self.limits.time)
            .field("max_response_bytes", &self.limits.response_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_others() {
        let is = |url: &str| is_this_machine(&Url::parse(url).unwrap());
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
    fn the_stricter_limit_holds() {
        let request = WireRequest::new("https://example.com/", "s", "a", "");
        let seconds = Duration::from_secs;
        let limits = |time, bytes| Limits { time, response_bytes: bytes };

        let open = limits(None, None).with_those_of(&request);
        assert_eq!(open, (None, WireRequest::DEFAULT_MAX_RESPONSE_BYTES));
        let request = request.with_timeout(seconds(5)).with_max_response_bytes(10);
        assert_eq!(limits(None, None).with_those_of(&request), (Some(seconds(5)), 10));
        assert_eq!(limits(Some(seconds(9)), Some(20)).with_those_of(&request), (Some(seconds(5)), 10));
        assert_eq!(limits(Some(seconds(1)), Some(2)).with_those_of(&request), (Some(seconds(1)), 2));
    }
}
