//! Durations as people write and read them: `90s`, `15m`, `1h30m`, `90d`, or plain seconds.

use std::time::Duration;

use kaltura_types::Lifetime;

/// The units, the largest first: their letter, and how many seconds they have.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration: a number of seconds, or numbers with a unit each, the largest unit first.
pub(crate) fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    if text.is_empty() {
        return Err(InvalidDuration::Unreadable);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Duration::from_secs).map_err(|_| InvalidDuration::TooLong);
    }
    let mut seconds = 0_u64;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or(InvalidDuration::Unreadable)?;
        let (number, behind) = rest.split_at(end);
        let letter = behind.chars().next().ok_or(InvalidDuration::Unreadable)?;
        // Each search goes on behind the last find, so that no unit comes twice or too late.
        let (_, unit) = units.find(|(known, _)| *known == letter).ok_or(InvalidDuration::Unreadable)?;
        if number.is_empty() {
            return Err(InvalidDuration::Unreadable);
        }
        let count: u64 = number.parse().map_err(|_| InvalidDuration::TooLong)?;
        let part = count.checked_mul(*unit).ok_or(InvalidDuration::TooLong)?;
        seconds = seconds.checked_add(part).ok_or(InvalidDuration::TooLong)?;
        rest = &behind[letter.len_utf8()..];
    }
    Ok(Duration::from_secs(seconds))
}

/// Reads the lifetime of a session.
pub(crate) fn parse_lifetime(text: &str) -> Result<Lifetime, InvalidDuration> {
    let seconds = parse(text)?.as_secs();
    if seconds == 0 {
        return Err(InvalidDuration::Zero);
    }
    Lifetime::try_from(seconds).map_err(|_| InvalidDuration::TooLong)
}

/// Reads a limit of time: a duration that is not zero.
pub(crate) fn parse_limit(text: &str) -> Result<Duration, InvalidDuration> {
    let limit = parse(text)?;
    if limit.is_zero() { Err(InvalidDuration::Zero) } else { Ok(limit) }
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

/// Writes a number of seconds so that it can be read again: `1h30m`, `90d`.
pub(crate) fn compact(seconds: u64) -> String {
    let mut rest = seconds;
    let mut text = String::new();
    for (letter, unit) in UNITS {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push(letter);
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDuration {
    /// It does not read as one.
    #[error("not a duration: write it like 90s, 15m, 1h, 1h30m, 90d, or as a number of seconds")]
    Unreadable,
    /// It is nothing.
    #[error("it must be at least one second; leave the option out for the default")]
    Zero,
    /// It is more than can be asked for.
    #[error("it is too long")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::InvalidDuration::{TooLong, Unreadable, Zero};
    use super::*;

    #[test]
    fn people_write_numbers_with_units() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("15m", 900),
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("90d", 7_776_000),
            ("1d2h3m4s", 93_784),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_written_compactly_is_read_again() {
        for (seconds, text) in
            [(0, "0s"), (90, "1m30s"), (5_400, "1h30m"), (7_776_000, "90d"), (86_401, "1d1s")]
        {
            assert_eq!(compact(seconds), text);
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for text in ["", "s", "1.5h", "-1h", "1 h", "1H", "1w", "1h1h", "5s1m", "1h30", "h1", "1ü", "٣s"] {
            assert_eq!(parse(text), Err(Unreadable), "{text}");
        }
        for text in ["99999999999999999999", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse(text), Err(TooLong), "{text}");
        }
    }

    #[test]
    fn a_lifetime_and_a_limit_are_something() {
        assert_eq!(parse_lifetime("1h"), Ok(Lifetime::hours(1)));
        assert_eq!(parse_lifetime("0h"), Err(Zero));
        assert_eq!(parse_lifetime("50000d"), Err(TooLong));
        assert_eq!(parse_limit("0"), Err(Zero));
        assert_eq!(parse_limit("5"), Ok(Duration::from_secs(5)));
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
