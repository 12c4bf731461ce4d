//! Requests and responses as plain values, the same for every HTTP client.

mod http;
mod multipart;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_types::redact::{redact_server_text, shown_host};
use kaltura_types::{FilePart, Ks, Parameters, UnixTime};
use serde::Serialize;
use serde::ser::Serializer as _;
use serde_json::Value;
use zeroize::Zeroize as _;

use crate::service_url::ServiceUrl;
use crate::transport::{TransportError, TransportErrorKind};

/// One POST request of the Kaltura API.
///
/// The KS and all other secrets are in the body, never in the URL. `Debug` shows the URL, the action and the
/// length of the body, never the body.
///
/// ```
/// # use kaltura_auth::{ServiceUrl, WireRequest}; use kaltura_types::Parameters;
/// let mut parameters = Parameters::new();
/// parameters.insert("widgetId".into(), "_1234567".into());
/// let request = WireRequest::json(&ServiceUrl::US, "session", "startWidgetSession", parameters);
/// assert_eq!(
///     request.url(),
///     "https://www.kaltura.com/api_v3/service/session/action/startWidgetSession?format=1"
/// );
/// assert_eq!(request.content_type(), "application/json");
/// ```
#[derive(Clone)]
pub struct WireRequest {
    head: Arc<Head>,
    body: Arc<Body>,
    timeout: Option<Duration>,
    max_response_bytes: u64,
    fresh_connection: bool,
}

/// What clones of a request share, beside the body: each request is kept to be sent again.
#[derive(Clone)]
struct Head {
    url: String,
    service: String,
    action: String,
    content_type: Cow<'static, str>,
    headers: Vec<(String, String)>,
}

impl WireRequest {
    /// The default size limit of a response, in bytes: 16 MiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: u64 = 16 << 20;

    /// A request to an absolute URL with a JSON body and no timeout.
    ///
    /// `service` and `action` are for routing, logs and mocks; only the URL is sent.
    #[must_use]
    pub fn new(
        url: impl Into<String>,
        service: impl Into<String>,
        action: impl Into<String>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let head = Head {
            url: url.into(),
            service: service.into(),
            action: action.into(),
            content_type: Cow::Borrowed("application/json"),
            headers: Vec::new(),
        };
        Self {
            head: Arc::new(head),
            body: Arc::new(Body(body.into())),
            timeout: None,
            max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
            fresh_connection: false,
        }
    }

    /// A call of `service.action` with these parameters, with the response in JSON.
    ///
    /// The URL has `format=1` too, so that the response is JSON even if the server does not read the body.
    #[must_use]
    pub fn json(url: &ServiceUrl, service: &str, action: &str, parameters: Parameters) -> Self {
        let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value));
        Self::json_with_ks(url, service, action, parameters, None)
    }

    /// The same call with parameters that are not copied, so that the request can be built again for each attempt.
    /// `ks` takes the place of the parameter `ks`. Each name must occur once.
    ///
    /// ```
    /// # use kaltura_auth::{ServiceUrl, WireRequest}; use kaltura_types::Ks; use serde_json::json;
    /// let (id, ks) = (json!("0_abc"), Ks::new("djJ8MTIzNDU2N3x2VYG2FbRs"));
    /// let request = WireRequest::json_with_ks(&ServiceUrl::US, "media", "get", [("entryId", &id)], Some(&ks));
    /// assert_eq!(request.body(), br#"{"format":1,"ks":"djJ8MTIzNDU2N3x2VYG2FbRs","entryId":"0_abc"}"#);
    /// ```
    #[must_use]
    pub fn json_with_ks<'a>(
        url: &ServiceUrl,
        service: &str,
        action: &str,
        parameters: impl IntoIterator<Item = (&'a str, &'a Value)>,
        ks: Option<&'a Ks>,
    ) -> Self {
        let body = json_body(parameters, ks);
        Self::new(url.action_url(service, action), service, action, body)
    }

    /// A call with files: a body of the type `multipart/form-data`, with the response in JSON. `url` is that of the
    /// action or of a multirequest, as [`ServiceUrl`] returns it.
    ///
    /// Parameters that are short and no secrets are in the query string of the URL: if the body is larger than the
    /// server accepts, the server drops the parameters in it. Secrets are in the body only. `random` makes the boundary
    /// between the parts, and need not be secret.
    ///
    /// ```
    /// # use kaltura_auth::{ServiceUrl, WireRequest}; use kaltura_types::{FilePart, Parameters};
    /// let mut parameters = Parameters::new();
    /// parameters.insert("uploadTokenId".into(), "0_328ce8ca844f100d67092f5f99ad51f4".into());
    /// parameters.insert("finalChunk".into(), true.into());
    /// let url = ServiceUrl::US.action_url("uploadToken", "upload");
    /// let file = FilePart::new("fileData", "lecture.mp4", b"...".to_vec());
    /// let request = WireRequest::multipart(url, "uploadToken", "upload", parameters, &[file], 7);
    /// assert!(request.url().ends_with("/action/upload?format=1&finalChunk=1"));
    /// assert!(request.content_type().starts_with("multipart/form-data; boundary="));
    /// ```
    #[must_use]
    pub fn multipart(
        url: impl Into<String>,
        service: impl Into<String>,
        action: impl Into<String>,
        mut parameters: Parameters,
        files: &[FilePart],
        random: u64,
    ) -> Self {
        // The URL has it already.
        parameters.remove("format");
        let mut url = url.into();
        let placement = multipart::Placement::of(parameters);
        if !placement.query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&placement.query);
        }
        let (content_type, body) = placement.encode(files, random);
        Self::new(url, service, action, body).with_content_type(content_type)
    }

    /// Replaces the content type. The server reads JSON only if it is exactly `application/json`: with a charset it
    /// ignores the body without an error (wire contract, section 1.3).
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.head).content_type = Cow::Owned(content_type.into());
        self
    }

    /// Adds a header. It must not contain a secret.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.head).headers.push((name.into(), value.into()));
        self
    }

    /// Sets the timeout, from connecting to the last byte.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the size limit of the response, in bytes after decompression.
    #[must_use]
    pub const fn with_max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Sets whether the request must not use a connection that was used before. The default is `false`.
    ///
    /// A server or load balancer may have closed a kept connection without the client having noticed; then the
    /// request fails although the server is available. A transport may ignore this.
    #[must_use]
    pub const fn with_fresh_connection(mut self, fresh: bool) -> Self {
        self.fresh_connection = fresh;
        self
    }

    /// Whether the request must not use a connection that was used before.
    #[must_use]
    pub const fn fresh_connection(&self) -> bool {
        self.fresh_connection
    }

    /// The same request on a fresh connection, if it failed with [`TransportErrorKind::Io`], as it does on a kept
    /// connection that has been closed. `None` if it failed otherwise, or was already sent on a fresh connection.
    ///
    /// For requests that are safe to repeat only: the server may have executed the first one.
    ///
    /// ```
    /// # use kaltura_auth::{TransportError, TransportErrorKind, WireRequest};
    /// let request = WireRequest::new("https://example.com/", "media", "list", "{}");
    /// let lost = Err(TransportError::new(TransportErrorKind::Io, "connection reset"));
    /// let again = request.on_fresh_connection(&lost).unwrap();
    /// assert!(again.fresh_connection());
    /// assert!(again.on_fresh_connection(&lost).is_none());
    /// ```
    #[must_use]
    pub fn on_fresh_connection(&self, result: &Result<WireResponse, TransportError>) -> Option<Self> {
        let lost = result.as_ref().is_err_and(|error| error.kind() == TransportErrorKind::Io);
        (lost && !self.fresh_connection).then(|| self.clone().with_fresh_connection(true))
    }

    /// The absolute URL. It contains no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.head.url
    }

    /// The service that is called, such as `appToken`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.head.service
    }

    /// The action that is called, such as `startSession`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.head.action
    }

    /// The content type, which must be sent exactly as it is.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.head.content_type
    }

    /// The additional headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body. It contains secrets.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body.0
    }

    /// The timeout, from connecting to the last byte. `None` means no limit.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The size limit of the response, in bytes after decompression.
    #[must_use]
    pub const fn max_response_bytes(&self) -> u64 {
        self.max_response_bytes
    }
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.head.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("WireRequest")
            .field("url", &self.head.url)
            .field("action", &format_args!("{}.{}", self.head.service, self.head.action))
            .field("content_type", &self.head.content_type)
            .field("headers", &headers)
            .field("body", &format_args!("{} bytes", self.body.0.len()))
            .field("timeout", &self.timeout)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("fresh_connection", &self.fresh_connection)
            .finish()
    }
}

/// The bytes of a request or response. They may contain secrets, and are zeroised on drop.
struct Body(Vec<u8>);

impl Drop for Body {
    fn drop(&mut self) {
        // Without a length, all of it is spare capacity, which is zeroised as one block and not byte by byte.
        self.0.clear();
        self.0.zeroize();
    }
}

/// The parameters as a JSON object, with `format` and the KS.
fn json_body<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a Value)>, ks: Option<&'a Ks>) -> Vec<u8> {
    /// Most bodies fit, so that no copy of a secret remains where the buffer was before it grew.
    const CAPACITY: usize = 1024;
    let set = [Some(("format", JsonMember::Format(1))), ks.map(|ks| ("ks", JsonMember::Ks(ks.expose())))];
    let others =
        parameters.into_iter().filter(|(name, _)| *name != "format" && (*name != "ks" || ks.is_none()));
    let others = others.map(|(name, value)| (name, JsonMember::Parameter(value)));
    let mut body = Vec::with_capacity(CAPACITY);
    let mut serializer = serde_json::Serializer::new(&mut body);
    let written = serializer.collect_map(set.into_iter().flatten().chain(others));
    debug_assert!(written.is_ok(), "values of JSON can be written to memory");
    body
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonMember<'a> {
    Format(u8),
    Ks(&'a str),
    Parameter(&'a Value),
}

/// The response headers that are kept. Others are dropped, because they may contain secrets.
const KEPT_HEADERS: [&str; 7] =
    ["date", "retry-after", "location", "content-type", "x-kaltura", "x-kaltura-session", "x-me"];

/// A complete response with any HTTP status.
///
/// `Debug` shows the status, the names of the kept headers, `Date`, `Retry-After` and `Content-Type`, and the length of
/// the body. It shows neither the body nor the values of other headers.
#[derive(Clone)]
pub struct WireResponse {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Arc<Body>,
}

impl WireResponse {
    /// A response without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: Arc::new(Body(body.into())) }
    }

    /// Adds a header. All are dropped except `Date`, `Retry-After`, `Location`, `Content-Type`,
    /// `X-Kaltura`, `X-Kaltura-Session` and `X-Me` (case-insensitive).
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Some(kept) = KEPT_HEADERS.into_iter().find(|kept| kept.eq_ignore_ascii_case(name)) {
            self.headers.push((kept, value.into()));
        }
        self
    }

    /// The HTTP status. It is not sufficient to detect an error: Kaltura sends errors with 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The decompressed body. It may contain secrets.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body.0
    }

    /// A kept header by its name (case-insensitive).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(kept, _)| kept.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The server's time: from `X-Kaltura-Session: <id>, <Unix time>`, else from `Date`.
    ///
    /// The former is missing in responses from the server's cache (wire contract, section 2.1).
    #[must_use]
    pub fn server_time(&self) -> Option<UnixTime> {
        let own =
            self.header("x-kaltura-session").and_then(|value| value.rsplit(',').next()?.trim().parse().ok());
        own.map(UnixTime::from_seconds).or_else(|| http_date(self.header("date")?))
    }

    /// How long to wait before the next request (`Retry-After`), given in seconds or as a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.header("retry-after")?.trim();
        let seconds = match value.parse() {
            Ok(seconds) => seconds,
            Err(_) => u64::try_from(http_date(value)?.seconds_since(self.server_time()?)).unwrap_or(0),
        };
        Some(Duration::from_secs(seconds))
    }
}

fn http_date(text: &str) -> Option<UnixTime> {
    let date = httpdate::parse_http_date(text).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_secs()).ok().map(UnixTime::from_seconds)
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, shown_header(name, value))).collect();
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .field("headers", &headers)
            .field("body", &format_args!("{} bytes", self.body.0.len()))
            .finish()
    }
}

/// What `Debug` shows of the value of a response header: what certainly is no secret.
fn shown_header<'a>(name: &str, value: &'a str) -> &'a str {
    let is_shown = match name {
        "date" => http_date(value).is_some(),
        "retry-after" => value.len() <= 6 && value.bytes().all(|byte| byte.is_ascii_digit()),
        "content-type" => is_media_type(value),
        _ => false,
    };
    if is_shown { value } else { "(redacted)" }
}

/// Whether a text consists of short words, as `application/json; charset=utf-8` does.
fn is_media_type(text: &str) -> bool {
    let is_word = |word: &str| word.len() <= 12 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = |word: &str| word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 80
        && text.split(['/', ';', ' ', '=', '-', '+', '.']).all(|word| is_word(word) || is_number(word))
}

/// The parts of a response that are kept in an error: for a support ticket and for the next attempt.
///
/// Contains no secret: of the names that the server sends, at most 200 characters are kept, without what may be a secret
/// ([`redact_server_text`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseMetadata {
    status: u16,
    server: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    redirect_target: Option<String>,
}

impl ResponseMetadata {
    /// The metadata of a response. Occurrences of `secrets`, which the server may echo, are redacted.
    #[must_use]
    pub fn from_response(response: &WireResponse, secrets: &[&str]) -> Self {
        Self {
            status: response.status(),
            server: response.header("x-me").map(|name| shown_host(name, secrets)),
            request_id: response.header("x-kaltura-session").map(|id| redact_server_text(id, secrets)),
            retry_after: response.retry_after(),
            redirect_target: response
                .header("location")
                .filter(|_| matches!(response.status(), 300..=399))
                .map(|location| redirect_target(location, secrets)),
        }
    }

    /// What a store keeps of a response to another process.
    pub(crate) const fn from_stored(status: u16, retry_after: Option<Duration>) -> Self {
        Self { status, server: None, request_id: None, retry_after, redirect_target: None }
    }

    /// The HTTP status. Kaltura sends errors with 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The name of the machine that responded (`X-Me`).
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The server's id of the request, with its time (`X-Kaltura-Session`).
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long to wait before the next attempt (`Retry-After`).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Where a redirect leads (`Location` of a status 3xx): scheme, host and path, without user, query and fragment.
    #[must_use]
    pub fn redirect_target(&self) -> Option<&str> {
        self.redirect_target.as_deref()
    }
}

/// A URL of the server without the parts that may hold a secret.
fn redirect_target(location: &str, secrets: &[&str]) -> String {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = location.split_once("://") else {
        return redact_server_text(location, secrets);
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = host.split_at(host.rfind(':').unwrap_or(host.len()));
    let is_port = port.len() <= 6 && port.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    format!(
        "{}://{}{}{}",
        redact_server_text(scheme, secrets),
        shown_host(host, secrets),
        if is_port { port } else { "" },
        redact_server_text(path, secrets),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_body_and_no_header_value() {
        let request =
            WireRequest::new("https://example.com/", "s", "a", "hush").with_header("x-note", "hush");
        let response = WireResponse::new(200, "hush").with_header("set-cookie", "hush");
        assert!(!format!("{request:?} {response:?}").contains("hush"));
        assert!(format!("{request:?}").contains("4 bytes"));
    }

    #[test]
    fn header_values_are_shown_if_they_are_no_secret() {
        let response = WireResponse::new(302, "")
            .with_header("Location", "https://user:hush@www.example.com/a?ks=hush")
            .with_header("X-Me", "api-12.example.internal")
            .with_header("X-Kaltura-Session", "3f786850e387550fdab836ed7e6dc881, 1795493355")
            .with_header("X-Kaltura", "a long word ".repeat(100))
            .with_header("Date", "Tue, 24 Nov 2026 04:09:15 GMT")
            .with_header("Content-Type", "application/json; charset=utf-8");
        let shown = format!("{response:?}");
        for text in [
            "(\"location\", \"(redacted)\")",
            "(\"x-me\", \"(redacted)\")",
            "04:09:15 GMT",
            "application/json; charset=utf-8",
        ] {
            assert!(shown.contains(text), "{text} in {shown}");
        }
        assert!(
            !shown.contains("hush")
                && !shown.contains("example")
                && !shown.contains("3f78")
                && shown.len() < 700,
            "{shown}"
        );
        let metadata = ResponseMetadata::from_response(&response, &["example"]);
        assert_eq!(metadata.server(), Some("api-12.(redacted).internal"));
        assert_eq!(metadata.request_id(), Some("(redacted), 1795493355"));
    }

    #[test]
    fn a_redirect_target_is_kept_without_what_may_be_secret() {
        for (status, location, kept) in [
            (
                302,
                "https://user:hush@login.example.com:8443/sso/start?ks=hush#hush",
                Some("https://login.example.com:8443/sso/start"),
            ),
            (301, "https://api.eu.kaltura.com", Some("https://api.eu.kaltura.com")),
            (307, "https://www.kaltura.com/api_v3/?hush", Some("https://www.kaltura.com/api_v3/")),
            (302, "/sign-in?hush", Some("/sign-in")),
            (302, "https://u:p@hu@sh@example.com/", Some("https://example.com/")),
            (
                302,
                "https://example.com/3f786850e387550fdab836ed7e6dc881",
                Some("https://example.com(redacted)"),
            ),
            (201, "https://www.example.com/", None),
        ] {
            let response = WireResponse::new(status, "").with_header("Location", location);
            let metadata = ResponseMetadata::from_response(&response, &["hush"]);
            assert_eq!(metadata.redirect_target(), kept, "{location}");
        }
    }

    #[test]
    fn headers_are_filtered_by_an_allow_list_and_found_case_insensitively() {
        let response = WireResponse::new(200, "").with_header("X-Me", "host").with_header("Server", "any");
        assert_eq!(response.header("x-ME"), Some("host"));
        assert_eq!(response.header("server"), None);
    }

    #[test]
    fn x_kaltura_session_takes_precedence_over_date() {
        let date = WireResponse::new(200, "").with_header("Date", "Tue, 24 Nov 2026 04:09:15 GMT");
        assert_eq!(date.server_time(), Some(UnixTime::from_seconds(1_795_493_355)));
        let both = date.with_header("X-Kaltura-Session", "1121307854, 1795493300");
        assert_eq!(both.server_time(), Some(UnixTime::from_seconds(1_795_493_300)));
        let invalid =
            WireResponse::new(200, "").with_header("Date", "soon").with_header("X-Kaltura-Session", "soon");
        assert_eq!(invalid.server_time(), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let response = WireResponse::new(503, "").with_header("Date", "Tue, 24 Nov 2026 04:09:15 GMT");
        let after = |value: &str| response.clone().with_header("Retry-After", value).retry_after();
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Tue, 24 Nov 2026 04:10:15 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(after("Tue, 24 Nov 2026 04:08:15 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
        assert_eq!(response.retry_after(), None);
    }
}
