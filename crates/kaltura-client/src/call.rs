//! One call, as far as it is the same with and without async: what is sent, what comes back, what to do next.

use std::time::Duration;

use kaltura_auth::manager::{InvalidReason, Moment};
use kaltura_auth::{CLIENT_TAG, ServiceUrl, Session, TransportError, WireRequest, WireResponse};
use kaltura_types::{Action, KsRefusal, Parameters, payload};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Called, Error, ErrorKind};
use crate::options::CallOptions;
use crate::retry::RetryPolicy;

/// What all calls of a client have in common.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) service_url: ServiceUrl,
    pub(crate) client_tag: String,
    pub(crate) request_limit: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) renew_when_actions_used_up: bool,
}

impl Settings {
    pub(crate) fn of(service_url: ServiceUrl) -> Self {
        Self {
            service_url,
            client_tag: CLIENT_TAG.to_owned(),
            request_limit: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            renew_when_actions_used_up: true,
        }
    }
}

/// A call that is ready to be sent, once or again.
pub(crate) struct Call<'a> {
    settings: &'a Settings,
    options: &'a CallOptions,
    called: Called,
    service: String,
    action: String,
    parameters: Parameters,
}

/// Parameters whose values are secrets, which an answer may echo.
const SECRET_PARAMETERS: [&str; 6] = ["ks", "secret", "token", "tokenHash", "session", "password"];

impl<'a> Call<'a> {
    pub(crate) fn new<A: Action>(action: &A, options: &'a CallOptions, settings: &'a Settings) -> Self {
        let mut parameters = action.parameters();
        if let Some(partner) = options.partner {
            parameters.insert("partnerId".to_owned(), partner.get().into());
        }
        Self {
            settings,
            options,
            called: Called::new(action.service(), action.action()),
            service: action.service().to_owned(),
            action: action.action().to_owned(),
            parameters,
        }
    }

    pub(crate) fn called(&self) -> Called {
        self.called.clone()
    }

    pub(crate) const fn time_limit(&self) -> Option<Duration> {
        self.options.time_limit
    }

    /// Whether the client's session goes with it.
    pub(crate) fn wants_session(&self) -> bool {
        !self.options.anonymous && !self.parameters.contains_key("ks")
    }

    pub(crate) fn request(&self, session: Option<&Session>) -> WireRequest {
        let mut parameters = self.parameters.clone();
        if let Some(session) = session {
            parameters.insert("ks".to_owned(), session.ks().expose().into());
        }
        parameters.insert("clientTag".to_owned(), self.settings.client_tag.clone().into());
        let limit =
            self.options.time_limit.unwrap_or(self.settings.request_limit).min(self.settings.request_limit);
        let mut request =
            WireRequest::json(&self.settings.service_url, &self.service, &self.action, parameters)
                .with_time_limit(limit);
        if let Some(bytes) = self.options.max_response_bytes {
            request = request.with_max_response_bytes(bytes);
        }
        for (name, value) in &self.options.headers {
            request = request.with_header(name, value);
        }
        request
    }

    pub(crate) fn read<O: DeserializeOwned>(
        &self,
        outcome: Result<WireResponse, TransportError>,
        session: Option<&Session>,
    ) -> Result<O, Error> {
        let response = outcome.map_err(|error| Error::transport(self.called(), error))?;
        payload::decode(response.body()).map_err(|error| {
            let sent: Vec<String> = self.parameters.keys().cloned().collect();
            let mut secrets: Vec<&str> = session.map(|session| session.ks().expose()).into_iter().collect();
            secrets.extend(secret_texts(&self.parameters));
            Error::answer(self.called(), error, &response, &sent, &secrets)
        })
    }
}

fn secret_texts(parameters: &Parameters) -> impl Iterator<Item = &str> {
    SECRET_PARAMETERS.iter().filter_map(|name| parameters.get(*name).and_then(Value::as_str))
}

/// How often a call was tried, and what follows from a failure.
pub(crate) struct Tries<'a> {
    settings: &'a Settings,
    repeatable: bool,
    made: u32,
    since: Moment,
    renewed: bool,
}

/// What to do after a failure.
#[derive(Debug)]
pub(crate) enum Next {
    /// Send it again at once, with another session.
    Resend,
    /// Send it again after a while.
    Wait(Duration),
    /// Tell the caller.
    GiveUp(Error),
}

impl<'a> Tries<'a> {
    pub(crate) const fn new(call: &Call<'a>, now: Moment) -> Self {
        Self {
            settings: call.settings,
            repeatable: call.options.repeatable,
            made: 0,
            since: now,
            renewed: false,
        }
    }

    /// Judges a failure. The reason is there if the session that was used must be dropped.
    pub(crate) fn failed(
        &mut self,
        error: Error,
        used_session: bool,
        now: Moment,
        random: u64,
    ) -> (Option<InvalidReason>, Next) {
        self.made += 1;
        let dropped = self.dropped(&error).filter(|_| used_session);
        if dropped.is_some() && !self.renewed {
            // The server refused before it did anything, so sending it again is safe.
            self.renewed = true;
            return (dropped, Next::Resend);
        }
        let wait =
            self.settings.retry.wait(&error, self.repeatable, self.made, now.since(self.since), roll(random));
        (dropped, wait.map_or(Next::GiveUp(error), Next::Wait))
    }

    /// Whether the refusal means that the session is no good any more, and another one would be.
    fn dropped(&self, error: &Error) -> Option<InvalidReason> {
        let ErrorKind::KsRefused(refusal) = error.kind() else { return None };
        match refusal {
            KsRefusal::Expired | KsRefusal::Unreadable => Some(InvalidReason::Expired),
            KsRefusal::LoggedOut => Some(InvalidReason::LoggedOut),
            KsRefusal::ActionsUsedUp if self.settings.renew_when_actions_used_up => {
                Some(InvalidReason::Expired)
            }
            _ => None,
        }
    }
}

/// A random number as one from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn roll(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}
