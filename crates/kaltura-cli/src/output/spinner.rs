//! A sign of life on a terminal while something takes long: one line on standard error that is gone afterwards.
//!
//! What is waited for is told by whoever waits ([`waiting_for`]). Nothing is drawn while nothing is waited for, nor
//! before nothing was written for a while. Whatever else is written takes the line away first.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Ui, one_line};

/// For how long nothing must have been written before somebody wants a sign.
const PATIENCE: Duration = Duration::from_millis(500);
/// From one picture to the next.
const PAUSE: Duration = Duration::from_millis(100);
const PICTURES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// For a terminal that can not show those.
const PLAIN_PICTURES: [char; 4] = ['|', '/', '-', '\\'];
/// To the begin of the line, which is then empty.
const ERASE: &str = "\r\u{1b}[2K";

/// The line on the terminal, which all clones share.
#[derive(Clone)]
pub(super) struct Spinner(Arc<Mutex<Line>>);

impl Spinner {
    pub(super) fn new(shows_utf8: bool) -> Self {
        let mut line = Line::new();
        if shows_utf8 {
            line.pictures = &PICTURES;
        }
        Self(Arc::new(Mutex::new(line)))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The line on the terminal.
struct Line {
    waited_for: Option<String>,
    /// When the last other thing was written, or the work began.
    silent_since: Option<Instant>,
    is_drawn: bool,
    pictures: &'static [char],
    picture: usize,
}

impl Line {
    const fn new() -> Self {
        Self { waited_for: None, silent_since: None, is_drawn: false, pictures: &PLAIN_PICTURES, picture: 0 }
    }

    /// What shows the next picture, or takes the last one away; nothing if all is as it should be.
    fn next(&mut self, now: Instant) -> String {
        let Some(text) = &self.waited_for else { return self.taken_away().to_owned() };
        let begin = *self.silent_since.get_or_insert(now);
        if !self.is_drawn && now.duration_since(begin) < PATIENCE {
            return String::new();
        }
        let picture = self.pictures.get(self.picture).copied().unwrap_or_default();
        self.picture = (self.picture + 1) % self.pictures.len();
        self.is_drawn = true;
        // A line that is broken by the terminal could not be taken away: what is too long is cut there.
        format!("{ERASE}\u{1b}[?7l{picture} {text}\u{1b}[?7h")
    }

    /// What makes room for something else that is written now.
    fn make_room(&mut self, now: Instant) -> &'static str {
        self.silent_since = Some(now);
        self.taken_away()
    }

    fn taken_away(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_drawn) { ERASE } else { "" }
    }
}

/// Says what is waited for, until this is dropped.
#[must_use]
pub(crate) struct Waiting(Option<Spinner>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(spinner) = &self.0 {
            spinner.line().waited_for = None;
        }
    }
}

impl Ui {
    /// Something is waited for: `logging in at www.kaltura.com`.
    pub(crate) fn waiting_for(&self, text: &str) -> Waiting {
        let spinner = self.spinner().cloned();
        if let Some(spinner) = &spinner {
            spinner.line().waited_for = Some(one_line(text).into_owned());
        }
        Waiting(spinner)
    }

    /// Takes the line away, if it is there, for something else is written.
    pub(super) fn make_room(&self) {
        if let Some(spinner) = self.spinner() {
            self.eprint_raw(spinner.line().make_room(Instant::now()));
        }
    }

    /// Does some work, and shows the spinner meanwhile where one is wanted.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(spinner) = self.spinner() else { return work.await };
        self.make_room();
        let mut work = pin!(work);
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                result = &mut work => {
                    self.make_room();
                    return result;
                }
                now = ticks.tick() => {
                    let next = spinner.line().next(now);
                    self.eprint_raw(&next);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line for which something is waited, and a moment at which it may be drawn.
    fn waiting() -> (Line, Instant) {
        let begin = Instant::now();
        let line = Line {
            waited_for: Some("logging in".to_owned()),
            silent_since: Some(begin),
            pictures: &PICTURES,
            ..Line::new()
        };
        (line, begin + PATIENCE)
    }

    #[test]
    fn nothing_is_drawn_while_nothing_is_waited_for() {
        let (mut line, later) = waiting();
        line.waited_for = None;
        assert_eq!(line.next(later), "");
        assert_eq!(line.make_room(later), "");
    }

    #[test]
    fn what_is_done_soon_draws_nothing() {
        let (mut line, later) = waiting();
        assert_eq!(line.next(later.checked_sub(Duration::from_millis(1)).unwrap()), "");
        assert_ne!(line.next(later), "");
    }

    #[test]
    fn after_something_else_was_written_there_is_time_again() {
        let (mut line, later) = waiting();
        line.next(later);
        assert_eq!(line.make_room(later), ERASE);
        assert_eq!(line.next(later + PAUSE), "");
        assert_ne!(line.next(later + PATIENCE), "");
    }

    #[test]
    fn pictures_follow_each_other_on_one_line() {
        let (mut line, later) = waiting();
        assert_eq!(line.next(later), "\r\u{1b}[2K\u{1b}[?7l⠋ logging in\u{1b}[?7h");
        assert_eq!(line.next(later), "\r\u{1b}[2K\u{1b}[?7l⠙ logging in\u{1b}[?7h");
        for _ in 2..PICTURES.len() {
            assert!(!line.next(later).contains('\n'));
        }
        assert!(line.next(later).contains('⠋'));
    }

    #[test]
    fn the_line_is_taken_away_once() {
        let (mut line, later) = waiting();
        line.next(later);
        line.waited_for = None;
        assert_eq!(line.next(later), ERASE);
        assert_eq!(line.next(later), "");
        assert_eq!(line.make_room(later), "");
    }
}
