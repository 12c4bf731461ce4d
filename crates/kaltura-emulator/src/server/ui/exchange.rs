//! One request and its response as the page shows them.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, Method, Request};
use serde::Serialize;

use super::masking::Secrets;
use crate::request::{Parameter, multipart_parts, text};
use crate::{Breakage, RecordedCall, Reply};

/// The most text of a body that is kept, in bytes.
const MOST_TEXT: usize = 16 << 10;
/// The most of a body that is read. Secrets are found before the text is cut.
const MOST_READ: usize = 256 << 10;

/// The headers that are kept.
const REQUEST_HEADERS: [HeaderName; 2] = [CONTENT_TYPE, USER_AGENT];
const RESPONSE_HEADERS: [&str; 6] =
    ["content-type", "date", "retry-after", "x-kaltura", "x-kaltura-app", "x-kaltura-emulator"];

/// A recorded exchange. It contains no secret of others; those of the emulator are marked.
pub(super) struct Exchange {
    pub(super) summary: Summary,
    method: Method,
    /// Path and query.
    target: String,
    request_headers: Vec<(String, String)>,
    request_body: RecordedBody,
    response_headers: Vec<(String, String)>,
    response_body: RecordedBody,
    calls: Vec<CallView>,
    notes: Vec<String>,
    ks: Option<String>,
}

/// A line of the journal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    /// Counts from 1, and never begins again.
    pub(super) number: u64,
    /// When the request came, in milliseconds by the emulator's clock.
    at: i64,
    /// How long the response took, with its delay.
    microseconds: u64,
    method: String,
    /// Service and action, or the path of what is not a call.
    action: String,
    /// Who called: user and type of the session.
    session: Option<String>,
    /// The HTTP status; `None` if the connection was reset.
    status: Option<u16>,
    /// The code of the first error.
    error: Option<String>,
    /// What went wrong on the way: injected faults, a broken connection.
    faults: Vec<String>,
    succeeded: bool,
}

#[derive(Default)]
struct RecordedBody {
    text: String,
    /// The rest of the text is not kept.
    is_cut: bool,
    /// Lines `name=value` of a multipart body, whose text is made from them.
    parts: Option<Vec<(String, Part)>>,
    /// Whether it is not text.
    is_binary: bool,
}

enum Part {
    Text(String),
    File { name: String, length: usize },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallView {
    action: String,
    error: Option<String>,
    succeeded: bool,
}

/// What is recorded of an exchange, beside the request and the reply.
pub(super) struct Context<'a> {
    pub(super) number: u64,
    pub(super) at: i64,
    pub(super) time: Duration,
    pub(super) calls: &'a [std::sync::Arc<RecordedCall>],
    pub(super) secrets: &'a Secrets,
    pub(super) session: Option<String>,
    pub(super) ks: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Exchange {
    pub(super) fn new(request: &Request<Bytes>, reply: &Reply, context: Context<'_>) -> Self {
        let Context { number, at, time, calls, secrets, session, ks, mut notes } = context;
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let target = secrets.mask(target);
        let error = calls.iter().find_map(|call| call.error()).map(|code| code.as_str().to_owned());
        let mut faults: Vec<String> =
            reply.faults.iter().map(|fault| secrets.mask(&fault.to_string())).collect();
        if let (true, Some(_)) = (faults.is_empty(), reply.breakage) {
            faults.push("connection broken".to_owned());
        }
        let status = (reply.breakage != Some(Breakage::Reset)).then(|| reply.response.status());
        let is_success = status.is_some_and(|status| status.is_success());
        let all_succeeded = calls.iter().all(|call| call.succeeded());
        // A delay alone does not make a call fail.
        let is_whole = matches!(reply.breakage, None | Some(Breakage::SlowBody(_) | Breakage::ResetAfter))
            && faults.iter().all(|fault| fault.starts_with("slow") || fault == "reset-after");
        for call in calls {
            add_notes(call, &mut notes);
        }
        Self {
            summary: Summary {
                number,
                at,
                microseconds: u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
                method: request.method().to_string(),
                action: match calls {
                    [] => cut(&target, 200).0,
                    [call] => call.action().to_owned(),
                    calls => format!("multirequest ({})", calls.len()),
                },
                session,
                status: status.map(|status| status.as_u16()),
                error,
                faults,
                succeeded: is_success && all_succeeded && is_whole,
            },
            method: request.method().clone(),
            target,
            request_headers: headers(request.headers(), &REQUEST_HEADERS, secrets),
            request_body: RecordedBody::of_request(request, secrets),
            response_headers: headers(
                reply.response.headers(),
                &RESPONSE_HEADERS.map(HeaderName::from_static),
                secrets,
            ),
            response_body: RecordedBody::of_text(reply.response.body(), secrets),
            calls: calls.iter().map(|call| CallView::new(call)).collect(),
            notes,
            ks,
        }
    }

    /// The length of its texts.
    pub(super) fn bytes(&self) -> usize {
        let headers = self.request_headers.iter().chain(&self.response_headers);
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        self.target.len() + self.request_body.text.len() * 2 + self.response_body.text.len() + headers + 500
    }

    /// All that the page shows. `host` is the address that the page was opened with.
    pub(super) fn view(&self, host: &str) -> View<'_> {
        let has_body = !self.request_body.text.is_empty();
        View {
            summary: &self.summary,
            request: Message {
                line: format!("{} {}", self.method, self.target),
                headers: &self.request_headers,
                body: &self.request_body.text,
                is_cut: self.request_body.is_cut,
            },
            response: Message {
                line: self.summary.status.map_or_else(
                    || "connection reset".to_owned(),
                    |status| {
                        let reason = http::StatusCode::from_u16(status).ok();
                        let reason = reason.and_then(|status| status.canonical_reason());
                        format!("HTTP {status} {}", reason.unwrap_or_default())
                    },
                ),
                headers: &self.response_headers,
                body: &self.response_body.text,
                is_cut: self.response_body.is_cut,
            },
            curl: self.curl(host, has_body),
            calls: &self.calls,
            notes: &self.notes,
            ks: self.ks.as_deref(),
        }
    }

    /// A command that sends the request again; `None` if its body was not kept as a whole.
    fn curl(&self, host: &str, has_body: bool) -> Option<String> {
        let body = &self.request_body;
        if body.is_cut || body.is_binary {
            return None;
        }
        let mut command = "curl -sS".to_owned();
        if self.target.contains(['[', ']', '{', '}']) {
            command.push_str(" --globoff");
        }
        match self.method {
            Method::GET if !has_body => {}
            Method::HEAD => command.push_str(" --head"),
            Method::POST if has_body => {}
            ref method => {
                let _ = write!(command, " -X {method}");
            }
        }
        let _ = write!(command, " {}", quoted(&format!("http://{host}{}", self.target)));
        if let Some(parts) = &body.parts {
            for (name, part) in parts {
                let _ = match part {
                    Part::Text(value) => {
                        write!(command, " \\\n  --form-string {}", quoted(&format!("{name}={value}")))
                    }
                    Part::File { name: file, .. } => {
                        write!(command, " \\\n  --form {}", quoted(&format!("{name}=@{file}")))
                    }
                };
            }
        } else if has_body {
            let sent = self.request_headers.iter().find(|(name, _)| *name == CONTENT_TYPE.as_str());
            // curl's own type is that of a form.
            let content_type = sent
                .map_or_else(|| "Content-Type:".to_owned(), |(_, value)| format!("Content-Type: {value}"));
            if content_type != "Content-Type: application/x-www-form-urlencoded" {
                let _ = write!(command, " \\\n  -H {}", quoted(&content_type));
            }
            let _ = write!(command, " \\\n  --data-raw {}", quoted(&body.text));
        }
        Some(command)
    }
}

/// All of an exchange.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    request: Message<'a>,
    response: Message<'a>,
    curl: Option<String>,
    calls: &'a [CallView],
    notes: &'a [String],
    /// The KS of the request, if it is one of this emulator.
    ks: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    line: String,
    headers: &'a [(String, String)],
    body: &'a str,
    is_cut: bool,
}

impl CallView {
    fn new(call: &RecordedCall) -> Self {
        let error = call.error().map(|code| code.as_str().to_owned());
        Self { action: call.action().to_owned(), error, succeeded: call.succeeded() }
    }
}

impl RecordedBody {
    fn of_request(request: &Request<Bytes>, secrets: &Secrets) -> Self {
        let Some(parts) = multipart_parts(request) else { return Self::of_text(request.body(), secrets) };
        let mut flat = Vec::new();
        for (name, value) in &parts {
            flatten(name.clone(), value, secrets, &mut flat);
        }
        let mut text = String::new();
        for (name, part) in &flat {
            let _ = match part {
                Part::Text(value) => writeln!(text, "{name}={value}"),
                Part::File { name: file, length } => writeln!(text, "{name}=@{file} ({length} bytes)"),
            };
        }
        let (text, is_cut) = cut(&text, MOST_TEXT);
        Self { text, is_cut, parts: Some(flat).filter(|_| !is_cut), is_binary: false }
    }

    fn of_text(body: &Bytes, secrets: &Secrets) -> Self {
        let Ok(text) = std::str::from_utf8(body) else {
            let text = format!("({} bytes that are not text)", body.len());
            return Self { text, is_binary: true, ..Self::default() };
        };
        let (read, is_long) = cut(text, MOST_READ);
        let (text, is_cut) = cut(&secrets.mask(&read), MOST_TEXT);
        Self { text, is_cut: is_cut || is_long, ..Self::default() }
    }
}

/// The fields of a multipart body as a form has them.
fn flatten(name: String, value: &Parameter, secrets: &Secrets, flat: &mut Vec<(String, Part)>) {
    match value {
        Parameter::Object(fields) => {
            for (field, value) in fields {
                flatten(format!("{name}:{field}"), value, secrets, flat);
            }
        }
        Parameter::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(format!("{name}:{index}"), item, secrets, flat);
            }
        }
        Parameter::File(file) => {
            let part = Part::File { name: secrets.mask(&file.name), length: file.content.len() };
            flat.push((secrets.mask(&name), part));
        }
        value => flat.push((secrets.mask(&name), Part::Text(secrets.mask(&text(value))))),
    }
}

fn headers(headers: &HeaderMap, kept: &[HeaderName], secrets: &Secrets) -> Vec<(String, String)> {
    let kept = kept.iter().filter_map(|name| Some((name, headers.get(name)?)));
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    kept.map(|(name, value)| (name.to_string(), cut(&secrets.mask(&text(value)), 500).0)).collect()
}

/// What is to be known about the emulator, not about the call.
fn add_notes(call: &RecordedCall, notes: &mut Vec<String>) {
    let action = call.action();
    if !call.is_emulated() {
        notes.push(format!(
            "{action}: the emulator does not have this action; the real server may. --stub adds it."
        ));
    }
    if call.was_cached() {
        notes.push(format!("{action}: the result came from the response cache; no action ran."));
    }
    for field in call.ignored_filters() {
        notes.push(format!("{action}: the emulator ignores the filter {field}; it matches every object."));
    }
    notes.dedup();
}

/// The beginning of a text, and whether something is missing. A marked secret at its end is left out as a whole.
fn cut(text: &str, most: usize) -> (String, bool) {
    if text.len() <= most {
        return (text.to_owned(), false);
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (super::masking::without_half_secret(&text[..end]).to_owned(), true)
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
