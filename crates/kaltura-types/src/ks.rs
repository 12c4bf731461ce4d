//! The KS: the string that authorises calls, and what can be read from it without a secret.

mod envelope;
mod issue;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use self::envelope::{KsBody, KsEnvelope, MalformedKs};
pub use self::issue::KsIssue;

use crate::ids::PartnerId;
use crate::secret::secret;

secret! {
    /// A Kaltura Session string: a bearer credential for everything that the session may do, until it ends.
    ///
    /// It is opaque to its holder and is sent as it was received, byte for byte.
    Ks
}

impl Ks {
    /// Whether a text has the outer form of a KS: the alphabet, the length, and the prefix of version 1
    /// (forty hex digits in Base64) or version 2 (`v2|` in Base64) (wire contract, section 6).
    ///
    /// A server in trouble may return another string where a KS is expected, such as "Service unavailable";
    /// this function tells the two apart. It does not prove that the KS is valid.
    ///
    /// ```
    /// # use kaltura_types::Ks;
    /// assert!(Ks::looks_like_ks("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c"));
    /// assert!(!Ks::looks_like_ks("Service unavailable"));
    /// ```
    #[must_use]
    pub fn looks_like_ks(text: &str) -> bool {
        let body = text.trim_end_matches('=');
        let alphabet = body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b));
        alphabet && text.len() - body.len() <= 2 && (looks_like_v2(body) || looks_like_v1(body))
    }

    /// Why this text is not a KS; `None` if it has the form of one.
    ///
    /// The server refuses a text with an issue, whatever the secret, so a program can report it before it sends it.
    #[must_use]
    pub fn issue(&self) -> Option<KsIssue> {
        KsIssue::of(self)
    }
}

/// `djJ8` is the Base64 of `v2|`; a partner id and at least one block of ciphertext follow.
fn looks_like_v2(text: &str) -> bool {
    text.starts_with("djJ8") && text.len() >= 24
}

/// The Base64 of forty hex digits: every third byte starts a group of four characters, and a hex digit there
/// encodes to one of `MNO` (0 to 9) or `YZ` (a to f).
fn looks_like_v1(text: &str) -> bool {
    text.len() >= 60 && text.bytes().take(53).step_by(4).all(|b| b"MNOYZ".contains(&b))
}

impl<'de> Deserialize<'de> for Ks {
    /// Refuses an empty string: no request may contain an empty `ks`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() { Err(D::Error::custom("an empty KS")) } else { Ok(Self::new(text)) }
    }
}

/// The version of the KS format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the format has two versions")]
pub enum KsVersion {
    /// Signed clear text.
    V1,
    /// Encrypted.
    V2,
}

impl KsVersion {
    /// 1 or 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

impl fmt::Display for KsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.number())
    }
}

/// Version and partner id of a KS: what can be read without a secret, and may be logged.
///
/// It is not authenticated: a forged KS may have any partner id. Only the server knows whether a KS is valid; the
/// crate `kaltura-ks` verifies the signature with the partner's secret (wire contract, section 6.6).
///
/// ```
/// # use kaltura_types::{Ks, KsHeader, KsVersion};
/// let ks = Ks::new("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c");
/// let header = KsHeader::parse(&ks)?;
/// assert_eq!(header.version(), KsVersion::V2);
/// assert_eq!(header.partner_id().get(), 1234567);
/// assert_eq!(header.to_string(), "KS v2 of partner 1234567");
/// # Ok::<(), kaltura_types::MalformedKs>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KsHeader {
    version: KsVersion,
    partner_id: PartnerId,
}

impl KsHeader {
    /// Reads version and partner id.
    ///
    /// # Errors
    ///
    /// [`MalformedKs`] if the text is not a KS of either version.
    pub fn parse(ks: &Ks) -> Result<Self, MalformedKs> {
        KsEnvelope::decode(ks).map(|envelope| envelope.header())
    }

    /// The version.
    #[must_use]
    pub const fn version(self) -> KsVersion {
        self.version
    }

    /// The partner id in the KS.
    #[must_use]
    pub const fn partner_id(self) -> PartnerId {
        self.partner_id
    }
}

impl fmt::Display for KsHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KS {} of partner {}", self.version, self.partner_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_look_like_a_ks() {
        let v1 = "MDlhNzI5NTg5ZWQ3NGY2MTIxNzlmMjc1ZDJkMzJhNGQxNjVlYTI1Y3w3NjU0MzIxOzc2NTQzMjE7MjAwMDAwMDAwMDswOzE3MDAwMDAwNDguMjU7YWxpY2U7c3ZpZXc6Kjs7";
        assert!(Ks::looks_like_ks(v1));
        assert!(Ks::looks_like_ks(
            "djJ8MTIzNDU2N3wAvCSrY4V3rFTT4BhLBFwICWNf0AP14_w8iBF8U2hgr9nNo8tKO1iWq4FhwR2RL7FohnOph3GhNYjHvMhoPqk9emgACl2srtiST7y-Jwpv9w=="
        ));
    }

    #[test]
    fn other_texts_do_not_look_like_a_ks() {
        for text in [
            "",
            "null",
            "djJ8",
            "Service unavailable",
            "<html></html>",
            "djJ8MTIzNDU2N3x2VYG2FbRs IfVTTHqyf1J",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            assert!(!Ks::looks_like_ks(text), "{text}");
        }
    }

    #[test]
    fn an_empty_ks_is_refused() {
        assert!(serde_json::from_str::<Ks>("\"\"").is_err());
        assert_eq!(serde_json::from_str::<Ks>("\"x\"").unwrap().expose(), "x");
    }
}
