//! Moments and deadlines on two clocks.

use std::time::Duration;

use crate::runtime::Clock;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there are two clocks")]
pub struct Moment {
    /// The clock that only goes forward.
    pub monotonic: Duration,
    /// The wall clock: since 1970-01-01 00:00 UTC.
    pub wall: Duration,
}

impl Moment {
    /// Reads both clocks.
    pub fn read<C: Clock + ?Sized>(clock: &C) -> Self {
        Self { monotonic: clock.monotonic(), wall: clock.unix_time() }
    }

    /// How long ago `earlier` was, by the clock that only goes forward.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }
}

/// A moment to come, which is reached when **either** clock is past it: the one that only goes forward sees
/// through a wall clock that was set back, the wall clock knows how long the machine was asleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    monotonic: Duration,
    wall: Duration,
}

impl Deadline {
    /// So long after a moment.
    #[must_use]
    pub const fn after(moment: Moment, wait: Duration) -> Self {
        Self { monotonic: moment.monotonic.saturating_add(wait), wall: moment.wall.saturating_add(wait) }
    }

    /// So long before this deadline.
    #[must_use]
    pub const fn earlier_by(self, lead: Duration) -> Self {
        Self { monotonic: self.monotonic.saturating_sub(lead), wall: self.wall.saturating_sub(lead) }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_reached(self, now: Moment) -> bool {
        now.monotonic >= self.monotonic || now.wall >= self.wall
    }

    /// How long it takes until it is over; zero if it is.
    #[must_use]
    pub fn remaining(self, now: Moment) -> Duration {
        self.monotonic.saturating_sub(now.monotonic).min(self.wall.saturating_sub(now.wall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_clock_ends_it() {
        let second = Duration::from_secs(1);
        let now = Moment { monotonic: second, wall: second * 1000 };
        let deadline = Deadline::after(now, second * 60);
        assert!(!deadline.is_reached(now));
        assert_eq!(deadline.remaining(now), second * 60);
        let suspended = Moment { wall: now.wall + second * 60, ..now };
        let set_back = Moment { monotonic: now.monotonic + second * 60, wall: Duration::ZERO };
        assert!(deadline.is_reached(suspended) && deadline.is_reached(set_back));
        assert_eq!(deadline.remaining(set_back), Duration::ZERO);
    }
}
