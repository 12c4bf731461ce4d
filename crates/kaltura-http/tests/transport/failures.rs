//! Every way in which no complete response arrives, and the error for it.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use kaltura_auth::TransportErrorKind::{Build, Connect, Io, Other, Timeout, TooLarge};
use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest};
use kaltura_http::ReqwestTransport;

use crate::raw_server::{RawServer, ok};
use crate::{CANARY, assert_error, builder, error_text, request};

/// Longer than any exchange here needs; a broken test fails after this time.
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
    for url in [RawServer::refusing_url(), "http://name.invalid".to_owned()] {
        let error = failure(&transport(), request(&url)).await;
        assert_error(&error, Connect, false);
    }
}

#[tokio::test]
async fn nothing_is_sent_to_an_invalid_url() {
    for url in ["", CANARY, "http://?canary-7f3a", "ftp://example.com/?canary-7f3a"] {
        let error = failure(&transport(), WireRequest::new(url, "a", "b", CANARY)).await;
        assert_error(&error, Build, false);
    }
}

#[tokio::test]
async fn zero_timeout_expires_before_anything_is_sent() {
    let server = RawServer::responding(ok("", "null"));
    let error = failure(&transport(), request(&server.url()).with_timeout(Duration::ZERO)).await;
    assert_error(&error, Timeout, false);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn closed_connection_is_an_io_error() {
    let partial_head = format!("HTTP/1.1 200 OK\r\nX-Me: {CANARY}\r\nX-Kal");
    let partial_body = format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{CANARY}");
    let partial_chunk = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{CANARY}");
    for response in [String::new(), partial_head, partial_body, partial_chunk] {
        assert_fails(&RawServer::responding_once(response), Io).await;
    }
}

#[tokio::test]
async fn reset_connection_is_an_io_error() {
    // Closing a socket with unread data resets the connection.
    let before_response = RawServer::start(|mut connection| connection.read_first_line());
    let within_response = RawServer::start(|mut connection| {
        connection.read_first_line();
        connection.write(format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{CANARY}").as_bytes());
    });
    assert_fails(&before_response, Io).await;
    assert_fails(&within_response, Io).await;
}

#[tokio::test]
async fn invalid_http_is_an_io_error() {
    for garbage in ["SSH-2.0-canary-7f3a\r\n\r\n", "HTTP/1.1 canary-7f3a\r\n\r\n", "\0\0\0\0"] {
        assert_fails(&RawServer::responding_once(garbage), Io).await;
    }
}

#[tokio::test]
async fn shorter_timeout_applies() {
    let silent = RawServer::start(|mut connection| connection.wait_for_close());
    let slow_head = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n");
        connection.write_repeatedly(b"X-Me: canary-7f3a\r\n", Duration::from_millis(20));
    });
    let slow_body = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        connection.write_repeatedly(b"canary-7f3a", Duration::from_millis(20));
    });
    let short = builder().timeout(SHORT).build().unwrap();
    for server in [silent, slow_head, slow_body] {
        for (transport, limit) in [(transport(), SHORT), (short.clone(), LONG)] {
            let request = request(&server.url()).with_timeout(limit);
            let error = tokio::time::timeout(LONG / 2, failure(&transport, request)).await.unwrap();
            assert_error(&error, Timeout, true);
        }
    }
}

#[tokio::test]
async fn too_large_response_is_an_error() {
    // The first declares its length and sends no body; the last two never end.
    let declared = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
        connection.wait_for_close();
    });
    let one_byte_too_large = RawServer::responding_once(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
        "x".repeat(1001)
    ));
    let endless = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.write_repeatedly(b"b\r\ncanary-7f3a\r\n", Duration::ZERO);
    });
    let unframed = RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n");
        connection.write_repeatedly(b"canary-7f3a", Duration::ZERO);
    });
    let strict = builder().max_response_bytes(1000).build().unwrap();
    for server in [declared, one_byte_too_large, endless, unframed] {
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
async fn response_that_decompresses_beyond_the_limit_is_an_error() {
    let compressed = gzipped(&vec![b' '; 20 << 20]);
    assert!(compressed.len() < 64 << 10);
    let server = RawServer::responding(ok("Content-Encoding: gzip\r\n", &compressed));
    let error = failure(&transport(), request(&server.url()).with_max_response_bytes(64 << 10)).await;
    assert_error(&error, TooLarge, true);
}

#[tokio::test]
async fn invalid_content_encoding_is_an_error() {
    let whole = gzipped(CANARY.as_bytes());
    let truncated = &whole[..whole.len() - 4];
    assert_fails(&RawServer::responding(ok("Content-Encoding: gzip\r\n", truncated)), Io).await;
    assert_fails(&RawServer::responding(ok("Content-Encoding: gzip\r\n", CANARY)), Io).await;
    assert_fails(&RawServer::responding(ok("Content-Encoding: br\r\n", CANARY)), Other).await;
}

#[test]
fn missing_runtime_is_an_error_not_a_panic() {
    use std::task::{Context, Poll, Waker};

    let transport = transport();
    let mut sending = transport.send(request("http://127.0.0.1:1"));
    let Poll::Ready(Err(error)) = sending.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("must fail immediately");
    };
    assert_error(&error, Build, false);
    assert!(error_text(&error).contains("tokio runtime"));
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
#[tokio::test]
async fn https_without_tls_is_an_error_with_the_reason() {
    let error = failure(&transport(), request("https://127.0.0.1:1")).await;
    assert_error(&error, Build, false);
    assert!(error_text(&error).contains("enable the feature"));
}
