//! The emulator's clock, which a test can move.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kaltura_types::UnixTime;

/// The server's clock. All clones show the same time.
///
/// It starts at the system's time and runs. A test can set it, move it, or stop it. On `wasm32-unknown-unknown`, which
/// has no system time, it is stopped at 1970 until it is set:
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
pub(crate) struct State {
    /// Unix time in milliseconds if the clock is frozen, else its difference from the system's clock.
    milliseconds: i64,
    frozen: bool,
    date_skew_seconds: i64,
}

impl Clock {
    /// A clock that shows the system's time and runs.
    #[must_use]
    pub fn new() -> Self {
        let state = State { milliseconds: 0, frozen: false, date_skew_seconds: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A clock that is stopped at this time until a test moves it.
    ///
    /// ```
    /// # use kaltura_emulator::Clock; use kaltura_types::UnixTime;
    /// let clock = Clock::frozen_at(UnixTime::from_seconds(1_800_000_000));
    /// assert_eq!(clock.now(), UnixTime::from_seconds(1_800_000_000));
    /// ```
    #[must_use]
    pub fn frozen_at(time: UnixTime) -> Self {
        let clock = Self::new();
        clock.state().frozen = true;
        clock.set(time);
        clock
    }

    /// The time of the clock.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.milliseconds().div_euclid(1000))
    }

    /// The time of the clock in milliseconds since 1970.
    pub(crate) fn milliseconds(&self) -> i64 {
        self.state().time()
    }

    /// Whether the clock is stopped.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.state().frozen
    }

    /// Sets the clock. A running clock continues from there.
    pub fn set(&self, time: UnixTime) {
        let milliseconds = time.as_seconds().saturating_mul(1000);
        let mut state = self.state();
        state.milliseconds =
            if state.frozen { milliseconds } else { milliseconds.saturating_sub(system_milliseconds()) };
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let mut state = self.state();
        state.milliseconds = state.milliseconds.saturating_add(milliseconds);
    }

    /// Stops the clock.
    pub fn freeze(&self) {
        let mut state = self.state();
        state.milliseconds = state.time();
        state.frozen = true;
    }

    /// Starts a stopped clock again.
    pub fn resume(&self) {
        let mut state = self.state();
        if state.frozen {
            state.milliseconds = state.milliseconds.saturating_sub(system_milliseconds());
            state.frozen = false;
        }
    }

    /// Shifts the header `Date` by this many seconds, like a proxy with a wrong clock. The server's own time, also in
    /// `X-Kaltura-Session`, stays right.
    pub fn skew_date(&self, seconds: i64) {
        self.state().date_skew_seconds = seconds;
    }

    /// How the clock is set, for [`restore`](Self::restore).
    pub(crate) fn setting(&self) -> State {
        *self.state()
    }

    /// Sets the clock as it was: a frozen one to the same time, a running one to the same difference from the
    /// system's clock.
    pub(crate) fn restore(&self, setting: State) {
        *self.state() = setting;
    }

    pub(crate) fn date_header(&self) -> String {
        let state = *self.state();
        http_date(state.time().div_euclid(1000).saturating_add(state.date_skew_seconds))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock, and any value of the state is valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn http_date(seconds: i64) -> String {
    let since_epoch = Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(LAST_HTTP_DATE));
    httpdate::fmt_http_date(UNIX_EPOCH + since_epoch)
}

/// The date this many seconds later; `None` if the text is not an HTTP date.
pub(crate) fn shift_http_date(date: &str, seconds: i64) -> Option<String> {
    let since_epoch = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(http_date(i64::try_from(since_epoch.as_secs()).ok()?.saturating_add(seconds)))
}

/// The last second of the year 9999, the end of the format of HTTP dates.
const LAST_HTTP_DATE: u64 = 253_402_300_799;

impl State {
    /// In milliseconds.
    pub(crate) fn time(self) -> i64 {
        if self.frozen { self.milliseconds } else { self.milliseconds.saturating_add(system_milliseconds()) }
    }
}

#[expect(clippy::disallowed_methods, reason = "the only place where the emulator reads the system's clock")]
fn system_milliseconds() -> i64 {
    // There the standard library has no clock and panics.
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        return 0;
    }
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
        f.debug_struct("Clock").field("now", &self.now()).field("frozen", &self.state().frozen).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_clock_continues_from_where_it_was_set() {
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
    fn only_the_date_header_is_skewed() {
        let clock = Clock::frozen_at(UnixTime::from_seconds(1_795_493_355));
        assert_eq!(clock.date_header(), "Tue, 24 Nov 2026 04:09:15 GMT");
        clock.skew_date(-15);
        assert_eq!(clock.date_header(), "Tue, 24 Nov 2026 04:09:00 GMT");
        assert_eq!(clock.now(), UnixTime::from_seconds(1_795_493_355));
        clock.set(UnixTime::from_seconds(i64::MAX));
        assert!(clock.date_header().ends_with("9999 23:59:59 GMT"));
    }
}
