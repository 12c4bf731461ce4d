//! What looks wrong with credentials that the server refused.
//!
//! The server says only that the hash does not fit, or that there is no such token. Most of the time the
//! credentials themselves show why.

use kaltura_types::HashType;

use crate::credentials::AppTokenCredentials;

/// Something about credentials that is unlike what the server makes. None of it is forbidden: the login is
/// tried all the same, and only a refusal makes it worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialIssue {
    /// The id looks like a token value, and the value like an id.
    IdAndValueSwapped,
    /// The value has a blank or a line end in it, which is hashed with it.
    BlankInValue,
    /// The value is hex with upper-case letters; the server makes lower-case ones.
    UpperCaseValue,
    /// The value looks like an app token id.
    ValueLooksLikeAnId,
    /// The value is as long as a SHA-1, SHA-256 or SHA-512 hash: a token hash is made anew for each login,
    /// and is not the token.
    ValueLooksLikeAHash,
    /// The value is not 32 hex digits, as the server makes them whatever the hash type.
    UnusualValue,
    /// The id is not of the form that the server makes, such as `0_7jh3eu10`.
    UnusualId,
}

impl CredentialIssue {
    /// What to look at.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::IdAndValueSwapped => "The token id and the token value look swapped.",
            Self::BlankInValue => "The token value has a blank or a line end in it.",
            Self::UpperCaseValue => {
                "The token value has upper-case letters; the server makes lower-case ones."
            }
            Self::ValueLooksLikeAnId => "The token value looks like a token id.",
            Self::ValueLooksLikeAHash => {
                "The token value is as long as a hash: give the token itself, it is hashed here."
            }
            Self::UnusualValue => "The token value is not 32 hex digits, as the server makes them.",
            Self::UnusualId => "The token id is not of the form 0_7jh3eu10.",
        }
    }
}

impl AppTokenCredentials {
    /// What looks wrong with them, before they are tried; the likeliest cause first. None of it is an error.
    ///
    /// ```
    /// # use kaltura_auth::{AppTokenCredentials, CredentialIssue}; use kaltura_types::{HashType, PartnerId};
    /// let value = "3f786850e387550fdab836ed7e6dc881\n";
    /// let token = AppTokenCredentials::new(PartnerId::new(1), "0_7jh3eu10", value, HashType::Sha256);
    /// assert_eq!(token.credential_issues(), [CredentialIssue::BlankInValue]);
    /// ```
    #[must_use]
    pub fn credential_issues(&self) -> Vec<CredentialIssue> {
        credential_issues(self)
    }
}

/// What is unlike what the server makes; the likeliest cause first.
pub(crate) fn credential_issues(credentials: &AppTokenCredentials) -> Vec<CredentialIssue> {
    let (id, value) = (credentials.id(), credentials.value().expose());
    let value_is_an_id = kaltura_types::AppTokenId::new(value).is_well_formed();
    if value_is_an_id && is_hex(id.as_str()) {
        return vec![CredentialIssue::IdAndValueSwapped];
    }
    let mut found = Vec::new();
    if !id.is_well_formed() {
        found.push(CredentialIssue::UnusualId);
    }
    if value.contains(char::is_whitespace) {
        found.push(CredentialIssue::BlankInValue);
    } else if value_is_an_id {
        found.push(CredentialIssue::ValueLooksLikeAnId);
    } else if is_hex(value) && value.contains(|c: char| c.is_ascii_uppercase()) {
        found.push(CredentialIssue::UpperCaseValue);
    } else if is_hex(value) && is_as_long_as_a_hash(value) {
        found.push(CredentialIssue::ValueLooksLikeAHash);
    } else if value.len() != 32 || !is_hex(value) {
        found.push(CredentialIssue::UnusualValue);
    }
    found
}

fn is_hex(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A token value is 32 digits long, as an MD5 is; the other lengths give a hash away.
fn is_as_long_as_a_hash(text: &str) -> bool {
    text.len() != 32 && HashType::ALL.iter().any(|hash_type| hash_type.hex_digits() == text.len())
}

#[cfg(test)]
mod tests {
    use kaltura_types::PartnerId;

    use super::CredentialIssue::{
        BlankInValue, IdAndValueSwapped, UnusualId, UnusualValue, UpperCaseValue, ValueLooksLikeAHash,
        ValueLooksLikeAnId,
    };
    use super::*;

    #[test]
    fn each_mistake_is_named() {
        let hex = "3f786850e387550fdab836ed7e6dc881";
        let cases: [(&str, &str, &[CredentialIssue]); 10] = [
            ("0_7jh3eu10", hex, &[]),
            (hex, "0_7jh3eu10", &[IdAndValueSwapped]),
            ("0_7jh3eu10", "3f786850e387550fdab836ed7e6dc881\n", &[BlankInValue]),
            ("0_7jh3eu10", " 3f786850", &[BlankInValue]),
            ("0_7jh3eu10", "3F786850E387550FDAB836ED7E6DC881", &[UpperCaseValue]),
            ("0_7jh3eu10", "0_abcdefgh", &[ValueLooksLikeAnId]),
            ("0_7jh3eu10", "a9993e364706816aba3e25717850c26c9cd0d89d", &[ValueLooksLikeAHash]),
            ("0_7jh3eu10", "3f786850e387550f", &[UnusualValue]),
            ("0_7jh3eu10", "", &[UnusualValue]),
            ("7jh3eu10 ", hex, &[UnusualId]),
        ];
        for (id, value, expected) in cases {
            let credentials = AppTokenCredentials::new(PartnerId::new(1), id, value, HashType::Sha256);
            assert_eq!(credential_issues(&credentials), expected, "{id} {value}");
        }
    }
}
