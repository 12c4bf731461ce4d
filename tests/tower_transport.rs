//! A tower service as a transport: hyper's client, and services of the test.
#![cfg(test)]

use std::error::Error;
use std::future::{Ready, pending, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::io::Cursor;
use futures_util::{FutureExt as _, stream};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{Empty, Full, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kaltura_auth::{
    AppTokenLogin, TowerTransport, Transport, TransportError, TransportErrorKind, WireRequest,
};
use kaltura_emulator::Emulator;
use kaltura_http::TokioRuntime;
use kaltura_testing::conformance::{self, Outcome, Rule};
use kaltura_testing::runtime::TestRuntime;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

fn hyper_client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request() -> WireRequest {
    WireRequest::new("http://localhost/a", "s", "a", "{}")
}

/// The error of a request through a service that fails with `error`.
async fn failure<E>(error: impl Fn() -> E + Clone + Send + 'static) -> TransportError
where
    E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
{
    let service = service_fn(move |_: Request<Bytes>| {
        let error = error();
        async move { Err::<Response<Empty<Bytes>>, _>(error) }
    });
    TowerTransport::new(service, TokioRuntime::new()).send(request()).await.unwrap_err()
}

#[tokio::test]
async fn the_client_of_hyper_keeps_the_contract() {
    let report = conformance::check(&TowerTransport::new(hyper_client(), TokioRuntime::new())).await;
    report.assert_passed();
    let compressed = report.outcome(Rule::Decompression);
    assert!(matches!(compressed, Outcome::NotApplicable(_)), "{report}");
}

#[tokio::test]
async fn a_service_with_layers_that_is_not_sync_logs_in() {
    let server = Emulator::new().serve().await.unwrap();
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let paths = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&paths);
    let service = ServiceBuilder::new()
        .map_request(move |request: Request<Full<Bytes>>| {
            seen.lock().unwrap().push(request.uri().path().to_owned());
            request
        })
        .concurrency_limit(1)
        .service(hyper_client());
    let transport = TowerTransport::new(service.boxed_clone(), TokioRuntime::new());

    let session = login.run(&transport).await.unwrap();
    assert_eq!(session.partner_id(), server.emulator().partner_id());
    let [widget, token] = &paths.lock().unwrap()[..] else { panic!("two requests") };
    assert!(widget.ends_with("/service/session/action/startWidgetSession"), "{widget}");
    assert!(token.ends_with("/service/appToken/action/startSession"), "{token}");
}

#[tokio::test]
async fn a_file_is_uploaded_through_the_client_of_hyper() {
    let server = Emulator::new().serve().await.unwrap();
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let transport = TowerTransport::new(hyper_client(), TokioRuntime::new());
    let client = kaltura_client::Client::builder(login, transport, TokioRuntime::new()).build();
    let content = b"\0one\r\n--two";
    let upload = client.upload(Cursor::new(content), content.len() as u64).chunk_size(5);
    let file = upload.file_name("a \"b\".mp4").send().await.unwrap();
    assert_eq!(server.emulator().uploaded(file.id.expose()).as_deref(), Some(&content[..]));
    assert_eq!(server.emulator().calls().count("uploadToken.upload"), 3);
}

#[tokio::test]
async fn the_body_is_read_up_to_the_limit_and_trailers_are_ignored() {
    let whole = service_fn(|_: Request<Bytes>| async {
        Ok::<_, io::Error>(Response::new(Full::new(Bytes::from("fourmore"))))
    });
    let in_frames = service_fn(|_: Request<Bytes>| async {
        let frame = |text: &'static str| Ok::<_, io::Error>(Frame::data(Bytes::from(text)));
        let trailers = Ok(Frame::trailers(HeaderMap::new()));
        let frames = [frame("four"), frame(""), frame("more"), trailers];
        Ok::<_, io::Error>(Response::new(StreamBody::new(stream::iter(frames))))
    });
    let transports: [Box<dyn Transport>; 2] = [
        Box::new(TowerTransport::new(whole, TokioRuntime::new())),
        Box::new(TowerTransport::new(in_frames, TokioRuntime::new())),
    ];
    for transport in transports {
        let response = transport.send(request().with_max_response_bytes(8)).await.unwrap();
        assert_eq!(response.body(), b"fourmore");
        let error = transport.send(request().with_max_response_bytes(7)).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    }
}

#[tokio::test]
async fn a_body_that_the_service_did_not_decode_is_an_error() {
    let send = |encoding: &'static str| async move {
        let service = service_fn(move |_: Request<Bytes>| async move {
            let response = Response::builder().header("Content-Encoding", encoding);
            response.body(Full::new(Bytes::from("x")))
        });
        TowerTransport::new(service, TokioRuntime::new()).send(request()).await
    };
    assert!(send("identity").await.is_ok());
    assert_eq!(send("gzip").await.unwrap_err().kind(), TransportErrorKind::Other);
}

#[tokio::test]
async fn the_causes_decide_the_kind_of_an_error() {
    for (io_kind, kind, maybe_sent) in [
        (io::ErrorKind::ConnectionRefused, TransportErrorKind::Connect, false),
        (io::ErrorKind::TimedOut, TransportErrorKind::Timeout, true),
        (io::ErrorKind::ConnectionReset, TransportErrorKind::Io, true),
    ] {
        let error = failure(move || io::Error::from(io_kind)).await;
        assert_eq!((error.kind(), error.maybe_sent()), (kind, maybe_sent), "{io_kind}");
    }
    let error = failure(|| "no I/O error").await;
    assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Other, true));

    let own = || TransportError::new(TransportErrorKind::Timeout, "in the queue").with_maybe_sent(false);
    let error = failure(own).await;
    assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Timeout, false));
}

#[tokio::test]
async fn the_caller_can_classify_the_errors_of_the_service() {
    let service =
        service_fn(|_: Request<Bytes>| async { Err::<Response<Empty<Bytes>>, _>(io::Error::other("dns")) });
    let transport = TowerTransport::new(service, TokioRuntime::new())
        .with_error_kind(|error| error.is::<io::Error>().then_some(TransportErrorKind::Connect));
    let error = transport.send(request()).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Connect, false));
}

/// A service that never becomes ready.
#[derive(Clone)]
struct Closed;

impl Service<Request<Bytes>> for Closed {
    type Response = Response<Empty<Bytes>>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other("closed")))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        ready(Ok(Response::new(Empty::new())))
    }
}

#[tokio::test]
async fn a_service_that_is_not_ready_has_sent_nothing() {
    let error = TowerTransport::new(Closed, TokioRuntime::new()).send(request()).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Io, false));
}

#[test]
fn the_timer_of_the_timeout_is_that_of_the_runtime() {
    let never = service_fn(|_: Request<Bytes>| pending::<Result<Response<Empty<Bytes>>, io::Error>>());
    let runtime = TestRuntime::new();
    let transport = TowerTransport::new(never, runtime.clone());
    let mut sent = transport.send(request().with_timeout(Duration::from_secs(7)));
    assert!(sent.as_mut().now_or_never().is_none());
    runtime.advance(Duration::from_millis(6_999));
    assert!(sent.as_mut().now_or_never().is_none());
    runtime.advance(Duration::from_millis(1));
    let error = sent.as_mut().now_or_never().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Timeout, true));
}
