//! A command that is shown exactly as it is run.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{self, Stdio};

use crate::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    words: Vec<String>,
    variable: Option<(&'static str, &'static str)>,
}

impl Command {
    /// A program and its arguments.
    pub(crate) fn new(words: &[&str]) -> Self {
        Self { words: words.iter().map(|word| (*word).to_owned()).collect(), variable: None }
    }

    /// The same with a variable in its environment.
    pub(crate) fn with(self, name: &'static str, value: &'static str) -> Self {
        Self { variable: Some((name, value)), ..self }
    }

    /// Runs it with our terminal. `false` if it fails.
    pub(crate) fn run(&self, root: &Path) -> Result<bool, Failure> {
        Ok(self.prepared(root).status().map_err(|error| self.not_run(&error))?.success())
    }

    /// Runs it, passes what it prints on to `out`, and shows each line to `reader`.
    pub(crate) fn run_and_read(
        &self,
        root: &Path,
        out: &mut dyn Write,
        reader: &mut dyn FnMut(&str),
    ) -> Result<bool, Failure> {
        let spawned = self.prepared(root).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| self.not_run(&error))?;
        if let Some(printed) = child.stdout.take() {
            let mut printed = BufReader::new(printed);
            let mut line = Vec::new();
            while printed.read_until(b'\n', &mut line)? > 0 {
                out.write_all(&line)?;
                reader(String::from_utf8_lossy(&line).trim_end());
                line.clear();
            }
        }
        Ok(child.wait()?.success())
    }

    /// Whether it can be run at all, and with success. Nothing that it prints is seen.
    pub(crate) fn succeeds_silently(&self, root: &Path) -> bool {
        let status = self.prepared(root).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// The same for who wants to say more about how it is run.
    pub(crate) fn prepared(&self, root: &Path) -> process::Command {
        let mut command = process::Command::new(self.words.first().map_or("", String::as_str));
        command.args(self.words.iter().skip(1)).envs(self.variable).current_dir(root).stdin(Stdio::null());
        // `cargo run` tells us about the crate `xtask`. Handed on, it would make build scripts that look at
        // these variables run again, here and at the next call by hand.
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name_text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
    }

    /// What to tell if it could not even be started.
    pub(crate) fn not_run(&self, error: &std::io::Error) -> Failure {
        format!("could not run `{self}`: {error}").into()
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, value)) = self.variable {
            write!(f, "{name}='{value}' ")?;
        }
        f.write_str(&self.words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folder of the crate: a place that exists.
    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn a_command_is_shown_as_it_is_run() {
        let command = Command::new(&["cargo", "doc", "--no-deps"]).with("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(command.to_string(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn success_and_failure_are_told_apart() {
        assert!(Command::new(&["cargo", "--version"]).succeeds_silently(here()));
        assert!(!Command::new(&["cargo", "no-such-command"]).succeeds_silently(here()));
        assert!(!Command::new(&["no-such-program"]).succeeds_silently(here()));
    }

    #[test]
    fn a_program_that_is_missing_is_an_error_with_its_name() {
        let error = Command::new(&["no-such-program", "x"]).run(here()).unwrap_err();
        assert!(error.to_string().starts_with("could not run `no-such-program x`: "), "{error}");
    }

    #[test]
    fn what_is_printed_is_passed_on_and_read() {
        let (mut out, mut lines) = (Vec::new(), Vec::new());
        let command = Command::new(&["cargo", "--version"]);
        assert!(command.run_and_read(here(), &mut out, &mut |line| lines.push(line.to_owned())).unwrap());
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("cargo 1."), "{lines:?}");
        assert_eq!(String::from_utf8(out).unwrap().trim_end(), lines[0]);
    }

    #[test]
    fn the_variables_of_this_crate_are_not_handed_on() {
        // Cargo set this one for this test.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let prepared = Command::new(&["cargo"]).prepared(here());
        assert!(prepared.get_envs().any(|(name, value)| name == "CARGO_MANIFEST_DIR" && value.is_none()));
    }
}
