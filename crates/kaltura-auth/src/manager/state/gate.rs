//! The gate: after a failure nobody tries again for a while, and whoever asks gets the same error at once.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::manager::policy::Policy;
use crate::manager::time::{Deadline, Moment};

#[derive(Debug)]
pub(super) struct Backoff {
    closed: Option<(Deadline, Error)>,
    failures: u32,
}

impl Backoff {
    pub(super) const fn open() -> Self {
        Self { closed: None, failures: 0 }
    }

    /// After a success.
    pub(super) fn reopen(&mut self) {
        *self = Self::open();
    }

    /// How many failures are thought to have gone before, for the width of the next closing.
    pub(super) const fn set_failures(&mut self, failures: u32) {
        self.failures = failures;
    }

    /// Closes it, wider each time, and tells for how long. `roll` is from 0 to 1.
    ///
    /// The width is never less than half of what is due: a gate of no width were none.
    pub(super) fn close(&mut self, error: Error, policy: &Policy, roll: f64, now: Moment) -> Duration {
        let width = if error.is_retryable() { policy.transient } else { policy.permanent };
        let due = width.base.saturating_mul(1 << self.failures.min(16)).min(width.cap);
        let least =
            if error.kind() == ErrorKind::RateLimited { policy.rate_limited_least } else { Duration::ZERO };
        let asked = error.retry_after().unwrap_or_default().min(policy.retry_after_most);
        let wait = due.mul_f64(0.5 + 0.5 * roll).max(least).max(asked);
        self.failures = self.failures.saturating_add(1);
        self.closed = Some((Deadline::after(now, wait), error));
        wait
    }

    pub(super) fn is_closed(&self, now: Moment) -> bool {
        self.error(now).is_some()
    }

    /// The error that closed it, while it is closed.
    pub(super) fn error(&self, now: Moment) -> Option<&Error> {
        self.closed.as_ref().filter(|(until, _)| !until.is_reached(now)).map(|(_, error)| error)
    }

    /// The last failure, unless a success came after it.
    pub(super) fn last_error(&self) -> Option<&Error> {
        self.closed.as_ref().map(|(_, error)| error)
    }

    pub(super) fn remaining(&self, now: Moment) -> Duration {
        self.closed.as_ref().map_or(Duration::ZERO, |(until, _)| until.remaining(now))
    }
}
