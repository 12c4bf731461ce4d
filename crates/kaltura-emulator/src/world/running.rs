//! From parameters to an answer: through the cache, the fast path, one action or several.

use super::World;
use crate::answer::{Answer, Failure};
use crate::call::Time;
use crate::dispatch::{Outcome, Scene};
use crate::fast_path::{self, FastPath};
use crate::multirequest;
use crate::request::{ApiRequest, Parameters};
use crate::response::php_float;
use crate::response_cache::Key;

/// An answer, and how it came about.
pub(super) struct Ran {
    pub(super) result: Result<Answer, Failure>,
    /// `X-Kaltura`, where the cache had a part in it.
    pub(super) cache_header: Option<String>,
    /// The message of the last refusal by permission, which alone goes into headers. They are sent where an action
    /// is refused: an answer that the cache gives out again has none.
    pub(super) refusal: Option<String>,
    /// `X-Kaltura-Part-Of-MultiRequest`.
    pub(super) part_header: Option<String>,
    pub(super) is_from_cache: bool,
    pub(super) is_fast_path: bool,
    /// How long it is said to have taken.
    pub(super) seconds: f64,
}

impl Ran {
    pub(super) const fn with(result: Result<Answer, Failure>) -> Self {
        Self {
            result,
            cache_header: None,
            refusal: None,
            part_header: None,
            is_from_cache: false,
            is_fast_path: false,
            seconds: 0.001,
        }
    }
}

impl World {
    pub(super) fn run(&mut self, request: &ApiRequest, time: Time) -> Ran {
        let parameters = &request.parameters;
        let key = Key::of(parameters).filter(|_| self.cache.is_on());
        if let Some(ran) = self.run_past_the_action(parameters, key.as_ref(), time) {
            return ran;
        }
        let mut ran = if is_multirequest(request) {
            self.run_several(request, key.as_ref(), time)
        } else {
            let outcome = self.run_one(request, parameters, time);
            let is_kept = self.cache.keep(key.as_ref(), &outcome, time);
            let refusal = refusal(&outcome);
            let mut ran = Ran::with(outcome.result);
            ran.refusal = refusal;
            ran.cache_header = key.filter(|_| is_kept).map(|key| format!("cache-key,{}", key.name()));
            ran
        };
        ran.seconds = self.microseconds(1_000, 9_000);
        ran
    }

    /// The answer that is given out again, or the one of the fast path.
    fn run_past_the_action(&mut self, parameters: &Parameters, key: Option<&Key>, time: Time) -> Option<Ran> {
        let (result, name, is_fast_path) = match self.cache.get(key, time) {
            Some(answer) => (Ok(answer.clone()), key?.name(), false),
            None if !self.cache.is_on() => return None,
            None => match fast_path::take(&mut self.state, parameters, time) {
                FastPath::NotTaken => return None,
                FastPath::Fatal => (Err(Failure::Fatal), String::new(), true),
                FastPath::Started { ks, key } => (Ok(ks.into()), key, true),
            },
        };
        self.calls.record_cached(parameters, &result);
        let seconds = self.microseconds(15, 75);
        let mut ran = Ran::with(result);
        ran.cache_header = Some(format!("cached-dispatcher,{name},{}", php_float(seconds)));
        ran.is_from_cache = true;
        ran.is_fast_path = is_fast_path;
        ran.seconds = seconds;
        Some(ran)
    }

    fn run_one(&mut self, request: &ApiRequest, parameters: &Parameters, time: Time) -> Outcome {
        let mut scene = Scene {
            state: &mut self.state,
            rate_limiter: &mut self.rate_limiter,
            time,
            client: request.client,
            uri: &request.uri,
            has_caches: self.cache.is_on(),
        };
        let outcome = scene.dispatch(parameters);
        self.calls.record(parameters, &outcome);
        outcome
    }

    /// Runs the requests of a multirequest one after the other; an error does not stop the rest.
    fn run_several(&mut self, request: &ApiRequest, key: Option<&Key>, time: Time) -> Ran {
        let mut answers = Vec::new();
        let mut all_are_kept = true;
        let mut part_header = None;
        let mut last_refusal = None;
        for mut part in multirequest::requests(&request.parameters) {
            if let Err(failure) = multirequest::resolve_references(&mut part, &answers) {
                return Ran::with(Err(failure));
            }
            let part_key = Key::of_part(&part).filter(|_| self.cache.is_on());
            if let Some(answer) = self.cache.get(part_key.as_ref(), time).cloned() {
                self.calls.record_cached(&part, &Ok(answer.clone()));
                let name = part_key.map(|key| key.name()).unwrap_or_default();
                let seconds = php_float(self.microseconds(15, 75));
                part_header = Some(format!("cached-dispatcher,{name},{seconds}"));
                answers.push(answer);
                continue;
            }
            let outcome = self.run_one(request, &part, time);
            all_are_kept &= self.cache.keep(part_key.as_ref(), &outcome, time);
            last_refusal = refusal(&outcome).or(last_refusal);
            answers.push(match outcome.result {
                Ok(answer) => answer,
                Err(Failure::ApiException(exception)) => Answer::Error(exception),
                Err(Failure::Fatal) => return Ran::with(Err(Failure::Fatal)),
            });
        }
        let is_kept = all_are_kept && !answers.is_empty() && self.cache.keep_all(key, &answers, time);
        let mut ran = Ran::with(Ok(answers.into()));
        ran.cache_header = key.filter(|_| is_kept).map(|key| format!("cache-key,{}", key.name()));
        ran.part_header = part_header;
        ran.refusal = last_refusal;
        ran
    }

    /// A time in seconds, of so many microseconds and up to `more`.
    fn microseconds(&mut self, least: u32, more: u32) -> f64 {
        let drawn = self.state.random.below(u64::from(more));
        f64::from(least.saturating_add(u32::try_from(drawn).unwrap_or(more))) / 1e6
    }
}

/// The message of an action's refusal by permission.
fn refusal(outcome: &Outcome) -> Option<String> {
    match &outcome.result {
        Err(Failure::ApiException(exception)) if exception.is_service_forbidden() => {
            Some(exception.message.clone())
        }
        _ => None,
    }
}

fn is_multirequest(request: &ApiRequest) -> bool {
    request.text("service").is_some_and(|name| name.eq_ignore_ascii_case(multirequest::SERVICE))
}
