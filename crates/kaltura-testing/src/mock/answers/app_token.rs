//! Answers of the service `appToken` that hold app tokens (wire contract, section 3).

use kaltura_types::{
    AppTokenId, AppTokenStatus, AppTokenValue, HashType, PartnerId, SessionType, UnixTime, UserId,
};
use serde_json::{Value, json};

use super::{Answer, AnyResult, SERVER_TIME};

/// The answer to `appToken.get`, `add` and `update`.
#[derive(Clone, Copy, Debug)]
pub struct AppTokenResult(());

/// An active app token with the hash type SHA-1 and sessions of a day, as `appToken.add` makes it when
/// nothing is asked.
pub fn app_token(
    partner: PartnerId,
    id: impl Into<AppTokenId>,
    token: impl Into<AppTokenValue>,
) -> Answer<AppTokenResult> {
    // The order is the server's; nulls keep a place and are not sent.
    let object = json!({
        "id": id.into().as_str(),
        "token": token.into().expose(),
        "partnerId": partner.get(),
        "createdAt": SERVER_TIME.as_seconds(),
        "updatedAt": SERVER_TIME.as_seconds(),
        "status": AppTokenStatus::Active.number(),
        "expiry": Value::Null,
        "sessionType": Value::Null,
        "sessionUserId": Value::Null,
        "sessionDuration": 86_400,
        "sessionPrivileges": Value::Null,
        "hashType": HashType::Sha1.as_str(),
        "description": Value::Null,
        "objectType": "KalturaAppToken",
    });
    Answer::of_json(AppTokenResult(()), object)
}

impl Answer<AppTokenResult> {
    /// Whether it can start sessions.
    pub fn token_status(self, status: AppTokenStatus) -> Self {
        self.with("status", status.number())
    }

    /// How its proof is hashed.
    pub fn hash_type(self, hash_type: HashType) -> Self {
        self.with("hashType", hash_type.as_str())
    }

    /// When it stops starting sessions.
    pub fn expires_at(self, time: UnixTime) -> Self {
        self.with("expiry", time.as_seconds())
    }

    /// The type of all its sessions.
    pub fn session_type(self, session_type: SessionType) -> Self {
        self.with("sessionType", session_type.number())
    }

    /// The user of all its sessions.
    pub fn session_user(self, user: impl Into<UserId>) -> Self {
        self.with("sessionUserId", user.into().as_str())
    }

    /// How long its sessions live, in seconds.
    pub fn session_duration(self, seconds: i64) -> Self {
        self.with("sessionDuration", seconds)
    }

    /// What its sessions may do, in the form that the API has it in: `sview:*,edit:0_abc`.
    pub fn session_privileges(self, privileges: impl ToString) -> Self {
        self.with("sessionPrivileges", privileges.to_string())
    }

    /// What a person wrote about it.
    pub fn description(self, description: &str) -> Self {
        self.with("description", description)
    }
}

/// A page of app tokens that has them all.
///
/// For one page of many say how many there are: `.with("totalCount", 40)`.
pub fn app_token_list(tokens: impl IntoIterator<Item = Answer<AppTokenResult>>) -> Answer {
    let objects: Vec<Value> = tokens.into_iter().map(|token| token.result_value()).collect();
    let list = json!({
        "totalCount": objects.len(),
        "objects": objects,
        "objectType": "KalturaAppTokenListResponse",
    });
    Answer::of_json(AnyResult(()), list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{AppTokenList, payload};

    #[test]
    fn a_token_reads_as_it_was_said() {
        let token = app_token(PartnerId::new(7), "0_abcdefgh", "3f78")
            .hash_type(HashType::Sha256)
            .token_status(AppTokenStatus::Disabled)
            .expires_at(UnixTime::from_seconds(9))
            .session_type(SessionType::Admin)
            .session_user("alice")
            .session_duration(60)
            .session_privileges("sview:*")
            .description("for the tests");
        let response: WireResponse = app_token_list([token]).into();
        let list: AppTokenList = payload::decode(response.body()).unwrap();
        let token = &list.objects[0];
        assert_eq!((list.total_count, token.id.as_str(), token.token.expose()), (1, "0_abcdefgh", "3f78"));
        assert_eq!(token.hash_type, Some(HashType::Sha256.into()));
        assert_eq!(token.status, AppTokenStatus::Disabled.into());
        assert_eq!(token.expiry, Some(UnixTime::from_seconds(9)));
        assert_eq!(token.session_type, Some(SessionType::Admin.into()));
        assert_eq!(token.session_user_id, Some("alice".into()));
        assert_eq!(token.session_duration.unwrap().get(), 60);
        assert_eq!(token.session_privileges.as_ref().unwrap().to_string(), "sview:*");
        assert_eq!(token.description.as_deref(), Some("for the tests"));
    }

    #[test]
    fn what_was_never_set_is_absent() {
        let response: WireResponse = app_token(PartnerId::new(7), "0_k3lglus4", "746b").into();
        assert_eq!(
            String::from_utf8_lossy(response.body()),
            r#"{"id":"0_k3lglus4","token":"746b","partnerId":7,"createdAt":1795493355,"updatedAt":1795493355,"status":2,"sessionDuration":86400,"hashType":"SHA1","objectType":"KalturaAppToken"}"#
        );
    }
}
