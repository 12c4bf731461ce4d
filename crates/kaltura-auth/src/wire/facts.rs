//! What of an answer outlives it in an error.

use std::time::Duration;

use kaltura_types::redact;

use super::WireResponse;

/// What of an answer helps to find the matter in the server's logs, or to wait the right time.
///
/// It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseMetadata {
    status: u16,
    server: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

impl ResponseMetadata {
    /// Of this answer. Should it echo one of `secrets`, that is taken out.
    #[must_use]
    pub fn of(response: &WireResponse, secrets: &[&str]) -> Self {
        let header = |name| response.header(name).map(|value| redact(value, secrets).into_owned());
        Self {
            status: response.status(),
            server: header("x-me"),
            request_id: header("x-kaltura-session"),
            retry_after: response.retry_after(),
        }
    }

    /// The HTTP status. Kaltura answers errors with 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The server's name for the machine that answered (`X-Me`).
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The server's id of the request, with its time (`X-Kaltura-Session`).
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long the server asks to wait before the next try (`Retry-After`).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
