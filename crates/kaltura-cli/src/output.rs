//! What is written. Answers go to standard output, everything else to standard error.

mod jq;
mod spinner;
pub(crate) mod style;
mod table;
mod ui;

use std::borrow::Cow;
use std::fmt::Write as _;

use kaltura_auth::{Adjustment, KsLabel};
use kaltura_types::Ks;
use serde::Serialize;

use crate::error::{ExitCode, Failure, Report};

pub(crate) use self::jq::{JqFilter, WORKER_ARGUMENT, serve_worker};
use self::style::{BAD, NOTE, styled};
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

impl Ui {
    /// Writes an error to standard error.
    pub(crate) fn report(&self, failure: &Failure) {
        // A reader that has closed the pipe reads no more.
        if !failure.0.is_told && failure.exit_code() != ExitCode::BrokenPipe {
            self.eprint(&if self.json {
                json_line(&failure.document())
            } else {
                failure.as_text(self.text_width)
            });
        }
    }
}

impl Failure {
    fn as_text(&self, width: usize) -> String {
        if let Some(text) = &self.0.ready_text {
            return text.clone();
        }
        let Report { message, causes, hint, service_url, server, request_id, http_status, .. } = &*self.0;
        let mut text = wrapped_to(width, &styled(BAD, "error:"), "  ", &one_line(message));
        if let Some(url) = service_url {
            text += &wrapped_to(width, "  at:", "    ", url);
        }
        if !causes.is_empty() {
            text += &wrapped_to(width, "  because:", "    ", &one_line(&causes.join(": ")));
        }
        if let Some(hint) = hint {
            text += &wrapped_to(width, &styled(NOTE, "hint:"), "  ", &one_line(hint));
        }
        let mut ticket = Vec::new();
        ticket.extend(http_status.filter(|status| *status >= 300).map(|status| format!("HTTP {status}")));
        ticket.extend(server.as_ref().map(|server| format!("server {}", one_line(server))));
        ticket.extend(request_id.as_ref().map(|id| format!("request {}", one_line(id))));
        if !ticket.is_empty() {
            text += &wrapped_to(width, "  for support:", "    ", &ticket.join(", "));
        }
        text
    }

    /// What programs read: an object with the member `error`.
    pub(crate) fn document(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Document<'a> {
            error: Body<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            exit_code: u8,
            #[serde(flatten)]
            report: &'a Report,
        }
        Document { error: Body { exit_code: self.exit_code().number(), report: &self.0 } }
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
    fn a_text_from_elsewhere_cannot_leave_its_line() {
        assert_eq!(one_line("alice"), "alice");
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc\u{9b}d\u{2066}e"), "a [2Jb  c d e");
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn people_read_what_why_and_what_to_do() {
        let cause = std::io::Error::other("the disk\nis full");
        let failure = Failure::new(ExitCode::Local, "cannot write").caused_by(&cause).with_hint("Make room.");
        assert_eq!(
            plain(&failure.as_text(80)),
            "error: cannot write\n  because: the disk is full\nhint: Make room.\n"
        );
    }

    #[test]
    fn programs_read_one_line_of_json() {
        let failure = Failure::usage("no partner id").with_hint("Give one.");
        assert_eq!(
            json_line(&failure.document()),
            "{\"error\":{\"exitCode\":2,\"class\":\"usage\",\"message\":\"no partner id\",\
             \"hint\":\"Give one.\",\"retryable\":false}}\n"
        );
    }

    #[test]
    fn a_cause_that_repeats_what_was_said_is_left_out() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot write")]
        struct Outer(#[source] std::io::Error);

        let cause = Outer(std::io::Error::other("disk full"));
        let failure = Failure::new(ExitCode::Local, "cannot write the file").caused_by(&cause);
        assert_eq!(plain(&failure.as_text(80)), "error: cannot write the file\n  because: disk full\n");
    }
}
