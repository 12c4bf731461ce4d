//! The calls of the service `appToken`.

use super::{AppToken, AppTokenDraft, AppTokenFilter, AppTokenList, Pager};
use crate::action::{Action, Parameters, SetParameter as _};
use crate::{AppTokenId, Lifetime, Privileges, SessionInfo, SessionType, UserId};

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
    use serde_json::Value;

    use super::*;

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
