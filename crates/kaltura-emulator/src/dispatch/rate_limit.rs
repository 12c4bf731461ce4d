//! Rate limits of actions: `ACTION_BLOCKED` (wire contract, section 7).

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use crate::request::{Parameters, text};
use crate::services::Action;
use crate::services::Time;
use kaltura_types::api_error::ApiException;

/// A maximum number of calls of an action in a time. Further calls get the error `ACTION_BLOCKED`, with HTTP 200.
///
/// ```
/// # use std::time::Duration; use kaltura_emulator::{Emulator, RateLimit};
/// let limit = RateLimit::new("appToken.startSession", 3, Duration::from_secs(10)).for_each("id");
/// let emulator = Emulator::builder().rate_limit(limit).build()?;
/// # Ok::<(), kaltura_emulator::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit {
    action: String,
    calls: u32,
    window: Duration,
    parameter: Option<String>,
}

impl RateLimit {
    /// Allows this many calls of an action, named like `appToken.startSession`, in each window of time. A window begins
    /// with its first call.
    #[must_use]
    pub fn new(action: impl Into<String>, calls: u32, window: Duration) -> Self {
        Self { action: action.into(), calls, window, parameter: None }
    }

    /// Counts the calls separately for each value of this parameter.
    #[must_use]
    pub fn for_each(mut self, parameter: impl Into<String>) -> Self {
        self.parameter = Some(parameter.into());
        self
    }
}

/// Reads a limit in the format of the command line: `SERVICE.ACTION:CALLS/SECONDS[@PARAMETER]`.
///
/// ```
/// # use kaltura_emulator::RateLimit;
/// let limit: RateLimit = "appToken.startSession:3/10@id".parse()?;
/// assert!("appToken.startSession:3".parse::<RateLimit>().is_err());
/// # Ok::<(), kaltura_emulator::InvalidRateLimit>(())
/// ```
impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, InvalidRateLimit> {
        let (rest, parameter) =
            text.split_once('@').map_or((text, None), |(rest, parameter)| (rest, Some(parameter)));
        let (action, rate) = rest.split_once(':').ok_or(InvalidRateLimit)?;
        let (calls, seconds) = rate.split_once('/').ok_or(InvalidRateLimit)?;
        let calls = calls.parse().map_err(|_| InvalidRateLimit)?;
        let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0).ok_or(InvalidRateLimit)?;
        if action.split('.').count() != 2 || parameter == Some("") {
            return Err(InvalidRateLimit);
        }
        let limit = Self::new(action, calls, Duration::from_secs(seconds));
        Ok(Self { parameter: parameter.map(str::to_owned), ..limit })
    }
}

/// A text is not a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a rate limit: write it like appToken.startSession:3/10 (calls per seconds), followed by @id to count for each id"
)]
#[non_exhaustive]
pub struct InvalidRateLimit;

/// Counts calls against the limits.
#[derive(Default)]
pub(crate) struct RateLimiter {
    limits: Vec<RateLimit>,
    windows: HashMap<(usize, String), Window>,
    /// The number of windows at which those that have ended are removed.
    cleared_at: usize,
}

const MIN_CLEARED: usize = 1_000;

struct Window {
    ends_at: i64,
    calls: u32,
}

impl RateLimiter {
    pub(crate) fn new(limits: Vec<RateLimit>) -> Self {
        Self { limits, windows: HashMap::new(), cleared_at: MIN_CLEARED }
    }

    /// Replaces the limits and resets the counters.
    pub(crate) fn set(&mut self, limits: Vec<RateLimit>) {
        *self = Self::new(limits);
    }

    /// Counts a call, or refuses it.
    pub(crate) fn count(
        &mut self,
        action: &Action,
        parameters: &Parameters,
        time: Time,
    ) -> Result<(), ApiException> {
        if self.limits.is_empty() {
            return Ok(());
        }
        let called = action.full_name();
        for (index, limit) in self.limits.iter().enumerate() {
            if !limit.action.eq_ignore_ascii_case(&called) {
                continue;
            }
            let value = limit.parameter.as_ref().and_then(|name| parameters.get(name)).map(text);
            let value = value.unwrap_or_default().into_owned();
            let length = i64::try_from(limit.window.as_millis()).unwrap_or(i64::MAX);
            let new_window = || Window { ends_at: time.milliseconds.saturating_add(length), calls: 0 };
            if self.windows.len() >= self.cleared_at {
                self.windows.retain(|_, window| time.milliseconds < window.ends_at);
                self.cleared_at = self.windows.len().saturating_mul(2).max(MIN_CLEARED);
            }
            let window = self.windows.entry((index, value)).or_insert_with(new_window);
            if time.milliseconds >= window.ends_at {
                *window = new_window();
            }
            if window.calls >= limit.calls {
                return Err(ApiException::action_blocked(&action.service, &action.name));
            }
            window.calls += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services;
    use kaltura_types::UnixTime;

    #[test]
    fn a_limit_is_read_from_text() {
        let limit: RateLimit = "a.b:3/10@id".parse().unwrap();
        assert_eq!((limit.action.as_str(), limit.calls), ("a.b", 3));
        assert_eq!((limit.window, limit.parameter.as_deref()), (Duration::from_secs(10), Some("id")));
        for text in ["", "a.b", "a.b:3", "a.b:3/0", "a.b:x/1", "ab:3/1", "a.b:3/1@", "a.b:-1/1"] {
            assert_eq!(text.parse::<RateLimit>().err(), Some(InvalidRateLimit), "{text}");
        }
    }

    #[test]
    fn a_window_ends_and_values_are_counted_separately() {
        let limit = RateLimit::new("apptoken.startsession", 2, Duration::from_secs(10)).for_each("id");
        let mut limiter = RateLimiter::new(vec![limit]);
        let action = services::find("appToken", "startSession").unwrap();
        let mut passes = |id: &str, milliseconds| {
            let parameters = Parameters::from_iter([("id".to_owned(), id.into())]);
            let time = Time { now: UnixTime::from_seconds(0), milliseconds };
            limiter.count(action, &parameters, time).is_ok()
        };
        assert_eq!([0, 1, 2].map(|at| passes("a", at)), [true, true, false]);
        assert!(passes("b", 3));
        assert!(!passes("a", 9_999));
        assert!(passes("a", 10_000));
    }
}
