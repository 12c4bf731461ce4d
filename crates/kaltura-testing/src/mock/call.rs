//! A received request, and its redacted form for reports.

use std::fmt;

use kaltura_auth::{KsLabel, WireRequest};
use kaltura_types::{FilePart, Ks, Parameters, is_secret_name, redact};
use serde_json::Value;

use super::form;

/// A request that the mock transport received.
///
/// `Debug` shows the parameters, with secrets redacted.
///
/// ```
/// # use kaltura_auth::{blocking::Transport as _, WireRequest};
/// # use kaltura_testing::mock::{MockTransport, responses};
/// let kaltura = MockTransport::new();
/// kaltura.expect("appToken.list").respond(responses::app_token_list([]));
/// # let body = br#"{"filter": {"statusEqual": 2}}"#;
/// # kaltura.send(WireRequest::new("https://example.com/", "appToken", "list", body))?;
/// // … the code under test sends requests …
/// let calls = kaltura.calls();
/// assert_eq!(calls[0].name(), "appToken.list");
/// assert_eq!(calls[0].param("filter.statusEqual").unwrap(), 2);
/// # Ok::<(), kaltura_auth::TransportError>(())
/// ```
#[derive(Clone)]
pub struct Call {
    name: String,
    request: WireRequest,
    params: Parameters,
    files: Vec<FilePart>,
    unreadable: Option<Unreadable>,
}

impl Call {
    pub(super) fn new(request: WireRequest) -> Self {
        let ((params, files), unreadable) = match read_params(&request) {
            Ok(read) => (read, None),
            Err(unreadable) => (Default::default(), Some(unreadable)),
        };
        let name = format!("{}.{}", request.service(), request.action());
        Self { name, request, params, files, unreadable }
    }

    /// Service and action, such as `appToken.startSession`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters as the server would read them; empty if it would not read the body. They may contain
    /// secrets.
    #[must_use]
    pub const fn params(&self) -> &Parameters {
        &self.params
    }

    /// A parameter by its path, such as `filter.statusEqual` or `objects.0.id`.
    #[must_use]
    pub fn param(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.params.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => value.get(part),
        })
    }

    /// The files in the request. Then all parameters that are no objects are texts.
    #[must_use]
    pub fn files(&self) -> &[FilePart] {
        &self.files
    }

    /// The KS in the request.
    #[must_use]
    pub fn ks(&self) -> Option<Ks> {
        self.param("ks")?.as_str().map(Ks::new)
    }

    /// The request as it was sent: URL, headers, limits, body.
    #[must_use]
    pub const fn request(&self) -> &WireRequest {
        &self.request
    }

    /// Why the server would read no parameters at all.
    pub(super) const fn unreadable(&self) -> Option<&Unreadable> {
        self.unreadable.as_ref()
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        self.params.iter().flat_map(|(name, value)| secrets_in(name, value)).collect()
    }

    pub(super) fn redacted(&self, path: &str, value: &Value) -> String {
        redacted(path, value, &self.secrets())
    }
}

/// The parameters that the server reads from the body (wire contract, section 1.3): a JSON object, if the
/// content type is exactly that of JSON, in any case; or a form with files.
fn read_params(request: &WireRequest) -> Result<(Parameters, Vec<FilePart>), Unreadable> {
    if form::is_form(request) {
        return form::read(request).ok_or(Unreadable::MalformedForm);
    }
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(Unreadable::ContentType(request.content_type().to_owned()));
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(params)) => Ok((params, Vec::new())),
        _ => Err(Unreadable::NotAnObject),
    }
}

/// Why the server would not read a body.
#[derive(Clone, Debug)]
pub(super) enum Unreadable {
    ContentType(String),
    NotAnObject,
    MalformedForm,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType(sent) => write!(
                f,
                "its content type is {sent:?}, and the server reads JSON only as exactly \"application/json\""
            ),
            Self::NotAnObject => f.write_str("its body is not a JSON object, so the server ignores it"),
            Self::MalformedForm => f.write_str("its body is not a complete multipart form"),
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
        for (name, value) in &self.params {
            write!(f, "\n    {name} = {}", redacted(name, value, &secrets))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The values of all secret parameters in `value`, to redact them wherever they occur.
pub(super) fn secrets_in(path: &str, value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if is_secret(path) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(|item| secrets_in(path, item)).collect(),
        Value::Object(fields) => fields.iter().flat_map(|(name, item)| secrets_in(name, item)).collect(),
        _ => Vec::new(),
    }
}

/// A parameter's value on one line, without secrets.
pub(super) fn redacted(path: &str, value: &Value, secrets: &[String]) -> String {
    match value {
        Value::String(secret) if is_secret(path) => placeholder(path, secret),
        _ => truncated(redacted_value(path, value, secrets).to_string()),
    }
}

/// A text that is not a parameter, such as a header, without secrets.
pub(super) fn redacted_text(text: &str, secrets: &[String]) -> String {
    truncated(format!("{:?}", without_secrets(text, secrets)))
}

fn redacted_value(path: &str, value: &Value, secrets: &[String]) -> Value {
    match value {
        Value::String(text) if is_secret(path) => placeholder(path, text).into(),
        Value::String(text) => without_secrets(text, secrets).into(),
        Value::Array(items) => items.iter().map(|item| redacted_value(path, item, secrets)).collect(),
        Value::Object(fields) => {
            let redact = |(name, item): (&String, _)| (name.clone(), redacted_value(name, item, secrets));
            Value::Object(fields.iter().map(redact).collect())
        }
        Value::Number(_) if is_secret(path) => "(redacted)".into(),
        _ => value.clone(),
    }
}

/// Whether a parameter is a secret, by its name.
fn is_secret(path: &str) -> bool {
    is_secret_name(name_of(path))
}

/// The name of a parameter: the last part of its path that is not an array index.
fn name_of(path: &str) -> &str {
    path.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or(path)
}

/// A text that distinguishes secrets without revealing them.
fn placeholder(path: &str, secret: &str) -> String {
    let characters = secret.chars().count();
    match name_of(path) {
        _ if secret.is_empty() => "\"\"".to_owned(),
        // `session` is the KS that `session.get` reads.
        "ks" | "session" => {
            let ks = Ks::new(secret);
            let label = KsLabel::new(&ks);
            match label.header() {
                Some(_) => label.to_string(),
                None => {
                    format!("(not a KS: {characters} characters, fingerprint {})", label.fingerprint())
                }
            }
        }
        _ => format!("({characters} characters, redacted)"),
    }
}

fn without_secrets(text: &str, secrets: &[String]) -> String {
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    redact(text, &secrets).into_owned()
}

/// Keeps reports readable: a value may be megabytes long.
fn truncated(text: String) -> String {
    const MAX_CHARACTERS: usize = 300;
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(body: &str) -> Call {
        Call::new(WireRequest::new("https://example.com/", "appToken", "list", body))
    }

    #[test]
    fn parameters_are_found_by_path() {
        let call = call(r#"{"filter": {"idIn": ["a", "b"]}, "n": 0}"#);
        assert_eq!(call.param("filter.idIn.1").unwrap(), "b");
        assert_eq!(call.param("n").unwrap(), 0);
        for absent in ["", "filter.idIn.2", "filter.idIn.x", "n.n", "filter.", "N"] {
            assert!(call.param(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn a_body_that_the_server_would_not_read_has_no_parameters() {
        let request = WireRequest::new("https://example.com/", "s", "a", r#"{"id": 1}"#);
        let charset = Call::new(request.clone().with_content_type("application/json; charset=utf-8"));
        assert!(charset.param("id").is_none());
        assert!(charset.to_string().contains("exactly \"application/json\""), "{charset}");
        assert!(Call::new(request.with_content_type("Application/JSON")).param("id").is_some());
        assert!(call("[1]").to_string().contains("not a JSON object"));
    }

    #[test]
    fn debug_redacts_secrets() {
        let call = call(r#"{"ks": "hush", "id": "0_a"}"#);
        let debug = format!("{call:?}");
        assert!(debug.contains("id = \"0_a\"") && !debug.contains("hush"), "{debug}");
        assert_eq!(call.ks().unwrap().expose(), "hush");
    }

    #[test]
    fn secrets_are_redacted_at_any_depth() {
        let parameters = json!({
            "ks": "hush-ks", "tokenHash": "hush-hash", "n": 1, "note": "it is hush-hash",
            "appToken": {"token": "hush-token", "description": "d"}, "list": [{"secret": 5}, {"secret": ["hush-s"]}],
        });
        let secrets = secrets_in("", &parameters);
        let redacted = redacted("", &parameters, &secrets);
        assert!(!redacted.contains("hush"), "{redacted}");
        for kept in ["\"n\":1", "\"description\":\"d\"", "9 characters, redacted", "it is (redacted)"] {
            assert!(redacted.contains(kept), "{kept} in {redacted}");
        }
        assert!(!redacted.contains(":5"), "{redacted}");
    }

    #[test]
    fn secrets_are_recognised_by_name_and_booleans_are_not_secret() {
        let parameters = json!({ "user": { "newPassword": "hush" }, "api_key": "hush", "useToken": true });
        let text = redacted("", &parameters, &[]);
        assert!(!text.contains("hush") && text.contains("\"useToken\":true"), "{text}");
        assert_eq!(redacted("user.tokens.0", &"hush".into(), &[]), "(4 characters, redacted)");
    }

    #[test]
    fn a_ks_is_shown_by_its_public_properties() {
        let ks = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
        assert_eq!(redacted("ks", &ks.into(), &[]), "KS v2 of partner 1234567, fingerprint 56ffe41d");
        let not_a_ks = redacted("a.session", &"hush".into(), &[]);
        assert!(not_a_ks.starts_with("(not a KS: 4 characters, fingerprint "), "{not_a_ks}");
        assert_eq!(redacted("ks", &"".into(), &[]), "\"\"");
    }

    #[test]
    fn a_long_value_is_truncated() {
        let text = redacted("note", &"ä".repeat(1000).into(), &[]);
        assert!(text.ends_with("ä… (1002 characters)"), "{text}");
    }
}
