//! What an action answers, before it is written as JSON or XML.

use kaltura_types::api_error::ApiException;

/// A value of the API.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Self>),
    Object(Object),
    Error(ApiException),
}

/// An object of the API. A property that is null is left out by JSON and empty in XML.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub(super) class: &'static str,
    pub(super) properties: Vec<(&'static str, Answer)>,
}

impl Object {
    pub(super) const fn new(class: &'static str) -> Self {
        Self { class, properties: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Answer>) -> Self {
        self.properties.push((name, value.into()));
        self
    }

    pub(super) fn property(&self, name: &str) -> Option<&Answer> {
        self.properties.iter().find(|(present, _)| *present == name).map(|(_, value)| value)
    }
}

impl From<Object> for Answer {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Answer {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Answer {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Vec<Self>> for Answer {
    fn from(list: Vec<Self>) -> Self {
        Self::List(list)
    }
}

/// How an action ends that does not succeed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// An error of the API, answered like any result.
    ApiException(ApiException),
    /// PHP itself fails: HTTP 500 with nothing in it (wire contract, section 2.1).
    Fatal,
}

impl From<ApiException> for Failure {
    fn from(exception: ApiException) -> Self {
        Self::ApiException(exception)
    }
}
