//! A transport on a stack of tower: the layers that a program has for all its services.

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use kaltura::{TowerTransport, Transport, TransportErrorKind};
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::runtime::TokioRuntime;

/// At most `connections` requests at a time, by all clients of this transport, with a `User-Agent` of the program.
///
/// Layers that retry or follow redirects do not belong here: only the client knows what may be repeated.
pub fn tower_transport(connections: usize) -> impl Transport {
    let service = ServiceBuilder::new()
        .layer(GlobalConcurrencyLimitLayer::new(connections))
        .map_request(|mut request: Request<Full<Bytes>>| {
            let agent = HeaderValue::from_static(concat!("media-service/", env!("CARGO_PKG_VERSION")));
            request.headers_mut().insert(header::USER_AGENT, agent);
            request
        })
        .service(Client::builder(TokioExecutor::new()).build_http());
    TowerTransport::new(service, TokioRuntime::default()).with_error_kind(|error| {
        let error = error.downcast_ref::<hyper_util::client::legacy::Error>()?;
        Some(if error.is_connect() { TransportErrorKind::Connect } else { TransportErrorKind::Io })
    })
}

#[cfg(test)]
mod tests {
    use kaltura::testing::conformance;

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract() {
        conformance::check(&tower_transport(8)).await.assert_passed();
    }
}
