//! An app token of the seed.

use kaltura_types::{
    ApiEnum as _, AppTokenId, AppTokenStatus, AppTokenValue, HashType, PartnerId, Scalar, SessionType,
    UnixTime, UserId,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An app token. Its id and value are random unless given.
///
/// ```
/// # use kaltura_emulator::{AppTokenSeed, Emulator}; use kaltura_types::{HashType, SessionType};
/// let emulator = Emulator::new();
/// let token = emulator.add_app_token(
///     AppTokenSeed::new().hash_type(HashType::Sha512).session_type(SessionType::Admin).duration(600),
/// )?;
/// assert_eq!(token.hash_type(), HashType::Sha512);
/// # Ok::<(), kaltura_emulator::UnknownObject>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AppTokenSeed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<AppTokenId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) partner_id: Option<PartnerId>,
    #[serde(rename = "token", serialize_with = "exposed", skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<AppTokenValue>,
    #[serde(deserialize_with = "hash_type", skip_serializing_if = "Option::is_none")]
    pub(crate) hash_type: Option<HashType>,
    #[serde(
        deserialize_with = "status",
        serialize_with = "status_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) status: Option<AppTokenStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expiry: Option<UnixTime>,
    #[serde(deserialize_with = "session_type", skip_serializing_if = "Option::is_none")]
    pub(crate) session_type: Option<SessionType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_user_id: Option<UserId>,
    /// In JSON, absent is the default, and `null` is NULL.
    #[serde(default = "default_duration")]
    pub(crate) session_duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_privileges: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<UnixTime>,
}

/// The lifetime of the sessions of a token that was created without one, in seconds (wire contract, section 3).
const fn default_duration() -> Option<i64> {
    Some(86_400)
}

impl AppTokenSeed {
    /// An active token of the emulator's first partner, with SHA-256 and a session duration of a day.
    #[must_use]
    pub fn new() -> Self {
        Self { hash_type: Some(HashType::Sha256), session_duration: default_duration(), ..Self::default() }
    }

    /// Sets the id.
    #[must_use]
    pub fn id(mut self, id: impl Into<AppTokenId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the partner that owns the token.
    #[must_use]
    pub const fn partner(mut self, partner: PartnerId) -> Self {
        self.partner_id = Some(partner);
        self
    }

    /// Sets the token value: the secret.
    #[must_use]
    pub fn value(mut self, value: impl Into<AppTokenValue>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Sets the hash type.
    #[must_use]
    pub const fn hash_type(mut self, hash_type: HashType) -> Self {
        self.hash_type = Some(hash_type);
        self
    }

    /// Sets the status.
    #[must_use]
    pub const fn status(mut self, status: AppTokenStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the time at which the token itself expires.
    #[must_use]
    pub const fn expiry(mut self, time: UnixTime) -> Self {
        self.expiry = Some(time);
        self
    }

    /// Sets the type of its sessions. Without one, a login can request any type, including ADMIN.
    #[must_use]
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = Some(session_type);
        self
    }

    /// Sets the user of its sessions.
    #[must_use]
    pub fn user(mut self, user: impl Into<UserId>) -> Self {
        self.session_user_id = Some(user.into());
        self
    }

    /// Sets the lifetime of its sessions in seconds. With 0 they are expired at once, as on the server.
    #[must_use]
    pub const fn duration(mut self, seconds: i64) -> Self {
        self.session_duration = Some(seconds);
        self
    }

    /// Sets the privileges of its sessions, in the format of the API.
    #[must_use]
    pub fn privileges(mut self, privileges: impl Into<String>) -> Self {
        self.session_privileges = Some(privileges.into());
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
}

fn hash_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HashType>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match HashType::from_wire(&Scalar::Text(name)) {
        Some(known) => Ok(Some(known)),
        None => Err(D::Error::custom("expected MD5, SHA1, SHA256 or SHA512")),
    }
}

fn session_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SessionType>, D::Error> {
    let Some(number) = Option::<i64>::deserialize(deserializer)? else { return Ok(None) };
    match SessionType::from_wire(&Scalar::Number(number)) {
        Some(known) => Ok(Some(known)),
        None => Err(D::Error::custom("expected 0 (USER) or 2 (ADMIN)")),
    }
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AppTokenStatus>, D::Error> {
    match Option::<String>::deserialize(deserializer)?.as_deref() {
        None => Ok(None),
        Some("active") => Ok(Some(AppTokenStatus::Active)),
        Some("disabled") => Ok(Some(AppTokenStatus::Disabled)),
        Some("deleted") => Ok(Some(AppTokenStatus::Deleted)),
        Some(_) => Err(D::Error::custom("expected active, disabled or deleted")),
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn exposed<S: Serializer>(value: &Option<AppTokenValue>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(AppTokenValue::expose).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn status_name<S: Serializer>(status: &Option<AppTokenStatus>, serializer: S) -> Result<S::Ok, S::Error> {
    let name = status.map(|status| match status {
        AppTokenStatus::Active => "active",
        AppTokenStatus::Disabled => "disabled",
        AppTokenStatus::Deleted => "deleted",
    });
    name.serialize(serializer)
}
