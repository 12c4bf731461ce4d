//! All that is written. Answers go to standard output, everything else to standard error.
//!
//! Texts may hold colours; they are taken out where nobody would see them: off a terminal, and with
//! `NO_COLOR`.

mod difference;
pub(crate) mod jq;
mod ks_name;
mod locale;
mod manner;
pub(crate) mod spinner;
pub(crate) mod style;
mod table;
mod wrap;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use anstream::AutoStream;
use serde::Serialize;

pub(crate) use self::difference::Difference;
pub(crate) use self::jq::JqFilter;
pub(crate) use self::ks_name::ks_name;
pub(crate) use self::locale::shows_utf8;
pub(crate) use self::manner::{Manner, Verbosity};
pub(crate) use self::table::{TABLE_GAP, columns, table, table_cut_in, width};
pub(crate) use self::wrap::{filled, wrapped};

use crate::failure::Failure;

/// Writes an answer, and sees to it that it is out.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    spinner::make_room();
    let mut stream = AutoStream::auto(io::stdout().lock());
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).map_err(|error| Failure::output(&error))
}

/// Writes a value as one line of JSON, or what `--jq` selects from it: an answer for programs.
pub(crate) fn json_to_stdout(value: &impl Serialize) -> Result<(), Failure> {
    match JqFilter::chosen() {
        Some(selection) => selection.print_now(serde_json::to_value(value).unwrap_or_default()),
        None => to_stdout(&json_line(value)),
    }
}

/// Writes an answer that somebody else has made: as it is, unless a terminal would obey what is in it.
pub(crate) fn foreign_text_to_stdout(text: &str) -> Result<(), Failure> {
    spinner::make_room();
    let mut stream = io::stdout().lock();
    let shown = if stream.is_terminal() { Cow::Owned(printable(text)) } else { Cow::Borrowed(text) };
    let outcome = stream.write_all(shown.as_bytes()).and_then(|()| stream.flush());
    outcome.map_err(|error| Failure::output(&error))
}

/// Writes what is not an answer. If nobody reads it, nothing is lost.
pub(crate) fn to_stderr(text: &str) {
    spinner::make_room();
    let mut stream = AutoStream::auto(io::stderr().lock());
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Writes something that is good to know, unless it shall be quiet. Programs get it as `{"note":"..."}`.
pub(crate) fn note(text: &str) {
    beside_the_answer(text, |text| wrapped(&format!("{}note:{:#}", style::NOTE, style::NOTE), "  ", text));
}

/// The same, which people get without the word `note` before it.
pub(crate) fn aside(text: &str) {
    beside_the_answer(text, |text| format!("{text}\n"));
}

fn beside_the_answer(text: &str, for_people: impl FnOnce(&str) -> String) {
    #[derive(Serialize)]
    struct Note<'a> {
        note: &'a str,
    }
    let Manner { verbosity, json } = Manner::chosen();
    if verbosity != Verbosity::Quiet {
        to_stderr(&if json { json_line(&Note { note: text }) } else { for_people(&one_line(text)) });
    }
}

/// A value as one line of JSON with its line end; empty if it does not fit into JSON.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).map(|line| line + "\n").unwrap_or_default()
}

/// A text of several lines that came from elsewhere, with what could move a terminal's cursor written as JSON does.
fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' && c != '\t' {
            let _ = write!(clean, "\\u{:04x}", u32::from(c));
        } else {
            clean.push(c);
        }
    }
    clean
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
    fn an_answer_can_not_move_the_cursor() {
        assert_eq!(printable("a\n\tb"), "a\n\tb");
        assert_eq!(printable("a\u{1b}[2J\u{9b}\r"), "a\\u001b[2J\\u009b\\u000d");
    }

    #[test]
    fn a_text_from_elsewhere_can_not_leave_its_line() {
        assert_eq!(one_line("alice"), "alice");
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc\u{9b}d"), "a [2Jb  c d");
    }
}
