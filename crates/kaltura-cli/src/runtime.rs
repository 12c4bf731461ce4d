//! What the asynchronous parts run on: one thread, which is enough for one command and starts at once.

use std::future::Future;

use tokio::runtime::Builder;

use crate::error::{ExitCode, Failure};
use crate::output::Ui;

/// Runs a command to its end.
pub(crate) fn run<T>(ui: &Ui, command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Local, "the runtime can not be started").caused_by(&error))?;
    let result = runtime.block_on(ui.beside(command));
    // Who interrupts a command does not want to wait for a name server that does not answer.
    runtime.shutdown_background();
    result
}
