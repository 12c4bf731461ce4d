//! The lines of `kaltura doctor`: printed one by one for people, and as one JSON document for programs.

use kaltura_auth::ErrorKind as LoginErrorKind;
use kaltura_client::diagnosis::{ConnectionFault, Finding, Problem, Severity, Stage};
use kaltura_types::{AppTokenValue, HashType, redact};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::local::LoginInputs;
use super::network::Route;
use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::output::style::{self, styled};
use crate::output::{Ui, one_line, shows_utf8, wrapped};

/// The width of the column with the names.
const NAMES_WIDTH: usize = 15;

/// The result of a check.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// What is checked, such as `widget session`.
    #[serde(serialize_with = "as_member_name")]
    name: String,
    #[serde(serialize_with = "as_text")]
    verdict: Severity,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// The code of the API error.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The class of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<ExitCode>,
}

fn as_text<S: Serializer>(verdict: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(verdict)
}

/// `widgetSession` for `widget session`, and `ks` for `KALTURA_KS`.
fn as_member_name<S: Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let mut words = name.trim_start_matches("KALTURA_").split(' ').map(str::to_lowercase);
    let mut member = words.next().unwrap_or_default();
    for word in words {
        let (first, rest) = word.split_at(1);
        member += &(first.to_uppercase() + rest);
    }
    serializer.serialize_str(&member)
}

impl Line {
    pub(super) fn ok(name: impl Into<String>, message: impl Into<String>) -> Self {
        let (name, message) = (name.into(), message.into());
        Self { name, verdict: Severity::Ok, message, remedy: None, code: None, class: None }
    }

    pub(super) fn skipped(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { verdict: Severity::Skipped, ..Self::ok(name, message) }
    }

    pub(super) fn warning(
        name: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let line = Self::ok(name, message);
        Self { verdict: Severity::Warning, remedy: Some(remedy.into()), ..line }
    }

    pub(super) fn failed(
        name: impl Into<String>,
        class: ExitCode,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let line = Self::warning(name, message, remedy);
        Self { verdict: Severity::Failed, class: Some(class), ..line }
    }

    /// What a command would fail with.
    pub(super) fn of_failure(name: impl Into<String>, failure: &Failure) -> Self {
        let remedy = failure.hint().unwrap_or_else(|| match failure.exit_code() {
            ExitCode::Usage => "Correct it, or pass it in another way: see `kaltura doctor --help`.",
            _ => "Repair it on this machine first.",
        });
        Self::failed(name, failure.exit_code(), failure.text(), remedy).with_code(failure.code())
    }

    /// A finding of the library, with remedies in the options and commands of this program.
    pub(super) fn of_finding(finding: &Finding, inputs: &LoginInputs, route: &Route) -> Self {
        let (stage, problem) = (finding.stage(), finding.problem());
        let verdict = finding.severity();
        let failure = finding.error().map(|error| Failure::from(error.clone()));
        let message = match problem {
            Some(Problem::NoCredentials | Problem::NoPartnerId) => "not checked: settings failed".to_owned(),
            Some(Problem::NoAdmin) => {
                "not checked: requires an admin secret (--admin-secret-file FILE)".to_owned()
            }
            Some(Problem::NoAction) => "not requested (use --action media.list)".to_owned(),
            problem if stage == Stage::Connection && !matches!(problem, Some(Problem::StageFailed(_))) => {
                format!("{route}: {}", finding.message())
            }
            _ => finding.message().to_owned(),
        };
        let line = Self {
            name: stage.to_string(),
            verdict,
            message,
            remedy: finding.remedy().map(str::to_owned),
            code: failure.as_ref().and_then(Failure::code).map(str::to_owned),
            class: (verdict == Severity::Failed)
                .then(|| failure.as_ref().map_or(ExitCode::Authentication, Failure::exit_code)),
        };
        match problem {
            Some(Problem::OtherHashType { accepted } | Problem::HashTypeDetected { accepted }) => {
                let is_rejected = stage == Stage::Login && verdict == Severity::Failed;
                let code = is_rejected.then_some("INVALID_APP_TOKEN_HASH");
                line.with_remedy(where_to_put(*accepted, inputs)).with_code(code)
            }
            Some(Problem::LoginRefused(LoginErrorKind::InvalidTokenHash)) => {
                line.and_then("`kaltura doctor --detect` tries the other hash types.")
            }
            Some(Problem::TokenExpiresSoon { .. }) => line.with_remedy(
                "Extend its expiry with `kaltura token update`, or replace it with `kaltura token rotate`.",
            ),
            Some(Problem::TokenExpired | Problem::SessionsExpireAtOnce) => {
                line.with_remedy("Change it with `kaltura token update`, or create a new one.")
            }
            Some(Problem::TokenNotFound) => line.and_then("`kaltura token list` shows the existing ones."),
            Some(Problem::ClockSkew { .. }) => line.with_remedy(
                "Set the clock, best with NTP. A login works nevertheless, but a session that is signed on this \
                 machine, as `kaltura sign` and `kaltura token` do, expires too early or too late.",
            ),
            Some(Problem::Connection(ConnectionFault::TimedOut)) => {
                line.with_remedy(ConnectionFault::TimedOut.remedy().replace("the timeout", "--timeout"))
            }
            Some(Problem::ActionUnclear(_)) => {
                line.with_remedy("Call it with the parameters that it needs: `kaltura call`.")
            }
            _ => line,
        }
    }

    /// Adds a sentence to the remedy.
    pub(super) fn and_then(mut self, remedy: &str) -> Self {
        self.remedy =
            Some(self.remedy.map_or_else(|| remedy.to_owned(), |first| format!("{first} {remedy}")));
        self
    }

    fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    pub(super) fn with_code(mut self, code: Option<&str>) -> Self {
        self.code = code.map(str::to_owned).or(self.code);
        self
    }

    pub(super) fn is_failed(&self) -> bool {
        self.verdict == Severity::Failed
    }
}

fn where_to_put(hash_type: HashType, inputs: &LoginInputs) -> String {
    let profile =
        inputs.profile.as_ref().map_or_else(|| "a profile".to_owned(), |name| format!("profile {name}"));
    format!(
        "Set it: --hash-type {hash_type}, KALTURA_APP_TOKEN_HASH_TYPE={hash_type}, or hash_type = \"{hash_type}\" in \
         {profile}."
    )
}

/// All lines so far.
pub(super) struct Report<'a> {
    ui: &'a Ui,
    has_symbols: bool,
    secrets: Vec<AppTokenValue>,
    lines: Vec<Line>,
}

impl<'a> Report<'a> {
    pub(super) fn new(ui: &'a Ui, environment: &Environment) -> Self {
        let has_symbols = ui.stdout.has_colours && shows_utf8(environment);
        Self { ui, has_symbols, secrets: Vec::new(), lines: Vec::new() }
    }

    /// Removes a secret from all lines from now on, wherever it comes from.
    pub(super) fn hide(&mut self, secret: AppTokenValue) {
        // A shorter text is no token, and would make the lines unreadable.
        if secret.expose().len() >= 8 {
            self.secrets.push(secret);
        }
    }

    /// Adds a line, and prints it at once.
    pub(super) fn add(&mut self, mut line: Line) -> Result<(), Failure> {
        let secrets: Vec<&str> = self.secrets.iter().map(AppTokenValue::expose).collect();
        for text in std::iter::once(&mut line.message).chain(&mut line.remedy).chain(&mut line.code) {
            *text = one_line(&redact(text, &secrets)).into_owned();
        }
        let printed = if self.ui.wants_json() { Ok(()) } else { self.ui.print(&self.as_text(&line)) };
        self.lines.push(line);
        printed
    }

    /// Skips the remaining checks that need the server.
    pub(super) fn skip_remote(&mut self, failed: &str) -> Result<(), Failure> {
        let names = ["service URL", "DNS"].map(str::to_owned).into_iter();
        for name in names.chain(Stage::ALL.map(|stage| stage.to_string())) {
            if self.lines.iter().all(|line| line.name != name) {
                self.add(Line::skipped(name, format!("not checked: {failed} failed")))?;
            }
        }
        Ok(())
    }

    /// Ends with a summary. The first failed line is the failure of the command.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let class = self.lines.iter().find_map(|line| line.class);
        if self.ui.wants_json() {
            let verdict = self.lines.iter().map(|line| line.verdict).max().unwrap_or(Severity::Ok);
            self.ui.print_json(&json!({
                "verdict": verdict.to_string(),
                "exitCode": class.map_or(0, ExitCode::number),
                "checks": self.lines,
            }))?;
        } else {
            self.ui.print(&self.summary())?;
        }
        class.map_or(Ok(()), |class| Err(Failure::told_already(class)))
    }

    fn as_text(&self, line: &Line) -> String {
        let (symbol, style) = match line.verdict {
            Severity::Ok => ("✓", style::GOOD),
            Severity::Warning => ("!", style::NOTE),
            Severity::Failed => ("✗", style::BAD),
            _ => ("-", style::QUIET),
        };
        let word = line.verdict.to_string();
        let (mark, width) = if self.has_symbols { (symbol, 1) } else { (word.as_str(), 7) };
        let gap = " ".repeat(width - mark.chars().count());
        let indent = " ".repeat(width + NAMES_WIDTH + 2);
        let label = format!("{style}{mark}{style:#}{gap} {:NAMES_WIDTH$}", line.name);
        let mut text = wrapped(&label, &indent, &line.message);
        if let Some(remedy) = &line.remedy {
            let label = indent.clone() + &styled(style::HEADING, "remedy:");
            text += &wrapped(&label, &indent, remedy);
        }
        text
    }

    /// `1 check failed: login; 1 warning: clock`.
    fn summary(&self) -> String {
        let of = |verdict| {
            let lines = self.lines.iter().filter(move |line| line.verdict == verdict);
            lines.map(|line| line.name.as_str()).collect::<Vec<_>>()
        };
        let counted = |names: &[&str], what: &str| {
            let plural = if names.len() == 1 { "" } else { "s" };
            format!("{} {}: {}", names.len(), what.replace('#', plural), names.join(", "))
        };
        let (failed, warnings) = (of(Severity::Failed), of(Severity::Warning));
        let (style, text) = match (failed.is_empty(), warnings.is_empty()) {
            (true, true) => (style::GOOD, "All checks passed".to_owned()),
            (true, false) => (style::NOTE, format!("No check failed; {}", counted(&warnings, "warning#"))),
            (false, true) => (style::BAD, counted(&failed, "check# failed")),
            (false, false) => {
                let warnings = counted(&warnings, "warning#");
                (style::BAD, format!("{}; {warnings}", counted(&failed, "check# failed")))
            }
        };
        format!("\n{style}{text}{style:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_shows_a_hidden_text_or_leaves_its_line() {
        let (ui, environment) = (Ui::silent(), Environment::of_test(|_| None));
        let mut report = Report::new(&ui, &environment);
        report.hide(AppTokenValue::new("hush hush"));
        report.hide(AppTokenValue::new("is"));
        report.add(Line::warning("login", "it is hush hush\u{1b}[2J", "forget hush hush")).unwrap();
        assert_eq!(report.lines[0].message, "it is (redacted) [2J");
        assert_eq!(report.lines[0].remedy.as_deref(), Some("forget (redacted)"));
    }

    #[test]
    fn the_summary_counts_failures_and_warnings() {
        let (ui, environment) = (Ui::silent(), Environment::of_test(|_| None));
        let mut report = Report::new(&ui, &environment);
        let shown = |report: &Report<'_>| anstream::adapter::strip_str(&report.summary()).to_string();
        assert_eq!(shown(&report), "\nAll checks passed\n");
        report.add(Line::warning("clock", "late", "wait")).unwrap();
        assert_eq!(shown(&report), "\nNo check failed; 1 warning: clock\n");
        for (check, class) in [("login", ExitCode::Permission), ("action", ExitCode::Usage)] {
            report.add(Line::failed(check, class, "no", "no")).unwrap();
        }
        assert_eq!(shown(&report), "\n2 checks failed: login, action; 1 warning: clock\n");
        assert_eq!(report.finish().unwrap_err().exit_code(), ExitCode::Permission);
    }
}
