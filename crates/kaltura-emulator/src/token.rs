//! An app token as a test sees it.

use kaltura_auth::AppTokenCredentials;
use kaltura_types::{AppTokenId, AppTokenValue, HashType, PartnerId};

use super::state;

/// An app token of the emulator, with what a client needs for logging in.
#[derive(Clone, Debug)]
pub struct EmulatedAppToken {
    partner: PartnerId,
    id: AppTokenId,
    value: AppTokenValue,
    hash_type: HashType,
}

impl EmulatedAppToken {
    pub(super) fn of(token: &state::AppToken) -> Self {
        Self {
            partner: token.partner,
            id: AppTokenId::new(token.id.as_str()),
            value: token.value.clone(),
            hash_type: token.effective_hash_type(),
        }
    }

    /// Whose token it is.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &AppTokenId {
        &self.id
    }

    /// The value, which is the secret.
    #[must_use]
    pub const fn value(&self) -> &AppTokenValue {
        &self.value
    }

    /// The hash type; SHA-1 for a token that was stored without one.
    #[must_use]
    pub const fn hash_type(&self) -> HashType {
        self.hash_type
    }

    /// All of it, for an `AppTokenLogin`.
    #[must_use]
    pub fn credentials(&self) -> AppTokenCredentials {
        AppTokenCredentials::new(self.partner, self.id.clone(), self.value.clone(), self.hash_type)
    }
}
