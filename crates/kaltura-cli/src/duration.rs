//! Durations on the command line and in texts for people. The grammar is that of [`kaltura_types::duration`].

use std::time::Duration;

use kaltura_types::InvalidDuration;

pub(crate) use kaltura_types::duration::{describe as show, parse};

/// Reads a limit of time: a duration that is not zero.
pub(crate) fn parse_limit(text: &str) -> Result<Duration, InvalidLimit> {
    let limit = parse(text)?;
    if limit.is_zero() { Err(InvalidLimit::Zero) } else { Ok(limit) }
}

/// A number of seconds in words, where there is little room: from two days on, what is more than whole days is left out.
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
    fn where_there_is_little_room_two_days_are_days() {
        for (seconds, text) in [(3_598, "59 min 58 s"), (172_799, "1 day 23 h"), (7_775_999, "89 days")] {
            assert_eq!(show_roughly(seconds), text);
        }
    }
}
