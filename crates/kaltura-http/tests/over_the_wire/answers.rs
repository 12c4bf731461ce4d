//! What is sent, byte for byte, and what comes back.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use kaltura_auth::{Transport, WireRequest};
use kaltura_http::ReqwestTransport;

use crate::raw_server::{RawServer, ok};
use crate::{builder, request};

fn transport() -> ReqwestTransport {
    builder().build().unwrap()
}

#[tokio::test]
async fn the_request_arrives_as_it_was_made() {
    let server = RawServer::answering(ok("", "null"));
    let body = "{\"a\" : \"\u{e9}\"}\n\0\u{1}".as_bytes().to_vec();
    let url = format!("{}/api_v3/service/a%2Fb/action/c?format=1", server.url());
    let request = WireRequest::new(url, "a/b", "c", body.clone()).with_header("X-One", "1 2");
    transport().send(request.clone()).await.unwrap();
    transport().send(request.with_content_type("text/Plain;a=b")).await.unwrap();

    let received = server.requests();
    assert!(received[0].head.starts_with("POST /api_v3/service/a%2Fb/action/c?format=1 HTTP/1.1\r\n"));
    assert_eq!(received[0].body, body);
    assert_eq!(received[0].header("content-type"), ["application/json"]);
    assert_eq!(received[0].header("content-length"), [body.len().to_string()]);
    assert_eq!(received[0].header("host"), [server.address().to_string()]);
    assert_eq!(received[0].header("x-one"), ["1 2"]);
    assert_eq!(received[0].header("accept-encoding"), ["gzip"]);
    assert_eq!(received[0].header("user-agent"), [concat!("kaltura-rs/", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(received[1].header("content-type"), ["text/Plain;a=b"]);
}

#[tokio::test]
async fn the_user_agent_is_what_it_was_said_to_be() {
    let server = RawServer::answering(ok("", "null"));
    let transport = builder().user_agent("nightly-import/2").build().unwrap();
    transport.send(request(&server.url())).await.unwrap();
    assert_eq!(server.requests()[0].header("user-agent"), ["nightly-import/2"]);
}

#[tokio::test]
async fn an_empty_body_is_sent_too() {
    let server = RawServer::answering(ok("", "null"));
    transport().send(WireRequest::new(server.url(), "a", "b", "")).await.unwrap();
    assert_eq!(server.requests()[0].header("content-length"), ["0"]);
}

#[tokio::test]
async fn every_status_is_an_answer() {
    for status in [200, 204, 302, 307, 400, 404, 429, 500, 503] {
        let body = if status == 204 { "" } else { "\"text\"" };
        let length =
            if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let server = RawServer::answering(format!("HTTP/1.1 {status} Odd\r\n{length}\r\n{body}"));
        let answer = transport().send(request(&server.url())).await.unwrap();
        assert_eq!((answer.status(), answer.body()), (status, body.as_bytes()));
    }
}

#[tokio::test]
async fn the_answer_of_a_redirect_is_the_answer() {
    let target = RawServer::answering(ok("", "\"from elsewhere\""));
    for status in [301, 302, 303, 307, 308] {
        let head =
            format!("HTTP/1.1 {status} Moved\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", target.url());
        let server = RawServer::answering(head);
        let answer = transport().send(request(&server.url())).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header("location"), Some(format!("{}/", target.url()).as_str()));
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn headers_that_matter_come_along() {
    let server = RawServer::answering(ok(
        "DATE: Tue, 24 Nov 2026 04:09:15 GMT\r\nX-Me: h\u{f6}st\r\nSet-Cookie: a=b\r\n\
         X-Kaltura-Session: 7, 1795493300\r\nContent-Type: text/xml\r\n",
        "",
    ));
    let answer = transport().send(request(&server.url())).await.unwrap();
    assert_eq!(answer.header("x-me"), Some("h\u{f6}st"));
    assert_eq!(answer.header("content-type"), Some("text/xml"));
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.server_time().map(|time| time.as_seconds()), Some(1_795_493_300));
}

#[tokio::test]
async fn an_answer_may_be_as_large_as_allowed() {
    let body = [b'x'; 1000];
    let declared = ok("", body);
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n".to_vec();
    chunked.extend_from_slice(&body);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    for answer in [declared, chunked] {
        let server = RawServer::answering(answer);
        let request = request(&server.url()).with_max_response_bytes(1000);
        assert_eq!(transport().send(request).await.unwrap().body(), body);
    }
}

#[tokio::test]
async fn compressed_answers_are_unpacked() {
    let body = vec![b'x'; 200_000];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let packed = encoder.finish().unwrap();
    let server = RawServer::answering(ok("Content-Encoding: gzip\r\n", packed));
    assert_eq!(transport().send(request(&server.url())).await.unwrap().body(), body);

    let plain = RawServer::answering(ok("Content-Encoding: identity\r\n", "null"));
    assert_eq!(transport().send(request(&plain.url())).await.unwrap().body(), b"null");

    let empty = RawServer::answering(ok("Content-Encoding: gzip\r\n", ""));
    assert_eq!(transport().send(request(&empty.url())).await.unwrap().body(), b"");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = RawServer::answering(ok("", "null"));
    let transport = transport();
    for _ in 0..5 {
        transport.clone().send(request(&server.url())).await.unwrap();
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 5));
}

#[tokio::test]
async fn a_connection_that_went_stale_is_replaced() {
    let server = RawServer::answering_once(ok("", "null"));
    let transport = transport();
    for _ in 0..5 {
        transport.send(request(&server.url())).await.unwrap();
        // Long enough for the end of the connection to be noticed.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_request_that_is_given_up_harms_nothing() {
    let server = RawServer::start(|mut connection| {
        connection.read_request();
        connection.hold();
    });
    let good = RawServer::answering(ok("", "null"));
    let transport = transport();
    for _ in 0..3 {
        let waited = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(waited, transport.send(request(&server.url()))).await.is_err());
        assert_eq!(transport.send(request(&good.url())).await.unwrap().body(), b"null");
    }
    assert_eq!(server.connections(), 3, "what was left behind by one request was given to the next");
}
