//! Durations on the command line and in texts for people. The grammar is that of [`kaltura_types::duration`].

use std::time::Duration;

use kaltura_types::InvalidDuration;

pub(crate) use kaltura_types::duration::parse;

/// Reads a limit of time: a duration that is not zero.
pub(crate) fn parse_limit(text: &str) -> Result<Duration, InvalidLimit> {
    let limit = parse(text)?;
    if limit.is_zero() { Err(InvalidLimit::Zero) } else { Ok(limit) }
}

/// Writes a number of seconds by its two largest units: `59 min 58 s`, `1 day 2 h`.
pub(crate) fn show(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let parts =
        [(days, if days == 1 { "day" } else { "days" }), (hours, "h"), (minutes, "min"), (seconds % 60, "s")];
    let largest = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown: Vec<String> = parts[largest..]
        .iter()
        .take(2)
        .enumerate()
        .filter(|(place, (count, _))| *place == 0 || *count > 0)
        .map(|(_, (count, unit))| format!("{count} {unit}"))
        .collect();
    shown.join(" ")
}

/// The same where there is little room: from two days on, what is more than whole days is left out.
pub(crate) fn show_roughly(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    show(if seconds < 2 * DAY { seconds } else { seconds / DAY * DAY })
}

/// Why a text is no limit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidLimit {
    /// It is no duration.
    #[error(transparent)]
    Duration(#[from] InvalidDuration),
    /// It is zero.
    #[error("it must be at least one second; leave the option out for the default")]
    Zero,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_something() {
        assert_eq!(parse_limit("0"), Err(InvalidLimit::Zero));
        assert_eq!(parse_limit("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_limit("soon"), Err(InvalidLimit::Duration(InvalidDuration::Unreadable)));
    }

    #[test]
    fn people_read_the_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_598, "59 min 58 s"),
            (3_600, "1 h"),
            (3_605, "1 h"),
            (5_400, "1 h 30 min"),
            (86_400, "1 day"),
            (86_460, "1 day"),
            (180_000, "2 days 2 h"),
        ] {
            assert_eq!(show(seconds), text);
        }
    }

    #[test]
    fn where_there_is_little_room_two_days_are_days() {
        for (seconds, text) in [(3_598, "59 min 58 s"), (172_799, "1 day 23 h"), (7_775_999, "89 days")] {
            assert_eq!(show_roughly(seconds), text);
        }
    }
}
