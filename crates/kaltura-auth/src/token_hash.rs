//! The token hash, which proves the possession of an app token without sending it.

use std::fmt;

use digest::Digest;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use kaltura_types::{AppTokenValue, HashType, Ks, KsIssue};

/// The parameter `tokenHash` of `appToken.startSession`: lowercase hex of `HASH(ks ‖ token)`.
///
/// A hash is valid only for the KS that it was computed from, so it must be sent with exactly that KS, byte for
/// byte. Together they start a session: the hash is a secret, and `Debug` does not show it.
pub struct TokenHash(Zeroizing<String>);

impl TokenHash {
    /// Hashes `ks` followed by `token`, without a separator.
    ///
    /// `hash_type` must be the one that the app token was created with; a token that was created
    /// without one uses [`HashType::Sha1`]. The server compares the text exactly, so uppercase hex
    /// or white space in the token is refused with `INVALID_APP_TOKEN_HASH`.
    ///
    /// This is a plain hash of the concatenation, not an HMAC (wire contract, section 4.9).
    ///
    /// ```
    /// # use kaltura_auth::TokenHash; use kaltura_types::{AppTokenValue, HashType, Ks};
    /// let hash = TokenHash::new(HashType::Sha1, &Ks::new("a"), &AppTokenValue::new("bc"));
    /// assert_eq!(hash.expose(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    /// ```
    #[must_use]
    pub fn new(hash_type: HashType, ks: &Ks, token: &AppTokenValue) -> Self {
        match hash_type {
            HashType::Md5 => Self::digest::<Md5>(ks, token),
            HashType::Sha1 => Self::digest::<Sha1>(ks, token),
            HashType::Sha256 => Self::digest::<Sha256>(ks, token),
            HashType::Sha512 => Self::digest::<Sha512>(ks, token),
        }
    }

    /// The text to send. Keep it out of logs and URLs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the server will probably refuse about these inputs. They are hashed all the same.
    ///
    /// ```
    /// # use kaltura_auth::{TokenHash, TokenHashWarning}; use kaltura_types::{AppTokenValue, Ks, KsIssue};
    /// let warnings = TokenHash::check(&Ks::new("null"), &AppTokenValue::new("3f78\n"));
    /// assert_eq!(warnings, [TokenHashWarning::NotAKs(KsIssue::Placeholder), TokenHashWarning::WhiteSpace]);
    /// ```
    #[must_use]
    pub fn check(ks: &Ks, token: &AppTokenValue) -> Vec<TokenHashWarning> {
        let white_space =
            token.expose().contains(char::is_whitespace).then_some(TokenHashWarning::WhiteSpace);
        ks.issue().map(TokenHashWarning::NotAKs).into_iter().chain(white_space).collect()
    }

    fn digest<D: Digest>(ks: &Ks, token: &AppTokenValue) -> Self {
        let hash = D::new().chain_update(ks.expose()).chain_update(token.expose()).finalize();
        // `hex::encode` collects character by character.
        let mut digits = vec![0; 2 * hash.len()];
        let encoded = hex::encode_to_slice(hash, &mut digits);
        debug_assert!(encoded.is_ok(), "the length is right");
        Self(Zeroizing::new(String::from_utf8(digits).unwrap_or_default()))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(redacted)")
    }
}

/// Why the server will probably refuse a token hash: see [`TokenHash::check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenHashWarning {
    /// The first part is not a KS.
    #[error("the given KS is not a KS, and was hashed as it is: {}", without_prefix(*.0))]
    NotAKs(KsIssue),
    /// The token value contains white space, such as a line break at its end.
    #[error("the token value contains white space or a line break, which was hashed too")]
    WhiteSpace,
}

fn without_prefix(issue: KsIssue) -> String {
    issue.to_string().trim_start_matches("not a KS: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180 and RFC 1321 specify the digests of "abc"; where it is split into KS and token must not matter.
    #[test]
    fn ks_and_token_are_joined_without_a_separator() {
        for (ks, token) in [("", "abc"), ("a", "bc"), ("ab", "c"), ("abc", "")] {
            let hash = |t| TokenHash::new(t, &Ks::new(ks), &AppTokenValue::new(token));
            assert_eq!(hash(HashType::Md5).expose(), "900150983cd24fb0d6963f7d28e17f72");
            assert_eq!(hash(HashType::Sha1).expose(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        }
    }

    #[test]
    fn inputs_that_look_right_have_no_warning() {
        let ks = Ks::new(
            "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c",
        );
        let value = AppTokenValue::new("0123456789abcdef0123456789abcdef");
        assert!(TokenHash::check(&ks, &value).is_empty());
        let warnings = [TokenHashWarning::NotAKs(KsIssue::Placeholder), TokenHashWarning::WhiteSpace];
        assert_eq!(TokenHash::check(&Ks::new("null"), &AppTokenValue::new("abc ")), warnings);
        for (text, why) in [("Service unavailable", "no `|`"), ("null", "no value")] {
            let shown = TokenHash::check(&Ks::new(text), &value)[0].to_string();
            assert!(shown.contains(why), "{shown}");
        }
    }

    #[test]
    fn debug_does_not_show_the_hash() {
        let hash = TokenHash::new(HashType::Sha256, &Ks::new("ks"), &AppTokenValue::new("token"));
        assert_eq!(format!("{hash:?}"), "TokenHash(redacted)");
    }
}
