//! Reads a request with files, as the server does.

use kaltura_client::auth::WireRequest;
use serde_json::{Map, Value};

/// A file in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) file_name: String,
    pub(crate) content: Vec<u8>,
}

/// The parameters and the files of a multipart request: those of the URL, then those of the body. A part `json` has
/// further parameters.
pub(crate) fn read(request: &WireRequest) -> (Map<String, Value>, Vec<File>) {
    let boundary = request.content_type().strip_prefix("multipart/form-data; boundary=").unwrap();
    let (mut parameters, mut files) = (Map::new(), Vec::new());
    for pair in request.url().split_once('?').unwrap().1.split('&') {
        let (name, value) = pair.split_once('=').unwrap();
        parameters.insert(name.to_owned(), value.replace("%20", " ").into());
    }
    let delimiter = format!("\r\n--{boundary}");
    let mut body = [b"\r\n", request.body()].concat();
    assert!(body.ends_with(format!("{delimiter}--\r\n").as_bytes()));
    body.truncate(body.len() - 4);
    for part in split(&body, delimiter.as_bytes()).into_iter().skip(1).filter(|part| !part.is_empty()) {
        let head_end = find(part, b"\r\n\r\n").unwrap();
        let (head, content) =
            (std::str::from_utf8(&part[..head_end]).unwrap(), part[head_end + 4..].to_vec());
        let quoted =
            |name: &str| Some(head.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.to_owned());
        let name = quoted("name").unwrap();
        if let Some(file_name) = quoted("filename") {
            files.push(File { name, file_name, content });
        } else if name == "json" {
            parameters = serde_json::from_slice(&content).unwrap();
        } else {
            parameters.insert(name, String::from_utf8(content).unwrap().into());
        }
    }
    (parameters, files)
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

fn split<'a>(mut text: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(end) = find(text, delimiter) {
        parts.push(&text[..end]);
        text = &text[end + delimiter.len()..];
    }
    parts.push(text);
    parts
}
