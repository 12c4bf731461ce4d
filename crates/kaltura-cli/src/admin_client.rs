//! Calls with an admin session of the account, for what an app token may not do.

use kaltura_auth::source::{FixedSession, LocalSigningSource, SessionSource};
use kaltura_auth::{Error, ServiceUrl, Session, Transport};
use kaltura_client::{Client, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_ks::random_bytes;
use kaltura_types::{AdminSecret, Ks, Lifetime, PartnerId, SessionType};

use crate::options::ServerOptions;

/// A client whose session is signed here, so that the admin secret is not sent. Nothing is sent twice.
pub(crate) fn admin_client(
    service_url: &ServiceUrl,
    partner: PartnerId,
    secret: AdminSecret,
    transport: impl Transport + 'static,
    server: &ServerOptions,
) -> Client {
    let source = LocalSigningSource::new(partner, secret, || {
        random_bytes().map_err(|error| Error::from_source(error, true))
    })
    .session_type(SessionType::Admin)
    .lifetime(Lifetime::hours(1));
    client(service_url, source, transport, server)
}

/// A client whose session somebody else has made. Nothing is sent twice.
pub(crate) fn client_with_ks(
    service_url: &ServiceUrl,
    partner: PartnerId,
    ks: Ks,
    transport: impl Transport + 'static,
    server: &ServerOptions,
) -> Client {
    client(service_url, FixedSession::new(Session::new(partner, ks)), transport, server)
}

fn client(
    service_url: &ServiceUrl,
    source: impl SessionSource + 'static,
    transport: impl Transport + 'static,
    server: &ServerOptions,
) -> Client {
    Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
        .retry(RetryPolicy::never())
        .request_timeout(server.timeout())
        .build()
}
