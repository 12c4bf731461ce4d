//! What making and using another token takes, the same with and without async.

use kaltura_auth::{AppTokenCredentials, AppTokenLogin, SessionRequest};
use kaltura_types::{AppToken, AppTokenDraft, Lifetime};

use crate::builder::Settings;
use crate::error::{CallError, Called, Error};

/// How long a session lives that is only to be shown or ended.
const SHORT: Lifetime = Lifetime::minutes(5);

/// A draft without a mistake.
pub(super) fn checked(action: &str, draft: AppTokenDraft) -> Result<AppTokenDraft, Error> {
    match draft.mistake() {
        Some(mistake) => Err(Error::failed(Called::new("appToken", action), CallError::Draft(mistake))),
        None => Ok(draft),
    }
}

/// The credentials in a token.
pub(super) fn credentials(token: &AppToken) -> Result<AppTokenCredentials, Error> {
    AppTokenCredentials::from_app_token(token).ok_or_else(|| Error::failed(start_session(), CallError::UnknownHashType))
}

/// A login with a token, beside the client's own.
pub(super) fn login(token: &AppToken, settings: &Settings) -> Result<AppTokenLogin, Error> {
    let login = AppTokenLogin::new(settings.service_url.clone(), credentials(token)?);
    Ok(login
        .request(SessionRequest::new().lifetime(SHORT))
        .client_tag(settings.client_tag.clone())
        .timeout(settings.request_timeout))
}

pub(super) fn login_failed(error: kaltura_auth::Error) -> Error {
    Error::session(start_session(), error)
}

fn start_session() -> Called {
    Called::new("appToken", "startSession")
}
