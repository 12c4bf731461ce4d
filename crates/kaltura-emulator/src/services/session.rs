//! The service `session` (wire contract, sections 4.1 to 4.5).

mod impersonate;

pub(crate) use self::impersonate::{impersonate, impersonate_by_ks};

use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, ApiEnum as _, Ks, Open, PartnerId, Privileges, Scalar, SessionType};

use crate::backend::state::{Partner, State};
use crate::dispatch::ks_check;
use crate::request::{Arguments, Choice, is_empty_text};
use crate::response::value::{ApiValue, Object};
use crate::services::{Call, Prepared, sign};
use kaltura_types::api_error::ApiException;

/// The lifetime of a session without `expiry`, in seconds.
pub(crate) const DEFAULT_EXPIRY: i64 = 86_400;

/// `session.start`: starts a session with a partner's secret.
pub(crate) fn start(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let secret = arguments.required_text("secret")?;
    let user = arguments.text_or_empty("userId")?;
    let session_type = session_type(arguments, "type")?.unwrap_or(Open::Known(SessionType::User));
    let partner = PartnerId::new(arguments.int_or("partnerId", 0));
    let expiry = arguments.int_or("expiry", DEFAULT_EXPIRY);
    let privileges = arguments.text_or_empty("privileges")?;
    Ok(Box::new(move |call| {
        let refused = || ApiException::start_session_error(partner);
        let found = call.state.partners.get(&partner).ok_or_else(refused)?;
        check_role(call.state, &privileges)?;
        let login = login(found, &secret, &session_type).ok_or_else(refused)?;
        let expiry = expiry.min(found.ks_maximum_or_default());
        let fields = KsFields::new(partner, session_type, call.now().plus_seconds(expiry))
            .user(user)
            .privileges(privileges);
        let ks = call.issue(fields, partner, login.signing_secret.as_ref());
        Ok(ks.expose().into())
    }))
}

/// A login with a secret that is right.
pub(crate) struct Login {
    /// The secret of the login, if it signs the session: that of an ADMIN session.
    pub(crate) signing_secret: Option<AdminSecret>,
}

/// Checks a secret: any admin secret, and for USER sessions also the user secret. An empty one is never right.
pub(crate) fn login(partner: &Partner, secret: &str, session_type: &Open<SessionType>) -> Option<Login> {
    let sent = AdminSecret::new(secret);
    let is_user = *session_type == Open::Known(SessionType::User);
    let is_user_secret = is_user && partner.user_secret.expose() == secret;
    let admin_secret = partner.admin_secrets.iter().find(|known| **known == sent);
    if secret.is_empty() || !(is_user_secret || admin_secret.is_some()) {
        return None;
    }
    let signing_secret = admin_secret.filter(|_| !is_user).cloned();
    Some(Login { signing_secret })
}

/// Checks that the requested role exists.
pub(super) fn check_role(state: &State, privileges: &str) -> Result<(), ApiException> {
    let privileges = Privileges::parse(privileges);
    match privileges.get("setrole").map(|privilege| privilege.values().join("/")) {
        Some(role) if state.role(&role).is_none() => Err(ApiException::unknown_role_id()),
        _ => Ok(()),
    }
}

/// `session.startWidgetSession`: the unprivileged session of any client.
pub(crate) fn start_widget_session(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("widgetId")?;
    let expiry = arguments.int_or("expiry", DEFAULT_EXPIRY);
    Ok(Box::new(move |call| {
        let widget = &call.state.widget(&id).ok_or_else(|| ApiException::invalid_widget_id(&id))?.0;
        let partner = call.state.partners.get(&widget.partner_id);
        let partner = partner.ok_or_else(|| ApiException::invalid_widget_id(&id))?;
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
        let ks = sign(call.state, call.time, fields, partner, None);
        let session = Object::new("KalturaStartWidgetSessionResponse")
            .with("partnerId", partner.get())
            .with("ks", ks.expose())
            .with("userId", 0);
        Ok(session.into())
    }))
}

/// `session.get`: the fields of the request's KS or of another one, which may be expired.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let session = arguments.text_or_empty("session")?;
    Ok(Box::new(move |call| {
        let own = call.ks.as_ref().map(|ks| ks.opened.clone());
        let opened =
            if is_empty_text(&session) { own } else { ks_check::open(call.state, &Ks::new(session)).ok() };
        let opened = opened.ok_or_else(ApiException::internal_server_error)?;
        let claims = opened.claims();
        if claims.partner_id() != call.partner {
            return Err(ApiException::partner_access_forbidden(call.partner, claims.partner_id()).into());
        }
        let info = Object::new("KalturaSessionInfo")
            .with("ks", ApiValue::Null)
            .with("sessionType", claims.session_type_text())
            .with("partnerId", claims.partner_id().to_string())
            .with("userId", claims.user().map(|user| user.as_str()))
            .with("expiry", claims.expiry_text())
            .with("privileges", claims.privileges_text().unwrap_or_default());
        Ok(info.into())
    }))
}

/// `session.end`: ends the session of the request and its group. A widget session does not end.
pub(crate) fn end(_: Arguments<'_>) -> Result<Prepared, ApiException> {
    Ok(Box::new(|call| {
        if let Some(ks) = &call.ks {
            call.state.end_session(&ks.opened, call.time.now);
        }
        Ok(ApiValue::Null)
    }))
}

/// Reads a session type.
pub(crate) fn session_type(
    arguments: Arguments<'_>,
    name: &str,
) -> Result<Option<Open<SessionType>>, ApiException> {
    Ok(arguments.choice(name, Choice::SESSION_TYPE)?.into_option().map(session_type_of))
}

/// The session type of a number. 1 occurs, as a JSON `true`, and is an administrator.
pub(crate) fn session_type_of(number: i64) -> Open<SessionType> {
    let code = Scalar::Number(number);
    SessionType::from_wire(&code).map_or(Open::Other(code), Open::Known)
}

/// The partner id in a result: a text, as it was sent beside the KS if it was, unless the request contained a JSON
/// number.
pub(crate) fn partner_of(call: &Call<'_>) -> ApiValue {
    match &call.partner_text {
        _ if call.partner_is_number => call.partner.get().into(),
        Some(text) => text.as_str().into(),
        None => call.partner.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_client::{ADMIN_SECRET, PARTNER, USER_SECRET, builder, emulator};
    use crate::{Emulator, PartnerSeed, PartnerStatus, RoleSeed, WidgetSeed};
    use kaltura_types::KsVersion;
    use serde_json::{Value, json};

    fn start(emulator: &Emulator, more: Value) -> Value {
        let mut parameters = json!({ "partnerId": emulator.partner_id().get(), "secret": ADMIN_SECRET });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        emulator.call("session.start", parameters)
    }

    fn with_maximum(seconds: Option<i64>) -> Emulator {
        let partner = PartnerSeed::new(PARTNER).admin_secret(ADMIN_SECRET).ks_max_expiry(seconds);
        Emulator::builder().partner(partner).build().unwrap()
    }

    #[test]
    fn the_partners_maximum_caps_a_session() {
        for (maximum, requested, start_life, widget_life) in [
            (Some(600), 86_400, 600, 600),
            (Some(600), 60, 60, 60),
            (Some(600), -5, -5, -5),
            (None, 999_999, 86_400, 999_999),
            (Some(0), 999_999, 86_400, 999_999),
        ] {
            let emulator = with_maximum(maximum);
            emulator.clock().freeze();
            let started = start(&emulator, json!({ "expiry": requested }));
            assert_eq!(emulator.life(&started), start_life, "{maximum:?} {requested}");
            let widget = json!({ "widgetId": "_1234567", "expiry": requested });
            let widget = emulator.call("session.startWidgetSession", widget);
            assert_eq!(emulator.life(&widget["ks"]), widget_life, "{maximum:?} {requested}");
        }
    }

    #[test]
    fn each_type_has_its_secrets() {
        let emulator = emulator();
        for (secret, session_type, starts) in [
            (ADMIN_SECRET, 0, true),
            (ADMIN_SECRET, 2, true),
            (USER_SECRET, 0, true),
            (USER_SECRET, 2, false),
            ("", 0, false),
            ("admin secret ", 2, false),
        ] {
            let response = start(&emulator, json!({ "secret": secret, "type": session_type }));
            assert_eq!(response.is_string(), starts, "{secret:?} {session_type}");
        }
    }

    #[test]
    fn an_admin_session_is_signed_with_the_secret_of_its_login() {
        let partner = PartnerSeed::new(PARTNER).admin_secret(ADMIN_SECRET).admin_secret("second");
        let emulator = Emulator::builder().partner(partner).build().unwrap();
        let signed_with_first = |response: &Value| {
            let ks = Ks::new(response.as_str().unwrap());
            kaltura_ks::open(&ks, &[ADMIN_SECRET.into()]).is_ok()
        };
        assert!(!signed_with_first(&start(&emulator, json!({ "secret": "second", "type": 2 }))));
        assert!(signed_with_first(&start(&emulator, json!({ "secret": "second", "type": 0 }))));
    }

    #[test]
    fn a_partner_of_version_1_issues_version_1() {
        let partner = PartnerSeed::new(PARTNER).admin_secret(ADMIN_SECRET).issues_version_1();
        let emulator = Emulator::builder().partner(partner).build().unwrap();
        let opened = emulator.opened(&start(&emulator, json!({ "userId": "alice" })));
        assert_eq!(opened.version(), KsVersion::V1);
        assert_eq!(opened.claims().user().unwrap().as_str(), "alice");
    }

    #[test]
    fn download_sessions_are_rounded_and_equal() {
        let emulator = emulator();
        let started = || start(&emulator, json!({ "expiry": 61, "privileges": "downloadasset:1" }));
        assert_eq!(started(), started());
        assert_eq!(emulator.opened(&started()).claims().expiry().unwrap().as_seconds() % 300, 0);
    }

    #[test]
    fn a_requested_role_must_exist() {
        let emulator = builder().role(RoleSeed::new(7, "READER")).build().unwrap();
        for role in ["7", "READER", "PLAYBACK_BASE_ROLE"] {
            assert!(
                start(&emulator, json!({ "privileges": format!("setrole:{role}") })).is_string(),
                "{role}"
            );
        }
        assert_eq!(start(&emulator, json!({ "privileges": "setrole:99" }))["code"], "UNKNOWN_ROLE_ID");
    }

    #[test]
    fn the_widget_session_of_a_blocked_partner_is_refused() {
        let blocked = PartnerSeed::new(PARTNER).status(PartnerStatus::ContentBlocked);
        let emulator = Emulator::builder().partner(blocked).build().unwrap();
        let ks = emulator.widget_ks();
        assert_eq!(emulator.error("media.list", json!({ "ks": ks })), "SERVICE_FORBIDDEN_CONTENT_BLOCKED");
        let named = json!({ "widgetId": "_1234567", "partnerId": 1_234_567 });
        assert_eq!(emulator.error("session.startWidgetSession", named), "SERVICE_FORBIDDEN_CONTENT_BLOCKED");
    }

    #[test]
    fn a_widget_can_have_its_own_privileges() {
        let widget = WidgetSeed::new("0_Widget", PARTNER)
            .privileges("sview:*")
            .privacy_context("PORTAL")
            .role("7")
            .entry("0_entry");
        let emulator = builder().widget(widget).build().unwrap();
        let response = emulator.call("session.startWidgetSession", json!({ "widgetId": "0_wIDGET" }));
        assert_eq!(
            emulator.opened(&response["ks"]).claims().privileges_text(),
            Some("sview:*,widget:1,privacycontext:PORTAL,setrole:7,limitentry:0_entry")
        );
    }

    #[test]
    fn a_group_ends_together_and_a_widget_session_does_not_end() {
        let emulator = emulator();
        let sessions = ["sessionid:g", "sessionid:g,sview:*", "sessionid:h"];
        let [first, sibling, other] = sessions.map(|text| emulator.ks(SessionType::User, "u", text));
        assert_eq!(emulator.call("session.end", json!({ "ks": first })), Value::Null);
        for (ks, error) in [(first, json!("LOGOUT")), (sibling, json!("LOGOUT")), (other, Value::Null)] {
            assert_eq!(emulator.error("media.list", json!({ "ks": ks })), error);
        }
        let widget = emulator.widget_ks();
        assert_eq!(emulator.call("session.end", json!({ "ks": widget })), Value::Null);
        assert_eq!(emulator.error("media.list", json!({ "ks": widget })), Value::Null);
    }

    #[test]
    fn the_session_of_another_partner_is_refused() {
        let emulator = builder().partner(PartnerSeed::new(PartnerId::new(2))).build().unwrap();
        let widget = json!({ "widgetId": "_2" });
        let foreign = emulator.call("session.startWidgetSession", widget)["ks"].clone();
        let response = emulator.call("session.get", json!({ "ks": emulator.admin_ks(), "session": foreign }));
        assert_eq!(response["code"], "PARTNER_ACCESS_FORBIDDEN");
        assert_eq!(response["args"], json!({ "ACCESSING_PID": "1234567", "ACCESSED_PID": "2" }));
    }

    #[test]
    fn a_session_without_a_user_has_no_user_id() {
        let emulator = emulator();
        let expiry = emulator.clock().now().plus_seconds(60);
        let fields = KsFields::new(PARTNER, SessionType::Admin, expiry);
        let ks = fields.sign_v2(emulator.admin_secret(), [7; 16]).unwrap();
        let response = emulator.call("session.get", json!({ "ks": ks.expose() }));
        assert_eq!(response.get("userId"), None);
        assert_eq!(response["privileges"], "");
        assert_eq!(response["sessionType"], "2");
    }
}
