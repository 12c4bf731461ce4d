//! When an app token shall stop starting sessions, as people write it.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use kaltura_types::UnixTime;

use super::server_clock::ServerClock;
use crate::error::Failure;
use crate::time;
use crate::time::parse_limit;

/// When the token stops starting sessions.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the token is for")]
pub(super) struct ExpiryOptions {
    /// How long the token starts sessions, such as 12h or 90d, by the server's clock
    #[arg(long, value_name = "DURATION", value_parser = parse_limit)]
    expires_in: Option<Duration>,

    /// When the token stops starting sessions, such as 2027-06-30, 2027-06-30T12:00:00Z or a Unix time
    #[arg(long, value_name = "TIME", value_parser = time::parse_time, conflicts_with = "expires_in")]
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
            let message = format!("--expires-at is over: {}", time::show_time(expiry));
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

#[cfg(test)]
mod tests {
    use super::*;

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
