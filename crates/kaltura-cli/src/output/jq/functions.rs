//! The functions of a filter: those of jaq, and in the place of some of them the behaviour of jq 1.7.

use jaq_core::box_iter::box_once;
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Cv, Exn, ValXs};
use jaq_json::{Error, Num, Val};
use serde_json::{Map, Number, Value};

use super::worker::{Data, Event};

type Result<T> = std::result::Result<T, String>;

/// How deep a result may nest, as in jq.
pub(super) const MAX_DEPTH: usize = 10_000;
/// From here on, jq writes integers with an exponent.
const MAX_INTEGER: f64 = 1e17;

/// All functions. The environment is not among them: it may contain secrets.
pub(super) fn all() -> impl Iterator<Item = Fun<Data>> {
    const REPLACED: [&str; 5] = ["env", "debug_empty", "fromjson", "stderr_empty", "tojson"];
    let own = [
        run::<Data>(("debug_empty", v(0), |(context, value)| {
            message(&(context, value.clone()), to_json(&value).map(|text| format!("[\"DEBUG:\",{text}]\n")))
        })),
        run(("fromjson", v(0), |(_, value)| bome(from_json(&value)))),
        run(("stderr_empty", v(0), |(context, value)| {
            let text = match &value {
                Val::TStr(text) => Ok(String::from_utf8_lossy(text).into_owned()),
                other => to_json(other),
            };
            message(&(context, value), text)
        })),
        run(("string_to_number", v(0), |(_, value)| bome(to_number(&value)))),
        run(("tojson", v(0), |(_, value)| bome(to_json(&value).map(Val::from).map_err(Error::str)))),
    ];
    let jaq = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    jaq.filter(|(name, ..)| !REPLACED.contains(name)).chain(own)
}

/// Writes a message, and returns no value.
fn message<'a>((context, _): &Cv<'a, Data>, text: Result<String>) -> ValXs<'a, Val> {
    match text {
        Ok(text) => {
            (context.data().send)(Event::Message(text));
            Box::new(std::iter::empty())
        }
        Err(error) => box_once(Err(Exn::from(Error::str(error)))),
    }
}

/// Exactly one JSON value.
fn from_json(text: &Val) -> std::result::Result<Val, Error> {
    let bytes = text.try_as_utf8_bytes_owned()?;
    serde_json::from_slice(&bytes).map_err(|error| Error::str(format_args!("the text is not JSON: {error}")))
}

/// A number in decimal notation.
fn to_number(text: &Val) -> std::result::Result<Val, Error> {
    let bytes = text.try_as_utf8_bytes_owned()?;
    let invalid = || Error::str(format_args!("{text} cannot be parsed as a number"));
    let digits = std::str::from_utf8(&bytes).map_err(|_| invalid())?.trim();
    if let Ok(integer) = digits.parse::<isize>() {
        return Ok(integer.into());
    }
    // Rust also reads words, such as `inf`.
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    digits.parse::<f64>().ok().filter(|_| is_decimal).map(Val::from).ok_or_else(invalid)
}

/// A value as JSON, as jq writes it: NaN as null, infinity as the largest number.
pub(super) fn to_json(value: &Val) -> Result<String> {
    Ok(json_value(value, MAX_DEPTH)?.to_string())
}

fn json_value(value: &Val, depth: usize) -> Result<Value> {
    let inner = || depth.checked_sub(1).ok_or_else(|| format!("a result nests more than {MAX_DEPTH} deep"));
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(bool) => (*bool).into(),
        Val::Num(number) => json_number(number),
        Val::TStr(text) | Val::BStr(text) => String::from_utf8_lossy(text).into(),
        Val::Arr(items) => {
            let depth = inner()?;
            Value::Array(items.iter().map(|item| json_value(item, depth)).collect::<Result<_>>()?)
        }
        Val::Obj(members) => {
            let depth = inner()?;
            let members = members.iter().map(|(key, value)| match key {
                Val::TStr(key) => Ok((String::from_utf8_lossy(key).into_owned(), json_value(value, depth)?)),
                key => Err(format!("the key {key} of an object is not a string")),
            });
            Value::Object(members.collect::<Result<Map<_, _>>>()?)
        }
    })
}

fn json_number(number: &Num) -> Value {
    match number {
        Num::Int(integer) => (*integer).into(),
        Num::BigInt(integer) => match integer.to_string().parse::<u64>() {
            Ok(integer) => integer.into(),
            Err(_) => json_float(integer.to_string().parse().unwrap_or(f64::NAN)),
        },
        Num::Float(float) => json_float(*float),
        Num::Dec(text) => json_float(text.parse().unwrap_or(f64::NAN)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the number is an integer below 1e17")]
fn json_float(float: f64) -> Value {
    let float = float.clamp(f64::MIN, f64::MAX);
    if float.fract() == 0.0 && float.abs() < MAX_INTEGER {
        (float as i64).into()
    } else {
        // None for NaN.
        Number::from_f64(float).into()
    }
}
