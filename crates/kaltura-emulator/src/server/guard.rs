//! Who may use the control endpoint.
//!
//! A page in a browser can send requests to loopback. The guard keeps such pages out: the header `Host` must name
//! loopback, which defeats DNS rebinding, and a request of a page is accepted only from an allowed origin and with the
//! control token.

use std::net::IpAddr;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, HOST, HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use kaltura_ks::RandomUnavailable;

/// Tells for what a browser sends a request. A page cannot set it.
pub(super) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The rules of one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// The origins whose pages may use the endpoint, such as `http://localhost:5173`.
    pub(super) origins: Vec<String>,
    pub(super) token: Option<ControlToken>,
    /// Whether other machines may connect. Their requests then need the token.
    pub(super) is_remote: bool,
}

/// The secret that a request must contain.
#[derive(Clone)]
pub(super) struct ControlToken(pub(super) String);

impl std::fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ControlToken(redacted)")
    }
}

impl ControlToken {
    /// A token from the operating system's random bytes: the emulator's own may be the same in each run.
    pub(super) fn random() -> Result<Self, RandomUnavailable> {
        Ok(Self(hex::encode(kaltura_ks::random_bytes()?)))
    }

    /// Compares in constant time.
    fn is(&self, sent: &str) -> bool {
        let differences = self.0.bytes().zip(sent.bytes()).fold(0, |found, (own, sent)| found | (own ^ sent));
        self.0.len() == sent.len() && differences == 0
    }
}

/// A request may not use the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: &'static str,
}

impl Guard {
    /// Checks a request.
    pub(super) fn check<T>(&self, request: &Request<T>) -> Result<(), Refusal> {
        let refuse = |status, message| Err(Refusal { status, message });
        let headers = request.headers();
        let is_authorized = self.is_authorized(headers);
        let is_known_machine = self.is_remote && self.token.is_some() && is_authorized;
        if !is_loopback(request) && !is_known_machine {
            return refuse(StatusCode::FORBIDDEN, "the header Host must name loopback, such as localhost");
        }
        let is_page = headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "none");
        if (is_page || headers.contains_key(ORIGIN)) && self.allowed_origin(headers).is_none() {
            return refuse(
                StatusCode::FORBIDDEN,
                "the origin is not allowed; allow it with --control-origin",
            );
        }
        // A preflight request has no credentials.
        if *request.method() != Method::OPTIONS && !is_authorized {
            return refuse(
                StatusCode::UNAUTHORIZED,
                "send the control token of the first line as Authorization: Bearer TOKEN",
            );
        }
        Ok(())
    }

    /// The headers that let a page of an allowed origin read the response.
    pub(super) fn cors_headers(&self, request: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.allowed_origin(request) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
            headers.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("Authorization, Content-Type"),
            );
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        }
        headers
    }

    /// The origin of a request, if it is allowed.
    fn allowed_origin<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.origins.iter().any(|allowed| origin == allowed.as_str()).then_some(origin)
    }

    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        self.token.as_ref().is_none_or(|token| is_authorized(headers, token))
    }
}

/// Whether the headers contain the token.
pub(super) fn is_authorized(headers: &HeaderMap, token: &ControlToken) -> bool {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.split_once(' '));
    sent.is_some_and(|(scheme, sent)| scheme.eq_ignore_ascii_case("Bearer") && token.is(sent.trim()))
}

/// Whether the request was sent to a name or an address of loopback.
pub(super) fn is_loopback<T>(request: &Request<T>) -> bool {
    let header = || request.headers().get(HOST)?.to_str().ok()?.parse::<Uri>().ok();
    // The target of a request to a proxy contains the host, and wins over the header.
    let host = match request.uri().host() {
        Some(host) => Some(host.to_owned()),
        None => header().and_then(|uri| uri.host().map(str::to_owned)),
    };
    let Some(host) = host else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a text is an origin as a browser sends it: scheme, host and port, such as `http://localhost:5173`.
pub(super) fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '@' | '*');
    !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !host.is_empty()
        && host.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "http://localhost:5173";

    fn guard() -> Guard {
        Guard {
            origins: vec![ORIGIN.to_owned()],
            token: Some(ControlToken("right".to_owned())),
            is_remote: false,
        }
    }

    fn status(guard: &Guard, method: Method, headers: &[(&str, &str)]) -> u16 {
        let request = Request::builder().method(method).uri("/_emulator");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let checked = guard.check(&request.body(()).unwrap());
        checked.map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn the_host_must_be_loopback() {
        let guard = Guard::default();
        for host in
            ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.8.8.8", "[::1]:80", "[::ffff:127.0.0.1]"]
        {
            assert_eq!(status(&guard, Method::GET, &[("host", host)]), 200, "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "0.0.0.0",
            "[::2]",
        ] {
            assert_eq!(status(&guard, Method::GET, &[("host", host)]), 403, "{host}");
        }
        assert_eq!(status(&guard, Method::GET, &[]), 403);
    }

    #[test]
    fn a_page_needs_an_allowed_origin_and_the_token() {
        let host = ("host", "localhost");
        let token = ("authorization", "Bearer right");
        for (headers, expected) in [
            (vec![host, token, ("origin", ORIGIN)], 200),
            (vec![host, ("origin", ORIGIN)], 401),
            (vec![host, ("authorization", "Bearer wrong"), ("origin", ORIGIN)], 401),
            (vec![host, ("authorization", "Basic right"), ("origin", ORIGIN)], 401),
            (vec![host, token, ("origin", "http://localhost:5174")], 403),
            (vec![host, token, ("origin", "null")], 403),
            (vec![host, token, ("sec-fetch-site", "same-origin")], 403),
            (vec![host, token, ("sec-fetch-site", "none")], 200),
            (vec![host, token], 200),
            (vec![host], 401),
        ] {
            assert_eq!(status(&guard(), Method::POST, &headers), expected, "{headers:?}");
        }
        assert_eq!(status(&Guard::default(), Method::GET, &[host, ("origin", "http://localhost")]), 403);
    }

    #[test]
    fn a_preflight_request_needs_no_token() {
        let headers = |origin| [("host", "localhost"), ("origin", origin)];
        assert_eq!(status(&guard(), Method::OPTIONS, &headers(ORIGIN)), 200);
        assert_eq!(status(&guard(), Method::OPTIONS, &headers("http://example.com")), 403);
    }

    #[test]
    fn other_machines_need_the_token() {
        let mut remote = Guard { is_remote: true, ..guard() };
        let host = ("host", "emulator:8080");
        assert_eq!(status(&remote, Method::GET, &[host, ("authorization", "Bearer right")]), 200);
        assert_eq!(status(&remote, Method::GET, &[host]), 403);
        remote.token = None;
        assert_eq!(status(&remote, Method::GET, &[host]), 403);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for text in ["http://localhost:5173", "https://app.example.com", "chrome-extension://abc"] {
            assert!(is_origin(text), "{text}");
        }
        for text in
            ["", "*", "null", "localhost", "http://", "http://a/", "http://*.a", "http://a b", "http://u@a"]
        {
            assert!(!is_origin(text), "{text}");
        }
    }
}
