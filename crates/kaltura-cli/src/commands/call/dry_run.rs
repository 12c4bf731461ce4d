//! A request that is printed and not sent: with its secrets masked, or as a command of curl that takes them from
//! variables.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kaltura_auth::{ServiceUrl, TransportError, TransportErrorKind, transport_fn};
use kaltura_client::{CallOptions, Client, Error, RetryPolicy};
use kaltura_types::{Ks, is_secret_name};
use serde_json::{Map, Value, json};

use crate::args::client_without_session;
use crate::commands::completions::Shell;
use crate::config::SecretVariable;
use crate::error::{ExitCode, Failure};
use crate::output::{self, Ui};
use crate::redaction::{MASK, looks_like_a_secret};
use crate::signals;

/// The KS in a captured request, in the place of that of a login.
const SESSION: &str = "(session)";
/// The line that ends the body in a command of curl.
const END: &str = "KALTURA_REQUEST";

/// A request that was made by the client, and captured instead of sent.
pub(in crate::commands) struct DryRun {
    url: String,
    body: Value,
    /// The files by the names of their parts. The request is then a form, and the body its part `json`.
    files: Vec<(String, PathBuf)>,
}

impl DryRun {
    /// Captures the request that `call` makes.
    pub(in crate::commands) fn capture<T>(
        ui: &Ui,
        service_url: &ServiceUrl,
        with_session: bool,
        call: impl AsyncFnOnce(&Client, &CallOptions) -> Result<T, Error>,
    ) -> Result<Self, Failure> {
        let captured = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&captured);
        let transport = transport_fn(move |request| {
            let body = serde_json::from_slice(request.body()).unwrap_or_default();
            let request = Self { url: request.url().to_owned(), body, files: Vec::new() };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
            async { Err(TransportError::new(TransportErrorKind::Build, "nothing is sent")) }
        });
        let client = client_without_session(service_url, transport).retry(RetryPolicy::never()).build();
        let options = CallOptions::new();
        let options = if with_session { options.ks(Ks::new(SESSION)) } else { options.anonymous() };
        let outcome = signals::run(ui, async { Ok(call(&client, &options).await) })?;
        let captured = captured.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (captured, outcome) {
            (Some(request), _) => Ok(request),
            // The client refuses the request.
            (None, Err(error)) => Err(error.into()),
            (None, Ok(_)) => {
                Err(Failure::new(ExitCode::Usage, "there are no calls, so no request would be sent"))
            }
        }
    }

    pub(super) fn with_files(mut self, files: Vec<(String, PathBuf)>) -> Self {
        self.files = files;
        self
    }

    /// Prints it: as a command of curl, or with its secrets masked.
    pub(in crate::commands) fn print(&self, ui: &Ui, as_curl: bool) -> Result<(), Failure> {
        if as_curl {
            return ui.print(&self.as_curl());
        }
        let masked = masked(&self.body, &mut |_, _| MASK.into());
        let (url, content_type) = (&self.url, self.content_type());
        let files = || self.files.iter().map(|(name, path)| (name, path.display().to_string()));
        // A filter is for answers, and this is none.
        if ui.json {
            let mut shown =
                json!({ "method": "POST", "url": url, "contentType": content_type, "body": masked });
            if !self.files.is_empty() {
                shown["files"] =
                    files().map(|(name, path)| (name.clone(), path.into())).collect::<Map<_, _>>().into();
            }
            return ui.print(&output::json_line(&shown));
        }
        let mut text = format!("POST {url}\nContent-Type: {content_type}\n\n{masked:#}\n");
        for (name, path) in files() {
            let _ = writeln!(text, "{name}: the file {path}");
        }
        ui.print(&text)
    }

    const fn content_type(&self) -> &'static str {
        if self.files.is_empty() { "application/json" } else { "multipart/form-data" }
    }

    /// A command for a shell. The body goes through a pipe, since others can read the arguments of curl.
    fn as_curl(&self) -> String {
        let mut variables = Variables::default();
        let body = masked(&self.body, &mut |path, value| variables.mark(path, value));
        let body = variables.expand(&body.to_string());
        let mut command = String::new();
        if !variables.0.is_empty() {
            let names: Vec<&str> = variables.0.iter().map(|variable| variable.name.as_str()).collect();
            let _ = writeln!(command, "# Needs {}.", names.join(", "));
        }
        let _ = writeln!(command, "curl --silent --show-error {} \\", quoted(&self.url));
        if self.files.is_empty() {
            command += "  --header 'Content-Type: application/json' \\\n  --data-binary @- ";
        } else {
            for (name, path) in &self.files {
                let path = path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
                let _ = writeln!(command, "  --form {} \\", quoted(&format!("{name}=@\"{path}\"")));
            }
            command += "  --form 'json=<-' ";
        }
        let _ = writeln!(command, "<<{END}\n{body}\n{END}");
        command
    }
}

fn quoted(text: &str) -> String {
    Shell::Bash.quoted(text)
}

/// The value, with something else in the place of each secret. A reference to the result of an earlier call is none,
/// whatever its name.
fn masked(value: &Value, mask: &mut impl FnMut(&[String], &Value) -> Value) -> Value {
    masked_at(value, &mut Vec::new(), false, mask)
}

fn masked_at(
    value: &Value,
    path: &mut Vec<String>,
    is_secret: bool,
    mask: &mut impl FnMut(&[String], &Value) -> Value,
) -> Value {
    let mut inside = |name: &str, member: &Value, is_secret: bool| {
        path.push(name.to_owned());
        let member = masked_at(member, path, is_secret, mask);
        path.pop();
        member
    };
    match value {
        Value::Object(members) => {
            let member = |(name, member): (&String, &Value)| {
                (name.clone(), inside(name, member, is_secret_name(name)))
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(items) => {
            let item = |(index, item): (usize, &Value)| inside(&index.to_string(), item, is_secret);
            Value::Array(items.iter().enumerate().map(item).collect())
        }
        Value::String(text) if is_reference(text) => value.clone(),
        Value::String(text) if is_secret || looks_like_a_secret(text) => mask(path, value),
        Value::Number(_) if is_secret => mask(path, value),
        other => other.clone(),
    }
}

/// Whether the server reads a text as a reference, such as `{1:result:objects:0:id}`. The client refuses other texts
/// that contain one.
fn is_reference(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.and_then(|text| text.split_once(":result")).is_some_and(|(number, path)| {
        number.bytes().all(|byte| byte.is_ascii_digit()) && (path.is_empty() || path.starts_with(':'))
    })
}

/// The variables of a command, which contain the secrets.
#[derive(Default)]
struct Variables(Vec<Variable>);

struct Variable {
    name: String,
    /// Whether it stands for a number, which has no quotes in JSON.
    is_number: bool,
}

impl Variables {
    /// A text in the place of the secret at the end of this path, until [`expand`](Self::expand).
    fn mark(&mut self, path: &[String], value: &Value) -> Value {
        let is_session = value == SESSION;
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let mut name = match path {
            _ if is_session => SecretVariable::KS.to_owned(),
            [ks] if ks == "ks" => SecretVariable::KS.to_owned(),
            path => format!("KALTURA_{}", path.join("_").chars().map(letter).collect::<String>()),
        };
        if !is_session || self.0.iter().all(|known| known.name != name) {
            while self.0.iter().any(|known| known.name == name) {
                name.push('_');
            }
            self.0.push(Variable { name: name.clone(), is_number: value.is_number() });
        }
        format!("\0{name}\0").into()
    }

    /// The JSON as a text in which the shell expands the variables, and nothing else. Where a NUL was, JSON has
    /// `\u0000`.
    fn expand(&self, json: &str) -> String {
        let mut text = json.replace('\\', "\\\\").replace('$', "\\$").replace('`', "\\`");
        for Variable { name, is_number } in &self.0 {
            let quote = if *is_number { "\"" } else { "" };
            text = text.replace(&format!("{quote}\\\\u0000{name}\\\\u0000{quote}"), &format!("${{{name}}}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

    fn request(body: Value) -> DryRun {
        DryRun { url: "https://example.com/x?format=1".to_owned(), body, files: Vec::new() }
    }

    fn mask_all(body: &Value) -> Value {
        masked(body, &mut |_, _| MASK.into())
    }

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let body = json!({
            "ks": "hush", "user": { "password": "hush", "name": "x" }, "list": [{ "Secret": 5 }, KS], "note": KS,
            "tokens": ["hush", 7], "useToken": true, "appToken": { "id": "0_a" },
        });
        let expected = json!({
            "ks": MASK, "user": { "password": MASK, "name": "x" }, "list": [{ "Secret": MASK }, MASK], "note": MASK,
            "tokens": [MASK, MASK], "useToken": true, "appToken": { "id": "0_a" },
        });
        assert_eq!(mask_all(&body), expected);
        let curl = request(body).as_curl();
        assert!(!curl.contains("hush") && !curl.contains(&KS[..12]), "{curl}");
    }

    #[test]
    fn a_reference_is_not_masked() {
        let body = json!({
            "1": { "ks": SESSION }, "2": { "ks": "{1:result}", "token": "{1:result:objects:0:token}", "tokens": ["{12:result:id}"] },
        });
        let mut expected = body.clone();
        expected["1"]["ks"] = MASK.into();
        assert_eq!(mask_all(&body), expected);
        let curl = request(body).as_curl();
        assert!(curl.starts_with("# Needs KALTURA_KS.\n"), "{curl}");
        assert!(curl.contains("\"token\":\"{1:result:objects:0:token}\""), "{curl}");
        for text in ["{1:result:id} x", "{a:result:id}", "{1:results}", "1:result", "{1:result"] {
            assert_eq!(mask_all(&json!({ "token": text })), json!({ "token": MASK }), "{text}");
        }
    }

    #[test]
    fn in_curl_each_secret_is_a_variable_of_its_own() {
        let body = json!({
            "appToken": { "token": "a" }, "appToken_token": KS, "list": [KS], "otp": 5, "ks": SESSION,
            "x": { "ks": SESSION },
        });
        let curl = request(body).as_curl();
        let names =
            "KALTURA_APPTOKEN_TOKEN, KALTURA_APPTOKEN_TOKEN_, KALTURA_LIST_0, KALTURA_OTP, KALTURA_KS";
        assert!(curl.starts_with(&format!("# Needs {names}.\n")), "{curl}");
        for part in [
            "{\"token\":\"${KALTURA_APPTOKEN_TOKEN}\"}",
            "\"appToken_token\":\"${KALTURA_APPTOKEN_TOKEN_}\"",
            "[\"${KALTURA_LIST_0}\"]",
            "\"otp\":${KALTURA_OTP},",
            "\"ks\":\"${KALTURA_KS}\",\"x\":{\"ks\":\"${KALTURA_KS}\"}",
        ] {
            assert!(curl.contains(part), "{part} is not in {curl}");
        }
    }

    #[test]
    fn the_shell_expands_nothing_else() {
        let text = Variables::default().expand(&json!("a\\b$c`d`\"e\n").to_string());
        assert_eq!(text, r#""a\\\\b\$c\`d\`\\"e\\n""#);
    }

    #[test]
    fn a_file_is_a_part_of_a_form() {
        let files = vec![("fileData".to_owned(), PathBuf::from("it's \"a\".mp4"))];
        let curl = request(json!({ "ks": SESSION })).with_files(files).as_curl();
        assert!(
            curl.contains("  --form 'fileData=@\"it'\\''s \\\"a\\\".mp4\"' \\\n  --form 'json=<-' <<"),
            "{curl}"
        );
    }
}
