//! A request as the mock received it, with its parameters read.

use std::fmt;

use kaltura_auth::WireRequest;
use kaltura_types::{Ks, Parameters};
use serde_json::Value;

use super::shown;

/// A request that the mock transport received.
///
/// `Debug` shows the parameters by name, secrets by a stand-in.
///
/// ```
/// # use kaltura_auth::{BlockingTransport as _, WireRequest};
/// # use kaltura_testing::mock::{MockTransport, answers};
/// let kaltura = MockTransport::new();
/// kaltura.expect("appToken.list").answer(answers::app_token_list([]));
/// # let body = br#"{"filter": {"statusEqual": 2}}"#;
/// # kaltura.send(WireRequest::new("https://example.com/", "appToken", "list", body))?;
/// // … what is tested calls …
/// let calls = kaltura.calls();
/// assert_eq!(calls[0].name(), "appToken.list");
/// assert_eq!(calls[0].parameter("filter.statusEqual").unwrap(), 2);
/// # Ok::<(), kaltura_auth::TransportError>(())
/// ```
#[derive(Clone)]
pub struct Call {
    name: String,
    request: WireRequest,
    parameters: Parameters,
    unreadable: Option<Unreadable>,
}

impl Call {
    pub(super) fn new(request: WireRequest) -> Self {
        let (parameters, unreadable) = match read(&request) {
            Ok(parameters) => (parameters, None),
            Err(unreadable) => (Parameters::new(), Some(unreadable)),
        };
        let name = format!("{}.{}", request.service(), request.action());
        Self { name, request, parameters, unreadable }
    }

    /// Service and action, such as `appToken.startSession`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters as the server would read them: none if it would not read the body. They may hold
    /// secrets.
    #[must_use]
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// A parameter by its path, such as `filter.statusEqual` or `objects.0.id`.
    #[must_use]
    pub fn parameter(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.parameters.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => value.get(part),
        })
    }

    /// The KS that the request carries.
    #[must_use]
    pub fn ks(&self) -> Option<Ks> {
        self.parameter("ks")?.as_str().map(Ks::new)
    }

    /// The request as it was sent: URL, headers, limits, bytes.
    #[must_use]
    pub const fn request(&self) -> &WireRequest {
        &self.request
    }

    /// Why the server would see no parameter at all.
    pub(super) const fn unreadable(&self) -> Option<&Unreadable> {
        self.unreadable.as_ref()
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        self.parameters.iter().flat_map(|(name, value)| shown::secrets_in(name, value)).collect()
    }

    pub(super) fn show(&self, path: &str, value: &Value) -> String {
        shown::value(path, value, &self.secrets())
    }
}

/// What the server reads of the body (wire contract, section 1.3): JSON, if the type is exactly that of JSON
/// in any case, and if it is an object.
fn read(request: &WireRequest) -> Result<Parameters, Unreadable> {
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(Unreadable::ContentType(request.content_type().to_owned()));
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(parameters)) => Ok(parameters),
        _ => Err(Unreadable::NoObject),
    }
}

/// Why the server would not read a body.
#[derive(Clone, Debug)]
pub(super) enum Unreadable {
    ContentType(String),
    NoObject,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType(sent) => write!(
                f,
                "its content type is {sent:?}, and the server reads JSON only as exactly \"application/json\""
            ),
            Self::NoObject => f.write_str("its body is no JSON object, and the server reads nothing else"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(unreadable) = &self.unreadable {
            write!(f, "\n    without readable parameters: {unreadable}")?;
        }
        let secrets = self.secrets();
        for (name, value) in &self.parameters {
            write!(f, "\n    {name} = {}", shown::value(name, value, &secrets))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(body: &str) -> Call {
        Call::new(WireRequest::new("https://example.com/", "appToken", "list", body))
    }

    #[test]
    fn parameters_are_found_by_their_path() {
        let call = call(r#"{"filter": {"idIn": ["a", "b"]}, "n": 0}"#);
        assert_eq!(call.parameter("filter.idIn.1").unwrap(), "b");
        assert_eq!(call.parameter("n").unwrap(), 0);
        for nowhere in ["", "filter.idIn.2", "filter.idIn.x", "n.n", "filter.", "N"] {
            assert!(call.parameter(nowhere).is_none(), "{nowhere}");
        }
    }

    #[test]
    fn a_body_that_the_server_would_not_read_has_no_parameters() {
        let request = WireRequest::new("https://example.com/", "s", "a", r#"{"id": 1}"#);
        let charset = Call::new(request.clone().with_content_type("application/json; charset=utf-8"));
        assert!(charset.parameter("id").is_none());
        assert!(charset.to_string().contains("exactly \"application/json\""), "{charset}");
        assert!(Call::new(request.with_content_type("Application/JSON")).parameter("id").is_some());
        assert!(call("[1]").to_string().contains("no JSON object"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let call = call(r#"{"ks": "hush", "id": "0_a"}"#);
        let shown = format!("{call:?}");
        assert!(shown.contains("id = \"0_a\"") && !shown.contains("hush"), "{shown}");
        assert_eq!(call.ks().unwrap().expose(), "hush");
    }
}
