//! A multirequest as an [`ApiRequest`]: checks the calls, builds the body, and evaluates the list of results.

use kaltura_auth::{ResponseMetadata, Session, WireRequest, WireResponse};
use kaltura_types::payload::{self, JsonKind};
use kaltura_types::{FilePart, Parameters, PayloadError, UnexpectedBody};
use serde_json::Value;

use super::reference::{BatchId, PathSegment, find_injection, set_target};
use super::results::{CallOutcome, UnresolvedReference, unresolved_reason};
use super::{Call, Multirequest, MultirequestResults, TargetedReference};
use crate::client::builder::Config;
use crate::error::{ActionName, CallError, Error, ErrorKind};
use crate::options::{CallOptions, KsChoice};
use crate::request::{ApiRequest, Evaluation, find_reserved, find_secrets, has_result_status};
use crate::unfiltered::find_empty_member;

/// Why a multirequest is not sent. Calls are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMultirequest {
    /// A call has no service name or no action name. The server would silently stop there.
    #[error("call {number} has no service name or no action name")]
    MissingActionName {
        /// The number of the call.
        number: usize,
    },
    /// A reference belongs to another multirequest.
    #[error("`{target}` of call {number} refers to a result of another multirequest")]
    ForeignReference {
        /// The number of the call.
        number: usize,
        /// The target of the reference.
        target: String,
    },
    /// The target of a reference does not exist: its path leads through a string or number, or to a missing list
    /// element.
    #[error("call {number} has no parameter `{target}` that can be set to a reference")]
    InvalidTarget {
        /// The number of the call.
        number: usize,
        /// The target of the reference.
        target: String,
    },
    /// A reference has a member name with other characters than letters, digits and `_`.
    #[error("`{target}` of call {number} refers to an invalid member name")]
    InvalidMemberName {
        /// The number of the call.
        number: usize,
        /// The target of the reference.
        target: String,
    },
    /// A reference is to the member `code` or `message` of a result. If that result is an error, the server fails and
    /// all results are lost (wire contract, section 8).
    #[error(
        "`{target}` of call {number} refers to `code` or `message`, at which the server fails if that result is an error"
    )]
    ForbiddenMember {
        /// The number of the call.
        number: usize,
        /// The target of the reference.
        target: String,
    },
    /// A call has a parameter that only the client sets ([`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS)).
    #[error("the parameter `{parameter}` of call {number} is reserved: only the client sets it")]
    ReservedParameter {
        /// The number of the call.
        number: usize,
        /// The parameter.
        parameter: &'static str,
    },
    /// A filter has an empty member, which the server would ignore: it would list, count or delete everything. See
    /// [`CallError::EmptyFilterMember`].
    #[error(
        "`{member}` of call {number} is empty: the server would ignore it, and the filter would match everything"
    )]
    EmptyFilterMember {
        /// The number of the call.
        number: usize,
        /// The path of the member, such as `filter.idIn`.
        member: String,
    },
    /// A string looks like `{1:result:id}`, and the server would replace it. Send this call by itself.
    #[error("a text in `{parameter}` of call {number} reads as a reference, and the server would replace it")]
    ReferenceInjection {
        /// The number of the call.
        number: usize,
        /// The parameter that contains the string.
        parameter: String,
    },
}

pub(crate) struct BatchRequest<'a> {
    config: &'a Config,
    options: &'a CallOptions,
    name: ActionName,
    batch: BatchId,
    calls: Vec<PreparedCall>,
}

struct PreparedCall {
    name: ActionName,
    parameters: Parameters,
    references: Vec<TargetedReference>,
    files: Vec<FilePart>,
    /// Whether the client's own session is sent.
    needs_session: bool,
    is_repeatable: bool,
}

impl<'a> BatchRequest<'a> {
    pub(crate) fn new(
        multirequest: Multirequest,
        options: &'a CallOptions,
        config: &'a Config,
    ) -> Result<Self, Error> {
        let name = ActionName::multirequest();
        let calls = (1..).zip(multirequest.calls).map(|(number, call)| {
            PreparedCall::new(call, number, &multirequest.id, options)
                .map_err(|invalid| Error::call(name.clone(), CallError::Multirequest(invalid)))
        });
        let calls = calls.collect::<Result<_, _>>()?;
        Ok(Self { config, options, name, batch: multirequest.id, calls })
    }

    /// The results of a multirequest without calls: nothing is sent.
    pub(crate) fn empty_results(&self) -> Option<MultirequestResults> {
        self.calls.is_empty().then(|| MultirequestResults {
            batch: self.batch.clone(),
            outcomes: Vec::new(),
            unresolved: Vec::new(),
            metadata: None,
        })
    }

    /// Decodes the list of results: one for each call, in order.
    fn decode(
        &self,
        list: Vec<Value>,
        metadata: &ResponseMetadata,
        secrets: &[&str],
    ) -> Vec<Result<Value, Error>> {
        let mut list = list.into_iter();
        let decode_next = |call: &PreparedCall| match list.next() {
            // There are results, so the server has read the body: a missing parameter was not sent.
            Some(value) => payload::decode_value(value)
                .map_err(|error| Error::response(call.name.clone(), error, metadata, &[], secrets)),
            None => Err(Error::call(call.name.clone(), CallError::NoResult)),
        };
        self.calls.iter().map(decode_next).collect()
    }

    fn unresolved_references(&self, results: &[Result<Value, Error>]) -> Vec<UnresolvedReference> {
        let numbered = (1..).zip(&self.calls);
        let references = numbered
            .flat_map(|(number, call)| call.references.iter().map(move |targeted| (number, targeted)));
        references
            .filter_map(|(number, TargetedReference { target, reference })| {
                let referenced_call = reference.number();
                let reason = unresolved_reason(results.get(referenced_call - 1)?, reference)?;
                Some(UnresolvedReference { number, target: target.clone(), referenced_call, reason })
            })
            .collect()
    }

    fn evaluate_results(
        &self,
        results: Vec<Result<Value, Error>>,
        metadata: &ResponseMetadata,
    ) -> Evaluation<MultirequestResults> {
        let with_session = self.calls.iter().zip(&results).filter(|(call, _)| call.needs_session);
        let refusals: Vec<_> = with_session
            .map(|(_, result)| match result.as_ref().map_err(Error::kind) {
                Err(ErrorKind::KsRefused(refusal)) => Some(refusal),
                _ => None,
            })
            .collect();
        let not_executed = refusals.iter().all(Option::is_some)
            && (self.is_repeatable() || results.iter().all(was_rejected));
        let ks_refusals = refusals.into_iter().flatten().collect();
        let unresolved = self.unresolved_references(&results);
        let outcomes = self.calls.iter().zip(results);
        let outcomes = outcomes
            .map(|(call, result)| CallOutcome { name: call.name.clone(), result: Some(result) })
            .collect();
        let metadata = Some(metadata.clone());
        let results = MultirequestResults { batch: self.batch.clone(), outcomes, unresolved, metadata };
        Evaluation { outcome: Ok(results), ks_refusals, not_executed }
    }
}

/// Whether the server rejected a call before it executed anything.
fn was_rejected(result: &Result<Value, Error>) -> bool {
    let kind = result.as_ref().map_err(Error::kind);
    matches!(
        kind,
        Err(ErrorKind::KsRefused(_) | ErrorKind::Forbidden | ErrorKind::NotOwner | ErrorKind::RateLimited)
    )
}

impl ApiRequest for BatchRequest<'_> {
    type Output = MultirequestResults;

    fn name(&self) -> &ActionName {
        &self.name
    }

    fn options(&self) -> &CallOptions {
        self.options
    }

    fn needs_session(&self) -> bool {
        self.calls.iter().any(|call| call.needs_session)
    }

    fn is_repeatable(&self) -> bool {
        self.options.repeatable.unwrap_or_else(|| self.calls.iter().all(|call| call.is_repeatable))
    }

    fn wire_request(&self, session: Option<&Session>, random: impl FnOnce() -> u64) -> WireRequest {
        let mut body = Parameters::new();
        for (number, call) in (1..).zip(&self.calls) {
            let mut parameters = call.parameters.clone();
            // Each call has its own KS: a common one would also be used for the anonymous calls.
            if let Some(session) = session.filter(|_| call.needs_session) {
                parameters.insert("ks".to_owned(), session.ks().expose().into());
            }
            parameters.insert("service".to_owned(), call.name.service().into());
            parameters.insert("action".to_owned(), call.name.action().into());
            body.insert(usize::to_string(&number), Value::Object(parameters));
        }
        if let Some(partner) = self.options.partner {
            body.insert("partnerId".to_owned(), partner.get().into());
        }
        body.insert("clientTag".to_owned(), self.config.client_tag.clone());
        body.insert("format".to_owned(), 1.into());
        let url = self.config.service_url.multirequest_url();
        let files: Vec<FilePart> = self.calls.iter().flat_map(|call| call.files.iter().cloned()).collect();
        if !files.is_empty() {
            return WireRequest::multipart(url, "multirequest", "null", body, &files, random());
        }
        WireRequest::new(url, "multirequest", "null", Value::Object(body).to_string())
    }

    fn secrets<'a>(&'a self, session: Option<&'a Session>) -> Vec<&'a str> {
        let in_calls = self.calls.iter().flat_map(|call| find_secrets(&call.parameters));
        session.map(|session| session.ks().expose()).into_iter().chain(in_calls).collect()
    }

    fn evaluate(
        &self,
        response: &WireResponse,
        session: Option<&Session>,
    ) -> Evaluation<MultirequestResults> {
        // Any of the results may be an error.
        let (secrets, metadata) = (self.secrets(session), &self.metadata(response, session));
        let unusable = |error| Error::response(self.name.clone(), error, metadata, &[], &secrets);
        let error = match payload::decode::<serde_json::Value>(response.body()) {
            Err(error) => unusable(error),
            Ok(_) if !has_result_status(response) => Error::unexpected_status(self.name.clone(), metadata),
            Ok(Value::Array(list)) if list.is_empty() => Error::body_ignored(self.name.clone(), metadata),
            Ok(Value::Array(list)) if list.len() <= self.calls.len() => {
                return self.evaluate_results(self.decode(list, metadata, &secrets), metadata);
            }
            Ok(other) => {
                let found = JsonKind::from(&other);
                let body = UnexpectedBody::WrongShape { expected: "list of its results", found };
                unusable(PayloadError::Unexpected(body))
            }
        };
        Evaluation::with_session(Err(error), session)
    }
}

impl PreparedCall {
    fn new(
        call: Call,
        number: usize,
        batch: &BatchId,
        options: &CallOptions,
    ) -> Result<Self, InvalidMultirequest> {
        let Call { name, mut parameters, references, ks, is_repeatable, files, allows_unfiltered } = call;
        if name.service().is_empty() || name.action().is_empty() {
            return Err(InvalidMultirequest::MissingActionName { number });
        }
        let ks = if ks == KsChoice::Session { &options.ks } else { &ks };
        let mut needs_session = ks.insert_into(&mut parameters);
        if options.nocache {
            parameters.insert("nocache".to_owned(), 1.into());
        }
        if let Some(parameter) = find_injection(&parameters, number).map(str::to_owned) {
            return Err(InvalidMultirequest::ReferenceInjection { number, parameter });
        }
        for targeted in &references {
            check_reference(targeted, number, batch)?;
            let TargetedReference { target, reference } = targeted;
            if !set_target(&mut parameters, target, reference.to_string()) {
                return Err(InvalidMultirequest::InvalidTarget { number, target: target.clone() });
            }
            needs_session &= target != "ks";
        }
        if let Some(parameter) = find_reserved(&parameters) {
            return Err(InvalidMultirequest::ReservedParameter { number, parameter });
        }
        if let Some(member) = find_empty_member(&parameters).filter(|_| !allows_unfiltered) {
            return Err(InvalidMultirequest::EmptyFilterMember { number, member });
        }
        let files = files.into_iter().map(|file| {
            let name = format!("{number}:{}", file.name());
            file.with_name(name)
        });
        Ok(Self { name, parameters, references, files: files.collect(), needs_session, is_repeatable })
    }
}

fn check_reference(
    targeted: &TargetedReference,
    number: usize,
    batch: &BatchId,
) -> Result<(), InvalidMultirequest> {
    let TargetedReference { target, reference } = targeted;
    let target = || target.clone();
    if !reference.belongs_to(batch) {
        return Err(InvalidMultirequest::ForeignReference { number, target: target() });
    }
    let path = reference.path();
    let is_valid = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if path.iter().any(|segment| matches!(segment, PathSegment::Member(name) if !is_valid(name))) {
        return Err(InvalidMultirequest::InvalidMemberName { number, target: target() });
    }
    if matches!(path.first(), Some(PathSegment::Member(name)) if name == "code" || name == "message") {
        return Err(InvalidMultirequest::ForbiddenMember { number, target: target() });
    }
    Ok(())
}
