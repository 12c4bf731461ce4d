//! A program that runs in place of a command: signals are passed on to it, and its exit code becomes that of this process.

use std::io;
use std::process::ExitStatus;

use tokio::process::{Child, Command};

use super::Signals;
use crate::error::ExitCode;

/// Runs a program to its end. Returns its exit code.
pub(crate) async fn run_program(command: &mut Command, signals: &mut Signals) -> io::Result<i32> {
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status.map(code_of),
            signal = signals.next() => pass_on(signal, &child),
        }
    }
}

/// Sends a signal to the program, unless the terminal has done so.
#[cfg(unix)]
fn pass_on(signal: ExitCode, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::IsTerminal as _;

    let signal = match signal {
        ExitCode::Interrupted if io::stdin().is_terminal() => return,
        ExitCode::Interrupted => Signal::INT,
        _ => Signal::TERM,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // If it has just ended, its exit code follows.
    let _ = id.map(|id| kill_process(id, signal));
}

/// The console sends Ctrl-C to the program too.
#[cfg(not(unix))]
fn pass_on(_: ExitCode, _: &Child) {}

/// The exit code as shells report it: 128 and the number of a signal that ended the program.
fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}
