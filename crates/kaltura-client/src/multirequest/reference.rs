//! References to earlier results: created from handles, inserted into parameters, and detected in strings that only
//! look like references.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use kaltura_types::Parameters;
use serde_json::Value;

/// Identifies a multirequest, so that its handles and references fit no other one. Compared by address.
#[derive(Clone, Debug, Default)]
pub(super) struct BatchId(Arc<()>);

impl BatchId {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Identifies the result of one call of a multirequest.
///
/// Taking the result consumes the handle, so each result is taken at most once:
///
/// ```compile_fail,E0382
/// # use kaltura_client::multirequest::{Handle, MultirequestResults}; use serde_json::Value;
/// # fn example(mut results: MultirequestResults, handle: Handle<Value>) {
/// let once = results.take(handle);
/// let twice = results.take(handle);
/// # }
/// ```
pub struct Handle<T> {
    batch: BatchId,
    number: usize,
    result: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    pub(super) const fn new(batch: BatchId, number: usize) -> Self {
        Self { batch, number, result: PhantomData }
    }

    /// The number of the call, from 1.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// A reference to a member of the result, such as `id`, for a later call of the same multirequest.
    pub fn reference(&self, member: &str) -> Reference {
        self.whole().member(member)
    }

    /// A reference to the whole result, if it is a string or number, such as the KS of `session.start`.
    pub fn whole(&self) -> Reference {
        Reference { batch: self.batch.clone(), number: self.number, path: Vec::new() }
    }

    pub(super) fn belongs_to(&self, batch: &BatchId) -> bool {
        self.batch.is(batch)
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.number)
    }
}

/// A reference to a value in an earlier result, for a later call of the same multirequest.
///
/// ```
/// # use kaltura_client::{Multirequest, RawAction, Subrequest};
/// # use kaltura_types::{DeleteAppToken, ListAppTokens};
/// let mut batch = Multirequest::new();
/// let list = batch.add(ListAppTokens::new());
/// let first = list.reference("objects").item(0).member("id");
/// let get = batch.add(RawAction::new("appToken", "get").refer("id", first));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reference does nothing until a call takes it"]
pub struct Reference {
    batch: BatchId,
    number: usize,
    path: Vec<PathSegment>,
}

/// One segment of the path to a value in a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathSegment {
    Member(String),
    Item(usize),
    Each,
}

impl Reference {
    /// Extends the path to a member of an object.
    pub fn member(self, name: &str) -> Self {
        self.push(PathSegment::Member(name.to_owned()))
    }

    /// Extends the path to an element of a list, counted from 0.
    pub fn item(self, index: usize) -> Self {
        self.push(PathSegment::Item(index))
    }

    /// Extends the path to all elements of a list; the server joins their values with commas.
    pub fn each(self) -> Self {
        self.push(PathSegment::Each)
    }

    fn push(mut self, segment: PathSegment) -> Self {
        self.path.push(segment);
        self
    }

    /// The number of the referenced call, from 1.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    pub(super) fn path(&self) -> &[PathSegment] {
        &self.path
    }

    pub(super) fn belongs_to(&self, batch: &BatchId) -> bool {
        self.batch.is(batch)
    }
}

/// The server's syntax (wire contract, section 8).
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}:result", self.number)?;
        for segment in &self.path {
            match segment {
                PathSegment::Member(name) => write!(f, ":{name}")?,
                PathSegment::Item(index) => write!(f, ":{index}")?,
                PathSegment::Each => f.write_str(":_all")?,
            }
        }
        f.write_str("}")
    }
}

/// Sets the parameter at `target`, such as `filter.idEqual`, and replaces its value. Creates missing objects on the
/// path; an index selects an existing list element. Returns `false` if the target is invalid: an empty segment, a
/// missing list element, or a path through a string or number.
pub(super) fn set_target(parameters: &mut Parameters, target: &str, text: String) -> bool {
    if target.split('.').any(str::is_empty) {
        return false;
    }
    let mut names = target.split('.');
    let Some(first) = names.next() else { return false };
    let mut current = parameters.entry(first).or_insert(Value::Null);
    for name in names {
        if current.is_null() {
            *current = Value::Object(Parameters::new());
        }
        let next = match current {
            Value::Object(members) => Some(members.entry(name).or_insert(Value::Null)),
            Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get_mut(index)),
            _ => None,
        };
        let Some(next) = next else { return false };
        current = next;
    }
    *current = text.into();
    true
}

/// The name of the first parameter that contains a string which the server would replace with a part of an earlier
/// result, in the call of this number. The server does not replace references to the call itself or to later calls
/// (wire contract, section 8).
pub(super) fn find_injection(parameters: &Parameters, number: usize) -> Option<&str> {
    parameters.iter().find(|(_, value)| contains_reference(value, number)).map(|(name, _)| name.as_str())
}

fn contains_reference(value: &Value, number: usize) -> bool {
    match value {
        Value::String(text) => refers_to_earlier(text, number),
        Value::Array(list) => list.iter().any(|element| contains_reference(element, number)),
        Value::Object(members) => members.values().any(|member| contains_reference(member, number)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether the text contains `{N:result}` or `{N:result:…}` with the number of an earlier call.
fn refers_to_earlier(text: &str, number: usize) -> bool {
    text.match_indices('{').any(|(start, _)| {
        let rest = &text[start + 1..];
        let Some((digits, rest)) = rest.split_once(':') else { return false };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let path = rest.strip_prefix("result").filter(|path| path.starts_with([':', '}']));
        let is_earlier = |referenced: usize| (1..number).contains(&referenced);
        is_number && path.is_some_and(|path| path.contains('}')) && digits.parse().is_ok_and(is_earlier)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Parameters {
        let Value::Object(members) = value else { panic!("an object") };
        members
    }

    #[test]
    fn a_reference_has_the_syntax_of_the_server() {
        let handle = Handle::<()>::new(BatchId::default(), 3);
        assert_eq!(handle.whole().to_string(), "{3:result}");
        assert_eq!(handle.reference("id").to_string(), "{3:result:id}");
        assert_eq!(handle.reference("objects").item(0).member("id").to_string(), "{3:result:objects:0:id}");
        assert_eq!(handle.reference("objects").each().member("id").to_string(), "{3:result:objects:_all:id}");
    }

    #[test]
    fn batch_ids_are_unique() {
        let (one, two) = (BatchId::default(), BatchId::default());
        assert!(one.is(&one.clone()) && !one.is(&two));
    }

    #[test]
    fn a_target_may_be_nested_and_its_value_is_replaced() {
        let mut parameters = Parameters::new();
        for target in ["id", "filter.idEqual", "filter.deep.er", "id"] {
            assert!(set_target(&mut parameters, target, target.to_owned()));
        }
        let expected =
            json!({"id": "id", "filter": {"idEqual": "filter.idEqual", "deep": {"er": "filter.deep.er"}}});
        assert_eq!(Value::Object(parameters), expected);
    }

    #[test]
    fn an_index_selects_a_list_element() {
        let mut parameters = object(json!({"list": [{"a": 1}, "b"], "map": {"0": "c"}}));
        for target in ["list.0.id", "list.1", "map.0"] {
            assert!(set_target(&mut parameters, target, target.to_owned()), "{target}");
        }
        for target in ["list.2", "list.x", "list.-1", "list.0.a.b"] {
            assert!(!set_target(&mut parameters, target, String::new()), "{target}");
        }
        let expected = json!({"list": [{"a": 1, "id": "list.0.id"}, "list.1"], "map": {"0": "map.0"}});
        assert_eq!(Value::Object(parameters), expected);
    }

    #[test]
    fn a_target_inside_a_string_is_invalid() {
        let mut parameters = object(json!({"id": "x"}));
        for target in ["id.x", "", "a.", ".a", "."] {
            assert!(!set_target(&mut parameters, target, String::new()), "{target}");
        }
    }

    #[test]
    fn a_text_that_the_server_would_replace_is_detected() {
        for text in [
            "{1:result}",
            "{2:result:ks}",
            "x{1:result:objects:0:id}y",
            "{{1:result:id}",
            "{\"a\": \"{2:result}\"}",
            "{0:result} {1:result}",
            "{01:result:id}",
            "{1:result:a b}",
        ] {
            assert!(refers_to_earlier(text, 3), "{text}");
        }
    }

    #[test]
    fn a_text_that_the_server_would_not_replace_is_accepted() {
        for text in [
            "",
            "{}",
            "{1:results}",
            "{1:result",
            "{1:result:id",
            "{3:result:id}",
            "{9:result:id}",
            "{0:result:id}",
            "{a:result}",
            "{:result}",
            "1:result:id",
            "{99999999999999999999999:result}",
            "{ 1:result}",
        ] {
            assert!(!refers_to_earlier(text, 3), "{text}");
        }
        assert!(!refers_to_earlier("{1:result}", 1), "no call precedes the first one");
    }

    #[test]
    fn an_injection_is_found_at_any_depth() {
        let parameters = object(json!({"a": "plain", "filter": {"list": ["x", {"deep": "{1:result:ks}"}]}}));
        assert_eq!(find_injection(&parameters, 2), Some("filter"));
        assert_eq!(find_injection(&parameters, 1), None);
    }
}
