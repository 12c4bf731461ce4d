//! When a request is sent again. Pure: time and randomness are parameters.

use std::time::Duration;

use kaltura_auth::manager::{InvalidReason, Moment};
use kaltura_auth::{Session, TransportError, TransportErrorKind, WireRequest, WireResponse};
use kaltura_types::KsRefusal;

use crate::client::builder::Config;
use crate::error::{CallError, Error, ErrorKind};
use crate::options::CallOptions;
use crate::request::{ApiRequest, Evaluation};

/// When failed calls are retried.
///
/// A call is retried only if it was certainly not executed, or is
/// [repeatable](crate::CallOptions::repeatable), as reading actions are. The delay before a retry is a random duration between zero and a
/// maximum that doubles with each attempt ("full jitter"), but never less than the server's `Retry-After`.
///
/// A call that needs a login which fails for a reason that may pass waits for the next login, again and again while
/// the wait ends within [`max_elapsed`](Self::max_elapsed) and the call's own timeout. All calls share these logins,
/// and the session manager's [`Policy`](kaltura_auth::manager::Policy) sets the time between them, so they do not count
/// as attempts.
///
/// A repeatable call whose connection is lost is first sent again at once, on a fresh connection: the server may have
/// closed a kept connection. This is done once for a call, and does not count as an attempt.
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
    /// One attempt, no retries, and no wait for another login.
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
        repeatable: bool,
        attempts: u32,
        elapsed: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if attempts >= self.max_attempts || !is_safe_to_repeat(error, repeatable) {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(16);
        let longest = self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        let delay = scale(longest, jitter).max(error.retry_after().unwrap_or_default());
        (elapsed.saturating_add(delay) < self.max_elapsed).then_some(delay)
    }
}

/// `longest * jitter`; never overflows.
fn scale(longest: Duration, jitter: f64) -> Duration {
    Duration::try_from_secs_f64(longest.as_secs_f64() * jitter.clamp(0.0, 1.0)).unwrap_or(longest)
}

fn is_safe_to_repeat(error: &Error, repeatable: bool) -> bool {
    match error.kind() {
        // The server rejected the call before it executed anything.
        ErrorKind::RateLimited => true,
        ErrorKind::Transport(_) => {
            let not_sent = error.transport_error().is_some_and(|failure| !failure.maybe_sent());
            error.is_retryable() && (not_sent || repeatable)
        }
        ErrorKind::Unavailable | ErrorKind::ServerFailed => repeatable,
        _ => false,
    }
}

/// The attempts to execute one request so far.
pub(crate) struct RetryState<'a> {
    config: &'a Config,
    options: &'a CallOptions,
    attempts: u32,
    started_at: Moment,
    /// Whether the request can be sent again if the server may have executed it.
    is_repeatable: bool,
    /// Whether the request was already resent with another session. This is done once.
    was_resent: bool,
    /// Whether the request must not be sent on a connection that was used before, because one was lost.
    fresh_connection: bool,
}

/// The shortest wait for another login, if the backoff after the last one has just ended.
const MIN_LOGIN_DELAY: Duration = Duration::from_millis(1);

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
    pub(crate) const fn new(
        config: &'a Config,
        options: &'a CallOptions,
        is_repeatable: bool,
        now: Moment,
    ) -> Self {
        Self {
            config,
            options,
            attempts: 0,
            started_at: now,
            is_repeatable,
            was_resent: false,
            fresh_connection: false,
        }
    }

    /// How long to wait before the session manager is asked for a session again, after a login failed. `None` if there
    /// is no point in it, or no time. `backoff` is the time until the manager allows another login.
    pub(crate) fn login_delay(
        &self,
        error: &kaltura_auth::Error,
        backoff: Option<Duration>,
        now: Moment,
    ) -> Option<Duration> {
        if self.config.retry.max_attempts <= 1 || !error.is_retryable() {
            return None;
        }
        let delay = backoff.unwrap_or_default().max(MIN_LOGIN_DELAY);
        let elapsed = now.since(self.started_at);
        let in_time = elapsed.saturating_add(delay) < self.config.retry.max_elapsed;
        (in_time && self.ends_within_timeout(elapsed, delay)).then_some(delay)
    }

    /// Whether to send the request again at once, on a fresh connection.
    pub(crate) fn needs_fresh_connection(&mut self, outcome: &Result<WireResponse, TransportError>) -> bool {
        let lost = outcome.as_ref().is_err_and(|error| error.kind() == TransportErrorKind::Io);
        lost && self.is_repeatable && !std::mem::replace(&mut self.fresh_connection, true)
    }

    /// The request of the next attempt. Its timeout is the rest of the caller's timeout, if that is shorter.
    pub(crate) fn wire_request<R: ApiRequest>(
        &self,
        request: &R,
        session: Option<&Session>,
        now: impl FnOnce() -> Moment,
        random: impl FnOnce() -> u64,
    ) -> Result<WireRequest, Error> {
        let longest = self.config.request_timeout.max(self.options.min_request_timeout.unwrap_or_default());
        let request_timeout = match self.options.timeout {
            Some(timeout) => match timeout.checked_sub(now().since(self.started_at)) {
                None | Some(Duration::ZERO) => {
                    return Err(Error::call(request.name().clone(), CallError::TimedOut { timeout }));
                }
                Some(rest) => rest.min(longest),
            },
            None => longest,
        };
        let mut wire_request = request
            .wire_request(session, random)
            .with_timeout(request_timeout)
            .with_fresh_connection(self.fresh_connection);
        if let Some(bytes) = self.options.max_response_bytes {
            wire_request = wire_request.with_max_response_bytes(bytes);
        }
        for (name, value) in &self.options.headers {
            wire_request = wire_request.with_header(name, value);
        }
        Ok(wire_request)
    }

    /// Decides what to do after an attempt. The reason is `Some` if the session that was sent must be invalidated.
    /// Time and chance are needed only after a failure.
    pub(crate) fn next_step<T>(
        &mut self,
        evaluation: Evaluation<T>,
        session: Option<&Session>,
        now: impl FnOnce() -> Moment,
        random: impl FnOnce() -> u64,
    ) -> (Option<InvalidReason>, NextStep<T>) {
        self.attempts = self.attempts.saturating_add(1);
        if let Some(session) = session.filter(|_| evaluation.session_accepted()) {
            session.record_call();
        }
        let invalid =
            evaluation.ks_refusals.into_iter().find_map(|refusal| self.invalid_reason(refusal, session));
        if invalid.is_some() && evaluation.not_executed && !self.was_resent {
            self.was_resent = true;
            return (invalid, NextStep::Resend);
        }
        let next = match evaluation.outcome {
            Ok(output) => NextStep::Done(Ok(output)),
            Err(error) => match self.delay(&error, now(), random()) {
                Some(delay) => NextStep::Wait(delay),
                None => NextStep::Done(Err(error)),
            },
        };
        (invalid, next)
    }

    /// `Some` if the refusal means that the session is no longer valid, and that a new session would be.
    fn invalid_reason(&self, refusal: KsRefusal, session: Option<&Session>) -> Option<InvalidReason> {
        match refusal {
            KsRefusal::Expired | KsRefusal::Unreadable => Some(InvalidReason::Expired),
            KsRefusal::LoggedOut => Some(InvalidReason::LoggedOut),
            KsRefusal::ActionsLimitExceeded if self.config.renew_on_actions_limit => {
                let early = session.is_some_and(|session| session.recorded_calls() <= 1);
                Some(if early { InvalidReason::ActionsUsedUpEarly } else { InvalidReason::ActionsUsedUp })
            }
            _ => None,
        }
    }

    /// The delay before the next attempt; `None` if there is none, also because the caller's timeout ends before it.
    fn delay(&self, error: &Error, now: Moment, random: u64) -> Option<Duration> {
        let elapsed = now.since(self.started_at);
        let (policy, jitter) = (&self.config.retry, fraction(random));
        let delay = policy.delay(error, self.is_repeatable, self.attempts, elapsed, jitter)?;
        self.ends_within_timeout(elapsed, delay).then_some(delay)
    }

    fn ends_within_timeout(&self, elapsed: Duration, delay: Duration) -> bool {
        self.options.timeout.is_none_or(|timeout| elapsed.saturating_add(delay) < timeout)
    }
}

/// A random integer as a number from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(crate) fn fraction(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ActionName;

    fn failure(kind: TransportErrorKind) -> Error {
        Error::transport(ActionName::new("media", "add"), TransportError::new(kind, "cause"))
    }

    fn delay(error: &Error, repeatable: bool, attempts: u32, elapsed: u64, jitter: f64) -> Option<Duration> {
        RetryPolicy::default().delay(error, repeatable, attempts, Duration::from_secs(elapsed), jitter)
    }

    #[test]
    fn a_request_that_may_have_been_sent_is_repeated_only_if_repeatable() {
        use TransportErrorKind::{Build, Connect, Io, Timeout, TooLarge};
        for (kind, by_default, if_repeatable) in [
            (Connect, true, true),
            (Io, false, true),
            (Timeout, false, true),
            (TooLarge, false, false),
            (Build, false, false),
        ] {
            assert_eq!(delay(&failure(kind), false, 1, 0, 0.5).is_some(), by_default, "{kind}");
            assert_eq!(delay(&failure(kind), true, 1, 0, 0.5).is_some(), if_repeatable, "{kind}");
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
