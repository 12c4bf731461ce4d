//! The properties of an app token to create or to update.

use serde_json::{Map, Value};

use super::AppToken;
use crate::open::{ApiEnum, Open, Scalar};
use crate::{HashType, Lifetime, Privileges, SessionType, UnixTime, UserId};

/// The properties to set on an app token, for `appToken.add` and `appToken.update`.
///
/// A property that is not set keeps its value, or gets the server's default in a new token. A lifetime of `0`
/// cannot be written: the server would store it, and the sessions would be expired on arrival (wire contract,
/// section 3). [`validate`](Self::validate) finds values that the server would accept with another meaning.
///
/// ```
/// # use kaltura_types::{AppTokenDraft, HashType, Lifetime, Privileges};
/// let draft = AppTokenDraft::new()
///     .hash_type(HashType::Sha256)
///     .session_duration(Lifetime::hours(1))
///     .session_privileges(&Privileges::parse("list:*,sview:*"))
///     .description("nightly import");
/// assert!(draft.validate().is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a draft does nothing until it is sent"]
pub struct AppTokenDraft {
    members: Map<String, Value>,
}

/// The server takes an expiry of up to ten years for a duration from now, in seconds (wire contract, section 1.3).
const MAX_RELATIVE_EXPIRY: i64 = 315_360_000;

const EXPIRY: &str = "expiry";
const NO_EXPIRY: &str = "expiry__null";

impl AppTokenDraft {
    /// A draft with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// A draft with all settable properties of a token, to create a copy of it.
    ///
    /// A session duration of zero is not copied: sessions of such a token are expired on arrival.
    ///
    /// ```
    /// # use kaltura_types::{AddAppToken, AppToken, AppTokenDraft};
    /// fn copy(token: &AppToken) -> AddAppToken {
    ///     AddAppToken::new(AppTokenDraft::from_token(token).description("replacement"))
    /// }
    /// ```
    pub fn from_token(token: &AppToken) -> Self {
        let duration = token.session_duration.filter(|duration| duration.get() > 0);
        let settings: [(&str, Option<Value>); 7] = [
            (EXPIRY, token.expiry.map(|time| time.as_seconds().into())),
            ("sessionType", token.session_type.as_ref().map(wire_value)),
            ("sessionUserId", token.session_user_id.as_ref().map(|user| user.as_str().into())),
            ("sessionDuration", duration.map(|duration| duration.get().into())),
            ("sessionPrivileges", token.session_privileges.as_ref().map(|all| all.to_string().into())),
            ("hashType", token.hash_type.as_ref().map(wire_value)),
            ("description", token.description.as_deref().map(Into::into)),
        ];
        let set = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Self { members: set.collect() }
    }

    /// Merges another draft; where both set a property, the value in `changes` wins.
    pub fn merge(mut self, changes: Self) -> Self {
        for (name, value) in changes.members {
            self = self.with(&name, value);
        }
        self
    }

    /// Sets the hash function. The server's default is SHA-1.
    pub fn hash_type(self, hash_type: HashType) -> Self {
        self.with("hashType", hash_type.as_str())
    }

    /// Sets the hash function, unless the draft already has one.
    pub fn hash_type_if_unset(self, hash_type: HashType) -> Self {
        if self.members.contains_key("hashType") { self } else { self.hash_type(hash_type) }
    }

    /// Sets the time from which the token starts no more sessions.
    ///
    /// The server takes a value of up to ten years in seconds for a duration from now (wire contract, section
    /// 1.3), so a time before 1980 cannot be expressed.
    pub fn expiry(self, expiry: UnixTime) -> Self {
        self.with(EXPIRY, expiry.as_seconds())
    }

    /// Removes the expiry: the token never expires.
    pub fn never_expires(self) -> Self {
        self.with(NO_EXPIRY, "")
    }

    /// Sets the fixed type of its sessions. Without it each login may choose the type, also ADMIN.
    pub fn session_type(self, session_type: SessionType) -> Self {
        self.with("sessionType", session_type.number())
    }

    /// Sets the fixed user of its sessions. The server creates the user if it does not exist.
    pub fn session_user_id(self, user: impl Into<UserId>) -> Self {
        self.with("sessionUserId", user.into().as_str())
    }

    /// Sets the maximum lifetime of its sessions.
    pub fn session_duration(self, lifetime: Lifetime) -> Self {
        self.with("sessionDuration", lifetime.as_seconds())
    }

    /// Sets the privileges of its sessions.
    pub fn session_privileges(self, privileges: &Privileges) -> Self {
        self.with("sessionPrivileges", privileges.to_string())
    }

    /// Sets a free text about the token.
    pub fn description(self, description: impl Into<String>) -> Self {
        self.with("description", description.into())
    }

    /// Checks for values that the server would accept with another meaning, or refuse.
    ///
    /// # Errors
    ///
    /// [`InvalidDraft`] for the first such value.
    pub fn validate(&self) -> Result<(), InvalidDraft> {
        if let Some(seconds) = self.number(EXPIRY).filter(|seconds| *seconds <= MAX_RELATIVE_EXPIRY) {
            return Err(InvalidDraft::RelativeExpiry { seconds });
        }
        if self.get_session_user_id() == Some("") {
            return Err(InvalidDraft::EmptyUser);
        }
        Ok(())
    }

    pub(super) fn get_hash_type(&self) -> Option<HashType> {
        self.text("hashType")?.parse().ok()
    }

    /// `None` if it is not set, or the token never expires.
    pub(super) fn get_expiry(&self) -> Option<UnixTime> {
        self.number(EXPIRY).map(UnixTime::from_seconds)
    }

    /// Whether it sets an expiry, or removes it.
    pub(super) fn sets_expiry(&self) -> bool {
        self.members.contains_key(EXPIRY) || self.members.contains_key(NO_EXPIRY)
    }

    /// The number on the wire.
    pub(super) fn get_session_type(&self) -> Option<i64> {
        self.number("sessionType")
    }

    pub(super) fn get_session_user_id(&self) -> Option<&str> {
        self.text("sessionUserId")
    }

    /// In seconds.
    pub(super) fn get_session_duration(&self) -> Option<i64> {
        self.number("sessionDuration")
    }

    pub(super) fn get_session_privileges(&self) -> Option<Privileges> {
        let text = self.text("sessionPrivileges")?;
        Some(if text.is_empty() { Privileges::none() } else { Privileges::parse(text) })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.members.get(name)?.as_i64()
    }

    /// Sets a member, and removes the one that contradicts it.
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        match name {
            EXPIRY => self.members.remove(NO_EXPIRY),
            NO_EXPIRY => self.members.remove(EXPIRY),
            _ => None,
        };
        self.members.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn object(&self) -> Value {
        let mut members = self.members.clone();
        members.insert("objectType".to_owned(), "KalturaAppToken".into());
        Value::Object(members)
    }
}

/// The value on the wire.
fn wire_value<T: ApiEnum>(member: &Open<T>) -> Value {
    match member.to_wire() {
        Scalar::Number(number) => number.into(),
        Scalar::Text(text) => text.into(),
    }
}

/// A value in a draft that the server would accept with another meaning, or refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDraft {
    /// The server would take the expiry for a duration from now. Zero or less means already expired, not never.
    #[error(
        "the server takes the expiry {seconds} for a duration from now; leave it out if the token must not expire"
    )]
    RelativeExpiry {
        /// The expiry in the draft.
        seconds: i64,
    },
    /// The fixed user is an empty string, which the server refuses.
    #[error("the user of the sessions is empty; leave it out if each login may choose")]
    EmptyUser,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Action as _, AddAppToken};

    #[test]
    fn a_draft_has_only_the_properties_that_are_set() {
        let draft = AppTokenDraft::new().hash_type(HashType::Sha256).session_duration(Lifetime::hours(1));
        let parameters = AddAppToken::new(draft).parameters();
        let expected =
            json!({"hashType": "SHA256", "sessionDuration": 3600, "objectType": "KalturaAppToken"});
        assert_eq!(parameters["appToken"], expected);
    }

    #[test]
    fn the_last_setting_of_the_expiry_wins() {
        let soon = UnixTime::from_seconds(1_800_000_000);
        let never = AppTokenDraft::new().expiry(soon).never_expires();
        assert_eq!(never.object(), json!({"expiry__null": "", "objectType": "KalturaAppToken"}));
        let again = never.merge(AppTokenDraft::new().expiry(soon));
        assert_eq!(again.object(), json!({"expiry": 1_800_000_000, "objectType": "KalturaAppToken"}));
    }

    #[test]
    fn a_copy_has_all_settable_properties_and_no_others() {
        let token: AppToken = serde_json::from_value(json!({
            "id": "0_a", "token": "55", "partnerId": 7, "createdAt": 1, "updatedAt": 2, "status": 2,
            "expiry": 1_800_000_000, "sessionType": 2, "sessionUserId": "u", "sessionDuration": 60,
            "sessionPrivileges": "list:*,sview:0_a", "hashType": "SHA3", "description": "d",
        }))
        .unwrap();
        let expected = json!({
            "expiry": 1_800_000_000, "sessionType": 2, "sessionUserId": "u", "sessionDuration": 60,
            "sessionPrivileges": "list:*,sview:0_a", "hashType": "SHA3", "description": "d",
            "objectType": "KalturaAppToken",
        });
        assert_eq!(AppTokenDraft::from_token(&token).object(), expected);

        let bare: AppToken = serde_json::from_value(
            json!({"id": "0_a", "token": "55", "partnerId": 7, "status": 2, "sessionDuration": 0}),
        )
        .unwrap();
        assert_eq!(AppTokenDraft::from_token(&bare).object(), json!({"objectType": "KalturaAppToken"}));
    }

    #[test]
    fn values_that_the_server_would_misread_are_refused() {
        let expiring = |seconds| AppTokenDraft::new().expiry(UnixTime::from_seconds(seconds)).validate();
        for seconds in [-1, 0, 3600, 315_360_000] {
            assert_eq!(expiring(seconds), Err(InvalidDraft::RelativeExpiry { seconds }));
        }
        assert_eq!(expiring(315_360_001), Ok(()));
        assert_eq!(AppTokenDraft::new().never_expires().validate(), Ok(()));
        assert_eq!(AppTokenDraft::new().session_user_id("").validate(), Err(InvalidDraft::EmptyUser));
    }

    #[test]
    fn a_default_hash_type_does_not_replace_one_that_is_set() {
        let set = AppTokenDraft::new().hash_type(HashType::Sha512).hash_type_if_unset(HashType::Sha256);
        assert_eq!(set.object()["hashType"], "SHA512");
        assert_eq!(AppTokenDraft::new().hash_type_if_unset(HashType::Sha256).object()["hashType"], "SHA256");
    }
}
