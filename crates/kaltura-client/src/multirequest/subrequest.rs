//! One call of a multirequest, with what it wants differently from the others.

use std::fmt;
use std::marker::PhantomData;

use kaltura_types::{Action, Ks, Parameters, PartnerId};
use serde::de::DeserializeOwned;

use super::handle::Reference;
use crate::error::Called;
use crate::options::SentKs;

/// What [`Multirequest::add`](super::Multirequest::add) takes: any action, or a [`Subrequest`].
pub trait BatchItem {
    /// What its result holds.
    type Output: DeserializeOwned;

    /// The call with its wishes.
    fn into_subrequest(self) -> Subrequest<Self::Output>;
}

impl<A: Action> BatchItem for A {
    type Output = A::Output;

    fn into_subrequest(self) -> Subrequest<A::Output> {
        Subrequest::new(self)
    }
}

impl<O: DeserializeOwned> BatchItem for Subrequest<O> {
    type Output = O;

    fn into_subrequest(self) -> Self {
        self
    }
}

/// One call of a multirequest, with wishes of its own: references, another session, another partner.
///
/// ```
/// # use kaltura_client::{Multirequest, RawAction, Subrequest};
/// # use kaltura_types::{AppTokenDraft, AppTokenId, Ks, ListAppTokens, UpdateAppToken};
/// # fn example(other: Ks) {
/// let mut batch = Multirequest::new();
/// let found = batch.add(Subrequest::new(ListAppTokens::new()).ks(other));
///
/// // Of any action any parameter can be a reference, a typed one's too: it goes instead of what was there.
/// let change = UpdateAppToken::new(AppTokenId::new("-"), AppTokenDraft::new().description("old"));
/// let first = found.reference("objects").item(0).member("id");
/// batch.add(Subrequest::new(change).refer("id", first));
/// # }
/// ```
#[must_use = "a sub-request does nothing until it is added to a multirequest"]
pub struct Subrequest<O> {
    part: Part,
    output: PhantomData<fn() -> O>,
}

/// The same without the type of its result.
pub(super) struct Part {
    pub(super) called: Called,
    pub(super) parameters: Parameters,
    pub(super) references: Vec<PlacedReference>,
    pub(super) ks: SentKs,
}

/// A reference, and where it goes.
#[derive(Clone, Debug)]
pub(super) struct PlacedReference {
    pub(super) place: String,
    pub(super) reference: Reference,
}

impl<O> Subrequest<O> {
    /// A call of this action without wishes.
    pub fn new<A: Action<Output = O>>(action: A) -> Self {
        let part = Part {
            called: Called::new(action.service(), action.action()),
            parameters: action.parameters(),
            references: Vec::new(),
            ks: SentKs::Session,
        };
        Self { part, output: PhantomData }
    }

    /// Puts a value of an earlier result here: a parameter such as `id`, a member of one such as `filter.idEqual`, or
    /// an item of a list that is there, such as `ids.0`. If that result is an error, the value is an **empty text**; see
    /// [`Multirequest`](super::Multirequest).
    pub fn refer(mut self, place: impl Into<String>, reference: Reference) -> Self {
        self.part.references.push(PlacedReference { place: place.into(), reference });
        self
    }

    /// Sends this KS instead of the client's session.
    pub fn ks(mut self, ks: Ks) -> Self {
        self.part.ks = SentKs::Given(ks);
        self
    }

    /// Sends no KS.
    pub fn anonymous(mut self) -> Self {
        self.part.ks = SentKs::None;
        self
    }

    /// Acts for another partner, which the session's partner must be allowed to (wire contract, section 1.4).
    pub fn partner(mut self, partner: PartnerId) -> Self {
        self.part.parameters.insert("partnerId".to_owned(), partner.get().into());
        self
    }

    /// Asks for an answer that does not come from the server's response cache.
    pub fn nocache(mut self) -> Self {
        self.part.parameters.insert("nocache".to_owned(), 1.into());
        self
    }

    pub(super) fn into_part(self) -> Part {
        self.part
    }
}

impl<O> fmt::Debug for Subrequest<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subrequest({})", self.part.called)
    }
}

impl Part {
    pub(super) const fn called(&self) -> &Called {
        &self.called
    }
}
