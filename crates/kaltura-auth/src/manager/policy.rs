//! How early to renew, and how long to back off after a failure.

use std::time::Duration;

/// The parameters of a session manager's decisions. The defaults suit most programs.
///
/// ```
/// # use kaltura_auth::manager::Policy; use std::time::Duration;
/// let policy = Policy::default().renewal_window(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is given to a manager"]
pub struct Policy {
    pub(super) window: Duration,
    pub(super) transient: BackoffRange,
    pub(super) permanent: BackoffRange,
    pub(super) min_rate_limited: Duration,
    pub(super) max_retry_after: Duration,
    /// A session that is revoked before this age counts as revoked early.
    pub(super) early_revocation: Duration,
    pub(super) login_timeout: Duration,
}

/// The upper bound of the backoff: it doubles from `base` to `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackoffRange {
    pub(super) base: Duration,
    pub(super) cap: Duration,
}

/// The renewal window is at most the lifetime divided by this.
pub(super) const WINDOW_DIVISOR: u32 = 10;

/// A renewal that gains less than this means that the app token itself ends.
pub(super) const MIN_RENEWAL_GAIN: Duration = Duration::from_secs(2);

/// The shortest sleep of a refresh loop.
pub(super) const MIN_REFRESH_INTERVAL: Duration = Duration::from_millis(50);

/// The longest sleep of a refresh loop.
pub(super) const MAX_REFRESH_INTERVAL: Duration = Duration::from_secs(60);

impl Default for Policy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            window: seconds(300),
            transient: BackoffRange { base: seconds(1), cap: seconds(60) },
            permanent: BackoffRange { base: seconds(60), cap: seconds(900) },
            min_rate_limited: seconds(10),
            max_retry_after: seconds(900),
            early_revocation: seconds(60),
            login_timeout: seconds(30),
        }
    }
}

impl Policy {
    /// How long before its expiry a session is renewed: 5 minutes by default, but at most a tenth of its lifetime.
    pub const fn renewal_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// The timeout of one login with all its requests; 30 seconds by default. It holds even if every caller has
    /// stopped waiting, and even if the transport never returns.
    pub const fn login_timeout(mut self, timeout: Duration) -> Self {
        self.login_timeout = timeout;
        self
    }

    /// The backoff after a retryable failure: doubles from `base` to `cap`; 1 s to 60 s by default.
    pub const fn transient_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.transient = BackoffRange { base, cap };
        self
    }

    /// The backoff after a failure that is not retryable, such as a wrong token: doubles from `base` to `cap`; 1 to
    /// 15 minutes by default. It always ends, so that a correction is noticed without a restart.
    pub const fn permanent_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.permanent = BackoffRange { base, cap };
        self
    }
}
