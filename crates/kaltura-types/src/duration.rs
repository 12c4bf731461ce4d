//! Durations as text: `3600`, `90m`, `1h30m`, `7d`. One grammar for configurations, variables and command lines.

use std::time::Duration;

use crate::time::InvalidLifetime;

/// The units, the largest first: their letter and their number of seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration: a number of seconds, or numbers with the units `d`, `h`, `m` and `s`, the largest unit first.
///
/// Each unit occurs at most once. There are no fractions, no signs, no blanks and no uppercase letters, so that no text
/// can be understood in two ways. Zero is a duration.
///
/// ```
/// # use std::time::Duration; use kaltura_types::duration;
/// assert_eq!(duration::parse("3600")?, Duration::from_secs(3600));
/// assert_eq!(duration::parse("1h30m")?, Duration::from_secs(5400));
/// assert!(duration::parse("1.5h").is_err());
/// # Ok::<(), duration::InvalidDuration>(())
/// ```
///
/// # Errors
///
/// [`InvalidDuration`] for any other text, and for more than `u64::MAX` seconds.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
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
        let (number, tail) = rest.split_at(end);
        let letter = tail.chars().next().ok_or(InvalidDuration::Unreadable)?;
        // The search continues after the last unit, so that no unit occurs twice or out of order.
        let (_, unit) = units.find(|(known, _)| *known == letter).ok_or(InvalidDuration::Unreadable)?;
        if number.is_empty() {
            return Err(InvalidDuration::Unreadable);
        }
        let count: u64 = number.parse().map_err(|_| InvalidDuration::TooLong)?;
        let part = count.checked_mul(*unit).ok_or(InvalidDuration::TooLong)?;
        seconds = seconds.checked_add(part).ok_or(InvalidDuration::TooLong)?;
        rest = &tail[letter.len_utf8()..];
    }
    Ok(Duration::from_secs(seconds))
}

/// The shortest text that [`parse`] reads as this number of seconds: `1h30m`, `7d`, `0s`.
///
/// ```
/// # use kaltura_types::duration;
/// assert_eq!(duration::format_seconds(5400), "1h30m");
/// ```
#[must_use]
pub fn format_seconds(seconds: u64) -> String {
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

/// A number of seconds in words, by its two largest units: `59 min 58 s`, `1 day 2 h`. For messages; [`parse`] does not
/// read it.
///
/// ```
/// # use kaltura_types::duration;
/// assert_eq!(duration::describe(2_592_000), "30 days");
/// assert_eq!(duration::describe(5_400), "1 h 30 min");
/// ```
#[must_use]
pub fn describe(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let day = if days == 1 { "day" } else { "days" };
    let parts = [(days, day), (hours, "h"), (minutes, "min"), (seconds % 60, "s")];
    let largest = parts.iter().position(|(count, _)| *count > 0).unwrap_or(parts.len() - 1);
    let shown: Vec<String> = parts[largest..]
        .iter()
        .take(2)
        .enumerate()
        .filter(|(place, (count, _))| *place == 0 || *count > 0)
        .map(|(_, (count, unit))| format!("{count} {unit}"))
        .collect();
    shown.join(" ")
}

/// Why a text is not a duration. The message does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDuration {
    /// It does not follow the grammar.
    #[error("not a duration: write it like 90s, 15m, 1h, 1h30m, 90d, or as a number of seconds")]
    Unreadable,
    /// It is more than `u64::MAX` seconds.
    #[error("the duration is too long")]
    TooLong,
}

impl From<InvalidDuration> for InvalidLifetime {
    fn from(error: InvalidDuration) -> Self {
        match error {
            InvalidDuration::Unreadable => Self::Unreadable,
            InvalidDuration::TooLong => Self::TooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InvalidDuration::{TooLong, Unreadable};
    use super::*;

    #[test]
    fn numbers_with_units_are_read() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("15m", 900),
            ("90m", 5_400),
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("7d", 604_800),
            ("1d2h3m4s", 93_784),
            ("0", 0),
            ("0h", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (seconds, text) in
            [(0, "0s"), (90, "1m30s"), (5_400, "1h30m"), (7_776_000, "90d"), (86_401, "1d1s")]
        {
            assert_eq!(format_seconds(seconds), text);
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)));
        }
        assert_eq!(parse(&format_seconds(u64::MAX)), Ok(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn a_description_has_the_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_598, "59 min 58 s"),
            (3_605, "1 h"),
            (86_400, "1 day"),
            (86_460, "1 day"),
            (180_000, "2 days 2 h"),
        ] {
            assert_eq!(describe(seconds), text);
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
}
