//! A call of the API as a value: service, action, parameters, files, and the type of the result.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Parameters of a call, by name.
///
/// A parameter that is not set is absent, never null: the server casts a null to `0` or `""` (wire
/// contract, section 1.3).
pub type Parameters = Map<String, Value>;

/// A call of one action of the API.
///
/// ```
/// # use kaltura_types::{Action, StartWidgetSession, WidgetId};
/// let call = StartWidgetSession::new(WidgetId::new("_1234567"));
/// assert_eq!((call.service(), call.action()), ("session", "startWidgetSession"));
/// assert_eq!(call.parameters().get("widgetId").unwrap(), "_1234567");
/// assert!(!call.parameters().contains_key("expiry"));
/// ```
pub trait Action {
    /// The result of a successful call.
    type Output: DeserializeOwned;

    /// The service, such as `appToken`.
    fn service(&self) -> &str;

    /// The action, such as `startSession`.
    fn action(&self) -> &str;

    /// The parameters that are set. They may contain secrets.
    fn parameters(&self) -> Parameters;

    /// The parameters without a copy, if the action has them as they are. The default is a copy.
    fn borrowed_parameters(&self) -> Cow<'_, Parameters> {
        Cow::Owned(self.parameters())
    }

    /// The files that are sent with the call. With files, the request is `multipart/form-data` (wire contract,
    /// section 1.3). The default is none.
    fn files(&self) -> &[FilePart] {
        &[]
    }

    /// The result, if it is known without a request: an empty page, if the filter is for the elements of an empty
    /// list. The server would ignore such a filter and list everything. The default is `None`.
    fn known_result(&self) -> Option<Self::Output> {
        None
    }

    /// Whether the call is sent even if a filter has an empty member, which the server ignores: it then lists, counts
    /// or deletes everything. The default is `false`: such a call is an error.
    fn allows_unfiltered(&self) -> bool {
        false
    }

    /// Whether the call can be sent again if it is unknown whether the server has executed it.
    ///
    /// The default follows from the name: see [`is_repeatable_by_name`].
    fn is_repeatable(&self) -> bool {
        is_repeatable_by_name(self.service(), self.action())
    }
}

/// Whether an action can be executed twice, as far as its name tells.
///
/// These can: actions that only read (`get`, `list`, `count`, `search`, and names that begin with one of these words,
/// such as `listByReferenceId`), and `media.update`, which sets the same values again. An
/// action that creates something, such as `add`, cannot: it would create a second object. Nor can `delete`, which
/// would report the deleted object as not found (wire contract, section 10.10).
///
/// ```
/// # use kaltura_types::is_repeatable_by_name;
/// assert!(is_repeatable_by_name("media", "list"));
/// assert!(is_repeatable_by_name("baseEntry", "listByReferenceId"));
/// assert!(!is_repeatable_by_name("media", "add"));
/// assert!(!is_repeatable_by_name("partner", "listen"));
/// ```
#[must_use]
pub fn is_repeatable_by_name(service: &str, action: &str) -> bool {
    (service.eq_ignore_ascii_case("media") && action.eq_ignore_ascii_case("update")) || is_reading(action)
}

/// Whether the first word of a name in camel case says that the action only reads. `getExclusive…` reserves what it
/// returns.
fn is_reading(action: &str) -> bool {
    ["get", "list", "count", "search"].into_iter().any(|word| {
        action.strip_prefix(word).is_some_and(|rest| {
            (rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_uppercase()))
                && !rest.starts_with("Exclusive")
        })
    })
}

/// An action that returns a page of a list: `{"totalCount": 3, "objects": [...]}`. It takes the parameters `filter`
/// and `pager`.
pub trait ListAction: Action {
    /// The type of the listed objects.
    type Object: DeserializeOwned;
}

impl<A: Action + ?Sized> Action for &A {
    type Output = A::Output;

    fn service(&self) -> &str {
        (**self).service()
    }

    fn action(&self) -> &str {
        (**self).action()
    }

    fn parameters(&self) -> Parameters {
        (**self).parameters()
    }

    fn borrowed_parameters(&self) -> Cow<'_, Parameters> {
        (**self).borrowed_parameters()
    }

    fn files(&self) -> &[FilePart] {
        (**self).files()
    }

    fn known_result(&self) -> Option<A::Output> {
        (**self).known_result()
    }

    fn allows_unfiltered(&self) -> bool {
        (**self).allows_unfiltered()
    }

    fn is_repeatable(&self) -> bool {
        (**self).is_repeatable()
    }
}

impl<A: ListAction + ?Sized> ListAction for &A {
    type Object = A::Object;
}

/// A file that is sent with a call, in memory. Clones share the content.
///
/// `Debug` shows the length of the content, not the content.
///
/// ```
/// # use kaltura_types::FilePart;
/// let file = FilePart::new("fileData", "lecture.mp4", b"...".to_vec());
/// assert_eq!((file.name(), file.file_name(), file.content().len()), ("fileData", "lecture.mp4", 3));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FilePart {
    name: String,
    file_name: String,
    content: Arc<Vec<u8>>,
}

impl FilePart {
    /// A file for the parameter `name`, which must be exactly that of the action, such as `fileData`.
    ///
    /// The server takes a part without a file name for an error, so an empty one is sent as `file`.
    #[must_use]
    pub fn new(name: impl Into<String>, file_name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        let mut file_name = file_name.into();
        if file_name.is_empty() {
            file_name.push_str("file");
        }
        Self { name: name.into(), file_name, content: Arc::new(content.into()) }
    }

    /// The name of the parameter.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file. Never empty.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The same file for another parameter, such as `4:fileData` in a multirequest.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart")
            .field("name", &self.name)
            .field("file_name", &self.file_name)
            .field("content", &format_args!("{} bytes", self.content.len()))
            .finish()
    }
}

/// Inserts the values that are set, and leaves out the others.
pub(crate) trait SetParameter {
    fn set(&mut self, name: &str, value: Option<impl Into<Value>>);
}

impl SetParameter for Parameters {
    fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(name.to_owned(), value.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_actions_are_repeatable_by_their_name() {
        for (service, action) in [
            ("media", "get"),
            ("media", "list"),
            ("baseEntry", "count"),
            ("baseEntry", "listByReferenceId"),
            ("baseEntry", "getByIds"),
            ("eSearch", "searchEntry"),
            ("media", "update"),
        ] {
            assert!(is_repeatable_by_name(service, action), "{service}.{action}");
        }
        for (service, action) in [
            ("media", "add"),
            ("baseEntry", "addFromUploadedFile"),
            ("media", "delete"),
            ("category", "update"),
            ("batch", "getExclusiveJobs"),
            ("media", "getter"),
            ("media", ""),
            ("media", "List"),
            ("media", "listed"),
        ] {
            assert!(!is_repeatable_by_name(service, action), "{service}.{action}");
        }
    }

    #[test]
    fn of_the_typed_actions_only_those_that_read_are_repeatable() {
        use crate::{
            AddAppToken, AddUploadToken, AppTokenDraft, DeleteAppToken, DeleteUploadToken, EndSession,
            GetAppToken, GetSession, GetUploadToken, ListAppTokens, UpdateAppToken, UploadChunk,
        };
        let draft = AppTokenDraft::new();
        for is_repeatable in [
            GetAppToken::new("0_a".into()).is_repeatable(),
            ListAppTokens::new().is_repeatable(),
            GetSession::current().is_repeatable(),
            GetUploadToken::new("0_a".into()).is_repeatable(),
        ] {
            assert!(is_repeatable);
        }
        for is_repeatable in [
            AddAppToken::new(draft.clone()).is_repeatable(),
            UpdateAppToken::new("0_a".into(), draft).is_repeatable(),
            DeleteAppToken::new("0_a".into()).is_repeatable(),
            EndSession::whole_group().is_repeatable(),
            AddUploadToken::new().is_repeatable(),
            UploadChunk::new("0_a".into(), "a", 7, "", true).is_repeatable(),
            DeleteUploadToken::new("0_a".into()).is_repeatable(),
        ] {
            assert!(!is_repeatable);
        }
    }
}
