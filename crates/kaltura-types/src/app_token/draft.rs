//! What an app token should be like, for `appToken.add` and `appToken.update`.

use serde_json::{Map, Value};

use super::AppToken;
use crate::open::{Coded, Open, Scalar};
use crate::{HashType, Lifetime, Privileges, SessionType, UnixTime, UserId};

/// What is to be set on an app token; what is not mentioned stays as it is, or gets the server's default.
///
/// There is no way to write the server's traps: `0` for "never" or "default" makes a token that is over,
/// or sessions that are (wire contract, section 3). What can be written and would not do what it says is told by
/// [`mistake`](Self::mistake).
///
/// ```
/// # use kaltura_types::{AppTokenDraft, HashType, Lifetime, Privileges};
/// let draft = AppTokenDraft::new()
///     .hash_type(HashType::Sha256)
///     .session_duration(Lifetime::hours(1))
///     .session_privileges(&Privileges::parse("list:*,sview:*"))
///     .description("nightly import");
/// assert_eq!(draft.mistake(), None);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a draft does nothing until it is sent"]
pub struct AppTokenDraft {
    members: Map<String, Value>,
}

/// Up to this many seconds the server takes an expiry for a duration: ten years (wire contract, section 1.3).
const LONGEST_RELATIVE: i64 = 315_360_000;

const EXPIRY: &str = "expiry";
const NO_EXPIRY: &str = "expiry__null";

impl AppTokenDraft {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// All the settings of a token, for another one like it.
    ///
    /// A session duration of zero is left out: it is a trap, not a setting, and makes sessions that are over on
    /// arrival.
    ///
    /// ```
    /// # use kaltura_types::{AddAppToken, AppToken, AppTokenDraft};
    /// fn twin(token: &AppToken) -> AddAppToken {
    ///     AddAppToken::new(AppTokenDraft::like(token).description("the new one"))
    /// }
    /// ```
    pub fn like(token: &AppToken) -> Self {
        let duration = token.session_duration.filter(|duration| duration.get() > 0);
        let settings: [(&str, Option<Value>); 7] = [
            (EXPIRY, token.expiry.map(|time| time.as_seconds().into())),
            ("sessionType", token.session_type.as_ref().map(code)),
            ("sessionUserId", token.session_user_id.as_ref().map(|user| user.as_str().into())),
            ("sessionDuration", duration.map(|duration| duration.get().into())),
            ("sessionPrivileges", token.session_privileges.as_ref().map(|all| all.to_string().into())),
            ("hashType", token.hash_type.as_ref().map(code)),
            ("description", token.description.as_deref().map(Into::into)),
        ];
        let set = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Self { members: set.collect() }
    }

    /// The same, with what `changes` mentions instead.
    pub fn and(mut self, changes: Self) -> Self {
        for (name, value) in changes.members {
            self = self.with(&name, value);
        }
        self
    }

    /// How the proof is hashed. The server's default is SHA-1.
    pub fn hash_type(self, hash_type: HashType) -> Self {
        self.with("hashType", hash_type.as_str())
    }

    /// How the proof is hashed, unless that was said.
    pub fn hash_type_if_unset(self, hash_type: HashType) -> Self {
        if self.members.contains_key("hashType") { self } else { self.hash_type(hash_type) }
    }

    /// When the token stops starting sessions.
    ///
    /// The server takes a value of up to ten years for a duration from now (wire contract, section 1.3);
    /// points in time before 1980 can therefore not be said, and are of no use.
    pub fn expiry(self, expiry: UnixTime) -> Self {
        self.with(EXPIRY, expiry.as_seconds())
    }

    /// Takes an earlier expiry away: the token never stops by itself.
    pub fn never_expires(self) -> Self {
        self.with(NO_EXPIRY, "")
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

    /// What the server would take and make something else of than it says.
    #[must_use]
    pub fn mistake(&self) -> Option<DraftMistake> {
        let expiry = self.members.get(EXPIRY).and_then(Value::as_i64);
        if let Some(seconds) = expiry.filter(|seconds| *seconds <= LONGEST_RELATIVE) {
            return Some(DraftMistake::ExpiryIsNoTime { seconds });
        }
        let user = self.members.get("sessionUserId").and_then(Value::as_str);
        (user == Some("")).then_some(DraftMistake::EmptyUser)
    }

    /// Sets a member, and takes away the one that says the opposite.
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

/// What the API calls a member of a set, known or not.
fn code<T: Coded>(member: &Open<T>) -> Value {
    let code = match member {
        Open::Known(known) => known.code(),
        Open::Other(code) => code.clone(),
    };
    match code {
        Scalar::Number(number) => number.into(),
        Scalar::Text(text) => text.into(),
    }
}

/// What a draft says that the server would take for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftMistake {
    /// The expiry is no point in time but what the server takes for a duration from now; zero or less means "over
    /// at once", and never "never".
    #[error(
        "the server takes the expiry {seconds} for a duration from now; leave it out if the token shall not expire"
    )]
    ExpiryIsNoTime {
        /// What was said.
        seconds: i64,
    },
    /// The user of the sessions is an empty text, which the server refuses. Leave it out for nobody in particular.
    #[error("the user of the sessions is empty; leave it out if the caller may choose")]
    EmptyUser,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Action as _, AddAppToken};

    #[test]
    fn a_draft_holds_what_was_set_and_nothing_else() {
        let draft = AppTokenDraft::new().hash_type(HashType::Sha256).session_duration(Lifetime::hours(1));
        let parameters = AddAppToken::new(draft).parameters();
        let expected =
            json!({"hashType": "SHA256", "sessionDuration": 3600, "objectType": "KalturaAppToken"});
        assert_eq!(parameters["appToken"], expected);
    }

    #[test]
    fn the_later_word_on_the_expiry_holds() {
        let soon = UnixTime::from_seconds(1_800_000_000);
        let never = AppTokenDraft::new().expiry(soon).never_expires();
        assert_eq!(never.object(), json!({"expiry__null": "", "objectType": "KalturaAppToken"}));
        let again = never.and(AppTokenDraft::new().expiry(soon));
        assert_eq!(again.object(), json!({"expiry": 1_800_000_000, "objectType": "KalturaAppToken"}));
    }

    #[test]
    fn a_twin_has_all_settings_and_nothing_that_the_server_gives() {
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
        assert_eq!(AppTokenDraft::like(&token).object(), expected);

        let bare: AppToken = serde_json::from_value(
            json!({"id": "0_a", "token": "55", "partnerId": 7, "status": 2, "sessionDuration": 0}),
        )
        .unwrap();
        assert_eq!(AppTokenDraft::like(&bare).object(), json!({"objectType": "KalturaAppToken"}));
    }

    #[test]
    fn what_the_server_would_take_for_something_else_is_a_mistake() {
        let expiring = |seconds| AppTokenDraft::new().expiry(UnixTime::from_seconds(seconds)).mistake();
        for seconds in [-1, 0, 3600, 315_360_000] {
            assert_eq!(expiring(seconds), Some(DraftMistake::ExpiryIsNoTime { seconds }));
        }
        assert_eq!(expiring(315_360_001), None);
        assert_eq!(AppTokenDraft::new().never_expires().mistake(), None);
        assert_eq!(AppTokenDraft::new().session_user_id("").mistake(), Some(DraftMistake::EmptyUser));
    }

    #[test]
    fn a_hash_type_that_was_said_stays() {
        let said = AppTokenDraft::new().hash_type(HashType::Sha512).hash_type_if_unset(HashType::Sha256);
        assert_eq!(said.object()["hashType"], "SHA512");
        assert_eq!(AppTokenDraft::new().hash_type_if_unset(HashType::Sha256).object()["hashType"], "SHA256");
    }
}
