//! Secrets in the recorded texts.
//!
//! The secrets of the emulator itself are worth nothing elsewhere: they are marked, and the page shows them on a click.
//! Every other secret, such as a KS of the real service that was sent by mistake, is removed before the text is kept.

use std::borrow::Cow;

use kaltura_auth::TokenHash;
use kaltura_types::{HashType, Ks, is_secret_name, redact};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::backend::Backend;
use crate::dispatch::ks_check;
use crate::request::{Parameter, Parameters, text};

/// Before and after a secret of the emulator. Both are for private use and removed from other text.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// Shorter texts are not secrets, and would be found everywhere.
const SHORTEST: usize = 4;

/// Texts that programs send in the place of a secret that they do not have.
const NO_SECRETS: [&str; 6] = ["null", "undefined", "none", "false", "true", "nil"];

/// The most secrets of one exchange that are searched for: the time of the search grows with their number. Those of the
/// emulator beyond it are removed like others. With more of others that do not look like one, texts are not shown.
const MOST: usize = 64;

/// The secrets of one exchange.
#[derive(Default)]
pub(super) struct Secrets {
    /// Those of the emulator, the longest first.
    own: Vec<String>,
    /// Others, as far as they do not look like a secret.
    others: Vec<String>,
}

impl Secrets {
    /// Finds the secrets of a request and its response.
    pub(super) fn find(backend: &Backend, parameters: Option<&Parameters>, response: &str) -> Self {
        let mut candidates = Vec::new();
        if let Some(parameters) = parameters {
            from_parameters(parameters, &mut candidates);
        }
        match serde_json::from_str::<Parameter>(response) {
            Ok(Parameter::Object(fields)) => from_parameters(&fields, &mut candidates),
            Ok(value) => from_value("", &value, &mut candidates),
            Err(_) => {}
        }
        from_text(response, &mut candidates);
        candidates.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        candidates.dedup();
        let hashes = own_hashes(backend, parameters);
        let mut secrets = Self::default();
        for candidate in candidates {
            if secrets.own.len() < MOST && (is_own(backend, &candidate) || hashes.contains(&candidate)) {
                secrets.own.push(candidate);
            } else if !looks_like_secret(&candidate) {
                secrets.others.push(candidate);
            }
        }
        secrets
    }

    /// The KSs among the emulator's secrets.
    pub(super) fn own_kss(&self) -> impl Iterator<Item = Ks> {
        self.own.iter().filter(|secret| Ks::looks_like_ks(secret)).map(Ks::new)
    }

    /// Marks the secrets of the emulator, and removes all others.
    pub(super) fn mask(&self, text: &str) -> String {
        if self.others.len() > MOST {
            return "(not shown: too many secrets)".to_owned();
        }
        let mut text = text.replace(MARKS, "\u{fffd}");
        let mut spellings = Vec::new();
        for secret in &self.own {
            for spelling in spellings_of(secret) {
                if text.contains(spelling.as_ref()) {
                    // A short text that `redact` does not change.
                    text = text
                        .replace(spelling.as_ref(), &format!("{}{}{}", MARKS[0], spellings.len(), MARKS[1]));
                    spellings.push(spelling);
                }
            }
        }
        let others: Vec<&str> = self.others.iter().map(String::as_str).collect();
        let masked = redact(&text, &others);
        let mut shown = String::with_capacity(masked.len());
        let mut rest = masked.as_ref();
        while let Some((before, after)) = rest.split_once(MARKS[0]) {
            shown.push_str(before);
            let (number, after) = after.split_once(MARKS[1]).unwrap_or((after, ""));
            let secret = number.parse().ok().and_then(|number: usize| spellings.get(number));
            shown.extend([
                MARKS[0].to_string().as_str(),
                secret.map_or("", |secret| secret),
                &MARKS[1].to_string(),
            ]);
            rest = after;
        }
        shown.push_str(rest);
        shown
    }
}

/// A cut text without a marked secret at its end that is not whole.
pub(super) fn without_half_secret(text: &str) -> &str {
    match (text.rfind(MARKS[0]), text.rfind(MARKS[1])) {
        (Some(start), end) if end.is_none_or(|end| end < start) => &text[..start],
        _ => text,
    }
}

/// How a secret is written in JSON, in a form, in a URL.
fn spellings_of(secret: &str) -> Vec<Cow<'_, str>> {
    let mut spellings = vec![Cow::Borrowed(secret)];
    if secret.contains('/') {
        spellings.push(secret.replace('/', "\\/").into());
    }
    let encoded: Cow<'_, str> = utf8_percent_encode(secret, NON_ALPHANUMERIC).into();
    // Clients differ in the characters that they encode.
    let usual = encoded.replace("%2D", "-").replace("%5F", "_").replace("%2E", ".");
    spellings.extend([encoded, usual.into()].into_iter().filter(|encoded| encoded != secret));
    spellings
}

fn from_parameters(parameters: &Parameters, candidates: &mut Vec<String>) {
    for (name, value) in parameters {
        from_value(name, value, candidates);
    }
}

fn from_value(name: &str, value: &Parameter, candidates: &mut Vec<String>) {
    match value {
        Parameter::Object(fields) => from_parameters(fields, candidates),
        Parameter::Array(items) => items.iter().for_each(|item| from_value(name, item, candidates)),
        Parameter::String(_) | Parameter::NotUtf8(_) | Parameter::Number(_) => {
            let value = text(value);
            if is_secret_name(name) {
                let is_none = NO_SECRETS.iter().any(|none| value.eq_ignore_ascii_case(none));
                if value.len() >= SHORTEST && !is_none {
                    candidates.push(value.into_owned());
                }
            } else {
                from_text(&value, candidates);
            }
        }
        Parameter::Null | Parameter::Bool(_) | Parameter::File(_) => {}
    }
}

/// Adds the words that look like a secret.
fn from_text(text: &str, candidates: &mut Vec<String>) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    for word in text.split(|c| !is_word(c)) {
        // `ks=…` is two words; the padding of Base64 belongs to its word.
        let value = word.trim_end_matches('=');
        let start = value.rfind('=').map_or(0, |at| at + 1);
        if word.len() >= SHORTEST && looks_like_secret(&word[start..]) {
            candidates.push(word[start..].to_owned());
        }
    }
}

fn looks_like_secret(text: &str) -> bool {
    matches!(redact(text, &[]), Cow::Owned(_))
}

fn is_own(backend: &Backend, candidate: &str) -> bool {
    let state = &backend.state;
    let is_of_a_partner = state.partners.values().any(|partner| {
        partner.user_secret.expose() == candidate
            || partner.admin_secrets.iter().any(|secret| secret.expose() == candidate)
            || state.uploads.get(partner.id, candidate).is_some()
    });
    is_of_a_partner
        || state.app_tokens.iter().any(|token| token.value.expose() == candidate)
        || (Ks::looks_like_ks(candidate) && ks_check::open(state, &Ks::new(candidate)).is_ok())
}

/// The right token hashes for a request that has one. A wrong one is a secret of something else.
fn own_hashes(backend: &Backend, parameters: Option<&Parameters>) -> Vec<String> {
    let sent = |name| parameters.and_then(|parameters| parameters.get(name)).map(text);
    let (Some(ks), Some(id), Some(_)) = (sent("ks"), sent("id"), sent("tokenHash")) else {
        return Vec::new();
    };
    let ks = Ks::new(ks);
    let tokens = backend.state.app_tokens.iter().filter(|token| token.id.eq_ignore_ascii_case(&id));
    let hashes = tokens.flat_map(|token| {
        HashType::ALL
            .iter()
            .map(|hash_type| TokenHash::new(*hash_type, &ks, &token.value).expose().to_owned())
    });
    hashes.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Emulator;
    use crate::request::test_json::parameters;
    use crate::test_client::emulator;

    fn secrets(emulator: &Emulator, sent: &serde_json::Value, response: &str) -> Secrets {
        Secrets::find(&emulator.backend(), Some(&parameters(sent)), response)
    }

    fn marked(secret: &str) -> String {
        format!("{}{secret}{}", MARKS[0], MARKS[1])
    }

    #[test]
    fn secrets_of_the_emulator_are_marked_in_each_spelling() {
        let emulator = emulator();
        let (ks, value) = (emulator.admin_ks(), emulator.app_token().value().expose().to_owned());
        let secrets = secrets(&emulator, &json!({ "ks": ks, "x": { "token": value } }), "");
        assert_eq!(
            secrets.mask(&format!("a {ks} b {value}")),
            format!("a {} b {}", marked(&ks), marked(&value))
        );
        let encoded = ks.replace('=', "%3D");
        assert_eq!(secrets.mask(&format!("ks={encoded}&x=1")), format!("ks={}&x=1", marked(&encoded)));
        assert_eq!(secrets.own_kss().count(), 1);
    }

    #[test]
    fn secrets_of_others_are_removed() {
        let emulator = emulator();
        let other = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
        let (value, hash) = ("3f786850e387550fdab836ed7e6dc881", "a".repeat(64));
        let sent =
            json!({ "ks": other, "tokenHash": hash, "secret": "hunter2", "appToken": { "token": value } });
        let secrets = secrets(&emulator, &sent, &format!(r#"{{"message":"Invalid KS \"{other}\""}}"#));
        let shown = secrets.mask(&format!("{sent} {other} hunter2 {value} {hash} aHVudGVyMg=="));
        for secret in [other, value, &hash, "hunter2", "aHVudGVyMg"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert!(!shown.contains(MARKS[0]), "{shown}");
    }

    #[test]
    fn the_right_hash_is_one_of_the_emulator_and_a_wrong_one_is_not() {
        let emulator = emulator();
        let (token, ks) = (emulator.app_token().clone(), emulator.widget_ks());
        let right = TokenHash::new(token.hash_type(), &Ks::new(&ks), token.value());
        let sent = |hash: &str| json!({ "ks": ks, "id": token.id(), "tokenHash": hash });
        assert_eq!(
            secrets(&emulator, &sent(right.expose()), "").mask(right.expose()),
            marked(right.expose())
        );
        let wrong = "b".repeat(64);
        assert_eq!(secrets(&emulator, &sent(&wrong), "").mask(&wrong), "(redacted)");
    }

    #[test]
    fn words_in_the_place_of_a_secret_are_shown() {
        let emulator = emulator();
        for text in ["undefined", "null", "", "1"] {
            let secrets = secrets(&emulator, &json!({ "ks": text }), "");
            assert_eq!(secrets.mask(&format!("ks={text}&x=1")), format!("ks={text}&x=1"));
        }
    }

    #[test]
    fn marks_in_other_text_are_removed() {
        let secrets = Secrets::default();
        assert_eq!(secrets.mask(&marked("x")), "\u{fffd}x\u{fffd}");
    }

    #[test]
    fn any_number_of_secrets_is_removed() {
        let emulator = emulator();
        let values =
            |prefix: &str| (0..=MOST).map(|number| format!("{prefix}{number:03}")).collect::<Vec<_>>();
        let alike = secrets(&emulator, &json!({ "x": values(&"a".repeat(29)) }), "");
        assert_eq!(alike.mask(&format!("text {}", values(&"a".repeat(29))[7])), "text (redacted)");
        let named = secrets(&emulator, &json!({ "password": values("hunter") }), "");
        assert_eq!(named.mask("text"), "(not shown: too many secrets)");
    }
}
