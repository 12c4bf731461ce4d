//! When an app token shall stop starting sessions, as people write it.

use std::time::Duration;

use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use kaltura_types::UnixTime;

use super::server_clock::ServerClock;
use crate::duration::parse_limit;
use crate::failure::Failure;
use crate::moment;

/// When the token stops starting sessions.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the token is for")]
pub(super) struct ExpiryOptions {
    /// How long the token starts sessions, such as 12h or 90d, by the server's clock
    #[arg(long, value_name = "DURATION", value_parser = parse_limit)]
    expires_in: Option<Duration>,

    /// When the token stops starting sessions, such as 2027-06-30, 2027-06-30T12:00:00Z or a Unix time
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "expires_in")]
    expires_at: Option<UnixTime>,
}

impl ExpiryOptions {
    /// Whether an end is said.
    pub(super) const fn is_given(&self) -> bool {
        self.expires_in.is_some() || self.expires_at.is_some()
    }

    /// The end, if one is said. The server must have shown its clock before.
    pub(super) fn expiry(&self, clock: &ServerClock) -> Result<Option<UnixTime>, Failure> {
        let now = clock.now();
        let in_time = |life: Duration| now.plus_seconds(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        let Some(expiry) = self.expires_in.map(in_time).or(self.expires_at) else { return Ok(None) };
        if expiry <= now {
            let message = format!("--expires-at is over: {}", moment::show_local(expiry));
            return Err(Failure::usage(message).with_hint(
                "Such a token would start no session. Give a time that is still to come; for a token that never \
                 expires, give none.",
            ));
        }
        if Timestamp::from_second(expiry.as_seconds()).is_err() {
            return Err(Failure::usage("the token would end beyond the year 9999")
                .with_hint("For a token that never expires, leave --expires-in and --expires-at out."));
        }
        Ok(Some(expiry))
    }
}

/// Reads a Unix time, a time with its offset from UTC, or a date or time by the clock on the wall.
fn parse_time(text: &str) -> Result<UnixTime, InvalidTime> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().map_err(|_| InvalidTime)?;
        return Ok(UnixTime::from_seconds(seconds));
    }
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => on_the_wall(text, TimeZone::system()).ok_or(InvalidTime)?.timestamp(),
    };
    Ok(UnixTime::from_seconds(timestamp.as_second()))
}

fn on_the_wall(text: &str, zone: TimeZone) -> Option<ZonedDateTime> {
    text.parse::<DateTime>().ok()?.to_zoned_datetime(zone).ok()
}

/// A text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write it like 2027-06-30, 2027-06-30T12:00:00Z, or as a number of Unix seconds")]
struct InvalidTime;

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(parse_time(text), Err(InvalidTime), "{text}");
        }
    }

    #[test]
    fn an_end_in_the_past_can_only_be_a_mistake() {
        let over = ExpiryOptions { expires_in: None, expires_at: Some(UnixTime::from_seconds(43_800)) };
        assert!(
            over.expiry(&ServerClock::default()).unwrap_err().to_string().contains("--expires-at is over")
        );
        let far = ExpiryOptions { expires_in: Some(Duration::from_secs(u64::MAX)), expires_at: None };
        assert!(far.expiry(&ServerClock::default()).unwrap_err().to_string().contains("the year 9999"));
    }
}
