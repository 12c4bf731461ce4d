//! The service `session` (wire contract, sections 4.1 to 4.5).

mod impersonate;

pub(crate) use self::impersonate::{impersonate, impersonate_by_ks};

use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, Coded as _, Ks, PartnerId, Privileges, Scalar, SessionType};

use crate::emulator::actions::Prepared;
use crate::emulator::answer::{Answer, Object};
use crate::emulator::call::Call;
use crate::emulator::exception::Exception;
use crate::emulator::ks_check;
use crate::emulator::request::{Arguments, Choice};
use crate::emulator::state::{Partner, State};

/// How long a session lives if the request does not say, in seconds.
pub(crate) const DEFAULT_EXPIRY: i64 = 86_400;

/// Proves itself with a partner's secret.
pub(crate) fn start(arguments: Arguments<'_>) -> Result<Prepared, Exception> {
    let secret = arguments.required_text("secret")?;
    let user = arguments.text_or_empty("userId")?;
    let session_type = session_type(arguments, "type")?.unwrap_or(SessionType::User);
    let partner = PartnerId::new(arguments.int_or("partnerId", 0));
    let expiry = arguments.int_or("expiry", DEFAULT_EXPIRY);
    let privileges = arguments.text_or_empty("privileges")?;
    Ok(Box::new(move |call| {
        let refused = || Exception::start_session_error(partner);
        let found = call.state.partners.get(&partner).ok_or_else(refused)?;
        let login = login(found, &secret, session_type).ok_or_else(refused)?;
        check_role(call.state, &privileges)?;
        let expiry = expiry.min(found.ks_maximum_or_default());
        let fields = KsFields::new(partner, session_type, call.now().plus_seconds(expiry))
            .user(user)
            .privileges(privileges);
        let ks = call.sign(fields, partner, login.signing_secret.as_ref());
        Ok(ks.expose().into())
    }))
}

/// What a secret proved.
pub(crate) struct Login {
    /// An ADMIN session is signed with the secret that was used.
    pub(crate) signing_secret: Option<AdminSecret>,
}

/// Checks a secret: any admin secret, and for USER sessions also the user secret. An empty one never fits.
pub(crate) fn login(partner: &Partner, secret: &str, session_type: SessionType) -> Option<Login> {
    let sent = AdminSecret::new(secret);
    let is_user_secret = session_type == SessionType::User && partner.user_secret.expose() == secret;
    let admin_secret = partner.admin_secrets.iter().find(|known| **known == sent);
    if secret.is_empty() || !(is_user_secret || admin_secret.is_some()) {
        return None;
    }
    let signing_secret = admin_secret.filter(|_| session_type == SessionType::Admin).cloned();
    Some(Login { signing_secret })
}

/// A role that is asked for must exist.
fn check_role(state: &State, privileges: &str) -> Result<(), Exception> {
    let privileges = Privileges::parse(privileges);
    match privileges.get("setrole").map(|privilege| privilege.values().join("/")) {
        Some(role) if state.role(&role).is_none() => Err(Exception::unknown_role()),
        _ => Ok(()),
    }
}

/// The unprivileged session that anybody gets.
pub(crate) fn start_widget_session(arguments: Arguments<'_>) -> Result<Prepared, Exception> {
    let id = arguments.required_text("widgetId")?;
    let expiry = arguments.int_or("expiry", DEFAULT_EXPIRY);
    Ok(Box::new(move |call| {
        let widget = &call.state.widget(&id).ok_or_else(|| Exception::invalid_widget(&id))?.0;
        let partner = call.state.partners.get(&widget.partner_id);
        let partner = partner.ok_or_else(|| Exception::invalid_widget(&id))?;
        let mut privileges = widget.privileges.clone().unwrap_or_else(|| "view:*".to_owned());
        privileges.push_str(",widget:1");
        for (name, value) in [
            ("privacycontext", &widget.privacy_context),
            ("setrole", &widget.roles),
            ("limitentry", &widget.entry_id),
        ] {
            if let Some(value) = value {
                privileges.push_str(&format!(",{name}:{value}"));
            }
        }
        let expiry = partner.ks_maximum().map_or(expiry, |maximum| expiry.min(maximum));
        let partner = partner.id;
        let fields = KsFields::new(partner, SessionType::User, call.now().plus_seconds(expiry))
            .user("0")
            .privileges(privileges);
        let ks = call.sign(fields, partner, None);
        let session = Object::new("KalturaStartWidgetSessionResponse")
            .with("partnerId", partner.get())
            .with("ks", ks.expose())
            .with("userId", 0);
        Ok(session.into())
    }))
}

/// What a session is: the one of the request, or another one, also if it is over.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, Exception> {
    let session = arguments.text_or_empty("session")?;
    Ok(Box::new(move |call| {
        let own = call.ks.as_ref().map(|ks| ks.opened.clone());
        let opened =
            if session.is_empty() { own } else { ks_check::open(call.state, &Ks::new(session)).ok() };
        let opened = opened.ok_or_else(Exception::internal_error)?;
        let claims = opened.claims();
        if claims.partner_id() != call.partner {
            return Err(Exception::partner_access_forbidden(call.partner, claims.partner_id()).into());
        }
        let info = Object::new("KalturaSessionInfo")
            .with("ks", Answer::Null)
            .with("sessionType", claims.session_type_text())
            .with("partnerId", claims.partner_id().to_string())
            .with("userId", claims.user().map(|user| user.as_str()))
            .with("expiry", claims.expiry_text())
            .with("privileges", claims.privileges_text().unwrap_or_default());
        Ok(info.into())
    }))
}

/// Ends the session of the request and all of its group. That of a widget does not end.
pub(crate) fn end(_: Arguments<'_>) -> Result<Prepared, Exception> {
    Ok(Box::new(|call| {
        if let Some(ks) = &call.ks {
            call.state.end_session(&ks.opened);
        }
        Ok(Answer::Null)
    }))
}

/// A parameter that is a session type.
pub(crate) fn session_type(arguments: Arguments<'_>, name: &str) -> Result<Option<SessionType>, Exception> {
    let number = arguments.choice(name, Choice::SESSION_TYPE)?.into_option();
    Ok(number.and_then(|number| SessionType::from_code(&Scalar::Number(number))))
}

/// The partner of an answer's session: a text, unless the request named it as a number of JSON.
pub(crate) fn partner_of(call: &Call<'_>) -> Answer {
    if call.partner_is_number { call.partner.get().into() } else { call.partner.to_string().into() }
}
