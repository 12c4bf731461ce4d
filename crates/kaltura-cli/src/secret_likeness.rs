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

/// Whether a KS stands in a text. Hex digits do not count: ids, references and the addresses of files have them too.
pub(crate) fn holds_a_ks(text: &str) -> bool {
    let ks_within = |marks: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric() && !marks.contains(c)).any(Ks::reads_as_ks)
    };
    // A stroke may be a letter of the KS, or one of the address that it stands in.
    ks_within("+/-_") || ks_within("-_")
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
        for text in [KS, &format!("see {KS}, please"), &format!("https://example.com/ks/{KS}/a.mp4?ks={KS}")]
        {
            assert!(holds_a_ks(text), "{text}");
        }
        for text in [VALUE, &format!("https://example.com/{VALUE}/a.mp4"), "/videos/djJ8abcdef12", &KS[1..]] {
            assert!(!holds_a_ks(text), "{text}");
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
