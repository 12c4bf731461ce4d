//! Several calls in one HTTP request, each with its own result (wire contract, section 8).

mod reference;
mod request;
mod results;

use std::fmt;
use std::marker::PhantomData;

use kaltura_types::{Action, FilePart, Ks, Parameters, PartnerId};
use serde::de::DeserializeOwned;

pub use self::reference::{Handle, Reference};
pub(crate) use self::request::BatchRequest;
pub use self::request::InvalidMultirequest;
pub use self::results::{MultirequestResults, UnresolvedReason, UnresolvedReference};

use self::reference::BatchId;
use crate::error::ActionName;
use crate::options::KsChoice;

/// Any number of calls that are sent in one HTTP request.
///
/// The server executes them in order. An error of one call does not stop the others. A call may refer to the result of
/// an earlier one; the server inserts the value.
///
/// ```
/// # use kaltura_client::{Client, Error, Multirequest, RawAction};
/// # use kaltura_types::{AddAppToken, AppToken, AppTokenDraft}; use serde_json::Value;
/// # async fn example(client: &Client) -> Result<(), Error> {
/// let mut batch = Multirequest::new();
/// let token = batch.add(AddAppToken::new(AppTokenDraft::new().description("importer")));
/// let copy = batch.add(RawAction::new("appToken", "get").refer("id", token.reference("id")));
///
/// let mut results = client.multirequest(batch).await?;
/// let token: AppToken = results.take(token)?;
/// let copy: Value = results.take(copy)?;
/// # Ok(())
/// # }
/// ```
///
/// # Unresolved references
///
/// If a call fails, or its result has no such value, the server replaces each reference to it with an **empty string
/// and executes the later call nevertheless**. If this can do harm (an empty filter matches everything, an empty `ks`
/// is no session), send the calls one by one. [`MultirequestResults::unresolved_references`] lists these references.
///
/// # Reference injection
///
/// The server looks for references in all strings, including user input. A string such as `{1:result:ks}` that the
/// server would replace is refused before anything is sent ([`InvalidMultirequest::ReferenceInjection`]).
///
/// # Sessions
///
/// The client's session is sent with each call, unless its [`Subrequest`] selects another KS. If the server refuses the
/// session for all calls and executed no other call, the client logs in again and sends everything again, once. If the
/// session was refused for some calls only, the client drops the session and returns the results: the other calls were
/// executed. The server validates a KS once for consecutive calls with it, and counts them as one action of an
/// `actionslimit`. So this can happen only if calls with another KS, or with none, are between those of the session (wire
/// contract, section 8).
#[derive(Default)]
#[must_use = "a multirequest does nothing until a client sends it"]
pub struct Multirequest {
    id: BatchId,
    calls: Vec<Call>,
}

impl Multirequest {
    /// A multirequest without calls.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a call: an action, or a [`Subrequest`] with options for this call. The handle takes its result from the
    /// results, and creates references to it.
    pub fn add<I: BatchItem>(&mut self, item: I) -> Handle<I::Output> {
        self.calls.push(item.into_subrequest().call);
        Handle::new(self.id.clone(), self.calls.len())
    }

    /// The number of calls.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are no calls. Then nothing is sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

impl fmt::Debug for Multirequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.calls.iter().map(|call| &call.name)).finish()
    }
}

/// An argument of [`Multirequest::add`]: any action, or a [`Subrequest`].
pub trait BatchItem {
    /// The type of the result.
    type Output: DeserializeOwned;

    /// The call with its options.
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

/// One call of a multirequest, with its options: references, another session, another partner.
///
/// ```
/// # use kaltura_client::{Multirequest, RawAction, Subrequest};
/// # use kaltura_types::{AppTokenDraft, AppTokenId, Ks, ListAppTokens, UpdateAppToken};
/// # fn example(other: Ks) {
/// let mut batch = Multirequest::new();
/// let found = batch.add(Subrequest::new(ListAppTokens::new()).ks(other));
///
/// // Any parameter of any action can be a reference, also of a typed action. It replaces the value.
/// let update = UpdateAppToken::new(AppTokenId::new("-"), AppTokenDraft::new().description("old"));
/// let first = found.reference("objects").item(0).member("id");
/// batch.add(Subrequest::new(update).refer("id", first));
/// # }
/// ```
#[must_use = "a sub-request does nothing until it is added to a multirequest"]
pub struct Subrequest<O> {
    call: Call,
    output: PhantomData<fn() -> O>,
}

/// A sub-request without the type of its result.
struct Call {
    name: ActionName,
    parameters: Parameters,
    references: Vec<TargetedReference>,
    ks: KsChoice,
    is_repeatable: bool,
    files: Vec<FilePart>,
    allows_unfiltered: bool,
}

/// A reference, and the parameter that it sets.
#[derive(Clone, Debug)]
struct TargetedReference {
    /// The path to the parameter, such as `filter.idEqual`.
    target: String,
    reference: Reference,
}

impl<O> Subrequest<O> {
    /// A call of this action with default options.
    pub fn new<A: Action<Output = O>>(action: A) -> Self {
        let call = Call {
            name: ActionName::new(action.service(), action.action()),
            parameters: action.parameters(),
            references: Vec::new(),
            ks: KsChoice::Session,
            is_repeatable: action.is_repeatable(),
            files: action.files().to_vec(),
            allows_unfiltered: action.allows_unfiltered(),
        };
        Self { call, output: PhantomData }
    }

    /// Sets `target` to a value of an earlier result. The target is a parameter such as `id`, a member of one such as
    /// `filter.idEqual`, or an existing list element such as `ids.0`. If that earlier call fails, the value is an
    /// **empty string**; see [`Multirequest`].
    pub fn refer(mut self, target: impl Into<String>, reference: Reference) -> Self {
        self.call.references.push(TargetedReference { target: target.into(), reference });
        self
    }

    /// Sends this KS instead of the client's session.
    pub fn ks(mut self, ks: Ks) -> Self {
        self.call.ks = KsChoice::Given(ks);
        self
    }

    /// Sends no KS.
    pub fn anonymous(mut self) -> Self {
        self.call.ks = KsChoice::Anonymous;
        self
    }

    /// Acts for another partner. The session's partner must be allowed to do so (wire contract, section 1.4).
    pub fn partner(mut self, partner: PartnerId) -> Self {
        self.call.parameters.insert("partnerId".to_owned(), partner.get().into());
        self
    }

    /// Bypasses the server's response cache.
    pub fn nocache(mut self) -> Self {
        self.call.parameters.insert("nocache".to_owned(), 1.into());
        self
    }
}

impl<O> fmt::Debug for Subrequest<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subrequest({})", self.call.name)
    }
}
