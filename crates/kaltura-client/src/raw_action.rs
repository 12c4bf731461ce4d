//! Any action of the API, by name.

use std::marker::PhantomData;

use kaltura_types::{Action, Parameters, is_repeatable_by_name};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::multirequest::{Reference, Subrequest};

/// Any service and action, with JSON parameters and any deserializable output.
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
    repeatable: Option<bool>,
    output: PhantomData<fn() -> O>,
}

impl RawAction {
    /// An action without parameters.
    pub fn new(service: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            action: action.into(),
            parameters: Parameters::new(),
            repeatable: None,
            output: PhantomData,
        }
    }
}

impl<O> RawAction<O> {
    /// Adds a parameter. A null is sent as null: the server reads it as an empty string or zero, not as absent (wire
    /// contract, section 1.3). To leave a parameter unset, do not add it.
    ///
    /// A parameter `ks` replaces the client's own session, and `partnerId` selects the partner that the call acts for.
    /// The same settings in [`CallOptions`](crate::CallOptions) take precedence over these parameters. A call with one
    /// of the [`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS) is not sent.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Adds several parameters.
    pub fn params(mut self, parameters: Parameters) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Sets whether the call can be sent again if it is unknown whether the server has executed it. The default
    /// follows from the action's name ([`is_repeatable_by_name`]): reading actions can.
    ///
    /// ```
    /// # use kaltura_client::RawAction;
    /// let serve = RawAction::new("document_documents", "serve").repeatable(true);
    /// ```
    pub const fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// Sets a parameter, or a member of one such as `filter.idEqual`, to a value of an earlier result of the same
    /// multirequest. See [`Subrequest::refer`].
    pub fn refer(self, target: impl Into<String>, reference: Reference) -> Subrequest<O>
    where
        O: DeserializeOwned,
    {
        Subrequest::new(self).refer(target, reference)
    }

    /// Deserializes the result as `T`.
    pub fn output<T: DeserializeOwned>(self) -> RawAction<T> {
        RawAction {
            service: self.service,
            action: self.action,
            parameters: self.parameters,
            repeatable: self.repeatable,
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

    fn is_repeatable(&self) -> bool {
        self.repeatable.unwrap_or_else(|| is_repeatable_by_name(&self.service, &self.action))
    }
}
