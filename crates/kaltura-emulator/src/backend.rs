//! The server as a whole: from an HTTP request to an HTTP response.

pub(crate) mod clock;
pub(crate) mod entry;
pub(crate) mod owner;
pub(crate) mod random;
pub(crate) mod roles;
pub(crate) mod seed;
pub(crate) mod state;
pub(crate) mod upload;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response};

use self::clock::Clock;
use self::state::State;
use crate::calls::{Calls, RecordedCall};
use crate::dispatch::rate_limit::RateLimiter;
use crate::dispatch::request_configuration::ResponseProfile;
use crate::dispatch::{self, Completed, multirequest};
use crate::faults::{Fault, Faults, Triggered, apply_fault, echo_secrets};
use crate::notices::Notices;
use crate::request::{ApiRequest, Arguments, text};
use crate::response::value::{ApiValue, Failure};
use crate::response::{
    Format, FormatError, HeaderSet, PHP_CONTENT_TYPE, php_float, response, with_headers, write_bare_xml,
    write_json, write_php, write_xml,
};
use crate::response_cache::ResponseCache;
use crate::services::stub::Stubs;
use crate::services::{Time, upload_token};
use crate::transport::{PendingUpload, Reply};

/// Everything that changes while the emulator runs.
pub(crate) struct Backend {
    pub(crate) state: State,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) cache: ResponseCache,
    pub(crate) faults: Faults,
    pub(crate) stubs: Stubs,
    pub(crate) calls: Calls,
    pub(crate) notices: Notices,
    /// The calls of the current request.
    pub(crate) request_calls: Vec<Arc<RecordedCall>>,
}

impl Backend {
    /// Responds to a request.
    pub(crate) fn respond(&mut self, request: &ApiRequest, clock: &Clock) -> Reply {
        let target = if self.faults.rules().is_empty() { String::new() } else { fault_target(request) };
        let triggered = self.faults.trigger(&target, &mut self.state.random);
        let mut reply = Reply::whole(self.run_and_write(request, clock, &triggered));
        reply.delay = triggered.latency.saturating_add(std::mem::take(&mut self.state.waited));
        for fault in &triggered.faults {
            apply_fault(&mut reply, fault);
        }
        reply.faults = triggered.faults;
        if request.method == Method::HEAD {
            *reply.response.body_mut() = Bytes::new();
        }
        reply
    }

    pub(crate) fn record(&mut self, call: RecordedCall) {
        let call = Arc::new(call);
        self.calls.push(Arc::clone(&call));
        self.request_calls.push(call);
    }

    /// `X-Kaltura-Emulator`, if the request called an action that the emulator does not have, or has a filter that it does
    /// not obey.
    fn limit(&self) -> Option<String> {
        self.request_calls.iter().find_map(|call| match call.ignored_filters().first() {
            _ if !call.is_emulated() => Some(format!("not emulated: {}", call.action())),
            // The name comes from the request, and may be long.
            Some(field) => Some(format!("filter not emulated: {} {field:.100}", call.action())),
            None => None,
        })
    }

    /// Runs the request and writes the result in the requested format.
    fn run_and_write(
        &mut self,
        request: &ApiRequest,
        clock: &Clock,
        triggered: &Triggered,
    ) -> Response<Bytes> {
        let time = Time { now: clock.now(), milliseconds: clock.milliseconds() };
        let date = clock.date_header();
        let mut headers = self.headers(time);
        let mut format = match Format::of(request) {
            Ok(format) => format,
            Err(FormatError { code, message }) => {
                headers.session = None;
                headers.kaltura = Some(format!("error- {code}"));
                headers.app = Some(format!("exiting on error {code} - {message}"));
                return with_headers(response(200, PHP_CONTENT_TYPE, ""), headers, date);
            }
        };
        let mut completed = if triggered.before_the_action {
            Completed::new(Ok(ApiValue::Null))
        } else {
            self.run(request, time)
        };
        for fault in &triggered.faults {
            match fault {
                Fault::Xml => format = Format::Xml,
                Fault::EchoSecrets => {
                    completed.result = Ok(echo_secrets(&request.parameters));
                    completed.refusal = None;
                }
                _ => {}
            }
        }
        headers.emulator = self.limit();
        write(request, &format, completed, headers, date)
    }

    /// The response to a final chunk that waited for others, if they arrived meanwhile.
    pub(crate) fn finish_upload(
        &mut self,
        pending: &PendingUpload,
        clock: &Clock,
    ) -> Option<Response<Bytes>> {
        let request = &pending.request;
        let format = Format::of(request).ok().filter(|_| !dispatch::is_multirequest(request))?;
        let time = Time { now: clock.now(), milliseconds: clock.milliseconds() };
        let value = upload_token::finish(&mut self.state, &pending.chunks, time)?;
        let profile = ResponseProfile::read(Arguments::new(&request.parameters, time.now)).ok().flatten();
        let value = match profile {
            Some(profile) => profile.trim(value),
            None => value,
        };
        let headers = self.headers(time);
        Some(write(request, &format, Completed::new(Ok(value)), headers, clock.date_header()))
    }

    fn headers(&mut self, time: Time) -> HeaderSet {
        let id = self.state.random.below(1 << 31);
        HeaderSet {
            session: Some([&*id.to_string(), &time.now.as_seconds().to_string()].join(", ")),
            is_complete: true,
            ..HeaderSet::default()
        }
    }
}

/// Writes a result.
fn write(
    request: &ApiRequest,
    format: &Format,
    completed: Completed,
    mut headers: HeaderSet,
    date: String,
) -> Response<Bytes> {
    let value = match completed.result {
        Ok(value) => value,
        Err(Failure::ApiException(exception)) => ApiValue::Error(exception),
        Err(Failure::Fatal) => {
            return with_headers(response(500, PHP_CONTENT_TYPE, ""), HeaderSet::default(), date);
        }
    };
    if completed.is_from_cache || !completed.is_dispatched {
        headers.session = None;
    }
    headers.kaltura = completed.cache_header;
    headers.part_of_multirequest = completed.part_header;
    if let Some(message) = completed.refusal {
        headers.kaltura = Some("error-SERVICE_FORBIDDEN".to_owned());
        headers.app = Some(format!("exiting on error SERVICE_FORBIDDEN - {message}"));
    }
    // The parameter does not reach the requests of a multirequest.
    let ignore_null =
        !completed.is_multirequest && request.text("ignoreNull").is_some_and(|value| value == "1");
    let body = match format {
        Format::Json => write_json(&value),
        Format::Php => write_php(&value),
        Format::Jsonp(callback) => format!("{callback}({});", write_json(&value)),
        Format::Xml if completed.is_fast_path => {
            write_bare_xml(&value, ignore_null, &php_float(completed.seconds))
        }
        Format::Xml => write_xml(&value, ignore_null, &php_float(completed.seconds)),
    };
    let content_type = content_type(request).unwrap_or_else(|| format.content_type().into());
    with_headers(response(200, &content_type, body), headers, date)
}

/// The name of a request in a fault rule.
fn fault_target(request: &ApiRequest) -> String {
    let service = request.text("service").unwrap_or_default();
    if service == multirequest::SERVICE {
        service.into_owned()
    } else {
        format!("{service}.{}", request.text("action").unwrap_or_default())
    }
}

/// The parameter `content-type` replaces the header. PHP adds a charset to text types.
fn content_type(request: &ApiRequest) -> Option<Cow<'_, str>> {
    let requested =
        request.parameters.get("content-type").map(text).filter(|requested| !requested.is_empty())?;
    let is_text = requested.starts_with("text/") && !requested.contains("charset");
    Some(if is_text { format!("{requested};charset=UTF-8").into() } else { requested })
}

pub(crate) fn not_an_api_path() -> Response<Bytes> {
    response(404, "text/plain;charset=UTF-8", "not a path of the API: such a path begins with /api_v3/\n")
}

#[cfg(test)]
mod tests;
