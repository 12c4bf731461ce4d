//! Query strings and form bodies as PHP reads them: urlencoded and `multipart/form-data`.

use std::collections::HashMap;

use bytes::Bytes;
use memchr::memmem;
use percent_encoding::percent_decode;

use super::{Parameter, Parameters, UploadedFile};

/// The number of variables that PHP reads (its setting `max_input_vars`).
const MAX_VARIABLES: usize = 1000;
/// The maximum nesting of brackets (PHP's setting `max_input_nesting_level`).
pub(super) const MAX_DEPTH: usize = 64;

/// Reads `name=value&…`, with brackets in names for nesting.
pub(super) fn read(body: &[u8]) -> Parameters {
    let mut fields = Fields::default();
    let pairs = body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    for pair in pairs.take(MAX_VARIABLES) {
        let (name, value) = match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        fields.insert(&decode(name), decode_value(value));
    }
    fields.parameters
}

/// The fields of a form while it is read.
#[derive(Default)]
struct Fields {
    parameters: Parameters,
    /// The number of each object that has keys, by the number of the object around it and its own name there. The
    /// outermost one is 0.
    objects: HashMap<(usize, String), usize>,
    /// The next free key of each of them, from the one with number 1.
    next_keys: Vec<u64>,
}

impl Fields {
    /// Stores a field under its name, which may contain brackets. An empty key is the next free number. A text is replaced
    /// where an object is needed.
    fn insert(&mut self, name: &str, value: Parameter) {
        let name = name.split('\0').next().unwrap_or_default().trim_start_matches(' ');
        let Some((mut name, keys)) = split_name(name) else { return };
        let mut place = &mut self.parameters;
        let mut object = 0;
        for key in keys {
            object = *self.objects.entry((object, name.clone())).or_insert_with(|| {
                self.next_keys.push(0);
                self.next_keys.len()
            });
            place = place.entry(name).or_insert(Parameter::Null).object_mut();
            let next_key = &mut self.next_keys[object - 1];
            if place.is_empty() {
                // It has taken the place of a text, which took that of an object with keys.
                *next_key = 0;
            }
            name = if key.is_empty() { next_key.to_string() } else { key };
            if let Ok(number) = name.parse::<u32>() {
                *next_key = (*next_key).max(u64::from(number) + 1);
            }
        }
        place.insert(name, value);
    }
}

/// Splits a name: `a[b][]` is `a` with the keys `b` and an empty one. Without a closing bracket there are no keys.
/// `None` if the name begins with a bracket or nests too deeply.
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

/// PHP replaces characters that a variable's name cannot contain by `_`.
fn mangle(name: &str) -> String {
    let is_replaced = |byte| matches!(byte, b'.' | b' ' | b'[');
    if name.bytes().any(is_replaced) { name.replace(['.', ' ', '['], "_") } else { name.to_owned() }
}

fn decode(text: &[u8]) -> String {
    into_text(decode_bytes(text))
}

fn decode_value(text: &[u8]) -> Parameter {
    into_value(decode_bytes(text))
}

fn decode_bytes(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return text.to_vec();
    }
    let with_blanks: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&with_blanks).collect()
}

fn into_value(bytes: Vec<u8>) -> Parameter {
    match String::from_utf8(bytes) {
        Ok(text) => Parameter::String(text),
        Err(error) => Parameter::NotUtf8(into_text(error.into_bytes())),
    }
}

/// Removes the bytes that are not UTF-8 (wire contract, section 1.3).
pub(super) fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().utf8_chunks().map(|chunk| chunk.valid()).collect())
}

/// The parts of a body.
#[derive(Default)]
pub(super) struct Multipart {
    pub(super) fields: Parameters,
    pub(super) files: Parameters,
}

/// Reads `multipart/form-data`. `attributes` follow the media type and contain the boundary.
pub(super) fn read_multipart(body: &Bytes, attributes: &str) -> Multipart {
    let mut fields = Fields::default();
    let mut files = Parameters::default();
    let Some(boundary) = attribute(attributes, "boundary") else { return Multipart::default() };
    let delimiter = format!("--{boundary}");
    for part in split(body, delimiter.as_bytes()).skip(1).take(MAX_VARIABLES) {
        // Two dashes after the delimiter end the body.
        if part.starts_with(b"--") {
            break;
        }
        match read_part(part) {
            Some(Part { name, file_name: None, content }) => {
                fields.insert(&name, into_value(content.to_vec()));
            }
            // With a bracket in its name, PHP gives a file another structure, which the server does not read.
            Some(Part { name, file_name: Some(file_name), content }) if !name.contains('[') => {
                let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                let file = UploadedFile { name: file_name, content: body.slice_ref(content) };
                files.insert(mangle(&name), file.into());
            }
            Some(_) | None => {}
        }
    }
    Multipart { fields: fields.parameters, files }
}

struct Part<'a> {
    name: String,
    /// A file has one, which may be empty.
    file_name: Option<String>,
    content: &'a [u8],
}

fn read_part(part: &[u8]) -> Option<Part<'_>> {
    let (headers, content) = split_headers(part)?;
    let headers = into_text(headers.to_vec());
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    Some(Part {
        name: attribute(disposition, "name")?,
        file_name: attribute(disposition, "filename"),
        content,
    })
}

/// Splits a part at its first empty line. A line ends in LF, with or without CR.
fn split_headers(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut start = 0;
    // The rest of the delimiter's line comes first.
    let mut is_first = true;
    while let Some(length) = part[start..].iter().position(|&byte| byte == b'\n') {
        let line = &part[start..start + length];
        let end = start + length + 1;
        if !is_first && matches!(line, b"" | b"\r") {
            return Some((&part[..start], &part[end..]));
        }
        is_first = false;
        start = end;
    }
    None
}

/// An attribute of a header, without its quotes.
fn attribute(header: &str, name: &str) -> Option<String> {
    let mut is_quoted = false;
    // A semicolon in quotes, as in the name of a file, separates nothing.
    let separates = |c| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    };
    header.split(separates).find_map(|attribute| {
        let (present, value) = attribute.split_once('=')?;
        let value = value.trim();
        let unquoted = |quote| value.strip_prefix(quote).and_then(|value: &str| value.strip_suffix(quote));
        let value = unquoted('"').or_else(|| unquoted('\'')).unwrap_or(value);
        present.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// Splits at each occurrence of a delimiter.
fn split<'a>(body: &'a [u8], delimiter: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut start = 0;
    let ends = memmem::find_iter(body, delimiter).map(Some).chain([None]);
    ends.map(move |end| {
        let part = &body[start..end.unwrap_or(body.len())];
        start = end.unwrap_or_default() + delimiter.len();
        part
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_json::json_of;
    use super::*;
    use serde_json::{Value, json};

    fn parsed(body: &str) -> Value {
        json_of(&read(body.as_bytes()))
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(
            parsed("a[b]=1&a[c][d]=2&e[]=x&e[]=y&e[7]=z&e[]=w"),
            json!({"a": {"b": "1", "c": {"d": "2"}}, "e": {"0": "x", "1": "y", "7": "z", "8": "w"}})
        );
        assert_eq!(parsed("a[]=1&a[]=2&a=0&a[]=3"), json!({"a": {"0": "3"}}));
        assert_eq!(parsed("a[b][7]=1&a=0&a[x]=1&a[b][]=2"), json!({"a": {"x": "1", "b": {"0": "2"}}}));
        assert_eq!(
            parsed("a[b]=1&a[]=2&a[c][]=3&a[c][]=4"),
            json!({"a": {"b": "1", "0": "2", "c": {"0": "3", "1": "4"}}})
        );
        assert_eq!(parsed("a=1&a[b]=2"), json!({"a": {"b": "2"}}));
        assert_eq!(parsed("a[b]=2&a=1"), json!({"a": "1"}));
        assert_eq!(parsed("a[b]c[d]=1"), json!({"a": {"b": "1"}}));
        assert_eq!(parsed("[a]=1&=2&a[b=3"), json!({"a_b": "3"}));
    }

    #[test]
    fn names_are_changed_as_in_php_and_the_last_value_wins() {
        assert_eq!(
            parsed("a.b=1&c+d=2&+e=3&f.g[h.i]=4"),
            json!({"a_b": "1", "c_d": "2", "e": "3", "f_g": {"h.i": "4"}})
        );
        assert_eq!(parsed("a=1&a=2&b"), json!({"a": "2", "b": ""}));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_removed() {
        assert_eq!(parsed("a=x%FFy+%C3%A9%2B"), json!({"a": "xy é+"}));
    }

    #[test]
    fn deep_nesting_and_many_variables_are_not_read() {
        let deep = format!("a{}=1", "[x]".repeat(MAX_DEPTH + 1));
        assert_eq!(parsed(&deep), json!({}));
        let many: String = (0..1500).map(|n| format!("a{n}=1&")).collect();
        assert_eq!(parsed(&many).as_object().unwrap().len(), MAX_VARIABLES);
    }

    fn read_parts(body: &str, attributes: &str) -> (Value, Value) {
        let Multipart { fields, files } = read_multipart(&Bytes::from(body.to_owned()), attributes);
        (json_of(&fields), json_of(&files))
    }

    #[test]
    fn fields_and_files_are_read() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"a[b]\"\r\n\r\none\r\ntwo\r\n\
                    --x\r\ncontent-disposition: form-data; name=f; filename=\"d/f;1.txt\"\r\n\r\nfile\r\n\r\n\
                    --x\r\ncontent-disposition: form-data; name=g[h]; filename=\"f.txt\"\r\n\r\nfile\r\n\
                    --x\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=c\r\n\r\n3\r\n--x--\r\n";
        let (fields, files) = read_parts(body, " boundary=\"x\"");
        assert_eq!(fields, json!({"a": {"b": "one\r\ntwo"}, "c": "3"}));
        assert_eq!(files, json!({"f": ["f;1.txt", 6]}));
    }

    #[test]
    fn a_body_that_is_not_multipart_has_no_parts() {
        let none = (json!({}), json!({}));
        assert_eq!(read_parts("--x\r\nbroken", " boundary=x"), none);
        assert_eq!(read_parts("a=1", ""), none);
        assert_eq!(read_parts("a=1", "boundary="), none);
    }
}
