//! The blocking transport: behaves as the async one, and can be used in any thread.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use kaltura_auth::{TransportErrorKind, blocking::Transport as BlockingTransport};
use kaltura_http::{ReqwestTransport, blocking};

use crate::raw_server::{RawServer, ok};
use crate::{assert_error, builder, custom_client, request};

fn transport() -> blocking::ReqwestTransport {
    builder().timeout(Duration::from_secs(20)).build_blocking().unwrap()
}

#[test]
fn sends_and_fails_as_the_async_transport() {
    let server = RawServer::responding(ok("X-Me: host\r\n", "null"));
    let silent = RawServer::start(|mut connection| connection.wait_for_close());
    let transport = transport();
    let response = transport.send(request(&server.url())).unwrap();
    assert_eq!(
        (response.status(), response.header("x-me"), response.body()),
        (200, Some("host"), &b"null"[..])
    );

    let error = transport.send(request(&RawServer::refusing_url())).unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    let short = request(&silent.url()).with_timeout(Duration::from_millis(100));
    let error = transport.send(short).unwrap_err();
    assert_error(&error, TransportErrorKind::Timeout, true);
}

#[test]
fn threads_send_concurrently() {
    const SENDERS: usize = 8;
    // Responds only after all requests have arrived.
    let all_requests = Barrier::new(SENDERS);
    let server = RawServer::start(move |mut connection| {
        connection.read_request();
        all_requests.wait();
        connection.write(&ok("Connection: close\r\n", "null"));
    });
    let transport = Arc::new(transport());
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (transport, request) = (Arc::clone(&transport), request(&server.url()));
            thread::spawn(move || transport.send(request).unwrap())
        })
        .collect();
    for sender in senders {
        assert_eq!(sender.join().unwrap().body(), b"null");
    }
}

#[tokio::test]
async fn can_be_created_used_and_dropped_within_a_runtime() {
    let server = RawServer::responding(ok("", "null"));
    let transport = transport();
    assert_eq!(transport.send(request(&server.url())).unwrap().body(), b"null");
    drop(transport.clone());
    assert_eq!(transport.send(request(&server.url())).unwrap().body(), b"null");
}

#[test]
fn can_use_a_custom_client() {
    let server = RawServer::responding(ok("", "null"));
    let client = ReqwestTransport::new(custom_client().build().unwrap());
    let transport = blocking::ReqwestTransport::from_async(client).unwrap();
    assert_eq!(transport.send(request(&server.url())).unwrap().body(), b"null");
    fn assert_send_sync(_: impl Send + Sync) {}
    assert_send_sync(transport);
}
