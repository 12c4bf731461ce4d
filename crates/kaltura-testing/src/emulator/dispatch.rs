//! One request to one action: the checks in the server's order (wire contract, section 7).

use std::net::IpAddr;

use super::actions::{self, Action};
use super::answer::{Answer, Failure};
use super::call::{Call, SentKs, Time};
use super::exception::Exception;
use super::ks_check;
use super::language;
use super::rate_limit::RateLimiter;
use super::request::{Arguments, Parameters, text};
use super::response_profile::ResponseProfile;
use super::state::State;

/// What a request meets: the server's data and settings, and where the request comes from.
pub(super) struct Scene<'a> {
    pub(super) state: &'a mut State,
    pub(super) rate_limiter: &'a mut RateLimiter,
    pub(super) time: Time,
    pub(super) client: IpAddr,
    /// Path and query of the HTTP request.
    pub(super) uri: &'a str,
    /// A server with caches knows its services by heart, and words one error otherwise.
    pub(super) has_caches: bool,
}

/// How a request ended, and what the response cache must know of the way.
pub(super) struct Outcome {
    pub(super) result: Result<Answer, Failure>,
    pub(super) action: Option<&'static Action>,
    pub(super) ks: Option<SentKs>,
    /// Whether the action itself was reached.
    pub(super) was_run: bool,
}

impl Scene<'_> {
    /// Runs one action.
    pub(super) fn dispatch(&mut self, parameters: &Parameters) -> Outcome {
        let mut outcome = Outcome { result: Ok(Answer::Null), action: None, ks: None, was_run: false };
        outcome.result = self.run(parameters, &mut outcome);
        outcome
    }

    fn run(&mut self, parameters: &Parameters, outcome: &mut Outcome) -> Result<Answer, Failure> {
        let action = self.find(parameters)?;
        outcome.action = Some(action);
        language::check(parameters.get("language"))?;
        let ks = ks_check::read(self.state, parameters.get("ks"))?;
        outcome.ks.clone_from(&ks);
        self.rate_limiter.count(action, parameters, self.time)?;
        let arguments = Arguments::new(parameters, self.time.now);
        let prepared = (action.read)(arguments)?;
        let profile = ResponseProfile::read(arguments)?;

        let opened = ks.as_ref().map(|ks| &ks.opened);
        if let Some(opened) = opened {
            ks_check::check_use(self.state, opened, self.time.now, self.client, self.uri)?;
        }
        let requested = parameters.get("p").or_else(|| parameters.get("partnerId"));
        let operation = ks_check::operation(self.state, opened, requested)?;
        let mut role = None;
        if let Some(opened) = opened {
            ks_check::check_user(self.state, opened)?;
            role = ks_check::role(self.state, opened)?;
        }
        if !(operation.is_allowed && action.permits(opened, role)) {
            return Err(action.forbidden().into());
        }
        outcome.was_run = true;
        let answer = prepared(&mut Call {
            state: self.state,
            time: self.time,
            ks,
            partner: operation.partner,
            partner_is_number: requested.is_some_and(serde_json::Value::is_number),
        })?;
        Ok(match profile {
            Some(profile) => profile.trim(answer),
            None => answer,
        })
    }

    fn find(&self, parameters: &Parameters) -> Result<&'static Action, Exception> {
        let named = |name| parameters.get(name).map(text).unwrap_or_default();
        let (service, action) = (named("service"), named("action"));
        if service.is_empty() {
            return Err(Exception::service_not_specified());
        }
        if !actions::has_service(&service) {
            return Err(Exception::service_does_not_exist(&service));
        }
        if action.is_empty() && !self.has_caches {
            return Err(Exception::action_not_specified());
        }
        actions::find(&service, &action).ok_or_else(|| Exception::action_does_not_exist(&service, &action))
    }
}
