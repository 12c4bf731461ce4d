//! A child process that prints something. It ends with this process.
//!
//! Without a terminal it gets a process group of its own, so that it ends with all that it has started. At a
//! terminal it stays in the group of this process, so that it can use the terminal; there Ctrl-C reaches all.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::watch;
use crate::output::Ui;

/// How long a child may take: a user may have to type a password meanwhile.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(120);
/// How many bytes of its output are read: more than a secret may have.
const MAX_BYTES: usize = (64 << 10) + 1;
/// How long a child that is asked to end may take.
#[cfg(unix)]
const END_LIMIT: Duration = Duration::from_millis(500);
/// How long its output may take to arrive once it has ended. What it leaves in the background may hold it open.
const OUTPUT_LIMIT: Duration = Duration::from_millis(200);
/// The pause between two looks at it.
const PAUSE: Duration = Duration::from_millis(2);

/// What a child has printed, and how it has ended.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Zeroizing<Vec<u8>>,
}

/// The child that runs, so that the handler of signals can end it.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

pub(super) struct Running {
    child: Child,
    has_own_group: bool,
}

fn running() -> MutexGuard<'static, Option<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command to its end, and reads what it prints to standard output.
pub(crate) fn output(ui: &Ui, command: &mut Command) -> io::Result<Output> {
    output_within(TIME_LIMIT, ui, command)
}

fn output_within(limit: Duration, ui: &Ui, command: &mut Command) -> io::Result<Output> {
    watch(ui);
    let has_own_group = cfg!(unix) && !ui.is_interactive();
    #[cfg(unix)]
    if has_own_group {
        std::os::unix::process::CommandExt::process_group(command, 0);
    }
    let printed = {
        // A signal that comes now waits until there is something to end.
        let mut running = running();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let pipe = child.stdout.take();
        *running = Some(Running { child, has_own_group });
        read(pipe.ok_or(io::ErrorKind::BrokenPipe)?)?
    };
    let mut waited = Duration::ZERO;
    let status = loop {
        let mut running = running();
        let Some(Running { child, .. }) = running.as_mut() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if let Some(status) = child.try_wait()? {
            *running = None;
            break status;
        }
        if waited >= limit {
            drop(running);
            *end() = None;
            return Err(io::ErrorKind::TimedOut.into());
        }
        drop(running);
        thread::sleep(PAUSE);
        waited += PAUSE;
    };
    let mut stdout = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    while let Ok(part) = printed.recv_timeout(OUTPUT_LIMIT) {
        stdout.extend_from_slice(&part?);
        if stdout.len() >= MAX_BYTES {
            break;
        }
    }
    Ok(Output { status, stdout })
}

/// Reads the output in a thread of its own, which may outlive the child. Reading ends at the limit, and with it a child
/// that prints for ever.
fn read(mut pipe: impl Read + Send + 'static) -> io::Result<Receiver<io::Result<Zeroizing<Vec<u8>>>>> {
    const PART: usize = 4096;
    let (sender, parts) = sync_channel(MAX_BYTES / PART + 2);
    thread::Builder::new().name("output".to_owned()).spawn(move || {
        let mut total = 0;
        while total < MAX_BYTES {
            let mut part = Zeroizing::new(vec![0; PART]);
            let part = match pipe.read(&mut part) {
                Ok(0) => return,
                Ok(length) => {
                    total += length;
                    part.truncate(length);
                    Ok(part)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let has_failed = part.is_err();
            if sender.send(part).is_err() || has_failed {
                return;
            }
        }
    })?;
    Ok(parts)
}

/// Ends the child that runs. While the result is held, the one that waits for the child does not see its end.
pub(super) fn end() -> MutexGuard<'static, Option<Running>> {
    let mut running = running();
    if let Some(running) = running.as_mut()
        && !has_ended(&mut running.child)
    {
        end_all(running);
    }
    running
}

/// Asks the child, and its group, to end, and kills what does not.
#[cfg(unix)]
fn end_all(running: &mut Running) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

    let Some(id) = i32::try_from(running.child.id()).ok().and_then(Pid::from_raw) else { return };
    let Running { child, has_own_group } = running;
    let _ =
        if *has_own_group { kill_process_group(id, Signal::TERM) } else { kill_process(id, Signal::TERM) };
    let mut waited = Duration::ZERO;
    while waited < END_LIMIT && (!has_ended(child) || (*has_own_group && test_kill_process_group(id).is_ok()))
    {
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
    let _ = child.kill();
    if *has_own_group {
        let _ = kill_process_group(id, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_all(running: &mut Running) {
    let _ = running.child.kill();
}

fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_never_ends_is_ended() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 300; true"]).stdin(Stdio::null());
        let outcome = output_within(Duration::from_millis(300), &Ui::silent(), &mut command);
        assert_eq!(outcome.map(|output| output.status).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(running().is_none());
    }
}
