//! Texts that look like a secret, and stand where none belongs: they are neither kept nor repeated.

use std::borrow::Cow;

use kaltura_types::redact;

/// Whether a KS, or a secret in hex digits, stands in a text.
pub(crate) fn looks_like_a_secret(text: &str) -> bool {
    matches!(redact(text, &[]), Cow::Owned(_))
}

/// A text that somebody gave, as it may be repeated.
pub(crate) fn repeatable(text: &str) -> Cow<'_, str> {
    redact(text, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "6be660a9c0ffee00c0ffee00c0ffee00";
    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

    #[test]
    fn secrets_are_known_by_their_looks() {
        for text in [VALUE, KS, &KS[..20], &format!("folder/{VALUE}"), &format!("echo {KS}")] {
            assert!(looks_like_a_secret(text), "{text}");
            assert!(!repeatable(text).contains(&VALUE[..8]) && !repeatable(text).contains("djJ8"), "{text}");
        }
    }

    #[test]
    fn other_texts_are_repeated() {
        for text in ["", "token.txt", "/run/secrets/kaltura", "pass show kaltura", "0_7jh3eu10", "MY_TOKEN"] {
            assert!(!looks_like_a_secret(text), "{text}");
            assert_eq!(repeatable(text), text);
        }
    }
}
