//! A user of the seed.

use kaltura_types::{PartnerId, UserId};
use serde::Deserialize;

/// A user of a partner. Sessions need none: any user id may be written into a KS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UserSeed {
    pub(crate) partner_id: PartnerId,
    pub(crate) id: UserId,
    #[serde(default)]
    pub(crate) status: UserStatus,
}

impl UserSeed {
    /// An active user.
    #[must_use]
    pub fn new(id: impl Into<UserId>, partner: PartnerId) -> Self {
        Self { partner_id: partner, id: id.into(), status: UserStatus::Active }
    }

    /// Sets the status.
    #[must_use]
    pub const fn status(mut self, status: UserStatus) -> Self {
        self.status = status;
        self
    }
}

/// Whether a user may use the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UserStatus {
    /// The user may.
    #[default]
    Active,
    /// Sessions of the user are refused with `USER_BLOCKED` when they are used.
    Blocked,
    /// The user does not exist any more; sessions in its name still work.
    Deleted,
}
