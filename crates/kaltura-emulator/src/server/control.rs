//! The control endpoint: commands over HTTP, on a path that Kaltura does not have.
//!
//! It is off by default. `POST /_emulator` accepts a [`Command`] or an array of them as JSON; `GET /_emulator` returns
//! the server's time and the calls so far, without secrets. The [guard](super::guard) decides who may use it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::guard::Guard;
use crate::{Command, Created, Emulator, Reply};

/// The path of the endpoint.
pub(super) const PATH: &str = "/_emulator";

/// One command or several.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Commands {
    Several(Vec<Value>),
    One(Value),
}

/// Says how to turn the commands on: a path that does not exist would not.
pub(super) fn refuse() -> Reply {
    let body = error("the control commands are off: use --control, or ServerBuilder::take_commands");
    Reply::whole(crate::response::response(404, "application/json", body))
}

pub(super) fn respond(emulator: &Emulator, guard: &Guard, request: &Request<Bytes>) -> Reply {
    let (status, body) = match (guard.check(request), request.method()) {
        (Err(refusal), _) => (refusal.status, error(refusal.message)),
        (Ok(()), method) => run(emulator, method, request),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().extend(guard.cors_headers(request.headers()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Reply::whole(response)
}

fn run(emulator: &Emulator, method: &Method, request: &Request<Bytes>) -> (StatusCode, String) {
    match *method {
        Method::OPTIONS => (StatusCode::OK, "{}".to_owned()),
        Method::GET => (StatusCode::OK, state(emulator, Vec::new())),
        Method::POST if is_json(request) => match apply(emulator, request.body()) {
            Ok(created) => (StatusCode::OK, state(emulator, created)),
            Err(message) => (StatusCode::BAD_REQUEST, error(&message)),
        },
        Method::POST => (StatusCode::UNSUPPORTED_MEDIA_TYPE, error("send the commands as application/json")),
        _ => (StatusCode::METHOD_NOT_ALLOWED, error("use GET or POST")),
    }
}

pub(super) fn is_json(request: &Request<Bytes>) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Applies the commands. Returns what they created.
pub(super) fn apply(emulator: &Emulator, body: &[u8]) -> Result<Vec<Created>, String> {
    let commands: Commands = serde_json::from_slice(body).map_err(|_| "the body is not JSON".to_owned())?;
    let commands = match commands {
        Commands::Several(commands) => commands,
        Commands::One(command) => vec![command],
    };
    // All are read before the first is applied: a mistake in one changes nothing.
    let commands: Vec<Command> =
        commands
            .into_iter()
            .map(serde_json::from_value)
            .collect::<Result<_, _>>()
            .map_err(|error| kaltura_types::redact(&error.to_string(), &[]).into_owned())?;
    let mut created = Vec::new();
    for command in commands {
        created.extend(emulator.apply(command).map_err(|error| error.to_string())?);
    }
    Ok(created)
}

/// The response to `GET`, and to `POST` after the commands.
#[derive(Serialize)]
struct State {
    time: i64,
    calls: Vec<CallState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    created: Vec<Created>,
}

#[derive(Serialize)]
struct CallState {
    method: String,
    action: String,
    parameters: Vec<String>,
    /// Secrets are masked.
    values: BTreeMap<String, String>,
    ks: Option<String>,
    error: Option<String>,
    emulated: bool,
    /// The fields of its filter that are not emulated: they matched every object.
    #[serde(rename = "ignoredFilters", skip_serializing_if = "Vec::is_empty")]
    ignored_filters: Vec<String>,
}

fn state(emulator: &Emulator, created: Vec<Created>) -> String {
    let calls = emulator.calls();
    let calls = calls.iter().map(|call| CallState {
        method: call.method().to_string(),
        action: call.action().to_owned(),
        parameters: call.parameter_names().map(str::to_owned).collect(),
        values: call.parameters().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ks: call.ks_fingerprint().map(|fingerprint| fingerprint.to_string()),
        error: call.error().map(|code| code.as_str().to_owned()),
        emulated: call.is_emulated(),
        ignored_filters: call.ignored_filters().to_vec(),
    });
    let state = State { time: emulator.clock().now().as_seconds(), calls: calls.collect(), created };
    // Texts and numbers always serialise.
    serde_json::to_string(&state).unwrap_or_default()
}

fn error(message: &str) -> String {
    json!({ "error": message }).to_string()
}
