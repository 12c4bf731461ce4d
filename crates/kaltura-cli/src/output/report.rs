//! How a failure is reported: lines for people, one JSON document for programs; both on standard error.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Ui, json_line, one_line, style, wrapped_to};
use crate::error::{ExitCode, Failure, Report};

impl Ui {
    /// Writes an error to standard error.
    pub(crate) fn report(&self, failure: &Failure) {
        // A reader that has closed the pipe reads no more.
        if !failure.0.is_told && failure.exit_code() != ExitCode::BrokenPipe {
            self.eprint(&if self.has_json_flag() {
                failure.as_json()
            } else {
                failure.as_text(self.text_width())
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
        let mut text =
            wrapped_to(width, &format!("{}error:{:#}", style::BAD, style::BAD), "  ", &one_line(message));
        if let Some(url) = service_url {
            text += &wrapped_to(width, "  at:", "    ", url);
        }
        if !causes.is_empty() {
            text += &wrapped_to(width, "  because:", "    ", &one_line(&causes.join(": ")));
        }
        if let Some(hint) = hint {
            text +=
                &wrapped_to(width, &format!("{}hint:{:#}", style::NOTE, style::NOTE), "  ", &one_line(hint));
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

    fn as_json(&self) -> String {
        let mut text = json_line(&self.document());
        if text.is_empty() {
            // Texts and numbers always fit into JSON; should they not, a program still gets a line.
            let _ = writeln!(text, "{{\"error\":{{\"exitCode\":{}}}}}", self.exit_code().number());
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
            failure.as_json(),
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
