//! Verifies that the server accepts a session (wire contract, section 4.2), and that an app token can log in.

use kaltura_auth::{AppTokenCredentials, AppTokenLogin, Session, SessionRequest};
use kaltura_types::{
    AppToken, ErrorCode, KsRefusal, Lifetime, PartnerId, StartWidgetSession, WidgetId, WidgetSession,
};

use crate::client::builder::Config;
use crate::error::{ActionName, CallError, Error, ErrorKind};
use crate::options::CallOptions;

/// The lifetime of a session that is only verified or ended.
const SHORT_LIFETIME: Lifetime = Lifetime::minutes(5);

/// An action that needs no permission. If a KS is sent, the server validates it before anything else.
pub(crate) fn action(partner: PartnerId) -> StartWidgetSession {
    StartWidgetSession::new(WidgetId::default_for(partner))
}

/// Bypasses the response cache, which would respond without validating the KS.
pub(crate) fn options() -> CallOptions {
    CallOptions::new().nocache()
}

/// The same with this session instead of the client's own.
pub(crate) fn options_with(session: &Session) -> CallOptions {
    options().ks(session.ks().clone())
}

/// The name of [`action`].
pub(crate) fn action_name() -> ActionName {
    ActionName::new("session", "startWidgetSession")
}

/// Checks the result of [`action`]. An unknown widget counts as success: the server looks it up after it has accepted
/// the session.
pub(crate) fn check(result: Result<WidgetSession, Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.api_error().map(|error| error.code()) != Some(&ErrorCode::InvalidWidgetId) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Checks the result of `session.end`. A session that is already logged out counts as success.
pub(crate) fn check_ended(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != ErrorKind::KsRefused(KsRefusal::LoggedOut) => Err(error),
        _ => Ok(()),
    }
}

/// The credentials of an app token.
pub(super) fn credentials(token: &AppToken) -> Result<AppTokenCredentials, Error> {
    AppTokenCredentials::from_app_token(token)
        .ok_or_else(|| Error::call(start_session(), CallError::UnknownHashType))
}

/// A login with an app token, independent of the client's own session.
pub(crate) fn login(token: &AppToken, config: &Config) -> Result<AppTokenLogin, Error> {
    let login = AppTokenLogin::new(config.service_url.clone(), credentials(token)?);
    Ok(login
        .request(SessionRequest::new().lifetime(SHORT_LIFETIME))
        .client_tag(config.client_tag.as_str().unwrap_or_default())
        .timeout(config.request_timeout))
}

pub(crate) fn login_failed(error: kaltura_auth::Error) -> Error {
    Error::session(start_session(), error)
}

fn start_session() -> ActionName {
    ActionName::new("appToken", "startSession")
}
