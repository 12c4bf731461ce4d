//! Objects and actions of the service `appToken` (wire contract, sections 3 and 4).

mod actions;
mod draft;
mod warnings;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

pub use self::actions::{
    AddAppToken, AppTokenFilter, AppTokenOrder, DeleteAppToken, GetAppToken, ListAppTokens, Pager,
    StartAppTokenSession, UpdateAppToken,
};
pub use self::draft::{AppTokenDraft, InvalidDraft};
pub use self::warnings::AppTokenWarning;

use crate::open::{ApiEnum, Open, Scalar};
use crate::{
    AppTokenId, AppTokenValue, HashType, PartnerId, Privileges, SessionType, UnixTime, UserId, privileges,
};

/// The status of an app token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the status in a response is an Open<AppTokenStatus>")]
pub enum AppTokenStatus {
    /// `1` on the wire. No action of the API sets or clears it.
    Disabled,
    /// `2` on the wire. The token starts sessions until it expires.
    Active,
    /// `3` on the wire. The token and all its sessions are invalid.
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

impl ApiEnum for AppTokenStatus {
    fn from_wire(code: &Scalar) -> Option<Self> {
        match code.integer::<serde::de::value::Error>() {
            Ok(1) => Some(Self::Disabled),
            Ok(2) => Some(Self::Active),
            Ok(3) => Some(Self::Deleted),
            _ => None,
        }
    }

    fn to_wire(&self) -> Scalar {
        Scalar::Number(self.number())
    }
}

impl Serialize for AppTokenStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

/// An app token, as the server returns it. A property that was never set is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppToken {
    /// The id.
    pub id: AppTokenId,
    /// The secret value: 32 hex digits, for every hash type.
    pub token: AppTokenValue,
    /// The partner that owns the token.
    pub partner_id: PartnerId,
    /// When it was created.
    pub created_at: Option<UnixTime>,
    /// When it was last updated.
    pub updated_at: Option<UnixTime>,
    /// Whether it starts sessions.
    pub status: Open<AppTokenStatus>,
    /// The time from which it starts no more sessions; `None` for never. A stored `0` means already expired.
    pub expiry: Option<UnixTime>,
    /// The fixed type of its sessions; `None` if each login may choose.
    pub session_type: Option<Open<SessionType>>,
    /// The fixed user of its sessions; `None` if each login may choose.
    pub session_user_id: Option<UserId>,
    /// The maximum lifetime of its sessions. With `0`, its sessions are expired on arrival.
    pub session_duration: Option<Seconds>,
    /// The privileges of its sessions.
    #[serde(default, deserialize_with = "privileges::from_server")]
    pub session_privileges: Option<Privileges>,
    /// The hash function of its token hash; `None` means SHA-1.
    pub hash_type: Option<Open<HashType>>,
    /// A free text about the token.
    pub description: Option<String>,
}

/// A duration in seconds that the server has stored, which may be zero.
///
/// A duration in a request is a [`Lifetime`](crate::Lifetime), which is never zero.
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppTokenList {
    /// The number of app tokens on all pages together.
    pub total_count: i64,
    /// The app tokens of this page. The server omits the member if the filter has an unknown user.
    #[serde(default)]
    pub objects: Vec<AppToken>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_members_may_be_absent() {
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
