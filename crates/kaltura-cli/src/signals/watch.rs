//! Ends the process when it is told to stop while nothing listens: a lock is waited for, a command of the profile
//! runs, a person is asked, nobody takes the output.
//!
//! Once the signals have been listened to, they do not end the process by themselves any more.

use std::io::{self, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::hangup::Hangup;
use super::{Signals, companion, told_to_stop};
use crate::error::ExitCode;
use crate::output::Ui;

/// How long those who listen may take to end the process.
const PATIENCE: Duration = Duration::from_secs(2);
/// Shows the cursor, and ends the marking of what is pasted.
const AS_BEFORE: &[u8] = b"\x1b[?25h\x1b[?2004l\r\n";

static BEGUN: Once = Once::new();
/// How many listen, or have heard a signal: they are not subtracted any more.
static HEARING: AtomicUsize = AtomicUsize::new(0);

/// Somebody listens, until this is dropped.
#[derive(Default)]
pub(super) struct Hearing {
    has_heard: bool,
}

impl Hearing {
    pub(super) fn begin() -> Self {
        HEARING.fetch_add(1, Ordering::SeqCst);
        Self::default()
    }

    /// It has heard a signal, and will see to the end of the process.
    pub(super) fn hear(&mut self) {
        self.has_heard = true;
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        if !self.has_heard {
            HEARING.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Begins to watch, if that has not been done. If it can not be done, signals end the process as they always do,
/// or whoever listens does.
pub(crate) fn watch(ui: &Ui) {
    BEGUN.call_once(|| {
        let ui = ui.clone();
        let (ready, begun) = channel::<()>();
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            let _: io::Result<()> = runtime.block_on(async {
                let (mut signals, mut hangup) = (Signals::register(None)?, Hangup::listen());
                drop(ready);
                let signal = tokio::select! {
                    signal = signals.next() => signal,
                    // Nobody else listens to it.
                    () = hangup.arrival() => end(&ui, ExitCode::HungUp),
                };
                if HEARING.load(Ordering::SeqCst) > 0 {
                    tokio::time::sleep(PATIENCE).await;
                }
                end(&ui, signal)
            });
        });
        if thread.is_ok() {
            // Until it listens, or has given up.
            let _ = begun.recv();
        }
    });
}

fn end(ui: &Ui, signal: ExitCode) -> ! {
    let _ended = companion::end();
    if crossterm::terminal::is_raw_mode_enabled().unwrap_or(false) {
        let _ = crossterm::terminal::disable_raw_mode();
        let _ = io::stderr().write_all(AS_BEFORE);
    }
    ui.report(&told_to_stop(signal));
    std::process::exit(i32::from(signal.number()))
}
