//! Ready-made responses: results, API errors, and responses that do not come from the API.
//!
//! | module | content |
//! |---|---|
//! | this one | results: sessions, app tokens, any JSON |
//! | [`errors`] | each API error with its exact code, message and arguments |
//! | [`unexpected`] | HTML pages, redirects, empty and binary bodies, … |
//!
//! A [`MockResponse`] converts into a [`WireResponse`], also without the mock:
//!
//! ```
//! use kaltura_auth::WireResponse;
//! use kaltura_testing::mock::responses;
//! use kaltura_types::{PartnerId, WidgetSession, payload};
//!
//! let response: WireResponse = responses::widget_session(PartnerId::new(1234567)).into();
//! assert_eq!(response.header("Content-Type"), Some("application/json"));
//! let session: WidgetSession = payload::decode(response.body())?;
//! assert_eq!(session.partner_id, PartnerId::new(1234567));
//! # Ok::<(), kaltura_types::PayloadError>(())
//! ```
//!
//! The order of the fields in an object is unspecified.

pub mod errors;
mod results;
pub mod unexpected;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use kaltura_auth::WireResponse;
use kaltura_types::{Ks, PartnerId, UnixTime};
use serde_json::Value;

pub use self::results::{
    AppTokenResult, SessionResult, WidgetSessionResult, app_token, app_token_list, session, session_info,
    started_session, widget_session,
};

/// The default server time of a response: 2026-11-24 04:09:15 UTC. See [`MockResponse::at`].
pub const SERVER_TIME: UnixTime = UnixTime::from_seconds(1_795_493_355);

/// Generates a text in the form of a KS of version 2. Each call gives a different KS.
///
/// Version and partner can be read; its body is pseudorandom, and no secret opens it. A client cannot tell the
/// difference. The emulator (`kaltura-emulator`) gives real KS strings.
#[must_use]
pub fn generate_ks(partner: PartnerId) -> Ks {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut state = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut decoded = format!("v2|{partner}|").into_bytes();
    for _ in 0..10 {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        decoded.extend((mixed ^ (mixed >> 31)).to_be_bytes());
    }
    Ks::new(URL_SAFE.encode(decoded))
}

/// Any JSON as the result of a call.
pub fn json(result: impl Into<Value>) -> MockResponse {
    MockResponse::from_json(AnyResult(()), result.into())
}

/// The result of an action that returns nothing, such as `session.end` and `appToken.delete`.
pub fn null() -> MockResponse {
    json(Value::Null)
}

/// A configurable response, convertible into a [`WireResponse`].
///
/// `R` is the kind of its result: some kinds add methods, such as those of [`SessionResult`].
///
/// ```
/// # use kaltura_auth::WireResponse; use kaltura_testing::mock::responses; use kaltura_types::PartnerId;
/// let response = responses::session(PartnerId::new(1234567)).user("alice").expires_in(-1).header("X-Me", "front-7");
/// let response: WireResponse = response.into();
/// assert_eq!(response.header("X-Me"), Some("front-7"));
/// ```
#[derive(Clone)]
#[must_use = "a response does nothing until it is passed to an expectation"]
pub struct MockResponse<R = AnyResult> {
    result: R,
    status: u16,
    body: Body,
    server_time: UnixTime,
    from_kaltura: bool,
    headers: Vec<(String, String)>,
    /// The expiry of a session, relative to `server_time`.
    expires_in: Option<ExpiresIn>,
}

/// The result of a [`MockResponse`] without methods of its own.
#[derive(Clone, Copy, Debug)]
pub struct AnyResult(());

#[derive(Clone)]
enum Body {
    Json(Value),
    Bytes(Vec<u8>),
}

#[derive(Clone, Copy)]
struct ExpiresIn {
    seconds: i64,
    as_string: bool,
}

impl<R> MockResponse<R> {
    /// Sets the server time in the headers `Date` and `X-Kaltura-Session`. The default is [`SERVER_TIME`]. A
    /// relative expiry counts from here.
    pub const fn at(mut self, time: UnixTime) -> Self {
        self.server_time = time;
        self
    }

    /// Sets the HTTP status. Kaltura itself responds with 200, even to errors (wire contract, section 2.1).
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets a header, replacing one of the same name. An empty value removes it. Only the headers that a
    /// [`WireResponse`] keeps are passed on.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a field of the result. Null removes it: the server omits null fields.
    ///
    /// A result that is not an object is not changed.
    pub fn with_field(mut self, name: &str, value: impl Into<Value>) -> Self {
        if name == "expiry" {
            self.expires_in = None;
        }
        if let Body::Json(Value::Object(fields)) = &mut self.body {
            match value.into() {
                Value::Null => fields.remove(name),
                value => fields.insert(name.to_owned(), value),
            };
        }
        self
    }

    /// Removes a field of the result.
    pub fn without_field(self, name: &str) -> Self {
        self.with_field(name, Value::Null)
    }

    /// Marks it as coming from the server's cache: without `X-Kaltura-Session`, and so without the exact
    /// server time (wire contract, section 2.1).
    pub fn from_cache(self) -> Self {
        self.header("X-Kaltura", "cached-dispatcher,0123456789abcdef,0.002").header("X-Kaltura-Session", "")
    }

    /// Wraps the result in an envelope, `{"result": …, "executionTime": …}`, as other versions of the server
    /// send it.
    pub fn in_envelope(self) -> MockResponse {
        let body = serde_json::json!({ "result": self.result_value(), "executionTime": 0.0046 });
        self.with_body(Body::Json(body))
    }

    /// Truncates the body in the middle. The response still looks complete on the HTTP level.
    pub fn truncated(self) -> MockResponse {
        let mut bytes = self.bytes();
        bytes.truncate(bytes.len() / 2);
        self.with_body(Body::Bytes(bytes))
    }

    fn from_json(result: R, value: Value) -> Self {
        Self::new(result, Body::Json(value), "application/json")
    }

    fn new(result: R, body: Body, content_type: &str) -> Self {
        Self {
            result,
            status: 200,
            body,
            server_time: SERVER_TIME,
            from_kaltura: true,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            expires_in: None,
        }
    }

    fn with_body(self, body: Body) -> MockResponse {
        let Self { status, server_time, from_kaltura, headers, .. } = self;
        MockResponse {
            result: AnyResult(()),
            status,
            body,
            server_time,
            from_kaltura,
            headers,
            expires_in: None,
        }
    }

    /// The JSON of the result; null if the body is not JSON.
    fn result_value(&self) -> Value {
        let Body::Json(value) = &self.body else { return Value::Null };
        let mut value = value.clone();
        if let (Value::Object(fields), Some(ExpiresIn { seconds, as_string })) = (&mut value, self.expires_in)
        {
            let expiry = self.server_time.plus_seconds(seconds).as_seconds();
            let expiry = if as_string { expiry.to_string().into() } else { expiry.into() };
            fields.insert("expiry".to_owned(), expiry);
        }
        value
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Body::Json(_) => self.result_value().to_string().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
        }
    }

    fn to_wire_response(&self) -> WireResponse {
        let seconds = self.server_time.as_seconds();
        let date = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        let mut defaults = vec![("Date", httpdate::fmt_http_date(date))];
        if self.from_kaltura {
            defaults.push(("X-Me", "mock".to_owned()));
            defaults.push(("X-Kaltura-Session", format!("1121307854, {seconds}")));
        }
        let is_set = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let defaults = defaults.into_iter().filter(|(name, _)| !is_set(name));
        let set = self.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        defaults
            .chain(set)
            .filter(|(_, value)| !value.is_empty())
            .fold(WireResponse::new(self.status, self.bytes()), |response, (name, value)| {
                response.with_header(name, value)
            })
    }
}

impl MockResponse {
    fn from_bytes(body: impl Into<Vec<u8>>, content_type: &str) -> Self {
        Self::new(AnyResult(()), Body::Bytes(body.into()), content_type)
    }

    /// From a gateway or proxy, so without Kaltura's headers.
    const fn not_from_kaltura(mut self) -> Self {
        self.from_kaltura = false;
        self
    }
}

impl<R> From<MockResponse<R>> for WireResponse {
    fn from(response: MockResponse<R>) -> Self {
        response.to_wire_response()
    }
}

/// Shows what a [`WireResponse`] shows: never the body.
impl<R> fmt::Debug for MockResponse<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_wire_response().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_types::KsHeader;

    fn body(response: impl Into<WireResponse>) -> String {
        String::from_utf8(response.into().body().to_vec()).unwrap()
    }

    #[test]
    fn a_generated_ks_is_well_formed_and_unique() {
        let partner = PartnerId::new(1_234_567);
        let (one, two) = (generate_ks(partner), generate_ks(partner));
        assert_ne!(one, two);
        assert!(Ks::looks_like_ks(one.expose()));
        assert_eq!(KsHeader::parse(&one).unwrap().partner_id(), partner);
    }

    #[test]
    fn headers_contain_the_server_time() {
        let time = UnixTime::from_seconds(1_800_000_000);
        let response: WireResponse = null().at(time).into();
        assert_eq!(response.server_time(), Some(time));
        assert_eq!(response.header("Date"), Some("Fri, 15 Jan 2027 08:00:00 GMT"));
        assert_eq!(response.header("X-Me"), Some("mock"));
        let cached: WireResponse = null().at(time).from_cache().into();
        assert_eq!(cached.header("X-Kaltura-Session"), None);
        assert_eq!(cached.server_time(), Some(time), "from Date");
    }

    #[test]
    fn fields_can_be_set_and_removed() {
        let response = json(serde_json::json!({"a": 1, "b": 2})).with_field("b", "x/y").without_field("a");
        assert_eq!(body(response), r#"{"b":"x/y"}"#);
        assert_eq!(body(null().with_field("a", 1)), "null");
    }

    #[test]
    fn an_explicit_expiry_replaces_a_relative_one() {
        let response = session(PartnerId::new(7)).at(UnixTime::from_seconds(5));
        assert!(body(response.clone().expires_in(10)).contains("\"expiry\":15"));
        assert!(body(response.clone().with_field("expiry", "soon")).contains("\"expiry\":\"soon\""));
        assert!(!body(response.without_field("expiry")).contains("expiry"));
    }

    #[test]
    fn wrapping_and_truncating_keep_status_and_headers() {
        let wrapped: Value = serde_json::from_str(&body(json(true).in_envelope())).unwrap();
        assert_eq!(wrapped, serde_json::json!({"result": true, "executionTime": 0.0046}));
        assert_eq!(body(json("four").truncated()), "\"fo");
        let html: WireResponse = json(1).header("content-type", "text/html").status(404).truncated().into();
        assert_eq!((html.status(), html.header("Content-Type")), (404, Some("text/html")));
    }

    #[test]
    fn debug_shows_no_body() {
        assert!(!format!("{:?}", json("hush")).contains("hush"));
    }
}
