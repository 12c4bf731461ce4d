//! Finding secrets in foreign texts, and by the names of parameters.
//!
//! The server's messages echo parameters, secrets among them (wire contract, section 7).

use std::borrow::Cow;

use crate::Ks;

const REDACTED: &str = "(redacted)";

/// Replaces each occurrence of one of `secrets`, and everything that looks like a secret of this API, by
/// `(redacted)`.
///
/// A KS looks like a secret, whole or truncated, and so do 32 or more hex digits: a token value, a partner
/// secret, a token hash.
///
/// ```
/// # use kaltura_types::redact;
/// let message = "Invalid KS \"djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt\" for hunter2";
/// assert_eq!(redact(message, &["hunter2"]), "Invalid KS \"(redacted)\" for (redacted)");
/// ```
#[must_use]
pub fn redact<'a>(text: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    let mut known: Vec<&str> = secrets.iter().copied().filter(|secret| !secret.is_empty()).collect();
    // The longest first: one secret may be part of another.
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = Cow::Borrowed(text);
    for secret in known {
        if text.contains(secret) {
            text = Cow::Owned(text.replace(secret, REDACTED));
        }
    }
    if words(&text).any(looks_like_secret) { Cow::Owned(redact_words(&text)) } else { text }
}

/// Whether a word contains a KS, whole or truncated, or a secret in hex.
fn looks_like_secret(word: &str) -> bool {
    let hex = word.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
    hex || (word.len() >= 12 && word.contains("djJ8")) || Ks::looks_like_ks(word)
}

/// The alphabets of Base64 without the padding, so that `ks=…` is two words.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/-_".contains(c)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c))
}

fn redact_words(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        clean.push_str(if looks_like_secret(word) { REDACTED } else { word });
        let gap = after.find(is_word).unwrap_or(after.len());
        clean.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    clean
}

/// Names of secrets in the API, in lower case.
const SECRET_NAMES: [&str; 5] = ["ks", "session", "otp", "hashkey", "tokenhash"];

/// Endings of names of secrets, in lower case, as in `adminSecret`, `refreshToken`, `newPassword`.
const SECRET_ENDINGS: [&str; 9] = [
    "secret",
    "token",
    "password",
    "passphrase",
    "privatekey",
    "secretkey",
    "apikey",
    "accesskey",
    "uploadtokenid",
];

/// Whether a parameter or member of this name is a secret.
///
/// Secrets are the KS, a one-time password, the `hashKey` that sets a password, and each name that ends in secret,
/// token, password, upload token id or a kind of key, singular or plural. The id of an upload token gives access to
/// its file. Case, `_` and `-` are ignored. Apply it to strings and
/// numbers only: `appToken` may also be an object, and `useToken` a boolean.
///
/// ```
/// # use kaltura_types::is_secret_name;
/// assert!(is_secret_name("ks") && is_secret_name("zoomClientSecret") && is_secret_name("PRIVATE_KEY"));
/// assert!(!is_secret_name("appTokenId") && !is_secret_name("secretive"));
/// ```
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    let singular = name.strip_suffix('s').unwrap_or(&name);
    SECRET_NAMES.contains(&name.as_str())
        || SECRET_ENDINGS.iter().any(|end| name.ends_with(end) || singular.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_secrets_are_not_changed() {
        for text in
            ["", "Unknown widget [_1234567]", "Application token id \"0_7jh3eu10\" not found", "Ärger: ü"]
        {
            assert!(matches!(redact(text, &[]), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_replaced() {
        let hex = "3f786850e387550fdab836ed7e6dc881";
        let ks = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
        let text = format!("id \"{hex}\", ks={ks}; cut {}…, path/{ks}, hash-{hex}!", &ks[..20]);
        let clean = "id \"(redacted)\", ks=(redacted); cut (redacted)…, (redacted), (redacted)!";
        assert_eq!(redact(&text, &[]), clean);
    }

    #[test]
    fn known_secrets_are_replaced_anywhere() {
        assert_eq!(redact("a-hush-b hush", &["hush", "", "a-hush"]), "(redacted)-b (redacted)");
    }

    #[test]
    fn names_of_secrets_are_recognised() {
        for name in [
            "ks",
            "session",
            "otp",
            "hashKey",
            "tokenHash",
            "secret",
            "adminSecret",
            "userSecret",
            "token",
            "refreshToken",
            "password",
            "oldPassword",
            "newPassword",
            "passPhrase",
            "privateKey",
            "private_key",
            "s3-secret-key",
            "apiKey",
            "accessKey",
            "TOKENS",
            "uploadTokenId",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn other_names_are_not_secrets() {
        for name in ["", "s", "id", "name", "tokenId", "hashType", "sessionType", "tasks", "publicKey"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
