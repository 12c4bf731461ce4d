//! The arguments of an action: the parameters that it reads, cast and checked in the order of its signature.

use kaltura_types::UnixTime;
use kaltura_types::api_error::ApiException;

use super::cast::{equals_number, int, text};
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
    pub(crate) const RESPONSE_PROFILE_TYPE: Self =
        Self { name: "KalturaResponseProfileType", numbers: &[1, 2] };
}

/// Parameters, or the fields of an object among them.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a> {
    parameters: &'a Parameters,
    now: UnixTime,
}

/// Ten years in seconds: up to this, a time is relative to now.
const RELATIVE_TIME: u64 = 315_360_000;

impl<'a> Arguments<'a> {
    pub(crate) const fn new(parameters: &'a Parameters, now: UnixTime) -> Self {
        Self { parameters, now }
    }

    fn given(&self, name: &str) -> Given<&'a Parameter> {
        if self.parameters.contains_key(&format!("{name}__null")) {
            return Given::Null;
        }
        self.parameters.get(name).map_or(Given::Absent, Given::Value)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Given<String>, ApiException> {
        match self.given(name).map(text) {
            Given::Value(text) if !text.chars().all(is_xml) => {
                Err(ApiException::invalid_parameter_char(name))
            }
            given => Ok(given),
        }
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

    pub(crate) fn required_int(&self, name: &str) -> Result<i64, ApiException> {
        self.int(name).into_option().ok_or_else(|| ApiException::missing_mandatory_parameter(name))
    }

    /// A Unix time: empty is 0, -1 stays -1, a small number is relative to now.
    pub(crate) fn time(&self, name: &str) -> Given<i64> {
        self.given(name).map(|value| {
            let number = int(value);
            match value {
                Parameter::Null => 0,
                Parameter::String(text) if text.is_empty() => 0,
                _ if number == -1 => -1,
                _ if number.unsigned_abs() <= RELATIVE_TIME => self.now.plus_seconds(number).as_seconds(),
                _ => number,
            }
        })
    }

    /// A number of an enumeration. `true` and `false` are 1 and 0.
    pub(crate) fn choice(&self, name: &str, choice: Choice) -> Result<Given<i64>, ApiException> {
        let Given::Value(value) = self.given(name) else { return Ok(self.int(name)) };
        let chosen = match value {
            Parameter::Null | Parameter::Bool(false) => "0".to_owned(),
            other => text(other),
        };
        let chosen = match chosen.to_ascii_lowercase().as_str() {
            "true" => "1".to_owned(),
            "false" => "0".to_owned(),
            _ => chosen,
        };
        match choice.numbers.iter().find(|number| equals_number(&chosen, **number)) {
            Some(number) => Ok(Given::Value(*number)),
            None => Err(ApiException::invalid_enum_value(&chosen, name, choice.name)),
        }
    }

    /// The fields of an object. A list is an object without fields, as in PHP.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, ApiException> {
        static NO_FIELDS: std::sync::LazyLock<Parameters> = std::sync::LazyLock::new(Parameters::new);
        match self.given(name) {
            Given::Absent | Given::Null | Given::Value(Parameter::Null) => Ok(None),
            Given::Value(Parameter::Object(fields)) => Ok(Some(Arguments::new(fields, self.now))),
            Given::Value(Parameter::Array(_)) => Ok(Some(Arguments::new(&NO_FIELDS, self.now))),
            Given::Value(_) => Err(ApiException::property_wrong_format(name)),
        }
    }

    pub(crate) fn required_object(&self, name: &str) -> Result<Self, ApiException> {
        self.object(name)?.ok_or_else(|| ApiException::missing_mandatory_parameter(name))
    }
}

/// Whether XML 1.0 allows a character. The server refuses all others.
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
        let times =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map(|name| arguments.time(name).into_option());
        let expected = [NOW, -1, 0, NOW + 3600, NOW - 315_360_000, 315_360_001, 0, NOW];
        assert_eq!(times[..8], expected.map(Some));
        assert_eq!(times[8], None);
    }

    #[test]
    fn a_choice_is_compared_loosely_and_echoed_when_wrong() {
        let parameters =
            test_json::parameters(&json!({"a": " 2", "b": "TRUE", "c": null, "d": false, "e": {"x": 1}}));
        let arguments = Arguments::new(&parameters, UnixTime::from_seconds(NOW));
        let chosen = |name| arguments.choice(name, Choice::SESSION_TYPE);
        assert_eq!(chosen("a").unwrap(), Given::Value(2));
        assert_eq!(chosen("c").unwrap(), Given::Value(0));
        assert_eq!(chosen("d").unwrap(), Given::Value(0));
        assert_eq!(chosen("f").unwrap(), Given::Absent);
        assert_eq!(chosen("b").unwrap_err().args[0].1, "1");
        assert_eq!(chosen("e").unwrap_err().args[0].1, "Array");
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
