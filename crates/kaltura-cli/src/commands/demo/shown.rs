//! What may be shown of a request and its answer: a few members by name, and no secret.

use kaltura_auth::Fingerprint;
use kaltura_types::{Ks, redact};
use serde_json::{Map, Value};

use super::story::Exchange;
use super::trace::Recorded;

/// The members that are shown, in this order. All others are left out, whatever they are.
const SHOWN: [&str; 14] = [
    "code",
    "message",
    "ks",
    "widgetId",
    "secret",
    "id",
    "token",
    "tokenHash",
    "hashType",
    "type",
    "sessionType",
    "userId",
    "expiry",
    "totalCount",
];

impl Exchange {
    /// What may be shown of a request and its answer.
    pub(super) fn of(recorded: &Recorded) -> Self {
        let sent = serde_json::from_slice(recorded.request.body()).unwrap_or_default();
        let received = serde_json::from_slice(recorded.response.body()).unwrap_or_default();
        Self { action: recorded.action(), sent: members(&sent), received: members(&received) }
    }
}

fn members(value: &Value) -> Map<String, Value> {
    let mut shown = Map::new();
    // `session.start` answers with the bare KS.
    if let Value::String(ks) = value {
        shown.insert("ks".to_owned(), fingerprint(ks));
    }
    // The parameter `appToken` of `appToken.add` is an object of members like these.
    for object in [Some(value), value.get("appToken")].into_iter().flatten() {
        for name in SHOWN {
            if let Some(member) = object.get(name) {
                shown.insert(name.to_owned(), harmless(name, member));
            }
        }
    }
    shown
}

fn harmless(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("ks", Value::String(ks)) => fingerprint(ks),
        ("tokenHash", Value::String(hash)) => format!("({} hex digits)", hash.len()).into(),
        ("secret" | "token", _) => "(hidden)".into(),
        (_, Value::String(text)) => redact(text, &[]).into(),
        (_, Value::Number(number)) => number.clone().into(),
        _ => "…".into(),
    }
}

fn fingerprint(ks: &str) -> Value {
    Fingerprint::from_ks(&Ks::new(ks)).to_string().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let value = json!({
            "ks": "djJ8hush", "secret": "hush", "token": "hush", "tokenHash": "hush", "other": "hush",
            "appToken": { "hashType": "SHA1", "token": "hush" }, "id": 7, "expiry": ["hush"],
        });
        let shown = Value::Object(members(&value)).to_string();
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains(r#""hashType":"SHA1""#) && shown.contains(r#""id":7"#), "{shown}");
    }

    #[test]
    fn a_bare_ks_is_shown_by_its_fingerprint() {
        let ks = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";
        assert_eq!(Value::Object(members(&ks.into())), json!({ "ks": "148d7104" }));
    }
}
