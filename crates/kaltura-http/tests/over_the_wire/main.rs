//! The transports against servers that are nothing but a socket, for everything that can go wrong on a wire.
#![cfg(test)]

mod answers;
#[cfg(feature = "blocking")]
mod blocking;
mod failures;
mod foreign_client;
mod proxies;
mod raw_server;
mod settings;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;

use std::error::Error;

use kaltura_auth::{TransportError, TransportErrorKind, WireRequest};
use kaltura_http::{ReqwestTransport, ReqwestTransportBuilder};

/// A word that stands in the query, a header and the body of [`request`], and in the answers of servers. No
/// error may hold it.
const CANARY: &str = "canary-7f3a";

/// Begins a transport. Where cryptography is left to the program, this program sees to it.
fn builder() -> ReqwestTransportBuilder {
    #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
    ReqwestTransport::builder()
}

/// Begins a client of one's own.
fn foreign_client() -> reqwest::ClientBuilder {
    let _ = builder();
    reqwest::Client::builder()
}

/// A request that holds the canary wherever there is room for it.
fn request(base: &str) -> WireRequest {
    let url = format!("{base}/api_v3/service/session/action/start?format=1&note={CANARY}");
    WireRequest::new(url, "session", "start", format!(r#"{{"ks":"{CANARY}"}}"#)).with_header("x-note", CANARY)
}

/// The error is of this kind, and shows nothing that it should not.
#[track_caller]
fn assert_error(error: &TransportError, kind: TransportErrorKind, maybe_sent: bool) {
    let text = shown(error);
    assert_eq!((error.kind(), error.maybe_sent()), (kind, maybe_sent), "{text}");
}

/// All that an error and its causes show: never the canary, and no URL.
#[track_caller]
fn shown(error: &TransportError) -> String {
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
