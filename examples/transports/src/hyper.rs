//! A transport on the client of hyper, which is a tower service.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kaltura::{TowerTransport, TransportErrorKind};

use crate::runtime::TokioRuntime;

/// The client of hyper as a transport.
pub type HyperTransport = TowerTransport<Client<HttpConnector, Full<Bytes>>, Full<Bytes>>;

/// A transport for programs that use hyper anyway. With an account, give the client a connector with TLS, such as that
/// of `hyper-rustls`.
pub fn hyper_transport() -> HyperTransport {
    let client = Client::builder(TokioExecutor::new()).build_http();
    TowerTransport::new(client, TokioRuntime::default()).with_error_kind(|error| {
        let error = error.downcast_ref::<hyper_util::client::legacy::Error>()?;
        Some(if error.is_connect() { TransportErrorKind::Connect } else { TransportErrorKind::Io })
    })
}

#[cfg(test)]
mod tests {
    use kaltura::testing::conformance;
    use kaltura::{ServiceUrl, Transport as _, WireRequest};

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract() {
        conformance::check(&hyper_transport()).await.assert_passed();
    }

    #[tokio::test]
    async fn a_host_that_does_not_exist_is_an_error_of_the_connection() {
        let url: ServiceUrl = "https://kaltura.invalid".parse().unwrap();
        let request = WireRequest::json(&url, "system", "ping", Default::default());
        let error = hyper_transport().send(request).await.unwrap_err();
        assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Connect, false));
    }
}
