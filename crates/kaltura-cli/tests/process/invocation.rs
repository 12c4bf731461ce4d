//! Running the command, and looking at what it did.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// How long a process may take, unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before looking again whether a process has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// A command that is not yet run. Nothing of the environment of the tests reaches it.
pub(crate) struct Kaltura {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Kaltura {
    pub(crate) fn new<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaltura"));
        command.env_clear().env("TZ", "UTC0").args(arguments);
        // Without it, the D-Bus of the user who runs the tests is found, and with it the keyring.
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nosuch");
        // Windows cannot open a socket without it.
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        Self { command, stdin: None }
    }

    pub(crate) fn arguments<'a>(mut self, more: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(more);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// The same for a value that need not be UTF-8.
    #[cfg(unix)]
    pub(crate) fn env_of_bytes(mut self, name: &str, value: &std::ffi::OsStr) -> Self {
        self.command.env(name, value);
        self
    }

    /// Without a variable that was set before.
    #[cfg(unix)]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// The command, for who starts it in another way.
    #[cfg(unix)]
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    /// What is piped in. Without it there is nothing to read.
    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Arguments, variables and standard input.
    pub(crate) fn into_parts(self) -> (Vec<OsString>, Vec<(OsString, OsString)>, Vec<u8>) {
        let arguments = self.command.get_args().map(OsString::from).collect();
        let variables =
            self.command.get_envs().filter_map(|(name, value)| Some((name.into(), value?.into()))).collect();
        (arguments, variables, self.stdin.unwrap_or_default())
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Finished {
        self.start().wait()
    }

    /// Runs it with another standard output than one that the test reads.
    pub(crate) fn run_with_stdout(mut self, stdout: impl Into<Stdio>) -> Finished {
        self.command.stdout(stdout);
        self.spawn().wait()
    }

    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped());
        self.spawn()
    }

    fn spawn(mut self) -> Running {
        self.command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = self.command.stderr(Stdio::piped()).spawn().expect("the command starts");
        if let (Some(mut pipe), Some(text)) = (child.stdin.take(), self.stdin) {
            // It may be a usage error, so that this is not read.
            let _ = pipe.write_all(&text);
        }
        let stderr = child.stderr.take().map(read_all);
        Running { child, stderr }
    }
}

/// A command under way. Dropping it ends it.
pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    /// Sends a signal such as `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(kill.expect("`kill` runs").success());
    }

    pub(crate) fn wait(self) -> Finished {
        self.wait_at_most(PATIENCE)
    }

    /// Waits for its end, which must come within this time.
    pub(crate) fn wait_at_most(mut self, patience: Duration) -> Finished {
        let stdout = self.child.stdout.take().map(read_all);
        let status = self.ended(patience);
        let text =
            |reader: Option<JoinHandle<String>>| reader.map(|it| it.join().unwrap()).unwrap_or_default();
        Finished { code: status.code(), stdout: text(stdout), stderr: text(self.stderr.take()) }
    }

    fn ended(&mut self, patience: Duration) -> ExitStatus {
        for _ in 0..patience.as_millis() / PAUSE.as_millis() {
            if let Some(status) = self.child.try_wait().expect("the process can be waited for") {
                return status;
            }
            thread::sleep(PAUSE);
        }
        panic!("the process does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_all(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).expect("the output is UTF-8");
        text
    })
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Sees to it that it ended with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Sees to it that it failed with this exit code, and that nothing but the error was written.
    #[track_caller]
    pub(crate) fn fails_with(self, code: i32) -> Self {
        let finished = self.ends_with(code);
        assert_eq!(finished.stdout, "", "{finished:#?}");
        finished
    }

    /// Sees to it that the error says this.
    #[track_caller]
    pub(crate) fn saying(self, text: &str) -> Self {
        // Lines are broken at 80 columns.
        let said = self.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(text), "{text:?} is not in {self:#?}");
        self
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
