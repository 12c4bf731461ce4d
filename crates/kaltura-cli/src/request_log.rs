//! The log of requests that `--verbose` writes: what went out and what came back, without any secret.

use std::error::Error;
use std::time::Duration;

use kaltura_auth::{ResponseMetadata, TransportError, WireRequest, WireResponse};
use serde::Serialize;
use serde_json::Value;

use crate::masking::KnownSecrets;
use crate::output::{self, Manner, Verbosity, one_line, style};

/// Writes a line of a log to standard error.
pub(crate) fn write_line(line: &str) {
    #[derive(Serialize)]
    struct Logged<'a> {
        log: &'a str,
    }
    let line = one_line(line);
    output::to_stderr(&if Manner::chosen().json {
        output::json_line(&Logged { log: &line })
    } else {
        format!("{}{line}{:#}\n", style::QUIET, style::QUIET)
    });
}

/// The log of one request and its answer.
pub(crate) struct RequestLog {
    with_bodies: bool,
    secrets: KnownSecrets,
}

impl RequestLog {
    /// Begins with the request, if there is to be a log.
    pub(crate) fn begin(request: &WireRequest) -> Option<Self> {
        let verbosity = Manner::chosen().verbosity;
        if verbosity < Verbosity::Requests {
            return None;
        }
        let body = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let log = Self { with_bodies: verbosity == Verbosity::Bodies, secrets: KnownSecrets::of(&body) };
        log.write('>', &log.request(request));
        Some(log)
    }

    /// Ends with what came of it.
    pub(crate) fn end(&self, outcome: &Result<WireResponse, TransportError>, took: Duration) {
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
            write_line(&format!("{direction} {line}"));
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

#[cfg(test)]
mod tests {
    use kaltura_auth::TransportErrorKind;
    use serde_json::json;

    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
    const TOOK: Duration = Duration::from_millis(123);

    fn log(request: &WireRequest, with_bodies: bool) -> RequestLog {
        let body = serde_json::from_slice(request.body()).unwrap();
        RequestLog { with_bodies, secrets: KnownSecrets::of(&body) }
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
