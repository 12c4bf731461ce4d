//! The account whose app tokens the tests of `kaltura token` manage.

use std::path::Path;

use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, PartnerId, SessionType, UnixTime};
use serde_json::{Value, json};

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, NOW, token};
use crate::invocation::Kaltura;

pub(crate) const VALUE: &str = "0123456789abcdef0123456789abcdef";

/// A server with the token `0_importer`, which is described and ends in ten days.
pub(crate) fn server() -> EmulatorProcess {
    server_with(&json!({}))
}

/// The same with the token changed.
pub(crate) fn server_with(changes: &Value) -> EmulatorProcess {
    let mut importer = token(
        "0_importer",
        VALUE,
        json!({
            "description": "nightly import", "expiry": now() + 864_000, "createdAt": now() - 86_400,
            "updatedAt": now() - 3_600,
        }),
    );
    for (name, value) in changes.as_object().unwrap() {
        importer[name] = value.clone();
    }
    EmulatorProcess::with_tokens(json!([importer]))
}

/// The time of a server whose clock stands still.
pub(crate) fn now() -> i64 {
    NOW.parse().unwrap()
}

/// A KS of the account 1234567, which is good for an hour of a clock that stands still. What is signed from the admin
/// secret goes by the clock of this machine.
pub(crate) fn ks(session_type: SessionType) -> String {
    let expiry = UnixTime::from_seconds(now() + 3_600);
    let fields = KsFields::new(PartnerId::new(1_234_567), session_type, expiry);
    fields.sign_v2(&AdminSecret::new(ADMIN_SECRET), [7; 16]).unwrap().expose().to_owned()
}

/// `kaltura token` with an ADMIN session, on a server whose clock stands still.
pub(crate) fn manage<'a>(server: &EmulatorProcess, arguments: impl IntoIterator<Item = &'a str>) -> Kaltura {
    Kaltura::new(["token"])
        .arguments(arguments)
        .env("KALTURA_SERVICE_URL", server.url())
        .env("KALTURA_KS", &ks(SessionType::Admin))
}

/// `kaltura token` with the admin secret of the first line.
pub(crate) fn manage_by_secret<'a>(
    server: &EmulatorProcess,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Kaltura {
    Kaltura::new(["token"])
        .arguments(arguments)
        .env("KALTURA_SERVICE_URL", server.url())
        .env("KALTURA_PARTNER_ID", &server.greeting["partnerId"].to_string())
        .env("KALTURA_ADMIN_SECRET", server.told("/adminSecret"))
}

/// A login with a token whose value is in a file.
pub(crate) fn log_in(server: &EmulatorProcess, id: &str, hash_type: &str, value: &Path) -> Kaltura {
    Kaltura::new(["login", "--ks-only", "--app-token-id", id, "--hash-type", hash_type])
        .env("KALTURA_SERVICE_URL", server.url())
        .env("KALTURA_PARTNER_ID", &server.greeting["partnerId"].to_string())
        .arguments(["--app-token-file", value.to_str().unwrap()])
}

/// What the server has of a token, its value included.
pub(crate) fn on_the_server(server: &EmulatorProcess, id: &str) -> Value {
    manage(server, ["get", id, "--json", "--show-value"]).run().ends_with(0).document()
}

/// How many tokens there are.
pub(crate) fn count(server: &EmulatorProcess) -> usize {
    let list = manage(server, ["list", "--json"]).run().ends_with(0).document();
    list.as_array().unwrap().len()
}
