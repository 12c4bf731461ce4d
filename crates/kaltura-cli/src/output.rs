//! All that is written. Answers go to standard output, everything else to standard error.
//!
//! Texts may hold colours; they are taken out where nobody would see them: off a terminal, and with
//! `NO_COLOR`.

pub(crate) mod style;
mod wrap;

use std::borrow::Cow;
use std::io::{self, Write as _};

use anstream::AutoStream;
use serde::Serialize;

pub(crate) use self::wrap::{filled, wrapped};

use crate::failure::Failure;

/// Writes an answer, and sees to it that it is out.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    let mut stream = AutoStream::auto(io::stdout().lock());
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).map_err(|error| Failure::output(&error))
}

/// Writes a value as one line of JSON: an answer for programs.
pub(crate) fn json_to_stdout(value: &impl Serialize) -> Result<(), Failure> {
    to_stdout(&json_line(value))
}

/// Writes what is not an answer. If nobody reads it, nothing is lost.
pub(crate) fn to_stderr(text: &str) {
    let mut stream = AutoStream::auto(io::stderr().lock());
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Writes something that is good to know.
pub(crate) fn note(text: &str) {
    to_stderr(&wrapped(&format!("{}note:{:#}", style::NOTE, style::NOTE), "  ", &one_line(text)));
}

/// A value as one line of JSON with its line end; empty if it does not fit into JSON.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).map(|line| line + "\n").unwrap_or_default()
}

/// A text that came from elsewhere, without what could break a line or move a terminal's cursor.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_elsewhere_can_not_leave_its_line() {
        assert_eq!(one_line("alice"), "alice");
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc\u{9b}d"), "a [2Jb  c d");
    }
}
