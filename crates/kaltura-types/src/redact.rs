//! Taking secrets out of texts that others wrote: the server's messages echo what they were sent.

use std::borrow::Cow;

use crate::Ks;

const MARK: &str = "(redacted)";

/// Replaces every occurrence of one of `secrets`, and everything that looks like a secret of this API: a
/// KS, or 32 hex digits and more (a token value, a partner secret, a token hash).
///
/// ```
/// # use kaltura_types::redact;
/// let message = "Invalid KS \"djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt\" for hunter2";
/// assert_eq!(redact(message, &["hunter2"]), "Invalid KS \"(redacted)\" for (redacted)");
/// ```
#[must_use]
pub fn redact<'a>(text: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    let mut known: Vec<&str> = secrets.iter().copied().filter(|secret| !secret.is_empty()).collect();
    // The longest first: one secret may be a part of another.
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = Cow::Borrowed(text);
    for secret in known {
        if text.contains(secret) {
            text = Cow::Owned(text.replace(secret, MARK));
        }
    }
    if words(&text).any(looks_secret) { Cow::Owned(without_secret_words(&text)) } else { text }
}

/// Whether a KS, whole or cut, or a secret in hex stands in a word.
fn looks_secret(word: &str) -> bool {
    let hex = word.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
    hex || (word.len() >= 12 && word.contains("djJ8")) || Ks::reads_as_ks(word)
}

/// The alphabets of Base64. The padding separates: otherwise `ks=…` were one word.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/-_".contains(c)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c))
}

fn without_secret_words(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        clean.push_str(if looks_secret(word) { MARK } else { word });
        let gap = after.find(is_word).unwrap_or(after.len());
        clean.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_messages_stay_as_they_are() {
        for text in
            ["", "Unknown widget [_1234567]", "Application token id \"0_7jh3eu10\" not found", "Ärger: ü"]
        {
            assert!(matches!(redact(text, &[]), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_goes() {
        let hex = "3f786850e387550fdab836ed7e6dc881";
        let ks = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
        let text = format!("id \"{hex}\", ks={ks}; cut {}…, path/{ks}, hash-{hex}!", &ks[..20]);
        let clean = "id \"(redacted)\", ks=(redacted); cut (redacted)…, (redacted), (redacted)!";
        assert_eq!(redact(&text, &[]), clean);
    }

    #[test]
    fn known_secrets_go_wherever_they_stand() {
        assert_eq!(redact("a-hush-b hush", &["hush", "", "a-hush"]), "(redacted)-b (redacted)");
    }
}
