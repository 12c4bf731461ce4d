//! Who logs in.

use kaltura_types::{AppToken, AppTokenId, AppTokenValue, HashType, PartnerId};

/// An app token, as its holder has it: id, value and hash type, and the partner it belongs to.
///
/// Cheap to clone; a clone shares the secret. `Debug` does not show it.
///
/// ```
/// # use kaltura_auth::AppTokenCredentials; use kaltura_types::{HashType, PartnerId};
/// let token = AppTokenCredentials::new(
///     PartnerId::new(1234567),
///     "0_7jh3eu10",
///     "3f786850e387550fdab836ed7e6dc881",
///     HashType::Sha256,
/// );
/// assert!(!format!("{token:?}").contains("3f78"));
/// ```
#[derive(Clone, Debug)]
pub struct AppTokenCredentials {
    partner: PartnerId,
    id: AppTokenId,
    value: AppTokenValue,
    hash_type: HashType,
}

impl AppTokenCredentials {
    /// Credentials from their four parts. The value is taken byte for byte: nothing is trimmed.
    ///
    /// `hash_type` is the one that the token was made with; a token that was made without one has
    /// [`HashType::Sha1`] (wire contract, section 3).
    pub fn new(
        partner: PartnerId,
        id: impl Into<AppTokenId>,
        value: impl Into<AppTokenValue>,
        hash_type: HashType,
    ) -> Self {
        Self { partner, id: id.into(), value: value.into(), hash_type }
    }

    /// The credentials in an app token object, as `appToken.add` and `appToken.get` give it. A token without a
    /// hash type has [`HashType::Sha1`]; nothing if it has one that this crate can not compute.
    #[must_use]
    pub fn of(token: &AppToken) -> Option<Self> {
        let hash_type = match &token.hash_type {
            Some(hash_type) => *hash_type.known()?,
            None => HashType::Sha1,
        };
        Some(Self::new(token.partner_id, token.id.clone(), token.token.clone(), hash_type))
    }

    /// The partner that the token belongs to.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner
    }

    /// The public half of the token.
    #[must_use]
    pub const fn id(&self) -> &AppTokenId {
        &self.id
    }

    /// The secret half of the token.
    #[must_use]
    pub const fn value(&self) -> &AppTokenValue {
        &self.value
    }

    /// How the proof is hashed.
    #[must_use]
    pub const fn hash_type(&self) -> HashType {
        self.hash_type
    }

    /// The same token with another hash type.
    #[must_use]
    pub const fn with_hash_type(mut self, hash_type: HashType) -> Self {
        self.hash_type = hash_type;
        self
    }
}
