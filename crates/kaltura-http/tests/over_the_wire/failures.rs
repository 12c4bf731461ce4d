//! Each way in which no complete answer arrives, and what is said of it.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use kaltura_auth::TransportErrorKind::{Build, Connect, Io, Other, Timeout, TooLarge};
use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest};
use kaltura_http::ReqwestTransport;

use crate::raw_server::{RawServer, ok};
use crate::{CANARY, assert_error, builder, request, shown};

/// More than any of these needs, so that a test that fails does so soon.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(200);

fn transport() -> ReqwestTransport {
    builder().timeout(LONG).build().unwrap()
}

async fn failure(transport: &ReqwestTransport, request: WireRequest) -> TransportError {
    transport.send(request).await.expect_err("must fail")
}

async fn assert_fails(server: &RawServer, kind: TransportErrorKind) {
    let error = failure(&transport(), request(&server.url())).await;
    assert_error(&error, kind, true);
}

#[tokio::test]
async fn nothing_is_sent_without_a_connection() {
    for url in [RawServer::nowhere(), "http://name.invalid".to_owned()] {
        let error = failure(&transport(), request(&url)).await;
        assert_error(&error, Connect, false);
    }
}

#[tokio::test]
async fn nothing_is_sent_to_what_is_no_url() {
    for url in ["", CANARY, "http://?canary-7f3a", "ftp://example.com/?canary-7f3a"] {
        let error = failure(&transport(), WireRequest::new(url, "a", "b", CANARY)).await;
        assert_error(&error, Build, false);
    }
}

#[tokio::test]
async fn a_limit_of_no_time_is_over_before_anything_is_sent() {
    let server = RawServer::answering(ok("", "null"));
    let error = failure(&transport(), request(&server.url()).with_timeout(Duration::ZERO)).await;
    assert_error(&error, Timeout, false);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_connection_that_ends_is_broken() {
    let half_a_head = format!("HTTP/1.1 200 OK\r\nX-Me: {CANARY}\r\nX-Kal");
    let half_a_body = format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{CANARY}");
    let half_a_chunk = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{CANARY}");
    for answer in [String::new(), half_a_head, half_a_body, half_a_chunk] {
        assert_fails(&RawServer::answering_once(answer), Io).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_broken() {
    // Closing while something lies unread resets the connection.
    let before = RawServer::start(|mut connection| connection.read_first_line());
    let within = RawServer::start(|mut connection| {
        connection.read_first_line();
        connection.write(format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{CANARY}").as_bytes());
    });
    assert_fails(&before, Io).await;
    assert_fails(&within, Io).await;
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for garbage in ["SSH-2.0-canary-7f3a\r\n\r\n", "HTTP/1.1 canary-7f3a\r\n\r\n", "\0\0\0\0"] {
        assert_fails(&RawServer::answering_once(garbage), Io).await;
    }
}

#[tokio::test]
async fn the_stricter_time_limit_ends_the_waiting() {
    let silent = RawServer::start(|mut connection| connection.hold());
    let slow_head = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n");
        connection.drip(b"X-Me: canary-7f3a\r\n", Duration::from_millis(20));
    });
    let slow_body = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        connection.drip(b"canary-7f3a", Duration::from_millis(20));
    });
    let impatient = builder().timeout(SHORT).build().unwrap();
    for server in [silent, slow_head, slow_body] {
        for (transport, limit) in [(transport(), SHORT), (impatient.clone(), LONG)] {
            let request = request(&server.url()).with_timeout(limit);
            let error = tokio::time::timeout(LONG / 2, failure(&transport, request)).await.unwrap();
            assert_error(&error, Timeout, true);
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    // Of the first, nothing comes but the promise; the last two never end.
    let declared = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
        connection.hold();
    });
    let one_too_many = RawServer::answering_once(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
        "x".repeat(1001)
    ));
    let endless = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.drip(b"b\r\ncanary-7f3a\r\n", Duration::ZERO);
    });
    let unframed = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n");
        connection.drip(b"canary-7f3a", Duration::ZERO);
    });
    let strict = builder().max_response_bytes(1000).build().unwrap();
    for server in [declared, one_too_many, endless, unframed] {
        for error in [
            failure(&transport(), request(&server.url()).with_max_response_bytes(1000)).await,
            failure(&strict, request(&server.url())).await,
        ] {
            assert_error(&error, TooLarge, true);
        }
    }
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_answer_that_grows_too_large_is_not_unpacked() {
    let small = gzipped(&vec![b' '; 20 << 20]);
    assert!(small.len() < 64 << 10);
    let server = RawServer::answering(ok("Content-Encoding: gzip\r\n", &small));
    let error = failure(&transport(), request(&server.url()).with_max_response_bytes(64 << 10)).await;
    assert_error(&error, TooLarge, true);
}

#[tokio::test]
async fn what_can_not_be_unpacked_is_no_answer() {
    let whole = gzipped(CANARY.as_bytes());
    let cut = &whole[..whole.len() - 4];
    assert_fails(&RawServer::answering(ok("Content-Encoding: gzip\r\n", cut)), Io).await;
    assert_fails(&RawServer::answering(ok("Content-Encoding: gzip\r\n", CANARY)), Io).await;
    assert_fails(&RawServer::answering(ok("Content-Encoding: br\r\n", CANARY)), Other).await;
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    use std::task::{Context, Poll, Waker};

    let transport = transport();
    let mut sending = transport.send(request("http://127.0.0.1:1"));
    let Poll::Ready(Err(error)) = sending.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("must fail at once");
    };
    assert_error(&error, Build, false);
    assert!(shown(&error).contains("tokio runtime"));
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
#[tokio::test]
async fn without_tls_https_is_refused_with_the_reason() {
    let error = failure(&transport(), request("https://127.0.0.1:1")).await;
    assert_error(&error, Build, false);
    assert!(shown(&error).contains("turn on the feature"));
}
