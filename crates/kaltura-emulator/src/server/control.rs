//! The control endpoint: commands over HTTP, on a path that Kaltura does not have.
//!
//! It is off by default. `POST /_emulator` accepts a [`Command`] or an array of them as JSON; `GET /_emulator` returns
//! the server's time and the calls so far, without secrets.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Command, Emulator, Reply};

/// The path of the endpoint.
pub(super) const PATH: &str = "/_emulator";

/// One command or several.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Commands {
    Several(Vec<Value>),
    One(Value),
}

pub(super) fn respond(emulator: &Emulator, request: &Request<Bytes>) -> Reply {
    let (status, body) = match *request.method() {
        Method::GET => (StatusCode::OK, state(emulator)),
        // A page in a browser cannot send this type without a preflight request, which is refused.
        Method::POST if is_json(request) => match apply(emulator, request.body()) {
            Ok(()) => (StatusCode::OK, state(emulator)),
            Err(message) => (StatusCode::BAD_REQUEST, error(&message)),
        },
        Method::POST => (StatusCode::UNSUPPORTED_MEDIA_TYPE, error("send the commands as application/json")),
        _ => (StatusCode::METHOD_NOT_ALLOWED, error("use GET or POST")),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Reply::whole(response)
}

fn is_json(request: &Request<Bytes>) -> bool {
    request.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

fn apply(emulator: &Emulator, body: &[u8]) -> Result<(), String> {
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
    commands.into_iter().try_for_each(|command| emulator.apply(command)).map_err(|error| error.to_string())
}

/// The response to `GET`, and to `POST` after the commands.
#[derive(Serialize)]
struct State {
    time: i64,
    calls: Vec<CallState>,
}

#[derive(Serialize)]
struct CallState {
    action: String,
    parameters: Vec<String>,
    ks: Option<String>,
    error: Option<String>,
}

fn state(emulator: &Emulator) -> String {
    let calls = emulator.calls();
    let calls = calls.iter().map(|call| CallState {
        action: call.action().to_owned(),
        parameters: call.parameter_names().to_vec(),
        ks: call.ks_fingerprint().map(|fingerprint| fingerprint.to_string()),
        error: call.error().map(|code| code.as_str().to_owned()),
    });
    let state = State { time: emulator.clock().now().as_seconds(), calls: calls.collect() };
    // Texts and numbers always serialise.
    serde_json::to_string(&state).unwrap_or_default()
}

fn error(message: &str) -> String {
    json!({ "error": message }).to_string()
}
