//! Form fields and query strings as PHP reads them.

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::Parameters;

/// How many variables PHP reads before it stops (its setting `max_input_vars`).
const MAX_VARIABLES: usize = 1000;
/// How deep brackets may nest (its setting `max_input_nesting_level`).
pub(super) const MAX_DEPTH: usize = 64;

/// Reads `name=value&…`, with brackets in names for nesting.
pub(super) fn read(body: &[u8]) -> Parameters {
    let mut parameters = Parameters::new();
    let pairs = body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    for pair in pairs.take(MAX_VARIABLES) {
        let (name, value) = match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        insert(&mut parameters, &decode(name), decode(value));
    }
    parameters
}

/// Stores a field under its name, which may have brackets.
pub(super) fn insert(parameters: &mut Parameters, name: &str, value: String) {
    let name = name.split('\0').next().unwrap_or_default().trim_start_matches(' ');
    if let Some((top, keys)) = split_name(name) {
        insert_nested(parameters, top, &keys, value);
    }
}

/// An empty key is the next free number; a text that stands where fields belong gives way.
fn insert_nested(map: &mut Map<String, Value>, name: String, keys: &[String], value: String) {
    let Some((key, rest)) = keys.split_first() else {
        map.insert(name, value.into());
        return;
    };
    let place = map.entry(name).or_insert(Value::Null);
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Value::Object(nested) = place {
        let key = if key.is_empty() { next_number(nested) } else { key.clone() };
        insert_nested(nested, key, rest, value);
    }
}

/// Takes a name apart: `a[b][]` is `a`, and the keys `b` and an empty one. Without a closing bracket there
/// are no keys. `None` if nothing stands before the first bracket, or if the nesting is too deep.
fn split_name(name: &str) -> Option<(String, Vec<String>)> {
    let bracket = match name.find('[') {
        Some(at) if name[at..].contains(']') => at,
        _ => return (!name.is_empty()).then(|| (mangle(name), Vec::new())),
    };
    let mut keys = Vec::new();
    let mut rest = &name[bracket..];
    while let Some((key, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        keys.push(key.trim_start_matches([' ', '\t', '\n', '\r']).to_owned());
        rest = after;
    }
    (bracket > 0 && keys.len() <= MAX_DEPTH).then(|| (mangle(&name[..bracket]), keys))
}

/// PHP makes `_` of what a variable's name may not hold.
fn mangle(name: &str) -> String {
    name.replace(['.', ' ', '['], "_")
}

fn next_number(map: &Map<String, Value>) -> String {
    let highest = map.keys().filter_map(|key| key.parse::<u32>().ok()).max();
    highest.map_or(0, |highest| u64::from(highest) + 1).to_string()
}

fn decode(text: &[u8]) -> String {
    let with_blanks: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    into_text(percent_decode(&with_blanks).collect())
}

/// Strips the bytes that are not UTF-8 (wire contract, section 1.3).
pub(super) fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().utf8_chunks().map(|chunk| chunk.valid()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(body: &str) -> Value {
        Value::Object(read(body.as_bytes()))
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(
            parsed("a[b]=1&a[c][d]=2&e[]=x&e[]=y&e[7]=z&e[]=w"),
            json!({"a": {"b": "1", "c": {"d": "2"}}, "e": {"0": "x", "1": "y", "7": "z", "8": "w"}})
        );
        assert_eq!(parsed("a=1&a[b]=2"), json!({"a": {"b": "2"}}));
        assert_eq!(parsed("a[b]=2&a=1"), json!({"a": "1"}));
        assert_eq!(parsed("a[b]c[d]=1"), json!({"a": {"b": "1"}}));
        assert_eq!(parsed("[a]=1&=2&a[b=3"), json!({"a_b": "3"}));
    }

    #[test]
    fn names_are_mangled_and_the_last_value_wins() {
        assert_eq!(
            parsed("a.b=1&c+d=2&+e=3&f.g[h.i]=4"),
            json!({"a_b": "1", "c_d": "2", "e": "3", "f_g": {"h.i": "4"}})
        );
        assert_eq!(parsed("a=1&a=2&b"), json!({"a": "2", "b": ""}));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_stripped() {
        assert_eq!(parsed("a=x%FFy+%C3%A9%2B"), json!({"a": "xy é+"}));
    }

    #[test]
    fn too_much_is_not_read() {
        let deep = format!("a{}=1", "[x]".repeat(MAX_DEPTH + 1));
        assert_eq!(parsed(&deep), json!({}));
        let many: String = (0..1500).map(|n| format!("a{n}=1&")).collect();
        assert_eq!(parsed(&many).as_object().unwrap().len(), MAX_VARIABLES);
    }
}
