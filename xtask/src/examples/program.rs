//! A running example, whose output is checked line by line.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::emulator::EmulatorProcess;
use crate::fleet::workers::signal;
use crate::process::Process;

/// How long a program may print nothing.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Program {
    name: String,
    process: Process,
    lines: Vec<String>,
}

impl Program {
    /// Starts an example on the emulator. Of the variables, the last with a name counts.
    pub(super) fn start(
        directory: &Path,
        arguments: &[&str],
        emulator: &EmulatorProcess,
        variables: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let [name, arguments @ ..] = arguments else { return Err("no program".into()) };
        let mut command = Command::new(directory.join(name));
        command.args(arguments).envs(emulator.variables()).envs(variables.iter().copied());
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null()).stderr(Stdio::piped());
        let process = Process::start(&mut command).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { name: (*name).to_owned(), process, lines: Vec::new() })
    }

    /// Waits for a line that starts with `start`. Returns the rest of it.
    pub(super) fn wait_for(mut self, start: &str) -> Result<(Self, String), Failure> {
        while let Ok(Some(line)) = self.process.next_line(TIMEOUT) {
            self.lines.push(line.clone());
            if let Some(rest) = line.strip_prefix(start) {
                return Ok((self, rest.to_owned()));
            }
        }
        Err(self.failed(&format!("prints no line that starts with `{start}`")))
    }

    /// Asks it to stop.
    pub(super) fn terminate(&self) -> Result<(), Failure> {
        signal("TERM", self.process.id())
    }

    /// Waits for its end. Returns all lines that it has printed, if it succeeds.
    pub(super) fn finish(mut self) -> Result<Vec<String>, Failure> {
        loop {
            match self.process.next_line(TIMEOUT) {
                Ok(Some(line)) => self.lines.push(line),
                Ok(None) => break,
                Err(_) => return Err(self.failed("does not end")),
            }
        }
        let status = self.process.wait()?;
        if status.success() {
            return Ok(self.lines);
        }
        Err(self.failed(&format!("ends with {status}")))
    }

    /// Ends it. Returns an error with all that it has printed.
    fn failed(self, problem: &str) -> Failure {
        let (output, errors) = (self.lines.join("\n"), self.process.kill_and_read_stderr());
        format!("{} {problem}\n{output}\n{errors}", self.name).into()
    }
}
