//! Points in time in Unix seconds, and lifetimes in whole seconds: two types, never mixed.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::open::Scalar;

/// A point in time, in whole seconds since 1970-01-01 00:00 UTC.
///
/// Read from a number or a string of digits (wire contract, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The time at this number of Unix seconds.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The Unix seconds.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// The seconds from `earlier` to `self`; negative if `self` is before `earlier`. Saturates.
    ///
    /// ```
    /// # use kaltura_types::UnixTime;
    /// assert_eq!(UnixTime::from_seconds(100).seconds_since(UnixTime::from_seconds(40)), 60);
    /// ```
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time `seconds` later, or earlier if negative. Saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer)?.integer().map(Self)
    }
}

/// The requested duration of a session: whole seconds, at least one.
///
/// A request with `0` creates a session that is expired on arrival, not one with the default duration (wire
/// contract, section 4.1). For the default, leave the lifetime unset.
///
/// ```
/// # use std::time::Duration; use kaltura_types::Lifetime;
/// assert_eq!(Lifetime::try_from(Duration::from_secs(90))?, Lifetime::seconds(90));
/// assert!(Lifetime::try_from(Duration::ZERO).is_err());
/// assert!(Lifetime::try_from(Duration::from_millis(1500)).is_err());
/// # Ok::<(), kaltura_types::InvalidLifetime>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Lifetime(NonZeroU32);

impl Lifetime {
    /// A constant lifetime. For a number from input use `TryFrom<u64>`, which does not panic.
    ///
    /// # Panics
    ///
    /// If `seconds` is zero.
    #[must_use]
    #[track_caller]
    pub const fn seconds(seconds: u32) -> Self {
        Self::constant(seconds, 1)
    }

    /// A constant lifetime in minutes.
    ///
    /// # Panics
    ///
    /// If `minutes` is zero, or more than `u32::MAX` seconds (136 years).
    #[must_use]
    #[track_caller]
    pub const fn minutes(minutes: u32) -> Self {
        Self::constant(minutes, 60)
    }

    /// A constant lifetime in hours.
    ///
    /// # Panics
    ///
    /// If `hours` is zero, or more than `u32::MAX` seconds (136 years).
    #[must_use]
    #[track_caller]
    pub const fn hours(hours: u32) -> Self {
        Self::constant(hours, 3600)
    }

    /// The number of seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0.get()
    }

    /// The lifetime as a [`Duration`].
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0.get() as u64)
    }

    #[expect(clippy::expect_used, reason = "the documented panic of the constructors for constants")]
    #[track_caller]
    const fn constant(count: u32, unit: u32) -> Self {
        let seconds = count.checked_mul(unit).expect("a lifetime of at most 136 years");
        Self(NonZeroU32::new(seconds).expect("a lifetime of at least one second"))
    }
}

impl TryFrom<u64> for Lifetime {
    type Error = InvalidLifetime;

    /// Takes whole seconds.
    ///
    /// # Errors
    ///
    /// [`InvalidLifetime`] for zero and for more than `u32::MAX` seconds.
    fn try_from(seconds: u64) -> Result<Self, InvalidLifetime> {
        if seconds == 0 {
            return Err(InvalidLifetime::Zero);
        }
        u32::try_from(seconds).ok().and_then(NonZeroU32::new).map(Self).ok_or(InvalidLifetime::TooLong)
    }
}

impl TryFrom<Duration> for Lifetime {
    type Error = InvalidLifetime;

    /// Takes whole seconds; fractions are refused, not rounded.
    ///
    /// # Errors
    ///
    /// [`InvalidLifetime`] for zero, fractions of a second, and more than `u32::MAX` seconds.
    fn try_from(duration: Duration) -> Result<Self, InvalidLifetime> {
        if duration.subsec_nanos() != 0 {
            return Err(InvalidLifetime::Fraction);
        }
        Self::try_from(duration.as_secs())
    }
}

/// Why a number is not a [`Lifetime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLifetime {
    /// It is zero.
    #[error("a lifetime is at least one second; leave it out to get the server's default")]
    Zero,
    /// It has a fraction of a second.
    #[error("a lifetime is a whole number of seconds")]
    Fraction,
    /// It is longer than 136 years.
    #[error("a lifetime is at most {} seconds", u32::MAX)]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_whole_and_not_zero() {
        assert_eq!(Lifetime::try_from(0_u64), Err(InvalidLifetime::Zero));
        assert_eq!(Lifetime::try_from(Duration::from_nanos(1)), Err(InvalidLifetime::Fraction));
        assert_eq!(Lifetime::try_from(u64::from(u32::MAX) + 1), Err(InvalidLifetime::TooLong));
        assert_eq!(Lifetime::minutes(2), Lifetime::seconds(120));
        assert_eq!(Lifetime::hours(1).as_duration(), Duration::from_secs(3600));
    }

    #[test]
    fn a_time_is_read_from_a_number_and_a_string() {
        for json in ["1795496955", "\"1795496955\""] {
            assert_eq!(
                serde_json::from_str::<UnixTime>(json).unwrap(),
                UnixTime::from_seconds(1_795_496_955)
            );
        }
        assert!(serde_json::from_str::<UnixTime>("\"soon\"").is_err());
    }
}
