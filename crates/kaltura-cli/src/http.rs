//! HTTP requests: with a log for `--verbose`, with a spinner, and again while the server is unavailable.

use std::time::Duration;

use kaltura_auth::source::{FixedSession, LocalSigningSource, SessionSource};
use kaltura_auth::{
    ResponseMetadata, ServiceUrl, Session, Transport, TransportError, WireRequest, WireResponse, async_trait,
};
use kaltura_client::{CallOptions, Client, ClientBuilder, RetryPolicy};
use kaltura_http::{ReqwestTransport, TokioRuntime};
use kaltura_ks::random_bytes;
use kaltura_types::{
    AdminSecret, ErrorCode, Ks, Lifetime, PartnerId, SessionType, StartWidgetSession, WidgetId,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::error::{ExitCode, Failure};
use crate::output::style::{self, styled};
use crate::output::{Ui, Verbosity, json_line, one_line};
use crate::redaction::KnownSecrets;

/// A transport over HTTP that tells what it does on standard error.
pub(crate) struct LoggedTransport {
    http: ReqwestTransport,
    ui: Ui,
}

impl LoggedTransport {
    pub(crate) fn new(http: ReqwestTransport, ui: Ui) -> Self {
        let shown = ui.clone();
        Self { http: http.on_upload_progress(move |sent, length| shown.show_sent(sent, length)), ui }
    }
}

#[async_trait]
impl Transport for LoggedTransport {
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
        ("multirequest", _) => format!("sending a batch to {host}"),
        (service, action) => format!("calling {service}.{action} at {host}"),
    }
}

/// Writes a line of a log to standard error.
pub(crate) fn write_line(ui: &Ui, line: &str) {
    let line = one_line(line);
    let for_people = || styled(style::QUIET, &line) + "\n";
    ui.eprint(&if ui.json { json_line(&json!({ "log": line })) } else { for_people() });
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
        let verbosity = ui.verbosity;
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
        let why = Failure::of_error(ExitCode::Network, error).text();
        self.secrets.masked_text(&format!("no answer in {} ms: {why}", took.as_millis()))
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
    client(service_url, source, transport, timeout).build()
}

/// A client with a session that exists already. Nothing is sent twice.
pub(crate) fn client_with_ks(
    service_url: &ServiceUrl,
    partner: PartnerId,
    ks: Ks,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> Client {
    client(service_url, FixedSession::new(Session::new(partner, ks)), transport, timeout)
        .renew_on_actions_limit(false)
        .build()
}

/// Shows a KS that was made some time ago to the server: a refusal says nothing of the app token.
pub(crate) async fn verify_ks(
    service_url: &ServiceUrl,
    partner: PartnerId,
    ks: &Ks,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> Result<(), kaltura_client::Error> {
    let client = client_with_ks(service_url, partner, ks.clone(), transport, timeout);
    // With a KS beside it, that is validated before anything else; and past the cache, which would not look at it.
    let shown = StartWidgetSession::new(WidgetId::default_for(partner));
    let options = CallOptions::new().ks(ks.clone()).nocache();
    match client.call_with(&shown, &options).await {
        Err(error) if error.api_error().map(|it| it.code()) != Some(&ErrorCode::InvalidWidgetId) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

fn client(
    service_url: &ServiceUrl,
    source: impl SessionSource + 'static,
    transport: impl Transport + 'static,
    timeout: Duration,
) -> ClientBuilder {
    Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
        .retry(RetryPolicy::never())
        .request_timeout(timeout)
}

/// Does something that is safe to repeat, such as a login. While the server is unavailable, it is done again, as long as
/// all attempts begin within this time.
pub(crate) async fn with_retries<T, E, F>(within: Duration, mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: Clone,
    Failure: From<E>,
{
    const MAX_DELAY: Duration = Duration::from_secs(8);
    let begin = Instant::now();
    let mut delay = Duration::from_millis(250);
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let failure = Failure::from(error.clone());
        // An error of the API, such as that of a rate limit, is no reason to send more.
        let wait = failure.retry_delay().filter(|_| failure.code().is_none()).map(|least| least.max(delay));
        match wait.filter(|wait| begin.elapsed() + *wait < within) {
            Some(wait) => sleep(wait).await,
            None => return Err(error),
        }
        delay = MAX_DELAY.min(delay * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_named_what_is_waited_for() {
        for (service, action, expected) in [
            ("appToken", "startSession", "logging in at www.kaltura.com"),
            ("session", "startWidgetSession", "logging in at www.kaltura.com"),
            ("multirequest", "null", "sending a batch to www.kaltura.com"),
            ("media", "list", "calling media.list at www.kaltura.com"),
        ] {
            let url = "https://www.kaltura.com/api_v3/x?format=1";
            assert_eq!(purpose(&WireRequest::new(url, service, action, "{}")), expected);
        }
    }
}
