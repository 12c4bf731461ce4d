//! Secrets in what is shown: in requests and responses, and in arguments where none belongs.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use kaltura_types::{Ks, is_secret_name, redact};
use serde_json::{Map, Value};

use crate::error::Failure;

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "(redacted)";

/// A secret that is shorter takes nothing out of a longer text: only the text would become unreadable.
const LEAST: usize = 4;

/// Whether this member is a secret by its name. An object is none: its members have names of their own.
pub(crate) fn is_secret(name: &str, value: &Value) -> bool {
    is_secret_name(name) && is_secret_value(value)
}

fn is_secret_value(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Number(_) => true,
        Value::Array(items) => items.iter().any(is_secret_value),
        Value::Object(_) | Value::Bool(_) | Value::Null => false,
    }
}

/// Where the first member or item is of which this is so, by its name and value. `path` leads to the value.
pub(crate) fn first_within(
    path: &[String],
    value: &Value,
    is_so: &impl Fn(&str, &Value) -> bool,
) -> Option<Vec<String>> {
    if path.last().is_some_and(|name| is_so(name, value)) {
        return Some(path.to_vec());
    }
    let inside = |step: &str, value| first_within(&[path, &[step.to_owned()]].concat(), value, is_so);
    match value {
        Value::Object(members) => members.iter().find_map(|(name, member)| inside(name, member)),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| inside(&index.to_string(), item))
        }
        _ => None,
    }
}

/// The secrets of an exchange, as far as its request shows them: the answer may echo them.
pub(crate) struct KnownSecrets(Vec<String>);

impl KnownSecrets {
    /// The secrets in this body of a request.
    pub(crate) fn of(request: &Value) -> Self {
        let mut found = Vec::new();
        collect(request, false, &mut found);
        // Each of many calls may have the same KS.
        found.sort_unstable();
        found.dedup();
        Self(found)
    }

    /// The value without its own secrets, and without these.
    pub(crate) fn masked(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut shown = Map::new();
                for (name, member) in members {
                    let member = if is_secret(name, member) { MASK.into() } else { self.masked(member) };
                    // The name too may be what somebody else has written.
                    shown.insert(self.masked_text(name), member);
                }
                Value::Object(shown)
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.masked(item)).collect()),
            Value::String(text) => self.masked_text(text).into(),
            other => other.clone(),
        }
    }

    /// The text without what reads as a secret, and without these.
    pub(crate) fn masked_text(&self, text: &str) -> String {
        if self.0.iter().any(|secret| secret == text) {
            return MASK.to_owned();
        }
        let long: Vec<&str> = self.0.iter().map(String::as_str).filter(|text| text.len() >= LEAST).collect();
        redact(text, &long).into_owned()
    }
}

/// The texts that are secrets by their names. Those that read as one are found in any text.
fn collect(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| collect(member, is_secret_name(name), found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret, found)),
        Value::String(text) if is_secret => found.push(text.clone()),
        Value::Number(number) if is_secret => found.push(number.to_string()),
        _ => {}
    }
}

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

/// Refuses what looks like a secret in place of something else: it would be sent, and repeated in messages.
pub(crate) fn not_a_secret(text: &str) -> Result<String, &'static str> {
    if holds_a_ks(text) || text.split([',', '.']).any(|part| is_formed_like_a_secret(part.trim())) {
        Err("this looks like a secret")
    } else {
        Ok(text.to_owned())
    }
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

/// A file cannot be opened: perhaps because it is not a file name, but a secret.
pub(crate) fn unopened(path: &Path, error: &io::Error) -> Failure {
    let shown = repeatable_path(path);
    let failure = Failure::usage(format!("cannot open the file {shown}")).caused_by(error);
    if shown == path.display().to_string() {
        return failure;
    }
    failure.with_hint(
        "A file name is expected, and this looks like a secret. It may be in the shell history now.",
    )
}

/// Whether a URL of a session store may contain a password.
pub(crate) fn has_password(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| rest.contains('@') || rest.contains("pass="))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

    fn masked(value: &Value) -> Value {
        KnownSecrets::of(&Value::Null).masked(value)
    }

    #[test]
    fn what_is_named_like_a_secret_or_reads_as_one_is_masked() {
        let answer = json!({
            "id": "0_a", "token": "hush", "KS": KS, "list": [{ "adminSecret": 5 }, KS], "message": format!("no {KS}"),
            "profile": { "zoomClientSecret": "hush", "name": "x", "privateKey": "hush" },
        });
        let shown = json!({
            "id": "0_a", "token": MASK, "KS": MASK, "list": [{ "adminSecret": MASK }, MASK],
            "message": format!("no {MASK}"),
            "profile": { "zoomClientSecret": MASK, "name": "x", "privateKey": MASK },
        });
        assert_eq!(masked(&answer), shown);
        assert_eq!(masked(&json!(KS)), json!(MASK));
    }

    #[test]
    fn what_sets_a_password_or_stands_for_one_is_masked() {
        let sent = json!({ "otp": 123_456, "hashKey": "hush", "tokens": ["hush", "hash"], "tokenCount": 2 });
        let shown = json!({ "otp": MASK, "hashKey": MASK, "tokens": MASK, "tokenCount": 2 });
        assert_eq!(masked(&sent), shown);
        assert_eq!(
            KnownSecrets::of(&sent).masked_text("123456: no hush, no hash"),
            format!("{MASK}: no {MASK}, no {MASK}")
        );
    }

    #[test]
    fn an_object_whose_name_only_ends_like_a_secret_is_shown() {
        let token = json!({ "appToken": { "id": "0_a", "token": "hush" }, "useToken": true });
        assert_eq!(masked(&token), json!({ "appToken": { "id": "0_a", "token": MASK }, "useToken": true }));
    }

    #[test]
    fn an_answer_that_echoes_the_request_shows_nothing_of_it() {
        let known =
            KnownSecrets::of(&json!({ "user": { "password": "correct horse" }, "list": [KS], "pin": "x" }));
        let echo = json!({ "message": "no user with correct horse", "correct horse": [KS], "x": "x" });
        let shown = json!({ "message": format!("no user with {MASK}"), MASK: [MASK], "x": "x" });
        assert_eq!(known.masked(&echo), shown);
    }

    #[test]
    fn a_short_secret_is_masked_where_it_stands_alone() {
        let known = KnownSecrets::of(&json!({ "password": "abc" }));
        assert_eq!(known.masked(&json!(["abc", "the abc of it"])), json!([MASK, "the abc of it"]));
    }

    const VALUE: &str = "6be660a9c0ffee00c0ffee00c0ffee00";

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
}
