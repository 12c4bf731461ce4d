//! Whether the server accepts a session. A login alone proves nothing: a session may be dead when it is granted
//! (wire contract, section 4.4).

use std::time::Duration;

use kaltura_auth::source::FixedSession;
use kaltura_auth::{ServiceUrl, Session, Transport};
use kaltura_client::{Client, ErrorKind, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_types::KsRefusal;

use crate::failure::Failure;

/// What there is to say of a session that the server was shown, and has not refused.
pub(crate) enum Proof {
    /// It works.
    Accepted,
    /// It is good for certain paths only, which stand here; the one that would show it is not among them.
    OtherPathsOnly(String),
}

/// A client with this session, which takes no other one in its place, and sends nothing twice.
pub(crate) fn client_of(
    session: &Session,
    service_url: &ServiceUrl,
    transport: impl Transport + 'static,
    time_limit: Duration,
) -> Client {
    let source = FixedSession::new(session.clone());
    Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
        .retry(RetryPolicy::never())
        .renew_when_actions_used_up(false)
        .request_limit(time_limit)
        .build()
}

/// Shows the session of the client to the server, which costs one action of an `actionslimit`.
pub(crate) async fn prove(client: &Client, session: &Session) -> Result<Proof, Failure> {
    match client.verify_session().await {
        Ok(()) => Ok(Proof::Accepted),
        Err(error) if error.kind() == ErrorKind::KsRefused(KsRefusal::UriRestricted) => {
            let paths = session.privileges().get("urirestrict").map(ToString::to_string);
            Ok(Proof::OtherPathsOnly(paths.unwrap_or_default()))
        }
        Err(error) => Err(error.into()),
    }
}
