//! Points in time by the clock of a store.

use std::time::Duration;

/// A point in time by the clock of a store: milliseconds since a fixed point that the store chooses.
///
/// It has a meaning only for the store that it comes from. A store on a server uses the server's clock, a store in a file
/// the clock of the machine.
///
/// ```
/// # use kaltura_auth::store::StoreTime; use std::time::Duration;
/// let taken = StoreTime::from_millis(1_000);
/// let end = taken.plus(Duration::from_secs(2));
/// assert_eq!(end.since(taken), Some(Duration::from_secs(2)));
/// assert_eq!(taken.since(end), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreTime(u64);

impl StoreTime {
    /// The time that is so many milliseconds after the store's fixed point.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The milliseconds since the store's fixed point.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This time and `duration`, rounded down to milliseconds, so that no end is too late. Saturates.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// This time less `duration`, rounded down to milliseconds. Saturates.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let rounded_up = duration.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_sub(u64::try_from(rounded_up).unwrap_or(u64::MAX)))
    }

    /// The time since `earlier`; `None` if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<Duration> {
        match self.0.checked_sub(earlier.0) {
            Some(millis) => Some(Duration::from_millis(millis)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_rounded_down() {
        let time = StoreTime::from_millis(10);
        assert_eq!(time.plus(Duration::from_micros(1_999)), StoreTime::from_millis(11));
        assert_eq!(time.minus(Duration::from_micros(1_001)), StoreTime::from_millis(8));
        assert_eq!(time.minus(Duration::from_secs(1)), StoreTime::from_millis(0));
        assert_eq!(time.plus(Duration::MAX), StoreTime::from_millis(u64::MAX));
    }
}
