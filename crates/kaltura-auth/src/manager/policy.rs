//! How early to renew, and how long to wait after a failure.

use std::time::Duration;

/// The numbers behind the decisions of a session manager. The defaults are meant to stay.
///
/// ```
/// # use kaltura_auth::manager::Policy; use std::time::Duration;
/// let policy = Policy::default().renewal_window(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until a manager takes it"]
pub struct Policy {
    pub(super) window: Duration,
    pub(super) transient: BackoffRange,
    pub(super) permanent: BackoffRange,
    pub(super) rate_limited_least: Duration,
    pub(super) retry_after_most: Duration,
    pub(super) young: Duration,
    pub(super) login_timeout: Duration,
}

/// How long a gate stays closed: it doubles from `base` to `cap`.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackoffRange {
    pub(super) base: Duration,
    pub(super) cap: Duration,
}

/// A renewal begins in the last tenth of a session's life, if that is shorter than the window.
pub(super) const WINDOW_SHARE: u32 = 10;

/// A renewal that wins less than this is none: the token itself ends.
pub(super) const LEAST_GAIN: Duration = Duration::from_secs(2);

/// The shortest time that a keeper stays away.
pub(super) const SHORTEST_REST: Duration = Duration::from_millis(50);

/// The longest time that a keeper stays away.
pub(super) const LONGEST_REST: Duration = Duration::from_secs(60);

impl Default for Policy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            window: seconds(300),
            transient: BackoffRange { base: seconds(1), cap: seconds(60) },
            permanent: BackoffRange { base: seconds(60), cap: seconds(900) },
            rate_limited_least: seconds(10),
            retry_after_most: seconds(900),
            young: seconds(60),
            login_timeout: seconds(30),
        }
    }
}

impl Policy {
    /// How long before its end a session is renewed, at most; 5 minutes. Of a short life, the last tenth.
    pub const fn renewal_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How long one login may take, all its requests together; 30 seconds. It holds even if every caller has
    /// given up waiting, and even if a transport never comes back.
    pub const fn login_timeout(mut self, limit: Duration) -> Self {
        self.login_timeout = limit;
        self
    }

    /// How long to wait after a failure that may pass by itself: from `base`, doubling, to `cap`; 1 s to 60 s.
    pub const fn transient_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.transient = BackoffRange { base, cap };
        self
    }

    /// How long to wait after a failure that somebody has to mend: from `base`, doubling, to `cap`; 1 to 15
    /// minutes. Never for ever: what is mended is noticed without a restart.
    pub const fn permanent_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.permanent = BackoffRange { base, cap };
        self
    }
}
