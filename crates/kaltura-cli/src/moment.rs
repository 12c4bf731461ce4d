//! Points in time as people read them: by the clock on their wall.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kaltura_auth::runtime::Clock as _;
use kaltura_http::SystemClock;
use kaltura_types::UnixTime;

/// What the clock of this machine shows.
pub(crate) fn now() -> UnixTime {
    let seconds = SystemClock::new().unix_time().as_secs();
    UnixTime::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// A point in time in the time zone of this machine: `2026-11-24 05:09:15 CET`.
pub(crate) fn show_local(time: UnixTime) -> String {
    show_in(time, TimeZone::system())
}

/// The day in the time zone of this machine: `2026-11-24`.
pub(crate) fn show_local_day(time: UnixTime) -> String {
    show_as("%Y-%m-%d", time, TimeZone::system())
}

/// Day and minute, for where there is little room: `2026-11-24 05:09`.
pub(crate) fn show_local_short(time: UnixTime) -> String {
    show_as("%Y-%m-%d %H:%M", time, TimeZone::system())
}

fn show_in(time: UnixTime, zone: TimeZone) -> String {
    show_as("%Y-%m-%d %H:%M:%S %Z", time, zone)
}

fn show_as(form: &str, time: UnixTime, zone: TimeZone) -> String {
    match Timestamp::from_second(time.as_seconds()) {
        Ok(timestamp) => timestamp.to_zoned_datetime(zone).strftime(form).to_string(),
        // Beyond the year 9999, or long before the first.
        Err(_) => format!("Unix time {time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_the_zone_and_names_it() {
        let time = UnixTime::from_seconds(1_795_493_355);
        assert_eq!(show_in(time, TimeZone::UTC), "2026-11-24 04:09:15 UTC");
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(show_in(time, berlin.clone()), "2026-11-24 05:09:15 CET");
        assert_eq!(show_as("%Y-%m-%d %H:%M", time, berlin), "2026-11-24 05:09");
    }

    #[test]
    fn a_time_that_no_calendar_has_is_shown_as_its_number() {
        let beyond = UnixTime::from_seconds(i64::MAX);
        assert_eq!(show_in(beyond, TimeZone::UTC), "Unix time 9223372036854775807");
    }
}
