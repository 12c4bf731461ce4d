//! Several calls in one HTTP request, each with a result of its own (wire contract, section 8).

mod batch;
mod handle;
mod lookalike;
mod mistake;
mod place;
mod results;
mod subrequest;

use std::fmt;

pub(crate) use self::batch::Batch;
pub use self::handle::{Handle, Reference};
pub use self::mistake::BatchMistake;
pub use self::results::{MultirequestResults, VoidReason, VoidReference};
pub use self::subrequest::{BatchItem, Subrequest};

use self::handle::Identity;
use self::subrequest::Part;

/// Any number of calls that go to the server in one HTTP request.
///
/// They are carried out in order, and an error of one does not stop the rest. A later one may refer to the result
/// of an earlier one; the server puts the value in.
///
/// ```
/// # use kaltura_client::{Client, Error, Multirequest, RawAction};
/// # use kaltura_types::{AddAppToken, AppToken, AppTokenDraft}; use serde_json::Value;
/// # async fn example(client: &Client) -> Result<(), Error> {
/// let mut batch = Multirequest::new();
/// let token = batch.add(AddAppToken::new(AppTokenDraft::new().description("importer")));
/// let again = batch.add(RawAction::new("appToken", "get").refer("id", token.reference("id")));
///
/// let mut results = client.multirequest(batch).await?;
/// let token: AppToken = results.take(token)?;
/// let again: Value = results.take(again)?;
/// # Ok(())
/// # }
/// ```
///
/// # A reference to a failed result is an empty text
///
/// If the call that is referred to fails, or its result has nothing at that place, the server puts in an **empty
/// text and carries the later call out all the same**. Where that would do harm (an empty filter matches
/// everything, an empty `ks` is no session), send the calls one by one. Which references were void, the results
/// tell: [`MultirequestResults::void_references`].
///
/// # Texts that read as references
///
/// The server looks for references in all texts, also in those that a user of your program has written. So a text
/// like `{1:result:ks}` that would be replaced is refused before anything is sent ([`BatchMistake`]).
///
/// # Sessions
///
/// The client's session goes with each call, unless [`Subrequest`] says otherwise. If the server refuses it for
/// all of them, and did nothing else either, the client logs in anew and sends the whole again, once. If it was
/// refused for some only (an `actionslimit` may end in the middle), the session is dropped and the results are
/// given back: the others have been carried out.
#[derive(Default)]
#[must_use = "a multirequest does nothing until a client sends it"]
pub struct Multirequest {
    identity: Identity,
    parts: Vec<Part>,
}

impl Multirequest {
    /// No calls yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a call: an action, or a [`Subrequest`] with wishes of its own. The handle takes its result out of the
    /// results later, and makes references to it.
    pub fn add<I: BatchItem>(&mut self, item: I) -> Handle<I::Output> {
        self.parts.push(item.into_subrequest().into_part());
        Handle::new(self.identity.clone(), self.parts.len())
    }

    /// How many calls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is none. Then nothing is sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

impl fmt::Debug for Multirequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts.iter().map(Part::called)).finish()
    }
}
