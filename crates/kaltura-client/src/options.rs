//! What one call wants differently from the others.

use std::time::Duration;

use kaltura_types::PartnerId;

/// What one call wants differently from the others of its client.
///
/// ```
/// # use kaltura_client::CallOptions; use std::time::Duration;
/// let options = CallOptions::new().time_limit(Duration::from_secs(5)).repeatable();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until a call takes them"]
pub struct CallOptions {
    pub(crate) time_limit: Option<Duration>,
    pub(crate) partner: Option<PartnerId>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) max_response_bytes: Option<u64>,
    pub(crate) anonymous: bool,
    pub(crate) repeatable: bool,
}

impl CallOptions {
    /// As usual.
    pub const fn new() -> Self {
        Self {
            time_limit: None,
            partner: None,
            headers: Vec::new(),
            max_response_bytes: None,
            anonymous: false,
            repeatable: false,
        }
    }

    /// How long the caller waits, for a session, for retries and for the answer together. A login under way is
    /// not given up for it: others may wait for the same one.
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
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

    /// Sends no KS, and asks for no session.
    pub const fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Says that it does no harm if the server does this twice. Then it is sent again also where the first time
    /// may have got through: after a broken connection, a time limit, or an HTTP status from 500.
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}
