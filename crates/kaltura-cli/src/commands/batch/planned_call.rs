//! One call of a batch, as it stands in the file.

use kaltura_client::multirequest::Handle;
use kaltura_client::{Multirequest, RawAction, Subrequest};
use kaltura_types::Parameters;
use serde_json::Value;

use super::reference::{self, PlacedReference};
use crate::commands::call::{ActionName, OwnParameter};

/// One call, with its references taken out of its parameters.
#[derive(Debug)]
pub(super) struct PlannedCall {
    action: ActionName,
    parameters: Parameters,
    references: Vec<PlacedReference>,
}

/// What is wrong with a call. It quotes no value.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallMistake {
    #[error("it is no object")]
    NoObject,
    #[error("its name is missing, such as \"call\": \"media.list\"")]
    NoName,
    #[error(transparent)]
    WrongName(#[from] crate::commands::call::InvalidActionName),
    #[error("params is no object")]
    NoParameters,
    #[error(transparent)]
    Own(#[from] OwnParameter),
    #[error("{0} is neither call nor params")]
    Unknown(String),
    #[error(transparent)]
    Reference(#[from] reference::ReferenceMistake),
}

impl PlannedCall {
    /// Reads the call of this number, counted from 1.
    pub(super) fn read(call: Value, number: usize) -> Result<Self, CallMistake> {
        let Value::Object(mut call) = call else { return Err(CallMistake::NoObject) };
        let Some(Value::String(name)) = call.remove("call") else { return Err(CallMistake::NoName) };
        let action = name.parse()?;
        let mut parameters = match call.remove("params") {
            None => Parameters::new(),
            Some(Value::Object(parameters)) => parameters,
            Some(_) => return Err(CallMistake::NoParameters),
        };
        if let Some((name, _)) = call.into_iter().next() {
            return Err(CallMistake::Unknown(name));
        }
        OwnParameter::refuse(&parameters)?;
        let references = reference::take_out(&mut parameters, number)?;
        Ok(Self { action, parameters, references })
    }

    pub(super) const fn action(&self) -> &ActionName {
        &self.action
    }

    /// Whether it brings a KS of its own, or refers to one.
    pub(super) fn has_own_ks(&self) -> bool {
        self.parameters.contains_key("ks")
    }
}

/// Puts the calls together. The handles are those of their results.
pub(super) fn assemble(calls: &[PlannedCall]) -> (Multirequest, Vec<Handle<Value>>) {
    let mut batch = Multirequest::new();
    let mut handles: Vec<Handle<Value>> = Vec::new();
    for call in calls {
        let action =
            RawAction::new(call.action.service(), call.action.action()).params(call.parameters.clone());
        let mut part = Subrequest::new(action);
        if call.has_own_ks() {
            part = part.anonymous();
        }
        for placed in &call.references {
            // A reference to a later call was refused when the file was read.
            if let Some(earlier) = handles.get(placed.of() - 1) {
                part = part.refer(placed.place(), placed.to(earlier));
            }
        }
        let handle = batch.add(part);
        handles.push(handle);
    }
    (batch, handles)
}
