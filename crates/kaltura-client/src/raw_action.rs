//! Any call of the API, by name.

use std::marker::PhantomData;

use kaltura_types::{Action, Parameters};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::multirequest::{Reference, Subrequest};

/// Any service and action, with parameters as JSON, and an output of any type that can be read from JSON.
///
/// ```
/// # use kaltura_client::RawAction; use serde_json::{Value, json};
/// let list = RawAction::new("media", "list").param("pager", json!({ "pageSize": 5 }));
///
/// #[derive(serde::Deserialize)]
/// struct Entry { id: String }
/// let get = RawAction::new("media", "get").param("entryId", "0_abc").output::<Entry>();
/// # fn takes(_: impl kaltura_types::Action<Output = Value>) {} takes(list);
/// # fn takes_too(_: impl kaltura_types::Action<Output = Entry>) {} takes_too(get);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is called"]
pub struct RawAction<O = Value> {
    service: String,
    action: String,
    parameters: Parameters,
    output: PhantomData<fn() -> O>,
}

impl RawAction {
    /// Calls this action of this service, without parameters.
    pub fn new(service: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            action: action.into(),
            parameters: Parameters::new(),
            output: PhantomData,
        }
    }
}

impl<O> RawAction<O> {
    /// Adds a parameter. A null is sent as it is, and the server takes it for an empty text or a zero, not for
    /// "absent" (wire contract, section 1.3): leave out what is not meant.
    ///
    /// A parameter `ks` goes instead of the client's own session, and `partnerId` says which partner the call acts
    /// for. An option of the call that says the same goes before either ([`CallOptions`](crate::CallOptions)). A call
    /// with one of the [`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS) is not sent.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Adds several parameters.
    pub fn params(mut self, parameters: Parameters) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Puts a value of an earlier result of the same multirequest into a parameter, or into a member of one, such
    /// as `filter.idEqual`. See [`Subrequest::refer`].
    pub fn refer(self, place: impl Into<String>, reference: Reference) -> Subrequest<O>
    where
        O: DeserializeOwned,
    {
        Subrequest::new(self).refer(place, reference)
    }

    /// Reads the answer as another type.
    pub fn output<T: DeserializeOwned>(self) -> RawAction<T> {
        RawAction {
            service: self.service,
            action: self.action,
            parameters: self.parameters,
            output: PhantomData,
        }
    }
}

impl<O: DeserializeOwned> Action for RawAction<O> {
    type Output = O;

    fn service(&self) -> &str {
        &self.service
    }

    fn action(&self) -> &str {
        &self.action
    }

    fn parameters(&self) -> Parameters {
        self.parameters.clone()
    }
}
