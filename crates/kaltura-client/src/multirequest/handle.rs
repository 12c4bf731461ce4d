//! Handles on results to come, and references to them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What binds handles to their batch: two are the same if they have the same address.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity(Arc<()>);

impl Identity {
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The place of one result in a multirequest.
///
/// It is taken to get the result, so that each result is taken once:
///
/// ```compile_fail,E0382
/// # use kaltura_client::multirequest::{Handle, MultirequestResults}; use serde_json::Value;
/// # fn example(mut results: MultirequestResults, handle: Handle<Value>) {
/// let once = results.take(handle);
/// let twice = results.take(handle);
/// # }
/// ```
pub struct Handle<T> {
    identity: Identity,
    number: usize,
    result: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    pub(super) const fn new(identity: Identity, number: usize) -> Self {
        Self { identity, number, result: PhantomData }
    }

    /// Which call it is, from 1 on.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// Refers to a member of the result, such as `id`, for a later call of the same batch.
    pub fn reference(&self, member: &str) -> Reference {
        self.whole().member(member)
    }

    /// Refers to the result as a whole, if it is a text or a number, such as the KS of `session.start`.
    pub fn whole(&self) -> Reference {
        Reference { identity: self.identity.clone(), number: self.number, path: Vec::new() }
    }

    pub(super) fn is_of(&self, identity: &Identity) -> bool {
        self.identity.is(identity)
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.number)
    }
}

/// A value in an earlier result, to be put into a later call of the same batch.
///
/// ```
/// # use kaltura_client::{Multirequest, RawAction, Subrequest};
/// # use kaltura_types::{DeleteAppToken, ListAppTokens};
/// let mut batch = Multirequest::new();
/// let list = batch.add(ListAppTokens::new());
/// let first = list.reference("objects").item(0).member("id");
/// let get = batch.add(RawAction::new("appToken", "get").refer("id", first));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reference does nothing until a call takes it"]
pub struct Reference {
    identity: Identity,
    number: usize,
    path: Vec<Step>,
}

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Item(usize),
    Each,
}

impl Reference {
    /// Goes on to a member of an object.
    pub fn member(self, name: &str) -> Self {
        self.then(Step::Member(name.to_owned()))
    }

    /// Goes on to an item of a list, from 0 on.
    pub fn item(self, index: usize) -> Self {
        self.then(Step::Item(index))
    }

    /// Goes on to all items of a list; their values are joined by commas.
    pub fn each(self) -> Self {
        self.then(Step::Each)
    }

    fn then(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    /// The call that is referred to, from 1 on.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    pub(super) fn path(&self) -> &[Step] {
        &self.path
    }

    pub(super) fn is_of(&self, identity: &Identity) -> bool {
        self.identity.is(identity)
    }
}

/// As the server reads it (wire contract, section 8).
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}:result", self.number)?;
        for step in &self.path {
            match step {
                Step::Member(name) => write!(f, ":{name}")?,
                Step::Item(index) => write!(f, ":{index}")?,
                Step::Each => f.write_str(":_all")?,
            }
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_written_as_the_server_reads_it() {
        let handle = Handle::<()>::new(Identity::default(), 3);
        assert_eq!(handle.whole().to_string(), "{3:result}");
        assert_eq!(handle.reference("id").to_string(), "{3:result:id}");
        assert_eq!(handle.reference("objects").item(0).member("id").to_string(), "{3:result:objects:0:id}");
        assert_eq!(handle.reference("objects").each().member("id").to_string(), "{3:result:objects:_all:id}");
    }

    #[test]
    fn two_batches_are_never_the_same() {
        let (one, two) = (Identity::default(), Identity::default());
        assert!(one.is(&one.clone()) && !one.is(&two));
    }
}
