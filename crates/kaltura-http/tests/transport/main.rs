//! The transports against plain sockets: what is sent, what is returned, and every failure on the way.
#![cfg(test)]

#[cfg(feature = "blocking")]
mod blocking;
mod custom_client;
mod exchanges;
mod failures;
mod proxies;
mod raw_server;
mod settings;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;

use std::error::Error;

use kaltura_auth::{TransportError, TransportErrorKind, WireRequest};
use kaltura_http::{ReqwestTransport, ReqwestTransportBuilder};

/// A marker in the query, a header and the body of [`request`], and in responses. No error may contain it.
const CANARY: &str = "canary-7f3a";

/// A builder. With the feature `rustls-no-provider` alone, the test installs the crypto provider.
fn builder() -> ReqwestTransportBuilder {
    #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
    ReqwestTransport::builder()
}

/// A client that the transport did not configure.
fn custom_client() -> reqwest::ClientBuilder {
    let _ = builder();
    reqwest::Client::builder()
}

/// A request with the canary in its query, header and body.
fn request(base: &str) -> WireRequest {
    let url = format!("{base}/api_v3/service/session/action/start?format=1&note={CANARY}");
    WireRequest::new(url, "session", "start", format!(r#"{{"ks":"{CANARY}"}}"#)).with_header("x-note", CANARY)
}

/// The error has this kind, and its text contains nothing that was sent or received.
#[track_caller]
fn assert_error(error: &TransportError, kind: TransportErrorKind, maybe_sent: bool) {
    let text = error_text(error);
    assert_eq!((error.kind(), error.maybe_sent()), (kind, maybe_sent), "{text}");
}

/// The text of an error and its causes, which must contain neither the canary nor the URL.
#[track_caller]
fn error_text(error: &TransportError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("\n<- {error} {error:?}");
        cause = error.source();
    }
    assert!(!text.contains(CANARY), "{text}");
    assert!(!text.contains("api_v3"), "{text}");
    text
}
