//! The control endpoint: commands over HTTP, on a path that is no part of Kaltura's.
//!
//! It is off unless asked for. `POST /_emulator` takes a [`Command`] or a list of them as JSON; `GET
//! /_emulator` tells the server's time and the calls so far, without secrets.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::{Command, Emulator, Reply};

/// Where commands go.
pub(super) const PATH: &str = "/_emulator";

/// What is asked: one command, or several.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Commands {
    Several(Vec<Value>),
    One(Value),
}

pub(super) fn answer(emulator: &Emulator, request: &Request<Bytes>) -> Reply {
    let (status, body) = match *request.method() {
        Method::GET => (StatusCode::OK, state(emulator)),
        // A page in a browser can not send this type without asking first, and is not answered then.
        Method::POST if is_json(request) => match obey(emulator, request.body()) {
            Ok(()) => (StatusCode::OK, state(emulator)),
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
        },
        Method::POST => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, json!({ "error": "send the commands as application/json" }))
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": "use GET or POST" })),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Reply::whole(response)
}

fn is_json(request: &Request<Bytes>) -> bool {
    request.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

fn obey(emulator: &Emulator, body: &[u8]) -> Result<(), String> {
    let commands: Commands = serde_json::from_slice(body).map_err(|_| "the body is not JSON".to_owned())?;
    let commands = match commands {
        Commands::Several(commands) => commands,
        Commands::One(command) => vec![command],
    };
    // All are read before the first is done: a typing mistake changes nothing.
    let commands: Vec<Command> =
        commands
            .into_iter()
            .map(serde_json::from_value)
            .collect::<Result<_, _>>()
            .map_err(|error| kaltura_types::redact(&error.to_string(), &[]).into_owned())?;
    commands.into_iter().try_for_each(|command| emulator.obey(command)).map_err(|error| error.to_string())
}

fn state(emulator: &Emulator) -> Value {
    let calls: Vec<Value> = emulator
        .calls()
        .iter()
        .map(|call| {
            json!({
                "action": call.action(),
                "parameters": call.parameter_names(),
                "ks": call.ks_fingerprint().map(|fingerprint| fingerprint.to_string()),
                "error": call.error().map(kaltura_types::ErrorCode::as_str),
            })
        })
        .collect();
    json!({ "time": emulator.clock().now().as_seconds(), "calls": calls })
}
