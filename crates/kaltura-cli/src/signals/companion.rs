//! A process that this one has started and waits for. It does not outlive this one: nobody would be left who wants what
//! it prints, and it may have asked a person for something.
//!
//! It is in the same process group, so that it can use the terminal. So a signal that is for this process alone does
//! not reach it.

use std::io;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::watch;

/// How long to wait before looking again whether it has ended. It usually has when it prints no more.
const PAUSE: Duration = Duration::from_millis(2);

/// The one that runs. Whoever waits for its end does so without holding this, so that it can be ended meanwhile.
static RUNNING: Mutex<Option<Child>> = Mutex::new(None);

fn running() -> MutexGuard<'static, Option<Child>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command to its end, and reads what it prints. It ends earlier if this process is told to stop.
pub(crate) fn run<T>(
    command: &mut Command,
    read: impl FnOnce(ChildStdout) -> T,
) -> io::Result<(ExitStatus, T)> {
    watch();
    let pipe = {
        // Who is told to stop now waits until there is something to end.
        let mut running = running();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let pipe = child.stdout.take();
        *running = Some(child);
        pipe.ok_or(io::ErrorKind::BrokenPipe)?
    };
    let printed = read(pipe);
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
        && matches!(child.try_wait(), Ok(None))
    {
        end_all(child);
    }
    running
}

/// Asks it and those that it has started to end, as far as they are known.
#[cfg(unix)]
fn end_all(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let mut all: Vec<i32> = i32::try_from(child.id()).into_iter().collect();
    let mut place = 0;
    while let Some(&id) = all.get(place) {
        all.extend(children(id));
        place += 1;
    }
    for id in all.into_iter().filter_map(Pid::from_raw) {
        let _ = kill_process(id, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn end_all(child: &mut Child) {
    let _ = child.kill();
}

/// The processes that a process has started, where the system tells. A shell waits for most of its commands, and would
/// leave them behind.
#[cfg(unix)]
fn children(id: i32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}
