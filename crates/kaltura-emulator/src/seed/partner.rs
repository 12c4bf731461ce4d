//! A partner of the seed: a Kaltura account.

use kaltura_types::{AdminSecret, PartnerId, UserSecret};
use serde::{Deserialize, Deserializer};

/// A partner, whose secrets are random unless given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PartnerSeed {
    pub(crate) id: PartnerId,
    #[serde(default, rename = "description")]
    _description: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "admin_secrets")]
    pub(crate) admin_secrets: Vec<AdminSecret>,
    #[serde(default, deserialize_with = "user_secret")]
    pub(crate) user_secret: Option<UserSecret>,
    #[serde(default = "two")]
    pub(crate) ks_version: u8,
    #[serde(default)]
    pub(crate) ks_max_expiry: Option<i64>,
    #[serde(default)]
    pub(crate) status: PartnerStatus,
    #[serde(default = "yes")]
    pub(crate) has_anonymous_user: bool,
}

impl PartnerSeed {
    /// An active partner that issues version 2 KSs, of at most a day.
    #[must_use]
    pub const fn new(id: PartnerId) -> Self {
        Self {
            id,
            _description: None,
            admin_secrets: Vec::new(),
            user_secret: None,
            ks_version: 2,
            ks_max_expiry: Some(86_400),
            status: PartnerStatus::Active,
            has_anonymous_user: true,
        }
    }

    /// Adds an admin secret. USER sessions are signed with the first one, and all are good for logging in and
    /// for opening a KS (wire contract, section 6.1).
    #[must_use]
    pub fn admin_secret(mut self, secret: impl Into<AdminSecret>) -> Self {
        self.admin_secrets.push(secret.into());
        self
    }

    /// Sets the user secret.
    #[must_use]
    pub fn user_secret(mut self, secret: impl Into<UserSecret>) -> Self {
        self.user_secret = Some(secret.into());
        self
    }

    /// Lets the partner issue version 1 KSs.
    #[must_use]
    pub const fn issues_version_1(mut self) -> Self {
        self.ks_version = 1;
        self
    }

    /// How many seconds a KS may live at most; `None` for no limit of the partner's own.
    #[must_use]
    pub const fn ks_max_expiry(mut self, seconds: Option<i64>) -> Self {
        self.ks_max_expiry = seconds;
        self
    }

    /// Sets the status.
    #[must_use]
    pub const fn status(mut self, status: PartnerStatus) -> Self {
        self.status = status;
        self
    }

    /// Lets the partner be without its anonymous user. Then `appToken.add` refuses a token without a
    /// `sessionUserId` (wire contract, section 3).
    #[must_use]
    pub const fn without_anonymous_user(mut self) -> Self {
        self.has_anonymous_user = false;
        self
    }
}

/// Whether a partner may use the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PartnerStatus {
    /// It may.
    #[default]
    Active,
    /// Status 2. All its sessions are refused with `SERVICE_FORBIDDEN_CONTENT_BLOCKED`.
    Blocked,
    /// Status 3. To the API the same as blocked.
    ContentBlocked,
}

fn admin_secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AdminSecret>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(AdminSecret::new).collect())
}

fn user_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UserSecret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(UserSecret::new))
}

const fn two() -> u8 {
    2
}

const fn yes() -> bool {
    true
}
