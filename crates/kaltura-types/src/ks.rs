//! The KS: the string that authorises calls, and what can be read of it without a secret.

mod base64;
mod envelope;
mod header;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use self::envelope::{KsBody, KsEnvelope, MalformedKs};
pub use self::header::{KsHeader, KsVersion};

use crate::secret::secret;

secret! {
    /// A Kaltura Session string: whoever has it may do what the session may do, until it ends.
    ///
    /// To its holder it is opaque and is sent as it came, byte for byte.
    Ks
}

impl Ks {
    /// Whether a text has the outer form of a KS: the alphabet, the length, and the beginning that
    /// version 1 (forty hex digits) and version 2 (`v2|`) give it (wire contract, section 6).
    ///
    /// Some servers answer with a bare text where a KS is expected ("Service unavailable"); this tells
    /// the two apart. It proves nothing about the KS.
    ///
    /// ```
    /// # use kaltura_types::Ks;
    /// assert!(Ks::reads_as_ks("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8"));
    /// assert!(!Ks::reads_as_ks("Service unavailable"));
    /// ```
    #[must_use]
    pub fn reads_as_ks(text: &str) -> bool {
        let body = text.trim_end_matches('=');
        let alphabet = body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b));
        alphabet && text.len() - body.len() <= 2 && (reads_as_v2(body) || reads_as_v1(body))
    }
}

/// `djJ8` is the Base64 of `v2|`; a partner id and one block of cipher text follow.
fn reads_as_v2(text: &str) -> bool {
    text.starts_with("djJ8") && text.len() >= 24
}

/// The Base64 of forty hex digits: each third byte starts a group of four characters, and a hex digit
/// makes the first of them one of `MNO` (0 to 9) or `YZ` (a to f).
fn reads_as_v1(text: &str) -> bool {
    text.len() >= 60 && text.bytes().take(53).step_by(4).all(|b| b"MNOYZ".contains(&b))
}

impl<'de> Deserialize<'de> for Ks {
    /// Refuses an empty text: no request may carry an empty `ks`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() { Err(D::Error::custom("an empty KS")) } else { Ok(Self::new(text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_and_2_read_as_ks() {
        let v1 = "MDlhNzI5NTg5ZWQ3NGY2MTIxNzlmMjc1ZDJkMzJhNGQxNjVlYTI1Y3w3NjU0MzIxOzc2NTQzMjE7MjAwMDAwMDAwMDswOzE3MDAwMDAwNDguMjU7YWxpY2U7c3ZpZXc6Kjs7";
        assert!(Ks::reads_as_ks(v1));
        assert!(Ks::reads_as_ks(
            "djJ8MTIzNDU2N3wAvCSrY4V3rFTT4BhLBFwICWNf0AP14_w8iBF8U2hgr9nNo8tKO1iWq4FhwR2RL7FohnOph3GhNYjHvMhoPqk9emgACl2srtiST7y-Jwpv9w=="
        ));
    }

    #[test]
    fn other_texts_do_not() {
        for text in [
            "",
            "null",
            "djJ8",
            "Service unavailable",
            "<html></html>",
            "djJ8MTIzNDU2N3x2VYG2FbRs IfVTTHqyf1J",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            assert!(!Ks::reads_as_ks(text), "{text}");
        }
    }

    #[test]
    fn an_empty_ks_is_refused() {
        assert!(serde_json::from_str::<Ks>("\"\"").is_err());
        assert_eq!(serde_json::from_str::<Ks>("\"x\"").unwrap().expose(), "x");
    }
}
