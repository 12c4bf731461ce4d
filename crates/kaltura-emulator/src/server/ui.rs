//! The page for people: what was called, with which session, and why it was refused; and the switches of the server.
//!
//! The page is static and contains no secret. Its address has the [token](ControlToken) in the fragment, which a
//! browser does not send; the page keeps it for its tab and sends it as `Authorization: Bearer TOKEN`. Everything else
//! than the three static files requires the token and is refused to other pages, other hosts and other machines: see
//! [`access`].

mod access;
mod diagnosis;
mod exchange;
mod inspector;
mod journal;
mod masking;
mod overview;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use self::journal::Journal;
use super::control;
use super::guard::ControlToken;
use crate::{Emulator, Reply};

/// The address of the page. All that belongs to it is below.
pub(super) const PATH: &str = "/_emulator/ui";

const PAGE: &str = include_str!("ui/assets/index.html");
const STYLE: &str = include_str!("ui/assets/style.css");
const SCRIPT: &str = include_str!("ui/assets/app.js");

/// The page of one server.
pub(super) struct Ui {
    emulator: Emulator,
    token: ControlToken,
    journal: Journal,
}

impl Ui {
    pub(super) fn new(emulator: Emulator, token: ControlToken) -> Self {
        let journal = Journal::new(emulator.clone());
        Self { emulator, token, journal }
    }

    /// Whether a path is one of the page.
    pub(super) fn has(path: &str) -> bool {
        path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Responds to a request of the page.
    pub(super) fn respond(&self, request: &Request<Bytes>, client: IpAddr) -> Reply {
        let path = request.uri().path().strip_prefix(PATH).unwrap_or_default();
        let file = match path {
            "" | "/" => Some(("text/html; charset=utf-8", PAGE)),
            "/style.css" => Some(("text/css; charset=utf-8", STYLE)),
            "/app.js" => Some(("text/javascript; charset=utf-8", SCRIPT)),
            _ => None,
        };
        let allowed = match file {
            Some(_) => access::check_file(request, client),
            None => access::check(request, client, &self.token),
        };
        let (status, content_type, body) = match (allowed, file) {
            (Err(refusal), _) => (refusal.status, "application/json", error(refusal.message)),
            (Ok(()), Some((content_type, text)))
                if matches!(*request.method(), Method::GET | Method::HEAD) =>
            {
                (StatusCode::OK, content_type, text.to_owned())
            }
            (Ok(()), Some(_)) => (StatusCode::METHOD_NOT_ALLOWED, "application/json", error("use GET")),
            (Ok(()), None) => {
                let (status, body) = self.run(path, request);
                (status, "application/json", body)
            }
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers(request, content_type);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if *request.method() == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        Reply::whole(response)
    }

    /// Responds to another request with the emulator, and records the exchange.
    pub(super) fn record(&self, request: &Request<Bytes>, client: IpAddr) -> Reply {
        let at = self.emulator.clock().milliseconds();
        let start = Instant::now();
        let (mut reply, calls) = self.emulator.respond_with_calls(request, client);
        let time: Duration = start.elapsed().saturating_add(reply.delay);
        self.journal.record(request, &reply, &calls, at, time);
        // A response that a browser shows as a document, such as one with `content-type=text/html`, has the origin of
        // the page. In a sandbox it has none and runs no script.
        reply
            .response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
        reply
    }

    /// What the page asks for. The path is relative to that of the page.
    fn run(&self, path: &str, request: &Request<Bytes>) -> (StatusCode, String) {
        let is_json = || control::is_json(request);
        let body = request.body();
        match (request.method(), path) {
            (&Method::GET, "/state") => {
                let since = number(request, "since").unwrap_or(0);
                (StatusCode::OK, document(&overview::Overview::new(&self.emulator, &self.journal, since)))
            }
            (&Method::GET, "/exchange") => {
                match number(request, "number").and_then(|number| self.journal.get(number)) {
                    Some(exchange) => (StatusCode::OK, document(&exchange.view(&host(request)))),
                    None => (StatusCode::NOT_FOUND, error("the journal does not have this call any more")),
                }
            }
            (&Method::POST, _) if !is_json() => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, error("send application/json"))
            }
            (&Method::POST, "/commands") => answer(control::apply(&self.emulator, body)),
            (&Method::POST, "/inspect") => answer(inspector::inspect(&self.emulator, body)),
            (&Method::POST, "/hash") => answer(inspector::hash(body)),
            _ => (StatusCode::NOT_FOUND, error("the page has no such address")),
        }
    }
}

/// The host and port that the client used. It was checked to be one of loopback.
fn host<T>(request: &Request<T>) -> String {
    let host = access::host(request);
    host.map_or_else(String::new, |uri| {
        let port = uri.port_u16().map_or_else(String::new, |port| format!(":{port}"));
        format!("{}{port}", uri.host().unwrap_or_default())
    })
}

/// A number in the query.
fn number<T>(request: &Request<T>, name: &str) -> Option<u64> {
    let pairs = request.uri().query()?.split('&');
    let mut values = pairs.filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
    values.next()?.1.parse().ok()
}

fn answer<T: Serialize>(result: Result<T, String>) -> (StatusCode, String) {
    match result {
        Ok(value) => (StatusCode::OK, document(&value)),
        Err(message) => (StatusCode::BAD_REQUEST, error(&message)),
    }
}

fn document<T: Serialize>(value: &T) -> String {
    // Texts and numbers always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn error(message: &str) -> String {
    json!({ "error": message }).to_string()
}

/// The headers of every response: nothing is cached, framed, or used by another page, and the page runs its own script
/// only.
fn headers<T>(request: &Request<T>, content_type: &'static str) -> HeaderMap {
    let host = host(request);
    let policy = format!(
        "default-src 'none'; script-src http://{host}{PATH}/app.js; style-src http://{host}{PATH}/style.css; \
         connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Without a host, the request is refused.
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, value);
    }
    headers
}

#[cfg(test)]
mod tests;
