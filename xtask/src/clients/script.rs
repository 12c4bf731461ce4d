//! The scripts in `tests/clients`, and how each is run.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::Failure;
use crate::clients::install::Clients;
use crate::clients::process::Process;
use crate::clients::tap::Report;

const FOLDER: &str = "tests/clients";
/// In each folder, what its scripts have in common.
const SHARED: &str = "checks";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    Node,
    Shell,
}

impl Language {
    const ALL: [Self; 3] = [Self::Python, Self::Node, Self::Shell];

    /// The folder, and how the names of its scripts end.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Python => ("python", ".py"),
            Self::Node => ("node", ".js"),
            Self::Shell => ("shell", ".sh"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script {
    language: Language,
    /// From the root of the repository.
    pub(crate) path: String,
}

impl Script {
    /// All that there are, language by language.
    pub(crate) fn all(root: &Path) -> Result<Vec<Self>, Failure> {
        let mut scripts = Vec::new();
        for language in Language::ALL {
            let (folder, ending) = language.place();
            let mut names = Vec::new();
            for entry in fs::read_dir(root.join(FOLDER).join(folder))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name.strip_suffix(ending).is_some_and(|stem| stem != SHARED) {
                    names.push(name);
                }
            }
            if names.is_empty() {
                return Err(format!("{FOLDER}/{folder} has no scripts").into());
            }
            names.sort();
            let path = |name| Self { language, path: format!("{FOLDER}/{folder}/{name}") };
            scripts.extend(names.into_iter().map(path));
        }
        Ok(scripts)
    }

    /// How it is run. What it must know of the server is still to be put into its environment, not among its
    /// arguments, which every user of the machine can read.
    pub(crate) fn command(&self, clients: &Clients, kaltura: &Path) -> Command {
        let mut command = match self.language {
            Language::Python => {
                let mut command = Command::new(clients.python());
                // Else it would write beside the scripts.
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

    /// Runs it, passes what it prints on to `out`, and gives up on it if it prints nothing for too long.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        patience: Duration,
        out: &mut dyn Write,
    ) -> Result<Outcome, Failure> {
        let started = Process::start(command.stdin(std::process::Stdio::null()));
        let mut process = started.map_err(|error| format!("could not run {}: {error}", self.path))?;
        let mut report = Report::default();
        loop {
            match process.next_line(patience) {
                Ok(Some(line)) => {
                    writeln!(out, "  {line}")?;
                    report.read(&line);
                }
                Ok(None) => return Ok(Outcome { report, status: Some(process.ended()?) }),
                Err(_) => return Ok(Outcome { report, status: None }),
            }
        }
    }
}

/// What came of a script.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: Report,
    /// None if it was given up.
    status: Option<ExitStatus>,
}

impl Outcome {
    /// What is wrong, if anything is.
    pub(crate) fn trouble(&self) -> Option<String> {
        match self.status {
            None => Some("given up: nothing was heard of it for too long".to_owned()),
            Some(status) => self
                .report
                .trouble()
                .or_else(|| (!status.success()).then(|| format!("all checks passed, but {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(script: &str, patience: Duration) -> (Outcome, String) {
        let (mut command, mut out) = (Command::new("sh"), Vec::new());
        let shell = Script { language: Language::Shell, path: "a.sh".to_owned() };
        let outcome = shell.run(command.args(["-c", script]), patience, &mut out).unwrap();
        (outcome, String::from_utf8(out).unwrap())
    }

    fn trouble(script: &str) -> Option<String> {
        outcome(script, Duration::from_secs(20)).0.trouble()
    }

    #[test]
    fn a_script_is_well_if_its_checks_and_its_exit_code_say_so() {
        assert_eq!(trouble("echo 'ok - a'; echo 1..1"), None);
        assert_eq!(
            trouble("echo 'ok - a'; echo 'not ok - b'; echo 1..2; exit 1").as_deref(),
            Some("1 of 2 checks failed")
        );
        assert_eq!(trouble("echo 'ok - a'; exit 1").as_deref(), Some("broken off after 1 checks"));
        assert!(trouble("echo 'ok - a'; echo 1..1; exit 1").unwrap().starts_with("all checks passed, but"));
    }

    #[test]
    fn a_script_that_hangs_is_given_up() {
        let (outcome, said) = outcome("echo 'ok - a'; exec sleep 20", Duration::from_secs(2));
        assert_eq!(said, "  ok - a\n");
        assert!(outcome.trouble().unwrap().starts_with("given up"));
    }

    #[test]
    fn scripts_are_found_and_what_they_share_is_not_one() {
        let root = tempfile::tempdir().unwrap();
        for path in ["python/b.py", "python/a.py", "python/checks.py", "python/list.txt", "node/a.js"] {
            let path = root.path().join(FOLDER).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir_all(root.path().join(FOLDER).join("shell")).unwrap();
        let none = Script::all(root.path()).unwrap_err().to_string();
        assert_eq!(none, "tests/clients/shell has no scripts");

        fs::write(root.path().join(FOLDER).join("shell/a.sh"), "").unwrap();
        let found = Script::all(root.path()).unwrap();
        let paths: Vec<_> =
            found.iter().map(|script| (script.language, &script.path["tests/clients/".len()..])).collect();
        assert_eq!(
            paths,
            [
                (Language::Python, "python/a.py"),
                (Language::Python, "python/b.py"),
                (Language::Node, "node/a.js"),
                (Language::Shell, "shell/a.sh")
            ]
        );
    }
}
