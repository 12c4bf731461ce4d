//! Finding secrets in foreign texts, and by the names of parameters.
//!
//! The server's messages echo parameters, secrets among them (wire contract, section 7). [`redact_server_text`] shows
//! little of a server's text; [`redact`] hides secrets in texts of the program.

mod known;
mod server_text;

use std::borrow::Cow;
use std::ops::Range;

use self::known::KnownSecrets;
pub(crate) use self::server_text::{as_code, as_name};
pub use self::server_text::{redact_server_text, shown_host};

use crate::Ks;

/// What stands for a secret.
pub(crate) const REDACTED: &str = "(redacted)";

/// Replaces each occurrence of one of `secrets`, and everything that looks like a secret of this API, by
/// `(redacted)`.
///
/// A KS looks like a secret, whole or truncated, and so do 32 or more hex digits: a token value, a partner
/// secret, a token hash. The given secrets are found as they are; those of at least four bytes also in other case,
/// split by white space or soft line breaks, with escapes (`%XX`, `\uXXXX`, entities of HTML), in Base64 and in hex.
///
/// This is for texts of the program, such as results that it shows. It hides what it recognises and shows the rest.
/// [`redact_server_text`] is for texts of a server that may be hostile.
///
/// ```
/// # use kaltura_types::redact;
/// let message = "Invalid KS \"djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt\" for hunter2, aHVudGVyMg";
/// assert_eq!(redact(message, &["hunter2"]), "Invalid KS \"(redacted)\" for (redacted), (redacted)");
/// ```
#[must_use]
pub fn redact<'a>(text: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    if secrets.is_empty() && text.len() < SHORTEST {
        return Cow::Borrowed(text);
    }
    let found = KnownSecrets::for_text(secrets, text).find(text);
    let text = if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(replace(text, found)) };
    if words(&text).any(looks_like_secret) { Cow::Owned(redact_words(&text)) } else { text }
}

/// Whether one of the secrets is in the text, in a spelling that [`redact`] finds.
pub(crate) fn contains_secret(text: &str, secrets: &[&str]) -> bool {
    !KnownSecrets::for_text(secrets, text).find(text).is_empty()
}

/// Replaces the ranges, which may overlap and must be at boundaries of characters.
fn replace(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for range in ranges {
        if range.start >= end {
            clean.push_str(text.get(end..range.start).unwrap_or_default());
            clean.push_str(REDACTED);
        }
        end = end.max(range.end);
    }
    clean.push_str(text.get(end..).unwrap_or_default());
    clean
}

/// The length of the shortest word that looks like a secret: a truncated KS.
const SHORTEST: usize = 12;

/// Whether a word contains a KS, whole or truncated, or a secret in hex.
fn looks_like_secret(word: &str) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    let hex = word.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
    hex || word.contains("djJ8") || Ks::looks_like_ks(word)
}

/// The alphabets of Base64 without the padding, so that `ks=…` is two words.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')
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
    // Longer than each name and ending, so that a name which fills it is none of the names.
    const LENGTH: usize = 16;
    let letters = name.bytes().rev().filter(|byte| !matches!(byte, b'_' | b'-')).take(LENGTH);
    let (mut last, mut start) = ([0; LENGTH], LENGTH);
    for letter in letters {
        start -= 1;
        last[start] = letter.to_ascii_lowercase();
    }
    let name = &last[start..];
    let singular = name.strip_suffix(b"s").unwrap_or(name);
    SECRET_NAMES.iter().any(|secret| name == secret.as_bytes())
        || SECRET_ENDINGS
            .iter()
            .any(|end| singular.ends_with(end.as_bytes()) || name.ends_with(end.as_bytes()))
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
    fn a_truncated_ks_has_at_least_twelve_characters() {
        assert_eq!(redact("djJ8MTIzNDU2", &[]), "(redacted)");
        assert_eq!(redact("djJ8MTIzNDU2 of a longer text", &[]), "(redacted) of a longer text");
        assert_eq!(redact("djJ8MTIzNDU", &[]), "djJ8MTIzNDU");
    }

    #[test]
    fn known_secrets_are_replaced_anywhere() {
        assert_eq!(redact("a-hush-b hush", &["hush", "", "a-hush"]), "(redacted)-b (redacted)");
    }

    #[test]
    fn named_entities_are_replaced() {
        for (name, character) in [
            ("amp", "&"),
            ("lt", "<"),
            ("gt", ">"),
            ("quot", "\""),
            ("apos", "'"),
            ("plus", "+"),
            ("equals", "="),
            ("sol", "/"),
            ("colon", ":"),
            ("lowbar", "_"),
            ("hyphen", "-"),
            ("vert", "|"),
            // These split a value without being part of it.
            ("nbsp", ""),
            ("shy", ""),
            ("NewLine", ""),
        ] {
            let (text, secret) = (format!("x key&{name};value y"), format!("key{character}value"));
            assert_eq!(redact(&text, &[&secret]), "x (redacted) y", "{name}");
        }
        assert_eq!(redact("x key&unknown;value y", &["keyvalue"]), "x key&unknown;value y");
    }

    #[test]
    fn a_backslash_before_a_secret_does_not_hide_it() {
        assert_eq!(redact("path\\HUSH:A/B?C", &["hush:a/b?c"]), "path\\(redacted)");
    }

    #[test]
    fn exactly_the_escapes_of_a_secret_are_replaced() {
        for escaped in
            ["%68%75%73%68", "hu%73h", "h\\u0075sh", "&#104;ush", "hus&#x68;", "h\\x75\\x73h", "%2568ush"]
        {
            let text = format!("a long text before {escaped} and a long text behind");
            let clean = "a long text before (redacted) and a long text behind";
            assert_eq!(redact(&text, &["hush"]), clean, "{escaped}");
        }
        // As in JSON.
        assert_eq!(redact("x a\\/b\\\"\\\\c\\'d y", &["a/b\"\\c'd"]), "x (redacted) y");
    }

    // The first and the last character of the secret in Base64 also encode parts of its neighbours.
    #[test]
    fn base64_is_replaced_with_the_characters_that_encode_parts_of_it() {
        for (text, clean) in [
            ("[aHVzaDphL2I/Yw]", "[(redacted)]"),
            ("aHVzaDphL2I/Y3g", "(redacted)g"),
            ("eGh1c2g6YS9iP2N4eQ", "e(redacted)4eQ"),
            ("eHlodXNoOmEvYj9jeHk", "eH(redacted)Hk"),
            ("eHlodXNoOmEvYj9j: it", "eH(redacted): it"),
        ] {
            assert_eq!(redact(text, &["hush:a/b?c"]), clean);
        }
    }

    #[test]
    fn an_x_at_the_start_is_not_the_prefix_of_a_number() {
        assert_eq!(redact("x 68757368, x", &["hush"]), "x (redacted), x");
    }

    /// The spellings in which a server may return what it received.
    fn spellings(secret: &str) -> Vec<String> {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
        let each = |to: &dyn Fn(u8) -> String| secret.bytes().map(to).collect::<String>();
        let split = |by: &str| secret.chars().map(String::from).collect::<Vec<_>>().join(by);
        let hex = each(&|byte| format!("{byte:02x}"));
        let base64 = (0..3).flat_map(|position| {
            let surrounded = format!("{}{secret}, and more", "x".repeat(position));
            [STANDARD.encode(&surrounded), URL_SAFE_NO_PAD.encode(&surrounded)]
        });
        let mut all: Vec<String> = base64.collect();
        all.extend([
            secret.to_owned(),
            secret.to_ascii_uppercase(),
            hex.to_uppercase(),
            hex,
            each(&|byte| format!("{byte:02x}:")),
            each(&|byte| format!("0x{byte:02X}, ")),
            each(&|byte| format!("%{byte:02x}")),
            each(&|byte| format!("%25{byte:02X}")),
            each(&|byte| format!("&#{byte};")),
            each(&|byte| format!("&#x{byte:02X};")),
            each(&|byte| format!("&amp;#{byte};")),
            each(&|byte| format!("\\u{byte:04x}")),
            each(&|byte| format!("\\u{{{byte:x}}}")),
            each(&|byte| format!("\\x{byte:02x}")),
            each(&|byte| format!("={byte:02X}")),
            split(" "),
            split("=\r\n"),
            split("\u{ad}"),
            split("&shy;"),
            split("<wbr>"),
            split("\\n"),
            split("\\\n"),
        ]);
        all
    }

    #[test]
    fn known_secrets_are_replaced_in_each_spelling() {
        for secret in ["hush:a/b?c", "3f786850e387550fdab836ed7e6dc881", "two words", "secret"] {
            for spelling in spellings(secret) {
                let text = format!("before ({spelling}) after");
                for shown in [redact(&text, &[secret]).into_owned(), redact_server_text(&text, &[secret])] {
                    assert!(shown.starts_with("before ("), "{spelling:?}: {shown:?}");
                    let rest = shown.replace("(redacted)", "");
                    // Base64 also encodes what surrounds the secret here: up to ten characters.
                    assert!(shown.contains("(redacted)") && rest.len() < 40, "{spelling:?}: {shown:?}");
                }
            }
        }
    }

    #[test]
    fn a_value_with_escapes_is_replaced_behind_its_name() {
        for text in ["token=ab%2Bcd-ef%2Fgh", "a&#61;ab&#43;cd-ef&#47;gh", "=ab\\u002bcd-ef\\u002Fgh"] {
            let secret = "ab+cd-ef/gh";
            for shown in [redact(text, &[secret]).into_owned(), redact_server_text(text, &[secret])] {
                assert!(shown.ends_with("(redacted)") && !shown.contains("cd"), "{text}: {shown}");
            }
        }
        // The last digit is not the start of `0x`.
        assert_eq!(redact("6875736830 Xy", &["hush0"]), "(redacted) Xy");
        // Quoted-printable is still decoded.
        assert_eq!(redact("=61=62+cd-ef/gh", &["ab+cd-ef/gh"]), "(redacted)");
    }

    #[test]
    fn base64_of_a_secret_has_a_part_that_does_not_depend_on_its_neighbours() {
        use base64::Engine as _;
        let known = KnownSecrets::new(&["correct horse"]);
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "a", "ab", "abc"] {
                let encoded =
                    base64::engine::general_purpose::STANDARD.encode(format!("{before}correct horse{after}"));
                let found = known.find(&encoded);
                assert!(found.iter().any(|range| range.len() >= 14), "{before} {after}: {found:?}");
            }
        }
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
            "keys-of-the-resumable-UPLOAD_TOKEN_IDS",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn other_names_are_not_secrets() {
        for name in [
            "",
            "s",
            "id",
            "name",
            "tokenId",
            "hashType",
            "sessionType",
            "tasks",
            "publicKey",
            "nameOfAClientSession",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
