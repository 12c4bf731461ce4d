//! When a request is sent again. Pure: time and randomness are parameters.

use std::time::Duration;

use kaltura_auth::manager::{InvalidReason, Moment};
use kaltura_auth::{Session, WireRequest};
use kaltura_types::KsRefusal;

use crate::client::builder::Config;
use crate::error::{CallError, Error, ErrorKind};
use crate::options::CallOptions;
use crate::request::{ApiRequest, Evaluation};

/// When failed calls are retried.
///
/// A call is retried only if it was certainly not executed, or is marked as
/// [idempotent](crate::CallOptions::idempotent). The delay before a retry is a random duration between zero and a
/// maximum that doubles with each attempt ("full jitter"), but never less than the server's `Retry-After`.
///
/// ```
/// # use kaltura_client::RetryPolicy; use std::time::Duration;
/// let patient = RetryPolicy::default().max_elapsed(Duration::from_secs(120));
/// let never = RetryPolicy::never();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a client takes it"]
pub struct RetryPolicy {
    max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
    max_elapsed: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts that start within 30 seconds, with a first delay of up to 250 ms and no delay above 8 s.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(8),
            max_elapsed: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// One attempt, no retries.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Sets the maximum number of attempts, including the first.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets how long after the start of the first attempt the last one may start.
    pub const fn max_elapsed(mut self, elapsed: Duration) -> Self {
        self.max_elapsed = elapsed;
        self
    }

    /// Sets the longest possible delay before the first retry, and before any retry.
    pub const fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.initial_backoff = initial;
        self.max_backoff = max;
        self
    }

    /// The delay before the next attempt; `None` if there is none.
    ///
    /// `attempts` is the number so far, `elapsed` the time since the first one started, `jitter` a random number from
    /// 0 to 1.
    pub(crate) fn delay(
        &self,
        error: &Error,
        idempotent: bool,
        attempts: u32,
        elapsed: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if attempts >= self.max_attempts || !is_safe_to_repeat(error, idempotent) {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(16);
        let longest = self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        let delay = longest.mul_f64(jitter.clamp(0.0, 1.0)).max(error.retry_after().unwrap_or_default());
        (elapsed.saturating_add(delay) < self.max_elapsed).then_some(delay)
    }
}

fn is_safe_to_repeat(error: &Error, idempotent: bool) -> bool {
    match error.kind() {
        // The server rejected the call before it executed anything.
        ErrorKind::RateLimited => true,
        ErrorKind::Transport(_) => {
            let not_sent = error.transport_error().is_some_and(|failure| !failure.maybe_sent());
            error.is_retryable() && (not_sent || idempotent)
        }
        ErrorKind::Unavailable | ErrorKind::ServerFailed => idempotent,
        _ => false,
    }
}

/// The attempts to execute one request so far.
pub(crate) struct RetryState<'a> {
    config: &'a Config,
    options: &'a CallOptions,
    attempts: u32,
    started_at: Moment,
    /// Whether the request was already resent with another session. This is done once.
    was_resent: bool,
}

/// What to do after an attempt.
#[derive(Debug)]
pub(crate) enum NextStep<T> {
    /// Send the request again at once, with another session.
    Resend,
    /// Send the request again after this delay.
    Wait(Duration),
    /// Return this to the caller.
    Done(Result<T, Error>),
}

impl<'a> RetryState<'a> {
    pub(crate) const fn new(config: &'a Config, options: &'a CallOptions, now: Moment) -> Self {
        Self { config, options, attempts: 0, started_at: now, was_resent: false }
    }

    /// The request of the next attempt. Its timeout is the rest of the caller's timeout, if that is shorter.
    pub(crate) fn wire_request<R: ApiRequest>(
        &self,
        request: &R,
        session: Option<&Session>,
        now: Moment,
        random: impl FnOnce() -> u64,
    ) -> Result<WireRequest, Error> {
        let elapsed = now.since(self.started_at);
        let longest = self.config.request_timeout.max(self.options.min_request_timeout.unwrap_or_default());
        let request_timeout = match self.options.timeout {
            Some(timeout) if elapsed >= timeout => {
                return Err(Error::call(request.name().clone(), CallError::TimedOut { timeout }));
            }
            Some(timeout) => (timeout - elapsed).min(longest),
            None => longest,
        };
        let mut wire_request = request.wire_request(session, random).with_timeout(request_timeout);
        if let Some(bytes) = self.options.max_response_bytes {
            wire_request = wire_request.with_max_response_bytes(bytes);
        }
        for (name, value) in &self.options.headers {
            wire_request = wire_request.with_header(name, value);
        }
        Ok(wire_request)
    }

    /// Decides what to do after an attempt. The reason is `Some` if the session that was sent must be invalidated.
    pub(crate) fn next_step<T>(
        &mut self,
        evaluation: Evaluation<T>,
        now: Moment,
        random: u64,
    ) -> (Option<InvalidReason>, NextStep<T>) {
        self.attempts += 1;
        let invalid = evaluation.ks_refusals.into_iter().find_map(|refusal| self.invalid_reason(refusal));
        if invalid.is_some() && evaluation.not_executed && !self.was_resent {
            self.was_resent = true;
            return (invalid, NextStep::Resend);
        }
        let next = match evaluation.outcome {
            Ok(output) => NextStep::Done(Ok(output)),
            Err(error) => match self.delay(&error, now, random) {
                Some(delay) => NextStep::Wait(delay),
                None => NextStep::Done(Err(error)),
            },
        };
        (invalid, next)
    }

    /// `Some` if the refusal means that the session is no longer valid, and that a new session would be.
    const fn invalid_reason(&self, refusal: KsRefusal) -> Option<InvalidReason> {
        match refusal {
            KsRefusal::Expired | KsRefusal::Unreadable => Some(InvalidReason::Expired),
            KsRefusal::LoggedOut => Some(InvalidReason::LoggedOut),
            KsRefusal::ActionsLimitExceeded if self.config.renew_on_actions_limit => {
                Some(InvalidReason::ActionsUsedUp)
            }
            _ => None,
        }
    }

    /// The delay before the next attempt; `None` if there is none, also because the caller's timeout ends before it.
    fn delay(&self, error: &Error, now: Moment, random: u64) -> Option<Duration> {
        let elapsed = now.since(self.started_at);
        let (policy, jitter) = (&self.config.retry, fraction(random));
        let delay = policy.delay(error, self.options.idempotent, self.attempts, elapsed, jitter)?;
        let in_time = self.options.timeout.is_none_or(|timeout| elapsed.saturating_add(delay) < timeout);
        in_time.then_some(delay)
    }
}

/// A random integer as a number from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(crate) fn fraction(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{TransportError, TransportErrorKind};

    use super::*;
    use crate::error::ActionName;

    fn failure(kind: TransportErrorKind) -> Error {
        Error::transport(ActionName::new("media", "add"), TransportError::new(kind, "cause"))
    }

    fn delay(error: &Error, idempotent: bool, attempts: u32, elapsed: u64, jitter: f64) -> Option<Duration> {
        RetryPolicy::default().delay(error, idempotent, attempts, Duration::from_secs(elapsed), jitter)
    }

    #[test]
    fn a_request_that_may_have_been_sent_is_repeated_only_if_idempotent() {
        use TransportErrorKind::{Build, Connect, Io, Timeout, TooLarge};
        for (kind, by_default, if_idempotent) in [
            (Connect, true, true),
            (Io, false, true),
            (Timeout, false, true),
            (TooLarge, false, false),
            (Build, false, false),
        ] {
            assert_eq!(delay(&failure(kind), false, 1, 0, 0.5).is_some(), by_default, "{kind}");
            assert_eq!(delay(&failure(kind), true, 1, 0, 0.5).is_some(), if_idempotent, "{kind}");
        }
    }

    #[test]
    fn the_longest_delay_doubles_up_to_the_maximum() {
        let error = failure(TransportErrorKind::Connect);
        let patient = RetryPolicy::default().max_attempts(20).max_elapsed(Duration::from_secs(3600));
        let longest = |attempts| patient.delay(&error, false, attempts, Duration::ZERO, 1.0).unwrap();
        assert_eq!([1, 2, 3, 6, 10].map(longest), [250, 500, 1000, 8000, 8000].map(Duration::from_millis));
        assert_eq!(patient.delay(&error, false, 3, Duration::ZERO, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn attempts_and_elapsed_time_are_limited() {
        let error = failure(TransportErrorKind::Connect);
        assert!(delay(&error, false, 3, 0, 0.5).is_some());
        assert!(delay(&error, false, 4, 0, 0.5).is_none());
        assert!(delay(&error, false, 1, 30, 0.0).is_none());
        assert!(RetryPolicy::never().delay(&error, true, 1, Duration::ZERO, 0.0).is_none());
    }
}
