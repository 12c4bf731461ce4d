//! The session: whether the server accepts it. A login alone proves nothing.

use kaltura_auth::Session;
use kaltura_client::{Client, ErrorKind};
use kaltura_types::KsRefusal;

use super::check::{Finding, Outcome};
use crate::failure::Failure;

/// Shows the session to the server.
pub(super) async fn look(client: &Client, session: &Session) -> Outcome {
    let Err(error) = client.verify_session().await else {
        return Outcome::found(Finding::ok("the server accepts the session"), ());
    };
    if error.kind() == ErrorKind::KsRefused(KsRefusal::UriRestricted) {
        // It may be good for the paths that it has.
        let paths = session.privileges().get("urirestrict").map(ToString::to_string).unwrap_or_default();
        let message = format!("the session is for certain paths only, so that it can not be tried: {paths}");
        return Outcome::found(Finding::skipped(message), ());
    }
    Outcome::nothing(Finding::of(&Failure::from(error)))
}
