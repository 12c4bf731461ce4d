//! Why a call was refused, as far as the server knows and its response does not say.

use http::Request;
use http::header::CONTENT_TYPE;
use kaltura_auth::TokenHash;
use kaltura_types::{AppTokenValue, HashType, Ks, KsHeader, UnixTime, duration};

use crate::RecordedCall;
use crate::backend::Backend;
use crate::backend::state::AppToken;
use crate::dispatch::ks_check;
use crate::request::{Parameters, text};

/// Notes for the page. They contain no secret.
pub(super) fn notes<T: AsRef<[u8]>>(
    backend: &Backend,
    request: &Request<T>,
    parameters: Option<&Parameters>,
    calls: &[std::sync::Arc<RecordedCall>],
    now: UnixTime,
) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(ignored_body(request));
    // Of a multirequest, each request may have its own parameters.
    let ([call], Some(parameters)) = (calls, parameters) else { return notes };
    let sent = |name: &str| parameters.get(name).map(text).unwrap_or_default();
    match call.error().map(|code| code.as_str()) {
        Some("INVALID_APP_TOKEN_HASH") => {
            let id = sent("id");
            let token = backend.state.app_tokens.iter().find(|token| token.id.eq_ignore_ascii_case(&id));
            notes.extend(token.map(|token| wrong_hash(token, &Ks::new(sent("ks")), &sent("tokenHash"))));
        }
        Some("INVALID_KS") => notes.push(invalid_ks(backend, &Ks::new(sent("ks")), now)),
        _ => {}
    }
    notes
}

/// The server reads a JSON body only with exactly its type (wire contract, section 1.3).
fn ignored_body<T: AsRef<[u8]>>(request: &Request<T>) -> Option<String> {
    let body = request.body().as_ref().trim_ascii();
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    let is_json = body.starts_with(b"{") && !content_type.eq_ignore_ascii_case("application/json");
    is_json.then(|| {
        "The body looks like JSON, but the server ignores it: it reads JSON only with exactly Content-Type: \
         application/json, without a charset."
            .to_owned()
    })
}

fn wrong_hash(token: &AppToken, ks: &Ks, sent: &str) -> String {
    let expected = token.effective_hash_type();
    let is_of = |ks: &Ks, value: &AppTokenValue| {
        let hashes =
            |hash_type: &HashType| TokenHash::new(*hash_type, ks, value).expose().eq_ignore_ascii_case(sent);
        HashType::ALL.into_iter().find(hashes)
    };
    if let Some(used) = is_of(ks, &token.value) {
        return if expected.known() == Some(&used) {
            "The hash is right, but in upper case: the server compares it with lowercase hex.".to_owned()
        } else {
            format!("The hash was computed with {used}; the app token uses {expected}.")
        };
    }
    for end in ["\n", "\r\n", " "] {
        if is_of(ks, &AppTokenValue::new(format!("{}{end}", token.value.expose()))).is_some() {
            return "The token value was hashed with white space or a line break at its end.".to_owned();
        }
    }
    let joined = (Ks::new(token.value.expose()), AppTokenValue::new(ks.expose()));
    if is_of(&joined.0, &joined.1).is_some() {
        return "The hash is that of the token value and the KS in the wrong order: the KS comes first."
            .to_owned();
    }
    if is_of(&Ks::new(""), &token.value).is_some() {
        return "The hash is that of the token value alone: the KS of the request comes before it."
            .to_owned();
    }
    "The hash is not that of the KS of this request and the value of this app token, with any hash type: another value, \
     or another KS than the one that was sent."
        .to_owned()
}

fn invalid_ks(backend: &Backend, ks: &Ks, now: UnixTime) -> String {
    let Ok(header) = KsHeader::parse(ks) else {
        let advice = ks.issue().map(|issue| format!(": {issue}. {}", issue.advice()));
        return format!("The text that was sent as ks is not a KS{}", advice.unwrap_or_default());
    };
    let partner = header.partner_id();
    let Ok(opened) = ks_check::open(&backend.state, ks) else {
        return if backend.state.partners.contains_key(&partner) {
            format!("The KS names partner {partner}, but is signed with none of its admin secrets.")
        } else {
            format!("The KS is of partner {partner}, which this emulator does not have.")
        };
    };
    let claims = opened.claims();
    if claims.is_expired_at(now) {
        return match claims.expiry() {
            Some(expiry) => {
                let seconds = u64::try_from(now.seconds_since(expiry)).unwrap_or(0);
                format!("The KS expired {} ago by the emulator's clock.", duration::describe(seconds))
            }
            None => "The KS has an expiry that is not a number.".to_owned(),
        };
    }
    let is_ended = |marker: &str| backend.state.is_ended(marker);
    if claims.session_id_hash().is_some_and(|group| is_ended(&group)) {
        return "The group of the session was ended: by session.end, or because its app token was deleted."
            .to_owned();
    }
    if is_ended(opened.digest_hex()) {
        return "The session was ended.".to_owned();
    }
    "The KS is good, but a restriction among its privileges does not allow this call.".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use kaltura_types::SessionType;
    use serde_json::{Value, json};

    use super::*;
    use crate::Emulator;
    use crate::request::ApiRequest;
    use crate::test_client::emulator;

    fn note(emulator: &Emulator, action: &str, sent: &Value) -> String {
        noted(emulator, action, sent, "application/json").join(" ")
    }

    fn noted(emulator: &Emulator, action: &str, sent: &Value, content_type: &str) -> Vec<String> {
        let (service, action) = action.split_once('.').unwrap();
        let request = Request::post(format!("/api_v3/service/{service}/action/{action}?format=1"))
            .header("content-type", content_type)
            .body(Bytes::from(sent.to_string()))
            .unwrap();
        let client = std::net::Ipv4Addr::LOCALHOST.into();
        let (_, calls) = emulator.respond_with_calls(&request, client);
        let read = ApiRequest::read(&request, client).unwrap();
        notes(&emulator.backend(), &request, Some(&read.parameters), &calls, emulator.clock().now())
    }

    #[test]
    fn a_wrong_hash_is_explained() {
        let emulator = emulator();
        let (token, ks) = (emulator.app_token().clone(), Ks::new(emulator.widget_ks()));
        let value = token.value().expose();
        let hash = |hash_type, ks: &Ks, value: &str| {
            TokenHash::new(hash_type, ks, &AppTokenValue::new(value)).expose().to_owned()
        };
        let sha256 = HashType::Sha256;
        for (sent, expected) in [
            (hash(HashType::Sha1, &ks, value), "with SHA1; the app token uses SHA256"),
            (hash(sha256, &ks, value).to_uppercase(), "in upper case"),
            (hash(sha256, &ks, &format!("{value}\n")), "line break"),
            (hash(sha256, &Ks::new(value), ks.expose()), "wrong order"),
            (hash(sha256, &Ks::new(""), value), "the token value alone"),
            (hash(sha256, &ks, "another value"), "with any hash type"),
        ] {
            let sent = json!({ "ks": ks.expose(), "id": token.id(), "tokenHash": sent });
            let note = note(&emulator, "appToken.startSession", &sent);
            assert!(note.contains(expected), "{expected}: {note}");
        }
        let sent = json!({ "ks": ks.expose(), "id": token.id(), "tokenHash": hash(sha256, &ks, value) });
        assert_eq!(note(&emulator, "appToken.startSession", &sent), "");
    }

    #[test]
    fn an_invalid_ks_is_explained() {
        let emulator = emulator();
        let list = |ks: &str| note(&emulator, "media.list", &json!({ "ks": ks }));
        let restricted = emulator.ks(SessionType::User, "alice", "iprestrict:10.0.0.1");
        assert!(list(&restricted).contains("restriction"));
        assert!(list("gibberish").contains("not a KS"));
        let other = "djJ8NzY1NDMyMXx2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
        assert!(list(other).contains("partner 7654321, which this emulator does not have"));
        let forged = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
        assert!(list(forged).contains("none of its admin secrets"));
        let ks = emulator.ks(SessionType::User, "alice", "");
        assert_eq!(list(&ks), "");
        emulator.end_session(&Ks::new(ks.as_str())).unwrap();
        assert_eq!(list(&ks), "The session was ended.");
        let ks = emulator.ks(SessionType::User, "bob", "");
        emulator.clock().advance(Duration::from_secs(3_661));
        assert_eq!(list(&ks), "The KS expired 1 min 1 s ago by the emulator's clock.");
    }

    #[test]
    fn an_ignored_body_is_noted() {
        let emulator = emulator();
        let ping = |content_type| noted(&emulator, "system.ping", &json!({ "a": 1 }), content_type).len();
        assert_eq!(
            ["application/json", "application/json; charset=utf-8", "text/plain"].map(ping),
            [0, 1, 1]
        );
    }
}
