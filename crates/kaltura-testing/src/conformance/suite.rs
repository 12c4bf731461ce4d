//! One run of all checks against a transport.

use std::error::Error;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use kaltura_auth::{
    Transport, TransportError, WireRequest, WireResponse, blocking::Transport as BlockingTransport,
};

use super::report::{Outcome, Report, Rule};
use super::server::{ReceivedRequest, Route, TestServer};
use super::{failures, limits, messages};
use crate::mock::Latch;

/// Texts that must not occur in an error, and where each is sent.
pub(super) const CANARIES: [(&str, &str); 3] = [
    (CANARY_IN_BODY, "the body of the request"),
    (CANARY_IN_QUERY, "the query of the URL"),
    (CANARY_IN_RESPONSE, "the body of the response"),
];
const CANARY_IN_BODY: &str = "canary-of-the-request";
const CANARY_IN_QUERY: &str = "canary-of-the-query";
pub(super) const CANARY_IN_RESPONSE: &str = "canary-of-the-response";

/// The timeout of all checks except those of timeouts. Enough for a slow machine.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The result of one check; the error is never [`Outcome::Passed`].
pub(super) type CheckResult = Result<(), Outcome>;

pub(super) fn fail<T>(reason: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::Failed(reason.into()))
}

pub(super) fn not_applicable<T>(reason: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::NotApplicable(reason.into()))
}

/// An error of the transport under test, for the checks of all errors.
pub(super) struct RecordedError {
    pub(super) error: TransportError,
    /// Whether the server had received the request.
    pub(super) received: bool,
}

/// One run of all checks: the server, the transport, and its errors so far.
pub(super) struct Suite<'a> {
    pub(super) server: TestServer,
    pub(super) transport: TestedTransport<'a>,
    pub(super) errors: Vec<RecordedError>,
}

pub(super) async fn run(transport: TestedTransport<'_>) -> Report {
    let mut outcomes = Vec::new();
    match TestServer::start() {
        Ok(server) => {
            let mut suite = Suite { server, transport, errors: Vec::new() };
            for rule in Rule::ALL {
                let checked = Box::pin(suite.check(rule)).await;
                outcomes.push((rule, checked.err().unwrap_or(Outcome::Passed)));
            }
        }
        // Nothing was checked, so nothing has passed.
        Err(error) => {
            let reason = format!("not checked: cannot listen on 127.0.0.1: {error}");
            outcomes.extend(Rule::ALL.map(|rule| (rule, Outcome::Failed(reason.clone()))));
        }
    }
    Report::new(outcomes)
}

impl Suite<'_> {
    async fn check(&mut self, rule: Rule) -> CheckResult {
        match rule {
            Rule::Method => messages::method(self).await,
            Rule::RequestBody => messages::request_body(self).await,
            Rule::ContentType => messages::content_type(self).await,
            Rule::OtherContentType => messages::other_content_type(self).await,
            Rule::RequestHeaders => messages::request_headers(self).await,
            Rule::SentOnce => messages::sent_once(self).await,
            Rule::FreshConnection => messages::fresh_connection(self).await,
            Rule::Status => messages::status(self).await,
            Rule::ResponseHeaders => messages::response_headers(self).await,
            Rule::ResponseBody => messages::response_body(self).await,
            Rule::Decompression => messages::decompression(self).await,
            Rule::Redirect => messages::redirect(self).await,
            Rule::SizeWithinLimit => limits::size_within_limit(self).await,
            Rule::DeclaredSize => limits::declared_size(self).await,
            Rule::UndeclaredSize => limits::undeclared_size(self).await,
            Rule::DecompressedSize => limits::decompressed_size(self).await,
            Rule::SlowResponse => limits::slow_response(self).await,
            Rule::Timeout => limits::timeout(self).await,
            Rule::TotalTimeout => limits::total_timeout(self).await,
            Rule::ConnectionRefused => failures::connection_refused(self).await,
            Rule::NoResponse => failures::no_response(self).await,
            Rule::TruncatedResponse => failures::truncated_response(self).await,
            Rule::NotHttp => failures::not_http(self).await,
            Rule::Concurrency => failures::concurrency(self).await,
            Rule::DroppedFuture => failures::dropped_future(self).await,
            Rule::Recovery => failures::recovery(self).await,
            Rule::MaybeSent => failures::maybe_sent(self),
            Rule::NoSecrets => failures::no_secrets(self),
        }
    }

    /// Adds a route that responds with 200 and this body.
    pub(super) fn route_with_body(&self, body: &'static [u8]) -> Route {
        self.server.route(move |_, connection| connection.respond(200, &[], body))
    }

    /// Sends a request, and records the error if it fails.
    pub(super) async fn send(&mut self, route: &Route, request: WireRequest) -> SendResult {
        let before = route.received().len();
        let result = self.transport.send(request).await;
        if let Err(error) = &result {
            self.errors
                .push(RecordedError { error: error.clone(), received: route.received().len() > before });
        }
        result
    }

    /// Sends a request that must get a response.
    pub(super) async fn send_ok(
        &mut self,
        route: &Route,
        request: WireRequest,
    ) -> Result<WireResponse, Outcome> {
        self.send(route, request).await.or_else(|error| fail(describe(&error)))
    }

    /// Sends a request that must get a response, and returns it as the server received it.
    pub(super) async fn send_and_capture(
        &mut self,
        modify: impl FnOnce(WireRequest) -> WireRequest,
    ) -> Result<ReceivedRequest, Outcome> {
        let route = self.route_with_body(b"null");
        self.send_ok(&route, modify(request(&route))).await?;
        route.received().pop().map_or_else(|| fail("the server received no request"), Ok)
    }
}

/// A request with canaries in its body and query.
pub(super) fn request(route: &Route) -> WireRequest {
    request_to(&route.url())
}

pub(super) fn request_to(url: &str) -> WireRequest {
    let url = format!("{url}?format=1&note={CANARY_IN_QUERY}");
    let body = format!("{{\"ks\":\"{CANARY_IN_BODY}\"}}");
    WireRequest::new(url, "conformance", "check", body).with_timeout(DEFAULT_TIMEOUT)
}

/// An error with its kind and all its sources.
pub(super) fn describe(error: &TransportError) -> String {
    let mut text = format!("the transport failed with the error kind {:?}: {error}", error.kind());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

pub(super) type SendResult = Result<WireResponse, TransportError>;

/// The transport under test, of either kind.
#[derive(Clone, Copy)]
pub(super) enum TestedTransport<'a> {
    Async(&'a dyn Transport),
    Blocking(&'a dyn BlockingTransport),
}

impl TestedTransport<'_> {
    pub(super) async fn send(self, request: WireRequest) -> SendResult {
        match self {
            Self::Async(transport) => transport.send(request).await,
            Self::Blocking(transport) => transport.send(request),
        }
    }

    /// Sends all requests at the same time. Where a transport panics, its result is missing.
    pub(super) async fn send_all(self, requests: Vec<WireRequest>) -> Vec<SendResult> {
        match self {
            Self::Async(transport) => {
                let mut futures: Vec<_> =
                    requests.into_iter().map(|request| transport.send(request)).collect();
                let mut results: Vec<Option<SendResult>> = futures.iter().map(|_| None).collect();
                poll_fn(|context| {
                    for (future, result) in futures.iter_mut().zip(&mut results) {
                        if result.is_none()
                            && let Poll::Ready(ready) = future.as_mut().poll(context)
                        {
                            *result = Some(ready);
                        }
                    }
                    if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                results.into_iter().flatten().collect()
            }
            Self::Blocking(transport) => std::thread::scope(|scope| {
                let threads: Vec<_> =
                    requests.into_iter().map(|request| scope.spawn(|| transport.send(request))).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
            }),
        }
    }

    /// Sends a request, and drops the future once `latch` is open. Returns the result if the future finished
    /// before. Does nothing with a blocking transport, which has no future.
    pub(super) async fn send_until(self, latch: &Latch, request: WireRequest) -> Option<SendResult> {
        let Self::Async(transport) = self else { return None };
        let mut future = transport.send(request);
        let mut opened = Box::pin(latch.wait());
        poll_fn(|context| {
            if let Poll::Ready(result) = future.as_mut().poll(context) {
                return Poll::Ready(Some(result));
            }
            opened.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}
