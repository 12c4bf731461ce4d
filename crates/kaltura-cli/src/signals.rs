//! Being told to stop: by Ctrl-C, or by the system.

pub(crate) mod companion;
mod hangup;
#[cfg(unix)]
mod kin;
mod printed;
mod program;
mod watch;

use std::future::Future;
use std::io;

pub(crate) use self::program::run_program;
use self::watch::Hearing;
pub(crate) use self::watch::watch;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;

/// The signals that ask a process to stop. While this exists, it is to end the process; what does not is ended all
/// the same, after a while.
pub(crate) struct Signals {
    /// Nothing for the one that watches.
    hearing: Option<Hearing>,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen. Must be called within a runtime.
    pub(crate) fn listen(ui: &Ui) -> Result<Self, Failure> {
        watch(ui);
        Self::register(Some(Hearing::begin()))
            .map_err(|error| Failure::new(ExitCode::Local, "can not listen to signals").caused_by(&error))
    }

    /// Runs some work, unless a signal comes first; then that is the failure.
    pub(crate) async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            result = work => Ok(result),
            signal = self.next() => Err(told_to_stop(signal)),
        }
    }

    #[cfg(unix)]
    fn register(hearing: Option<Hearing>) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { hearing, interrupt, terminate })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the other systems can fail here")]
    fn register(hearing: Option<Hearing>) -> io::Result<Self> {
        Ok(Self { hearing })
    }

    /// Waits for the next signal, and says which one by its exit code.
    pub(crate) async fn next(&mut self) -> ExitCode {
        let signal = self.arrival().await;
        if let Some(hearing) = &mut self.hearing {
            hearing.hear();
        }
        signal
    }

    #[cfg(unix)]
    async fn arrival(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::Interrupted,
            _ = self.terminate.recv() => ExitCode::Terminated,
        }
    }

    #[cfg(not(unix))]
    async fn arrival(&mut self) -> ExitCode {
        match tokio::signal::ctrl_c().await {
            Ok(()) => ExitCode::Interrupted,
            // Then Ctrl-C ends the process as it always does.
            Err(_) => std::future::pending().await,
        }
    }
}

fn told_to_stop(signal: ExitCode) -> Failure {
    let message = match signal {
        ExitCode::Terminated => "terminated",
        ExitCode::HungUp => "hung up",
        _ => "interrupted",
    };
    Failure::new(signal, message)
}
