//! A picture of a session manager, for health checks.

use std::time::Duration;

use crate::error::Error;

/// How a session manager is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// What is held.
    pub phase: Phase,
    /// How long the held session still lives.
    pub remaining: Option<Duration>,
    /// Whether a login is under way.
    pub logging_in: bool,
    /// Why the last login failed, unless one has succeeded since.
    pub last_error: Option<Error>,
    /// How long until a login is tried again, if one has failed of late.
    pub next_try: Option<Duration>,
}

/// What a session manager holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// No session, or one that is over.
    None,
    /// A session that needs no renewal.
    Fresh,
    /// A session that is good and due for renewal.
    Stale,
    /// A session that is good and the last one: the app token itself ends.
    Ending,
}
