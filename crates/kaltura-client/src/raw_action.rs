//! Any action of the API, by name.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read as _};
use std::marker::PhantomData;

use futures_util::{AsyncRead, AsyncReadExt as _};
use kaltura_types::{Action, FilePart, Parameters, is_repeatable_by_name};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::multirequest::{Reference, Subrequest};

/// Any service and action, with JSON parameters and any deserializable output.
///
/// `Debug` shows the names of the parameters, not their values.
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
#[derive(Clone)]
#[must_use = "an action does nothing until it is called"]
pub struct RawAction<O = Value> {
    service: String,
    action: String,
    parameters: Parameters,
    repeatable: Option<bool>,
    files: Vec<FilePart>,
    allows_unfiltered: bool,
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
            files: Vec::new(),
            allows_unfiltered: false,
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

    /// Adds a file for the parameter `name`, which must be exactly that of the action, such as `fileData`. The call is
    /// then sent as `multipart/form-data`. The server takes a file without a name for an error; an empty name is sent as
    /// `file`.
    ///
    /// Servers limit the size of a request. For large files there is [`Client::upload`](crate::Client::upload).
    ///
    /// ```
    /// # use kaltura_client::RawAction;
    /// let action = RawAction::new("uploadToken", "upload")
    ///     .param("uploadTokenId", "0_328ce8ca844f100d67092f5f99ad51f4")
    ///     .file("fileData", "lecture.mp4", b"...".to_vec());
    /// ```
    pub fn file(
        mut self,
        name: impl Into<String>,
        file_name: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        self.files.push(FilePart::new(name, file_name, content));
        self
    }

    /// Adds a file, the next `length` bytes of a reader. They are read into memory now.
    ///
    /// # Errors
    ///
    /// The error of the reader; [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if it ends before `length` bytes.
    pub fn file_from_reader(
        self,
        name: impl Into<String>,
        file_name: impl Into<String>,
        mut reader: impl io::Read,
        length: u64,
    ) -> io::Result<Self> {
        let mut content = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut content)?;
        Ok(self.file(name, file_name, whole(content, length)?))
    }

    /// Adds a file, the next `length` bytes of an async reader. They are read into memory.
    ///
    /// # Errors
    ///
    /// As [`file_from_reader`](Self::file_from_reader).
    pub async fn file_from_async_reader(
        self,
        name: impl Into<String>,
        file_name: impl Into<String>,
        reader: impl AsyncRead + Unpin,
        length: u64,
    ) -> io::Result<Self> {
        let mut content = Vec::new();
        reader.take(length).read_to_end(&mut content).await?;
        Ok(self.file(name, file_name, whole(content, length)?))
    }

    /// Sends the call even if a filter has an empty member (`""`, null or `[]`) under a name that ends in `In` or
    /// `Equal`. The server ignores such a member, so that the filter matches more than it says, or **everything**.
    /// Otherwise such a call fails with [`CallError::EmptyFilterMember`](crate::CallError::EmptyFilterMember), and is not
    /// sent.
    ///
    /// ```
    /// # use kaltura_client::RawAction; use serde_json::json;
    /// let all = RawAction::new("media", "list").param("filter", json!({ "idIn": "" })).allow_unfiltered();
    /// ```
    pub const fn allow_unfiltered(mut self) -> Self {
        self.allows_unfiltered = true;
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
            files: self.files,
            allows_unfiltered: self.allows_unfiltered,
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

    fn borrowed_parameters(&self) -> Cow<'_, Parameters> {
        Cow::Borrowed(&self.parameters)
    }

    fn is_repeatable(&self) -> bool {
        self.repeatable.unwrap_or_else(|| is_repeatable_by_name(&self.service, &self.action))
    }

    fn files(&self) -> &[FilePart] {
        &self.files
    }

    fn allows_unfiltered(&self) -> bool {
        self.allows_unfiltered
    }
}

fn whole(content: Vec<u8>, length: u64) -> io::Result<Vec<u8>> {
    if content.len() as u64 == length { Ok(content) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

impl<O> fmt::Debug for RawAction<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAction")
            .field("service", &self.service)
            .field("action", &self.action)
            .field("parameters", &self.parameters.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value_of_a_parameter() {
        let action = RawAction::new("user", "add").param("note", "hush").output::<String>();
        let shown = format!("{action:?}");
        assert!(shown.contains("note") && !shown.contains("hush"), "{shown}");
    }
}
