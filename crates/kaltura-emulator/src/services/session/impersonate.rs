//! `session.impersonate` and `impersonateByKs`: sessions of one partner for another partner (wire contract,
//! section 4.5).

use kaltura_ks::KsFields;
use kaltura_types::{Ks, Open, PartnerId, SessionType};

use super::{DEFAULT_EXPIRY, check_role, login, session_type};
use crate::backend::state::ADMIN_CONSOLE;
use crate::dispatch::ks_check;
use crate::request::Arguments;
use crate::response::value::Object;
use crate::services::Prepared;
use kaltura_types::api_error::ApiException;

/// Starts a session of another partner with the caller's own secret.
pub(crate) fn impersonate(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let secret = arguments.required_text("secret")?;
    let impersonated = PartnerId::new(arguments.required_int("impersonatedPartnerId")?);
    let user = arguments.text_or_empty("userId")?;
    let session_type = session_type(arguments, "type")?.unwrap_or(Open::Known(SessionType::User));
    let partner = PartnerId::new(arguments.int_or("partnerId", 0));
    let is_for_other = arguments.int("p").into_option().is_some_and(|p| PartnerId::new(p) != partner);
    let expiry = arguments.int_or("expiry", DEFAULT_EXPIRY);
    let privileges = arguments.text_or_empty("privileges")?;
    Ok(Box::new(move |call| {
        let refused = || ApiException::start_session_error(partner);
        let found = call.state.partners.get(&partner).ok_or_else(refused)?;
        login(found, &secret, &session_type).ok_or_else(refused)?;
        let may_act = partner == impersonated || partner == ADMIN_CONSOLE;
        if is_for_other || !may_act || call.state.active_partner(impersonated).is_none() {
            return Err(refused().into());
        }
        check_role(call.state, &privileges)?;
        let fields = KsFields::new(impersonated, session_type, call.now().plus_seconds(expiry))
            .user(user)
            .privileges(privileges)
            .master_partner(partner);
        Ok(call.issue(fields, impersonated, None).expose().into())
    }))
}

/// Starts a session from another one, whose KS the platform's own pages have. Omitted numbers are 0, so that the
/// session is a USER session and expired at once.
pub(crate) fn impersonate_by_ks(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let session = arguments.required_text("session")?;
    let session_type = session_type(arguments, "type")?.unwrap_or(Open::Known(SessionType::User));
    let seconds = arguments.int_or("expiry", 0);
    let privileges = arguments.text("privileges")?.into_option();
    Ok(Box::new(move |call| {
        let master = call.partner;
        let opened = ks_check::open(call.state, &Ks::new(session)).ok();
        let opened = opened.ok_or_else(|| ApiException::start_session_error(master))?;
        let claims = opened.claims();
        let user = claims.user().map_or("", |user| user.as_str());
        let privileges = privileges
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| claims.privileges_text().unwrap_or_default().to_owned());
        check_role(call.state, &privileges)?;
        let fields =
            KsFields::new(claims.partner_id(), session_type.clone(), call.now().plus_seconds(seconds))
                .user(user)
                .privileges(privileges.as_str())
                .master_partner(master);
        let ks = call.issue(fields, claims.partner_id(), None);
        // The expiry is a duration here, not a time.
        let info = Object::new("KalturaSessionInfo")
            .with("ks", ks.expose())
            .with("sessionType", session_type)
            .with("partnerId", claims.partner_id().to_string())
            .with("userId", user)
            .with("expiry", seconds)
            .with("privileges", privileges);
        Ok(info.into())
    }))
}

#[cfg(test)]
mod tests {
    use crate::PartnerSeed;
    use crate::test_client::builder;
    use kaltura_ks::KsFields;
    use kaltura_types::{AdminSecret, PartnerId, SessionType};
    use serde_json::json;

    #[test]
    fn the_admin_console_may_act_for_every_partner() {
        let console = PartnerSeed::new(PartnerId::new(-2)).admin_secret("console");
        let emulator = builder().partner(console).build().unwrap();
        let request = |partner: i64| json!({ "secret": "console", "partnerId": -2, "impersonatedPartnerId": partner, "type": 2 });
        let ks = emulator.call("session.impersonate", request(1_234_567));
        assert_eq!(emulator.opened(&ks).claims().master_partner_text(), Some("-2"));
        assert_eq!(emulator.error("session.impersonate", request(99)), "START_SESSION_ERROR");
    }

    #[test]
    fn hosted_pages_start_a_session_from_another() {
        let pages = PartnerSeed::new(PartnerId::new(-3)).admin_secret("pages");
        let emulator = builder().partner(pages).build().unwrap();
        let expiry = emulator.clock().now().plus_seconds(60);
        let master = KsFields::new(PartnerId::new(-3), SessionType::Admin, expiry);
        let master = master.sign_v2(&AdminSecret::new("pages"), [7; 16]).unwrap();
        let session = emulator.ks(SessionType::User, "alice", "sview:*");
        let request = json!({ "ks": master.expose(), "session": session, "expiry": 120, "type": 2 });
        let response = emulator.call("session.impersonateByKs", request);
        assert_eq!(response["expiry"], 120);
        assert_eq!(response["sessionType"], 2);
        assert_eq!(response["privileges"], "sview:*");
        assert_eq!(emulator.life(&response["ks"]), 120);
        let own = json!({ "ks": emulator.admin_ks(), "session": session });
        assert_eq!(emulator.error("session.impersonateByKs", own), "SERVICE_FORBIDDEN");
    }
}
