//! A partner of the seed, and what belongs to it: widgets, users, roles and entries.

use kaltura_types::{AdminSecret, PartnerId, UnixTime, UserId, UserSecret, WidgetId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A partner. Its secrets are random unless given.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PartnerSeed {
    pub(crate) id: PartnerId,
    #[serde(default, rename = "description", skip_serializing)]
    _description: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "admin_secrets", serialize_with = "exposed_admin_secrets")]
    pub(crate) admin_secrets: Vec<AdminSecret>,
    #[serde(default, deserialize_with = "user_secret", serialize_with = "exposed_user_secret")]
    pub(crate) user_secret: Option<UserSecret>,
    #[serde(default = "two", deserialize_with = "ks_version")]
    pub(crate) ks_version: u8,
    /// In JSON, absent is the default, and `null` is NULL.
    #[serde(default = "default_maximum")]
    pub(crate) ks_max_expiry: Option<i64>,
    #[serde(default)]
    pub(crate) status: PartnerStatus,
    #[serde(default = "yes")]
    pub(crate) has_anonymous_user: bool,
    #[serde(default = "yes")]
    pub(crate) has_default_widget: bool,
}

impl PartnerSeed {
    /// An active partner that issues version 2 KSs with a lifetime of at most a day.
    #[must_use]
    pub const fn new(id: PartnerId) -> Self {
        Self {
            id,
            _description: None,
            admin_secrets: Vec::new(),
            user_secret: None,
            ks_version: 2,
            ks_max_expiry: default_maximum(),
            status: PartnerStatus::Active,
            has_anonymous_user: true,
            has_default_widget: true,
        }
    }

    /// Adds an admin secret. The first one signs USER sessions; all of them can log in and open a KS (wire contract,
    /// section 6.1).
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

    /// Makes the partner issue version 1 KSs.
    #[must_use]
    pub const fn issues_version_1(mut self) -> Self {
        self.ks_version = 1;
        self
    }

    /// The maximum lifetime of a KS in seconds; `None` for no limit of the partner's own.
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

    /// Removes the partner's anonymous user. Then `appToken.add` refuses a token without `sessionUserId` (wire contract,
    /// section 3).
    #[must_use]
    pub const fn without_anonymous_user(mut self) -> Self {
        self.has_anonymous_user = false;
        self
    }

    /// Removes the partner's default widget, through which any client can start an unprivileged session.
    #[must_use]
    pub const fn without_default_widget(mut self) -> Self {
        self.has_default_widget = false;
        self
    }
}

/// Whether a partner can use the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PartnerStatus {
    /// It can use the API.
    #[default]
    Active,
    /// Status 2. Calls with its sessions get `SERVICE_FORBIDDEN_CONTENT_BLOCKED`.
    Blocked,
    /// Status 3. For the API the same as [`Blocked`](Self::Blocked).
    ContentBlocked,
}

fn admin_secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AdminSecret>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(AdminSecret::new).collect())
}

fn user_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UserSecret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(UserSecret::new))
}

fn ks_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        version @ (1 | 2) => Ok(version),
        _ => Err(D::Error::custom("expected 1 or 2")),
    }
}

fn exposed_admin_secrets<S: Serializer>(secrets: &[AdminSecret], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(secrets.iter().map(AdminSecret::expose))
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn exposed_user_secret<S: Serializer>(secret: &Option<UserSecret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(UserSecret::expose).serialize(serializer)
}

/// The maximum lifetime of a KS of a new partner, in seconds.
const fn default_maximum() -> Option<i64> {
    Some(86_400)
}

/// In the place of a partner id: the first partner of the emulator.
pub(crate) const FIRST_PARTNER: PartnerId = PartnerId::new(0);

const fn first_partner() -> PartnerId {
    FIRST_PARTNER
}

const fn two() -> u8 {
    2
}

const fn yes() -> bool {
    true
}

/// A widget. Any client can start an unprivileged session through it.
///
/// A partner has its default widget unless it is [removed](PartnerSeed::without_default_widget).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WidgetSeed {
    pub(crate) id: WidgetId,
    #[serde(default = "first_partner")]
    pub(crate) partner_id: PartnerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entry_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) privileges: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) privacy_context: Option<String>,
}

impl WidgetSeed {
    /// A widget of a partner.
    #[must_use]
    pub fn new(id: impl Into<WidgetId>, partner: PartnerId) -> Self {
        Self {
            id: id.into(),
            partner_id: partner,
            entry_id: None,
            roles: None,
            privileges: None,
            privacy_context: None,
        }
    }

    /// The default widget of a partner.
    #[must_use]
    pub fn default_of(partner: PartnerId) -> Self {
        Self::new(WidgetId::default_for(partner), partner)
    }

    /// Limits its sessions to an entry: `limitentry` (wire contract, section 4.2).
    #[must_use]
    pub fn entry(mut self, id: impl Into<String>) -> Self {
        self.entry_id = Some(id.into());
        self
    }

    /// Gives its sessions a role: `setrole`.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles = Some(role.into());
        self
    }

    /// Gives its sessions these privileges instead of `view:*`.
    #[must_use]
    pub fn privileges(mut self, privileges: impl Into<String>) -> Self {
        self.privileges = Some(privileges.into());
        self
    }

    /// Gives its sessions a privacy context: `privacycontext`.
    #[must_use]
    pub fn privacy_context(mut self, context: impl Into<String>) -> Self {
        self.privacy_context = Some(context.into());
        self
    }
}

/// A user of a partner. A session does not need one: a KS can contain any user id.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UserSeed {
    #[serde(default = "first_partner")]
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

/// Whether a user can use the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UserStatus {
    /// It can use the API.
    #[default]
    Active,
    /// Calls with sessions of the user get `USER_BLOCKED`.
    Blocked,
    /// The user does not exist any more. Sessions with its id still work.
    Deleted,
}

/// A role. The privilege `setrole` names it by its id or system name.
///
/// A session with `setrole` can call the actions that the role permits, independent of the session type.
///
/// ```
/// # use kaltura_emulator::RoleSeed;
/// let role = RoleSeed::new(7, "TOKEN_READER").permits("appToken.get").permits("appToken.list");
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RoleSeed {
    pub(crate) id: i64,
    pub(crate) system_name: String,
    pub(crate) permits: Vec<String>,
}

impl RoleSeed {
    /// A role that permits no action yet, except those without a session.
    #[must_use]
    pub fn new(id: i64, system_name: impl Into<String>) -> Self {
        Self { id, system_name: system_name.into(), permits: Vec::new() }
    }

    /// Permits an action, named like `appToken.list`. Case is ignored.
    #[must_use]
    pub fn permits(mut self, action: impl Into<String>) -> Self {
        self.permits.push(action.into());
        self
    }

    pub(crate) fn allows(&self, action: &str) -> bool {
        self.permits.iter().any(|permitted| permitted.eq_ignore_ascii_case(action))
    }
}

/// A video that `get` and `list` of the services `media` and `baseEntry` show.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EntrySeed {
    /// Empty for a random one.
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default = "first_partner")]
    pub(crate) partner_id: PartnerId,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<String>,
    /// In seconds.
    #[serde(default)]
    pub(crate) duration: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<UnixTime>,
}

impl EntrySeed {
    /// A video of a partner. It belongs to no user.
    #[must_use]
    pub fn new(id: impl Into<String>, partner: PartnerId, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            partner_id: partner,
            name: name.into(),
            user_id: None,
            description: None,
            tags: None,
            duration: 0,
            created_at: None,
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the user that it belongs to. A USER session lists only the entries of its user, unless it has the privilege
    /// `list:*` (wire contract, section 4.11).
    ///
    /// ```
    /// # use kaltura_emulator::EntrySeed; use kaltura_types::PartnerId;
    /// let entry = EntrySeed::new("0_lecture1", PartnerId::new(1234567), "Lecture 1").user("alice");
    /// ```
    #[must_use]
    pub fn user(mut self, user: impl Into<UserId>) -> Self {
        self.user_id = Some(user.into());
        self
    }

    /// Sets the tags, separated by commas.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<String>) -> Self {
        self.tags = Some(tags.into());
        self
    }

    /// Sets the duration in seconds.
    #[must_use]
    pub const fn duration(mut self, seconds: i64) -> Self {
        self.duration = seconds;
        self
    }

    /// Sets the creation time. The default is the emulator's time when it is built.
    #[must_use]
    pub const fn created_at(mut self, time: UnixTime) -> Self {
        self.created_at = Some(time);
        self
    }

    /// The entries of an emulator without a seed: two of one user, one of another.
    pub(crate) fn samples(partner: PartnerId) -> [Self; 3] {
        let sample = |id: &str, name: &str, user: &str| Self::new(id, partner, name).user(user);
        [
            sample("0_sample01", "Welcome", "nightly-import")
                .description("A first look around")
                .tags("intro"),
            sample("0_sample02", "Lecture 1", "nightly-import").tags("lecture,2026").duration(2_700),
            sample("0_sample03", "Café & <more>", "alice").duration(95),
        ]
    }
}
