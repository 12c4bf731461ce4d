//! Connections: accepting them, reading requests and writing responses.

use super::breakage::{BreakableStream, Breaker, Broken, ResponseBody};
use crate::{Breakage, Reply};
use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The time that a client has for the head of a request, and that an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The pause after a connection could not be accepted, for example because there are too many.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Whether and how the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    NotYet,
    Gracefully,
    AtOnce,
}

/// Serves until it is stopped. Running requests then still have the time `grace`.
pub(super) async fn run(
    listener: TcpListener,
    exchanges: Arc<Exchanges>,
    stop: watch::Receiver<Stop>,
    grace: Duration,
) {
    let mut connections = JoinSet::new();
    while let Some(accepted) = unless(stopped(stop.clone(), Stop::Gracefully), listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(serve(stream, peer.ip(), Arc::clone(&exchanges), stop.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);

    // Dropping the set closes the remaining connections.
    let all_ended = async { while connections.join_next().await.is_some() {} };
    let _ = unless(stopped(stop, Stop::AtOnce), tokio::time::timeout(grace, all_ended)).await;
}

/// Serves one connection.
async fn serve(stream: TcpStream, client: IpAddr, exchanges: Arc<Exchanges>, stop: watch::Receiver<Stop>) {
    let breaker = Breaker::default();
    let stream = BreakableStream::new(stream, breaker.clone());
    let service = service_fn(|request| exchanges.respond(request, client, &breaker));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            // The emulator's clock sets the date.
            .auto_date_header(false)
            .serve_connection(stream, service)
    );
    // An error is the client's: it closed the connection or sent no valid HTTP.
    if unless(stopped(stop, Stop::Gracefully), connection.as_mut()).await.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Waits until the server stops at least in this way, or is dropped.
async fn stopped(mut stop: watch::Receiver<Stop>, least: Stop) {
    let _ = stop.wait_for(|stop| *stop >= least).await;
}

/// The result of `then`, or `None` if `first` completes before it.
async fn unless<T>(first: impl Future<Output = ()>, then: impl Future<Output = T>) -> Option<T> {
    let (mut first, mut then) = (pin!(first), pin!(then));
    poll_fn(|context| {
        if first.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        then.as_mut().poll(context).map(Some)
    })
    .await
}

/// The time that a client has to send the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Responds to a request from the client with this address.
pub(super) type Respond = dyn Fn(&Request<Bytes>, IpAddr) -> Reply + Send + Sync;

/// Reads requests, and writes the responses.
pub(super) struct Exchanges {
    respond: Arc<Respond>,
    max_request_bytes: usize,
}

impl Exchanges {
    pub(super) const fn new(respond: Arc<Respond>, max_request_bytes: usize) -> Self {
        Self { respond, max_request_bytes }
    }

    /// Responds to a request, or breaks its connection.
    pub(super) async fn respond(
        &self,
        request: Request<Incoming>,
        client: IpAddr,
        breaker: &Breaker,
    ) -> Result<Response<ResponseBody>, Broken> {
        let (head, body) = request.into_parts();
        let body = match self.read(body).await? {
            Ok(body) => body,
            Err(status) => return Ok(refusal(status)),
        };
        // Computing may take long, and must not keep the connections of others waiting.
        let respond = Arc::clone(&self.respond);
        let request = Request::from_parts(head, body);
        let mut reply =
            tokio::task::spawn_blocking(move || respond(&request, client)).await.map_err(|_| Broken)?;
        delay(&mut reply).await;

        let (head, body) = reply.response.into_parts();
        let body = match reply.breakage {
            None => ResponseBody::whole(body),
            Some(Breakage::CutBody(length)) if !body.is_empty() => {
                ResponseBody::cut(body, length, breaker, false)
            }
            Some(Breakage::ResetBody(length)) if !body.is_empty() => {
                ResponseBody::cut(body, length, breaker, true)
            }
            // There is no body to cut.
            Some(Breakage::Reset | Breakage::CutBody(_) | Breakage::ResetBody(_)) => {
                return Err(breaker.reset());
            }
            Some(Breakage::ResetAfter) => {
                breaker.reset_after_response();
                ResponseBody::whole(body)
            }
            Some(Breakage::SlowBody(time)) => ResponseBody::slow(body, time),
            Some(Breakage::EndlessBody) => ResponseBody::endless(body),
            Some(Breakage::WrongLength(length)) => ResponseBody::with_wrong_length(body, length, breaker),
        };
        Ok(Response::from_parts(head, body))
    }

    /// The body, or the status of the refusal.
    async fn read(&self, body: Incoming) -> Result<Result<Bytes, StatusCode>, Broken> {
        let declared = body.size_hint().lower();
        if declared > self.max_request_bytes as u64 {
            return Ok(Err(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let reading = Limited::new(body, self.max_request_bytes).collect();
        match tokio::time::timeout(BODY_TIMEOUT, reading).await {
            Ok(Ok(body)) => Ok(Ok(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Ok(Err(StatusCode::PAYLOAD_TOO_LARGE)),
            Ok(Err(_)) => Err(Broken),
            Err(_) => Ok(Err(StatusCode::REQUEST_TIMEOUT)),
        }
    }
}

/// How often a delayed response is asked whether the delay may end.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits for the delay of a response. It may end early, with another response.
async fn delay(reply: &mut Reply) {
    if !reply.may_be_early() {
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }
        return;
    }
    let end = tokio::time::Instant::now() + reply.delay;
    while tokio::time::Instant::now() < end {
        tokio::time::sleep(POLL_INTERVAL).await;
        if let Some(response) = reply.early_response() {
            reply.response = response;
            return;
        }
    }
}

/// A response without the whole request. The rest of it is not read, so the connection cannot be used again.
fn refusal(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::whole(Bytes::new()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
