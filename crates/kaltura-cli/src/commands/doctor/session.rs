//! The session: whether the server accepts it. A login alone proves nothing.

use kaltura_auth::Session;
use kaltura_client::Client;

use super::check::{Finding, Outcome};
use crate::session_proof::{Proof, prove};

/// Shows the session to the server.
pub(super) async fn look(client: &Client, session: &Session) -> Outcome {
    let finding = match prove(client, session).await {
        Ok(Proof::Accepted) => Finding::ok("the server accepts the session"),
        // It may be good for the paths that it has.
        Ok(Proof::OtherPathsOnly(paths)) => Finding::skipped(format!(
            "the session is for certain paths only, so that it can not be tried: {paths}"
        )),
        Err(failure) => return Outcome::nothing(Finding::of(&failure)),
    };
    Outcome::found(finding, ())
}
