//! What the checks find: told line by line to people, and at the end as one document to programs.

use kaltura_types::{AppTokenValue, redact};
use serde::Serialize;

use super::check::{Finding, Subject, Verdict};
use super::marks::Marks;
use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::output;
use crate::output::{Ui, one_line, style};

/// The column behind the names of the subjects, without the marks.
const NAMES_WIDTH: usize = 15;

/// All lines so far.
pub(super) struct Journal {
    marks: Marks,
    json: bool,
    secrets: Vec<AppTokenValue>,
    lines: Vec<Line>,
}

/// What is told of one subject.
#[derive(Serialize)]
struct Line {
    name: Subject,
    verdict: Verdict,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<ExitCode>,
}

/// The answer for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    verdict: Verdict,
    exit_code: u8,
    checks: &'a [Line],
}

impl Journal {
    pub(super) fn new(ui: &Ui, environment: &Environment) -> Self {
        Self {
            marks: Marks::of_stdout(ui, environment),
            json: ui.wants_json(),
            secrets: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Sees to it that no line from now on shows this, whoever echoes it.
    pub(super) fn hide(&mut self, secret: AppTokenValue) {
        // A text that is too short for a token would only make the lines unreadable.
        if secret.expose().len() >= 8 {
            self.secrets.push(secret);
        }
    }

    /// Takes a line, and tells it to people at once.
    pub(super) fn tell(&mut self, ui: &Ui, name: Subject, finding: Finding) -> Result<(), Failure> {
        let secrets: Vec<&str> = self.secrets.iter().map(AppTokenValue::expose).collect();
        let clean = |text: String| one_line(&redact(&text, &secrets)).into_owned();
        let Finding { verdict, message, remedy, code, class } = finding;
        let line = Line {
            name,
            verdict,
            message: clean(message),
            remedy: remedy.map(clean),
            code: code.map(clean),
            class,
        };
        if !self.json {
            ui.print(&self.as_text(&line))?;
        }
        self.lines.push(line);
        Ok(())
    }

    /// Ends with the sum of it. The first line that failed is the failure of the command.
    pub(super) fn finish(self, ui: &Ui) -> Result<(), Failure> {
        let class = self.lines.iter().find_map(|line| line.class);
        if self.json {
            ui.print_json(&Answer {
                verdict: self.verdict(),
                exit_code: class.map_or(0, ExitCode::number),
                checks: &self.lines,
            })?;
        } else {
            ui.print(&self.sum())?;
        }
        class.map_or(Ok(()), |class| Err(Failure::told_already(class)))
    }

    fn as_text(&self, line: &Line) -> String {
        let (mark, name) = (self.marks.mark(line.verdict), line.name.label());
        let indent = " ".repeat(self.marks.width() + NAMES_WIDTH + 2);
        let label = format!("{mark} {name:NAMES_WIDTH$}");
        let mut text = output::wrapped(&label, &indent, &line.message);
        if let Some(remedy) = &line.remedy {
            let label = format!("{indent}{}remedy:{:#}", style::HEADING, style::HEADING);
            text += &output::wrapped(&label, &indent, remedy);
        }
        text
    }

    fn sum(&self) -> String {
        let (label, text) = match (self.names_of(Verdict::Failed), self.names_of(Verdict::Warning)) {
            (None, None) => (style::GOOD, "no problem was found".to_owned()),
            (None, Some(warnings)) => (style::NOTE, format!("nothing failed; warnings: {warnings}")),
            (Some(failed), None) => (style::BAD, format!("failed: {failed}")),
            (Some(failed), Some(warnings)) => (style::BAD, format!("failed: {failed}; warnings: {warnings}")),
        };
        output::wrapped(&format!("\n{label}in sum:{label:#}"), "  ", &text)
    }

    fn names_of(&self, verdict: Verdict) -> Option<String> {
        let of_it = self.lines.iter().filter(|line| line.verdict == verdict);
        let names: Vec<&str> = of_it.map(|line| line.name.label()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn verdict(&self) -> Verdict {
        let verdicts = [Verdict::Failed, Verdict::Warning];
        let worst = verdicts.into_iter().find(|verdict| self.names_of(*verdict).is_some());
        worst.unwrap_or(Verdict::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_shows_a_hidden_text_or_leaves_its_line() {
        let mut ui = Ui::silent();
        ui.set_format(true, crate::output::Verbosity::Normal);
        let mut journal = Journal::new(&ui, &Environment::of_test(|_| None));
        journal.hide(AppTokenValue::new("hush hush"));
        journal.hide(AppTokenValue::new("is"));
        let finding = Finding::warning("it is hush hush\u{1b}[2J", "forget hush hush");
        journal.tell(&Ui::silent(), Subject::Login, finding).unwrap();
        let line = &journal.lines[0];
        assert_eq!(line.message, "it is (redacted) [2J");
        assert_eq!(line.remedy.as_deref(), Some("forget (redacted)"));
    }

    #[test]
    fn the_first_line_that_failed_is_the_failure() {
        let mut ui = Ui::silent();
        ui.set_format(true, crate::output::Verbosity::Normal);
        let mut journal = Journal::new(&ui, &Environment::of_test(|_| None));
        assert_eq!((journal.verdict(), journal.sum().contains("no problem")), (Verdict::Ok, true));
        journal.tell(&Ui::silent(), Subject::Clock, Finding::warning("late", "wait")).unwrap();
        assert_eq!(journal.verdict(), Verdict::Warning);
        for (name, class) in [(Subject::Login, ExitCode::Permission), (Subject::Action, ExitCode::Usage)] {
            journal.tell(&Ui::silent(), name, Finding::failed(class, "no", "no")).unwrap();
        }
        assert_eq!(journal.verdict(), Verdict::Failed);
        assert!(journal.sum().contains("failed: login, action; warnings: clock"), "{}", journal.sum());
        assert_eq!(journal.lines.iter().find_map(|line| line.class), Some(ExitCode::Permission));
    }
}
