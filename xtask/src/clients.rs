//! `cargo xtask clients`: Kaltura's published clients for other languages, unchanged, against `kaltura emulate`.
//!
//! The scripts in `tests/clients` log in, manage app tokens and send multirequests as users do, and check every
//! response: once with the response cache of the server off, and once with it on, as on the live service. Each run
//! has its own emulator, so that no script sees the state of another.

mod install;

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::emulator::{EmulatorProcess, ResponseCache, build_kaltura};
use crate::process::Process;
use crate::workspace::Workspace;
pub(crate) use install::{Clients, install_node};

/// How long a script may print nothing. A call takes less than a tenth of that.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where the scripts are, in a directory for each language.
const DIRECTORY: &str = "tests/clients";

/// The file in each directory that its scripts share.
const SHARED: &str = "checks";

/// Runs all scripts. `false` if a check failed.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let root = &workspace.root;
    let kaltura = build_kaltura(root, "dev")?;
    let clients = Clients::install(root, &workspace.target.join("clients"), out)?;

    let mut sum = Report::default();
    let mut failed = Vec::new();
    let scripts = Script::all(root)?;
    for cache in [ResponseCache::Off, ResponseCache::On] {
        for script in &scripts {
            let title = format!("{}, response cache {cache}", script.path);
            writeln!(out, "\n{title}")?;
            let emulator = EmulatorProcess::start(&kaltura, cache)?;
            let mut command = script.command(&clients, &kaltura);
            command.envs(emulator.variables()).current_dir(root);
            let outcome = script.run(&mut command, TIMEOUT, out)?;
            emulator.stop()?;
            sum.add(&outcome.report);
            if let Some(problem) = outcome.problem() {
                writeln!(out, "{title}: {problem}")?;
                failed.push(title);
            }
        }
    }
    writeln!(out, "\nclients: {sum}")?;
    if !failed.is_empty() {
        writeln!(out, "failed: {}", failed.join("; "))?;
    }
    Ok(failed.is_empty())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
    Shell,
}

impl Language {
    const ALL: [Self; 3] = [Self::Python, Self::Node, Self::Shell];

    /// The directory of its scripts, and their extension.
    const fn location(self) -> (&'static str, &'static str) {
        match self {
            Self::Python => ("python", ".py"),
            Self::Node => ("node", ".js"),
            Self::Shell => ("shell", ".sh"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) language: Language,
    /// From the root of the repository.
    pub(crate) path: String,
}

impl Script {
    /// All scripts, by language and name.
    fn all(root: &Path) -> Result<Vec<Self>, Failure> {
        let mut scripts = Vec::new();
        for language in Language::ALL {
            let (directory, extension) = language.location();
            let mut names = Vec::new();
            for entry in fs::read_dir(root.join(DIRECTORY).join(directory))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name.strip_suffix(extension).is_some_and(|stem| stem != SHARED) {
                    names.push(name);
                }
            }
            if names.is_empty() {
                return Err(format!("{DIRECTORY}/{directory} has no scripts").into());
            }
            names.sort();
            let script = |name| Self { language, path: format!("{DIRECTORY}/{directory}/{name}") };
            scripts.extend(names.into_iter().map(script));
        }
        Ok(scripts)
    }

    /// How it is run. The caller adds the variables of the emulator: arguments can be read by every user.
    fn command(&self, clients: &Clients, kaltura: &Path) -> Command {
        let mut command = match self.language {
            Language::Python => {
                let mut command = Command::new(clients.python());
                // Without byte code beside the scripts.
                command.arg("-B");
                command
            }
            Language::Node => {
                let mut command = Command::new("node");
                command.env("NODE_PATH", clients.node_modules());
                command
            }
            Language::Shell => Command::new("bash"),
        };
        command.arg(&self.path).env("KALTURA_COMMAND", kaltura);
        // The emulator is on this machine.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        command
    }

    /// Runs it and copies its output to `out`. Stops waiting if it prints nothing before the timeout.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        timeout: Duration,
        out: &mut dyn Write,
    ) -> Result<Outcome, Failure> {
        let started = Process::start(command.stdin(Stdio::null()));
        let mut process = started.map_err(|error| format!("could not run {}: {error}", self.path))?;
        let mut report = Report::default();
        loop {
            match process.next_line(timeout) {
                Ok(Some(line)) => {
                    writeln!(out, "  {line}")?;
                    report.read(&line);
                }
                Ok(None) => return Ok(Outcome { report, status: Some(process.wait()?) }),
                Err(_) => return Ok(Outcome { report, status: None }),
            }
        }
    }
}

/// The result of a script.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: Report,
    /// `None` after a timeout.
    status: Option<ExitStatus>,
}

impl Outcome {
    /// Why the script counts as failed, if it does.
    pub(crate) fn problem(&self) -> Option<String> {
        let Some(status) = self.status else { return Some("timeout".to_owned()) };
        let exit_code = || (!status.success()).then(|| format!("all checks passed, but {status}"));
        self.report.problem().or_else(exit_code)
    }
}

/// The checks of a script, which it prints as TAP: `ok - what`, `not ok - what`, and at the end `1..N`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    passed: u64,
    failed: u64,
    /// The number of checks in the last line.
    planned: Option<u64>,
}

impl Report {
    /// Reads one line. Other lines are comments.
    fn read(&mut self, line: &str) {
        if line.starts_with("ok - ") {
            self.passed += 1;
        } else if line.starts_with("not ok - ") {
            self.failed += 1;
        } else if let Some(count) = line.strip_prefix("1..") {
            self.planned = count.parse().ok();
        }
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    fn problem(&self) -> Option<String> {
        let reported = self.passed + self.failed;
        match (self.planned, self.failed) {
            (None, _) => Some(format!("ended early, after {reported} checks")),
            (Some(planned), _) if planned != reported => {
                Some(format!("{planned} checks planned, {reported} reported"))
            }
            (Some(0), _) => Some("no checks".to_owned()),
            (_, 0) => None,
            (_, failed) => Some(format!("{failed} of {reported} checks failed")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(script: &str, timeout: Duration) -> (Outcome, String) {
        let (mut command, mut out) = (Command::new("sh"), Vec::new());
        let shell = Script { language: Language::Shell, path: "a.sh".to_owned() };
        let outcome = shell.run(command.args(["-c", script]), timeout, &mut out).unwrap();
        (outcome, String::from_utf8(out).unwrap())
    }

    fn problem(script: &str) -> Option<String> {
        outcome(script, Duration::from_secs(20)).0.problem()
    }

    #[test]
    fn checks_and_exit_code_decide() {
        assert_eq!(problem("echo 'ok - a'; echo 1..1"), None);
        let failed = problem("echo 'ok - a'; echo 'not ok - b'; echo 1..2; exit 1");
        assert_eq!(failed.as_deref(), Some("1 of 2 checks failed"));
        assert_eq!(problem("echo 'ok - a'; exit 1").as_deref(), Some("ended early, after 1 checks"));
        assert!(problem("echo 'ok - a'; echo 1..1; exit 1").unwrap().starts_with("all checks passed, but"));
    }

    #[test]
    fn a_script_that_hangs_is_a_timeout() {
        let (outcome, output) = outcome("echo 'ok - a'; exec sleep 20", Duration::from_secs(2));
        assert_eq!(output, "  ok - a\n");
        assert_eq!(outcome.problem().as_deref(), Some("timeout"));
    }

    #[test]
    fn scripts_are_found_and_shared_files_are_not_scripts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = root.path().join(DIRECTORY).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for path in ["python/b.py", "python/a.py", "python/checks.py", "python/list.txt", "node/a.js"] {
            write(path);
        }
        fs::create_dir_all(root.path().join(DIRECTORY).join("shell")).unwrap();
        let error = Script::all(root.path()).unwrap_err().to_string();
        assert_eq!(error, "tests/clients/shell has no scripts");

        write("shell/a.sh");
        let found = Script::all(root.path()).unwrap();
        let found: Vec<_> =
            found.iter().map(|script| (script.language, &script.path[DIRECTORY.len() + 1..])).collect();
        let python = [(Language::Python, "python/a.py"), (Language::Python, "python/b.py")];
        assert_eq!(
            found,
            [&python[..], &[(Language::Node, "node/a.js"), (Language::Shell, "shell/a.sh")]].concat()
        );
    }

    fn report(text: &str) -> Report {
        let mut report = Report::default();
        text.lines().for_each(|line| report.read(line));
        report
    }

    #[test]
    fn checks_are_counted_and_comments_are_not() {
        let mut report = report("ok - a\n# ok - b\nok\nnot ok - c\n# got 1\nwarning\n1..2\n");
        assert_eq!(report.to_string(), "1 passed, 1 failed");
        report.add(&report.clone());
        assert_eq!(report.to_string(), "2 passed, 2 failed");
    }

    #[test]
    fn a_report_must_be_complete() {
        assert_eq!(report("ok - a\nok - b\n1..2").problem(), None);
        for (text, problem) in [
            ("", "ended early, after 0 checks"),
            ("ok - a\nok - b", "ended early, after 2 checks"),
            ("ok - a\n1..x", "ended early, after 1 checks"),
            ("ok - a\n1..2", "2 checks planned, 1 reported"),
            ("1..0", "no checks"),
            ("ok - a\nnot ok - b\n1..2", "1 of 2 checks failed"),
        ] {
            assert_eq!(report(text).problem().as_deref(), Some(problem), "{text}");
        }
    }
}
