//! A command that is printed exactly as it is run.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{self, Stdio};

use crate::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    words: Vec<String>,
    variable: Option<(&'static str, String)>,
}

impl Command {
    /// A program and its arguments.
    pub(crate) fn new(words: &[&str]) -> Self {
        Self { words: words.iter().map(|word| (*word).to_owned()).collect(), variable: None }
    }

    /// A program and its arguments, separated by single spaces.
    pub(crate) fn parse(line: &str) -> Self {
        Self::new(&line.split(' ').collect::<Vec<_>>())
    }

    /// Adds an environment variable.
    pub(crate) fn env(self, name: &'static str, value: impl Into<String>) -> Self {
        Self { variable: Some((name, value.into())), ..self }
    }

    /// Runs it with the terminal of this process. `false` if it fails.
    pub(crate) fn run(&self, root: &Path) -> Result<bool, Failure> {
        Ok(self.prepare(root).status().map_err(|error| self.not_started(&error))?.success())
    }

    /// Runs it, copies its output to `out`, and passes each line to `on_line`.
    pub(crate) fn run_with_lines(
        &self,
        root: &Path,
        out: &mut dyn Write,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<bool, Failure> {
        let spawned = self.prepare(root).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| self.not_started(&error))?;
        if let Some(stdout) = child.stdout.take() {
            let mut stdout = BufReader::new(stdout);
            let mut line = Vec::new();
            while stdout.read_until(b'\n', &mut line)? > 0 {
                out.write_all(&line)?;
                on_line(String::from_utf8_lossy(&line).trim_end());
                line.clear();
            }
        }
        Ok(child.wait()?.success())
    }

    /// Whether it can be started and succeeds. Its output is discarded.
    pub(crate) fn succeeds(&self, root: &Path) -> bool {
        let status = self.prepare(root).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn prepare(&self, root: &Path) -> process::Command {
        let mut command = process::Command::new(self.words.first().map_or("", String::as_str));
        command
            .args(self.words.iter().skip(1))
            .envs(self.variable.iter().map(|(name, value)| (name, value)))
            .current_dir(root)
            .stdin(Stdio::null());
        // `cargo run` sets these variables for the crate `xtask`. Inherited, they would make build scripts that
        // depend on them run again, here and in the next build by hand.
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name_text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        format!("could not run `{self}`: {error}").into()
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, value)) = &self.variable {
            write!(f, "{name}='{value}' ")?;
        }
        f.write_str(&self.words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directory of this crate.
    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn a_command_is_printed_as_it_is_run() {
        let command = Command::parse("cargo doc --no-deps").env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(command.to_string(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn success_and_failure_are_distinguished() {
        assert!(Command::parse("cargo --version").succeeds(here()));
        assert!(!Command::parse("cargo no-such-command").succeeds(here()));
        assert!(!Command::parse("no-such-program").succeeds(here()));
    }

    #[test]
    fn a_missing_program_is_an_error_with_its_name() {
        let error = Command::parse("no-such-program x").run(here()).unwrap_err();
        assert!(error.to_string().starts_with("could not run `no-such-program x`: "), "{error}");
    }

    #[test]
    fn output_is_copied_and_read() {
        let (mut out, mut lines) = (Vec::new(), Vec::new());
        let command = Command::parse("cargo --version");
        assert!(command.run_with_lines(here(), &mut out, &mut |line| lines.push(line.to_owned())).unwrap());
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("cargo 1."), "{lines:?}");
        assert_eq!(String::from_utf8(out).unwrap().trim_end(), lines[0]);
    }

    #[test]
    fn the_variables_of_this_crate_are_not_inherited() {
        // Cargo sets this one for this test.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let prepared = Command::new(&["cargo"]).prepare(here());
        assert!(prepared.get_envs().any(|(name, value)| name == "CARGO_MANIFEST_DIR" && value.is_none()));
    }
}
