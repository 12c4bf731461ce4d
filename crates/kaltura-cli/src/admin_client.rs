//! Calls with an admin session of the account, for what an app token may not do.

use kaltura_auth::source::LocalSigning;
use kaltura_auth::{Error, ServiceUrl, Transport};
use kaltura_client::{Client, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_ks::fresh_random;
use kaltura_types::{AdminSecret, Lifetime, PartnerId, SessionType};

use crate::options::ServerOptions;

/// A client whose session is signed here, so that the admin secret is not sent. Nothing is sent twice.
pub(crate) fn admin_client(
    service_url: &ServiceUrl,
    partner: PartnerId,
    secret: AdminSecret,
    transport: impl Transport + 'static,
    server: &ServerOptions,
) -> Client {
    let source =
        LocalSigning::new(partner, secret, || fresh_random().map_err(|error| Error::source(error, true)))
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::hours(1));
    Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
        .retry(RetryPolicy::never())
        .request_limit(server.time_limit())
        .build()
}
