//! HTTP requests: with a log for `--verbose`, and with a spinner.

use std::error::Error;
use std::time::Duration;

use kaltura_auth::source::{FixedSession, LocalSigningSource, SessionSource};
use kaltura_auth::{
    ResponseMetadata, ServiceUrl, Session, Transport, TransportError, WireRequest, WireResponse, async_trait,
};
use kaltura_client::{Client, RetryPolicy};
use kaltura_http::{ReqwestTransport, TokioRuntime};
use kaltura_ks::random_bytes;
use kaltura_types::{AdminSecret, Ks, Lifetime, PartnerId, SessionType};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::output::{Ui, Verbosity, json_line, one_line, style};
use crate::redaction::KnownSecrets;

/// A transport over HTTP that tells what it does on standard error.
pub(crate) struct ToldTransport {
    http: ReqwestTransport,
    ui: Ui,
}

impl ToldTransport {
    pub(crate) const fn new(http: ReqwestTransport, ui: Ui) -> Self {
        Self { http, ui }
    }
}

#[async_trait]
impl Transport for ToldTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let _waiting = self.ui.waiting_for(&purpose(&request));
        let log = RequestLog::begin(&self.ui, &request);
        let begin = Instant::now();
        let outcome = self.http.send(request).await;
        if let Some(log) = log {
            log.end(&outcome, begin.elapsed());
        }
        outcome
    }
}

/// What a request is for, in the words of who waits for it.
fn purpose(request: &WireRequest) -> String {
    let host = request.url().split('/').nth(2).unwrap_or_default();
    match (request.service(), request.action()) {
        ("session", "startWidgetSession") | ("appToken", "startSession") => format!("logging in at {host}"),
        ("multirequest", _) => format!("making several calls at {host}"),
        (service, action) => format!("calling {service}.{action} at {host}"),
    }
}

/// Writes a line of a log to standard error.
pub(crate) fn write_line(ui: &Ui, line: &str) {
    #[derive(Serialize)]
    struct Logged<'a> {
        log: &'a str,
    }
    let line = one_line(line);
    ui.eprint(&if ui.has_json_flag() {
        json_line(&Logged { log: &line })
    } else {
        format!("{}{line}{:#}\n", style::QUIET, style::QUIET)
    });
}

/// The log of one request and its answer.
struct RequestLog {
    ui: Ui,
    with_bodies: bool,
    secrets: KnownSecrets,
}

impl RequestLog {
    /// Begins with the request, if there is to be a log.
    fn begin(ui: &Ui, request: &WireRequest) -> Option<Self> {
        let verbosity = ui.verbosity();
        if verbosity < Verbosity::Requests {
            return None;
        }
        let body = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let log = Self {
            ui: ui.clone(),
            with_bodies: verbosity == Verbosity::Bodies,
            secrets: KnownSecrets::of(&body),
        };
        log.write('>', &log.request(request));
        Some(log)
    }

    /// Ends with what came of it.
    fn end(&self, outcome: &Result<WireResponse, TransportError>, took: Duration) {
        self.write(
            '<',
            &match outcome {
                Ok(response) => self.answer(response, took),
                Err(error) => vec![self.failure(error, took)],
            },
        );
    }

    fn write(&self, direction: char, lines: &[String]) {
        for line in lines {
            write_line(&self.ui, &format!("{direction} {line}"));
        }
    }

    fn request(&self, request: &WireRequest) -> Vec<String> {
        // The query only says what the body says too.
        let url = request.url().split('?').next().unwrap_or_default();
        let line = self.secrets.masked_text(&format!("{} POST {url}", name_of(request)));
        let length = request.body().len();
        self.with_body(format!("{line}, {length} bytes"), request.body(), request.content_type())
    }

    fn answer(&self, response: &WireResponse, took: Duration) -> Vec<String> {
        let (status, took, length) = (response.status(), took.as_millis(), response.body().len());
        let mut line = format!("{status} in {took} ms, {length} bytes");
        let facts = ResponseMetadata::from_response(response, &[]);
        for (name, value) in [("server", facts.server()), ("request", facts.request_id())] {
            if let Some(value) = value {
                line += &format!(", {name} {}", self.secrets.masked_text(value));
            }
        }
        if let Some(wait) = facts.retry_after() {
            line += &format!(", retry after {} s", wait.as_secs());
        }
        self.with_body(line, response.body(), response.header("content-type").unwrap_or("no type"))
    }

    fn failure(&self, error: &TransportError, took: Duration) -> String {
        let mut line = format!("no answer in {} ms: {error}", took.as_millis());
        let mut next = error.source();
        while let Some(cause) = next {
            line += &format!(": {cause}");
            next = cause.source();
        }
        self.secrets.masked_text(&line)
    }

    /// The line, and behind it the body if it is wanted. What is not JSON could hide a secret anywhere.
    fn with_body(&self, line: String, body: &[u8], content_type: &str) -> Vec<String> {
        let mut lines = vec![line];
        if self.with_bodies {
            lines.push(match serde_json::from_slice::<Value>(body) {
                Ok(value) => self.secrets.masked(&value).to_string(),
                Err(_) => {
                    let content_type = self.secrets.masked_text(content_type);
                    format!("a body of {} bytes that is no JSON ({content_type})", body.len())
                }
            });
        }
        lines
    }
}

/// `media.list`; several calls in one request have no action of their own.
fn name_of(request: &WireRequest) -> String {
    match (request.service(), request.action()) {
        (service @ "multirequest", _) => service.to_owned(),
        (service, action) => format!("{service}.{action}"),
    }
}

/// A client whose session is signed here, so that the admin secret is not sent. Nothing is sent twice.
pub(crate) fn admin_client(
    service_url: &ServiceUrl,
    partner: PartnerId,
    secret: AdminSecret,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> Client {
    let source = LocalSigningSource::new(partner, secret, || {
        random_bytes().map_err(|error| kaltura_auth::Error::from_source(error, true))
    })
    .session_type(SessionType::Admin)
    .lifetime(Lifetime::hours(1));
    client(service_url, source, transport, timeout)
}

/// A client whose session somebody else has made. Nothing is sent twice.
pub(crate) fn client_with_ks(
    service_url: &ServiceUrl,
    partner: PartnerId,
    ks: Ks,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> Client {
    client(service_url, FixedSession::new(Session::new(partner, ks)), transport, timeout)
}

fn client(
    service_url: &ServiceUrl,
    source: impl SessionSource + 'static,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> Client {
    Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
        .retry(RetryPolicy::never())
        .request_timeout(timeout)
        .build()
}

#[cfg(test)]
mod tests {
    use kaltura_auth::TransportErrorKind;
    use serde_json::json;

    use super::*;

    fn purpose_of(service: &str, action: &str) -> String {
        purpose(&WireRequest::new("https://www.kaltura.com/api_v3/x?format=1", service, action, "{}"))
    }

    #[test]
    fn who_waits_reads_what_for() {
        assert_eq!(purpose_of("appToken", "startSession"), "logging in at www.kaltura.com");
        assert_eq!(purpose_of("session", "startWidgetSession"), "logging in at www.kaltura.com");
        assert_eq!(purpose_of("multirequest", "null"), "making several calls at www.kaltura.com");
        assert_eq!(purpose_of("media", "list"), "calling media.list at www.kaltura.com");
    }

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
    const TOOK: Duration = Duration::from_millis(123);

    fn log(request: &WireRequest, with_bodies: bool) -> RequestLog {
        let body = serde_json::from_slice(request.body()).unwrap();
        RequestLog {
            ui: Ui::new(std::io::empty(), std::io::sink(), std::io::sink()),
            with_bodies,
            secrets: KnownSecrets::of(&body),
        }
    }

    fn request() -> WireRequest {
        let url = "https://www.kaltura.com/api_v3/service/appToken/action/startSession?format=1";
        let body = json!({ "ks": KS, "id": "0_a", "tokenHash": "correct horse" }).to_string();
        WireRequest::new(url, "appToken", "startSession", body)
    }

    #[test]
    fn a_request_and_its_answer_are_a_line_each() {
        let request = request();
        let log = log(&request, false);
        let url = "https://www.kaltura.com/api_v3/service/appToken/action/startSession";
        let line = format!("appToken.startSession POST {url}, {} bytes", request.body().len());
        assert_eq!(log.request(&request), [line]);
        let answer =
            WireResponse::new(200, "{}").with_header("X-Me", "web-1").with_header("Retry-After", "7");
        let answer = answer.with_header("X-Kaltura-Session", "1121307854, 1795493300");
        let line = "200 in 123 ms, 2 bytes, server web-1, request 1121307854, 1795493300, retry after 7 s";
        assert_eq!(log.answer(&answer, TOOK), [line]);
    }

    #[test]
    fn several_calls_in_one_request_have_one_name() {
        let url = "https://www.kaltura.com/api_v3/service/multirequest?format=1";
        let request = WireRequest::new(url, "multirequest", "null", "{}");
        let line = "multirequest POST https://www.kaltura.com/api_v3/service/multirequest, 2 bytes";
        assert_eq!(log(&request, false).request(&request), [line]);
    }

    #[test]
    fn bodies_are_masked_on_both_ways() {
        let request = request();
        let log = log(&request, true);
        let body = r#"{"ks":"(redacted)","id":"0_a","tokenHash":"(redacted)"}"#;
        let shown: Value = serde_json::from_str(&log.request(&request)[1]).unwrap();
        assert_eq!(shown, serde_json::from_str::<Value>(body).unwrap());
        let echo = json!({ "code": "INVALID_KS", "message": format!("{KS} and correct horse") }).to_string();
        let answer = WireResponse::new(200, echo).with_header("X-Me", "correct horse");
        let lines = log.answer(&answer, TOOK);
        assert!(lines[0].ends_with("server (redacted)"), "{lines:?}");
        assert_eq!(lines[1], r#"{"code":"INVALID_KS","message":"(redacted) and (redacted)"}"#);
    }

    #[test]
    fn of_a_body_that_is_no_json_nothing_is_shown() {
        let answer = WireResponse::new(502, "<p>correct horse</p>").with_header("Content-Type", "text/html");
        let lines = log(&request(), true).answer(&answer, TOOK);
        assert_eq!(lines[1], "a body of 20 bytes that is no JSON (text/html)");
        let echo = WireResponse::new(502, "").with_header("Content-Type", "text/correct horse");
        let lines = log(&request(), true).answer(&echo, TOOK);
        assert_eq!(lines[1], "a body of 0 bytes that is no JSON (text/(redacted))");
    }

    #[test]
    fn a_failure_is_told_with_its_causes() {
        let error = TransportError::new(TransportErrorKind::Connect, "refused correct horse");
        let line = log(&request(), false).failure(&error, TOOK);
        assert_eq!(line, "no answer in 123 ms: could not connect to the server: refused (redacted)");
    }
}
