//! Habits of the server that a test switches while it runs.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Emulator;
use super::faults::FaultRule;
use super::rate_limit::RateLimit;
use super::response_cache::ResponseCache;

/// Habits, which [`EmulatorBuilder`](super::EmulatorBuilder) sets from the start.
impl Emulator {
    /// Replaces the rate limits, and forgets what was counted.
    pub fn set_rate_limits(&self, limits: impl IntoIterator<Item = RateLimit>) {
        self.world().rate_limiter.set(limits.into_iter().collect());
    }

    /// Switches the response cache on or off, and empties it.
    pub fn set_response_cache(&self, is_on: bool) {
        self.world().cache = ResponseCache::new(is_on);
    }

    /// Lets something go wrong from now on, besides what was injected before.
    pub fn inject(&self, rule: FaultRule) {
        self.world().faults.inject(rule);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Lets each answer take a time from this range; none for no time.
    pub fn set_latency(&self, range: Option<RangeInclusive<Duration>>) {
        self.world().faults.set_latency(range);
    }

    /// Whether the database has partner 0, in whose name calls without a KS are made. It always does; without
    /// it they are answered with `MISSING_KS` (wire contract, section 7).
    pub fn keep_anonymous_partner(&self, is_there: bool) {
        self.world().state.has_anonymous_partner = is_there;
    }
}
