//! The results of a multirequest.

use std::fmt;

use kaltura_auth::ResponseMetadata;
use kaltura_types::payload;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reference::{BatchId, Handle, PathSegment, Reference};
use crate::error::{ActionName, CallError, Error};

/// The results of a multirequest, one for each call.
pub struct MultirequestResults {
    pub(super) batch: BatchId,
    pub(super) outcomes: Vec<CallOutcome>,
    pub(super) unresolved: Vec<UnresolvedReference>,
    /// The metadata of the response; `None` if nothing was sent.
    pub(super) metadata: Option<ResponseMetadata>,
}

/// The result of one call; `None` once it is taken.
pub(super) struct CallOutcome {
    pub(super) name: ActionName,
    pub(super) result: Option<Result<Value, Error>>,
}

impl MultirequestResults {
    /// Takes the result of one call.
    ///
    /// # Errors
    ///
    /// [`Error`] if the call failed, if the result has another type, or if the handle belongs to another multirequest.
    pub fn take<T: DeserializeOwned>(&mut self, handle: Handle<T>) -> Result<T, Error> {
        let outcome = self.outcomes.get_mut(handle.number() - 1).filter(|_| handle.belongs_to(&self.batch));
        let taken = outcome.and_then(|outcome| Some((&outcome.name, outcome.result.take()?)));
        let Some((name, result)) = taken else {
            return Err(Error::call(ActionName::multirequest(), CallError::ForeignHandle));
        };
        payload::decode_value(result?).map_err(|error| match &self.metadata {
            Some(metadata) => Error::response(name.clone(), error, metadata, &[], &[]),
            None => Error::call(name.clone(), CallError::NoResult),
        })
    }

    /// The errors of the failed calls that are not taken yet, in order.
    pub fn failures(&self) -> impl Iterator<Item = &Error> {
        self.outcomes.iter().filter_map(|outcome| outcome.result.as_ref()?.as_ref().err())
    }

    /// The references that the server replaced with an empty string. The calls that contain them **were executed
    /// nevertheless**. Check this if an empty string makes a difference.
    #[must_use]
    pub fn unresolved_references(&self) -> &[UnresolvedReference] {
        &self.unresolved
    }

    /// The number of calls.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether there were no calls.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }
}

impl fmt::Debug for MultirequestResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultirequestResults")
            .field("len", &self.len())
            .field("failures", &self.failures().collect::<Vec<_>>())
            .field("unresolved_references", &self.unresolved)
            .finish()
    }
}

/// A reference that the server replaced with an empty string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnresolvedReference {
    pub(super) number: usize,
    pub(super) target: String,
    pub(super) referenced_call: usize,
    pub(super) reason: UnresolvedReason,
}

impl UnresolvedReference {
    /// The number of the call that contains the reference, from 1, as in [`Handle::number`].
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// The target of the reference in that call, as given to [`Subrequest::refer`](super::Subrequest::refer).
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The number of the call whose result is referenced, from 1.
    #[must_use]
    pub const fn referenced_call(&self) -> usize {
        self.referenced_call
    }

    /// Why the reference has no value.
    #[must_use]
    pub const fn reason(&self) -> UnresolvedReason {
        self.reason
    }
}

/// Why a reference has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnresolvedReason {
    /// The referenced call failed.
    CallFailed,
    /// The result has no such value, or the value is not a string or number.
    NoValue,
}

/// Why the server resolves this reference to an empty string; `None` if it does not.
pub(super) fn unresolved_reason(
    result: &Result<Value, Error>,
    reference: &Reference,
) -> Option<UnresolvedReason> {
    match result {
        Err(_) => Some(UnresolvedReason::CallFailed),
        Ok(value) => (!has_text(value, reference.path())).then_some(UnresolvedReason::NoValue),
    }
}

fn has_text(value: &Value, path: &[PathSegment]) -> bool {
    let Some((segment, rest)) = path.split_first() else {
        return match value {
            Value::String(text) => !text.is_empty(),
            Value::Number(_) => true,
            // The server writes false as an empty string.
            Value::Bool(is_true) => *is_true,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
    };
    match (segment, value) {
        (PathSegment::Member(name), Value::Object(members)) => {
            members.get(name).is_some_and(|member| has_text(member, rest))
        }
        (PathSegment::Item(index), Value::Array(list)) => {
            list.get(*index).is_some_and(|element| has_text(element, rest))
        }
        (PathSegment::Each, Value::Array(list)) => list.iter().any(|element| has_text(element, rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_unresolved(value: Value, path: impl Fn(Reference) -> Reference) -> bool {
        let reference = path(Handle::<()>::new(BatchId::default(), 1).whole());
        unresolved_reason(&Ok(value), &reference).is_some()
    }

    #[test]
    fn a_reference_without_a_text_is_unresolved() {
        let list = json!({"objects": [{"id": "a", "none": null}, {"id": 7}], "totalCount": 0, "flag": false});
        let objects = |reference: Reference| reference.member("objects");
        assert!(!is_unresolved(list.clone(), |r| objects(r).item(1).member("id")));
        assert!(!is_unresolved(list.clone(), |r| objects(r).each().member("id")));
        assert!(!is_unresolved(list.clone(), |r| r.member("totalCount")));
        assert!(is_unresolved(list.clone(), |r| objects(r).item(2).member("id")));
        assert!(is_unresolved(list.clone(), |r| objects(r).item(0).member("none")));
        assert!(is_unresolved(list.clone(), |r| objects(r).each().member("none")));
        assert!(is_unresolved(list.clone(), objects));
        assert!(is_unresolved(list.clone(), |r| r.member("flag")));
        assert!(is_unresolved(list, |r| r));
        assert!(is_unresolved(json!(""), |r| r) && !is_unresolved(json!("ks"), |r| r));
        assert!(is_unresolved(json!(null), |r| r.member("id")));
    }
}
