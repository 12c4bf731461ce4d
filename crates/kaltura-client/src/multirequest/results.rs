//! What came of a multirequest.

use std::fmt;

use kaltura_auth::ResponseMetadata;
use kaltura_types::payload;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::handle::{Handle, Identity, Reference, Step};
use crate::error::{CallError, Called, Error};

/// The results of a multirequest, each of them one of its own.
pub struct MultirequestResults {
    pub(super) identity: Identity,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) void: Vec<VoidReference>,
    /// What the answer tells for a support permit; nothing if none was needed.
    pub(super) facts: Option<ResponseMetadata>,
}

/// What came of one call; nothing is left once it is taken.
pub(super) struct Outcome {
    pub(super) called: Called,
    pub(super) result: Option<Result<Value, Error>>,
}

impl MultirequestResults {
    /// Takes the result of one call.
    ///
    /// # Errors
    ///
    /// [`Error`] if that call failed, if the result is not of its type, or if the handle is one of another batch.
    pub fn take<T: DeserializeOwned>(&mut self, handle: Handle<T>) -> Result<T, Error> {
        let outcome = self.outcomes.get_mut(handle.number() - 1).filter(|_| handle.is_of(&self.identity));
        let taken = outcome.and_then(|outcome| Some((&outcome.called, outcome.result.take()?)));
        let Some((called, result)) = taken else {
            return Err(Error::failed(Called::multirequest(), CallError::ForeignHandle));
        };
        payload::decode_value(result?).map_err(|error| match &self.facts {
            Some(facts) => Error::answer(called.clone(), error, facts, &[], &[]),
            None => Error::failed(called.clone(), CallError::NotAnswered),
        })
    }

    /// The errors of the calls that failed and were not taken yet, in their order.
    pub fn failures(&self) -> impl Iterator<Item = &Error> {
        self.outcomes.iter().filter_map(|outcome| outcome.result.as_ref()?.as_ref().err())
    }

    /// The references for which the server put in an empty text. The calls that have them **were carried out all
    /// the same**, so look at this where an empty text makes a difference.
    #[must_use]
    pub fn void_references(&self) -> &[VoidReference] {
        &self.void
    }

    /// How many calls there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether there was none.
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
            .field("void_references", &self.void)
            .finish()
    }
}

/// A reference for which the server put in an empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidReference {
    pub(super) number: usize,
    pub(super) place: String,
    pub(super) of: usize,
    pub(super) reason: VoidReason,
}

impl VoidReference {
    /// The call that has the reference, from 1 on, as [`Handle::number`] tells it.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// Where in that call, as it was said to [`Subrequest::refer`](super::Subrequest::refer).
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The call whose result is referred to, from 1 on.
    #[must_use]
    pub const fn of(&self) -> usize {
        self.of
    }

    /// Why it is void.
    #[must_use]
    pub const fn reason(&self) -> VoidReason {
        self.reason
    }
}

/// Why a reference is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VoidReason {
    /// The call that is referred to failed.
    Failed,
    /// Its result has nothing there, or nothing that is a text or a number.
    NothingThere,
}

/// Whether a reference to this result is void.
pub(super) fn void_reason(result: &Result<Value, Error>, reference: &Reference) -> Option<VoidReason> {
    match result {
        Err(_) => Some(VoidReason::Failed),
        Ok(value) => (!has_text(value, reference.path())).then_some(VoidReason::NothingThere),
    }
}

fn has_text(value: &Value, path: &[Step]) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return match value {
            Value::String(text) => !text.is_empty(),
            Value::Number(_) => true,
            // False is written as an empty text.
            Value::Bool(is_true) => *is_true,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
    };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            members.get(name).is_some_and(|member| has_text(member, rest))
        }
        (Step::Item(index), Value::Array(list)) => list.get(*index).is_some_and(|item| has_text(item, rest)),
        (Step::Each, Value::Array(list)) => list.iter().any(|item| has_text(item, rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_void(value: Value, path: impl Fn(Reference) -> Reference) -> bool {
        let reference = path(Handle::<()>::new(Identity::default(), 1).whole());
        void_reason(&Ok(value), &reference).is_some()
    }

    #[test]
    fn a_reference_is_void_where_there_is_no_text() {
        let list = json!({"objects": [{"id": "a", "none": null}, {"id": 7}], "totalCount": 0, "flag": false});
        let objects = |reference: Reference| reference.member("objects");
        assert!(!is_void(list.clone(), |r| objects(r).item(1).member("id")));
        assert!(!is_void(list.clone(), |r| objects(r).each().member("id")));
        assert!(!is_void(list.clone(), |r| r.member("totalCount")));
        assert!(is_void(list.clone(), |r| objects(r).item(2).member("id")));
        assert!(is_void(list.clone(), |r| objects(r).item(0).member("none")));
        assert!(is_void(list.clone(), |r| objects(r).each().member("none")));
        assert!(is_void(list.clone(), objects));
        assert!(is_void(list.clone(), |r| r.member("flag")));
        assert!(is_void(list, |r| r));
        assert!(is_void(json!(""), |r| r) && !is_void(json!("ks"), |r| r));
        assert!(is_void(json!(null), |r| r.member("id")));
    }
}
