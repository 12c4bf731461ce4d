//! Durations and points in time, as people write and read them.

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use kaltura_auth::runtime::Clock as _;
use kaltura_http::SystemClock;
use kaltura_types::UnixTime;
pub(crate) use kaltura_types::duration::{describe as show_duration, parse as parse_duration};

const WITH_ZONE: &str = "%Y-%m-%d %H:%M:%S %Z";
/// The last second of the year 9999.
pub(crate) const LATEST: i64 = 253_402_300_799;

/// Reads a limit of time: a duration that is not zero.
pub(crate) fn parse_limit(text: &str) -> Result<Duration, String> {
    let limit = parse_duration(text).map_err(|error| error.to_string())?;
    if limit.is_zero() {
        return Err("it must be at least one second; leave the option out for the default".to_owned());
    }
    Ok(limit)
}

/// A number of seconds in words, where there is little room: from two days on, what is more than whole days is left out.
pub(crate) fn show_duration_roughly(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    show_duration(if seconds < 2 * DAY { seconds } else { seconds / DAY * DAY })
}

pub(crate) fn now() -> UnixTime {
    after(Duration::ZERO)
}

/// The time by the clock of this machine after this duration. The fractions of a second of both are added: what ends at
/// one point in time is always shown as the same second.
pub(crate) fn after(duration: Duration) -> UnixTime {
    let seconds = SystemClock::new().unix_time().saturating_add(duration).as_secs();
    UnixTime::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// A point in time in the time zone of this machine: `2026-11-24 05:09:15 CET`.
pub(crate) fn show_time(time: UnixTime) -> String {
    show_as(WITH_ZONE, time, zone())
}

/// The day in the time zone of this machine: `2026-11-24`.
pub(crate) fn show_day(time: UnixTime) -> String {
    show_as("%Y-%m-%d", time, zone())
}

/// Day and minute, for where there is little room: `2026-11-24 05:09`.
pub(crate) fn show_minute(time: UnixTime) -> String {
    show_as("%Y-%m-%d %H:%M", time, zone())
}

/// The time zone of this machine. Its file is read without its name: to find a name, `jiff` reads all folders of the
/// time zone database, which takes longer than a login.
fn zone() -> TimeZone {
    let of_file = || zone_of(Path::new("/etc/localtime"));
    let file = if cfg!(unix) && env::var_os("TZ").is_none() { of_file() } else { None };
    file.unwrap_or_else(TimeZone::system)
}

fn zone_of(file: &Path) -> Option<TimeZone> {
    TimeZone::tzif("local", &fs::read(file).ok()?).ok()
}

fn show_as(form: &str, time: UnixTime, zone: TimeZone) -> String {
    match Timestamp::from_second(time.as_seconds()) {
        Ok(timestamp) => timestamp.to_zoned_datetime(zone).strftime(form).to_string(),
        // Beyond the year 9999, or long before the first.
        Err(_) => format!("Unix time {}", time.as_seconds()),
    }
}

const NO_TIME: &str =
    "not a time: write it like 2027-06-30, 2027-06-30T12:00:00Z, or as a number of Unix seconds";

/// Reads what people write: a Unix time, a time with its offset from UTC, or a date or time by the clock on the wall.
pub(crate) fn parse_time(text: &str) -> Result<UnixTime, &'static str> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().map_err(|_| NO_TIME)?;
        return Ok(UnixTime::from_seconds(seconds));
    }
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => on_the_wall(text, zone()).ok_or(NO_TIME)?.timestamp(),
    };
    Ok(UnixTime::from_seconds(timestamp.as_second()))
}

fn on_the_wall(text: &str, zone: TimeZone) -> Option<ZonedDateTime> {
    text.parse::<DateTime>().ok()?.to_zoned_datetime(zone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_something() {
        assert!(parse_limit("0").unwrap_err().contains("at least one second"));
        assert_eq!(parse_limit("1h30m"), Ok(Duration::from_secs(5_400)));
        assert!(parse_limit("soon").is_err());
    }

    #[test]
    fn where_there_is_little_room_two_days_are_days() {
        for (seconds, text) in [(3_598, "59 min 58 s"), (172_799, "1 day 23 h"), (7_775_999, "89 days")] {
            assert_eq!(show_duration_roughly(seconds), text);
        }
    }

    #[test]
    fn a_time_is_shown_in_the_zone_and_names_it() {
        let time = UnixTime::from_seconds(1_795_493_355);
        assert_eq!(show_as(WITH_ZONE, time, TimeZone::UTC), "2026-11-24 04:09:15 UTC");
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(show_as(WITH_ZONE, time, berlin.clone()), "2026-11-24 05:09:15 CET");
        assert_eq!(show_as("%Y-%m-%d %H:%M", time, berlin), "2026-11-24 05:09");
    }

    /// A file with the times of Berlin, as RFC 9636 lays it out: no transitions, one type of local time, and a rule.
    #[test]
    fn the_zone_is_read_from_its_file() {
        let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
        let block = [&b"TZif2"[..], &[0; 15], &counts, &3_600_i32.to_be_bytes(), &[0, 0], b"CET\0"].concat();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        assert!(zone_of(&file).is_none());
        fs::write(&file, [&block[..], &block, b"\nCET-1CEST,M3.5.0,M10.5.0/3\n"].concat()).unwrap();
        let zone = zone_of(&file).unwrap();
        for (seconds, text) in
            [(1_795_493_355, "2026-11-24 05:09:15 CET"), (1_782_000_000, "2026-06-21 02:00:00 CEST")]
        {
            assert_eq!(show_as(WITH_ZONE, UnixTime::from_seconds(seconds), zone.clone()), text);
        }
        fs::write(&file, "not a time zone").unwrap();
        assert!(zone_of(&file).is_none());
    }

    #[test]
    fn a_time_that_no_calendar_has_is_shown_as_its_number() {
        let beyond = UnixTime::from_seconds(i64::MAX);
        assert_eq!(show_as(WITH_ZONE, beyond, TimeZone::UTC), "Unix time 9223372036854775807");
    }

    #[test]
    fn a_time_is_written_in_three_ways() {
        for text in ["1814356800", "2027-06-30T12:00:00Z", "2027-06-30T14:00:00+02:00"] {
            assert_eq!(parse_time(text), Ok(UnixTime::from_seconds(1_814_356_800)), "{text}");
        }
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (text, seconds) in [("2027-06-30", 1_814_306_400), ("2027-06-30T14:00", 1_814_356_800)] {
            assert_eq!(on_the_wall(text, berlin.clone()).unwrap().timestamp().as_second(), seconds, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "soon", "90d", "-1", "30.06.2027", "2027-06-31", "99999999999999999999"] {
            assert_eq!(parse_time(text), Err(NO_TIME), "{text}");
        }
    }
}
