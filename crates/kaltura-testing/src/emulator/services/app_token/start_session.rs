//! `appToken.startSession`: the login (wire contract, section 4.9).

use kaltura_auth::TokenHash;
use kaltura_ks::KsFields;
use kaltura_types::{AppTokenId, AppTokenStatus, Privileges, SessionType, UnixTime};

use crate::emulator::actions::Prepared;
use crate::emulator::answer::Object;
use crate::emulator::exception::Exception;
use crate::emulator::request::Arguments;
use crate::emulator::services::session;
use crate::emulator::state::AppToken;

/// Starts a session for whoever proves to hold a token.
pub(crate) fn start_session(arguments: Arguments<'_>) -> Result<Prepared, Exception> {
    let id = arguments.required_text("id")?;
    let hash = arguments.required_text("tokenHash")?;
    let user = arguments.text_or_empty("userId")?;
    let session_type = session::session_type(arguments, "type")?;
    let expiry = arguments.int_or("expiry", 0);
    let privileges = arguments.text_or_empty("sessionPrivileges")?;
    Ok(Box::new(move |call| {
        let now = call.now();
        let token = call.state.app_token(call.partner, &id);
        let token = token.ok_or_else(|| Exception::app_token_not_found(&id))?;
        if token.status != AppTokenStatus::Active {
            return Err(Exception::app_token_not_active(&id).into());
        }
        let ks = call.ks.as_ref().ok_or_else(Exception::missing_ks)?;
        let expected = TokenHash::new(token.effective_hash_type(), &ks.text, &token.value);
        if hash != expected.expose() {
            return Err(Exception::invalid_app_token_hash().into());
        }
        if is_expired(token, now) {
            return Err(Exception::app_token_expired(&id).into());
        }
        let session_type = token.session_type.or(session_type).unwrap_or(SessionType::User);
        let user = token.session_user.clone().unwrap_or(user);
        let privileges = granted(&id, token, &privileges);
        let expiry = now.plus_seconds(lifetime(token, expiry, now));
        let fields = KsFields::new(call.partner, session_type, expiry)
            .user(user.as_str())
            .privileges(privileges.as_str());
        let ks = call.sign(fields, call.partner, None);
        let info = Object::new("KalturaSessionInfo")
            .with("ks", ks.expose())
            .with("sessionType", session_type.number())
            .with("partnerId", session::partner_of(call))
            .with("userId", user)
            .with("expiry", expiry.as_seconds())
            .with("privileges", privileges);
        Ok(info.into())
    }))
}

/// In its last second a token still gives a session, one that is over.
fn is_expired(token: &AppToken, now: UnixTime) -> bool {
    token.expiry.is_some_and(|expiry| expiry < now.as_seconds())
}

/// How many seconds the session lives: as asked, but no longer than the token allows. A negative wish is
/// granted. A token without a duration grants nothing.
fn lifetime(token: &AppToken, asked: i64, now: UnixTime) -> i64 {
    let duration = token.session_duration.unwrap_or(0);
    let lifetime = if asked == 0 { duration } else { asked.min(duration) };
    match token.expiry {
        Some(expiry) => lifetime.min(expiry.saturating_sub(now.as_seconds())),
        None => lifetime,
    }
}

/// The privileges of the session. The id goes into them as it was typed.
fn granted(id: &str, token: &AppToken, asked: &str) -> String {
    let parse = |text: &str| if text.is_empty() { Privileges::none() } else { Privileges::parse(text) };
    let on_token = parse(token.session_privileges.as_deref().unwrap_or_default());
    Privileges::of_app_token_session(&AppTokenId::new(id), &on_token, &parse(asked)).to_string()
}
