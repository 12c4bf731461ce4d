//! The arguments of an action: the parameters that it reads, cast and checked in the order of its signature.

use std::borrow::Cow;

use kaltura_types::api_error::ApiException;
use kaltura_types::{ErrorCode, UnixTime};

use super::cast::{equals_number, float, int, text, truth};
use super::{Parameter, Parameters};

/// A parameter that may be absent or null (`name__null` in a form).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given<T> {
    Absent,
    Null,
    Value(T),
}

impl<T> Given<T> {
    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Null => Given::Null,
            Self::Value(value) => Given::Value(map(value)),
        }
    }

    /// The value, where null and absent are the same.
    pub(crate) fn into_option(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Changes a property, unless the parameter is absent.
    pub(crate) fn apply(self, property: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *property = None,
            Self::Value(value) => *property = Some(value),
        }
    }
}

/// An enumeration of the API: its name and its numbers.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) numbers: &'static [i64],
}

impl Choice {
    pub(crate) const SESSION_TYPE: Self = Self { name: "KalturaSessionType", numbers: &[0, 2] };
    pub(crate) const APP_TOKEN_STATUS: Self = Self { name: "KalturaAppTokenStatus", numbers: &[1, 2, 3] };
    pub(crate) const UPLOAD_TOKEN_STATUS: Self =
        Self { name: "KalturaUploadTokenStatus", numbers: &[0, 1, 2, 3, 4, 5, 6] };
    pub(crate) const NULLABLE_BOOLEAN: Self = Self { name: "KalturaNullableBoolean", numbers: &[-1, 0, 1] };
    pub(crate) const RESPONSE_PROFILE_TYPE: Self =
        Self { name: "KalturaResponseProfileType", numbers: &[1, 2] };
    pub(crate) const ENTRY_STATUS: Self =
        Self { name: "KalturaEntryStatus", numbers: &[-2, -1, 0, 1, 2, 3, 4, 5, 6, 7] };
    pub(crate) const ENTRY_TYPE: Self =
        Self { name: "KalturaEntryType", numbers: &[-1, 1, 2, 5, 6, 7, 8, 10] };
    pub(crate) const MEDIA_TYPE: Self =
        Self { name: "KalturaMediaType", numbers: &[1, 2, 5, 201, 202, 203, 204] };
}

/// Parameters, or the fields of an object among them.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a> {
    parameters: &'a Parameters,
    /// Whether a name has the suffix that sets a field to null: few requests have one.
    has_null: bool,
    now: UnixTime,
}

/// The end of a name that sets a field to null.
const NULL_SUFFIX: &str = "__null";

/// What the server writes for an argument that it does not have.
pub(crate) const NOT_AVAILABLE: &str = "N/A";

/// Ten years in seconds: up to this, a time is relative to now.
const RELATIVE_TIME: u64 = 315_360_000;

impl<'a> Arguments<'a> {
    pub(crate) fn new(parameters: &'a Parameters, now: UnixTime) -> Self {
        let has_null = parameters.keys().any(|name| name.ends_with(NULL_SUFFIX));
        Self { parameters, has_null, now }
    }

    /// A parameter as it was sent.
    pub(crate) fn given(&self, name: &str) -> Given<&'a Parameter> {
        if self.has_null && self.parameters.contains_key(&format!("{name}{NULL_SUFFIX}")) {
            return Given::Null;
        }
        self.parameters.get(name).map_or(Given::Absent, Given::Value)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Given<String>, ApiException> {
        match self.given(name).map(text) {
            Given::Value(text) if !is_xml_text(&text) => Err(ApiException::invalid_parameter_char(name)),
            given => Ok(given.map(Cow::into_owned)),
        }
    }

    /// The text of a condition in a filter. An empty one is none (wire contract, section 4.7).
    pub(crate) fn condition(&self, name: &str) -> Result<Option<String>, ApiException> {
        Ok(self.text(name)?.into_option().filter(|text| !text.is_empty()))
    }

    pub(crate) fn required_text(&self, name: &str) -> Result<String, ApiException> {
        self.text(name)?.into_option().ok_or_else(|| ApiException::missing_mandatory_parameter(name))
    }

    pub(crate) fn text_or_empty(&self, name: &str) -> Result<String, ApiException> {
        Ok(self.text(name)?.into_option().unwrap_or_default())
    }

    pub(crate) fn int(&self, name: &str) -> Given<i64> {
        self.given(name).map(int)
    }

    pub(crate) fn int_or(&self, name: &str, default: i64) -> i64 {
        self.int(name).into_option().unwrap_or(default)
    }

    pub(crate) fn float(&self, name: &str) -> Given<f64> {
        self.given(name).map(float)
    }

    pub(crate) fn truth_or(&self, name: &str, default: bool) -> bool {
        self.given(name).map(truth).into_option().unwrap_or(default)
    }

    pub(crate) fn required_int(&self, name: &str) -> Result<i64, ApiException> {
        self.int(name).into_option().ok_or_else(|| ApiException::missing_mandatory_parameter(name))
    }

    /// A Unix time: empty is 0, -1 stays -1, a small number is relative to now. A list is an internal error.
    pub(crate) fn time(&self, name: &str) -> Result<Given<i64>, ApiException> {
        let Given::Value(value) = self.given(name) else { return Ok(self.int(name)) };
        let number = int(value);
        Ok(Given::Value(match value {
            Parameter::Array(_) | Parameter::Object(_) => return Err(ApiException::internal_server_error()),
            Parameter::Null | Parameter::Bool(false) => 0,
            Parameter::String(text) | Parameter::NotUtf8(text) if text.is_empty() => 0,
            _ if number == -1 => -1,
            _ if number.unsigned_abs() <= RELATIVE_TIME => self.now.plus_seconds(number).as_seconds(),
            _ => number,
        }))
    }

    /// A number of an enumeration. The texts `true` and `false` are 1 and 0. A JSON `true` is 1 in each enumeration, a
    /// list is an internal error, and a null that is no value of the enumeration is shown as `N/A`.
    pub(crate) fn choice(&self, name: &str, choice: Choice) -> Result<Given<i64>, ApiException> {
        let Given::Value(value) = self.given(name) else { return Ok(self.int(name)) };
        let (chosen, shown) = match value {
            Parameter::Bool(true) => return Ok(Given::Value(1)),
            Parameter::Array(_) | Parameter::Object(_) => return Err(ApiException::internal_server_error()),
            Parameter::Null => ("0".to_owned(), NOT_AVAILABLE.to_owned()),
            Parameter::Bool(false) => ("0".to_owned(), "0".to_owned()),
            other => {
                let sent = text(other).into_owned();
                let chosen = match sent.to_ascii_lowercase().as_str() {
                    "true" => "1".to_owned(),
                    "false" => "0".to_owned(),
                    _ => sent,
                };
                (chosen.clone(), chosen)
            }
        };
        match choice.numbers.iter().find(|number| equals_number(&chosen, **number)) {
            Some(number) => Ok(Given::Value(*number)),
            None => Err(ApiException::invalid_enum_value(&shown, name, choice.name)),
        }
    }

    /// The fields of an object. A list is an object without fields, as in PHP.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, ApiException> {
        static NO_FIELDS: std::sync::LazyLock<Parameters> = std::sync::LazyLock::new(Parameters::default);
        match self.given(name) {
            Given::Absent | Given::Null | Given::Value(Parameter::Null) => Ok(None),
            Given::Value(Parameter::Object(fields)) => Ok(Some(Arguments::new(fields, self.now))),
            Given::Value(Parameter::Array(_)) => Ok(Some(Arguments::new(&NO_FIELDS, self.now))),
            Given::Value(_) => Err(ApiException::property_wrong_format(name)),
        }
    }

    /// Whether a field is set to null with the suffix `__null`.
    pub(crate) fn has_null_suffix(&self) -> bool {
        self.has_null
    }

    /// The names of the fields in the order in which they were sent, without the suffix `__null`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.parameters.keys().map(|name| name.strip_suffix(NULL_SUFFIX).unwrap_or(name))
    }

    /// The names of the fields other than these.
    pub(crate) fn names_except(&self, known: &[&str]) -> Vec<String> {
        self.names().filter(|name| !known.contains(name)).map(str::to_owned).collect()
    }

    /// Whether a field is a JSON `true`.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        matches!(self.given(name), Given::Value(Parameter::Bool(true)))
    }

    /// Whether a field has bytes that are not UTF-8.
    pub(crate) fn is_not_utf8(&self, name: &str) -> bool {
        matches!(self.given(name), Given::Value(Parameter::NotUtf8(_)))
    }

    /// Whether a field is a JSON null.
    pub(crate) fn is_json_null(&self, name: &str) -> bool {
        matches!(self.given(name), Given::Value(Parameter::Null))
    }

    /// Whether a field is a list or an object.
    pub(crate) fn is_list(&self, name: &str) -> bool {
        matches!(self.given(name), Given::Value(Parameter::Array(_) | Parameter::Object(_)))
    }

    pub(crate) fn required_object(&self, name: &str) -> Result<Self, ApiException> {
        self.object(name)?.ok_or_else(|| ApiException::missing_mandatory_parameter(name))
    }
}

/// Whether a field of the filter or of the pager of a list is set to null with a suffix. The server fails at it after
/// all other checks.
pub(crate) fn has_null_suffix(arguments: Arguments<'_>) -> Result<bool, ApiException> {
    let has = |object: Option<Arguments<'_>>| object.is_some_and(|object| object.has_null_suffix());
    Ok(has(arguments.object("filter")?) || has(arguments.object("pager")?))
}

/// Checks the field `advancedSearch` of a filter: an object of an abstract class needs its `objectType`.
pub(crate) fn check_advanced_search(filter: Arguments<'_>) -> Result<(), ApiException> {
    const TEMPLATE: &str =
        "The object type \"@OBJ_TYPE@\" is abstract, use one of the object implementations";
    match filter.object("advancedSearch")? {
        Some(search) if search.text_or_empty("objectType")?.is_empty() => {
            let code = ErrorCode::from("OBJECT_TYPE_ABSTRACT");
            Err(ApiException::new(code, TEMPLATE, &[("OBJ_TYPE", "KalturaSearchItem")]))
        }
        _ => Ok(()),
    }
}

/// Whether XML 1.0 allows all characters. The server refuses others.
fn is_xml_text(text: &str) -> bool {
    // Most texts are printable ASCII.
    text.bytes().fold(true, |usual, byte| usual & matches!(byte, b' '..=b'~')) || text.chars().all(is_xml)
}

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The page of a list: `pager[pageSize]` and `pager[pageIndex]` (wire contract, section 4.7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pager {
    /// 0 for the whole list.
    size: usize,
    /// Counted from 1.
    index: usize,
}

impl Pager {
    const DEFAULT_SIZE: i64 = 30;
    const MAX_SIZE: i64 = 500;

    pub(crate) fn read(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let pager = arguments.object("pager")?;
        let int = |name, default| pager.map_or(default, |pager| pager.int_or(name, default));
        Ok(Self::new(int("pageSize", Self::DEFAULT_SIZE), int("pageIndex", 1)))
    }

    fn new(size: i64, index: i64) -> Self {
        let size = size.clamp(0, Self::MAX_SIZE);
        Self { size: usize::try_from(size).unwrap_or(0), index: usize::try_from(index.max(1)).unwrap_or(1) }
    }

    /// The number of objects before the page.
    pub(crate) const fn offset(&self) -> usize {
        (self.index - 1).saturating_mul(self.size)
    }

    pub(crate) fn page<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        if self.size == 0 {
            return all;
        }
        let start = self.offset().min(all.len());
        let end = start.saturating_add(self.size).min(all.len());
        &all[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_json;
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn times_are_relative_up_to_ten_years() {
        let parameters = test_json::parameters(&json!({
            "a": "0", "b": "-1", "c": "", "d": "3600", "e": "-315360000", "f": "315360001", "g": null, "h": "x"
        }));
        let arguments = Arguments::new(&parameters, UnixTime::from_seconds(NOW));
        let times = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
            .map(|name| arguments.time(name).unwrap().into_option());
        let expected = [NOW, -1, 0, NOW + 3600, NOW - 315_360_000, 315_360_001, 0, NOW];
        assert_eq!(times[..8], expected.map(Some));
        assert_eq!(times[8], None);
    }

    #[test]
    fn a_choice_is_compared_loosely_and_echoed_when_wrong() {
        let parameters = test_json::parameters(
            &json!({"a": " 2", "b": "TRUE", "c": null, "d": false, "e": [2], "g": true}),
        );
        let arguments = Arguments::new(&parameters, UnixTime::from_seconds(NOW));
        let chosen = |name| arguments.choice(name, Choice::SESSION_TYPE);
        assert_eq!(chosen("a").unwrap(), Given::Value(2));
        assert_eq!(chosen("c").unwrap(), Given::Value(0));
        assert_eq!(chosen("d").unwrap(), Given::Value(0));
        assert_eq!(chosen("f").unwrap(), Given::Absent);
        assert_eq!(chosen("b").unwrap_err().args[0].1, "1");
        assert_eq!(chosen("e").unwrap_err(), ApiException::internal_server_error());
        assert_eq!(chosen("g").unwrap(), Given::Value(1));
        let status = arguments.choice("c", Choice::APP_TOKEN_STATUS);
        assert_eq!(status.unwrap_err().args[0].1, "N/A");
    }

    #[test]
    fn characters_outside_xml_are_refused() {
        let parameters =
            test_json::parameters(&json!({"a": "\u{1}", "b": "\u{fffe}", "c": "tab\t é \u{1f600}"}));
        let arguments = Arguments::new(&parameters, UnixTime::from_seconds(NOW));
        assert!(arguments.text("a").is_err());
        assert!(arguments.text("b").is_err());
        assert!(arguments.text("c").is_ok());
    }

    #[test]
    fn the_null_suffix_and_json_null_differ() {
        let parameters = test_json::parameters(&json!({"a__null": "", "b": null}));
        let arguments = Arguments::new(&parameters, UnixTime::from_seconds(NOW));
        assert_eq!(arguments.text("a").unwrap(), Given::Null);
        assert_eq!(arguments.text("b").unwrap(), Given::Value(String::new()));
    }

    #[test]
    fn pages_end_with_the_list() {
        let all: Vec<i32> = (0..1000).collect();
        for (size, index, first, count) in [
            (2, 1, Some(0), 2),
            (2, 3, Some(4), 2),
            (30, 34, Some(990), 10),
            (500, 9, None, 0),
            (0, 7, Some(0), 1000),
            (9999, 1, Some(0), 500),
            (-1, 0, Some(0), 1000),
            (2, i64::MAX, None, 0),
        ] {
            let page = Pager::new(size, index);
            let page = page.page(&all);
            assert_eq!((page.first().copied(), page.len()), (first, count), "{size} {index}");
        }
    }
}
