//! What a text is that was meant to be a KS, and how it came to be one.

use super::{Ks, KsEnvelope, MalformedKs};

/// Why a text that was meant to be a KS is not one. The server refuses it with `INVALID_KS`.
///
/// Most often a shell script or a program has wrapped, encoded or lost the KS. No message contains the text.
///
/// ```
/// # use kaltura_types::{Ks, KsIssue};
/// assert_eq!(Ks::new("null").issue(), Some(KsIssue::Placeholder));
/// assert_eq!(Ks::new("b'djJ8MTIzNDU2N3x2VYG2'").issue(), Some(KsIssue::PythonBytes));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KsIssue {
    /// The text is `null`, `None`, `undefined` or a similar word: there was no KS where it was read.
    #[error("the text is a word for \"no value\", such as null or None")]
    Placeholder,
    /// The text is the notation of Python for bytes: `b'…'`.
    #[error("the text is written as bytes of Python, b'…'")]
    PythonBytes,
    /// The text is in quotes.
    #[error("the text is in quotes")]
    Quoted,
    /// The text is percent-encoded, as in a URL: `%3D` for `=`.
    #[error("the text is percent-encoded, with %3D for =")]
    PercentEncoded,
    /// The text begins with a name, such as `ks=` or `Bearer `.
    #[error("the text begins with a name, such as ks= or Bearer")]
    Labelled,
    /// The text is JSON: a whole response instead of its member `ks`.
    #[error("the text is JSON")]
    Json,
    /// The text has another form that is not that of a KS.
    #[error(transparent)]
    Malformed(#[from] MalformedKs),
}

impl KsIssue {
    /// What to do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Placeholder => "Check the command or program that sets the KS: it had none.",
            Self::PythonBytes => "Decode the bytes before you print them: ks.decode().",
            Self::Quoted => "Remove the quotes; with jq, use -r.",
            Self::PercentEncoded => "Decode the text: the KS is sent in the body, not in a URL.",
            Self::Labelled => "Use the value only, without the name before it.",
            Self::Json => "Use the value of the member `ks` only; with jq, use -r.",
            Self::Malformed(MalformedKs::Truncated { .. }) => "Copy the whole KS again.",
            Self::Malformed(_) => "Check that the text is a KS, whole and unchanged.",
        }
    }

    pub(super) fn of(ks: &Ks) -> Option<Self> {
        let malformed = KsEnvelope::decode(ks).err()?;
        let text = ks.expose().trim();
        let quoted = |text: &str| {
            ["'", "\""]
                .iter()
                .any(|quote| text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote))
        };
        let encoded = |code: &str| text.contains(code) || text.contains(&code.to_ascii_lowercase());
        Some(match () {
            () if PLACEHOLDERS.iter().any(|word| text.eq_ignore_ascii_case(word)) => Self::Placeholder,
            () if text.strip_prefix('b').is_some_and(quoted) => Self::PythonBytes,
            () if quoted(text) => Self::Quoted,
            () if text.starts_with(['{', '[']) => Self::Json,
            () if ["%3D", "%2B", "%2F", "%7C"].into_iter().any(encoded) => Self::PercentEncoded,
            () if has_label(text) => Self::Labelled,
            () => Self::Malformed(malformed),
        })
    }
}

/// The words of programming languages and serializers for "no value".
const PLACEHOLDERS: [&str; 6] = ["null", "none", "nil", "undefined", "false", "(null)"];

fn has_label(text: &str) -> bool {
    let label = |label: &str| text.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label));
    ["ks=", "ks:", "kaltura_ks=", "bearer "].into_iter().any(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

    #[test]
    fn each_wrapping_is_named() {
        let cut = KsIssue::Malformed(MalformedKs::Truncated { ciphertext_bytes: 37 });
        for (text, issue) in [
            (KS.to_owned(), None),
            (format!(" {KS}\n"), None),
            ("null".to_owned(), Some(KsIssue::Placeholder)),
            ("None".to_owned(), Some(KsIssue::Placeholder)),
            (format!("b'{KS}'"), Some(KsIssue::PythonBytes)),
            (format!("b\"{KS}\""), Some(KsIssue::PythonBytes)),
            (format!("'{KS}'"), Some(KsIssue::Quoted)),
            (format!("\"{KS}\"\n"), Some(KsIssue::Quoted)),
            (format!("{KS}%3D%3D"), Some(KsIssue::PercentEncoded)),
            (format!("{KS}%3d"), Some(KsIssue::PercentEncoded)),
            (format!("ks={KS}"), Some(KsIssue::Labelled)),
            (format!("Bearer {KS}"), Some(KsIssue::Labelled)),
            (format!("{{\"ks\":\"{KS}\"}}"), Some(KsIssue::Json)),
            (KS[..64].to_owned(), Some(cut)),
            ("\"".to_owned(), Some(KsIssue::Malformed(MalformedKs::NotBase64))),
            ("béar".to_owned(), Some(KsIssue::Malformed(MalformedKs::NotBase64))),
            (String::new(), Some(KsIssue::Malformed(MalformedKs::NotBase64))),
        ] {
            let found = Ks::new(text.as_str()).issue();
            assert_eq!(found, issue, "{text}");
            assert!(!format!("{found:?}").contains("djJ8"));
        }
    }
}
