//! The backoff: for a while after a failure no login is tried, and callers get the same error at once.

use std::time::Duration;

use super::policy::Policy;
use super::{Deadline, Moment};
use crate::error::{Error, ErrorKind};

/// The backoff after the last failure, if any.
#[derive(Debug)]
pub(super) struct Backoff {
    last: Option<(Deadline, Error)>,
    failures: u32,
}

impl Backoff {
    pub(super) const fn none() -> Self {
        Self { last: None, failures: 0 }
    }

    /// After a successful login.
    pub(super) fn clear(&mut self) {
        *self = Self::none();
    }

    /// Sets the number of previous failures, which is the exponent of the next backoff.
    pub(super) const fn set_failures(&mut self, failures: u32) {
        self.failures = failures;
    }

    /// The backoff after the next failure. `random` is in `[0, 1)`.
    pub(super) fn next(&self, policy: &Policy, random: f64) -> NextBackoff {
        NextBackoff::new(policy.clone(), self.failures, random)
    }

    /// Starts the backoff and returns its duration, which grows with each failure.
    pub(super) fn start(&mut self, error: Error, policy: &Policy, random: f64, now: Moment) -> Duration {
        let duration = self.next(policy, random).duration(&error);
        self.start_for(duration, error, self.failures.saturating_add(1), now);
        duration
    }

    /// Starts a backoff of this duration, such as that of another process.
    pub(super) fn start_for(&mut self, duration: Duration, error: Error, failures: u32, now: Moment) {
        self.failures = self.failures.max(failures);
        self.last = Some((Deadline::after(now, duration), error));
    }

    pub(super) fn is_active(&self, now: Moment) -> bool {
        self.error(now).is_some()
    }

    /// The error that started the backoff, while it lasts.
    pub(super) fn error(&self, now: Moment) -> Option<&Error> {
        self.last.as_ref().filter(|(until, _)| !until.is_reached(now)).map(|(_, error)| error)
    }

    /// The last failure, unless a login has succeeded since.
    pub(super) fn last_error(&self) -> Option<&Error> {
        self.last.as_ref().map(|(_, error)| error)
    }

    pub(super) fn remaining(&self, now: Moment) -> Duration {
        self.last.as_ref().map_or(Duration::ZERO, |(until, _)| until.remaining(now))
    }
}

/// How long the backoff after a failure would be.
#[derive(Clone, Debug)]
pub(crate) struct NextBackoff {
    policy: Policy,
    failures: u32,
    random: f64,
}

impl NextBackoff {
    /// The backoff after so many `failures`. `random` is in `[0, 1)`.
    pub(crate) const fn new(policy: Policy, failures: u32, random: f64) -> Self {
        Self { policy, failures, random }
    }

    /// The number of failures before.
    pub(crate) const fn failures(&self) -> u32 {
        self.failures
    }

    /// No backoff is longer.
    pub(crate) fn longest(&self) -> Duration {
        self.policy.permanent.cap.max(self.policy.transient.cap).max(self.policy.max_retry_after)
    }

    /// The duration is at least half of its upper bound: with full jitter it could be near zero.
    pub(crate) fn duration(&self, error: &Error) -> Duration {
        let Self { policy, failures, random } = self;
        let range = if error.is_retryable() { policy.transient } else { policy.permanent };
        let upper_bound = range.base.saturating_mul(1 << (*failures).min(16)).min(range.cap);
        let min =
            if error.kind() == ErrorKind::RateLimited { policy.min_rate_limited } else { Duration::ZERO };
        let retry_after = error.retry_after().unwrap_or_default().min(policy.max_retry_after);
        scale(upper_bound, 0.5 + 0.5 * random).max(min).max(retry_after)
    }
}

/// `duration * factor`; saturates, where [`Duration::mul_f64`] panics.
pub(super) fn scale(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Pseudo-random numbers for jitter, reproducible from a seed.
///
/// `SplitMix64`: good enough to keep many processes from acting at the same time, and for nothing else.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number in `[0, 1)`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(super) const fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first numbers of SplitMix64 from the seed 1234567, as its authors' program prints them.
    #[test]
    fn the_jitter_is_splitmix64() {
        let mut jitter = Jitter::new(1_234_567);
        for number in [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            let expected = unit_interval(number);
            assert!((jitter.next() - expected).abs() < f64::EPSILON, "{number}");
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit_interval(number: u64) -> f64 {
        (number >> 11) as f64 / 9_007_199_254_740_992.0
    }

    #[test]
    fn the_longest_durations_do_not_overflow() {
        assert_eq!(scale(Duration::MAX, 1.0), Duration::MAX);
        assert_eq!(scale(Duration::MAX, 1.25), Duration::MAX);
        assert_eq!(scale(Duration::from_secs(4), 0.5), Duration::from_secs(2));
    }
}
