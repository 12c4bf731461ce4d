//! One request to one action: the checks in the server's order (wire contract, section 7).

use std::net::IpAddr;

use super::actions::{self, Action};
use super::answer::{Answer, Failure};
use super::call::{Call, SentKs, Time};
use super::ks_check;
use super::language;
use super::rate_limit::RateLimiter;
use super::request::{Arguments, Parameters, text};
use super::response_profile::ResponseProfile;
use super::state::State;
use kaltura_types::api_error::ApiException;

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

    fn find(&self, parameters: &Parameters) -> Result<&'static Action, ApiException> {
        let named = |name| parameters.get(name).map(text).unwrap_or_default();
        let (service, action) = (named("service"), named("action"));
        if service.is_empty() {
            return Err(ApiException::service_not_specified());
        }
        if !actions::has_service(&service) {
            return Err(ApiException::service_does_not_exist(&service));
        }
        if action.is_empty() && !self.has_caches {
            return Err(ApiException::action_not_specified());
        }
        actions::find(&service, &action).ok_or_else(|| ApiException::action_does_not_exist(&service, &action))
    }
}

#[cfg(test)]
mod tests {
    use crate::PartnerSeed;
    use crate::test_client::{builder, emulator};
    use kaltura_types::{PartnerId, SessionType};
    use serde_json::{Value, json};
    use std::time::Duration;

    #[test]
    fn the_checks_come_in_the_servers_order() {
        let emulator = emulator();
        let ended = emulator.ks(SessionType::User, "u", "");
        emulator.clock().advance(Duration::from_secs(3600));
        for (action, parameters, error) in [
            ("nosuch.get", json!({ "ks": "x" }), "SERVICE_DOES_NOT_EXISTS"),
            ("appToken.nosuch", json!({ "ks": "x" }), "ACTION_DOES_NOT_EXISTS"),
            ("appToken.get", json!({ "ks": "x", "language": "zz9" }), "INVALID_LANGUAGE_CODE"),
            ("appToken.get", json!({ "ks": "x" }), "x"),
            ("appToken.get", json!({ "ks": ended }), "MISSING_MANDATORY_PARAMETER"),
            ("appToken.get", json!({ "ks": ended, "id": "0_x" }), "EXPIRED"),
            ("appToken.get", json!({ "id": "\u{1}" }), "INVALID_PARAMETER_CHAR"),
            ("appToken.get", json!({ "id": "0_x" }), "SERVICE_FORBIDDEN"),
        ] {
            assert_eq!(emulator.error(action, parameters.clone()), error, "{action} {parameters}");
        }
    }

    #[test]
    fn acting_for_another_partner_must_be_allowed() {
        let console = PartnerSeed::new(PartnerId::new(-2)).admin_secret("console");
        let other = PartnerSeed::new(PartnerId::new(2));
        let emulator = builder().partner(console).partner(other).build().unwrap();
        let login = json!({ "partnerId": -2, "secret": "console", "type": 2 });
        let console_ks = emulator.call("session.start", login);
        let list = |ks: &Value, partner: Value| {
            emulator.error("appToken.list", json!({ "ks": ks, "partnerId": partner }))
        };
        let own = json!(emulator.admin_ks());
        for (ks, partner, error) in [
            (&own, json!(0), Value::Null),
            (&own, json!(1_234_567), Value::Null),
            (&own, json!(2), json!("SERVICE_FORBIDDEN")),
            (&own, json!(99), json!("SERVICE_FORBIDDEN_CONTENT_BLOCKED")),
            (&own, json!("abc"), json!("SERVICE_FORBIDDEN")),
            (&console_ks, json!(2), Value::Null),
            (&console_ks, json!(99), json!("SERVICE_FORBIDDEN_CONTENT_BLOCKED")),
        ] {
            assert_eq!(list(ks, partner.clone()), error, "{partner}");
        }
    }

    #[test]
    fn p_goes_before_partner_id() {
        let emulator = emulator();
        let parameters = json!({ "ks": emulator.admin_ks(), "p": 1_234_567, "partnerId": 99 });
        assert_eq!(emulator.error("appToken.list", parameters), Value::Null);
    }

    #[test]
    fn without_partner_0_a_call_without_a_ks_misses_it() {
        let emulator = emulator();
        emulator.keep_anonymous_partner(false);
        assert_eq!(emulator.error("appToken.get", json!({ "id": "x" })), "MISSING_KS");
        emulator.keep_anonymous_partner(true);
        assert_eq!(emulator.error("appToken.get", json!({ "id": "x" })), "SERVICE_FORBIDDEN");
    }

    #[test]
    fn actions_are_counted_also_where_they_are_forbidden() {
        let emulator = emulator();
        let ks = emulator.ks(SessionType::User, "u", "actionslimit:2");
        let errors = ["appToken.list", "media.list", "media.list"]
            .map(|action| emulator.error(action, json!({ "ks": ks })));
        assert_eq!(errors, [json!("SERVICE_FORBIDDEN"), Value::Null, json!("EXCEEDED_ACTIONS_LIMIT")]);
    }

    #[test]
    fn a_privilege_with_brackets_is_fatal() {
        let emulator = emulator();
        let ks = emulator.ks(SessionType::User, "u", "a[b]:1");
        let answer = emulator.answer("media.list", &json!({ "ks": ks }));
        assert_eq!((answer.status().as_u16(), answer.body().len()), (500, 0));
    }
}
