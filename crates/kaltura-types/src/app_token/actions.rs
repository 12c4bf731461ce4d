//! The actions of the service `appToken`, and the filter and the pages of its list.

use serde_json::{Map, Value, json};

use super::{AppToken, AppTokenDraft, AppTokenList, AppTokenStatus};
use crate::action::{Action, ListAction, Parameters, SetParameter as _};
use crate::secret::SecretText;
use crate::{AppTokenId, Lifetime, Privileges, SessionInfo, SessionType, UnixTime, UserId};

/// `appToken.add`: creates an app token. Needs an ADMIN session (wire contract, section 4.6).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct AddAppToken {
    draft: AppTokenDraft,
}

impl AddAppToken {
    /// Creates an app token with the properties of the draft.
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

/// `appToken.update`: updates the properties that the draft sets. Needs an ADMIN session (wire contract, section 4.6).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct UpdateAppToken {
    id: AppTokenId,
    draft: AppTokenDraft,
}

impl UpdateAppToken {
    /// Updates the token of this id.
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

/// `appToken.get`: returns an app token, including its value. Needs an ADMIN session (wire contract, section 4.7).
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

/// `appToken.list`: returns a page of app tokens, including their values. Needs an ADMIN session (wire contract,
/// section 4.7).
#[derive(Clone, Debug, Default)]
#[must_use = "an action does nothing until it is sent"]
pub struct ListAppTokens {
    filter: Option<AppTokenFilter>,
    pager: Option<Pager>,
}

impl ListAppTokens {
    /// The first page of all app tokens, 30 of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts and sorts the list.
    pub fn filter(mut self, filter: AppTokenFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Selects the page and its size.
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

    fn known_result(&self) -> Option<AppTokenList> {
        let is_empty = self.filter.as_ref().is_some_and(AppTokenFilter::matches_nothing);
        is_empty.then(|| AppTokenList { total_count: 0, objects: Vec::new() })
    }
}

impl ListAction for ListAppTokens {
    type Object = AppToken;
}

/// A filter and the order of a list of app tokens. Deleted app tokens are never listed.
///
/// The server has no filter by hash type or session type, though Kaltura's guides name them (wire contract,
/// section 4.7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a filter does nothing until it is sent"]
pub struct AppTokenFilter {
    members: Map<String, Value>,
}

impl AppTokenFilter {
    /// All app tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the app tokens with these ids. With no ids, the filter matches nothing.
    ///
    /// The server would ignore an empty list and return all app tokens. So a client sends no request with it: the
    /// result is an empty page.
    pub fn ids<'a>(self, ids: impl IntoIterator<Item = &'a AppTokenId>) -> Self {
        let ids: Vec<&str> = ids.into_iter().map(AppTokenId::as_str).collect();
        self.with("idIn", ids.join(","))
    }

    /// Only app tokens with this status.
    pub fn status(self, status: AppTokenStatus) -> Self {
        self.with("statusEqual", status.number())
    }

    /// Only app tokens with this fixed user.
    pub fn session_user_id(self, user: impl Into<UserId>) -> Self {
        self.with("sessionUserIdEqual", user.into().as_str())
    }

    /// Only app tokens created at this time or later.
    pub fn created_since(self, time: UnixTime) -> Self {
        self.with("createdAtGreaterThanOrEqual", time.as_seconds())
    }

    /// Only app tokens created at this time or earlier.
    pub fn created_until(self, time: UnixTime) -> Self {
        self.with("createdAtLessThanOrEqual", time.as_seconds())
    }

    /// Only app tokens updated at this time or later.
    pub fn updated_since(self, time: UnixTime) -> Self {
        self.with("updatedAtGreaterThanOrEqual", time.as_seconds())
    }

    /// Only app tokens updated at this time or earlier.
    pub fn updated_until(self, time: UnixTime) -> Self {
        self.with("updatedAtLessThanOrEqual", time.as_seconds())
    }

    /// Sorts the list. Without it, the order is not defined.
    pub fn order_by(self, order: AppTokenOrder) -> Self {
        self.with("orderBy", order.as_str())
    }

    /// Whether the filter is for the elements of an empty list, so that no app token can match.
    #[must_use]
    pub fn matches_nothing(&self) -> bool {
        self.members.get("idIn").and_then(Value::as_str).is_some_and(str::is_empty)
    }

    fn object(&self) -> Value {
        let mut members = self.members.clone();
        members.insert("objectType".to_owned(), "KalturaAppTokenFilter".into());
        Value::Object(members)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

/// The order of a list of app tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppTokenOrder {
    /// By creation time, the oldest first.
    OldestFirst,
    /// By creation time, the newest first.
    NewestFirst,
    /// By time of the last update, the oldest first.
    LeastRecentlyUpdatedFirst,
    /// By time of the last update, the newest first.
    MostRecentlyUpdatedFirst,
}

impl AppTokenOrder {
    const fn as_str(self) -> &'static str {
        match self {
            Self::OldestFirst => "+createdAt",
            Self::NewestFirst => "-createdAt",
            Self::LeastRecentlyUpdatedFirst => "+updatedAt",
            Self::MostRecentlyUpdatedFirst => "-updatedAt",
        }
    }
}

/// The page of a list: its number and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a pager does nothing until it is sent"]
pub struct Pager {
    index: u32,
    size: u32,
}

impl Pager {
    /// The maximum size of a page.
    pub const MAX_SIZE: u32 = 500;

    /// The page of this number, counted from 1 (0 is taken as 1), with 30 elements a page.
    pub const fn page(index: u32) -> Self {
        Self { index: if index == 0 { 1 } else { index }, size: 30 }
    }

    /// Sets the number of elements a page, clamped to 1 ..= [`Pager::MAX_SIZE`]: for the server, `0` means all
    /// elements in one page.
    pub const fn with_size(self, size: u32) -> Self {
        let size = match size {
            0 => 1,
            size if size > Self::MAX_SIZE => Self::MAX_SIZE,
            size => size,
        };
        Self { index: self.index, size }
    }

    fn object(self) -> Value {
        json!({"pageIndex": self.index, "pageSize": self.size, "objectType": "KalturaFilterPager"})
    }
}

/// `appToken.delete`: deletes an app token and ends its sessions. Needs an ADMIN session (wire contract, section
/// 4.8).
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

/// `appToken.startSession`: the second request of a login (wire contract, section 4.9).
///
/// The request must carry exactly the KS that was hashed. The login flow of the crate `kaltura-auth` computes
/// the hash and sends the request.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct StartAppTokenSession {
    id: AppTokenId,
    hash: SecretText,
    user: Option<UserId>,
    session_type: Option<SessionType>,
    lifetime: Option<Lifetime>,
    privileges: Option<Privileges>,
}

impl StartAppTokenSession {
    /// A session of the token `id`. `token_hash` is the lower-case hex of `HASH(ks ‖ token)`.
    pub fn new(id: AppTokenId, token_hash: impl Into<String>) -> Self {
        let hash = SecretText::new(token_hash.into());
        Self { id, hash, user: None, session_type: None, lifetime: None, privileges: None }
    }

    /// Sets the user. The server ignores it if the token has a fixed user.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the type. The server ignores it if the token has a fixed type.
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = Some(session_type);
        self
    }

    /// Sets the lifetime. The server limits it to the token's session duration and to the token's own expiry.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets privileges in addition to those of the token. The server silently drops most of them (wire contract,
    /// section 5.3).
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

    fn is_repeatable(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_only_the_parameters_that_are_set() {
        let least = StartAppTokenSession::new(AppTokenId::new("0_a"), "ff");
        assert_eq!(Value::Object(least.parameters()), json!({"id": "0_a", "tokenHash": "ff"}));
        assert!(!format!("{least:?}").contains("ff"));
        let most = least
            .user_id("u")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::seconds(60))
            .privileges(Privileges::parse("appid:x"));
        let expected = json!({
            "id": "0_a", "tokenHash": "ff", "userId": "u", "type": 2, "expiry": 60, "sessionPrivileges": "appid:x",
        });
        assert_eq!(Value::Object(most.parameters()), expected);
    }

    #[test]
    fn a_filter_for_no_ids_has_a_known_result() {
        let list = |filter| ListAppTokens::new().filter(filter).known_result().map(|list| list.objects.len());
        assert_eq!(list(AppTokenFilter::new().ids([])), Some(0));
        assert_eq!(list(AppTokenFilter::new().ids([&AppTokenId::new("0_a")])), None);
        assert_eq!(list(AppTokenFilter::new()), None);
    }

    #[test]
    fn a_list_has_only_the_parameters_that_are_set() {
        assert!(ListAppTokens::new().parameters().is_empty());
        let some = ListAppTokens::new()
            .filter(AppTokenFilter::new().session_user_id("u"))
            .pager(Pager::page(2).with_size(10));
        let expected = json!({
            "filter": {"sessionUserIdEqual": "u", "objectType": "KalturaAppTokenFilter"},
            "pager": {"pageIndex": 2, "pageSize": 10, "objectType": "KalturaFilterPager"},
        });
        assert_eq!(Value::Object(some.parameters()), expected);
    }
}
