//! What the asynchronous parts run on: one thread, which is enough for one command and starts at once.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::signals::Signals;

/// Runs a command to its end.
pub(crate) fn run<T>(ui: &Ui, command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Local, "cannot start the async runtime").caused_by(&error))?;
    let result = runtime.block_on(ui.beside(command));
    // Who interrupts a command does not want to wait for a name server that does not answer.
    runtime.shutdown_background();
    result
}

/// Runs a command to its end, unless a signal comes first.
pub(crate) fn run_until_stopped<T>(
    ui: &Ui,
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    run(ui, async { Signals::listen(ui)?.unless_stopped(command).await? })
}

/// Does something that is safe to repeat, such as a login. While the server is unavailable, it is done again, as long as
/// all attempts begin within this time.
pub(crate) async fn with_retries<T, E, F>(within: Duration, mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: Clone,
    Failure: From<E>,
{
    const MAX_DELAY: Duration = Duration::from_secs(8);
    let begin = Instant::now();
    let mut delay = Duration::from_millis(250);
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let failure = Failure::from(error.clone());
        // An error of the API, such as that of a rate limit, is no reason to send more.
        let wait = failure.retry_delay().filter(|_| failure.code().is_none()).map(|least| least.max(delay));
        match wait.filter(|wait| begin.elapsed() + *wait < within) {
            Some(wait) => sleep(wait).await,
            None => return Err(error),
        }
        delay = MAX_DELAY.min(delay * 2);
    }
}
