//! Options of a single call.

use std::fmt;
use std::time::Duration;

use kaltura_types::{Ks, Parameters, PartnerId};
use serde_json::Value;

/// Options of a single call.
///
/// `Debug` shows the names of the headers, not their values.
///
/// ```
/// # use kaltura_client::CallOptions; use std::time::Duration;
/// let options = CallOptions::new().timeout(Duration::from_secs(5)).repeatable(true);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "options do nothing until a call takes them"]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) partner: Option<PartnerId>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) max_response_bytes: Option<u64>,
    pub(crate) ks: KsChoice,
    pub(crate) nocache: bool,
    pub(crate) repeatable: Option<bool>,
    /// The timeout of each request, instead of the client's; never less than that.
    pub(crate) min_request_timeout: Option<Duration>,
}

/// Which KS is sent with a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum KsChoice {
    /// The KS of the client's session, unless the call's parameters contain one.
    #[default]
    Session,
    /// This KS.
    Given(Ks),
    /// No KS, unless the call's parameters contain one.
    Anonymous,
}

impl KsChoice {
    /// Inserts a given KS into the parameters. Returns whether the client's session is to be sent.
    ///
    /// An empty KS is removed: the server takes it for none.
    pub(crate) fn insert_into(&self, parameters: &mut Parameters) -> bool {
        if let Self::Given(ks) = self {
            parameters.insert("ks".to_owned(), ks.expose().into());
        }
        match parameters.get("ks") {
            Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(_) => return false,
            None => return *self == Self::Session,
        }
        parameters.remove("ks");
        false
    }
}

impl CallOptions {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            timeout: None,
            partner: None,
            headers: Vec::new(),
            max_response_bytes: None,
            ks: KsChoice::Session,
            nocache: false,
            repeatable: None,
            min_request_timeout: None,
        }
    }

    /// Sets the timeout of the whole call: waiting for a session, retries and the response. It does not cancel a login
    /// in progress, since other calls may wait for it.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Acts for another partner. The session's partner must be allowed to do so (wire contract, section 1.4).
    pub const fn partner(mut self, partner: PartnerId) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Adds a header. It must not contain a secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the maximum size of the response in bytes. The default is 16 MiB.
    pub const fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }

    /// Sends this KS instead of the client's session. The client does not replace it if the server refuses it.
    pub fn ks(mut self, ks: Ks) -> Self {
        self.ks = KsChoice::Given(ks);
        self
    }

    /// Sends no KS, and needs no session.
    pub fn anonymous(mut self) -> Self {
        self.ks = KsChoice::Anonymous;
        self
    }

    /// Bypasses the server's response cache (wire contract, section 1.4).
    pub const fn nocache(mut self) -> Self {
        self.nocache = true;
        self
    }

    /// Sets whether the call is repeatable: executing it twice has the same effect as once. A repeatable call is also
    /// retried if the server may already have executed it: after a broken connection, a timeout, or an HTTP status from
    /// 500. The default is what the action says ([`Action::is_repeatable`](kaltura_types::Action::is_repeatable));
    /// reading actions are repeatable. A multirequest is repeatable if all its calls are.
    pub const fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// Allows each request at least this time, even if the client's own timeout is shorter.
    pub(crate) const fn min_request_timeout(mut self, timeout: Duration) -> Self {
        self.min_request_timeout = Some(timeout);
        self
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            timeout,
            min_request_timeout: _,
            partner,
            headers,
            max_response_bytes,
            ks,
            nocache,
            repeatable,
        } = self;
        let headers: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("CallOptions")
            .field("timeout", timeout)
            .field("partner", partner)
            .field("headers", &headers)
            .field("max_response_bytes", max_response_bytes)
            .field("ks", ks)
            .field("nocache", nocache)
            .field("repeatable", repeatable)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn debug_shows_no_header_value() {
        let shown = format!("{:?}", CallOptions::new().header("X-Note", "hush").ks(Ks::new("hush")));
        assert!(shown.contains("X-Note") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn an_empty_ks_is_not_sent() {
        let with = |choice: &KsChoice, parameters: Value| {
            let Value::Object(mut parameters) = parameters else { panic!("an object") };
            let needs_session = choice.insert_into(&mut parameters);
            (needs_session, parameters.get("ks").cloned())
        };
        for empty in [json!({"ks": ""}), json!({"ks": null})] {
            assert_eq!(with(&KsChoice::Session, empty), (false, None));
        }
        assert_eq!(with(&KsChoice::Given(Ks::new("")), json!({})), (false, None));
        assert_eq!(with(&KsChoice::Given(Ks::new("k")), json!({"ks": "p"})), (false, Some("k".into())));
        assert_eq!(with(&KsChoice::Session, json!({"ks": "p"})), (false, Some("p".into())));
        assert_eq!(with(&KsChoice::Session, json!({})), (true, None));
        assert_eq!(with(&KsChoice::Anonymous, json!({})), (false, None));
    }
}
