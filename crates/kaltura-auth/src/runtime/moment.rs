//! Points in time on two clocks: the monotonic one and the wall clock.

use std::time::Duration;

use kaltura_types::UnixTime;

use super::Clock;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there are two clocks")]
pub struct Moment {
    /// The monotonic clock.
    pub monotonic: Duration,
    /// The wall clock: the time since 1970-01-01 00:00 UTC.
    pub wall: Duration,
}

impl Moment {
    /// Reads both clocks.
    pub fn read<C: Clock + ?Sized>(clock: &C) -> Self {
        Self { monotonic: clock.monotonic(), wall: clock.unix_time() }
    }

    /// The time since `earlier` by the monotonic clock; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }

    /// The wall clock in whole seconds.
    pub(crate) fn unix_time(self) -> UnixTime {
        UnixTime::from_seconds(i64::try_from(self.wall.as_secs()).unwrap_or(i64::MAX))
    }
}

/// A future point in time, reached when **either** clock has passed it: the monotonic clock still counts if the wall
/// clock is set back, and the wall clock includes the time in which the machine was suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline {
    monotonic: Duration,
    wall: Duration,
}

impl Deadline {
    /// The deadline `wait` after `moment`.
    pub(crate) const fn after(moment: Moment, wait: Duration) -> Self {
        Self { monotonic: moment.monotonic.saturating_add(wait), wall: moment.wall.saturating_add(wait) }
    }

    /// The deadline `lead` before this one.
    pub(crate) const fn earlier_by(self, lead: Duration) -> Self {
        Self { monotonic: self.monotonic.saturating_sub(lead), wall: self.wall.saturating_sub(lead) }
    }

    /// Whether either clock has passed it.
    pub(crate) fn is_reached(self, now: Moment) -> bool {
        now.monotonic >= self.monotonic || now.wall >= self.wall
    }

    /// The time until it is reached; zero if it is.
    pub(crate) fn remaining(self, now: Moment) -> Duration {
        self.monotonic.saturating_sub(now.monotonic).min(self.wall.saturating_sub(now.wall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_reached_on_either_clock() {
        let second = Duration::from_secs(1);
        let now = Moment { monotonic: second, wall: second * 1000 };
        let deadline = Deadline::after(now, second * 60);
        assert!(!deadline.is_reached(now));
        assert_eq!(deadline.remaining(now), second * 60);
        let suspended = Moment { wall: now.wall + second * 60, ..now };
        let set_back = Moment { monotonic: now.monotonic + second * 60, wall: Duration::ZERO };
        assert!(deadline.is_reached(suspended) && deadline.is_reached(set_back));
        assert_eq!(deadline.remaining(set_back), Duration::ZERO);
        assert_eq!(deadline.earlier_by(second * 40).remaining(now), second * 20);
    }
}
