//! `appToken.startSession`: the login (wire contract, section 4.9).

use kaltura_auth::TokenHash;
use kaltura_ks::KsFields;
use kaltura_types::{AppTokenId, AppTokenStatus, Open, Privilege, Privileges, SessionType, UnixTime};

use crate::backend::state::AppToken;
use crate::request::Arguments;
use crate::response::value::{ApiValue, Object};
use crate::services::Prepared;
use crate::services::session;
use kaltura_types::api_error::ApiException;

/// Starts a session for a caller with the right token hash.
pub(crate) fn start_session(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("id")?;
    let hash = arguments.required_text("tokenHash")?;
    let user = arguments.text_or_empty("userId")?;
    // PHP turns such a user id into `false`, which a KS writes as 0.
    let user_is_false = arguments.is_not_utf8("userId");
    let session_type = session::session_type(arguments, "type")?;
    let expiry = arguments.int_or("expiry", 0);
    let privileges = arguments.text_or_empty("sessionPrivileges")?;
    Ok(Box::new(move |call| {
        let now = call.now();
        let token = call.state.app_token(call.partner, &id);
        let token = token.ok_or_else(|| ApiException::app_token_id_not_found(&id))?;
        if token.status != AppTokenStatus::Active {
            return Err(ApiException::app_token_not_active(&id).into());
        }
        let ks = call.ks.as_ref().ok_or_else(ApiException::missing_ks)?;
        let Open::Known(hash_type) = token.effective_hash_type() else {
            return Err(ApiException::internal_server_error().into());
        };
        let expected = TokenHash::new(hash_type, &ks.text, &token.value);
        if hash != expected.expose() {
            return Err(ApiException::invalid_app_token_hash().into());
        }
        if is_expired(token, now) {
            return Err(ApiException::app_token_expired(&id).into());
        }
        let session_type = token.session_type.clone().or(session_type);
        let session_type = session_type.unwrap_or(Open::Known(SessionType::User));
        let user = match &token.session_user {
            Some(fixed) => SessionUser::Id(fixed.clone()),
            None if user_is_false => SessionUser::False,
            None => SessionUser::Id(user),
        };
        let privileges = granted(&id, token, &privileges);
        let expiry = now.plus_seconds(lifetime(token, expiry, now));
        let fields = KsFields::new(call.partner, session_type.clone(), expiry)
            .user(user.in_ks())
            .privileges(privileges.as_str());
        let ks = call.sign_as_sent(fields);
        let info = Object::new("KalturaSessionInfo")
            .with("ks", ks.expose())
            .with("sessionType", session_type)
            .with("partnerId", session::partner_of(call))
            .with("userId", user.into_value())
            .with("expiry", expiry.as_seconds())
            .with("privileges", privileges);
        Ok(info.into())
    }))
}

/// The user of the session.
enum SessionUser {
    Id(String),
    /// PHP's `false`.
    False,
}

impl SessionUser {
    fn in_ks(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::False => "0",
        }
    }

    fn into_value(self) -> ApiValue {
        match self {
            Self::Id(id) => id.into(),
            Self::False => false.into(),
        }
    }
}

/// In its last second a token still starts a session, which is expired. A token with any expiry and a negative
/// duration is expired too.
fn is_expired(token: &AppToken, now: UnixTime) -> bool {
    let has_negative_duration = token.session_duration.is_some_and(i64::is_negative);
    token.expiry.is_some_and(|expiry| has_negative_duration || expiry < now.as_seconds())
}

/// The lifetime of the session in seconds: the requested one, limited by the token. A negative request is granted. A
/// token without a duration grants 0.
fn lifetime(token: &AppToken, requested: i64, now: UnixTime) -> i64 {
    let duration = token.session_duration.unwrap_or(0);
    let lifetime = if requested == 0 { duration } else { requested.min(duration) };
    match token.expiry {
        Some(expiry) => lifetime.min(expiry.saturating_sub(now.as_seconds())),
        None => lifetime,
    }
}

/// The privileges of the session. They contain the id as it was sent.
fn granted(id: &str, token: &AppToken, requested: &str) -> String {
    let parse = |text: &str| if text.is_empty() { Privileges::none() } else { Privileges::parse(text) };
    let on_token = renumbered(&parse(token.session_privileges.as_deref().unwrap_or_default()));
    Privileges::for_app_token_session(&AppTokenId::new(id), &on_token, &parse(requested)).to_string()
}

/// The privileges after PHP has merged them as an array: names that are whole numbers are counted from 0.
fn renumbered(privileges: &Privileges) -> Privileges {
    let mut next = 0_u32;
    let renumber = |privilege: &Privilege| {
        if !is_array_index(privilege.name()) {
            return privilege.clone();
        }
        let name = next.to_string();
        next += 1;
        Privilege::new(name, privilege.values().to_vec())
    };
    privileges.iter().map(renumber).collect()
}

/// Whether PHP takes a key of an array for a number.
fn is_array_index(name: &str) -> bool {
    name.parse::<i64>().is_ok_and(|number| number.to_string() == name)
}

#[cfg(test)]
mod tests {
    use crate::test_client::{NOW, emulator};
    use crate::{AppTokenSeed, Emulator};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE;
    use kaltura_types::{AppTokenId, AppTokenStatus, HashType, SessionType, UnixTime};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn life(emulator: &Emulator, seed: AppTokenSeed, more: Value) -> i64 {
        let token = emulator.add_app_token(seed).unwrap();
        let response = emulator.call("appToken.startSession", emulator.login(&token, more));
        let expiry = response["expiry"].as_i64().unwrap_or_else(|| panic!("{response}"));
        assert_eq!(emulator.life(&response["ks"]), expiry - NOW);
        expiry - NOW
    }

    #[test]
    fn the_shortest_lifetime_of_three_is_granted() {
        let emulator = emulator();
        let token = || AppTokenSeed::new().duration(600);
        let ending = |seconds| token().expiry(UnixTime::from_seconds(NOW + seconds));
        for (seed, requested, granted) in [
            (token(), json!({}), 600),
            (token(), json!({ "expiry": 0 }), 600),
            (token(), json!({ "expiry": "soon" }), 600),
            (token(), json!({ "expiry": 60 }), 60),
            (token(), json!({ "expiry": 6000 }), 600),
            (token(), json!({ "expiry": -60 }), -60),
            (ending(30), json!({}), 30),
            (ending(30), json!({ "expiry": 60 }), 30),
            (ending(0), json!({}), 0),
            (AppTokenSeed::new().duration(0), json!({ "expiry": 60 }), 0),
            (AppTokenSeed::default(), json!({}), 0),
        ] {
            assert_eq!(life(&emulator, seed, requested.clone()), granted, "{requested}");
        }
    }

    #[test]
    fn the_status_is_checked_before_the_hash_and_the_hash_before_the_expiry() {
        let emulator = emulator();
        let past = UnixTime::from_seconds(NOW - 1);
        let disabled = AppTokenSeed::new().status(AppTokenStatus::Disabled).expiry(past);
        let disabled = emulator.add_app_token(disabled).unwrap();
        let ended = emulator.add_app_token(AppTokenSeed::new().expiry(past)).unwrap();
        for (token, more, code) in [
            (&disabled, json!({ "tokenHash": "wrong" }), "APP_TOKEN_NOT_ACTIVE"),
            (&ended, json!({ "tokenHash": "wrong" }), "INVALID_APP_TOKEN_HASH"),
            (&ended, json!({}), "APP_TOKEN_EXPIRED"),
            (&ended, json!({ "id": "0_other" }), "APP_TOKEN_ID_NOT_FOUND"),
        ] {
            assert_eq!(emulator.error("appToken.startSession", emulator.login(token, more)), code);
        }
    }

    #[test]
    fn the_hash_is_compared_exactly() {
        let emulator = emulator();
        for hash_type in HashType::ALL {
            let token = emulator.add_app_token(AppTokenSeed::new().hash_type(hash_type)).unwrap();
            let right = emulator.login(&token, json!({}));
            assert_eq!(emulator.error("appToken.startSession", right.clone()), Value::Null);
            let hash = right["tokenHash"].as_str().unwrap();
            for wrong in [hash.to_uppercase(), format!("{hash} "), hash[1..].to_owned()] {
                let mut login = right.clone();
                login["tokenHash"] = wrong.into();
                assert_eq!(emulator.error("appToken.startSession", login), "INVALID_APP_TOKEN_HASH");
            }
        }
    }

    #[test]
    fn properties_of_the_token_override_the_request() {
        let emulator = emulator();
        let fixed = AppTokenSeed::new().session_type(SessionType::User).user("fixed").privileges("sview:*");
        let fixed = emulator.add_app_token(fixed).unwrap();
        let request = json!({ "type": 2, "userId": "me", "sessionPrivileges": "edit:*,appid:x,sview:0_a" });
        let response = emulator.call("appToken.startSession", emulator.login(&fixed, request.clone()));
        let id = fixed.id().as_str();
        assert_eq!(response["sessionType"], 0);
        assert_eq!(response["userId"], "fixed");
        assert_eq!(response["privileges"], format!("sessionid:{id},apptoken:{id},sview:0_a,appid:x"));

        let free = emulator.add_app_token(AppTokenSeed::new()).unwrap();
        let response = emulator.call("appToken.startSession", emulator.login(&free, request));
        assert_eq!(response["sessionType"], 2);
        assert_eq!(response["userId"], "me");
    }

    #[test]
    fn the_partner_is_a_text_unless_the_request_had_a_json_number() {
        let emulator = emulator();
        for (more, partner) in [
            (json!({}), json!("1234567")),
            (json!({ "partnerId": "1234567" }), json!("1234567")),
            (json!({ "partnerId": 1_234_567 }), json!(1_234_567)),
        ] {
            let login = emulator.login(emulator.app_token(), more);
            assert_eq!(emulator.call("appToken.startSession", login)["partnerId"], partner);
        }
    }

    #[test]
    fn ending_one_session_ends_the_token_but_not_for_an_id_in_another_case() {
        let emulator = emulator();
        let token = emulator.add_app_token(AppTokenSeed::new().id("0_abcdefgh")).unwrap();
        let session = |id: &str| {
            let login = emulator.login(&token, json!({ "id": id }));
            emulator.call("appToken.startSession", login)["ks"].clone()
        };
        let (first, upper) = (session("0_abcdefgh"), session("0_ABCDEFGH"));
        emulator.call("session.end", json!({ "ks": first }));
        // The login still succeeds, but its session has ended.
        let later = session("0_abcdefgh");
        assert_eq!(emulator.error("media.list", json!({ "ks": later })), "LOGOUT");
        assert_eq!(emulator.error("media.list", json!({ "ks": upper })), Value::Null);

        emulator.delete_token(&AppTokenId::new("0_ABCDEFGH")).unwrap();
        assert_eq!(emulator.error("media.list", json!({ "ks": upper })), Value::Null);
        emulator.clock().advance(Duration::from_secs(86_401));
        assert_eq!(emulator.error("media.list", json!({ "ks": upper })), "EXPIRED");
    }

    #[test]
    fn any_session_of_the_partner_can_log_in_and_no_session_cannot() {
        let emulator = emulator();
        let token = emulator.app_token();
        for privileges in ["", "setrole:PLAYBACK_BASE_ROLE", "sessionid:x,apptoken:x"] {
            let ks = emulator.ks(SessionType::User, "u", privileges);
            let hash = kaltura_auth::TokenHash::new(
                token.hash_type(),
                &kaltura_types::Ks::new(ks.as_str()),
                token.value(),
            );
            let login = json!({ "id": token.id().as_str(), "tokenHash": hash.expose(), "ks": ks });
            assert_eq!(emulator.error("appToken.startSession", login), Value::Null, "{privileges}");
        }
        let login = json!({ "id": token.id().as_str(), "tokenHash": "x" });
        assert_eq!(emulator.error("appToken.startSession", login), "SERVICE_FORBIDDEN");
    }

    #[test]
    fn an_empty_partner_id_beside_the_ks_gives_a_session_of_no_partner() {
        let emulator = emulator();
        let start = |partner: Value| {
            let login = emulator.login(emulator.app_token(), json!({ "partnerId": partner }));
            emulator.call("appToken.startSession", login)
        };
        let response = start(json!(""));
        assert_eq!(response["partnerId"], "");
        assert_eq!(emulator.error("system.ping", json!({ "ks": response["ks"] })), response["ks"]);
        // A number that is written in another way goes into the KS as it is, and is read as the number.
        for text in [" 1234567", "01234567"] {
            let response = start(json!(text));
            assert_eq!(response["partnerId"], text);
            let plain = URL_SAFE.decode(response["ks"].as_str().unwrap()).unwrap();
            assert!(plain.starts_with(format!("v2|{text}|").as_bytes()), "{text}");
        }
        assert_eq!(start(json!(0))["partnerId"], "1234567");
        let ks = emulator.admin_ks();
        let add = json!({ "ks": ks, "partnerId": "", "appToken": {} });
        assert_eq!(emulator.error("appToken.add", add), "INVALID_FIELD_VALUE");
        emulator.unblock_user(&kaltura_types::UserId::new("alice"));
        let get = json!({ "ks": ks, "partnerId": "", "userId": "alice" });
        assert_eq!(emulator.error("user.get", get), "INVALID_USER_ID");
        for action in ["appToken.list", "media.list", "session.get"] {
            assert_eq!(emulator.error(action, json!({ "ks": ks, "partnerId": "" })), Value::Null, "{action}");
        }
    }

    #[test]
    fn a_token_with_empty_privileges_gives_no_stray_comma() {
        let emulator = emulator();
        let token = emulator.add_app_token(AppTokenSeed::new().id("0_empty000").privileges("")).unwrap();
        let response = emulator.call("appToken.startSession", emulator.login(&token, json!({})));
        assert_eq!(response["privileges"], "sessionid:0_empty000,apptoken:0_empty000");
        let login = emulator.login(&token, json!({ "sessionPrivileges": "appid:x" }));
        let response = emulator.call("appToken.startSession", login);
        assert_eq!(response["privileges"], "sessionid:0_empty000,apptoken:0_empty000,appid:x");
    }

    #[test]
    fn a_user_id_that_is_not_utf8_is_false() {
        let emulator = emulator();
        let login = emulator.login(emulator.app_token(), json!({}));
        let field = |name: &str| login[name].as_str().unwrap().replace('=', "%3D");
        let form =
            format!("id={}&tokenHash={}&ks={}&userId=a%FFb", field("id"), field("tokenHash"), field("ks"));
        let request = http::Request::post("/api_v3/service/appToken/action/startSession?format=1");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response: Value = serde_json::from_slice(emulator.send(request, &form).body()).unwrap();
        assert_eq!(response["userId"], false);
        assert_eq!(emulator.opened(&response["ks"]).claims().user().unwrap().as_str(), "0");
    }

    #[test]
    fn a_negative_duration_expires_a_token_with_any_expiry() {
        let emulator = emulator();
        let later = emulator.clock().now().plus_seconds(86_400);
        let start = |seed: AppTokenSeed| {
            let token = emulator.add_app_token(seed).unwrap();
            emulator.call("appToken.startSession", emulator.login(&token, json!({})))
        };
        let negative = || AppTokenSeed::new().duration(-60);
        assert_eq!(start(negative().expiry(later))["code"], "APP_TOKEN_EXPIRED");
        assert_eq!(emulator.life(&start(negative())["ks"]), -60);
    }

    #[test]
    fn a_true_is_an_administrator_and_a_list_an_internal_error() {
        let emulator = emulator();
        let start = |kind: Value| {
            let login = emulator.login(emulator.app_token(), json!({ "type": kind }));
            emulator.call("appToken.startSession", login)
        };
        let response = start(json!(true));
        assert_eq!(response["sessionType"], 1);
        assert!(emulator.opened(&response["ks"]).claims().is_admin());
        assert_eq!(start(json!([2]))["code"], "INTERNAL_SERVERL_ERROR");
    }
}
