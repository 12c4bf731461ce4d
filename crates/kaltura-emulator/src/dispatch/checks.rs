//! One request to one action: the checks in the server's order (wire contract, section 7).

use std::net::IpAddr;

use crate::backend::state::State;
use crate::dispatch::ks_check;
use crate::dispatch::rate_limit::RateLimiter;
use crate::dispatch::request_configuration::{self, ResponseProfile};
use crate::request::{Arguments, Parameter, Parameters, int, text};
use crate::response::value::{ApiValue, Failure};
use crate::services::stub::Stubs;
use crate::services::{self, Action};
use crate::services::{Call, Time};
use kaltura_types::Ks;
use kaltura_types::api_error::ApiException;

/// The server's data and settings for one request, and the origin of the request.
pub(crate) struct RequestContext<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) rate_limiter: &'a mut RateLimiter,
    pub(crate) stubs: &'a Stubs,
    pub(crate) time: Time,
    pub(crate) client: IpAddr,
    /// Path and query of the HTTP request.
    pub(crate) uri: &'a str,
    /// A server with caches has one different error message.
    pub(crate) has_caches: bool,
    /// The KS that was validated last within a multirequest. It is not validated again for the next request.
    pub(crate) validated: &'a mut Option<Ks>,
}

/// The result of an action, and what decides whether it is cached.
pub(crate) struct ActionOutcome {
    pub(crate) result: Result<ApiValue, Failure>,
    /// The emulated action. A stub is none.
    pub(crate) action: Option<&'static Action>,
    /// Whether all checks passed, so that the action itself ran.
    pub(crate) was_run: bool,
    /// The fields of filters that the action did not obey.
    pub(crate) ignored_filters: Vec<String>,
}

impl RequestContext<'_> {
    /// Runs one action.
    pub(crate) fn dispatch(&mut self, parameters: &Parameters) -> ActionOutcome {
        let mut outcome = ActionOutcome {
            result: Ok(ApiValue::Null),
            action: None,
            was_run: false,
            ignored_filters: Vec::new(),
        };
        outcome.result = self.run(parameters, &mut outcome);
        outcome
    }

    fn run(&mut self, parameters: &Parameters, outcome: &mut ActionOutcome) -> Result<ApiValue, Failure> {
        let action = match self.stubs.find(parameters) {
            Some(stub) => stub,
            None => {
                let action = self.find(parameters)?;
                outcome.action = Some(action);
                action
            }
        };
        request_configuration::check_language(parameters.get("language"))?;
        let ks = ks_check::read(self.state, parameters.get("ks"))?;
        self.rate_limiter.count(action, parameters, self.time)?;
        let arguments = Arguments::new(parameters, self.time.now);
        let prepared = action.read(arguments)?;
        let profile = ResponseProfile::read(arguments)?;

        let opened = ks.as_ref().map(|ks| &ks.opened);
        let is_validated =
            self.validated.is_some() && *self.validated == ks.as_ref().map(|ks| ks.text.clone());
        if let Some(opened) = opened
            && !is_validated
        {
            *self.validated = None;
            ks_check::check_use(self.state, opened, self.time.now, self.client, self.uri)?;
        }
        *self.validated = ks.as_ref().map(|ks| ks.text.clone());
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
        self.state.entries.convert(self.time.milliseconds);
        let response = prepared(&mut Call {
            state: self.state,
            time: self.time,
            ks,
            partner: operation.partner,
            partner_is_number: operation.text.is_none() && requested.is_some_and(is_number_but_zero),
            partner_text: operation.text,
            ignored_filters: &mut outcome.ignored_filters,
        })?;
        Ok(match profile {
            Some(profile) => profile.trim(response),
            None => response,
        })
    }

    fn find(&self, parameters: &Parameters) -> Result<&'static Action, ApiException> {
        let text_of = |name| parameters.get(name).map(text).unwrap_or_default();
        let (service, action) = (text_of("service"), text_of("action"));
        if service.is_empty() {
            return Err(ApiException::service_not_specified());
        }
        if !services::has_service(&service) {
            return Err(ApiException::service_does_not_exist(&service));
        }
        if action.is_empty() && !self.has_caches {
            return Err(ApiException::action_not_specified());
        }
        services::find(&service, &action)
            .ok_or_else(|| ApiException::action_does_not_exist(&service, &action))
    }
}

/// A number 0 stands for the partner of the KS, as if there were none.
fn is_number_but_zero(parameter: &Parameter) -> bool {
    parameter.is_number() && int(parameter) != 0
}

#[cfg(test)]
mod tests {
    use crate::PartnerSeed;
    use crate::test_client::{builder, emulator};
    use kaltura_types::{PartnerId, SessionType};
    use serde_json::{Value, json};
    use std::time::Duration;

    #[test]
    fn checks_are_made_in_the_servers_order() {
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
    fn acting_for_another_partner_needs_permission() {
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
    fn p_takes_precedence_over_partner_id() {
        let emulator = emulator();
        let parameters = json!({ "ks": emulator.admin_ks(), "p": 1_234_567, "partnerId": 99 });
        assert_eq!(emulator.error("appToken.list", parameters), Value::Null);
    }

    #[test]
    fn without_partner_0_a_call_without_a_ks_is_missing_ks() {
        let emulator = emulator();
        emulator.keep_anonymous_partner(false);
        assert_eq!(emulator.error("appToken.get", json!({ "id": "x" })), "MISSING_KS");
        emulator.keep_anonymous_partner(true);
        assert_eq!(emulator.error("appToken.get", json!({ "id": "x" })), "SERVICE_FORBIDDEN");
    }

    #[test]
    fn forbidden_actions_are_counted() {
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
        let response = emulator.response("media.list", &json!({ "ks": ks }));
        assert_eq!((response.status().as_u16(), response.body().len()), (500, 0));
    }
}
