//! Being told to stop: by Ctrl-C, or by the system.

use std::future::Future;
use std::io;

use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// The signals that ask a process to stop. From the moment that this exists they do not end it by themselves.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen. Must be called within a runtime.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::register()
            .map_err(|error| Failure::new(ExitCode::Local, "can not listen to signals").caused_by(&error))
    }

    /// Runs some work, unless a signal comes first; then that is the failure.
    pub(crate) async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            result = work => Ok(result),
            signal = self.next() => Err(match signal {
                ExitCode::Terminated => Failure::new(signal, "terminated"),
                _ => Failure::new(signal, "interrupted"),
            }),
        }
    }

    #[cfg(unix)]
    fn register() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the other systems can fail here")]
    fn register() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next signal, and says which one by its exit code.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::Interrupted,
            _ = self.terminate.recv() => ExitCode::Terminated,
        }
    }

    /// Waits for Ctrl-C.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> ExitCode {
        match tokio::signal::ctrl_c().await {
            Ok(()) => ExitCode::Interrupted,
            // Then Ctrl-C ends the process as it always does.
            Err(_) => std::future::pending().await,
        }
    }
}
