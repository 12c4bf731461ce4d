//! Points in time in Unix seconds, and lifetimes in whole seconds: two types, never mixed.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::duration;
use crate::open::Scalar;

/// A point in time, in whole seconds since 1970-01-01 00:00 UTC.
///
/// `Display` is RFC 3339 in UTC. Serialised as a number; read from a number or a string of digits (wire contract,
/// section 3). There is no `now`: this crate reads no clock.
///
/// ```
/// # use std::time::SystemTime; use kaltura_types::UnixTime;
/// let time = UnixTime::from_seconds(1_795_496_955);
/// assert_eq!(time.to_string(), "2026-11-24T05:09:15Z");
/// assert_eq!(UnixTime::from(SystemTime::try_from(time)?), time);
/// # Ok::<(), kaltura_types::TimeOutOfRange>(())
/// ```
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

const SECONDS_PER_DAY: i64 = 86_400;

/// RFC 3339 in UTC, such as `2026-11-24T05:09:15Z`. A time outside of the years 0 to 9999, which RFC 3339 cannot
/// express, is shown as `Unix time` and its seconds.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.div_euclid(SECONDS_PER_DAY), self.0.rem_euclid(SECONDS_PER_DAY));
        let (year, month, day) = civil_date(days);
        if !(0..=9999).contains(&year) {
            return write!(f, "Unix time {}", self.0);
        }
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of the Gregorian calendar, from the days since 1970-01-01.
///
/// The years are counted from March, so that the leap day is the last day of a year, and in eras of 400 years, after
/// which the calendar repeats.
const fn civil_date(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    // 0000-03-01, the first day of an era, is 719468 days before 1970-01-01. No overflow: days are seconds / 86400.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // The months from March on have 31, 30, 31, 30, 31 days, repeated: 153 days in five months.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Rounded down to whole seconds.
impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(i64::try_from(after.as_secs()).unwrap_or(i64::MAX)),
            Err(error) => {
                let before = error.duration();
                let seconds = i64::try_from(before.as_secs()).map_or(i64::MIN, |seconds| -seconds);
                Self(if before.subsec_nanos() > 0 { seconds.saturating_sub(1) } else { seconds })
            }
        }
    }
}

impl TryFrom<UnixTime> for SystemTime {
    type Error = TimeOutOfRange;

    /// # Errors
    ///
    /// [`TimeOutOfRange`] if the platform's `SystemTime` cannot represent the time.
    fn try_from(time: UnixTime) -> Result<Self, TimeOutOfRange> {
        let distance = Duration::from_secs(time.0.unsigned_abs());
        let converted = if time.0 < 0 {
            Self::UNIX_EPOCH.checked_sub(distance)
        } else {
            Self::UNIX_EPOCH.checked_add(distance)
        };
        converted.ok_or(TimeOutOfRange)
    }
}

/// The platform's [`SystemTime`] cannot represent the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this platform cannot represent the time")]
#[non_exhaustive]
pub struct TimeOutOfRange;

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
/// As text and in configurations it follows the grammar of [`duration`]: `3600`, `90m`, `1h30m`, `7d`.
/// Serialised as the number of seconds; read from a number or a text.
///
/// ```
/// # use std::time::Duration; use kaltura_types::Lifetime;
/// assert_eq!("1h30m".parse(), Ok(Lifetime::minutes(90)));
/// assert_eq!(Lifetime::minutes(90).to_string(), "1h30m");
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

/// The shortest text that reads as this lifetime, such as `1h30m`.
impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::format_seconds(self.0.get().into()))
    }
}

impl FromStr for Lifetime {
    type Err = InvalidLifetime;

    /// Reads a duration as [`duration::parse`] does.
    ///
    /// # Errors
    ///
    /// [`InvalidLifetime`] for what is not a duration, for zero, and for more than `u32::MAX` seconds.
    fn from_str(text: &str) -> Result<Self, InvalidLifetime> {
        Self::try_from(duration::parse(text)?.as_secs())
    }
}

/// Reads whole seconds as a number, or a duration as text.
impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lifetime = match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => text.parse(),
            Scalar::Number(seconds) => {
                u64::try_from(seconds).map_err(|_| InvalidLifetime::Unreadable).and_then(Self::try_from)
            }
        };
        lifetime.map_err(D::Error::custom)
    }
}

/// Why a number or text is not a [`Lifetime`]. The message does not contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLifetime {
    /// It is not a duration.
    #[error("not a duration: write it like 90s, 15m, 1h, 1h30m, 90d, or as a number of seconds")]
    Unreadable,
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

    #[test]
    fn a_time_is_shown_as_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_795_496_955, "2026-11-24T05:09:15Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (253_402_300_800, "Unix time 253402300800"),
            (-62_167_219_201, "Unix time -62167219201"),
            (i64::MAX, "Unix time 9223372036854775807"),
            (i64::MIN, "Unix time -9223372036854775808"),
        ] {
            assert_eq!(UnixTime::from_seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn each_day_of_an_era_follows_the_one_before() {
        let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let (mut year, mut month, mut day) = (1900, 1, 1);
        for days in -25_567..=146_097 {
            assert_eq!(civil_date(days), (year, month, day));
            let last = match month {
                2 if leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, day) if day == last => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn a_time_and_a_system_time_are_converted_both_ways() {
        for seconds in [0, 1, -1, 1_795_496_955, -62_167_219_200, 253_402_300_799] {
            let time = UnixTime::from_seconds(seconds);
            assert_eq!(SystemTime::try_from(time).map(UnixTime::from), Ok(time));
        }
        let fraction = Duration::from_millis(500);
        assert_eq!(UnixTime::from(SystemTime::UNIX_EPOCH + fraction), UnixTime::from_seconds(0));
        assert_eq!(UnixTime::from(SystemTime::UNIX_EPOCH - fraction), UnixTime::from_seconds(-1));
        for extreme in [i64::MAX, i64::MIN] {
            let converted = SystemTime::try_from(UnixTime::from_seconds(extreme));
            assert!(
                converted.is_err() || converted.map(UnixTime::from) == Ok(UnixTime::from_seconds(extreme))
            );
        }
    }

    #[test]
    fn a_lifetime_is_read_from_seconds_and_from_a_text_and_from_nothing_else() {
        for json in ["5400", "\"5400\"", "\"90m\"", "\"1h30m\""] {
            assert_eq!(serde_json::from_str::<Lifetime>(json).unwrap(), Lifetime::minutes(90), "{json}");
        }
        for json in
            ["0", "-1", "1.5", "4294967296", "\"\"", "\"0h\"", "\"hush\"", "\"50000d\"", "null", "[1]"]
        {
            let error = serde_json::from_str::<Lifetime>(json).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        assert_eq!(serde_json::to_string(&Lifetime::hours(1)).unwrap(), "3600");
        for lifetime in [Lifetime::seconds(1), Lifetime::minutes(90), Lifetime::seconds(u32::MAX)] {
            assert_eq!(lifetime.to_string().parse(), Ok(lifetime));
        }
        assert_eq!("0".parse::<Lifetime>(), Err(InvalidLifetime::Zero));
        assert_eq!("soon".parse::<Lifetime>(), Err(InvalidLifetime::Unreadable));
        assert_eq!("50000d".parse::<Lifetime>(), Err(InvalidLifetime::TooLong));
    }
}
