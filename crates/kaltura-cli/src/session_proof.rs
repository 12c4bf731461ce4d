//! Whether the server accepts a session. A login alone proves nothing: a session may be dead when it is granted
//! (wire contract, section 4.4).

use std::time::Duration;

use kaltura_auth::source::FixedSession;
use kaltura_auth::{ServiceUrl, Session, Transport};
use kaltura_client::{CallOptions, Client, Error, ErrorKind, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_types::{ErrorCode, KsRefusal, Privileges, StartWidgetSession, WidgetId};

use crate::error::Failure;
use crate::session_cache::Record;

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
    timeout: Duration,
) -> Client {
    let source = FixedSession::new(session.clone());
    Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
        .retry(RetryPolicy::never())
        .renew_on_actions_limit(false)
        .request_timeout(timeout)
        .build()
}

/// Shows the session of the client to the server, which costs one action of an `actionslimit`.
pub(crate) async fn prove(client: &Client, session: &Session) -> Result<Proof, Failure> {
    client
        .verify_session()
        .await
        .map_or_else(|error| unaccepted(error, session.privileges()), |()| Ok(Proof::Accepted))
}

/// The same for a session that was granted some time ago. It is not taken for a new one, which would say something
/// of the app token.
pub(crate) async fn prove_kept(
    kept: &Record,
    service_url: &ServiceUrl,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> Result<Proof, Failure> {
    let session = Session::new(kept.partner_id, kept.ks.clone());
    let client = client_of(&session, service_url, transport, timeout);
    // With a KS beside it, that is validated before anything else; and past the cache, which would not look at it.
    let shown = StartWidgetSession::new(WidgetId::default_for(kept.partner_id));
    let options = CallOptions::new().ks(kept.ks.clone()).nocache();
    match client.call_with(&shown, &options).await {
        Err(error) if error.api_error().map(|error| error.code()) != Some(&ErrorCode::InvalidWidgetId) => {
            unaccepted(error, &Privileges::parse(&kept.privileges))
        }
        _ => Ok(Proof::Accepted),
    }
}

fn unaccepted(error: Error, privileges: &Privileges) -> Result<Proof, Failure> {
    if error.kind() == ErrorKind::KsRefused(KsRefusal::UriRestricted) {
        let paths = privileges.get("urirestrict").map(ToString::to_string);
        return Ok(Proof::OtherPathsOnly(paths.unwrap_or_default()));
    }
    Err(error.into())
}
