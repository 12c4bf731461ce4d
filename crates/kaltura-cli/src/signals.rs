//! Ctrl-C and the signals that ask the process to stop, and the async runtime that commands run on until then: one
//! thread, which is enough for one command and starts at once.
//!
//! There is one handler: a thread that waits for signals. While a command listens ([`Signals`]), it learns of a
//! signal and ends by itself, with a time limit. Otherwise the handler ends the process: a lock is waited for, a
//! question is asked, a command of the profile runs.

pub(crate) mod child;

#[cfg(unix)]
pub(crate) use self::unix::watch;
use std::future::Future;
use std::io;
use std::process::ExitStatus;

use futures_util::FutureExt as _;
use tokio::process::{Child, Command};
use tokio::runtime::Builder;

use crate::error::{ExitCode, Failure};
use crate::output::Ui;

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

/// Listens to the signals that ask the process to stop, for as long as this exists.
pub(crate) struct Signals {
    #[cfg(unix)]
    listener: unix::Listener,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen(ui: &Ui) -> Result<Self, Failure> {
        watch(ui);
        Ok(Self {
            #[cfg(unix)]
            listener: unix::Listener::begin(),
        })
    }

    /// Runs some work, unless a signal comes before it is done; then that is the failure.
    pub(crate) async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let result = tokio::select! {
            biased;
            signal = self.next() => return Err(stopped_by(signal)),
            result = work => result,
        };
        // A signal may have come while the work was being done for the last time.
        match self.next().now_or_never() {
            Some(signal) => Err(stopped_by(signal)),
            None => Ok(result),
        }
    }

    /// Waits for the next signal, and returns its exit code.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> ExitCode {
        self.listener.next().await
    }

    /// Waits for the next signal, and returns its exit code.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> ExitCode {
        match tokio::signal::ctrl_c().await {
            Ok(()) => ExitCode::Interrupted,
            // Then Ctrl-C ends the process, as without a handler.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Ctrl-C ends the process.
#[cfg(not(unix))]
pub(crate) fn watch(_: &Ui) {}

/// Runs some work that blocks, as a part of a command that listens: a question, a command of the profile. A signal ends
/// the process.
pub(crate) fn ending_at_once<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    let _paused = unix::Pause::begin();
    work()
}

fn stopped_by(signal: ExitCode) -> Failure {
    let message = match signal {
        ExitCode::Terminated => "terminated",
        ExitCode::HungUp => "hung up",
        _ => "interrupted",
    };
    Failure::new(signal, message)
}

/// Runs a program to its end, and passes signals on to it. Returns its exit code.
pub(crate) async fn run_program(ui: &Ui, command: &mut Command, signals: &mut Signals) -> io::Result<i32> {
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            biased;
            signal = signals.next() => pass_on(ui, signal, &child),
            status = child.wait() => return status.map(code_of),
        }
    }
}

/// Sends a signal to the program, unless the terminal has sent it to both.
#[cfg(unix)]
fn pass_on(ui: &Ui, signal: ExitCode, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let signal = match signal {
        ExitCode::Interrupted if ui.stdin_is_terminal => return,
        ExitCode::Interrupted => Signal::INT,
        _ => Signal::TERM,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // If it has just ended, its exit code follows.
    let _ = id.map(|id| kill_process(id, signal));
}

/// The console sends Ctrl-C to the program too.
#[cfg(not(unix))]
fn pass_on(_: &Ui, _: ExitCode, _: &Child) {}

/// As shells count: a program that a signal has ended has 128 and its number.
fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}

#[cfg(unix)]
mod unix {
    use std::io::{self, Write as _};
    use std::iter;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, OnceLock, PoisonError};
    use std::thread;
    use std::time::Duration;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{flag, iterator};
    use tokio::sync::Notify;

    use super::{child, stopped_by};
    use crate::error::ExitCode;
    use crate::output::Ui;

    /// How long a command that listens may take to end.
    const TIME_LIMIT: Duration = Duration::from_secs(2);
    /// Shows the cursor, and ends bracketed paste.
    const RESTORE_TERMINAL: &[u8] = b"\x1b[?25h\x1b[?2004l\r\n";

    /// The handler. With the two below and the child it is the only mutable state of the process.
    static HANDLER: OnceLock<Handler> = OnceLock::new();
    /// Wakes the command that listens.
    static ARRIVED: Notify = Notify::const_new();
    /// How many commands listen, or end because of a signal.
    static LISTENERS: AtomicUsize = AtomicUsize::new(0);

    /// What the process has from its first command that listens to its end.
    #[derive(Clone)]
    struct Handler {
        ui: Ui,
        /// The last signal that no command has learned of yet, or 0. The signal itself sets it, so that none is lost
        /// between two commands that listen.
        pending: Arc<AtomicUsize>,
    }

    impl Handler {
        fn start(ui: &Ui) -> Self {
            let started = Self { ui: ui.clone(), pending: Arc::default() };
            let mut wanted = vec![SIGINT, SIGTERM];
            if !hangup_is_ignored() {
                wanted.push(SIGHUP);
            }
            let Ok(mut signals) = iterator::Signals::new(iter::empty::<i32>()) else { return started };
            for signal in wanted {
                let number = usize::try_from(signal).unwrap_or_default();
                // In this order: the thread must find the flag set.
                let _ = flag::register_usize(signal, Arc::clone(&started.pending), number)
                    .and_then(|_| signals.handle().add_signal(signal));
            }
            let handler = started.clone();
            let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
                for (signal, is_first) in signals.forever().zip(iter::once(true).chain(iter::repeat(false))) {
                    handler.handle(code_of(signal), is_first);
                }
            });
            started
        }

        fn handle(&self, signal: ExitCode, is_first: bool) {
            // Without a terminal there is nothing to end in good order.
            if signal == ExitCode::HungUp || LISTENERS.load(Ordering::SeqCst) == 0 {
                end(&self.ui, signal);
            }
            ARRIVED.notify_one();
            if is_first {
                let ui = self.ui.clone();
                let limit = move || {
                    thread::sleep(TIME_LIMIT);
                    end(&ui, signal)
                };
                let _ = thread::Builder::new().name("signal limit".to_owned()).spawn(limit);
            }
        }

        /// Takes the signal that no command has learned of.
        fn take(&self) -> Option<ExitCode> {
            i32::try_from(self.pending.swap(0, Ordering::SeqCst))
                .ok()
                .filter(|signal| *signal != 0)
                .map(code_of)
        }
    }

    fn code_of(signal: i32) -> ExitCode {
        match signal {
            SIGTERM => ExitCode::Terminated,
            SIGHUP => ExitCode::HungUp,
            _ => ExitCode::Interrupted,
        }
    }

    /// A command that listens.
    pub(super) struct Listener {
        is_ending: bool,
    }

    impl Listener {
        pub(super) fn begin() -> Self {
            LISTENERS.fetch_add(1, Ordering::SeqCst);
            Self { is_ending: false }
        }

        pub(super) async fn next(&mut self) -> ExitCode {
            loop {
                if let Some(signal) = HANDLER.get().and_then(Handler::take) {
                    self.is_ending = true;
                    return signal;
                }
                ARRIVED.notified().await;
            }
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            if !self.is_ending {
                stop_listening();
            }
        }
    }

    /// From now on a signal ends the process, and so does one that the command has not learned of.
    fn stop_listening() {
        if LISTENERS.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(handler) = HANDLER.get()
            && let Some(signal) = handler.take()
        {
            end(&handler.ui, signal);
        }
    }

    /// The time in which the command that listens does not.
    pub(super) struct Pause;

    impl Pause {
        pub(super) fn begin() -> Self {
            stop_listening();
            Self
        }
    }

    impl Drop for Pause {
        fn drop(&mut self) {
            LISTENERS.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Starts the handler, if it does not run yet. If that fails, signals end the process as they always do.
    pub(crate) fn watch(ui: &Ui) {
        HANDLER.get_or_init(|| Handler::start(ui));
    }

    /// Ends the process. A second thread that wants to waits for the first one.
    fn end(ui: &Ui, signal: ExitCode) -> ! {
        static ENDS: Mutex<()> = Mutex::new(());
        let _ends = ENDS.lock().unwrap_or_else(PoisonError::into_inner);
        let _ended = child::end();
        if crossterm::terminal::is_raw_mode_enabled().unwrap_or(false) {
            let _ = crossterm::terminal::disable_raw_mode();
            let _ = io::stderr().write_all(RESTORE_TERMINAL);
        }
        ui.report(&stopped_by(signal));
        std::process::exit(i32::from(signal.number()))
    }

    /// Whether SIGHUP was ignored when the process began, as with `nohup`. Only Linux shows it; elsewhere a handler
    /// would undo it, so there is none.
    fn hangup_is_ignored() -> bool {
        if !cfg!(target_os = "linux") {
            return true;
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 != 0)
    }
}
