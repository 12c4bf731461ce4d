//! `session.start` in the cache layer, without most checks (wire contract, section 4.1).

use kaltura_ks::KsFields;
use kaltura_types::{Open, PartnerId, SessionType};
use sha1::{Digest as _, Sha1};

use crate::backend::state::State;
use crate::request::{Parameter, Parameters, equals_number, int, leading_int, text};
use crate::services::session::{DEFAULT_EXPIRY, login};
use crate::services::{Time, issue};

/// The result of the fast path.
pub(crate) enum FastPath {
    /// The request does not qualify.
    NotTaken,
    /// A KS, and the cache key for the headers.
    Started { ks: String, key: String },
    /// PHP fails for an expiry that is not a number.
    Fatal,
}

/// The format that the fast path does not support.
const JSONP: i64 = 9;

/// Starts a session if the secret is right and the names match exactly. The partner's maximum, a role and a KS in the
/// request are ignored.
pub(crate) fn take(state: &mut State, parameters: &Parameters, time: Time) -> FastPath {
    let text_of = |name: &str| parameters.get(name).map(text);
    if text_of("service").as_deref() != Some("session")
        || text_of("action").as_deref() != Some("start")
        || parameters.contains_key("nocache")
        || text_of("format").is_some_and(|format| equals_number(&format, JSONP))
    {
        return FastPath::NotTaken;
    }
    let session_type = match text_of("type") {
        None => SessionType::User,
        Some(number) if equals_number(&number, 0) => SessionType::User,
        Some(number) if equals_number(&number, 2) => SessionType::Admin,
        Some(_) => return FastPath::NotTaken,
    };
    let Some(id) = text_of("partnerId").and_then(|id| id.parse().ok()).map(PartnerId::new) else {
        return FastPath::NotTaken;
    };
    let secret = text_of("secret").unwrap_or_default();
    let session_type = Open::Known(session_type);
    let login = state.active_partner(id).and_then(|partner| login(partner, &secret, &session_type));
    let Some(login) = login else { return FastPath::NotTaken };
    let expiry = match parameters.get("expiry") {
        None => DEFAULT_EXPIRY,
        Some(Parameter::String(text) | Parameter::NotUtf8(text)) => match leading_int(text) {
            Some(seconds) => seconds,
            None => return FastPath::Fatal,
        },
        Some(value) => int(value),
    };
    let fields = KsFields::new(id, session_type, time.now.plus_seconds(expiry))
        .user(&*text_of("userId").unwrap_or_default())
        .privileges(text_of("privileges").unwrap_or_default());
    let ks = issue(state, time, fields, id, login.signing_secret.as_ref());
    FastPath::Started { ks: ks.expose().to_owned(), key: key(parameters) }
}

/// A hash of the parameters of the session.
fn key(parameters: &Parameters) -> String {
    let mut hash = Sha1::new();
    for name in ["partnerId", "secret", "userId", "type", "expiry", "privileges"] {
        hash.update(format!("{}\0", parameters.get(name).map(text).unwrap_or_default()));
    }
    hex::encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use crate::test_client::{ADMIN_SECRET, PARTNER, USER_SECRET};
    use crate::{Emulator, PartnerSeed};
    use serde_json::{Value, json};

    fn emulator() -> Emulator {
        let partner = PartnerSeed::new(PARTNER).admin_secret(ADMIN_SECRET).user_secret(USER_SECRET);
        let partner = partner.ks_max_expiry(Some(600));
        Emulator::builder().partner(partner).response_cache(true).build().unwrap()
    }

    fn request(more: Value) -> Value {
        let mut parameters = json!({ "partnerId": 1_234_567, "secret": ADMIN_SECRET, "expiry": 86_400 });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        parameters
    }

    #[test]
    fn only_the_secret_is_checked() {
        let emulator = emulator();
        emulator.clock().freeze();
        let checks = json!({ "privileges": "setrole:NO_SUCH", "ks": "nonsense" });
        let response = emulator.call("session.start", request(checks));
        assert_eq!(emulator.life(&response), 86_400);
        // Names in another case skip the fast path, and the partner's maximum applies.
        assert_eq!(emulator.life(&emulator.call("Session.start", request(json!({})))), 600);
    }

    #[test]
    fn a_wrong_secret_is_checked_by_the_action() {
        let emulator = emulator();
        for more in [json!({ "secret": "wrong" }), json!({ "secret": USER_SECRET, "type": 2 })] {
            assert_eq!(emulator.error("session.start", request(more)), "START_SESSION_ERROR");
        }
        assert_eq!(emulator.error("session.start", request(json!({ "type": 1 }))), "INVALID_ENUM_VALUE");
    }

    #[test]
    fn an_expiry_that_is_not_a_number_is_fatal() {
        let emulator = emulator();
        let response = emulator.response("session.start", &request(json!({ "expiry": "soon" })));
        assert_eq!(response.status().as_u16(), 500);
        assert!(emulator.call("session.start", request(json!({ "expiry": "60x" }))).is_string());
    }
}
