//! The service `appToken` (wire contract, sections 4.6 to 4.9).

mod draft;
mod list;
mod start_session;

pub(crate) use self::list::list;
pub(crate) use self::start_session::start_session;

use kaltura_types::{AppTokenStatus, AppTokenValue};

use self::draft::Draft;

use crate::backend::state::AppToken;
use crate::request::Arguments;
use crate::response::value::{ApiValue, Object};
use crate::services::Prepared;
use kaltura_types::api_error::ApiException;

/// `appToken.add`: creates a token.
pub(crate) fn add(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let draft = Draft::read(arguments.required_object("appToken")?)?;
    Ok(Box::new(move |call| {
        draft.check_new()?;
        let now = call.now();
        // A partner without a maximum gives none: the sessions of the token are expired at once.
        let duration = call.state.partners.get(&call.partner).and_then(|partner| partner.ks_max_expiry);
        let mut token = AppToken {
            id: call.state.random.object_id(),
            partner: call.partner,
            value: AppTokenValue::new(call.state.random.hex::<16>()),
            created_at: now,
            updated_at: now,
            status: AppTokenStatus::Active,
            expiry: None,
            session_type: None,
            session_user: None,
            session_duration: duration,
            session_privileges: None,
            hash_type: None,
            description: None,
        };
        draft.check_user(call, None)?;
        draft.apply(&mut token);
        token.session_duration = token.session_duration.or(duration);
        // The response is not cut; what is stored is.
        let response = object(&token);
        token.cut_to_columns();
        call.state.app_tokens.push(token);
        Ok(response)
    }))
}

/// `appToken.get`: a token that is not deleted, including its value.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("id")?;
    Ok(Box::new(move |call| {
        let token = call.state.app_token(call.partner, &id);
        Ok(object(token.ok_or_else(|| ApiException::app_token_id_not_found(&id))?))
    }))
}

/// `appToken.update`: changes the given properties.
pub(crate) fn update(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("id")?;
    let draft = Draft::read(arguments.required_object("appToken")?)?;
    Ok(Box::new(move |call| {
        let not_found = || ApiException::app_token_id_not_found(&id);
        let token = call.state.app_token(call.partner, &id).ok_or_else(not_found)?;
        draft.check_unchanged(token)?;
        let user = token.session_user.clone();
        draft.check_user(call, user.as_deref())?;
        let now = call.now();
        let token = call.state.app_token_mut(call.partner, &id).ok_or_else(not_found)?;
        if draft.apply(token) {
            token.updated_at = now;
        }
        let response = object(token);
        token.cut_to_columns();
        Ok(response)
    }))
}

/// `appToken.delete`: deletes a token and ends its sessions.
pub(crate) fn delete(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("id")?;
    Ok(Box::new(move |call| {
        let now = call.now();
        if call.state.delete_app_token(call.partner, &id, now) {
            Ok(ApiValue::Null)
        } else {
            Err(ApiException::app_token_id_not_found(&id).into())
        }
    }))
}

/// A token in the form of the API. A null hash type is SHA1.
fn object(token: &AppToken) -> ApiValue {
    Object::new("KalturaAppToken")
        .with("id", token.id.as_str())
        .with("token", token.value.expose())
        .with("partnerId", token.partner.get())
        .with("createdAt", token.created_at.as_seconds())
        .with("updatedAt", token.updated_at.as_seconds())
        .with("status", token.status.number())
        .with("expiry", token.expiry)
        .with("sessionType", token.session_type.clone())
        .with("sessionUserId", token.session_user.as_deref())
        .with("sessionDuration", token.session_duration)
        .with("sessionPrivileges", token.session_privileges.as_deref())
        .with("hashType", token.effective_hash_type())
        .with("description", token.description.as_deref())
        .into()
}

#[cfg(test)]
mod tests {
    use crate::test_client::{NOW, PARTNER, builder, emulator};
    use crate::{Emulator, PartnerSeed, RoleSeed};
    use kaltura_types::SessionType;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn add(emulator: &Emulator, draft: Value) -> Value {
        emulator.call("appToken.add", json!({ "ks": emulator.admin_ks(), "appToken": draft }))
    }

    fn update(emulator: &Emulator, id: &Value, draft: Value) -> Value {
        let parameters = json!({ "ks": emulator.admin_ks(), "id": id, "appToken": draft });
        emulator.call("appToken.update", parameters)
    }

    #[test]
    fn a_token_without_a_user_needs_the_anonymous_user() {
        let partner = PartnerSeed::new(PARTNER).without_anonymous_user();
        let emulator = Emulator::builder().partner(partner).build().unwrap();
        assert_eq!(add(&emulator, json!({}))["args"], json!({ "FIELD_NAME": "sessionUserId" }));
        let token = add(&emulator, json!({ "sessionUserId": "new" }));
        assert_eq!(token["sessionUserId"], "new");
        // An update that leaves a token without a user needs it too.
        assert_eq!(update(&emulator, &token["id"], json!({ "description": "x" }))["description"], "x");
        let seeded = emulator.add_app_token(crate::AppTokenSeed::new()).unwrap();
        let refused = update(&emulator, &json!(seeded.id().as_str()), json!({ "description": "x" }));
        assert_eq!(refused["args"], json!({ "FIELD_NAME": "sessionUserId" }));
    }

    #[test]
    fn updated_at_is_the_time_of_the_last_change() {
        let emulator = emulator();
        let token = add(&emulator, json!({ "description": "one" }));
        emulator.clock().advance(Duration::from_secs(10));
        assert_eq!(update(&emulator, &token["id"], json!({ "description": "one" }))["updatedAt"], NOW);
        assert_eq!(update(&emulator, &token["id"], json!({ "description": "two" }))["updatedAt"], NOW + 10);
    }

    #[test]
    fn fixed_properties_can_be_sent_back_unchanged_except_the_times() {
        let emulator = emulator();
        let token = add(&emulator, json!({}));
        let mut unchanged = token.clone();
        for name in ["createdAt", "updatedAt"] {
            unchanged.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(update(&emulator, &token["id"], unchanged)["id"], token["id"]);
        for (name, value) in [("token", json!("x")), ("partnerId", json!(1)), ("createdAt", json!(NOW))] {
            let response = update(&emulator, &token["id"], json!({ name: value }));
            assert_eq!(response["args"], json!({ "PROP_NAME": format!("KalturaAppToken::{name}") }));
        }
    }

    #[test]
    fn a_disabled_token_is_found_and_a_deleted_one_is_not() {
        let emulator = emulator();
        let id = emulator.app_token().id();
        let get = || emulator.call("appToken.get", json!({ "ks": emulator.admin_ks(), "id": id.as_str() }));
        emulator.disable_token(id).unwrap();
        assert_eq!(get()["status"], 1);
        emulator.enable_token(id).unwrap();
        assert_eq!(get()["status"], 2);
        emulator.delete_token(id).unwrap();
        assert_eq!(get()["code"], "APP_TOKEN_ID_NOT_FOUND");
        assert!(emulator.enable_token(id).is_err());
    }

    #[test]
    fn a_role_decides_independent_of_the_session_type() {
        let reader = RoleSeed::new(7, "READER").permits("apptoken.list");
        let emulator = builder().role(reader).build().unwrap();
        for (session_type, privileges, is_allowed) in [
            (SessionType::User, "setrole:READER", true),
            (SessionType::User, "", false),
            (SessionType::Admin, "", true),
            (SessionType::Admin, "setrole:PLAYBACK_BASE_ROLE", false),
        ] {
            let ks = emulator.ks(session_type, "u", privileges);
            let error = emulator.error("appToken.list", json!({ "ks": ks }));
            assert_eq!(error.is_null(), is_allowed, "{session_type} {privileges}");
        }
    }

    #[test]
    fn the_database_ignores_case_and_trailing_blanks() {
        let emulator = builder()
            .app_token(crate::AppTokenSeed::new().id("0_abcdefgh").user("ALICE"))
            .user(crate::UserSeed::new("alice", PARTNER))
            .build()
            .unwrap();
        let error = |action: &str, parameters: Value| {
            let mut parameters = parameters;
            parameters["ks"] = emulator.admin_ks().into();
            emulator.error(action, parameters)
        };
        for id in ["0_abcdefgh", "0_ABCDEFGH", "0_abcdefgh  "] {
            assert_eq!(error("appToken.get", json!({ "id": id })), Value::Null, "{id}");
        }
        for id in [" 0_abcdefgh", "0_\u{e1}bcdefgh", "0_abcdefgh\t"] {
            assert_eq!(error("appToken.get", json!({ "id": id })), "APP_TOKEN_ID_NOT_FOUND", "{id}");
        }
        for widget in ["_1234567", "_1234567 "] {
            let widget = json!({ "widgetId": widget });
            assert_eq!(emulator.error("session.startWidgetSession", widget), Value::Null);
        }
        assert_eq!(
            emulator.error("session.startWidgetSession", json!({ "widgetId": " _1234567" })),
            "INVALID_WIDGET_ID"
        );
        // The token goes with the user in whatever case.
        assert_eq!(error("user.delete", json!({ "userId": "Alice " })), Value::Null);
        assert_eq!(error("appToken.get", json!({ "id": "0_abcdefgh" })), "APP_TOKEN_ID_NOT_FOUND");
    }

    #[test]
    fn the_first_wrong_field_is_the_error() {
        let emulator = emulator();
        for (draft, code, parameter) in [
            (r#"{"hashType":"y","sessionType":"x"}"#, "INVALID_ENUM_VALUE", "hashType"),
            (r#"{"sessionType":"x","hashType":"y"}"#, "INVALID_ENUM_VALUE", "sessionType"),
            (r#"{"description":"\u0001","hashType":"y"}"#, "INVALID_PARAMETER_CHAR", "description"),
            (r#"{"expiry":[],"hashType":"y"}"#, "INTERNAL_SERVERL_ERROR", ""),
            (r#"{"hashType":null}"#, "INVALID_ENUM_VALUE", "N/A"),
            (r#"{"token__null":""}"#, "PROPERTY_VALIDATION_NOT_UPDATABLE", "KalturaAppToken::token"),
            (
                r#"{"relatedObjects":{}}"#,
                "PROPERTY_VALIDATION_NOT_UPDATABLE",
                "KalturaAppToken::relatedObjects",
            ),
        ] {
            let body = format!(r#"{{"ks":"{}","appToken":{draft}}}"#, emulator.admin_ks());
            let request = http::Request::post("/api_v3/service/appToken/action/add?format=1");
            let request = request.header("content-type", "application/json");
            let response: Value = serde_json::from_slice(emulator.send(request, &body).body()).unwrap();
            assert_eq!(response["code"], code, "{draft}");
            assert!(response["args"].to_string().contains(parameter), "{draft} {response}");
        }
    }

    #[test]
    fn what_is_stored_is_cut_and_the_response_is_not() {
        let emulator = emulator();
        let user = "x".repeat(150);
        let draft = json!({ "sessionUserId": user, "expiry": 8_589_934_592_i64, "sessionDuration": 8_589_934_592_i64 });
        let token = add(&emulator, draft);
        assert_eq!((&token["sessionUserId"], &token["expiry"]), (&json!(user), &json!(8_589_934_592_i64)));
        let get = json!({ "ks": emulator.admin_ks(), "id": token["id"] });
        let stored = emulator.call("appToken.get", get);
        assert_eq!(stored["sessionUserId"].as_str().unwrap().len(), 100);
        assert_eq!((&stored["expiry"], &stored["sessionDuration"]), (&json!(i32::MAX), &json!(i32::MAX)));
        assert_eq!(add(&emulator, json!({ "sessionUserId": "alice\n" }))["sessionUserId"], "alice\n");
        assert_eq!(add(&emulator, json!({ "sessionUserId": "alice\n\n" }))["code"], "INVALID_FIELD_VALUE");
    }

    #[test]
    fn a_partner_without_a_maximum_gives_no_duration() {
        for (maximum, expected) in [(None, Value::Null), (Some(600), json!(600))] {
            let partner = PartnerSeed::new(PARTNER).ks_max_expiry(maximum);
            let emulator = Emulator::builder().partner(partner).build().unwrap();
            assert_eq!(add(&emulator, json!({}))["sessionDuration"], expected);
            assert_eq!(add(&emulator, json!({ "sessionDuration__null": "" }))["sessionDuration"], expected);
        }
    }

    #[test]
    fn a_hash_type_that_is_true_is_stored_and_cannot_log_in() {
        let emulator = emulator();
        let token = add(&emulator, json!({ "hashType": true }));
        assert_eq!(token["hashType"], "1");
        let login = json!({ "ks": emulator.widget_ks(), "id": token["id"], "tokenHash": "x" });
        assert_eq!(emulator.error("appToken.startSession", login), "INTERNAL_SERVERL_ERROR");
    }
}
