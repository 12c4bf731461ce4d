//! Objects and actions of the service `appToken` (wire contract, sections 3 and 4).

mod actions;
mod draft;
mod filter;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

pub use self::actions::{
    AddAppToken, DeleteAppToken, GetAppToken, ListAppTokens, StartAppTokenSession, UpdateAppToken,
};
pub use self::draft::{AppTokenDraft, DraftMistake};
pub use self::filter::{AppTokenFilter, AppTokenOrder, Pager};

use crate::open::{Coded, Open, Scalar};
use crate::{AppTokenId, AppTokenValue, HashType, PartnerId, Privileges, SessionType, UnixTime, UserId};

/// Whether an app token can start sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an answer's status is an Open<AppTokenStatus>")]
pub enum AppTokenStatus {
    /// `1`. No action of the API sets it or takes it away.
    Disabled,
    /// `2`. Sessions can be started, if the token is not past its own end.
    Active,
    /// `3`. Gone, and its sessions with it.
    Deleted,
}

impl AppTokenStatus {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Disabled => 1,
            Self::Active => 2,
            Self::Deleted => 3,
        }
    }
}

impl fmt::Display for AppTokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "DISABLED",
            Self::Active => "ACTIVE",
            Self::Deleted => "DELETED",
        })
    }
}

impl Coded for AppTokenStatus {
    fn from_code(code: &Scalar) -> Option<Self> {
        match code.integer::<serde::de::value::Error>() {
            Ok(1) => Some(Self::Disabled),
            Ok(2) => Some(Self::Active),
            Ok(3) => Some(Self::Deleted),
            _ => None,
        }
    }

    fn code(&self) -> Scalar {
        Scalar::Number(self.number())
    }
}

impl Serialize for AppTokenStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

/// An app token, as the server tells it. What was never set is absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppToken {
    /// The public half.
    pub id: AppTokenId,
    /// The secret half: 32 hex digits, whatever the hash type.
    pub token: AppTokenValue,
    /// Whose it is.
    pub partner_id: PartnerId,
    /// When it was made.
    pub created_at: Option<UnixTime>,
    /// When it was last changed.
    pub updated_at: Option<UnixTime>,
    /// Whether it can start sessions.
    pub status: Open<AppTokenStatus>,
    /// When it stops starting sessions; absent for never. A stored `0` means that it is over already.
    pub expiry: Option<UnixTime>,
    /// The type of all its sessions; absent if the caller may choose.
    pub session_type: Option<Open<SessionType>>,
    /// The user of all its sessions; absent if the caller may choose.
    pub session_user_id: Option<UserId>,
    /// How long its sessions live at most, in seconds. `0` makes sessions that are over on arrival.
    pub session_duration: Option<Seconds>,
    /// What its sessions may do.
    pub session_privileges: Option<Privileges>,
    /// How its proof is hashed; absent means SHA-1.
    pub hash_type: Option<Open<HashType>>,
    /// What a person wrote about it.
    pub description: Option<String>,
}

/// A number of seconds that the server keeps, zero included.
///
/// What is *asked* is a [`Lifetime`](crate::Lifetime), which is never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(i64);

impl Seconds {
    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer)?.integer().map(Self)
    }
}

/// One page of app tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppTokenList {
    /// How many there are in all, on every page.
    pub total_count: i64,
    /// The ones on this page. The server leaves the member out when the filter names an unknown user.
    #[serde(default)]
    pub objects: Vec<AppToken>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_without_optional_members_is_read() {
        let token: AppToken = serde_json::from_str(
            r#"{"id":"0_nohashtyp","token":"55","partnerId":1234567,"createdAt":1795492354,"updatedAt":1795492354,
                "status":2,"sessionDuration":86400,"description":"d","objectType":"KalturaAppToken"}"#,
        )
        .unwrap();
        assert_eq!(token.status, AppTokenStatus::Active.into());
        assert!(token.hash_type.is_none() && token.expiry.is_none() && token.session_type.is_none());
        assert!(!format!("{token:?}").contains("55\""));
    }

    #[test]
    fn a_list_without_objects_is_empty() {
        let list: AppTokenList =
            serde_json::from_str(r#"{"totalCount":0,"objectType":"KalturaAppTokenListResponse"}"#).unwrap();
        assert!(list.objects.is_empty());
    }
}
