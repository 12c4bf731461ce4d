//! Starting the binary with a command line, and waiting for its end.

use std::io::{Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::invocation::{Finished, Kaltura};

/// The binary.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kaltura");
/// How long a process may take, unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before looking again whether a process has ended.
const PAUSE: Duration = Duration::from_millis(10);

impl Kaltura {
    /// The process, not yet started. It inherits nothing of the environment of the tests.
    pub(crate) fn into_command(self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("TZ", "UTC0").args(self.arguments);
        // Without it, the D-Bus of the user who runs the tests is found, and with it the keyring.
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nosuch");
        // Windows cannot open a socket without it.
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command.envs(self.variables);
        command
    }

    /// With the programs of this machine.
    pub(crate) fn with_path(self) -> Self {
        self.env("PATH", std::env::var_os("PATH").unwrap_or_default())
    }

    /// Runs the process to its end.
    pub(crate) fn run_process(self) -> Finished {
        self.start().wait()
    }

    /// Runs it with another standard output than one that the test reads.
    pub(crate) fn run_with_stdout(self, stdout: impl Into<Stdio>) -> Finished {
        self.spawn(stdout.into()).wait()
    }

    pub(crate) fn start(self) -> Running {
        self.spawn(Stdio::piped())
    }

    fn spawn(mut self, stdout: Stdio) -> Running {
        let stdin = self.stdin.take();
        let mut command = self.into_command();
        command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.stdout(stdout).stderr(Stdio::piped()).spawn().expect("the command starts");
        if let (Some(mut pipe), Some(text)) = (child.stdin.take(), stdin) {
            // It may be a usage error, so that this is not read.
            let _ = pipe.write_all(&text);
        }
        let stderr = child.stderr.take().map(read_all);
        Running { child, stderr }
    }
}

/// A process under way. Dropping it ends it.
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

    /// Kills it, after this time.
    pub(crate) fn kill_after(mut self, lifetime: Duration) {
        thread::sleep(lifetime);
        self.child.kill().unwrap();
        self.child.wait().unwrap();
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

/// Waits until this is so.
#[track_caller]
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        thread::sleep(PAUSE);
    }
    panic!("it does not come to that");
}
