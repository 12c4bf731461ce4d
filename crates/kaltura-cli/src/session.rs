//! Sessions: from a store that commands share, else by a login.

mod cache;
mod command_store;
mod token_source;

pub(crate) use self::cache::{Forgotten, SessionCache, TokenSessions, Trouble};
pub(crate) use self::command_store::{CommandStore, Place};
pub(crate) use self::token_source::{LoginFailure, TokenSource};

use std::error::Error;

use kaltura_auth::Session;
use kaltura_client::ErrorKind;
use kaltura_types::KsRefusal;

use crate::error::{ExitCode, Failure};

/// What is reported of a session store that failed.
pub(crate) fn store_trouble(error: &dyn Error) -> String {
    format!("session store: {}", Failure::of_error(ExitCode::Local, error).text())
}

/// What is known of a session that the server was shown. A login alone proves nothing: a session may be dead when it is
/// granted (wire contract, section 4.4).
pub(crate) enum Verified {
    Accepted,
    /// It is for certain paths, and the one that would show whether it works is not among them. Holds a note.
    OtherPathsOnly(String),
}

impl Verified {
    /// What follows from the answer to `verify_session`.
    pub(crate) fn of(
        answer: Result<(), kaltura_client::Error>,
        session: &Session,
    ) -> Result<Self, kaltura_client::Error> {
        match answer {
            Ok(()) => Ok(Self::Accepted),
            Err(error) if error.kind() == ErrorKind::KsRefused(KsRefusal::UriRestricted) => {
                let paths =
                    session.privileges().get("urirestrict").map(ToString::to_string).unwrap_or_default();
                Ok(Self::OtherPathsOnly(format!(
                    "the session is for certain paths only, so that it cannot be verified: {paths}"
                )))
            }
            Err(error) => Err(error),
        }
    }
}
