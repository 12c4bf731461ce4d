//! What is written. Answers go to standard output, everything else to standard error.

mod jq;
mod report;
mod spinner;
pub(crate) mod style;
mod table;
mod ui;

use std::borrow::Cow;
use std::fmt::Write as _;

use kaltura_auth::{Adjustment, KsLabel};
use kaltura_types::Ks;
use serde::Serialize;

pub(crate) use self::jq::{JqFilter, WORKER_ARGUMENT, serve_worker};
pub(crate) use self::style::{filled, shows_utf8, wrapped, wrapped_to};
pub(crate) use self::table::{TABLE_GAP, columns, table, table_cut_in};
pub use self::ui::Ui;
pub(crate) use self::ui::Verbosity;

/// A value as one line of JSON with its line end; empty if it cannot be JSON. Characters that a terminal could obey are
/// escaped.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    let line = serde_json::to_string(value).unwrap_or_default();
    // Within strings alone: JSON has no such characters elsewhere.
    let mut line = escaped(&line, |c| c.is_control() || is_bidi_control(c)).into_owned();
    if !line.is_empty() {
        line.push('\n');
    }
    line
}

/// A text of several lines that came from elsewhere, with what a terminal could obey written as in JSON.
fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |c| (c.is_control() && c != '\n' && c != '\t') || is_bidi_control(c))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            let _ = write!(clean, "\\u{:04x}", u32::from(c));
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// Whether a character changes the direction or the order in which a terminal shows a text, or breaks its line.
const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that came from elsewhere, without what could break a line, move a terminal's cursor or reorder the text.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let is_replaced = |c: char| c.is_control() || is_bidi_control(c);
    if text.contains(is_replaced) { Cow::Owned(text.replace(is_replaced, " ")) } else { Cow::Borrowed(text) }
}

/// What a KS is called for people: `version 2, fingerprint 56ffe41d`.
pub(crate) fn ks_name(ks: &Ks) -> String {
    let label = KsLabel::new(ks);
    match label.header() {
        Some(header) => format!("version {}, fingerprint {}", header.version().number(), label.fingerprint()),
        None => format!("of no known form, fingerprint {}", label.fingerprint()),
    }
}

/// One thing that the server granted differently from what was asked.
#[derive(Serialize)]
pub(crate) struct Difference {
    kind: &'static str,
    message: String,
}

impl Difference {
    pub(crate) fn all(adjustments: &[Adjustment]) -> Vec<Self> {
        adjustments.iter().map(Self::of).collect()
    }

    fn of(adjustment: &Adjustment) -> Self {
        let kind = match adjustment {
            Adjustment::ShorterLifetime { .. } => "shorterLife",
            Adjustment::OtherUser { .. } => "otherUser",
            Adjustment::OtherType { .. } => "otherType",
            Adjustment::PrivilegesDropped { .. } => "privilegesDropped",
            _ => "other",
        };
        Self { kind, message: adjustment.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBEYED: &str = "a\u{1b}[2J\u{9b}\r\u{202e}b";

    #[test]
    fn an_answer_cannot_control_the_terminal() {
        assert_eq!(printable("a\n\tb"), "a\n\tb");
        assert_eq!(printable(OBEYED), "a\\u001b[2J\\u009b\\u000d\\u202eb");
    }

    #[test]
    fn json_cannot_control_the_terminal_and_means_the_same() {
        let line = json_line(&OBEYED);
        assert!(line.trim_end().is_ascii(), "{line:?}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), OBEYED);
    }

    #[test]
    fn a_text_from_elsewhere_cannot_leave_its_line() {
        assert_eq!(one_line("alice"), "alice");
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc\u{9b}d\u{2066}e"), "a [2Jb  c d e");
    }
}
