//! Reading a request: all the forms in which the server takes parameters (wire contract, section 1).

mod arguments;
mod cast;
mod form;
mod grouping;
mod json;
mod multipart;
mod path;

use std::net::IpAddr;

use bytes::Bytes;
use http::{Method, header};
use serde_json::{Map, Value};

pub(super) use self::arguments::{Arguments, Choice, Given};
pub(super) use self::cast::{equals_number, int, leading_int, text};

/// The parameters of a request, from wherever they came.
pub(super) type Parameters = Map<String, Value>;

/// A request to the API.
pub(super) struct ApiRequest {
    pub(super) parameters: Parameters,
    /// The JSONP callback, which counts in the query string only.
    pub(super) callback: Option<String>,
    /// Path and query as they were sent, which `urirestrict` looks at.
    pub(super) uri: String,
    pub(super) client: IpAddr,
}

impl ApiRequest {
    /// Reads a request; `None` if its path is not the API's.
    pub(super) fn read(request: &http::Request<Bytes>, client: IpAddr) -> Option<Self> {
        let from_path = path::read(request.uri().path())?;
        let from_query = form::read(request.uri().query().unwrap_or_default().as_bytes());
        let callback = from_query.get("callback").map(text);
        let from_body = read_body(request);
        // The first to name a parameter wins: path, query, body.
        let mut parameters = grouping::group(from_path);
        grouping::merge(&mut parameters, grouping::group(from_query));
        grouping::merge(&mut parameters, grouping::group(from_body));
        let uri = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        Some(Self { parameters, callback, uri, client })
    }

    /// A parameter as a text, if it is there.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.parameters.get(name).map(text)
    }
}

/// What of the body the server reads: JSON with any method, forms with POST alone.
fn read_body(request: &http::Request<Bytes>) -> Parameters {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Compared whole: with a charset behind it, the body is not read at all.
    if content_type.eq_ignore_ascii_case("application/json") {
        return json::read(request.body()).unwrap_or_default();
    }
    let (media_type, attributes) = content_type.split_once(';').unwrap_or((content_type, ""));
    let media_type = media_type.trim();
    if request.method() != Method::POST {
        Parameters::new()
    } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        form::read(request.body())
    } else if media_type.eq_ignore_ascii_case("multipart/form-data") {
        let parts = multipart::read(request.body(), attributes);
        match parts.get("json").map(text) {
            Some(document) => json::read(document.as_bytes()).unwrap_or_default(),
            None => parts,
        }
    } else {
        Parameters::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(method: &str, uri: &str, content_type: &str, body: &str) -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", content_type)
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        let request = ApiRequest::read(&request, IpAddr::from([127, 0, 0, 1])).unwrap();
        Value::Object(request.parameters)
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn the_path_wins_over_the_query_and_the_query_over_the_body() {
        assert_eq!(
            read("POST", "/api_v3/a/1?a=2&b=2&d[x]=2", FORM, "a=3&b=3&c=3&d[x]=3&d[y]=3"),
            json!({"a": "1", "b": "2", "d": {"x": "2", "y": "3"}, "c": "3"})
        );
    }

    #[test]
    fn a_form_is_read_with_post_alone_and_json_with_any_method() {
        assert_eq!(read("PUT", "/api_v3/", FORM, "a=1"), json!({}));
        assert_eq!(read("POST", "/api_v3/", &format!("{FORM}; charset=utf-8"), "a=1"), json!({"a": "1"}));
        assert_eq!(read("DELETE", "/api_v3/", "application/json", r#"{"a":1}"#), json!({"a": 1}));
        assert_eq!(read("POST", "/api_v3/", "application/JSON", r#"{"a":1}"#), json!({"a": 1}));
    }

    #[test]
    fn json_with_a_charset_is_not_read() {
        assert_eq!(read("POST", "/api_v3/", "application/json; charset=utf-8", r#"{"a":1}"#), json!({}));
        assert_eq!(read("POST", "/api_v3/", "text/plain", "a=1"), json!({}));
    }

    #[test]
    fn a_json_part_replaces_the_others() {
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let kind = "multipart/form-data; boundary=b";
        let form = format!("{}{}--b--\r\n", part("a", "1"), part("b[c]", "2"));
        assert_eq!(read("POST", "/api_v3/", kind, &form), json!({"a": "1", "b": {"c": "2"}}));
        let form = format!("{}{}--b--\r\n", part("a", "1"), part("json", r#"{"d":3}"#));
        assert_eq!(read("POST", "/api_v3/", kind, &form), json!({"d": 3}));
    }

    #[test]
    fn colons_and_brackets_are_the_same() {
        for body in ["x:y:z=1", "x[y][z]=1", "x:y[z]=1"] {
            assert_eq!(read("POST", "/api_v3/", FORM, body), json!({"x": {"y": {"z": "1"}}}), "{body}");
        }
    }
}
