//! What happens in a session manager, for metrics and logs. No event holds a secret.

use std::time::Duration;

use super::state::InvalidReason;
use crate::error::Error;

/// Something that happened to the session of a manager.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A login began.
    LoginStarted {
        /// Whether it renews a session that is still good.
        renewal: bool,
    },
    /// A login brought a session.
    LoginSucceeded {
        /// Whether it renewed one.
        renewal: bool,
        /// How long it took.
        took: Duration,
        /// How long the session lives, from when it was asked for.
        life: Duration,
    },
    /// A login failed.
    LoginFailed {
        /// Whether it was to renew a session; that one is kept.
        renewal: bool,
        /// How long it took.
        took: Duration,
        /// Why.
        error: Error,
    },
    /// The server refused the session before its time, and it was dropped.
    Invalidated {
        /// What the server said.
        reason: InvalidReason,
        /// How old it was.
        age: Duration,
    },
    /// A session in its renewal window was given to a caller, since it could not be renewed yet.
    ServedStale {
        /// How long it still lives.
        remaining: Duration,
    },
    /// No login is tried for a while; whoever needs one gets the error at once.
    BackoffStarted {
        /// For how long.
        duration: Duration,
        /// Why.
        error: Error,
    },
    /// Renewing gains nothing any more, since the app token itself ends. Somebody should replace it.
    TokenEnding {
        /// How long the last session lives.
        remaining: Duration,
    },
}
