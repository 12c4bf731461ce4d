//! The result of an action, before it is written as JSON, XML or PHP's serialize.

use std::borrow::Cow;

use kaltura_types::api_error::ApiException;
use kaltura_types::{ApiEnum, Open, Scalar};

/// A value of the API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ApiValue {
    Null,
    Bool(bool),
    Int(i64),
    /// Only a stub has one.
    Float(f64),
    Text(String),
    List(Vec<Self>),
    Object(Object),
    Error(ApiException),
}

/// An object of the API. A null property is omitted in JSON and empty in XML.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    /// Empty for an object of a stub that has no `objectType`.
    pub(crate) class: Cow<'static, str>,
    pub(crate) properties: Vec<(Cow<'static, str>, ApiValue)>,
}

impl Object {
    pub(crate) const fn new(class: &'static str) -> Self {
        Self { class: Cow::Borrowed(class), properties: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<ApiValue>) -> Self {
        self.properties.push((Cow::Borrowed(name), value.into()));
        self
    }

    pub(crate) fn property(&self, name: &str) -> Option<&ApiValue> {
        self.properties.iter().find(|(present, _)| *present == name).map(|(_, value)| value)
    }
}

impl From<Object> for ApiValue {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<bool> for ApiValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for ApiValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl<T: ApiEnum> From<Open<T>> for ApiValue {
    fn from(value: Open<T>) -> Self {
        let code = match value {
            Open::Known(known) => known.to_wire(),
            Open::Other(code) => code,
        };
        match code {
            Scalar::Number(number) => Self::Int(number),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

impl From<&str> for ApiValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ApiValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for ApiValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Vec<Self>> for ApiValue {
    fn from(list: Vec<Self>) -> Self {
        Self::List(list)
    }
}

/// An action did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// An error of the API, written like any result.
    ApiException(ApiException),
    /// PHP itself fails: HTTP 500 with an empty body (wire contract, section 2.1).
    Fatal,
}

impl From<ApiException> for Failure {
    fn from(exception: ApiException) -> Self {
        Self::ApiException(exception)
    }
}
