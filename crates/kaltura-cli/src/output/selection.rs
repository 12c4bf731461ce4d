//! `--jq`: a filter in the language of jq that selects from an answer.

mod compiled;
mod from_json;
mod nesting;
mod room;

use serde_json::Value;

use self::compiled::Compiled;
use self::room::with_room;
use super::Ui;
use crate::error::{ExitCode, Failure};
use crate::signals::{Signals, watch};

/// A filter that is known to be right.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    filter: String,
    /// Whether texts are printed as JSON too.
    json: bool,
}

impl Selection {
    /// A filter as it is written. With `json`, all that comes of it is printed as JSON.
    pub(crate) fn new(filter: &str, json: bool) -> Result<Self, Failure> {
        with_room(|room| Compiled::new(filter, room).map(drop))?;
        Ok(Self { filter: filter.to_owned(), json })
    }

    /// Whether the filter takes the member of this name, as in `.name`.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let is_more = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let path = format!(".{name}");
        self.filter.match_indices(&path).any(|(at, _)| !self.filter[at + path.len()..].starts_with(is_more))
    }

    /// Prints what comes of a value, one result a line, where nobody listens to signals: then they end the process.
    pub(super) fn print_now(&self, ui: &Ui, value: Value) -> Result<(), Failure> {
        watch(ui);
        self.print_all(ui, &[value])
    }

    /// Prints what comes of these values, one result a line.
    ///
    /// A filter may run for ever, and signals must be heard all the same.
    pub(crate) async fn print(
        &self,
        ui: &Ui,
        values: Vec<Value>,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let (selection, ui) = (self.clone(), ui.clone());
        let work = tokio::task::spawn_blocking(move || selection.print_all(&ui, &values));
        signals.unless_stopped(work).await?.unwrap_or_else(|error| {
            Err(Failure::new(ExitCode::Local, "the output ended early").caused_by(&error))
        })
    }

    fn print_all(&self, ui: &Ui, values: &[Value]) -> Result<(), Failure> {
        with_room(|room| {
            let compiled = Compiled::new(&self.filter, room)?;
            let mut lines = Lines { ui, text: String::new() };
            for value in values {
                let goes_on = compiled.run(value, self.json, &mut |line| lines.add(&line))?;
                if !goes_on {
                    break;
                }
            }
            lines.flush()
        })
    }
}

/// Lines that are written many at a time. What is there when it ends with an error is written too.
struct Lines<'a> {
    ui: &'a Ui,
    text: String,
}

impl Lines<'_> {
    /// How many bytes are written at a time.
    const MANY: usize = 64 << 10;

    fn add(&mut self, line: &str) -> Result<(), Failure> {
        self.text.push_str(line);
        self.text.push('\n');
        if self.text.len() < Self::MANY { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let lines = std::mem::take(&mut self.text);
        if lines.is_empty() { Ok(()) } else { self.ui.print_foreign(&lines) }
    }
}

impl Drop for Lines<'_> {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
