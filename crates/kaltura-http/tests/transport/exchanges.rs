//! What is sent, byte for byte, and what is returned.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use kaltura_auth::types::{HashType, PartnerId};
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, Transport, WireRequest};
use kaltura_http::ReqwestTransport;

use crate::raw_server::{RawServer, ok};
use crate::{builder, request};

fn transport() -> ReqwestTransport {
    builder().build().unwrap()
}

#[tokio::test]
async fn request_arrives_unchanged() {
    let server = RawServer::responding(ok("", "null"));
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
async fn user_agent_can_be_set() {
    let server = RawServer::responding(ok("", "null"));
    let transport = builder().user_agent("nightly-import/2").build().unwrap();
    transport.send(request(&server.url())).await.unwrap();
    assert_eq!(server.requests()[0].header("user-agent"), ["nightly-import/2"]);
}

#[tokio::test]
async fn empty_body_is_sent_with_its_length() {
    let server = RawServer::responding(ok("", "null"));
    transport().send(WireRequest::new(server.url(), "a", "b", "")).await.unwrap();
    assert_eq!(server.requests()[0].header("content-length"), ["0"]);
}

#[tokio::test]
async fn every_status_is_a_response() {
    for status in [200, 204, 302, 307, 400, 404, 429, 500, 503] {
        let body = if status == 204 { "" } else { "\"text\"" };
        let length =
            if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let server = RawServer::responding(format!("HTTP/1.1 {status} Odd\r\n{length}\r\n{body}"));
        let response = transport().send(request(&server.url())).await.unwrap();
        assert_eq!((response.status(), response.body()), (status, body.as_bytes()));
    }
}

#[tokio::test]
async fn redirect_is_returned_and_not_followed() {
    let target = RawServer::responding(ok("", "\"from elsewhere\""));
    for status in [301, 302, 303, 307, 308] {
        let head =
            format!("HTTP/1.1 {status} Moved\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", target.url());
        let server = RawServer::responding(head);
        let response = transport().send(request(&server.url())).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.header("location"), Some(format!("{}/", target.url()).as_str()));
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn relevant_headers_are_returned() {
    let server = RawServer::responding(ok(
        "DATE: Tue, 24 Nov 2026 04:09:15 GMT\r\nX-Me: h\u{f6}st\r\nSet-Cookie: a=b\r\n\
         X-Kaltura-Session: 7, 1795493300\r\nContent-Type: text/xml\r\n",
        "",
    ));
    let response = transport().send(request(&server.url())).await.unwrap();
    assert_eq!(response.header("x-me"), Some("h\u{f6}st"));
    assert_eq!(response.header("content-type"), Some("text/xml"));
    assert_eq!(response.header("set-cookie"), None);
    assert_eq!(response.server_time().map(|time| time.as_seconds()), Some(1_795_493_300));
}

#[tokio::test]
async fn response_may_be_exactly_as_large_as_the_limit() {
    let body = [b'x'; 1000];
    let declared = ok("", body);
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n".to_vec();
    chunked.extend_from_slice(&body);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    for response in [declared, chunked] {
        let server = RawServer::responding(response);
        let request = request(&server.url()).with_max_response_bytes(1000);
        assert_eq!(transport().send(request).await.unwrap().body(), body);
    }
}

#[tokio::test]
async fn compressed_responses_are_decompressed() {
    let body = vec![b'x'; 200_000];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let compressed = encoder.finish().unwrap();
    let server = RawServer::responding(ok("Content-Encoding: gzip\r\n", compressed));
    assert_eq!(transport().send(request(&server.url())).await.unwrap().body(), body);

    let plain = RawServer::responding(ok("Content-Encoding: identity\r\n", "null"));
    assert_eq!(transport().send(request(&plain.url())).await.unwrap().body(), b"null");

    let empty = RawServer::responding(ok("Content-Encoding: gzip\r\n", ""));
    assert_eq!(transport().send(request(&empty.url())).await.unwrap().body(), b"");
}

#[tokio::test]
async fn connection_is_reused() {
    let server = RawServer::responding(ok("", "null"));
    let transport = transport();
    for _ in 0..5 {
        transport.clone().send(request(&server.url())).await.unwrap();
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 5));
}

#[tokio::test]
async fn closed_idle_connection_is_replaced() {
    let server = RawServer::responding_once(ok("", "null"));
    let transport = transport();
    for _ in 0..5 {
        transport.send(request(&server.url())).await.unwrap();
        // Long enough for the client to notice that the connection was closed.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn cancelled_request_does_not_affect_the_next() {
    let server = RawServer::start(|mut connection| {
        connection.read_request();
        connection.wait_for_close();
    });
    let healthy = RawServer::responding(ok("", "null"));
    let transport = transport();
    for _ in 0..3 {
        let patience = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(patience, transport.send(request(&server.url()))).await.is_err());
        assert_eq!(transport.send(request(&healthy.url())).await.unwrap().body(), b"null");
    }
    assert_eq!(server.connections(), 3, "the connection of a cancelled request was reused");
}

/// A server that closes each connection after its first response without saying so: a request on the kept connection
/// is lost.
fn closing_silently() -> RawServer {
    RawServer::start(|mut connection| {
        connection.read_request();
        connection.write(&ok("", "null"));
        // The second request arrives, and is reset without a response.
        connection.read_first_line();
    })
}

#[tokio::test]
async fn fresh_connection_is_used_where_requested() {
    let transport = ReqwestTransport::builder().build().unwrap();
    let server = closing_silently();
    let mut lost = 0;
    for _ in 0..10 {
        let request = request(&server.url());
        let result = transport.send(request.clone()).await;
        if let Some(again) = request.on_fresh_connection(&result) {
            lost += 1;
            assert_eq!(transport.send(again).await.unwrap().status(), 200);
        } else {
            assert_eq!(result.unwrap().status(), 200);
        }
    }
    assert!(lost >= 4, "only {lost} connections were lost");
}

#[tokio::test]
async fn fresh_connections_are_not_kept() {
    let transport = ReqwestTransport::builder().build().unwrap();
    let server = RawServer::responding(ok("", "null"));
    for connections in [1, 1, 1] {
        transport.send(request(&server.url())).await.unwrap();
        assert_eq!(server.connections(), connections);
    }
    for connections in [2, 3, 4] {
        transport.send(request(&server.url()).with_fresh_connection(true)).await.unwrap();
        assert_eq!(server.connections(), connections);
    }
    transport.send(request(&server.url())).await.unwrap();
    assert_eq!(server.connections(), 4);
}

/// The responses of a server that grants every login.
fn login_response(head: &str) -> Vec<u8> {
    let body = if head.contains("startWidgetSession") {
        r#"{"partnerId":7,"ks":"djJ8N3x3aWRnZXQ","userId":0}"#
    } else {
        r#"{"partnerId":"7","ks":"djJ8N3xzZXNzaW9u","sessionType":0,"expiry":1900000000,"userId":""}"#
    };
    ok("", body)
}

#[tokio::test]
async fn no_login_fails_at_a_server_that_closes_kept_connections_silently() {
    let server = RawServer::start(|mut connection| {
        if let Some(received) = connection.read_request() {
            connection.write(&login_response(&received.head));
            connection.read_first_line();
        }
    });
    let token = AppTokenCredentials::new(PartnerId::new(7), "0_abcdefgh", "token", HashType::Sha256);
    let login = AppTokenLogin::new(server.url().parse::<ServiceUrl>().unwrap(), token);
    let transport = transport();
    for number in 1..=40 {
        let result = login.run(&transport).await;
        assert!(result.is_ok(), "login {number}: {result:?}");
    }
}
