//! A multirequest that is ready to be sent, once or again.

use kaltura_auth::{ResponseMetadata, Session, WireRequest, WireResponse};
use kaltura_types::payload::{self, JsonKind};
use kaltura_types::{Parameters, PayloadError, UnexpectedBody};
use serde_json::Value;

use super::handle::{Identity, Step};
use super::results::{Outcome, VoidReference, void_reason};
use super::subrequest::{Part, PlacedReference};
use super::{BatchMistake, Multirequest, MultirequestResults, lookalike, place};
use crate::builder::Settings;
use crate::call::has_status_of_the_api;
use crate::error::{CallError, Called, Error, ErrorKind};
use crate::exchange::{Exchange, Reading};
use crate::options::{CallOptions, SentKs};
use crate::reserved::reserved_among;
use crate::sent_secrets::sent_secrets;

pub(crate) struct Batch<'a> {
    settings: &'a Settings,
    options: &'a CallOptions,
    called: Called,
    identity: Identity,
    calls: Vec<ReadyCall>,
}

/// One of its calls.
struct ReadyCall {
    called: Called,
    parameters: Parameters,
    references: Vec<PlacedReference>,
    /// Whether the client's own session goes with it.
    wants_session: bool,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        batch: Multirequest,
        options: &'a CallOptions,
        settings: &'a Settings,
    ) -> Result<Self, Error> {
        let called = Called::multirequest();
        let calls = (1..).zip(batch.parts).map(|(number, part)| {
            ReadyCall::new(part, number, &batch.identity, options)
                .map_err(|mistake| Error::failed(called.clone(), CallError::Batch(mistake)))
        });
        let calls = calls.collect::<Result<_, _>>()?;
        Ok(Self { settings, options, called, identity: batch.identity, calls })
    }

    /// What comes of a batch without calls, for which the server need not be asked.
    pub(crate) fn nothing_to_send(&self) -> Option<MultirequestResults> {
        self.calls.is_empty().then(|| MultirequestResults {
            identity: self.identity.clone(),
            outcomes: Vec::new(),
            void: Vec::new(),
            facts: None,
        })
    }

    /// Takes the list of results apart: one for each call, in order.
    fn results(
        &self,
        list: Vec<Value>,
        facts: &ResponseMetadata,
        secrets: &[&str],
    ) -> Vec<Result<Value, Error>> {
        let mut list = list.into_iter();
        let result = |call: &ReadyCall| match list.next() {
            // The server has read the body, or there would be no results: so nothing that was sent is missed.
            Some(value) => payload::decode_value(value)
                .map_err(|error| Error::answer(call.called.clone(), error, facts, &[], secrets)),
            None => Err(Error::failed(call.called.clone(), CallError::NotAnswered)),
        };
        self.calls.iter().map(result).collect()
    }

    fn void_references(&self, results: &[Result<Value, Error>]) -> Vec<VoidReference> {
        let numbered = (1..).zip(&self.calls);
        let references =
            numbered.flat_map(|(number, call)| call.references.iter().map(move |placed| (number, placed)));
        references
            .filter_map(|(number, placed)| {
                let of = placed.reference.number();
                let reason = void_reason(results.get(of - 1)?, &placed.reference)?;
                Some(VoidReference { number, place: placed.place.clone(), of, reason })
            })
            .collect()
    }

    /// What the results say of the client's own session, and whether all of it may be sent again.
    fn reading(
        &self,
        results: Vec<Result<Value, Error>>,
        facts: &ResponseMetadata,
    ) -> Reading<MultirequestResults> {
        let own = self.calls.iter().zip(&results).filter(|(call, _)| call.wants_session);
        let refusals: Vec<_> = own
            .map(|(_, result)| match result.as_ref().map_err(Error::kind) {
                Err(ErrorKind::KsRefused(refusal)) => Some(refusal),
                _ => None,
            })
            .collect();
        let nothing_done = refusals.iter().all(Option::is_some)
            && (self.options.repeatable || results.iter().all(was_turned_away));
        let refusals = refusals.into_iter().flatten().collect();
        let void = self.void_references(&results);
        let outcomes = self.calls.iter().zip(results);
        let outcomes = outcomes
            .map(|(call, result)| Outcome { called: call.called.clone(), result: Some(result) })
            .collect();
        let facts = Some(facts.clone());
        let results = MultirequestResults { identity: self.identity.clone(), outcomes, void, facts };
        Reading { outcome: Ok(results), refusals, nothing_done }
    }
}

/// Whether a call was refused at the door, so that nothing was done of it.
fn was_turned_away(result: &Result<Value, Error>) -> bool {
    let kind = result.as_ref().map_err(Error::kind);
    matches!(kind, Err(ErrorKind::KsRefused(_) | ErrorKind::Forbidden | ErrorKind::RateLimited))
}

impl Exchange for Batch<'_> {
    type Output = MultirequestResults;

    fn called(&self) -> &Called {
        &self.called
    }

    fn options(&self) -> &CallOptions {
        self.options
    }

    fn wants_session(&self) -> bool {
        self.calls.iter().any(|call| call.wants_session)
    }

    fn request(&self, session: Option<&Session>) -> WireRequest {
        let mut body = Parameters::new();
        for (number, call) in (1..).zip(&self.calls) {
            let mut parameters = call.parameters.clone();
            // Each call has its own KS, since a common one would go with the anonymous calls too.
            if let Some(session) = session.filter(|_| call.wants_session) {
                parameters.insert("ks".to_owned(), session.ks().expose().into());
            }
            parameters.insert("service".to_owned(), call.called.service().into());
            parameters.insert("action".to_owned(), call.called.action().into());
            body.insert(usize::to_string(&number), Value::Object(parameters));
        }
        if let Some(partner) = self.options.partner {
            body.insert("partnerId".to_owned(), partner.get().into());
        }
        body.insert("clientTag".to_owned(), self.settings.client_tag.clone().into());
        body.insert("format".to_owned(), 1.into());
        let url = self.settings.service_url.multirequest_url();
        WireRequest::new(url, "multirequest", "null", Value::Object(body).to_string())
    }

    fn secrets<'a>(&'a self, session: Option<&'a Session>) -> Vec<&'a str> {
        let of_calls = self.calls.iter().flat_map(|call| sent_secrets(&call.parameters));
        session.map(|session| session.ks().expose()).into_iter().chain(of_calls).collect()
    }

    fn read(
        &self,
        response: &WireResponse,
        facts: &ResponseMetadata,
        session: Option<&Session>,
    ) -> Reading<MultirequestResults> {
        let secrets = self.secrets(session);
        let unusable = |error| Error::answer(self.called.clone(), error, facts, &[], &secrets);
        let error = match payload::decode::<serde_json::Value>(response.body()) {
            Err(error) => unusable(error),
            Ok(_) if !has_status_of_the_api(facts) => Error::odd_status(self.called.clone(), facts),
            Ok(Value::Array(list)) if list.is_empty() => Error::body_not_read(self.called.clone(), facts),
            Ok(Value::Array(list)) if list.len() <= self.calls.len() => {
                return self.reading(self.results(list, facts, &secrets), facts);
            }
            Ok(other) => {
                let found = JsonKind::from(&other);
                let body = UnexpectedBody::WrongShape { expected: "list of its results", found };
                unusable(PayloadError::Unexpected(body))
            }
        };
        Reading::with_session(Err(error), session)
    }
}

impl ReadyCall {
    fn new(part: Part, number: usize, batch: &Identity, options: &CallOptions) -> Result<Self, BatchMistake> {
        let Part { called, mut parameters, references, ks } = part;
        if called.service().is_empty() || called.action().is_empty() {
            return Err(BatchMistake::Nameless { number });
        }
        let ks = if ks == SentKs::Session { &options.ks } else { &ks };
        let mut wants_session = ks.put_into(&mut parameters);
        if options.nocache {
            parameters.insert("nocache".to_owned(), 1.into());
        }
        if let Some(parameter) = lookalike::find(&parameters, number).map(str::to_owned) {
            return Err(BatchMistake::ReadsAsReference { number, parameter });
        }
        for placed in &references {
            check(placed, number, batch)?;
            if !place::put(&mut parameters, &placed.place, placed.reference.to_string()) {
                return Err(BatchMistake::NoSuchPlace { number, place: placed.place.clone() });
            }
            wants_session &= placed.place != "ks";
        }
        if let Some(parameter) = reserved_among(&parameters) {
            return Err(BatchMistake::ReservedParameter { number, parameter });
        }
        Ok(Self { called, parameters, references, wants_session })
    }
}

fn check(placed: &PlacedReference, number: usize, batch: &Identity) -> Result<(), BatchMistake> {
    let place = || placed.place.clone();
    if !placed.reference.is_of(batch) {
        return Err(BatchMistake::ForeignReference { number, place: place() });
    }
    let path = placed.reference.path();
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if path.iter().any(|step| matches!(step, Step::Member(name) if !is_name(name))) {
        return Err(BatchMistake::NoName { number, place: place() });
    }
    if matches!(path.first(), Some(Step::Member(name)) if name == "code" || name == "message") {
        return Err(BatchMistake::FatalMember { number, place: place() });
    }
    Ok(())
}
