//! `session.start` answered by the cache layer itself, past most checks (wire contract, section 4.1).

use kaltura_ks::KsFields;
use kaltura_types::{PartnerId, SessionType};
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use super::call::{Time, sign};
use super::request::{Parameters, equals_number, leading_int, text};
use super::services::session::{DEFAULT_EXPIRY, login};
use super::state::State;

/// What the fast path makes of a request.
pub(super) enum FastPath {
    /// It is none for it.
    NotTaken,
    /// A KS, and the key that the headers show.
    Started { ks: String, key: String },
    /// PHP fails at an expiry that is no number.
    Fatal,
}

/// The format that the fast path leaves to others.
const JSONP: i64 = 9;

/// Starts a session if the secret is right and the names are written exactly so. Neither the partner's
/// maximum nor a role nor a KS beside it is looked at.
pub(super) fn take(state: &mut State, parameters: &Parameters, time: Time) -> FastPath {
    let named = |name: &str| parameters.get(name).map(text);
    if named("service").as_deref() != Some("session")
        || named("action").as_deref() != Some("start")
        || parameters.contains_key("nocache")
        || named("format").is_some_and(|format| equals_number(&format, JSONP))
    {
        return FastPath::NotTaken;
    }
    let session_type = match named("type") {
        None => SessionType::User,
        Some(number) if equals_number(&number, 0) => SessionType::User,
        Some(number) if equals_number(&number, 2) => SessionType::Admin,
        Some(_) => return FastPath::NotTaken,
    };
    let Some(id) = named("partnerId").and_then(|id| id.parse().ok()).map(PartnerId::new) else {
        return FastPath::NotTaken;
    };
    let secret = named("secret").unwrap_or_default();
    let login = state.active_partner(id).and_then(|partner| login(partner, &secret, session_type));
    let Some(login) = login else { return FastPath::NotTaken };
    let expiry = match parameters.get("expiry") {
        None => DEFAULT_EXPIRY,
        Some(Value::String(text)) => match leading_int(text) {
            Some(seconds) => seconds,
            None => return FastPath::Fatal,
        },
        Some(value) => super::request::int(value),
    };
    let fields = KsFields::new(id, session_type, time.now.plus_seconds(expiry))
        .user(named("userId").unwrap_or_default())
        .privileges(named("privileges").unwrap_or_default());
    let ks = sign(state, time, fields, id, login.signing_secret.as_ref());
    FastPath::Started { ks: ks.expose().to_owned(), key: key(parameters) }
}

/// A hash of what the session is started from.
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

    fn wish(more: Value) -> Value {
        let mut parameters = json!({ "partnerId": 1_234_567, "secret": ADMIN_SECRET, "expiry": 86_400 });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        parameters
    }

    #[test]
    fn it_looks_at_the_secret_alone() {
        let emulator = emulator();
        emulator.clock().freeze();
        let checks = json!({ "privileges": "setrole:NO_SUCH", "ks": "nonsense" });
        let answer = emulator.call("session.start", wish(checks));
        assert_eq!(emulator.life(&answer), 86_400);
        // Written otherwise, the names lead past it, and the partner's maximum counts.
        assert_eq!(emulator.life(&emulator.call("Session.start", wish(json!({})))), 600);
    }

    #[test]
    fn a_wrong_secret_is_left_to_the_action() {
        let emulator = emulator();
        for more in [json!({ "secret": "wrong" }), json!({ "secret": USER_SECRET, "type": 2 })] {
            assert_eq!(emulator.error("session.start", wish(more)), "START_SESSION_ERROR");
        }
        assert_eq!(emulator.error("session.start", wish(json!({ "type": 1 }))), "INVALID_ENUM_VALUE");
    }

    #[test]
    fn an_expiry_that_is_no_number_is_fatal() {
        let emulator = emulator();
        let answer = emulator.answer("session.start", &wish(json!({ "expiry": "soon" })));
        assert_eq!(answer.status().as_u16(), 500);
        assert!(emulator.call("session.start", wish(json!({ "expiry": "60x" }))).is_string());
    }
}
