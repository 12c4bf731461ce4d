//! The account whose app tokens the tests of `kaltura token` manage.

use std::path::Path;

use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, PartnerId, SessionType, UnixTime};
use serde_json::{Value, json};

use super::invocation::{Kaltura, Words};
use super::server::{ADMIN_SECRET, Access, NOW, TestServer};

/// A server with the token `0_importer`, which is described and ends in ten days.
pub(crate) fn account() -> TestServer {
    account_with(json!({}))
}

/// The same with the token changed.
pub(crate) fn account_with(changes: Value) -> TestServer {
    let mut token = json!({
        "description": "nightly import", "expiry": NOW + 864_000, "createdAt": NOW - 86_400,
        "updatedAt": NOW - 3_600,
    });
    let Value::Object(changes) = changes else { panic!("{changes} is no object") };
    token.as_object_mut().unwrap().extend(changes);
    TestServer::with_token(token)
}

/// A KS of the account 1234567, which is good for an hour of a clock that stands still. What is signed from the admin
/// secret goes by the clock of this machine.
pub(crate) fn ks(session_type: SessionType) -> String {
    let expiry = UnixTime::from_seconds(NOW + 3_600);
    let fields = KsFields::new(PartnerId::new(1_234_567), session_type, expiry);
    fields.sign_v2(&AdminSecret::new(ADMIN_SECRET), [7; 16]).unwrap().expose().to_owned()
}

/// `kaltura token` with an ADMIN session, on a server whose clock stands still.
pub(crate) fn manage(server: &Access, arguments: impl Words) -> Kaltura {
    Kaltura::new(["token"])
        .arguments(arguments)
        .env("KALTURA_SERVICE_URL", server.url())
        .env("KALTURA_KS", ks(SessionType::Admin))
}

/// `kaltura token` with the admin secret of the greeting.
pub(crate) fn manage_by_secret(server: &Access, arguments: impl Words) -> Kaltura {
    Kaltura::new(["token"])
        .arguments(arguments)
        .env("KALTURA_SERVICE_URL", server.url())
        .env("KALTURA_PARTNER_ID", server.partner())
        .env("KALTURA_ADMIN_SECRET", server.told("/adminSecret"))
}

/// A login with a token whose value is in a file.
pub(crate) fn log_in(server: &Access, id: &str, hash_type: &str, value: &Path) -> Kaltura {
    Kaltura::new(["login", "--ks-only", "--app-token-id", id, "--hash-type", hash_type])
        .env("KALTURA_SERVICE_URL", server.url())
        .env("KALTURA_PARTNER_ID", server.partner())
        .arguments(["--app-token-file", value.to_str().unwrap()])
}

/// What the server has of a token, its value included.
pub(crate) fn on_the_server(server: &Access, id: &str) -> Value {
    manage(server, ["get", id, "--show-value"]).answer()
}

/// How many tokens there are.
pub(crate) fn count(server: &Access) -> usize {
    manage(server, ["list"]).answer().as_array().unwrap().len()
}
