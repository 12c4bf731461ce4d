//! What is written. Answers go to standard output, everything else to standard error.

mod difference;
mod ks_name;
mod locale;
mod report;
mod selection;
pub(crate) mod spinner;
pub(crate) mod style;
mod table;
mod ui;
mod wrap;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

pub(crate) use self::difference::Difference;
pub(crate) use self::ks_name::ks_name;
pub(crate) use self::locale::shows_utf8;
pub(crate) use self::selection::Selection;
pub(crate) use self::table::{TABLE_GAP, columns, table, table_cut_in};
pub use self::ui::Ui;
pub(crate) use self::ui::Verbosity;
pub(crate) use self::wrap::{filled, wrapped};

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
