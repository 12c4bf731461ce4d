//! `multipart/form-data`, as far as fields go; files are skipped.

use super::Parameters;
use super::form::{insert, into_text};

/// Reads the fields. `attributes` is what stands behind the media type, with the boundary in it.
pub(super) fn read(body: &[u8], attributes: &str) -> Parameters {
    let mut parameters = Parameters::new();
    let Some(boundary) = attribute(attributes, "boundary") else { return parameters };
    let delimiter = format!("--{boundary}");
    for part in split(body, delimiter.as_bytes()).skip(1) {
        // Two dashes behind the delimiter end the whole.
        if part.starts_with(b"--") {
            break;
        }
        if let Some((name, value)) = read_part(part) {
            insert(&mut parameters, &name, value);
        }
    }
    parameters
}

fn read_part(part: &[u8]) -> Option<(String, String)> {
    let end_of_headers = part.windows(4).position(|window| window == b"\r\n\r\n")?;
    let headers = into_text(part[..end_of_headers].to_vec());
    let value = &part[end_of_headers + 4..];
    let value = value.strip_suffix(b"\r\n").unwrap_or(value);
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    if attribute(disposition, "filename").is_some() {
        return None;
    }
    Some((attribute(disposition, "name")?, into_text(value.to_vec())))
}

/// An attribute of a header, with or without quotes.
fn attribute(header: &str, name: &str) -> Option<String> {
    header.split(';').find_map(|attribute| {
        let (present, value) = attribute.split_once('=')?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        present.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// Splits at each occurrence of a delimiter.
fn split<'a>(body: &'a [u8], delimiter: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let text = rest?;
        match text.windows(delimiter.len()).position(|window| window == delimiter) {
            Some(at) => {
                rest = Some(&text[at + delimiter.len()..]);
                Some(&text[..at])
            }
            None => rest.take(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn fields_are_read_and_files_skipped() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"a[b]\"\r\n\r\none\r\ntwo\r\n\
                    --x\r\ncontent-disposition: form-data; name=f; filename=\"f.txt\"\r\n\r\nfile\r\n\
                    --x\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=c\r\n\r\n3\r\n--x--\r\n";
        let read = read(body.as_bytes(), " boundary=\"x\"");
        assert_eq!(Value::Object(read), json!({"a": {"b": "one\r\ntwo"}, "c": "3"}));
    }

    #[test]
    fn what_is_no_multipart_has_no_fields() {
        assert!(read(b"--x\r\nbroken", " boundary=x").is_empty());
        assert!(read(b"a=1", "").is_empty());
        assert!(read(b"a=1", "boundary=").is_empty());
    }
}
