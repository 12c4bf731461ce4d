//! A process that this one has started and waits for. It does not outlive this one: nobody would be left who wants what
//! it prints, and it may have asked a person for something.
//!
//! It is in the same process group, so that it can use the terminal. So a signal that is for this process alone does
//! not reach it.
//!
//! What it has started in its turn is ended too where `/proc` tells of it, as on Linux. Elsewhere only the process
//! itself is ended, and what it has started may go on.
//!
//! What it leaves in the background may hold its output open. That is not waited for once it has ended itself.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use super::kin::Kin;
use super::printed::Printed;
use super::watch;
use crate::output::Ui;

/// How long those who are asked to end may take.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_millis(500);
/// How long to wait before looking again whether it has ended. It usually has when it prints no more.
const PAUSE: Duration = Duration::from_millis(2);

/// The one that runs. Whoever waits for its end does so without holding this, so that it can be ended meanwhile.
static RUNNING: Mutex<Option<Child>> = Mutex::new(None);

fn running() -> MutexGuard<'static, Option<Child>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command to its end, and reads what it prints. It ends earlier if this process is told to stop.
pub(crate) fn run<T>(
    ui: &Ui,
    command: &mut Command,
    read: impl FnOnce(Printed) -> T,
) -> io::Result<(ExitStatus, T)> {
    watch(ui);
    let pipe = {
        // Who is told to stop now waits until there is something to end.
        let mut running = running();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let pipe = child.stdout.take();
        *running = Some(child);
        pipe.ok_or(io::ErrorKind::BrokenPipe)?
    };
    let printed = read(Printed::new(pipe, has_ended)?);
    loop {
        let mut running = running();
        let Some(child) = running.as_mut() else { return Err(io::ErrorKind::NotFound.into()) };
        if let Some(status) = child.try_wait()? {
            *running = None;
            return Ok((status, printed));
        }
        drop(running);
        thread::sleep(PAUSE);
    }
}

/// Ends the one that runs. While this is held, whoever waits for it does not learn of its end, and so does not take it
/// for a failure.
#[must_use]
pub(super) fn end() -> impl Sized {
    let mut running = running();
    if let Some(child) = running.as_mut()
        // What has ended has left its number to others.
        && !has_left(child)
    {
        end_all(child);
    }
    running
}

/// Whether there is none that runs.
fn has_ended() -> bool {
    running().as_mut().is_none_or(has_left)
}

/// Asks it and those that it has started to end, as far as they are known, and ends those who do not.
#[cfg(unix)]
fn end_all(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let id = i32::try_from(child.id()).unwrap_or_default();
    let send = |id: i32, signal| Pid::from_raw(id).and_then(|id| kill_process(id, signal).ok());
    let known = Kin::of(id);
    for id in known.iter().map(|kin| kin.id).chain([id]) {
        send(id, Signal::TERM);
    }
    let mut waited = Duration::ZERO;
    while (!has_left(child) || known.iter().any(Kin::is_alive)) && waited < PATIENCE {
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
    let stay = known.iter().filter(|kin| kin.is_alive()).map(|kin| kin.id);
    // What they have started since is theirs too.
    let since: Vec<Kin> = stay.chain((!has_left(child)).then_some(id)).flat_map(Kin::of).collect();
    let _ = child.kill();
    for kin in known.iter().chain(&since).filter(|kin| kin.is_alive()) {
        send(kin.id, Signal::KILL);
    }
}

fn has_left(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(not(unix))]
fn end_all(child: &mut Child) {
    let _ = child.kill();
}
