//! The calls of the service `appToken`.

use serde_json::{Map, Value};

use super::{AppToken, AppTokenFilter, AppTokenList, Pager};
use crate::action::{Action, Parameters, SetParameter as _};
use crate::{AppTokenId, HashType, Lifetime, Privileges, SessionInfo, SessionType, UnixTime, UserId};

/// What is to be set on an app token; what is not mentioned stays as it is, or gets the server's default.
///
/// There is no way to write the server's traps: `0` for "never" or "default" makes a token that is over,
/// or sessions that are (wire contract, section 3).
#[derive(Clone, Debug, Default)]
#[must_use = "a draft does nothing until it is sent"]
pub struct AppTokenDraft {
    members: Map<String, Value>,
}

impl AppTokenDraft {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the proof is hashed. The server's default is SHA-1.
    pub fn hash_type(self, hash_type: HashType) -> Self {
        self.with("hashType", hash_type.as_str())
    }

    /// When the token stops starting sessions.
    ///
    /// The server takes a value of up to ten years for a duration from now (wire contract, section 1.3);
    /// points in time before 1980 can therefore not be said, and are of no use.
    pub fn expiry(self, expiry: UnixTime) -> Self {
        self.with("expiry", expiry.as_seconds())
    }

    /// Takes an earlier expiry away: the token never stops by itself.
    pub fn never_expires(self) -> Self {
        self.with("expiry__null", "")
    }

    /// The type of all its sessions. Without it the caller may choose, ADMIN too.
    pub fn session_type(self, session_type: SessionType) -> Self {
        self.with("sessionType", session_type.number())
    }

    /// The user of all its sessions. The server makes the user if there is none.
    pub fn session_user_id(self, user: impl Into<UserId>) -> Self {
        self.with("sessionUserId", user.into().as_str())
    }

    /// How long its sessions live at most.
    pub fn session_duration(self, lifetime: Lifetime) -> Self {
        self.with("sessionDuration", lifetime.as_seconds())
    }

    /// What its sessions may do.
    pub fn session_privileges(self, privileges: &Privileges) -> Self {
        self.with("sessionPrivileges", privileges.to_string())
    }

    /// What a person should know about it.
    pub fn description(self, description: impl Into<String>) -> Self {
        self.with("description", description.into())
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn object(&self) -> Value {
        let mut members = self.members.clone();
        members.insert("objectType".to_owned(), "KalturaAppToken".into());
        Value::Object(members)
    }
}

/// `appToken.add`: makes an app token. Needs an ADMIN session (wire contract, section 4.6).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct AddAppToken {
    draft: AppTokenDraft,
}

impl AddAppToken {
    /// Makes one like this.
    pub const fn new(draft: AppTokenDraft) -> Self {
        Self { draft }
    }
}

impl Action for AddAppToken {
    type Output = AppToken;

    fn service(&self) -> &'static str {
        "appToken"
    }

    fn action(&self) -> &'static str {
        "add"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("appToken", Some(self.draft.object()));
        parameters
    }
}

/// `appToken.update`: changes what the draft mentions. Needs an ADMIN session (wire contract, section 4.6).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct UpdateAppToken {
    id: AppTokenId,
    draft: AppTokenDraft,
}

impl UpdateAppToken {
    /// Changes the token of this id.
    pub const fn new(id: AppTokenId, draft: AppTokenDraft) -> Self {
        Self { id, draft }
    }
}

impl Action for UpdateAppToken {
    type Output = AppToken;

    fn service(&self) -> &'static str {
        "appToken"
    }

    fn action(&self) -> &'static str {
        "update"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("id", Some(self.id.as_str()));
        parameters.set("appToken", Some(self.draft.object()));
        parameters
    }
}

/// `appToken.get`: one app token, its value included. Needs an ADMIN session (wire contract, section 4.7).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct GetAppToken {
    id: AppTokenId,
}

impl GetAppToken {
    /// The token of this id.
    pub const fn new(id: AppTokenId) -> Self {
        Self { id }
    }
}

impl Action for GetAppToken {
    type Output = AppToken;

    fn service(&self) -> &'static str {
        "appToken"
    }

    fn action(&self) -> &'static str {
        "get"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("id", Some(self.id.as_str()));
        parameters
    }
}

/// `appToken.list`: a page of app tokens, their values included. Needs an ADMIN session (wire contract, section 4.7).
#[derive(Clone, Debug, Default)]
#[must_use = "an action does nothing until it is sent"]
pub struct ListAppTokens {
    filter: Option<AppTokenFilter>,
    pager: Option<Pager>,
}

impl ListAppTokens {
    /// The first 30 of all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only some of them.
    pub fn filter(mut self, filter: AppTokenFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Another page.
    pub const fn pager(mut self, pager: Pager) -> Self {
        self.pager = Some(pager);
        self
    }
}

impl Action for ListAppTokens {
    type Output = AppTokenList;

    fn service(&self) -> &'static str {
        "appToken"
    }

    fn action(&self) -> &'static str {
        "list"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("filter", self.filter.as_ref().map(AppTokenFilter::object));
        parameters.set("pager", self.pager.map(Pager::object));
        parameters
    }
}

/// `appToken.delete`: deletes an app token; its sessions die with it. Needs an ADMIN session (wire contract, section 4.8).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct DeleteAppToken {
    id: AppTokenId,
}

impl DeleteAppToken {
    /// Deletes the token of this id.
    pub const fn new(id: AppTokenId) -> Self {
        Self { id }
    }
}

impl Action for DeleteAppToken {
    type Output = ();

    fn service(&self) -> &'static str {
        "appToken"
    }

    fn action(&self) -> &'static str {
        "delete"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("id", Some(self.id.as_str()));
        parameters
    }
}

/// `appToken.startSession`: the second half of a login (wire contract, section 4.9).
///
/// It goes with the very KS that the hash was made from. The hash is made by the crate `kaltura-auth`,
/// whose login flow does all of this.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct StartAppTokenSession {
    id: AppTokenId,
    hash: crate::secret::SecretText,
    user: Option<UserId>,
    session_type: Option<SessionType>,
    lifetime: Option<Lifetime>,
    privileges: Option<Privileges>,
}

impl StartAppTokenSession {
    /// A session of the token `id`, proven by `token_hash`: lower-case hex of `HASH(ks ‖ token)`.
    pub fn new(id: AppTokenId, token_hash: impl Into<String>) -> Self {
        let hash = crate::secret::SecretText::new(token_hash.into());
        Self { id, hash, user: None, session_type: None, lifetime: None, privileges: None }
    }

    /// Whose session it is. Ignored if the token has a user of its own.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// USER or ADMIN. Ignored if the token has a type of its own.
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = Some(session_type);
        self
    }

    /// How long it may live; the token's own duration and end cap it.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// What it may do besides. The server drops most of it in silence (wire contract, section 5.3).
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }
}

impl Action for StartAppTokenSession {
    type Output = SessionInfo;

    fn service(&self) -> &'static str {
        "appToken"
    }

    fn action(&self) -> &'static str {
        "startSession"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("id", Some(self.id.as_str()));
        parameters.set("tokenHash", Some(self.hash.expose()));
        parameters.set("userId", self.user.as_ref().map(UserId::as_str));
        parameters.set("type", self.session_type.map(SessionType::number));
        parameters.set("expiry", self.lifetime.map(Lifetime::as_seconds));
        parameters.set("sessionPrivileges", self.privileges.as_ref().map(ToString::to_string));
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_holds_what_was_set_and_nothing_else() {
        let draft = AppTokenDraft::new().hash_type(HashType::Sha256).session_duration(Lifetime::hours(1));
        let parameters = AddAppToken::new(draft).parameters();
        let expected = serde_json::json!({"hashType": "SHA256", "sessionDuration": 3600, "objectType": "KalturaAppToken"});
        assert_eq!(parameters["appToken"], expected);
    }

    #[test]
    fn a_login_holds_what_was_set_and_nothing_else() {
        let least = StartAppTokenSession::new(AppTokenId::new("0_a"), "ff");
        assert_eq!(Value::Object(least.parameters()), serde_json::json!({"id": "0_a", "tokenHash": "ff"}));
        assert!(!format!("{least:?}").contains("ff"));
        let most = least
            .user_id("u")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::seconds(60))
            .privileges(Privileges::parse("appid:x"));
        let expected = serde_json::json!({
            "id": "0_a", "tokenHash": "ff", "userId": "u", "type": 2, "expiry": 60, "sessionPrivileges": "appid:x",
        });
        assert_eq!(Value::Object(most.parameters()), expected);
    }

    #[test]
    fn a_list_asks_for_what_was_set_and_nothing_else() {
        assert!(ListAppTokens::new().parameters().is_empty());
        let some = ListAppTokens::new()
            .filter(AppTokenFilter::new().session_user_id("u"))
            .pager(Pager::page(2).with_size(10));
        let expected = serde_json::json!({
            "filter": {"sessionUserIdEqual": "u", "objectType": "KalturaAppTokenFilter"},
            "pager": {"pageIndex": 2, "pageSize": 10, "objectType": "KalturaFilterPager"},
        });
        assert_eq!(Value::Object(some.parameters()), expected);
    }
}
