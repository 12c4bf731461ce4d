//! A request of the API: prepared once, sent once or more often, its response evaluated. Async and blocking clients
//! share all of it.

use std::borrow::Cow;
use std::marker::PhantomData;

use kaltura_auth::{ResponseMetadata, Session, TransportError, WireRequest, WireResponse};
use kaltura_types::{Action, FilePart, KsRefusal, Parameters, is_secret_name, payload};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::builder::Config;
use crate::error::{ActionName, CallError, Error, ErrorKind};
use crate::options::{CallOptions, KsChoice};
use crate::trace::CallSpan;
use crate::unfiltered::find_empty_member;

/// One call, or several calls in one HTTP request.
pub(crate) trait ApiRequest {
    /// What the caller gets.
    type Output;

    /// The name in errors and traces.
    fn name(&self) -> &ActionName;

    fn options(&self) -> &CallOptions;

    /// Whether the client's own session is sent.
    fn needs_session(&self) -> bool;

    /// Whether the request can be sent again if the server may have executed it.
    fn is_repeatable(&self) -> bool;

    /// The request to send, without the limits and headers of the options. `random` separates the parts of a request
    /// with files.
    fn wire_request(&self, session: Option<&Session>, random: impl FnOnce() -> u64) -> WireRequest;

    /// The secrets in the request, which no error may repeat.
    fn secrets<'a>(&'a self, session: Option<&'a Session>) -> Vec<&'a str>;

    /// Evaluates a response.
    fn evaluate(&self, response: &WireResponse, session: Option<&Session>) -> Evaluation<Self::Output>;

    /// The metadata of a response, for errors and traces. The secrets are redacted, which takes time: a call that
    /// succeeds does without.
    fn metadata(&self, response: &WireResponse, session: Option<&Session>) -> ResponseMetadata {
        ResponseMetadata::from_response(response, &self.secrets(session))
    }
}

/// What a response means.
#[derive(Debug)]
pub(crate) struct Evaluation<T> {
    /// What the caller gets, unless the request is sent again.
    pub(crate) outcome: Result<T, Error>,
    /// Why the server refused the client's own session, once for each call that it refused.
    pub(crate) ks_refusals: Vec<KsRefusal>,
    /// Whether the server executed nothing, so that the request can be sent again with another session.
    pub(crate) not_executed: bool,
}

impl<T> Evaluation<T> {
    /// For a request whose outcome depends on the session that was sent, if any.
    pub(crate) fn with_session(outcome: Result<T, Error>, session: Option<&Session>) -> Self {
        let ks_refusals: Vec<KsRefusal> = match outcome.as_ref().map_err(Error::kind) {
            Err(ErrorKind::KsRefused(refusal)) => session.map(|_| refusal).into_iter().collect(),
            _ => Vec::new(),
        };
        let not_executed = !ks_refusals.is_empty();
        Self { outcome, ks_refusals, not_executed }
    }

    /// Whether the server has accepted the session that was sent.
    pub(crate) fn session_accepted(&self) -> bool {
        let from_api = self.outcome.as_ref().map_or_else(|error| error.api_error().is_some(), |_| true);
        from_api && self.ks_refusals.is_empty()
    }
}

/// Evaluates what the transport returned, and records it in the span of the call.
pub(crate) fn evaluate<R: ApiRequest>(
    request: &R,
    outcome: Result<WireResponse, TransportError>,
    session: Option<&Session>,
    span: &CallSpan,
) -> Evaluation<R::Output> {
    span.record_attempt(outcome.as_ref().ok().map(|response| || request.metadata(response, session)));
    match outcome {
        Ok(response) => request.evaluate(&response, session),
        Err(error) => {
            let outcome = Err(Error::transport(request.name().clone(), error));
            Evaluation { outcome, ks_refusals: Vec::new(), not_executed: false }
        }
    }
}

/// Whether a response with this status may be a result. The API returns results with 200 only (wire contract, section
/// 2.1). JSON with another status that is no API error comes from a proxy or gateway.
pub(crate) const fn has_result_status(response: &WireResponse) -> bool {
    matches!(response.status(), 200..=299)
}

/// A call of one action.
pub(crate) struct ActionRequest<'a, O> {
    config: &'a Config,
    options: &'a CallOptions,
    name: ActionName,
    /// Without the session's KS and the client tag.
    parameters: Cow<'a, Parameters>,
    files: &'a [FilePart],
    needs_session: bool,
    is_repeatable: bool,
    output: PhantomData<fn() -> O>,
}

/// A call that is ready to be sent, or its result if that is known without a request.
pub(crate) enum Prepared<'a, O> {
    Known(O),
    Request(ActionRequest<'a, O>),
}

impl<'a, O> ActionRequest<'a, O> {
    pub(crate) fn prepare<A: Action<Output = O>>(
        action: &'a A,
        options: &'a CallOptions,
        config: &'a Config,
    ) -> Result<Prepared<'a, O>, Error> {
        let name = ActionName::new(action.service(), action.action());
        if let Some(output) = action.known_result() {
            return Ok(Prepared::Known(output));
        }
        let mut parameters = action.borrowed_parameters();
        if let Some(member) = find_empty_member(&parameters).filter(|_| !action.allows_unfiltered()) {
            return Err(Error::call(name, CallError::EmptyFilterMember { member }));
        }
        if let Some(reserved) = find_reserved(&parameters) {
            return Err(Error::call(name, CallError::ReservedParameter { name: reserved }));
        }
        // Parameters are copied only if there is something to set.
        let needs_session = match options.ks {
            KsChoice::Session if !parameters.contains_key("ks") => true,
            _ => options.ks.insert_into(parameters.to_mut()),
        };
        if let Some(partner) = options.partner {
            parameters.to_mut().insert("partnerId".to_owned(), partner.get().into());
        }
        if options.nocache {
            parameters.to_mut().insert("nocache".to_owned(), 1.into());
        }
        let is_repeatable = options.repeatable.unwrap_or_else(|| action.is_repeatable());
        let files = action.files();
        Ok(Prepared::Request(Self {
            config,
            options,
            name,
            parameters,
            files,
            needs_session,
            is_repeatable,
            output: PhantomData,
        }))
    }
}

impl<O: DeserializeOwned> ApiRequest for ActionRequest<'_, O> {
    type Output = O;

    fn name(&self) -> &ActionName {
        &self.name
    }

    fn options(&self) -> &CallOptions {
        self.options
    }

    fn needs_session(&self) -> bool {
        self.needs_session
    }

    fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    fn wire_request(&self, session: Option<&Session>, random: impl FnOnce() -> u64) -> WireRequest {
        let (url, ks) = (&self.config.service_url, session.map(Session::ks));
        let (service, action) = (self.name.service(), self.name.action());
        if self.files.is_empty() {
            let parameters = self.parameters.iter().map(|(name, value)| (name.as_str(), value));
            let tag = ("clientTag", &self.config.client_tag);
            return WireRequest::json_with_ks(url, service, action, parameters.chain([tag]), ks);
        }
        let mut parameters = self.parameters.clone().into_owned();
        parameters.insert("clientTag".to_owned(), self.config.client_tag.clone());
        if let Some(ks) = ks {
            parameters.insert("ks".to_owned(), ks.expose().into());
        }
        let url = url.action_url(service, action);
        WireRequest::multipart(url, service, action, parameters, self.files, random())
    }

    fn secrets<'a>(&'a self, session: Option<&'a Session>) -> Vec<&'a str> {
        session
            .map(|session| session.ks().expose())
            .into_iter()
            .chain(find_secrets(&self.parameters))
            .collect()
    }

    fn evaluate(&self, response: &WireResponse, session: Option<&Session>) -> Evaluation<O> {
        let outcome = match payload::decode(response.body()) {
            Ok(output) if has_result_status(response) => Ok(output),
            failed => {
                let (name, metadata) = (self.name.clone(), self.metadata(response, session));
                Err(match failed {
                    Ok(_) => Error::unexpected_status(name, &metadata),
                    Err(error) => {
                        let sent: Vec<String> = self.parameters.keys().cloned().collect();
                        Error::response(name, error, &metadata, &sent, &self.secrets(session))
                    }
                })
            }
        };
        Evaluation::with_session(outcome, session)
    }
}

/// The parameters that only the client sets: the action to call, the response format (JSON), and the client tag
/// ([`ClientBuilder::client_tag`](crate::ClientBuilder::client_tag)).
///
/// A call with one of them is not sent: it fails with [`InvalidCall`](crate::ErrorKind::InvalidCall). Otherwise the
/// client would overwrite the value, or could not read the response.
pub const RESERVED_PARAMETERS: [&str; 4] = ["service", "action", "format", "clientTag"];

/// The first reserved parameter among these.
pub(crate) fn find_reserved(parameters: &Parameters) -> Option<&'static str> {
    RESERVED_PARAMETERS.into_iter().find(|name| parameters.contains_key(*name))
}

/// The values of all parameters and members that have the name of a secret, at any depth.
pub(crate) fn find_secrets(parameters: &Parameters) -> impl Iterator<Item = &str> {
    let mut found = Vec::new();
    collect_secrets(parameters, &mut found);
    found.into_iter()
}

fn collect_secrets<'a>(members: &'a Parameters, found: &mut Vec<&'a str>) {
    for (name, value) in members {
        match value {
            Value::String(text) if is_secret_name(name) => found.push(text),
            Value::Array(list) => list.iter().for_each(|element| match element {
                Value::String(text) if is_secret_name(name) => found.push(text),
                Value::Object(members) => collect_secrets(members, found),
                _ => {}
            }),
            Value::Object(members) => collect_secrets(members, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_found_by_name_at_any_depth() {
        let parameters = json!({
            "ks": "a", "Secret": "b", "id": "0_x", "appToken": { "description": "d", "token": "c" },
            "users": [{ "newPassword": "e", "screenName": "s" }], "tokens": ["f", "g"], "session": 7,
            "user": { "hashKey": "h", "otp": "i", "api_key": "j" },
        });
        let Value::Object(parameters) = parameters else { panic!("an object") };
        let mut found: Vec<&str> = find_secrets(&parameters).collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "c", "e", "f", "g", "h", "i", "j"]);
    }
}
