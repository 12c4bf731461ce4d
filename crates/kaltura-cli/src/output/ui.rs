//! Where a command reads and writes, and how: streams, output format, verbosity, colours, progress.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal as _, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::json;
use terminal_size::{Width, terminal_size, terminal_size_of};

use super::spinner::Spinner;
use super::style::styled;
use super::{
    JqFilter, escaped, is_bidi_control, json_line, one_line, printable, shows_utf8, style, wrapped_to,
};
use crate::environment::Environment;
use crate::error::Failure;

/// How wide texts are without a terminal.
const TEXT_WIDTH: usize = 80;
/// The narrowest and the widest text: a narrower one has a word a line, a wider one is hard to read.
const MIN_WIDTH: usize = 40;
const MAX_WIDTH: usize = 100;

/// What is written to standard error besides errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Nothing.
    Quiet,
    /// Notes.
    #[default]
    Normal,
    /// Also each request and its response.
    Requests,
    /// Also their bodies.
    Bodies,
}

/// Where a command reads and writes, and how. Clones share the streams.
///
/// It is set up once, when the command line is known, and then passed down.
#[derive(Clone)]
pub struct Ui {
    stdin: Arc<Mutex<dyn Read + Send>>,
    pub(crate) stdin_is_terminal: bool,
    pub(crate) stdout: Stream,
    stderr: Stream,
    /// How wide the terminal of standard output is, in columns; nothing without one.
    pub(crate) width: Option<usize>,
    /// How wide texts may be, in columns.
    pub(crate) text_width: usize,
    /// How wide help texts are.
    help_width: usize,
    /// Whether `--json` is given: answers, notes and errors are JSON.
    pub(crate) json: bool,
    /// The filter for all answers in JSON.
    pub(crate) filter: Option<JqFilter>,
    pub(crate) verbosity: Verbosity,
    spinner: Option<Spinner>,
}

#[derive(Clone)]
pub(crate) struct Stream {
    writer: Arc<Mutex<dyn Write + Send>>,
    pub(crate) is_terminal: bool,
    pub(crate) has_colours: bool,
}

impl fmt::Debug for Ui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { json, verbosity, .. } = self;
        f.debug_struct("Ui").field("json", json).field("verbosity", verbosity).finish_non_exhaustive()
    }
}

impl Ui {
    /// The streams of this process.
    #[must_use]
    pub fn of_process(environment: &Environment) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let columns = environment.text("COLUMNS").ok().flatten().and_then(|text| text.parse().ok());
        let columns = columns.filter(|columns| *columns > 0);
        let width = |size: Option<(Width, _)>| columns.or_else(|| size.map(|(Width(width), _)| width.into()));
        let text_width = width(terminal_size_of(&stderr));
        let mut ui = Self {
            stdin_is_terminal: io::stdin().is_terminal(),
            width: width(terminal_size_of(&stdout)),
            text_width: text_width.map_or(TEXT_WIDTH, |width| width.clamp(MIN_WIDTH, MAX_WIDTH)),
            help_width: width(terminal_size()).map_or(MAX_WIDTH, |width| width.min(MAX_WIDTH)),
            stdout: Stream::of_process(stdout),
            stderr: Stream::of_process(stderr),
            ..Self::new(io::stdin(), io::sink(), io::sink())
        };
        if ui.stderr.is_terminal && ui.stderr.has_colours && !environment.is_set("CI") {
            ui.spinner = Some(Spinner::new(shows_utf8(environment)));
        }
        ui
    }

    /// Other streams, none of which is a terminal.
    pub fn new(
        stdin: impl Read + Send + 'static,
        stdout: impl Write + Send + 'static,
        stderr: impl Write + Send + 'static,
    ) -> Self {
        Self {
            stdin: Arc::new(Mutex::new(stdin)),
            stdin_is_terminal: false,
            stdout: Stream::plain(stdout),
            stderr: Stream::plain(stderr),
            width: None,
            text_width: TEXT_WIDTH,
            help_width: MAX_WIDTH,
            json: false,
            filter: None,
            verbosity: Verbosity::Normal,
            spinner: None,
        }
    }

    /// Streams of a test that is at a terminal of this width.
    #[cfg(test)]
    pub(crate) fn at_terminal(width: usize) -> Self {
        let mut ui = Self::new(io::empty(), io::sink(), io::sink());
        (ui.stdin_is_terminal, ui.stdout.is_terminal, ui.stderr.is_terminal) = (true, true, true);
        ui.width = Some(width);
        ui
    }

    /// Streams of a test that reads and writes nothing.
    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        Self::new(io::empty(), io::sink(), io::sink())
    }

    /// Sets whether answers, notes and errors are JSON, and what is written besides answers and errors.
    pub(crate) fn set_format(&mut self, json: bool, verbosity: Verbosity) {
        self.json = json;
        self.verbosity = verbosity;
    }

    /// Whether the answer is wanted as JSON: by `--json`, or for the filter of `--jq`.
    pub(crate) const fn wants_json(&self) -> bool {
        self.json || self.filter.is_some()
    }

    /// How wide help texts are, in columns: as the terminal, whichever stream is one.
    pub(crate) const fn help_width(&self) -> usize {
        self.help_width
    }

    /// Whether questions can be asked.
    pub(crate) const fn is_interactive(&self) -> bool {
        self.stdin_is_terminal && self.stderr.is_terminal
    }

    pub(crate) fn stdin(&self) -> MutexGuard<'_, dyn Read + Send + 'static> {
        self.stdin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The spinner, where one is wanted: a person looks at standard error, and nothing else is written there.
    pub(super) fn spinner(&self) -> Option<&Spinner> {
        self.spinner.as_ref().filter(|_| self.verbosity == Verbosity::Normal && !self.json)
    }

    /// Writes an answer, and flushes it.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.make_room();
        self.stdout.write(text).map_err(|error| Failure::output(&error))
    }

    /// Writes a value as one line of JSON, or what `--jq` selects from it.
    pub(crate) fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        match &self.filter {
            Some(filter) => filter.print_now(self, &serde_json::to_value(value).unwrap_or_default()),
            None => self.print(&json_line(value)),
        }
    }

    /// Writes an answer that came from elsewhere: as it is, unless a terminal would obey what is in it.
    pub(crate) fn print_foreign(&self, text: &str) -> Result<(), Failure> {
        self.make_room();
        let shown = if self.stdout.is_terminal { printable(text) } else { Cow::Borrowed(text) };
        self.stdout.write_raw(shown.as_bytes()).map_err(|error| Failure::output(&error))
    }

    /// Writes what is not an answer. An error of it is ignored.
    pub(crate) fn eprint(&self, text: &str) {
        self.make_room();
        let _ = self.stderr.write(text);
    }

    /// Writes control sequences of the terminal of standard error.
    pub(super) fn eprint_raw(&self, text: &str) {
        if !text.is_empty() {
            let _ = self.stderr.write_raw(text.as_bytes());
        }
    }

    /// Writes a note, unless with `--quiet`. Programs get it as `{"note":"..."}`.
    pub(crate) fn note(&self, text: &str) {
        self.beside_the_answer(text, |text| {
            wrapped_to(self.text_width, &styled(style::NOTE, "note:"), "  ", text)
        });
    }

    /// The same, which people get without the word `note` before it.
    pub(crate) fn aside(&self, text: &str) {
        self.beside_the_answer(text, |text| format!("{text}\n"));
    }

    fn beside_the_answer(&self, text: &str, for_people: impl FnOnce(&str) -> String) {
        if self.verbosity != Verbosity::Quiet {
            let for_people = || for_people(&one_line(text));
            self.eprint(&if self.json { json_line(&json!({ "note": text })) } else { for_people() });
        }
    }
}

impl Stream {
    fn of_process(stream: impl RawStream + Send + 'static) -> Self {
        let (is_terminal, choice) = (stream.is_terminal(), AutoStream::choice(&stream));
        Self { is_terminal, has_colours: choice != ColorChoice::Never, ..Self::plain(stream) }
    }

    fn plain(writer: impl Write + Send + 'static) -> Self {
        Self { writer: Arc::new(Mutex::new(writer)), is_terminal: false, has_colours: false }
    }

    /// Writes a text, without its colours where they are not shown. Of control sequences, a text has no others.
    fn write(&self, text: &str) -> io::Result<()> {
        let is_unwanted = |c: char| ('\u{7f}'..='\u{9f}').contains(&c) || is_bidi_control(c);
        let text = if self.is_terminal { escaped(text, is_unwanted) } else { Cow::Borrowed(text) };
        let text = &*text;
        if self.has_colours {
            self.write_raw(text.as_bytes())
        } else {
            self.write_raw(anstream::adapter::strip_str(text).to_string().as_bytes())
        }
    }

    fn write_raw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(bytes).and_then(|()| writer.flush())
    }
}
