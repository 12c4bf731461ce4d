//! How a request's parameters are shown to a person: names in full, secrets by a stand-in.

use kaltura_auth::KsLabel;
use kaltura_types::{Ks, is_secret_name, redact};
use serde_json::Value;

/// The name of a parameter: the last part of its dotted path that is no place in a list.
fn name(path: &str) -> &str {
    path.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or(path)
}

/// Whether a parameter holds a secret, by its name.
fn is_secret(path: &str) -> bool {
    is_secret_name(name(path))
}

/// The texts of all secret parameters in `value`, so that they can be taken out wherever they occur.
pub(super) fn secrets_in(path: &str, value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if is_secret(path) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(|item| secrets_in(path, item)).collect(),
        Value::Object(members) => members.iter().flat_map(|(name, item)| secrets_in(name, item)).collect(),
        _ => Vec::new(),
    }
}

/// A parameter's value on one line.
pub(super) fn value(path: &str, value: &Value, secrets: &[String]) -> String {
    match value {
        Value::String(secret) if is_secret(path) => stand_in(path, secret),
        _ => shortened(cleaned(path, value, secrets).to_string()),
    }
}

/// A text that is no parameter, such as a header.
pub(super) fn text(text: &str, secrets: &[String]) -> String {
    shortened(format!("{:?}", without(text, secrets)))
}

/// What tells one secret from another and gives nothing of it away.
fn stand_in(path: &str, secret: &str) -> String {
    let characters = secret.chars().count();
    let ks = Ks::new(secret);
    match name(path) {
        _ if secret.is_empty() => "\"\"".to_owned(),
        // `session` is the KS that `session.get` asks about.
        "ks" | "session" => {
            let label = KsLabel::new(&ks);
            match label.header() {
                Some(_) => label.to_string(),
                None => format!("(no KS: {characters} characters, fingerprint {})", label.fingerprint()),
            }
        }
        _ => format!("({characters} characters, redacted)"),
    }
}

fn cleaned(path: &str, value: &Value, secrets: &[String]) -> Value {
    match value {
        Value::String(text) if is_secret(path) => stand_in(path, text).into(),
        Value::String(text) => without(text, secrets).into(),
        Value::Array(items) => items.iter().map(|item| cleaned(path, item, secrets)).collect(),
        Value::Object(members) => {
            let clean = |(name, item): (&String, _)| (name.clone(), cleaned(name, item, secrets));
            Value::Object(members.iter().map(clean).collect())
        }
        Value::Number(_) if is_secret(path) => "(redacted)".into(),
        _ => value.clone(),
    }
}

fn without(text: &str, secrets: &[String]) -> String {
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    redact(text, &secrets).into_owned()
}

/// A story is read by people: a body of a megabyte would hide it.
fn shortened(text: String) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_shown_by_a_stand_in_at_any_depth() {
        let parameters = json!({
            "ks": "hush-ks", "tokenHash": "hush-hash", "n": 1, "note": "it is hush-hash",
            "appToken": {"token": "hush-token", "description": "d"}, "list": [{"secret": 5}, {"secret": ["hush-s"]}],
        });
        let secrets = secrets_in("", &parameters);
        let shown = value("", &parameters, &secrets);
        assert!(!shown.contains("hush"), "{shown}");
        for kept in ["\"n\":1", "\"description\":\"d\"", "9 characters, redacted", "it is (redacted)"] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
        assert!(!shown.contains(":5"), "{shown}");
    }

    #[test]
    fn secrets_are_known_by_their_names_and_switches_are_none() {
        let parameters = json!({ "user": { "newPassword": "hush" }, "api_key": "hush", "useToken": true });
        let shown = value("", &parameters, &[]);
        assert!(!shown.contains("hush") && shown.contains("\"useToken\":true"), "{shown}");
        assert_eq!(value("user.tokens.0", &"hush".into(), &[]), "(4 characters, redacted)");
    }

    #[test]
    fn a_ks_is_shown_by_what_may_be_known_of_it() {
        let ks = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";
        assert_eq!(value("ks", &ks.into(), &[]), "KS v2 of partner 1234567, fingerprint 148d7104");
        assert!(value("a.session", &"hush".into(), &[]).starts_with("(no KS: 4 characters, fingerprint "));
        assert_eq!(value("ks", &"".into(), &[]), "\"\"");
    }

    #[test]
    fn a_long_value_is_cut() {
        let shown = value("note", &"ä".repeat(1000).into(), &[]);
        assert!(shown.ends_with("ä… (1002 characters)"), "{shown}");
    }
}
