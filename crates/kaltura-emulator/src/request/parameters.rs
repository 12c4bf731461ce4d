//! The parameters of a request, in the order in which they were sent, with colons in names read as nesting.
//!
//! The order matters: where two parameters name the same place, the later one wins, and a test reads the names in
//! that order. `serde_json::Value` keeps it only with a feature that changes every crate of a build, so this is a
//! type of its own.

use std::fmt;

use bytes::Bytes;
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::MAX_JSON_DEPTH;
use super::form::MAX_DEPTH;

/// Parameters, or the fields of an object among them, in order.
pub(crate) type Parameters = IndexMap<String, Parameter, RandomState>;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Parameter {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    /// A text with bytes that are not UTF-8, which are removed. Only a form can contain it.
    NotUtf8(String),
    Array(Vec<Self>),
    Object(Parameters),
    /// A file of a multipart body.
    File(UploadedFile),
}

/// A part of a multipart body that has a file name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UploadedFile {
    /// Without its path. A browser sends an empty name if the user chose no file.
    pub(crate) name: String,
    pub(crate) content: Bytes,
}

/// As its name and size: the key of the response cache needs no content.
impl Serialize for UploadedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.name, self.content.len()).serialize(serializer)
    }
}

impl Parameter {
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// The fields of an object. Another value is first replaced by an empty object.
    pub(super) fn object_mut(&mut self) -> &mut Parameters {
        if !matches!(self, Self::Object(_)) {
            *self = Self::Object(Parameters::default());
        }
        match self {
            Self::Object(fields) => fields,
            _ => unreachable!("the value is an object"),
        }
    }
}

impl From<UploadedFile> for Parameter {
    fn from(file: UploadedFile) -> Self {
        Self::File(file)
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParameterVisitor)
    }
}

struct ParameterVisitor;

impl<'de> Visitor<'de> for ParameterVisitor {
    type Value = Parameter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Parameter, E> {
        Ok(Parameter::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Parameter, E> {
        Ok(Parameter::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Parameter, E> {
        Ok(Parameter::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Parameter, E> {
        Ok(Parameter::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Parameter, E> {
        Ok(Number::from_f64(number).map_or(Parameter::Null, Parameter::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Parameter, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Parameter, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Parameter, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Parameter::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameter, A::Error> {
        // The number of members is not known before; most objects have few.
        let mut fields = Parameters::with_capacity_and_hasher(8, RandomState::default());
        while let Some((name, value)) = map.next_entry()? {
            fields.insert(name, value);
        }
        Ok(Parameter::Object(fields))
    }
}

/// Nests `a:b=…` like `a[b]=…`, at every depth. `a:-` is an empty object `a`.
pub(crate) fn group(parameters: Parameters) -> Parameters {
    group_within(parameters, MAX_JSON_DEPTH)
}

/// Nests no deeper than `depth`, so that the result can be walked recursively. A name that nests deeper is kept as it
/// is.
fn group_within(parameters: Parameters, depth: usize) -> Parameters {
    let has_parts =
        |(name, value): (&String, &Parameter)| name.contains(':') || matches!(value, Parameter::Object(_));
    // Most parameters have no parts.
    if !parameters.iter().any(has_parts) {
        return parameters;
    }
    let mut grouped = Parameters::with_capacity_and_hasher(parameters.len(), RandomState::default());
    for (name, value) in parameters {
        let mut keys: Vec<&str> = name.split(':').collect();
        let is_flat = keys.len() > MAX_DEPTH.min(depth);
        let used = if is_flat { 1 } else { keys.len() };
        let mut value = match value {
            Parameter::Object(nested) => Parameter::Object(group_within(nested, depth.saturating_sub(used))),
            other => other,
        };
        if is_flat {
            keys = vec![&name];
        } else if keys.len() > 1 && keys.last() == Some(&"-") {
            keys.pop();
            value = Parameter::Object(Parameters::default());
        }
        insert(&mut grouped, &keys, value);
    }
    grouped
}

/// Stores a value under nested keys. Two objects are merged; otherwise the later value wins.
fn insert(parameters: &mut Parameters, keys: &[&str], value: Parameter) {
    match keys {
        [] => {}
        [last] => match (parameters.get_mut(*last), value) {
            (Some(Parameter::Object(present)), Parameter::Object(more)) => {
                for (name, value) in more {
                    insert(present, &[&name], value);
                }
            }
            (_, value) => {
                parameters.insert((*last).to_owned(), value);
            }
        },
        [first, rest @ ..] => {
            let place = parameters.entry((*first).to_owned()).or_insert(Parameter::Null);
            insert(place.object_mut(), rest, value);
        }
    }
}

/// Adds the parameters that are missing, at every depth. Present ones stay.
pub(crate) fn merge(parameters: &mut Parameters, more: Parameters) {
    parameters.reserve(more.len());
    for (name, value) in more {
        match (parameters.get_mut(&name), value) {
            (Some(Parameter::Object(present)), Parameter::Object(more)) => merge(present, more),
            (Some(_), _) => {}
            (None, value) => {
                parameters.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod test_json {
    use super::*;
    use serde_json::Value;

    /// The parameters of a JSON object.
    pub(crate) fn parameters(object: &Value) -> Parameters {
        read(&object.to_string())
    }

    /// The parameters of a JSON body, as the server reads it.
    pub(crate) fn read(json: &str) -> Parameters {
        crate::request::read_json(json.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn json_of(parameters: &Parameters) -> Value {
        serde_json::to_value(parameters).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::test_json::{json_of, parameters, read};
    use super::*;
    use serde_json::{Value, json};

    fn grouped(value: &Value) -> Value {
        json_of(&group(parameters(value)))
    }

    #[test]
    fn every_kind_of_json_survives_in_its_order() {
        let json = r#"{"b":[1,-2,2.5,18446744073709551615],"a":{"d":null,"c":true},"e":"x\"y"}"#;
        assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
        // A repeated name keeps its place and gets the last value.
        assert_eq!(serde_json::to_string(&read(r#"{"b":1,"a":2,"b":3}"#)).unwrap(), r#"{"b":3,"a":2}"#);
    }

    #[test]
    fn the_later_of_two_parameters_wins() {
        assert_eq!(json_of(&group(read(r#"{"a:b":1,"a":2}"#))), json!({"a": 2}));
        assert_eq!(json_of(&group(read(r#"{"a":2,"a:b":1}"#))), json!({"a": {"b": 1}}));
    }

    #[test]
    fn colons_nest_at_every_depth() {
        assert_eq!(
            grouped(&json!({"1:service": "a", "1:filter:idIn": "x", "1": {"pager:pageSize": 2}, "f:-": ""})),
            json!({"1": {"service": "a", "filter": {"idIn": "x"}, "pager": {"pageSize": 2}}, "f": {}})
        );
    }

    #[test]
    fn a_name_of_many_colons_does_not_nest() {
        let name = ":".repeat(100_000);
        assert_eq!(grouped(&json!({ name.as_str(): 1 })), json!({ name.as_str(): 1 }));
    }

    #[test]
    fn present_parameters_stay() {
        let mut present = parameters(&json!({"a": "1", "b": {"x": 1}}));
        merge(&mut present, parameters(&json!({"a": {"x": 2}, "b": {"x": 2, "y": 2}})));
        assert_eq!(json_of(&present), json!({"a": "1", "b": {"x": 1, "y": 2}}));
    }
}
