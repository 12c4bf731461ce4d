//! From parameters to a result: from the cache, by the fast path, or by running one action or several.

pub(crate) mod checks;
pub(crate) mod fast_path;
pub(crate) mod ks_check;
pub(crate) mod multirequest;
pub(crate) mod rate_limit;
pub(crate) mod request_configuration;

use self::checks::{ActionOutcome, RequestContext};
use self::fast_path::FastPath;
use crate::backend::Backend;
use crate::calls::RecordedCall;
use crate::request::{ApiRequest, Parameters};
use crate::response::php_float;
use crate::response::value::{ApiValue, Failure};
use crate::response_cache::{Caller, Key};
use crate::services::Time;
use kaltura_types::Ks;

/// The result of a request, and how it was obtained.
pub(crate) struct Completed {
    pub(crate) result: Result<ApiValue, Failure>,
    /// `X-Kaltura`, if the cache was involved.
    pub(crate) cache_header: Option<String>,
    /// The message of the last `SERVICE_FORBIDDEN`, the only error that goes into headers. A result from the cache
    /// has no such headers.
    pub(crate) refusal: Option<String>,
    /// `X-Kaltura-Part-Of-MultiRequest`.
    pub(crate) part_header: Option<String>,
    pub(crate) is_from_cache: bool,
    pub(crate) is_fast_path: bool,
    /// Whether an action was dispatched: not by a multirequest without requests.
    pub(crate) is_dispatched: bool,
    pub(crate) is_multirequest: bool,
    /// The execution time that the response states.
    pub(crate) seconds: f64,
}

impl Completed {
    pub(crate) const fn new(result: Result<ApiValue, Failure>) -> Self {
        Self {
            result,
            cache_header: None,
            refusal: None,
            part_header: None,
            is_from_cache: false,
            is_fast_path: false,
            is_dispatched: true,
            is_multirequest: false,
            seconds: 0.001,
        }
    }
}

impl Backend {
    pub(crate) fn run(&mut self, request: &ApiRequest, time: Time) -> Completed {
        let parameters = &request.parameters;
        // The requests of a multirequest are refused one by one.
        let caller = if is_multirequest(request) {
            Caller::Anonymous
        } else {
            self.cache_caller(request, parameters, time)
        };
        let key = if self.cache.is_on() { Key::of(parameters, caller) } else { None };
        if let Some(completed) = self.run_from_cache(request, key.as_ref(), time) {
            return completed;
        }
        let mut completed = if is_multirequest(request) {
            self.run_multirequest(request, key.as_ref(), time)
        } else {
            let outcome = self.run_action(request, parameters, time, &mut None);
            let is_kept = self.cache.keep(key.as_ref(), caller, &outcome, time);
            let refusal = refusal(&outcome);
            let mut completed = Completed::new(outcome.result);
            completed.refusal = refusal;
            completed.cache_header = key.filter(|_| is_kept).map(|key| format!("cache-key,{}", key.name()));
            completed
        };
        completed.seconds = self.microseconds(1_000, 9_000);
        completed
    }

    /// The cached result, or the result of the fast path.
    fn run_from_cache(&mut self, request: &ApiRequest, key: Option<&Key>, time: Time) -> Option<Completed> {
        let parameters = &request.parameters;
        let (result, name, is_fast_path) = match self.cache.get(key, time) {
            Some(value) => (Ok(value.clone()), key?.name(), false),
            None if !self.cache.is_on() => return None,
            None => match fast_path::take(&mut self.state, parameters, time) {
                FastPath::NotTaken => return None,
                FastPath::Fatal => (Err(Failure::Fatal), String::new(), true),
                FastPath::Started { ks, key } => (Ok(ks.into()), key, true),
            },
        };
        self.record(RecordedCall::cached(&request.method, parameters, &result));
        let seconds = self.microseconds(15, 75);
        let mut completed = Completed::new(result);
        completed.cache_header = Some(format!("cached-dispatcher,{name},{}", php_float(seconds)));
        completed.is_from_cache = true;
        completed.is_fast_path = is_fast_path;
        completed.seconds = seconds;
        Some(completed)
    }

    /// Who calls, as far as the cache is concerned.
    fn cache_caller(&self, request: &ApiRequest, parameters: &Parameters, time: Time) -> Caller {
        if !self.cache.is_on() {
            return Caller::Anonymous;
        }
        match ks_check::read(&self.state, parameters.get("ks")) {
            Ok(None) => Caller::Anonymous,
            Ok(Some(ks)) => {
                match ks_check::check_restrictions(&ks.opened, time.now, request.client, &request.uri) {
                    Ok(()) => Caller::of(ks.opened.claims()),
                    Err(_) => Caller::Refused,
                }
            }
            Err(Failure::ApiException(_)) => Caller::Refused,
            Err(Failure::Fatal) => Caller::Personal,
        }
    }

    fn run_action(
        &mut self,
        request: &ApiRequest,
        parameters: &Parameters,
        time: Time,
        validated: &mut Option<Ks>,
    ) -> ActionOutcome {
        let mut context = RequestContext {
            state: &mut self.state,
            rate_limiter: &mut self.rate_limiter,
            stubs: &self.stubs,
            time,
            client: request.client,
            uri: &request.uri,
            has_caches: self.cache.is_on(),
            validated,
        };
        let outcome = context.dispatch(parameters);
        self.notices.note(&outcome);
        self.record(RecordedCall::new(&request.method, parameters, &outcome));
        outcome
    }

    /// Runs the requests of a multirequest in order. An error does not stop the following ones.
    fn run_multirequest(&mut self, request: &ApiRequest, key: Option<&Key>, time: Time) -> Completed {
        let mut results = Vec::new();
        let mut all_are_kept = true;
        let mut part_header = None;
        let mut last_refusal = None;
        let mut validated = None;
        for mut part in multirequest::requests(&request.parameters) {
            if let Err(failure) = multirequest::resolve_references(&mut part, &results) {
                return Completed::new(Err(failure));
            }
            multirequest::add_common(&mut part, &request.parameters);
            let caller = self.cache_caller(request, &part, time);
            let part_key = if self.cache.is_on() { Key::of_part(&part, caller) } else { None };
            if let Some(value) = self.cache.get(part_key.as_ref(), time).cloned() {
                self.record(RecordedCall::cached(&request.method, &part, &Ok(value.clone())));
                let name = part_key.map(|key| key.name()).unwrap_or_default();
                let seconds = php_float(self.microseconds(15, 75));
                part_header = Some(format!("cached-dispatcher,{name},{seconds}"));
                results.push(value);
                continue;
            }
            let outcome = self.run_action(request, &part, time, &mut validated);
            all_are_kept &= self.cache.keep(part_key.as_ref(), caller, &outcome, time);
            last_refusal = refusal(&outcome).or(last_refusal);
            results.push(match outcome.result {
                Ok(value) => value,
                Err(Failure::ApiException(exception)) => ApiValue::Error(exception),
                Err(Failure::Fatal) => return Completed::new(Err(Failure::Fatal)),
            });
        }
        let is_kept = all_are_kept && !results.is_empty() && self.cache.keep_all(key, &results, time);
        let is_dispatched = !results.is_empty();
        let mut completed = Completed::new(Ok(results.into()));
        completed.is_dispatched = is_dispatched;
        completed.is_multirequest = true;
        completed.cache_header = key.filter(|_| is_kept).map(|key| format!("cache-key,{}", key.name()));
        completed.part_header = part_header;
        completed.refusal = last_refusal;
        completed
    }

    /// A random time in seconds: from `least` to `least + more` microseconds.
    fn microseconds(&mut self, least: u32, more: u32) -> f64 {
        let drawn = self.state.random.below(u64::from(more));
        f64::from(least.saturating_add(u32::try_from(drawn).unwrap_or(more))) / 1e6
    }
}

/// The message of a `SERVICE_FORBIDDEN` error.
fn refusal(outcome: &ActionOutcome) -> Option<String> {
    match &outcome.result {
        Err(Failure::ApiException(exception)) if exception.is_service_forbidden() => {
            Some(exception.message.clone())
        }
        _ => None,
    }
}

pub(crate) fn is_multirequest(request: &ApiRequest) -> bool {
    // The only name of a service whose case counts.
    request.text("service").as_deref() == Some(multirequest::SERVICE)
}
