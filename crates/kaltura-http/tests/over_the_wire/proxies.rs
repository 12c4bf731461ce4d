//! Which requests go through a proxy, and what the proxy is told.

use std::process::Command;

use kaltura_auth::{Transport, TransportErrorKind};

use crate::raw_server::{RawServer, ok};
use crate::{assert_error, builder, request};

/// A host that is not there, so that only a proxy can answer for it.
const ELSEWHERE: &str = "http://server.invalid";
/// `user:pass word` in Base64.
const CREDENTIALS: &str = "Basic dXNlcjpwYXNzIHdvcmQ=";

#[tokio::test]
async fn a_proxy_is_asked_with_its_credentials() {
    let proxy = RawServer::answering(ok("", "\"from the proxy\""));
    let address = proxy.address();
    for builder in [
        builder().proxy(proxy.url()).proxy_credentials("user", "pass word"),
        builder().proxy(format!("http://user:pass%20word@{address}")),
        builder().proxy(format!("user:pass%20word@{address}")),
    ] {
        let answer = builder.build().unwrap().send(request(ELSEWHERE)).await.unwrap();
        assert_eq!(answer.body(), b"\"from the proxy\"");
    }
    for received in proxy.requests() {
        assert!(received.head.starts_with("POST http://server.invalid/api_v3/"), "{}", received.head);
        assert_eq!(received.header("proxy-authorization"), [CREDENTIALS]);
    }
    assert_eq!(proxy.requests().len(), 3);
}

#[tokio::test]
async fn no_proxy_is_asked_for_exceptions_or_when_switched_off() {
    let proxy = RawServer::answering(ok("", "null"));
    for builder in [
        builder().proxy(proxy.url()).proxy_exceptions("example.com, invalid"),
        builder().proxy(proxy.url()).no_proxy(),
    ] {
        let error = builder.build().unwrap().send(request(ELSEWHERE)).await.unwrap_err();
        assert_error(&error, TransportErrorKind::Connect, false);
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn no_proxy_is_asked_for_this_machine() {
    let proxy = RawServer::answering(ok("", "\"from the proxy\""));
    let server = RawServer::answering(ok("", "\"from the server\""));
    let transport = builder().proxy(proxy.url()).build().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}", server.address().port());
        assert_eq!(transport.send(request(&url)).await.unwrap().body(), b"\"from the server\"");
    }
    assert_eq!(proxy.connections(), 0);
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn a_proxy_that_refuses_shows_no_credentials() {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let proxy = RawServer::answering(refusal);
    let transport = builder().proxy(proxy.url()).proxy_credentials("user", crate::CANARY).build().unwrap();
    let error = transport.send(request("https://server.invalid")).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    let received = &proxy.requests()[0];
    assert!(received.head.starts_with("CONNECT server.invalid:443 HTTP/1.1\r\n"), "{}", received.head);
    assert!(!received.head.contains(crate::CANARY) && received.body.is_empty(), "{received:?}");
    assert_eq!(received.header("proxy-authorization").len(), 1);
}

/// The environment of a process is fixed, so this test starts itself again in another one.
#[test]
fn the_environments_proxy_is_asked_but_not_for_this_machine() {
    const SERVER: &str = "KALTURA_HTTP_TEST_SERVER";
    if let Ok(server) = std::env::var(SERVER) {
        return send_within_an_environment_with_a_proxy(&server);
    }
    let proxy = RawServer::answering(ok("", "\"from the proxy\""));
    let server = RawServer::answering(ok("", "\"from the server\""));
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxies::the_environments_proxy_is_asked_but_not_for_this_machine"])
        .env("HTTP_PROXY", proxy.url())
        .env(SERVER, server.url())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!((proxy.requests().len(), server.requests().len()), (1, 1));
}

#[tokio::main(flavor = "current_thread")]
async fn send_within_an_environment_with_a_proxy(server: &str) {
    let transport = builder().build().unwrap();
    assert_eq!(transport.send(request(ELSEWHERE)).await.unwrap().body(), b"\"from the proxy\"");
    assert_eq!(transport.send(request(server)).await.unwrap().body(), b"\"from the server\"");
    let without = builder().no_proxy().build().unwrap();
    assert!(without.send(request(ELSEWHERE)).await.is_err());
}
