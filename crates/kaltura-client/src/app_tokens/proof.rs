//! How a session is shown to the server, to see whether it accepts it (wire contract, section 4.2).

use kaltura_auth::Session;
use kaltura_types::{ErrorCode, KsRefusal, PartnerId, StartWidgetSession, WidgetId, WidgetSession};

use crate::error::{Called, Error, ErrorKind};
use crate::options::CallOptions;

/// A call that anybody may make. With a KS beside it, that is validated before anything else.
pub(crate) fn of(partner: PartnerId) -> StartWidgetSession {
    StartWidgetSession::new(WidgetId::default_for(partner))
}

/// Past the cache, which would answer without a look at the session.
pub(crate) fn options() -> CallOptions {
    CallOptions::new().nocache().repeatable()
}

/// With this session instead of the client's own.
pub(super) fn with(session: &Session) -> CallOptions {
    options().ks(session.ks().clone())
}

/// There was no session to show.
pub(crate) fn no_session(error: kaltura_auth::Error) -> Error {
    Error::session(Called::new("session", "startWidgetSession"), error)
}

/// An unknown widget is as good as a known one: the server looks for it after it has accepted the session.
pub(crate) fn judge(shown: Result<WidgetSession, Error>) -> Result<(), Error> {
    match shown {
        Err(error) if error.api_error().map(|error| error.code()) != Some(&ErrorCode::InvalidWidgetId) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// A session that is refused as logged out needs no more ending.
pub(super) fn ended(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::KsRefused(KsRefusal::LoggedOut) => Err(error),
        _ => Ok(()),
    }
}
