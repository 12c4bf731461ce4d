//! The emulator's own clock, which a test moves.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kaltura_types::UnixTime;

/// The server's clock. All clones show the same time.
///
/// It starts at the system's time and runs. A test sets it, moves it, or stops it:
///
/// ```
/// # use std::time::Duration;
/// # use kaltura_emulator::Emulator; use kaltura_types::UnixTime;
/// let emulator = Emulator::new();
/// let clock = emulator.clock();
/// clock.freeze();
/// clock.set(UnixTime::from_seconds(1_800_000_000));
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now(), UnixTime::from_seconds(1_800_003_600));
/// ```
#[derive(Clone)]
pub struct Clock {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy)]
struct State {
    /// Milliseconds of Unix time: what the clock shows if it stands, else what it is ahead of the system.
    milliseconds: i64,
    stands: bool,
    date_skew_seconds: i64,
}

impl Clock {
    /// A clock that shows the system's time and runs.
    #[must_use]
    pub fn new() -> Self {
        let state = State { milliseconds: 0, stands: false, date_skew_seconds: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A clock that stands at this time until a test moves it.
    ///
    /// ```
    /// # use kaltura_emulator::Clock; use kaltura_types::UnixTime;
    /// let clock = Clock::frozen_at(UnixTime::from_seconds(1_800_000_000));
    /// assert_eq!(clock.now(), UnixTime::from_seconds(1_800_000_000));
    /// ```
    #[must_use]
    pub fn frozen_at(time: UnixTime) -> Self {
        let clock = Self::new();
        clock.freeze();
        clock.set(time);
        clock
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.milliseconds().div_euclid(1000))
    }

    /// What the clock shows, in milliseconds since 1970.
    pub(super) fn milliseconds(&self) -> i64 {
        self.state().shown()
    }

    /// Sets the clock. A running one runs on from there.
    pub fn set(&self, time: UnixTime) {
        let milliseconds = time.as_seconds().saturating_mul(1000);
        let mut state = self.state();
        state.milliseconds =
            if state.stands { milliseconds } else { milliseconds.saturating_sub(system_milliseconds()) };
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let mut state = self.state();
        state.milliseconds = state.milliseconds.saturating_add(milliseconds);
    }

    /// Stops the clock at what it shows.
    pub fn freeze(&self) {
        let mut state = self.state();
        state.milliseconds = state.shown();
        state.stands = true;
    }

    /// Lets a stopped clock run on.
    pub fn resume(&self) {
        let mut state = self.state();
        if state.stands {
            state.milliseconds = state.milliseconds.saturating_sub(system_milliseconds());
            state.stands = false;
        }
    }

    /// Lets the header `Date` go wrong by this many seconds, as a proxy with a clock of its own does. What
    /// the server itself counts with, and writes into `X-Kaltura-Session`, stays right.
    pub fn skew_date(&self, seconds: i64) {
        self.state().date_skew_seconds = seconds;
    }

    pub(super) fn date_header(&self) -> String {
        let state = *self.state();
        http_date(state.shown().div_euclid(1000).saturating_add(state.date_skew_seconds))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock; a number is good in any case.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn http_date(seconds: i64) -> String {
    let since_epoch = Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(LAST_HTTP_DATE));
    httpdate::fmt_http_date(UNIX_EPOCH + since_epoch)
}

/// The text of a date so many seconds later; `None` if it is no date.
pub(super) fn shift_http_date(date: &str, seconds: i64) -> Option<String> {
    let since_epoch = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(http_date(i64::try_from(since_epoch.as_secs()).ok()?.saturating_add(seconds)))
}

/// The last second of the year 9999, where the format of HTTP dates ends.
const LAST_HTTP_DATE: u64 = 253_402_300_799;

impl State {
    fn shown(self) -> i64 {
        if self.stands { self.milliseconds } else { self.milliseconds.saturating_add(system_milliseconds()) }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the emulator meets the system's clock")]
fn system_milliseconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).field("stands", &self.state().stands).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_clock_runs_on_from_where_it_was_set() {
        let clock = Clock::new();
        clock.set(UnixTime::from_seconds(1_000_000));
        assert!((0..5).contains(&(clock.now().as_seconds() - 1_000_000)));
        clock.freeze();
        let stopped = clock.milliseconds();
        clock.resume();
        assert!((0..5_000).contains(&(clock.milliseconds() - stopped)));
    }

    #[test]
    fn a_clone_shows_the_same_time() {
        let clock = Clock::frozen_at(UnixTime::from_seconds(10));
        clock.clone().advance(Duration::from_secs(5));
        assert_eq!(clock.now(), UnixTime::from_seconds(15));
    }

    #[test]
    fn the_date_goes_wrong_alone() {
        let clock = Clock::frozen_at(UnixTime::from_seconds(1_795_493_355));
        assert_eq!(clock.date_header(), "Tue, 24 Nov 2026 04:09:15 GMT");
        clock.skew_date(-15);
        assert_eq!(clock.date_header(), "Tue, 24 Nov 2026 04:09:00 GMT");
        assert_eq!(clock.now(), UnixTime::from_seconds(1_795_493_355));
        clock.set(UnixTime::from_seconds(i64::MAX));
        assert!(clock.date_header().ends_with("9999 23:59:59 GMT"));
    }
}
