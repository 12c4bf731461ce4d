//! An answer in the making.

use std::time::{Duration, UNIX_EPOCH};

use kaltura_auth::WireResponse;
use kaltura_types::UnixTime;
use serde_json::{Map, Value};

use super::SERVER_TIME;
use crate::php_json;

/// An answer that can still be changed; it becomes a [`WireResponse`] by `into`.
///
/// `R` is what it answers with: it gives an answer further methods, such as those of
/// [`SessionResult`](super::SessionResult).
///
/// ```
/// # use kaltura_auth::WireResponse; use kaltura_testing::mock::answers; use kaltura_types::PartnerId;
/// let answer = answers::session(PartnerId::new(1234567)).user("alice").expires_in(-1).header("X-Me", "front-7");
/// let response: WireResponse = answer.into();
/// assert_eq!(response.header("X-Me"), Some("front-7"));
/// ```
#[derive(Clone)]
#[must_use = "an answer does nothing until it is given"]
pub struct Answer<R = AnyResult> {
    result: R,
    status: u16,
    body: Body,
    at: UnixTime,
    by_kaltura: bool,
    headers: Vec<(String, String)>,
    /// A member that tells the end of a session, in seconds after the answer.
    expires_in: Option<Relative>,
}

/// What an [`Answer`] has that needs no methods of its own.
#[derive(Clone, Copy, Debug)]
pub struct AnyResult(pub(super) ());

#[derive(Clone)]
enum Body {
    Json(Value),
    Bytes(Vec<u8>),
}

#[derive(Clone, Copy)]
struct Relative {
    seconds: i64,
    as_text: bool,
}

impl<R> Answer<R> {
    /// What the server's clock shows, in the headers `Date` and `X-Kaltura-Session`; by default
    /// [`SERVER_TIME`]. An expiry that was said as a duration counts from here.
    pub const fn at(mut self, time: UnixTime) -> Self {
        self.at = time;
        self
    }

    /// The HTTP status. Kaltura itself answers with 200, errors too (wire contract, section 2.1).
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets a header, in place of one of the same name; an empty value takes that one away. Only those that a
    /// [`WireResponse`] keeps arrive.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a member of the object that is answered with. A null is left out, as the server does it.
    ///
    /// An answer that is no object stays as it is.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        if member == "expiry" {
            self.expires_in = None;
        }
        self.set(member, value.into());
        self
    }

    /// Leaves a member of the object out.
    pub fn without(self, member: &str) -> Self {
        self.with(member, Value::Null)
    }

    /// Comes from the server's cache: without `X-Kaltura-Session`, and so without the exact time of the
    /// server (wire contract, section 2.1).
    pub fn from_cache(self) -> Self {
        self.header("X-Kaltura", "cached-dispatcher,0123456789abcdef,0.002").header("X-Kaltura-Session", "")
    }

    /// In an envelope, `{"result": …, "executionTime": …}`, as other Kalturas than this API send it.
    pub fn in_envelope(self) -> Answer {
        let result = self.result_value();
        let wrapped = serde_json::json!({ "result": result, "executionTime": 0.0046 });
        self.replaced(Body::Json(wrapped))
    }

    /// Cut off in the middle of its body, as if it were complete.
    pub fn cut(self) -> Answer {
        let mut bytes = self.bytes();
        bytes.truncate(bytes.len() / 2);
        self.replaced(Body::Bytes(bytes))
    }

    pub(super) fn of_json(result: R, value: Value) -> Self {
        Self::new(result, Body::Json(value), "application/json", true)
    }

    pub(super) fn of_bytes(result: R, body: impl Into<Vec<u8>>, content_type: &str) -> Self {
        Self::new(result, Body::Bytes(body.into()), content_type, true)
    }

    /// Something between here and Kaltura says it.
    pub(super) fn by_another(mut self) -> Self {
        self.by_kaltura = false;
        self
    }

    pub(super) fn set(&mut self, member: &str, value: Value) {
        if let Body::Json(Value::Object(members)) = &mut self.body {
            members.insert(member.to_owned(), value);
        }
    }

    pub(super) fn set_expiry_in(&mut self, seconds: i64, as_text: bool) {
        self.expires_in = Some(Relative { seconds, as_text });
    }

    pub(super) const fn result(&self) -> &R {
        &self.result
    }

    /// The JSON that is answered with; null if it is none.
    pub(super) fn result_value(&self) -> Value {
        let Body::Json(value) = &self.body else { return Value::Null };
        let mut value = value.clone();
        if let Value::Object(members) = &mut value {
            if let Some(Relative { seconds, as_text }) = self.expires_in {
                let expiry = self.at.plus_seconds(seconds).as_seconds();
                members.insert(
                    "expiry".to_owned(),
                    if as_text { expiry.to_string().into() } else { expiry.into() },
                );
            }
            in_the_servers_order(members);
        }
        value
    }

    fn new(result: R, body: Body, content_type: &str, by_kaltura: bool) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self { result, status: 200, body, at: SERVER_TIME, by_kaltura, headers, expires_in: None }
    }

    fn replaced(self, body: Body) -> Answer {
        let Self { status, at, by_kaltura, headers, .. } = self;
        Answer { result: AnyResult(()), status, body, at, by_kaltura, headers, expires_in: None }
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Body::Json(_) => php_json::respell(&self.result_value().to_string()).into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
        }
    }

    fn response(&self) -> WireResponse {
        let seconds = self.at.as_seconds();
        let date = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        let mut standing = vec![("Date", httpdate::fmt_http_date(date))];
        if self.by_kaltura {
            standing.push(("X-Me", "mock".to_owned()));
            standing.push(("X-Kaltura-Session", format!("1121307854, {seconds}")));
        }
        let standing = standing
            .into_iter()
            .filter(|(name, _)| !self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        standing
            .chain(own)
            .filter(|(_, value)| !value.is_empty())
            .fold(WireResponse::new(self.status, self.bytes()), |response, (name, value)| {
                response.with_header(name, value)
            })
    }
}

/// Nulls are left out, and `objectType` comes last, but in an error (wire contract, sections 2.2 and 2.3).
fn in_the_servers_order(members: &mut Map<String, Value>) {
    members.retain(|_, value| !value.is_null());
    if !members.contains_key("code")
        && let Some(object_type) = members.shift_remove("objectType")
    {
        members.insert("objectType".to_owned(), object_type);
    }
}

impl<R> From<Answer<R>> for WireResponse {
    fn from(answer: Answer<R>) -> Self {
        answer.response()
    }
}

/// Shows what a [`WireResponse`] shows: never the body.
impl<R> std::fmt::Debug for Answer<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.response().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{json, null, session};
    use super::*;
    use kaltura_types::PartnerId;

    fn body(answer: impl Into<WireResponse>) -> String {
        String::from_utf8(answer.into().body().to_vec()).unwrap()
    }

    #[test]
    fn the_headers_tell_the_servers_time() {
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
    fn members_can_be_changed_and_left_out() {
        let answer = json(serde_json::json!({"a": 1, "objectType": "O"})).with("b", "x/y").without("a");
        assert_eq!(body(answer), r#"{"b":"x\/y","objectType":"O"}"#);
        assert_eq!(body(null().with("a", 1)), "null");
    }

    #[test]
    fn an_expiry_that_is_set_stays() {
        let answer = session(PartnerId::new(7)).at(UnixTime::from_seconds(5));
        assert!(body(answer.clone().expires_in(10)).contains("\"expiry\":15"));
        assert!(body(answer.clone().with("expiry", "soon")).contains("\"expiry\":\"soon\""));
        assert!(!body(answer.without("expiry")).contains("expiry"));
    }

    #[test]
    fn an_answer_is_wrapped_and_cut_as_it_is() {
        assert_eq!(body(json(true).in_envelope()), r#"{"result":true,"executionTime":0.0046}"#);
        assert_eq!(body(json("four").cut()), "\"fo");
        let odd: WireResponse = json(1).header("content-type", "text/html").status(404).cut().into();
        assert_eq!((odd.status(), odd.header("Content-Type")), (404, Some("text/html")));
    }

    #[test]
    fn debug_shows_no_body() {
        assert!(!format!("{:?}", json("hush")).contains("hush"));
    }
}
