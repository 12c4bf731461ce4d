//! The parameters and files of a request of the type `multipart/form-data`, as the server reads them (wire contract,
//! section 1.3).

use kaltura_auth::WireRequest;
use kaltura_types::{FilePart, Parameters};
use memchr::memmem;
use serde_json::Value;

/// Reads a request; `None` if its body is malformed.
///
/// Parameters of the URL count too. A part `json` replaces the other parts that are no files.
pub(super) fn read(request: &WireRequest) -> Option<(Parameters, Vec<FilePart>)> {
    let boundary = boundary(request)?;
    let query = request.url().split_once('?').map_or("", |(_, query)| query);
    let mut parameters: Parameters = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    let (mut fields, mut json, mut files) = (Parameters::new(), None, Vec::new());

    let delimiter = format!("\r\n--{boundary}");
    let mut rest = request.body().strip_prefix(&delimiter.as_bytes()[2..])?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = memmem::find(part, delimiter.as_bytes())?;
        let (head, content) = part[..end].split_at(memmem::find(&part[..end], b"\r\n\r\n")?);
        let (head, content) = (std::str::from_utf8(head).ok()?, &content[4..]);
        let name = quoted(head, "name")?;
        match quoted(head, "filename") {
            Some(file_name) => files.push(FilePart::new(name, file_name, content)),
            None if name == "json" => json = serde_json::from_slice::<Parameters>(content).ok(),
            None => {
                fields.insert(name.to_owned(), String::from_utf8_lossy(content).into());
            }
        }
        rest = &part[end + delimiter.len()..];
    }
    parameters.extend(json.filter(|json| !json.is_empty()).unwrap_or(fields));
    rest.starts_with(b"--").then_some((parameters, files))
}

/// The boundary in the content type; `None` for another content type.
fn boundary(request: &WireRequest) -> Option<&str> {
    let (kind, boundary) = request.content_type().split_once("; boundary=")?;
    kind.eq_ignore_ascii_case("multipart/form-data").then_some(boundary)
}

/// Whether the request has this type.
pub(super) fn is_form(request: &WireRequest) -> bool {
    boundary(request).is_some()
}

/// A quoted attribute in the head of a part.
fn quoted<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = head.split_once(&format!("; {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(parameters: Value) -> WireRequest {
        let Value::Object(parameters) = parameters else { panic!("an object") };
        let file = FilePart::new("fileData", "a.mp4", b"\r\n--x\0".to_vec());
        WireRequest::multipart("https://example.com/?format=1", "s", "a", parameters, &[file], 1)
    }

    #[test]
    fn parameters_and_files_are_read() {
        for entry in [None, Some(json!({"name": "n"}))] {
            let mut parameters = json!({"ks": "k", "clientTag": "a b&c"});
            if let Some(entry) = &entry {
                parameters["entry"] = entry.clone();
            }
            let (parameters, files) = read(&request(parameters)).unwrap();
            assert_eq!((&parameters["ks"], &parameters["clientTag"]), (&json!("k"), &json!("a b&c")));
            assert_eq!(parameters.get("entry"), entry.as_ref());
            assert_eq!(files, [FilePart::new("fileData", "a.mp4", b"\r\n--x\0".to_vec())]);
        }
    }

    #[test]
    fn a_malformed_body_is_not_read() {
        let request = request(json!({"ks": "k"}));
        for end in 0..request.body().len() - 2 {
            let cut = WireRequest::new(request.url(), "s", "a", &request.body()[..end]);
            assert!(read(&cut.with_content_type(request.content_type())).is_none(), "{end}");
        }
    }
}
