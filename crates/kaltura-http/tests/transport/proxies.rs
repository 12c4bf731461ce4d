//! Which requests go through a proxy, and what the proxy receives.

use std::process::Command;

use kaltura_auth::{Transport, TransportErrorKind};

use crate::raw_server::{RawServer, ok};
use crate::{assert_error, builder, request};

/// The URL of a host that does not exist, so that only a proxy can respond.
const UNREACHABLE: &str = "http://server.invalid";
/// `user:pass word` in Base64.
const CREDENTIALS: &str = "Basic dXNlcjpwYXNzIHdvcmQ=";

#[tokio::test]
async fn proxy_is_used_with_its_credentials() {
    let proxy = RawServer::responding(ok("", "\"from the proxy\""));
    let address = proxy.address();
    for builder in [
        builder().proxy(proxy.url()).proxy_basic_auth("user", "pass word"),
        builder().proxy(format!("http://user:pass%20word@{address}")),
        builder().proxy(format!("user:pass%20word@{address}")),
    ] {
        let response = builder.build().unwrap().send(request(UNREACHABLE)).await.unwrap();
        assert_eq!(response.body(), b"\"from the proxy\"");
    }
    for received in proxy.requests() {
        assert!(received.head.starts_with("POST http://server.invalid/api_v3/"), "{}", received.head);
        assert_eq!(received.header("proxy-authorization"), [CREDENTIALS]);
    }
    assert_eq!(proxy.requests().len(), 3);
}

#[tokio::test]
async fn proxy_is_not_used_for_excluded_hosts_or_when_disabled() {
    let proxy = RawServer::responding(ok("", "null"));
    for builder in [
        builder().proxy(proxy.url()).no_proxy_for("example.com, invalid"),
        builder().proxy(proxy.url()).no_proxy(),
    ] {
        let error = builder.build().unwrap().send(request(UNREACHABLE)).await.unwrap_err();
        assert_error(&error, TransportErrorKind::Connect, false);
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn proxy_is_not_used_for_loopback() {
    let proxy = RawServer::responding(ok("", "\"from the proxy\""));
    let server = RawServer::responding(ok("", "\"from the server\""));
    let transport = builder().proxy(proxy.url()).build().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}", server.address().port());
        assert_eq!(transport.send(request(&url)).await.unwrap().body(), b"\"from the server\"");
    }
    assert_eq!(proxy.connections(), 0);
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn error_of_a_rejecting_proxy_shows_no_credentials() {
    let rejection = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let proxy = RawServer::responding(rejection);
    let transport = builder().proxy(proxy.url()).proxy_basic_auth("user", crate::CANARY).build().unwrap();
    let error = transport.send(request("https://server.invalid")).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    let received = &proxy.requests()[0];
    assert!(received.head.starts_with("CONNECT server.invalid:443 HTTP/1.1\r\n"), "{}", received.head);
    assert!(!received.head.contains(crate::CANARY) && received.body.is_empty(), "{received:?}");
    assert_eq!(received.header("proxy-authorization").len(), 1);
}

/// The environment of a running process cannot be changed safely, so the test starts itself in a child process.
#[test]
fn environment_proxy_is_used_but_not_for_loopback() {
    const SERVER: &str = "KALTURA_HTTP_TEST_SERVER";
    if let Ok(server) = std::env::var(SERVER) {
        return send_with_a_proxy_in_the_environment(&server);
    }
    let proxy = RawServer::responding(ok("", "\"from the proxy\""));
    let server = RawServer::responding(ok("", "\"from the server\""));
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxies::environment_proxy_is_used_but_not_for_loopback"])
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
async fn send_with_a_proxy_in_the_environment(server: &str) {
    let transport = builder().build().unwrap();
    assert_eq!(transport.send(request(UNREACHABLE)).await.unwrap().body(), b"\"from the proxy\"");
    assert_eq!(transport.send(request(server)).await.unwrap().body(), b"\"from the server\"");
    let no_proxy = builder().no_proxy().build().unwrap();
    assert!(no_proxy.send(request(UNREACHABLE)).await.is_err());
}
