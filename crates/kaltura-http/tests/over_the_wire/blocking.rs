//! The blocking transport: the same as the async one, wherever it is called from.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use kaltura_auth::{BlockingTransport, TransportErrorKind};
use kaltura_http::{BlockingReqwestTransport, ReqwestTransport};

use crate::raw_server::{RawServer, ok};
use crate::{assert_error, builder, foreign_client, request};

fn transport() -> BlockingReqwestTransport {
    builder().timeout(Duration::from_secs(20)).build_blocking().unwrap()
}

#[test]
fn it_sends_and_fails_as_the_other_does() {
    let server = RawServer::answering(ok("X-Me: host\r\n", "null"));
    let silent = RawServer::start(|mut connection| connection.hold());
    let transport = transport();
    let answer = transport.send(request(&server.url())).unwrap();
    assert_eq!((answer.status(), answer.header("x-me"), answer.body()), (200, Some("host"), &b"null"[..]));

    let error = transport.send(request(&RawServer::nowhere())).unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    let impatient = request(&silent.url()).with_timeout(Duration::from_millis(100));
    let error = transport.send(impatient).unwrap_err();
    assert_error(&error, TransportErrorKind::Timeout, true);
}

#[test]
fn many_threads_send_at_once() {
    const SENDERS: usize = 8;
    // Nobody is answered before all have asked.
    let all_have_asked = Barrier::new(SENDERS);
    let server = RawServer::start(move |mut connection| {
        connection.read_request();
        all_have_asked.wait();
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
async fn it_can_be_made_used_and_dropped_within_a_runtime() {
    let server = RawServer::answering(ok("", "null"));
    let transport = transport();
    assert_eq!(transport.send(request(&server.url())).unwrap().body(), b"null");
    drop(transport.clone());
    assert_eq!(transport.send(request(&server.url())).unwrap().body(), b"null");
}

#[test]
fn a_client_of_ones_own_can_be_used() {
    let server = RawServer::answering(ok("", "null"));
    let client = ReqwestTransport::new(foreign_client().build().unwrap());
    let transport = BlockingReqwestTransport::over(client).unwrap();
    assert_eq!(transport.send(request(&server.url())).unwrap().body(), b"null");
    fn crosses(_: impl Send + Sync) {}
    crosses(transport);
}
