//! A client of the caller, with settings that the transport did not choose.

use std::time::Duration;

use kaltura_auth::{Transport, TransportErrorKind};
use kaltura_http::ReqwestTransport;

use crate::raw_server::{RawServer, ok};
use crate::{CANARY, assert_error, custom_client, error_text, request};

#[tokio::test]
async fn client_that_follows_redirects_is_detected() {
    let target = RawServer::responding(ok("", "\"from elsewhere\""));
    let transport = ReqwestTransport::new(custom_client().build().unwrap());
    for status in [301, 302, 303] {
        let location = format!("Location: {}/?note={CANARY}\r\n", target.url());
        let server =
            RawServer::responding(format!("HTTP/1.1 {status} Moved\r\n{location}Content-Length: 0\r\n\r\n"));
        let error = transport.send(request(&server.url())).await.unwrap_err();
        assert_error(&error, TransportErrorKind::Other, true);
        assert!(error_text(&error).contains("followed a redirect"), "{}", error_text(&error));
    }
    for received in target.requests() {
        assert!(received.head.starts_with("GET "), "{}", received.head);
        assert!(received.body.is_empty(), "the body was sent to another host");
    }
}

#[tokio::test]
async fn body_is_never_sent_a_second_time() {
    let target = RawServer::responding(ok("", "\"from elsewhere\""));
    let transport = ReqwestTransport::new(custom_client().build().unwrap());
    for status in [307, 308] {
        let head =
            format!("HTTP/1.1 {status} Moved\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", target.url());
        let server = RawServer::responding(head);
        assert_eq!(transport.send(request(&server.url())).await.unwrap().status(), status);
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn error_of_a_redirect_loop_shows_no_url() {
    let server = RawServer::responding(format!(
        "HTTP/1.1 302 Found\r\nLocation: /?note={CANARY}\r\nContent-Length: 0\r\n\r\n"
    ));
    let limited = reqwest::redirect::Policy::limited(2);
    let client = custom_client().redirect(limited).build().unwrap();
    let error = ReqwestTransport::new(client).send(request(&server.url())).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Other, true);
}

#[tokio::test]
async fn timeout_of_the_client_applies_too() {
    let server = RawServer::start(|mut connection| connection.wait_for_close());
    let client = custom_client().timeout(Duration::from_millis(100)).build().unwrap();
    let request = request(&server.url()).with_timeout(Duration::from_secs(20));
    let error = ReqwestTransport::new(client).send(request).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Timeout, true);
}

#[test]
fn debug_does_not_show_the_client() {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-secret", CANARY.parse().unwrap());
    let client = custom_client().default_headers(headers).build().unwrap();
    assert!(format!("{client:?}").contains(CANARY));
    assert!(!format!("{:?}", ReqwestTransport::new(client)).contains(CANARY));
}
