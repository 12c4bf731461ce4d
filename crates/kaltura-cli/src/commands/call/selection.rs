//! `--jq`: a filter in the language of jq that selects from an answer.

mod compiled;

use serde_json::Value;

use self::compiled::Compiled;
use super::form::in_the_background;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

/// A filter that is known to be right.
#[derive(Clone)]
pub(in crate::commands) struct Selection {
    filter: String,
    /// Whether texts are printed as JSON too.
    json: bool,
}

impl Selection {
    /// A filter as it is written. With `json`, all that comes of it is printed as JSON.
    pub(in crate::commands) fn new(filter: &str, json: bool) -> Result<Self, Failure> {
        Compiled::new(filter)?;
        Ok(Self { filter: filter.to_owned(), json })
    }

    /// Prints what comes of these values, one result a line.
    ///
    /// A filter may run for ever, and signals must be heard all the same.
    pub(in crate::commands) async fn print(
        &self,
        values: Vec<Value>,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let Self { filter, json } = self.clone();
        let work = move || {
            let compiled = Compiled::new(&filter)?;
            let mut lines = Lines::default();
            for value in &values {
                let goes_on = compiled.run(value, json, &mut |line| lines.add(&line))?;
                if !goes_on {
                    break;
                }
            }
            lines.flush()
        };
        in_the_background(work, signals).await
    }
}

/// Lines that are written many at a time. What is there when it ends with an error is written too.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// How many bytes are written at a time.
    const MANY: usize = 64 << 10;

    fn add(&mut self, line: &str) -> Result<(), Failure> {
        self.0.push_str(line);
        self.0.push('\n');
        if self.0.len() < Self::MANY { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let lines = std::mem::take(&mut self.0);
        if lines.is_empty() { Ok(()) } else { output::foreign_text_to_stdout(&lines) }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
