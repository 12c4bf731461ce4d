//! The server as a whole: from an HTTP request to an HTTP answer.

use std::net::IpAddr;

use bytes::Bytes;
use http::{Method, Request, Response};

use super::answer::{Answer, Failure};
use super::call::Time;
use super::calls::Calls;
use super::clock::Clock;
use super::dispatch::Scene;
use super::multirequest;
use super::rate_limit::RateLimiter;
use super::reply::Reply;
use super::request::{ApiRequest, int, text};
use super::response::{
    Format, FormatError, HeaderSet, PHP_CONTENT_TYPE, preflight, response, with_headers, write_json,
    write_xml,
};
use super::state::State;

/// All that changes while the emulator runs.
pub(super) struct World {
    pub(super) state: State,
    pub(super) rate_limiter: RateLimiter,
    pub(super) calls: Calls,
    pub(super) has_caches: bool,
}

impl World {
    pub(super) fn new(state: State, rate_limiter: RateLimiter) -> Self {
        Self { state, rate_limiter, calls: Calls::default(), has_caches: false }
    }

    /// Answers a request.
    pub(super) fn respond(&mut self, request: &Request<Bytes>, client: IpAddr, clock: &Clock) -> Reply {
        let Some(api_request) = ApiRequest::read(request, client) else {
            return Reply::whole(not_the_api());
        };
        if request.method() == Method::OPTIONS {
            return Reply::whole(preflight(&clock.date_header()));
        }
        let mut answered = self.answer(&api_request, clock);
        if request.method() == Method::HEAD {
            *answered.body_mut() = Bytes::new();
        }
        Reply::whole(answered)
    }

    fn answer(&mut self, request: &ApiRequest, clock: &Clock) -> Response<Bytes> {
        let time = Time { now: clock.now(), milliseconds: clock.milliseconds() };
        let id = self.state.random.below(1 << 31);
        let mut headers = HeaderSet {
            session: Some(format!("{id}, {}", time.now)),
            is_complete: true,
            ..HeaderSet::default()
        };
        let format = match Format::of(request) {
            Ok(format) => format,
            Err(FormatError { code, message }) => {
                headers.kaltura = Some(format!("error- {code}"));
                headers.app = Some(format!("exiting on error {code} - {message}"));
                return with_headers(response(200, PHP_CONTENT_TYPE, ""), headers, &clock.date_header());
            }
        };
        let answer = match self.run(request, time) {
            Ok(answer) => answer,
            Err(Failure::Exception(exception)) => Answer::Error(exception),
            Err(Failure::Fatal) => {
                let headers = HeaderSet::default();
                return with_headers(response(500, PHP_CONTENT_TYPE, ""), headers, &clock.date_header());
            }
        };
        if let Some(message) = forbidden(&answer) {
            headers.kaltura = Some("error-SERVICE_FORBIDDEN".to_owned());
            headers.app = Some(format!("exiting on error SERVICE_FORBIDDEN - {message}"));
        }
        let ignore_null = request.parameters.get("ignoreNull").is_some_and(|value| int(value) == 1);
        let body = match &format {
            Format::Json => write_json(&answer),
            Format::Jsonp(callback) => format!("{callback}({});", write_json(&answer)),
            Format::Xml => write_xml(&answer, ignore_null, self.execution_seconds()),
        };
        let content_type = content_type(request).unwrap_or_else(|| format.content_type().to_owned());
        with_headers(response(200, &content_type, body), headers, &clock.date_header())
    }

    fn run(&mut self, request: &ApiRequest, time: Time) -> Result<Answer, Failure> {
        let calls = &mut self.calls;
        let mut scene = Scene {
            state: &mut self.state,
            rate_limiter: &mut self.rate_limiter,
            time,
            client: request.client,
            uri: &request.uri,
            has_caches: self.has_caches,
        };
        let mut dispatch = |scene: &mut Scene<'_>, parameters: &_| {
            let outcome = scene.dispatch(parameters);
            calls.record(parameters, &outcome);
            outcome
        };
        if request.text("service").is_some_and(|name| name.eq_ignore_ascii_case(multirequest::SERVICE)) {
            let requests = multirequest::requests(&request.parameters);
            return multirequest::run(&mut scene, requests, dispatch).map(Answer::List);
        }
        dispatch(&mut scene, &request.parameters).result
    }

    /// How long the action is said to have taken: some thousandths of a second.
    fn execution_seconds(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "the number is small")]
        let microseconds = (1_000 + self.state.random.below(9_000)) as f64;
        microseconds / 1e6
    }
}

/// The message of the last refusal by permission, which alone goes into headers.
fn forbidden(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Error(exception) if exception.is_service_forbidden() => Some(&exception.message),
        Answer::List(list) => list.iter().rev().find_map(forbidden),
        _ => None,
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
