//! A request that is shown and not sent: its secrets are masked, or taken from variables.

use std::fmt::Write as _;

use kaltura_auth::{CLIENT_TAG, ServiceUrl};
use kaltura_types::Parameters;
use serde::Serialize;
use serde_json::Value;

use super::action_name::ActionName;
use crate::config::SecretVariable;
use crate::error::Failure;
use crate::output;
use crate::output::Ui;
use crate::redaction::{MASK, replaced};

/// What ends the text that curl reads.
const END: &str = "KALTURA_REQUEST";

/// The request, with its secrets masked.
#[derive(Serialize)]
pub(in crate::commands) struct ShownRequest {
    method: &'static str,
    url: String,
    #[serde(rename = "contentType")]
    content_type: &'static str,
    body: Value,
    /// The body with variables of the shell in the place of secrets, and their names in order.
    #[serde(skip)]
    script: (String, Vec<String>),
}

impl ShownRequest {
    /// What stands for the session, wherever one goes.
    pub(in crate::commands) const SESSION: &str = "(session)";

    /// What would be sent to call an action. `with_session` is whether the session of the call goes with it, unless
    /// there is one among the parameters.
    pub(super) fn of_action(
        service_url: &ServiceUrl,
        action: &ActionName,
        mut parameters: Parameters,
        with_session: bool,
    ) -> Self {
        parameters.insert("clientTag".to_owned(), CLIENT_TAG.into());
        if with_session && !parameters.contains_key("ks") {
            parameters.insert("ks".to_owned(), Self::SESSION.into());
        }
        parameters.insert("format".to_owned(), 1.into());
        Self::new(service_url.action_url(action.service(), action.action()), Value::Object(parameters))
    }

    /// A request with this body.
    pub(in crate::commands) fn new(url: String, body: Value) -> Self {
        let mut variables: Vec<String> = Vec::new();
        let named = replaced(&body, &mut Vec::new(), &mut |path, value| {
            if value == Self::SESSION {
                if !variables.iter().any(|name| name == SecretVariable::KS) {
                    variables.push(SecretVariable::KS.to_owned());
                }
                return mark(SecretVariable::KS);
            }
            let mut name = variable(path);
            while variables.contains(&name) {
                name.push('_');
            }
            let mark = mark(&name);
            variables.push(name);
            mark
        });
        Self {
            method: "POST",
            url,
            content_type: "application/json",
            body: replaced(&body, &mut Vec::new(), &mut |_, _| MASK.to_owned()),
            script: (with_variables(&named.to_string(), &variables), variables),
        }
    }

    /// Prints it: as a command of curl, or with its secrets masked.
    pub(in crate::commands) fn print(&self, ui: &Ui, as_curl: bool, json: bool) -> Result<(), Failure> {
        match (as_curl, json) {
            (true, _) => ui.print(&self.as_curl()),
            // A filter is for the answer, which this is not.
            (false, true) => ui.print(&output::json_line(self)),
            (false, false) => ui.print(&self.as_text()),
        }
    }

    fn as_text(&self) -> String {
        let Self { method, url, content_type, body, .. } = self;
        format!("{method} {url}\nContent-Type: {content_type}\n\n{body:#}\n")
    }

    /// A command for a shell. The body goes through a pipe, for everybody can read the arguments of curl.
    fn as_curl(&self) -> String {
        let (body, variables) = &self.script;
        let mut command = String::new();
        if !variables.is_empty() {
            let _ = writeln!(command, "# Needs {}.", variables.join(", "));
        }
        let _ = write!(
            command,
            "curl --silent --show-error '{}' \\\n  --header 'Content-Type: {}' \\\n  --data-binary @- <<{END}\n{body}\n{END}\n",
            // A quote in the path would end the word.
            self.url.replace('\'', "%27"),
            self.content_type,
        );
        command
    }
}

/// What stands for a variable until the text is made.
fn mark(name: &str) -> String {
    format!("\0{name}\0")
}

/// The variable that holds the secret at the end of a path.
fn variable(path: &[String]) -> String {
    if path == ["ks"] {
        return SecretVariable::KS.to_owned();
    }
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("KALTURA_{}", path.join("_").chars().map(letter).collect::<String>())
}

/// The JSON as a text in which the shell fills in the variables, and changes nothing else. The marks stand
/// where a NUL stood, which JSON writes as `\u0000`.
fn with_variables(json: &str, variables: &[String]) -> String {
    let mut text = json.replace('\\', "\\\\").replace('$', "\\$").replace('`', "\\`");
    for name in variables {
        text = text.replace(&format!("\\\\u0000{name}\\\\u0000"), &format!("${{{name}}}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";

    fn shown(parameters: Value) -> ShownRequest {
        let Value::Object(parameters) = parameters else { panic!("no object") };
        ShownRequest::of_action(&ServiceUrl::US, &"media.list".parse().unwrap(), parameters, true)
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let request = shown(json!({
            "ks": "hush", "user": { "password": "hush", "name": "x" }, "list": [{ "Secret": 5 }, KS], "note": KS,
        }));
        let expected = json!({
            "ks": MASK, "user": { "password": MASK, "name": "x" }, "list": [{ "Secret": MASK }, MASK],
            "note": MASK, "clientTag": CLIENT_TAG, "format": 1,
        });
        assert_eq!(request.body, expected);
        for text in [request.as_text(), request.as_curl()] {
            assert!(!text.contains("hush") && !text.contains(&KS[..12]), "{text}");
        }
    }

    #[test]
    fn in_curl_each_secret_is_a_variable() {
        let curl = shown(json!({ "appToken": { "token": "a" }, "list": [KS] })).as_curl();
        assert!(curl.starts_with("# Needs KALTURA_APPTOKEN_TOKEN, KALTURA_LIST_0, KALTURA_KS.\n"), "{curl}");
        for part in
            ["{\"token\":\"${KALTURA_APPTOKEN_TOKEN}\"}", "[\"${KALTURA_LIST_0}\"]", "\"${KALTURA_KS}\""]
        {
            assert!(curl.contains(part), "{part} is not in {curl}");
        }
    }

    #[test]
    fn no_two_secrets_share_a_variable() {
        let curl = shown(json!({ "a": { "token": "x" }, "a_token": KS })).as_curl();
        assert!(curl.starts_with("# Needs KALTURA_A_TOKEN, KALTURA_A_TOKEN_, KALTURA_KS.\n"), "{curl}");
        assert!(curl.contains("\"a_token\":\"${KALTURA_A_TOKEN_}\""), "{curl}");
    }

    #[test]
    fn the_shell_changes_nothing_else() {
        let text = with_variables(&json!("a\\b$c`d`\"e\n").to_string(), &[]);
        assert_eq!(text, r#""a\\\\b\$c\`d\`\\"e\\n""#);
    }
}
