//! The server as a whole: from an HTTP request to an HTTP answer.

mod running;

use std::net::IpAddr;

use bytes::Bytes;
use http::{Method, Request, Response};

use self::running::Ran;

use super::answer::{Answer, Failure};
use super::call::Time;
use super::calls::Calls;
use super::clock::Clock;
use super::faults::{Fault, Faults, Strikes, echo_secrets, spoil};
use super::multirequest;
use super::rate_limit::RateLimiter;
use super::reply::Reply;
use super::request::{ApiRequest, text};
use super::response::{
    Format, FormatError, HeaderSet, PHP_CONTENT_TYPE, php_float, preflight, response, with_headers,
    write_bare_xml, write_json, write_php, write_xml,
};
use super::response_cache::ResponseCache;
use super::state::State;

/// All that changes while the emulator runs.
pub(super) struct World {
    pub(super) state: State,
    pub(super) rate_limiter: RateLimiter,
    pub(super) cache: ResponseCache,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
}

impl World {
    /// Answers a request.
    pub(super) fn respond(&mut self, request: &Request<Bytes>, client: IpAddr, clock: &Clock) -> Reply {
        let Some(api_request) = ApiRequest::read(request, client) else {
            return Reply::whole(not_the_api());
        };
        if request.method() == Method::OPTIONS {
            return Reply::whole(preflight(&clock.date_header()));
        }
        let strikes = self.faults.strike(&step(&api_request), &mut self.state.random);
        let mut reply = Reply::whole(self.answer(&api_request, clock, &strikes));
        reply.delay = strikes.latency;
        for fault in &strikes.faults {
            spoil(&mut reply, fault);
        }
        if request.method() == Method::HEAD {
            *reply.response.body_mut() = Bytes::new();
        }
        reply
    }

    fn answer(&mut self, request: &ApiRequest, clock: &Clock, strikes: &Strikes) -> Response<Bytes> {
        let time = Time { now: clock.now(), milliseconds: clock.milliseconds() };
        let date = clock.date_header();
        let id = self.state.random.below(1 << 31);
        let mut headers = HeaderSet {
            session: Some(format!("{id}, {}", time.now)),
            is_complete: true,
            ..HeaderSet::default()
        };
        let mut format = match Format::of(request) {
            Ok(format) => format,
            Err(FormatError { code, message }) => {
                headers.kaltura = Some(format!("error- {code}"));
                headers.app = Some(format!("exiting on error {code} - {message}"));
                return with_headers(response(200, PHP_CONTENT_TYPE, ""), headers, &date);
            }
        };
        let mut ran =
            if strikes.before_the_action { Ran::with(Ok(Answer::Null)) } else { self.run(request, time) };
        for fault in &strikes.faults {
            match fault {
                Fault::Xml => format = Format::Xml,
                Fault::EchoSecrets => {
                    ran.result = Ok(echo_secrets(&request.parameters));
                    ran.refusal = None;
                }
                _ => {}
            }
        }
        let answer = match ran.result {
            Ok(answer) => answer,
            Err(Failure::ApiException(exception)) => Answer::Error(exception),
            Err(Failure::Fatal) => {
                return with_headers(response(500, PHP_CONTENT_TYPE, ""), HeaderSet::default(), &date);
            }
        };
        if ran.is_from_cache {
            headers.session = None;
        }
        headers.kaltura = ran.cache_header;
        headers.part_of_multirequest = ran.part_header;
        if let Some(message) = ran.refusal {
            headers.kaltura = Some("error-SERVICE_FORBIDDEN".to_owned());
            headers.app = Some(format!("exiting on error SERVICE_FORBIDDEN - {message}"));
        }
        let ignore_null = request.text("ignoreNull").is_some_and(|value| value == "1");
        let body = match &format {
            Format::Json => write_json(&answer),
            Format::Php => write_php(&answer),
            Format::Jsonp(callback) => format!("{callback}({});", write_json(&answer)),
            Format::Xml if ran.is_fast_path => write_bare_xml(&answer, ignore_null, &php_float(ran.seconds)),
            Format::Xml => write_xml(&answer, ignore_null, &php_float(ran.seconds)),
        };
        let content_type = content_type(request).unwrap_or_else(|| format.content_type().to_owned());
        with_headers(response(200, &content_type, body), headers, &date)
    }
}

/// What a fault rule calls a request.
fn step(request: &ApiRequest) -> String {
    let service = request.text("service").unwrap_or_default();
    if service.eq_ignore_ascii_case(multirequest::SERVICE) {
        service
    } else {
        format!("{service}.{}", request.text("action").unwrap_or_default())
    }
}

/// The parameter `content-type` replaces the header; PHP adds a charset to texts.
fn content_type(request: &ApiRequest) -> Option<String> {
    let asked = request.parameters.get("content-type").map(text).filter(|asked| !asked.is_empty())?;
    let is_text = asked.starts_with("text/") && !asked.contains("charset");
    Some(if is_text { format!("{asked};charset=UTF-8") } else { asked })
}

fn not_the_api() -> Response<Bytes> {
    response(404, "text/plain;charset=UTF-8", "not a path of the API: those begin with /api_v3/\n")
}

#[cfg(test)]
mod tests;
