//! The credentials of a login: an app token, and what looks wrong with it if the server refuses it.

use kaltura_types::{AppToken, AppTokenId, AppTokenValue, HashType, PartnerId};

/// An app token with its secret value: id, value and hash type, and the partner that it belongs to.
///
/// Cheap to clone; a clone shares the secret. `Debug` does not show it, and equality compares it in constant time.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppTokenCredentials {
    partner: PartnerId,
    id: AppTokenId,
    value: AppTokenValue,
    hash_type: HashType,
}

impl AppTokenCredentials {
    /// Credentials from their four parts. The value is used byte for byte: nothing is trimmed.
    ///
    /// `hash_type` is the one that the token was created with; a token that was created without one has
    /// [`HashType::Sha1`] (wire contract, section 3).
    pub fn new(
        partner: PartnerId,
        id: impl Into<AppTokenId>,
        value: impl Into<AppTokenValue>,
        hash_type: HashType,
    ) -> Self {
        Self { partner, id: id.into(), value: value.into(), hash_type }
    }

    /// The credentials in an app token object, as `appToken.add` and `appToken.get` return it. A token without a
    /// hash type has [`HashType::Sha1`]. `None` if its hash type is not supported by this crate.
    #[must_use]
    pub fn from_app_token(token: &AppToken) -> Option<Self> {
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

    /// The id of the token, which is not secret.
    #[must_use]
    pub const fn id(&self) -> &AppTokenId {
        &self.id
    }

    /// The secret value of the token.
    #[must_use]
    pub const fn value(&self) -> &AppTokenValue {
        &self.value
    }

    /// The hash type of the token.
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

    /// What looks wrong with the credentials, without a request; the most likely cause first. None of it is an error.
    ///
    /// ```
    /// # use kaltura_auth::{AppTokenCredentials, CredentialIssue}; use kaltura_types::{HashType, PartnerId};
    /// let value = "3f786850e387550fdab836ed7e6dc881\n";
    /// let token = AppTokenCredentials::new(PartnerId::new(1), "0_7jh3eu10", value, HashType::Sha256);
    /// assert_eq!(token.credential_issues(), [CredentialIssue::WhitespaceInValue]);
    /// ```
    #[must_use]
    pub fn credential_issues(&self) -> Vec<CredentialIssue> {
        let (id, value) = (&self.id, self.value.expose());
        let value_is_id = AppTokenId::new(value).is_well_formed();
        if value_is_id && is_hex(id.as_str()) {
            return vec![CredentialIssue::IdAndValueSwapped];
        }
        let mut issues = Vec::new();
        if !id.is_well_formed() {
            issues.push(CredentialIssue::UnusualId);
        }
        if value.contains(char::is_whitespace) {
            issues.push(CredentialIssue::WhitespaceInValue);
        } else if value_is_id {
            issues.push(CredentialIssue::ValueLooksLikeId);
        } else if is_hex(value) && value.contains(|c: char| c.is_ascii_uppercase()) {
            issues.push(CredentialIssue::UppercaseValue);
        } else if is_hex(value) && has_hash_length(value) {
            issues.push(CredentialIssue::ValueLooksLikeHash);
        } else if value.len() != 32 || !is_hex(value) {
            issues.push(CredentialIssue::UnusualValue);
        }
        issues
    }
}

/// A property of credentials that differs from what the server generates.
///
/// The server reports only that the hash does not match, or that there is no such token; most of the time the
/// credentials themselves show why. None of the issues prevents a login: they are reported after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialIssue {
    /// The id looks like a token value, and the value like an id.
    IdAndValueSwapped,
    /// The value contains white space or a line break, which is part of what is hashed.
    WhitespaceInValue,
    /// The value is hex with uppercase letters; the server generates lowercase ones.
    UppercaseValue,
    /// The value looks like an app token id.
    ValueLooksLikeId,
    /// The value is as long as a SHA-1, SHA-256 or SHA-512 hash. A token hash is computed for each login and is not
    /// the token.
    ValueLooksLikeHash,
    /// The value is not 32 hex digits, which the server generates for every hash type.
    UnusualValue,
    /// The id does not have the form that the server generates, such as `0_7jh3eu10`.
    UnusualId,
}

impl CredentialIssue {
    /// A sentence that describes the issue.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::IdAndValueSwapped => "The token id and the token value look swapped.",
            Self::WhitespaceInValue => "The token value contains white space or a line break.",
            Self::UppercaseValue => {
                "The token value has uppercase letters; the server generates lowercase ones."
            }
            Self::ValueLooksLikeId => "The token value looks like a token id.",
            Self::ValueLooksLikeHash => {
                "The token value is as long as a hash: use the token itself, it is hashed for each login."
            }
            Self::UnusualValue => "The token value is not 32 hex digits, as the server generates them.",
            Self::UnusualId => "The token id does not have the form 0_7jh3eu10.",
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A token value has 32 digits, as an MD5 hash has; the other lengths are those of hashes only.
fn has_hash_length(text: &str) -> bool {
    text.len() != 32 && HashType::ALL.iter().any(|hash_type| hash_type.hex_digits() == text.len())
}

#[cfg(test)]
mod tests {
    use super::CredentialIssue::{
        IdAndValueSwapped, UnusualId, UnusualValue, UppercaseValue, ValueLooksLikeHash, ValueLooksLikeId,
        WhitespaceInValue,
    };
    use super::*;

    #[test]
    fn each_issue_is_detected() {
        let hex = "3f786850e387550fdab836ed7e6dc881";
        let cases: [(&str, &str, &[CredentialIssue]); 10] = [
            ("0_7jh3eu10", hex, &[]),
            (hex, "0_7jh3eu10", &[IdAndValueSwapped]),
            ("0_7jh3eu10", "3f786850e387550fdab836ed7e6dc881\n", &[WhitespaceInValue]),
            ("0_7jh3eu10", " 3f786850", &[WhitespaceInValue]),
            ("0_7jh3eu10", "3F786850E387550FDAB836ED7E6DC881", &[UppercaseValue]),
            ("0_7jh3eu10", "0_abcdefgh", &[ValueLooksLikeId]),
            ("0_7jh3eu10", "a9993e364706816aba3e25717850c26c9cd0d89d", &[ValueLooksLikeHash]),
            ("0_7jh3eu10", "3f786850e387550f", &[UnusualValue]),
            ("0_7jh3eu10", "", &[UnusualValue]),
            ("7jh3eu10 ", hex, &[UnusualId]),
        ];
        for (id, value, expected) in cases {
            let credentials = AppTokenCredentials::new(PartnerId::new(1), id, value, HashType::Sha256);
            assert_eq!(credentials.credential_issues(), expected, "{id} {value}");
        }
    }
}
