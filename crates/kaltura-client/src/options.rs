//! What one call wants differently from the others.

use std::time::Duration;

use kaltura_types::{Ks, Parameters, PartnerId};
use serde_json::Value;

/// What one call wants differently from the others of its client.
///
/// ```
/// # use kaltura_client::CallOptions; use std::time::Duration;
/// let options = CallOptions::new().timeout(Duration::from_secs(5)).repeatable();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until a call takes them"]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) partner: Option<PartnerId>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) max_response_bytes: Option<u64>,
    pub(crate) ks: SentKs,
    pub(crate) nocache: bool,
    pub(crate) repeatable: bool,
}

/// Which KS goes with a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum SentKs {
    /// That of the client's own session, unless the call has one among its parameters.
    #[default]
    Session,
    /// This one.
    Given(Ks),
    /// None, unless the call has one among its parameters.
    None,
}

impl SentKs {
    /// Puts a given KS into the parameters, and tells whether the client's session goes with the call.
    ///
    /// An empty KS is none to the server, and is not sent.
    pub(crate) fn put_into(&self, parameters: &mut Parameters) -> bool {
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
    /// As usual.
    pub const fn new() -> Self {
        Self {
            timeout: None,
            partner: None,
            headers: Vec::new(),
            max_response_bytes: None,
            ks: SentKs::Session,
            nocache: false,
            repeatable: false,
        }
    }

    /// How long the caller waits, for a session, for retries and for the answer together. A login under way is
    /// not given up for it: others may wait for the same one.
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Acts for another partner, which the session's partner must be allowed to (wire contract, section 1.4).
    pub const fn partner(mut self, partner: PartnerId) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Adds a header. No secret belongs into one.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How many bytes the answer may have; 16 MiB if not said.
    pub const fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }

    /// Sends this KS instead of the client's session. If the server refuses it, that is the caller's to mend.
    pub fn ks(mut self, ks: Ks) -> Self {
        self.ks = SentKs::Given(ks);
        self
    }

    /// Sends no KS, and asks for no session.
    pub fn anonymous(mut self) -> Self {
        self.ks = SentKs::None;
        self
    }

    /// Asks for an answer that does not come from the server's response cache (wire contract, section 1.4).
    pub const fn nocache(mut self) -> Self {
        self.nocache = true;
        self
    }

    /// Says that it does no harm if the server does this twice. Then it is sent again also where the first time
    /// may have got through: after a broken connection, a time limit, or an HTTP status from 500.
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_ks_is_none_and_is_not_sent() {
        let with = |sent: &SentKs, parameters: Value| {
            let Value::Object(mut parameters) = parameters else { panic!("an object") };
            let wants_session = sent.put_into(&mut parameters);
            (wants_session, parameters.get("ks").cloned())
        };
        for empty in [json!({"ks": ""}), json!({"ks": null})] {
            assert_eq!(with(&SentKs::Session, empty), (false, None));
        }
        assert_eq!(with(&SentKs::Given(Ks::new("")), json!({})), (false, None));
        assert_eq!(with(&SentKs::Given(Ks::new("k")), json!({"ks": "p"})), (false, Some("k".into())));
        assert_eq!(with(&SentKs::Session, json!({"ks": "p"})), (false, Some("p".into())));
        assert_eq!(with(&SentKs::Session, json!({})), (true, None));
        assert_eq!(with(&SentKs::None, json!({})), (false, None));
    }
}
