//! The rows of the database.

use kaltura_types::{
    AdminSecret, AppTokenStatus, AppTokenValue, HashType, PartnerId, SessionType, UnixTime, UserSecret,
};

use crate::seed::{EntrySeed, PartnerStatus, UserSeed, UserStatus, WidgetSeed};

pub(crate) struct Partner {
    pub(crate) id: PartnerId,
    /// At least one. The first signs USER sessions.
    pub(crate) admin_secrets: Vec<AdminSecret>,
    pub(crate) user_secret: UserSecret,
    pub(crate) ks_version: u8,
    /// In seconds.
    pub(crate) ks_max_expiry: Option<i64>,
    pub(crate) status: PartnerStatus,
    pub(crate) has_anonymous_user: bool,
}

impl Partner {
    /// The lifetime that the partner grants where it has no maximum of its own.
    const DEFAULT_MAXIMUM: i64 = 86_400;

    /// The maximum, where it is one: 0 is none.
    pub(crate) fn ks_maximum(&self) -> Option<i64> {
        self.ks_max_expiry.filter(|seconds| *seconds != 0)
    }

    pub(crate) fn ks_maximum_or_default(&self) -> i64 {
        self.ks_maximum().unwrap_or(Self::DEFAULT_MAXIMUM)
    }
}

pub(crate) struct Widget(pub(crate) WidgetSeed);

pub(crate) struct User {
    pub(crate) partner: PartnerId,
    pub(crate) id: String,
    pub(crate) status: UserStatus,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    pub(crate) status_updated_at: Option<UnixTime>,
    pub(crate) deleted_at: Option<UnixTime>,
}

impl User {
    pub(super) fn new(seed: UserSeed, now: UnixTime) -> Self {
        Self::active(seed.partner_id, seed.id.as_str(), now).with_status(seed.status)
    }

    pub(super) fn active(partner: PartnerId, id: &str, now: UnixTime) -> Self {
        Self {
            partner,
            id: id.to_owned(),
            status: UserStatus::Active,
            created_at: now,
            updated_at: now,
            status_updated_at: None,
            deleted_at: None,
        }
    }

    pub(super) const fn with_status(mut self, status: UserStatus) -> Self {
        self.status = status;
        self
    }
}

#[derive(Clone)]
pub(crate) struct AppToken {
    pub(crate) id: String,
    pub(crate) partner: PartnerId,
    pub(crate) value: AppTokenValue,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    pub(crate) status: AppTokenStatus,
    /// Unix time; also 0 and -1 occur.
    pub(crate) expiry: Option<i64>,
    pub(crate) session_type: Option<SessionType>,
    pub(crate) session_user: Option<String>,
    /// In seconds.
    pub(crate) session_duration: Option<i64>,
    pub(crate) session_privileges: Option<String>,
    pub(crate) hash_type: Option<HashType>,
    pub(crate) description: Option<String>,
}

pub(crate) struct Entry {
    pub(crate) seed: EntrySeed,
    pub(crate) created_at: UnixTime,
}

impl Entry {
    pub(super) fn new(seed: EntrySeed, now: UnixTime) -> Self {
        let created_at = seed.created_at.unwrap_or(now);
        Self { seed, created_at }
    }
}
