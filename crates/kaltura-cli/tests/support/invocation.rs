//! Running a command line, and looking at what it did.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use kaltura_cli::{Environment, Ui};
use serde_json::Value;

/// Words of a command line.
pub(crate) trait Words {
    fn add_to(self, arguments: &mut Vec<OsString>);
}

impl<const N: usize> Words for [&str; N] {
    fn add_to(self, arguments: &mut Vec<OsString>) {
        self[..].add_to(arguments);
    }
}

impl Words for &[&str] {
    fn add_to(self, arguments: &mut Vec<OsString>) {
        arguments.extend(self.iter().map(OsString::from));
    }
}

impl<const N: usize> Words for &[&str; N] {
    fn add_to(self, arguments: &mut Vec<OsString>) {
        self[..].add_to(arguments);
    }
}

impl Words for Vec<&str> {
    fn add_to(self, arguments: &mut Vec<OsString>) {
        self[..].add_to(arguments);
    }
}

impl Words for &[String] {
    fn add_to(self, arguments: &mut Vec<OsString>) {
        arguments.extend(self.iter().map(OsString::from));
    }
}

/// A command line that is not yet run. Nothing of the environment of the tests reaches it.
pub(crate) struct Kaltura {
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: BTreeMap<OsString, OsString>,
    pub(crate) stdin: Option<Vec<u8>>,
}

impl Kaltura {
    pub(crate) fn new(arguments: impl Words) -> Self {
        Self { arguments: Vec::new(), variables: BTreeMap::new(), stdin: None }.arguments(arguments)
    }

    pub(crate) fn arguments(mut self, more: impl Words) -> Self {
        more.add_to(&mut self.arguments);
        self
    }

    /// Sets a variable. Its value need not be UTF-8.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(name.into(), value.as_ref().to_owned());
        self
    }

    pub(crate) fn envs<'a>(self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        variables.into_iter().fold(self, |kaltura, (name, value)| kaltura.env(name, value))
    }

    /// Without a variable that was set before.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(OsStr::new(name));
        self
    }

    /// What is piped in. Without it there is nothing to read.
    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Runs it to its end inside this process, with no terminal.
    pub(crate) fn run(self) -> Finished {
        let place = |word: &str| self.arguments.iter().position(|it| it == word);
        let runs_a_program = place("exec").is_some_and(|exec| place("--").is_some_and(|at| exec < at));
        assert!(!runs_a_program, "`exec` would put the program in the place of the test");
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let mut ui = Ui::new(Cursor::new(self.stdin.unwrap_or_default()), stdout.clone(), stderr.clone());
        let arguments = std::iter::once(OsString::from("kaltura")).chain(self.arguments);
        let code = kaltura_cli::run(arguments, &Environment::from_iter(self.variables), &mut ui);
        Finished { code: Some(i32::from(code)), stdout: stdout.text(), stderr: stderr.text() }
    }

    /// Runs it to its end, which must be a success.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Finished {
        self.run().ends_with(0)
    }

    /// Runs it to its end, which must be a failure with this exit code. Nothing but the error is written.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> Finished {
        self.run().fails_with(code)
    }

    /// Runs it with `--json`, and returns the answer, beside which nothing is written.
    #[track_caller]
    pub(crate) fn answer(self) -> Value {
        let finished = self.arguments(["--json"]).succeeds();
        assert_eq!(finished.stderr, "", "{finished:#?}");
        finished.document()
    }
}

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).expect("the output is UTF-8")
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Asserts that it ended with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Asserts that it failed with this exit code, and that nothing but the error was written.
    #[track_caller]
    pub(crate) fn fails_with(self, code: i32) -> Self {
        let finished = self.ends_with(code);
        assert_eq!(finished.stdout, "", "{finished:#?}");
        finished
    }

    /// Asserts that standard error contains this, wherever lines are wrapped.
    #[track_caller]
    pub(crate) fn saying(self, text: &str) -> Self {
        assert!(words(&self.stderr).contains(text), "{text:?} is not in {self:#?}");
        self
    }

    /// Asserts what is on standard output and on standard error.
    #[track_caller]
    pub(crate) fn writes(self, stdout: &str, stderr: &str) -> Self {
        assert_eq!((self.stdout.as_str(), self.stderr.as_str()), (stdout, stderr));
        self
    }

    /// Asserts what is on standard output.
    #[track_caller]
    pub(crate) fn writes_answer(self, stdout: &str) -> Self {
        assert_eq!(self.stdout, stdout, "{self:#?}");
        self
    }

    /// Asserts that none of these texts was written.
    #[track_caller]
    pub(crate) fn hides(self, secrets: &[&str]) -> Self {
        for secret in secrets {
            let is_shown = self.stdout.contains(secret) || self.stderr.contains(secret);
            assert!(!is_shown, "{secret} is in {self:#?}");
        }
        self
    }

    /// Standard output without the end of its line.
    pub(crate) fn line(&self) -> &str {
        self.stdout.trim_end()
    }

    /// Standard output as one JSON document in one line.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "{self:#?}");
        serde_json::from_str(&self.stdout).expect("standard output is JSON")
    }

    /// The error as a JSON document in one line.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.stderr.matches('\n').count(), 1, "{self:#?}");
        let document: Value = serde_json::from_str(&self.stderr).expect("standard error is JSON");
        document["error"].clone()
    }
}

/// All commands as their help names them, each with its subcommands behind it. The first has no words.
pub(crate) fn commands() -> Vec<Vec<String>> {
    let (mut next, mut found) = (vec![Vec::<String>::new()], Vec::new());
    while let Some(command) = next.pop() {
        let help = Kaltura::new(&command[..]).arguments(["-h"]).succeeds().stdout;
        let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
        let lines = listed.lines().map_while(|line| line.strip_prefix("  "));
        // What goes on from the line above stands further in.
        let names =
            lines.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_whitespace().next());
        let names =
            names.filter(|name| *name != "help").map(|name| [&command[..], &[name.to_owned()]].concat());
        next.extend(names.collect::<Vec<_>>().into_iter().rev());
        found.push(command);
    }
    found
}

/// A text with its words in one line.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
