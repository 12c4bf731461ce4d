//! The spinner: one line on the terminal of standard error that says what is waited for, and is gone afterwards.
//!
//! [`Ui::waiting_for`] sets its text. It appears only after a while without other output, which erases it first.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Ui, one_line};

/// How long nothing must have been written before it appears.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time between two frames.
const PAUSE: Duration = Duration::from_millis(100);
const PICTURES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// For a terminal that shows ASCII only.
const PLAIN_PICTURES: [char; 4] = ['|', '/', '-', '\\'];
/// Goes to the start of the line and erases it.
const ERASE: &str = "\r\u{1b}[2K";

/// The line on the terminal. Clones share it.
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
    waited_for: Option<Waited>,
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

    /// What shows the next frame, or erases the last one; empty if nothing changes.
    fn next(&mut self, now: Instant) -> String {
        let Some(waited) = &self.waited_for else { return self.taken_away().to_owned() };
        let begin = *self.silent_since.get_or_insert(now);
        if !self.is_drawn && now.duration_since(begin) < PATIENCE {
            return String::new();
        }
        let text = waited.line(now);
        let picture = self.pictures.get(self.picture).copied().unwrap_or_default();
        self.picture = (self.picture + 1) % self.pictures.len();
        self.is_drawn = true;
        // A line that the terminal wraps could not be erased: without wrapping it is cut.
        format!("{ERASE}\u{1b}[?7l{picture} {text}\u{1b}[?7h")
    }

    /// What erases the line before other output.
    fn make_room(&mut self, now: Instant) -> &'static str {
        self.silent_since = Some(now);
        self.taken_away()
    }

    fn taken_away(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_drawn) { ERASE } else { "" }
    }
}

/// What is waited for, and how far it is.
struct Waited {
    text: String,
    since: Instant,
    progress: Option<Progress>,
    /// Whether the progress is that of a single request.
    is_of_request: bool,
}

#[derive(Clone, Copy)]
struct Progress {
    /// How many bytes were there at the beginning.
    before: u64,
    bytes: u64,
    length: u64,
}

impl Waited {
    /// A line such as `uploading a.mp4 [#####     ] 50 %, 60.0 of 120.0 MB, 3.2 MB/s`.
    #[expect(clippy::cast_precision_loss, reason = "the numbers are rounded to one digit")]
    fn line(&self, now: Instant) -> String {
        const WIDTH: usize = 20;
        let Some(Progress { before, bytes, length }) = self.progress else { return self.text.clone() };
        let share = if length == 0 { 1.0 } else { bytes as f64 / length as f64 };
        let filled = (1..=WIDTH).filter(|step| *step as f64 / WIDTH as f64 <= share).count();
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let mut line = format!(
            "{} [{:WIDTH$}] {:.0} %, {:.1} of {:.1} MB",
            self.text,
            "#".repeat(filled),
            (share * 100.0).floor(),
            megabytes(bytes),
            megabytes(length)
        );
        let seconds = now.duration_since(self.since).as_secs_f64();
        if bytes > before && seconds > 0.0 {
            line += &format!(", {:.1} MB/s", megabytes(bytes - before) / seconds);
        }
        line
    }
}

/// What is waited for, until this is dropped.
#[must_use]
pub(crate) struct Waiting(Option<Spinner>);

impl Waiting {
    /// Shows how far an upload is. It begins with the first of these calls.
    pub(crate) fn show_progress(&self, bytes: u64, length: u64) {
        let Some(spinner) = &self.0 else { return };
        if let Some(waited) = &mut spinner.line().waited_for {
            let before = waited.progress.map_or(bytes, |progress| progress.before);
            waited.progress = Some(Progress { before, bytes, length });
            waited.is_of_request = false;
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(spinner) = &self.0 {
            spinner.line().waited_for = None;
        }
    }
}

impl Ui {
    /// Shows what is waited for, such as `logging in at www.kaltura.com`, until the result is dropped. While it is shown,
    /// another one is not.
    pub(crate) fn waiting_for(&self, text: &str) -> Waiting {
        let spinner = self.spinner().filter(|spinner| {
            let mut line = spinner.line();
            let is_free = line.waited_for.is_none();
            if is_free {
                let (text, since) = (one_line(text).into_owned(), Instant::now());
                line.waited_for = Some(Waited { text, since, progress: None, is_of_request: true });
            }
            is_free
        });
        Waiting(spinner.cloned())
    }

    /// Shows how much of a request was sent, unless that is a part of an upload that shows it itself.
    pub(crate) fn show_sent(&self, bytes: u64, length: u64) {
        /// A smaller request is not shown.
        const LEAST: u64 = 1 << 20;
        let Some(spinner) = self.spinner().filter(|_| length >= LEAST) else { return };
        if let Some(waited) = spinner.line().waited_for.as_mut().filter(|waited| waited.is_of_request) {
            waited.progress = Some(Progress { before: 0, bytes, length });
        }
    }

    /// Erases the line, if it is there, before other output.
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
        let since = Instant::now();
        let waited = Waited { text: "logging in".to_owned(), since, progress: None, is_of_request: true };
        let line =
            Line { waited_for: Some(waited), silent_since: Some(since), pictures: &PICTURES, ..Line::new() };
        (line, since + PATIENCE)
    }

    #[test]
    fn it_is_drawn_after_a_while_without_other_output() {
        let (mut line, later) = waiting();
        assert_eq!(line.next(later.checked_sub(Duration::from_millis(1)).unwrap()), "");
        assert_eq!(line.next(later), "\r\u{1b}[2K\u{1b}[?7l⠋ logging in\u{1b}[?7h");
        assert_eq!(line.next(later), "\r\u{1b}[2K\u{1b}[?7l⠙ logging in\u{1b}[?7h");
        assert_eq!((line.make_room(later), line.make_room(later)), (ERASE, ""));
        assert_eq!(line.next(later + PAUSE), "");
        assert_ne!(line.next(later + PATIENCE), "");
        line.waited_for = None;
        assert_eq!((&*line.next(later), &*line.next(later)), (ERASE, ""));
    }

    #[test]
    fn a_bar_shows_how_far_it_is() {
        let (line, later) = waiting();
        let mut waited = line.waited_for.unwrap();
        let mut shown = |before, bytes, length| {
            waited.progress = Some(Progress { before, bytes, length });
            waited.line(later)
        };
        for (bytes, length, expected) in [
            (0, 120_000_000, "logging in [                    ] 0 %, 0.0 of 120.0 MB"),
            (60_000_000, 120_000_000, "logging in [##########          ] 50 %, 60.0 of 120.0 MB"),
            (119_999_999, 120_000_000, "logging in [################### ] 99 %, 120.0 of 120.0 MB"),
            (0, 0, "logging in [####################] 100 %, 0.0 of 0.0 MB"),
        ] {
            assert_eq!(shown(bytes, bytes, length), expected);
        }
        assert!(shown(400_000, 2_000_000, 2_000_000).ends_with(", 3.2 MB/s"));
    }
}
