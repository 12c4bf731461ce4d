//! The service `user`, as far as app tokens depend on it.

use crate::backend::seed::UserStatus;
use crate::backend::state::User;
use crate::request::Arguments;
use crate::response::value::{ApiValue, Object};
use crate::services::Prepared;
use kaltura_ks::KsClaims;
use kaltura_types::ErrorCode;
use kaltura_types::api_error::ApiException;

/// A user that is not deleted: for a session that is not ADMIN, only its own (wire contract, section 4.12).
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.text_or_empty("userId")?;
    Ok(Box::new(move |call| {
        let claims = call.ks.as_ref().map(|ks| ks.opened.claims());
        let own = claims.and_then(KsClaims::user).map_or("", |user| user.as_str());
        let id = if id.is_empty() { own } else { &id };
        if !claims.is_some_and(KsClaims::is_admin) && id != own {
            return Err(another_user(id).into());
        }
        if call.has_no_partner() {
            return Err(ApiException::invalid_user_id().into());
        }
        let user = call.state.user(call.partner, id).filter(|user| user.status != UserStatus::Deleted);
        Ok(object(user.ok_or_else(ApiException::invalid_user_id)?))
    }))
}

/// Deletes a user and the app tokens with this user (wire contract, section 4.8).
pub(crate) fn delete(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("userId")?;
    Ok(Box::new(move |call| {
        let now = call.now();
        let partner = call.partner;
        let user = call.state.user_mut(partner, &id).filter(|user| user.status != UserStatus::Deleted);
        let user = user.ok_or_else(ApiException::invalid_user_id)?;
        user.status = UserStatus::Deleted;
        user.updated_at = now;
        user.status_updated_at = Some(now);
        user.deleted_at = Some(now);
        let response = object(user);
        call.state.delete_app_tokens_of(partner, &id);
        call.state.uploads.iter_mut().filter(|token| token.partner == partner).for_each(|token| {
            token.owner.user_deleted(&id);
        });
        call.state.entries.iter_mut().filter(|entry| entry.partner == partner).for_each(|entry| {
            entry.owner.user_deleted(&id);
        });
        Ok(response)
    }))
}

fn another_user(id: &str) -> ApiException {
    ApiException::new(
        ErrorCode::from("CANNOT_RETRIEVE_ANOTHER_USER_USING_NON_ADMIN_SESSION"),
        "cannot retrieve another user \"@USER_ID@\" using non-admin session",
        &[("USER_ID", id)],
    )
}

fn object(user: &User) -> ApiValue {
    let status = match user.status {
        UserStatus::Blocked => 0,
        UserStatus::Active => 1,
        UserStatus::Deleted => 2,
    };
    let name = user.id.as_str();
    Object::new("KalturaUser")
        .with("id", name)
        .with("partnerId", user.partner.get())
        .with("screenName", name)
        .with("fullName", name)
        .with("country", "")
        .with("description", "")
        .with("status", status)
        .with("createdAt", user.created_at.as_seconds())
        .with("updatedAt", user.updated_at.as_seconds())
        .with("storageSize", 0)
        .with("statusUpdatedAt", user.status_updated_at.map(|time| time.as_seconds()))
        .with("deletedAt", user.deleted_at.map(|time| time.as_seconds()))
        .with("userMode", 0)
        .with("capabilities", Vec::new())
        .with("type", 0)
        .with("isAdmin", false)
        .with("isGuest", false)
        .with("roleIds", "")
        .with("roleNames", "")
        .with("isAccountOwner", false)
        .with("firstName", name)
        .with("lastName", "")
        .with("loginEnabled", false)
        .with("isSsoExcluded", false)
        .into()
}

#[cfg(test)]
mod tests {
    use crate::AppTokenSeed;
    use crate::test_client::emulator;
    use kaltura_types::{SessionType, UserId};
    use serde_json::{Value, json};

    #[test]
    fn deleting_a_user_deletes_its_tokens() {
        let emulator = emulator();
        emulator.unblock_user(&UserId::new("alice"));
        let token = emulator.add_app_token(AppTokenSeed::new().user("alice")).unwrap();
        let session = emulator.call("appToken.startSession", emulator.login(&token, json!({})));
        let admin = json!({ "ks": emulator.admin_ks(), "userId": "alice" });
        assert_eq!(emulator.call("user.delete", admin.clone())["status"], 2);
        assert_eq!(emulator.error("media.list", json!({ "ks": session["ks"] })), Value::Null);
        let again = emulator.error("appToken.startSession", emulator.login(&token, json!({})));
        assert_eq!(again, "APP_TOKEN_ID_NOT_FOUND");
        assert_eq!(emulator.error("user.get", admin.clone()), "INVALID_USER_ID");
        assert_eq!(emulator.error("user.delete", admin), "INVALID_USER_ID");
    }

    #[test]
    fn a_session_that_is_not_admin_gets_its_own_user_only() {
        let emulator = emulator();
        emulator.unblock_user(&UserId::new("alice"));
        let error = |ks: String, parameters: Value| {
            let mut parameters = parameters;
            parameters["ks"] = ks.into();
            emulator.error("user.get", parameters)
        };
        let user = |name: &str, privileges: &str| emulator.ks(SessionType::User, name, privileges);
        let another = json!("CANNOT_RETRIEVE_ANOTHER_USER_USING_NON_ADMIN_SESSION");
        for (ks, parameters, expected) in [
            (user("alice", ""), json!({}), Value::Null),
            (user("alice", ""), json!({ "userId": "alice" }), Value::Null),
            (user("alice", "setrole:PLAYBACK_BASE_ROLE"), json!({}), Value::Null),
            (user("alice", "setrole:UPLOAD_BASE_ROLE"), json!({}), json!("SERVICE_FORBIDDEN")),
            (user("bob", ""), json!({ "userId": "alice" }), another.clone()),
            (user("bob", ""), json!({ "userId": "nosuch" }), another.clone()),
            (user("bob", ""), json!({}), json!("INVALID_USER_ID")),
            (user("", ""), json!({}), json!("INVALID_USER_ID")),
            (emulator.widget_ks(), json!({ "userId": "alice" }), another),
            (emulator.admin_ks(), json!({ "userId": "ALICE " }), Value::Null),
            (emulator.admin_ks(), json!({ "userId": "nosuch" }), json!("INVALID_USER_ID")),
        ] {
            assert_eq!(error(ks, parameters.clone()), expected, "{parameters}");
        }
        assert_eq!(emulator.error("user.get", json!({ "userId": "alice" })), "SERVICE_FORBIDDEN");
    }

    #[test]
    fn only_sessions_of_a_blocked_user_are_refused() {
        let emulator = emulator();
        let list = |user: &str| {
            let ks = emulator.ks(SessionType::User, user, "");
            emulator.error("media.list", json!({ "ks": ks }))
        };
        emulator.block_user(&UserId::new("bob"));
        assert_eq!(list("bob"), "USER_BLOCKED");
        assert_eq!(list("carol"), Value::Null);
        emulator.unblock_user(&UserId::new("bob"));
        assert_eq!(list("bob"), Value::Null);
    }
}
