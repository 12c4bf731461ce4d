//! Reading a request: every form in which the server accepts parameters (wire contract, section 1).

mod arguments;
mod cast;
mod form;
mod parameters;

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use foldhash::fast::RandomState;
use http::{Method, header};
use memchr::{memchr, memchr2_iter};
use percent_encoding::percent_decode_str;
use serde::Deserialize as _;

pub(crate) use self::arguments::{
    Arguments, Choice, Given, NOT_AVAILABLE, Pager, check_advanced_search, has_null_suffix,
};
pub(crate) use self::cast::{equals_number, int, is_empty, is_empty_text, leading_int, numeric, text};
use self::form::into_text;
#[cfg(test)]
pub(crate) use self::parameters::test_json;
pub(crate) use self::parameters::{Parameter, Parameters, UploadedFile};

/// A request to the API.
#[derive(Clone)]
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) parameters: Parameters,
    /// The JSONP callback. Only the query string can give it.
    pub(crate) callback: Option<String>,
    /// Path and query as they were sent, for `urirestrict`.
    pub(crate) uri: String,
    pub(crate) client: IpAddr,
}

impl ApiRequest {
    /// Reads a request; `None` if its path is not a path of the API.
    pub(crate) fn read(request: &http::Request<Bytes>, client: IpAddr) -> Option<Self> {
        let from_path = read_path(request.uri().path())?;
        let from_query = form::read(request.uri().query().unwrap_or_default().as_bytes());
        let callback = from_query.get("callback").map(text).map(Cow::into_owned);
        let from_body = read_body(request);
        // For each parameter the first of path, query and body wins.
        let mut merged = parameters::group(from_path);
        parameters::merge(&mut merged, parameters::group(from_query));
        parameters::merge(&mut merged, parameters::group(from_body));
        let uri = request.uri().path_and_query().map_or("/", |uri| uri.as_str()).to_owned();
        let method = request.method().clone();
        Some(Self { method, parameters: merged, callback, uri, client })
    }

    /// A parameter as text, if it was sent.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.parameters.get(name).map(text)
    }
}

/// The fields and files of a multipart body; `None` if the request has another body.
#[cfg(feature = "server")]
pub(crate) fn multipart_parts(request: &http::Request<Bytes>) -> Option<Parameters> {
    let content_type = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (media_type, attributes) = content_type.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let form::Multipart { mut fields, files } = form::read_multipart(request.body(), attributes);
    fields.extend(files);
    Some(fields)
}

/// Reads the body: JSON with any method, forms only with POST.
fn read_body(request: &http::Request<Bytes>) -> Parameters {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The whole value is compared: with a charset, the server ignores the body.
    if content_type.eq_ignore_ascii_case("application/json") {
        return read_json(request.body()).unwrap_or_default();
    }
    let (media_type, attributes) = content_type.split_once(';').unwrap_or((content_type, ""));
    let media_type = media_type.trim();
    if request.method() != Method::POST {
        Parameters::default()
    } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        form::read(request.body())
    } else if media_type.eq_ignore_ascii_case("multipart/form-data") {
        let form::Multipart { fields, files } = form::read_multipart(request.body(), attributes);
        // A part `json` that the server ignores leaves the other parts as they are.
        let json = fields.get("json").and_then(|document| read_json(text(document).as_bytes()));
        let mut parameters = parameters::group(files);
        parameters::merge(&mut parameters, parameters::group(json.unwrap_or(fields)));
        parameters
    } else {
        Parameters::default()
    }
}

/// Reads the parameters of a path, `/api_v3/service/S/action/A/name/value…`; `None` if it is not a path of the API.
fn read_path(path: &str) -> Option<Parameters> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    // `/api/…` is an alias.
    if !matches!(segments.next(), Some("api_v3" | "api")) {
        return None;
    }
    let segments: Vec<Cow<'_, [u8]>> = segments.map(decoded).collect();
    // A web server resolves such segments before the API sees the path.
    if segments.iter().any(|segment| matches!(&**segment, b"." | b"..")) {
        return None;
    }
    let mut segments = segments
        .into_iter()
        .map(|segment| into_text(segment.into_owned()))
        .filter(|segment| !matches!(segment.as_str(), "api_v3" | "index.php" | ""));
    // Room for the parameters of query and body, too.
    let mut parameters = Parameters::with_capacity_and_hasher(16, RandomState::default());
    while let Some(name) = segments.next() {
        if name == "0" {
            break;
        }
        let value = segments.next().unwrap_or_default();
        parameters.entry(name).or_insert_with(|| value.into());
    }
    Some(parameters)
}

fn decoded(segment: &str) -> Cow<'_, [u8]> {
    match memchr(b'%', segment.as_bytes()) {
        Some(_) => percent_decode_str(segment).into(),
        None => segment.as_bytes().into(),
    }
}

/// Reads a JSON document. `None` if the server ignores it: it is not an object, is not valid JSON, or is `{}`.
fn read_json(body: &[u8]) -> Option<Parameters> {
    let trimmed = body.trim_ascii();
    let is_object = trimmed.starts_with(b"{") && trimmed.ends_with(b"}");
    if !is_object || nests_too_deeply(trimmed) {
        return None;
    }
    // At once: it takes longer for each of its texts.
    let mut document = serde_json::Deserializer::from_str(str::from_utf8(trimmed).ok()?);
    // The depth is bounded by the check above.
    document.disable_recursion_limit();
    let Ok(Parameter::Object(parameters)) = Parameter::deserialize(&mut document) else { return None };
    (document.end().is_ok() && !parameters.is_empty()).then_some(parameters)
}

/// The number of objects and lists inside each other that PHP's `json_decode` reads.
const MAX_JSON_DEPTH: usize = 511;

fn nests_too_deeply(document: &[u8]) -> bool {
    // Most documents have few brackets, and counting them is fast.
    if memchr2_iter(b'{', b'[', document).count() <= MAX_JSON_DEPTH {
        return false;
    }
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in document {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_JSON_DEPTH {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::parameters::test_json::json_of;
    use super::*;
    use serde_json::{Value, json};

    fn read(method: &str, uri: &str, content_type: &str, body: &str) -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", content_type)
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        let request = ApiRequest::read(&request, IpAddr::from([127, 0, 0, 1])).unwrap();
        json_of(&request.parameters)
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
    fn a_form_is_read_only_with_post_and_json_with_any_method() {
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
    fn a_file_is_a_parameter_beside_a_json_part_and_before_fields() {
        let part = |attributes: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; {attributes}\r\n\r\n{value}\r\n")
        };
        let kind = "multipart/form-data; boundary=b";
        let file = part("name=\"1:f\"; filename=\"x/a.mp4\"", "hello");
        let form = format!("{}{file}--b--\r\n", part("name=\"json\"", r#"{"1":{"a":2}}"#));
        assert_eq!(read("POST", "/api_v3/", kind, &form), json!({"1": {"f": ["a.mp4", 5], "a": 2}}));
        let form = format!("{}{file}--b--\r\n", part("name=\"1[f]\"", "text"));
        assert_eq!(read("POST", "/api_v3/", kind, &form), json!({"1": {"f": ["a.mp4", 5]}}));
        assert_eq!(read("POST", "/api_v3/?1[f]=q", kind, &form), json!({"1": {"f": "q"}}));
    }

    #[test]
    fn colons_and_brackets_are_equivalent() {
        for body in ["x:y:z=1", "x[y][z]=1", "x:y[z]=1"] {
            assert_eq!(read("POST", "/api_v3/", FORM, body), json!({"x": {"y": {"z": "1"}}}), "{body}");
        }
    }

    #[test]
    fn a_json_part_that_is_ignored_leaves_the_others() {
        let kind = "multipart/form-data; boundary=b";
        for document in ["{bad", "{}", "[1]"] {
            let form = format!(
                "--b\nContent-Disposition: form-data; name='json'\n\n{document}\n\
                 --b\nContent-Disposition: form-data; name='a'\n\n1\n--b--\n"
            );
            assert_eq!(read("POST", "/api_v3/", kind, &form), json!({"json": document, "a": "1"}));
        }
    }

    #[test]
    fn json_nests_as_deep_as_php_reads() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read_json(nested(510).as_bytes()).is_some());
        assert_eq!(read_json(nested(511).as_bytes()), None);
        assert_eq!(read_json(nested(100_000).as_bytes()), None);
        // Brackets in texts do not nest.
        let text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(1_000));
        assert!(read_json(text.as_bytes()).is_some());
    }

    #[test]
    fn objects_and_colons_together_do_not_nest_without_end() {
        let name = "a:".repeat(60);
        let document = format!("{}1{}", format!("{{\"{name}b\":").repeat(500), "}".repeat(500));
        let request = http::Request::post("/api_v3/").header("content-type", "application/json");
        let request = request.body(Bytes::from(document)).unwrap();
        assert!(ApiRequest::read(&request, IpAddr::from([127, 0, 0, 1])).is_some());
    }

    #[test]
    fn path_parameters_are_read_and_fixed_segments_skipped() {
        for (path, parameters) in [
            ("/api_v3/", json!({})),
            (
                "/api_v3/index.php/service/session/action/start",
                json!({"service": "session", "action": "start"}),
            ),
            ("/api/service/session", json!({"service": "session"})),
            ("/api_v3/service/a/service/b/x/1/", json!({"service": "a", "x": "1"})),
            ("/api_v3/a//b/c/index.php/d", json!({"a": "b", "c": "d"})),
            ("/api_v3/a/1/0/x/b/2", json!({"a": "1"})),
            ("/api_v3/a/1%2F2/b", json!({"a": "1/2", "b": ""})),
        ] {
            assert_eq!(read_path(path).as_ref().map(json_of), Some(parameters), "{path}");
        }
    }

    #[test]
    fn other_paths_are_not_api_paths() {
        for path in [
            "/",
            "/nothing",
            "/API_V3/service/x",
            "/apiv3",
            "/api_v3/../",
            "/api_v3/../_emulator",
            "/api_v3/%2E%2e/service/system",
            "/api_v3/./service/system",
        ] {
            assert_eq!(read_path(path), None, "{path}");
        }
    }

    #[test]
    fn json_that_is_not_an_object_is_ignored() {
        for body in ["", "[\"x\"]", "{\"a\":", "{}", "\"{}\"", "{\"a\":1} x", "{a:1}", "null"] {
            assert_eq!(read_json(body.as_bytes()), None, "{body}");
        }
        assert_eq!(read_json(b"{\"a\":\"\xff\"}"), None);
        assert!(read_json(b" \n{\"a\":1}\r\n").is_some());
    }
}
