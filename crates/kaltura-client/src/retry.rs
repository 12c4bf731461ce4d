//! When a failed call is tried again, and when not. Pure: it is told the time and the chance.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How often, how long and how soon calls are tried again.
///
/// The wait before a try is anything between zero and a width that doubles ("full jitter"), so that many who
/// failed together do not come back together. What the server asks for (`Retry-After`) is the least.
///
/// ```
/// # use kaltura_client::RetryPolicy; use std::time::Duration;
/// let patient = RetryPolicy::default().total(Duration::from_secs(120));
/// let never = RetryPolicy::never();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until a client takes it"]
pub struct RetryPolicy {
    tries: u32,
    base: Duration,
    cap: Duration,
    total: Duration,
}

impl Default for RetryPolicy {
    /// Four tries that begin within half a minute, the first wait up to 250 ms, none longer than 8 s.
    fn default() -> Self {
        Self {
            tries: 4,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(8),
            total: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// One try.
    pub fn never() -> Self {
        Self { tries: 1, ..Self::default() }
    }

    /// How many tries there are at most, the first included.
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// How long after the first try began the last one may begin.
    pub const fn total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// How wide the first wait is, and the widest.
    pub const fn waits(mut self, first: Duration, widest: Duration) -> Self {
        self.base = first;
        self.cap = widest;
        self
    }

    /// How long to wait before the next try; nothing if there is none.
    ///
    /// `tries` are those made, `elapsed` the time since the first began, `roll` a number from 0 to 1.
    pub(crate) fn wait(
        &self,
        error: &Error,
        repeatable: bool,
        tries: u32,
        elapsed: Duration,
        roll: f64,
    ) -> Option<Duration> {
        if tries >= self.tries || !is_safe_to_repeat(error, repeatable) {
            return None;
        }
        let width = self.base.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(self.cap);
        let wait = width.mul_f64(roll.clamp(0.0, 1.0)).max(error.retry_after().unwrap_or_default());
        (elapsed.saturating_add(wait) < self.total).then_some(wait)
    }
}

/// A call may be repeated if it was surely not carried out, or if its maker said that twice does no harm.
fn is_safe_to_repeat(error: &Error, repeatable: bool) -> bool {
    match error.kind() {
        // The server refused before it did anything.
        ErrorKind::RateLimited => true,
        ErrorKind::Transport(_) => {
            let surely_not_sent = error.transport_error().is_some_and(|failure| !failure.maybe_sent());
            error.is_retryable() && (surely_not_sent || repeatable)
        }
        ErrorKind::Unavailable | ErrorKind::ServerFailed => repeatable,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{TransportError, TransportErrorKind};

    use super::*;
    use crate::error::Called;

    fn failure(kind: TransportErrorKind) -> Error {
        Error::transport(Called::new("media", "add"), TransportError::new(kind, "cause"))
    }

    fn wait(error: &Error, repeatable: bool, tries: u32, elapsed: u64, roll: f64) -> Option<Duration> {
        RetryPolicy::default().wait(error, repeatable, tries, Duration::from_secs(elapsed), roll)
    }

    #[test]
    fn only_what_was_surely_not_sent_is_repeated_unless_marked() {
        use TransportErrorKind::{Build, Connect, Io, Timeout, TooLarge};
        for (kind, unmarked, marked) in [
            (Connect, true, true),
            (Io, false, true),
            (Timeout, false, true),
            (TooLarge, false, false),
            (Build, false, false),
        ] {
            assert_eq!(wait(&failure(kind), false, 1, 0, 0.5).is_some(), unmarked, "{kind}");
            assert_eq!(wait(&failure(kind), true, 1, 0, 0.5).is_some(), marked, "{kind}");
        }
    }

    #[test]
    fn the_width_doubles_to_its_cap_and_the_wait_is_anywhere_in_it() {
        let error = failure(TransportErrorKind::Connect);
        let patient = RetryPolicy::default().tries(20).total(Duration::from_secs(3600));
        let width = |tries| patient.wait(&error, false, tries, Duration::ZERO, 1.0).unwrap();
        assert_eq!([1, 2, 3, 6, 10].map(width), [250, 500, 1000, 8000, 8000].map(Duration::from_millis));
        assert_eq!(patient.wait(&error, false, 3, Duration::ZERO, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn tries_and_total_time_are_bounded() {
        let error = failure(TransportErrorKind::Connect);
        assert!(wait(&error, false, 3, 0, 0.5).is_some());
        assert!(wait(&error, false, 4, 0, 0.5).is_none());
        assert!(wait(&error, false, 1, 30, 0.0).is_none());
        assert!(RetryPolicy::never().wait(&error, true, 1, Duration::ZERO, 0.0).is_none());
    }
}
