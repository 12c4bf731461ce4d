//! Texts that look like a secret, and stand where none belongs: they are neither kept nor repeated.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use kaltura_types::{Ks, redact};

use crate::failure::Failure;

/// Whether a KS, or a secret in hex digits, stands in a text.
pub(crate) fn looks_like_a_secret(text: &str) -> bool {
    matches!(redact(text, &[]), Cow::Owned(_))
}

/// Whether a KS stands in a text, whole or begun: by itself, in a sentence, or behind a part of a path.
pub(crate) fn holds_a_ks(text: &str) -> bool {
    /// As much as tells a KS of either version.
    const ENOUGH: usize = 64;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    text.split(|c| !is_word(c)).any(|word| {
        (0..word.len()).any(|at| {
            let rest = &word[at..word.len().min(at + ENOUGH)];
            // Behind `v2|` stands the number of an account: a digit or the sign is in each of these.
            let is_v2 = || rest.as_bytes().get(4).is_some_and(|next| b"LMNO".contains(next));
            Ks::looks_like_ks(rest) && (!rest.starts_with("djJ8") || is_v2())
        })
    })
}

/// Whether a text has the form of a token's value and of an admin secret: 32 hex digits.
pub(crate) fn is_formed_like_a_secret(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text that somebody gave, as it may be repeated.
pub(crate) fn repeatable(text: &str) -> Cow<'_, str> {
    redact(text, &[])
}

/// The name of a file, as it may be repeated. What names a file that is there is no secret.
pub(crate) fn repeatable_path(path: &Path) -> String {
    let shown = path.display().to_string();
    if path.exists() { shown } else { repeatable(&shown).into_owned() }
}

/// A file can not be opened: perhaps because it is none, but a secret.
pub(crate) fn unopened(path: &Path, error: &io::Error) -> Failure {
    let shown = repeatable_path(path);
    let failure = Failure::usage(format!("can not open the file {shown}")).caused_by(error);
    if shown == path.display().to_string() {
        return failure;
    }
    failure.with_hint(
        "The name of a file belongs here, and this looks like a secret. Others may have read it by now, and the \
         shell may have kept it.",
    )
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
    fn a_ks_is_found_wherever_it_stands() {
        let v1 = "MDlhNzI5NTg5ZWQ3NGY2MTIxNzlmMjc1ZDJkMzJhNGQxNjVlYTI1Y3w3NjU0MzIxOzc2NTQzMjE7MjAwMDAwMDAwMDswOzE3MDAwMDAw";
        for ks in [KS, v1, &KS[..24]] {
            for text in
                [ks.to_owned(), format!("see {ks}, there"), format!("a/ks/{ks}/b"), format!("ks={ks}==")]
            {
                assert!(holds_a_ks(&text), "{text}");
            }
        }
        let digits = "6be660a9".repeat(8);
        for text in
            [VALUE, &digits, "/videos/djJ8abcdef12", "djJ8abcdefghijklmnopqrstuvwxyz", "djJ8MTIzNDU2", "ü"]
        {
            assert!(!holds_a_ks(text), "{text}");
        }
    }

    #[test]
    fn only_as_many_digits_are_formed_like_a_secret() {
        assert!(is_formed_like_a_secret(VALUE));
        for text in [&VALUE[1..], &format!("{VALUE}0"), &format!("g{}", &VALUE[1..]), ""] {
            assert!(!is_formed_like_a_secret(text), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_there_is_named_and_a_secret_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(VALUE);
        let gone = io::Error::from(io::ErrorKind::NotFound);
        let told = format!("{:?}", unopened(&path, &gone));
        assert!(told.contains("looks like a secret") && !told.contains(&VALUE[..8]), "{told}");
        std::fs::write(&path, "").unwrap();
        let told = format!("{:?}", unopened(&path, &gone));
        assert!(told.contains(VALUE) && !told.contains("looks like a secret"), "{told}");
    }

    #[test]
    fn other_texts_are_repeated() {
        for text in ["", "token.txt", "/run/secrets/kaltura", "pass show kaltura", "0_7jh3eu10", "MY_TOKEN"] {
            assert!(!looks_like_a_secret(text), "{text}");
            assert_eq!(repeatable(text), text);
        }
    }
}
