//! The emulated server and the workers, as child processes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use super::table::Seen;
use super::{Size, now};
use crate::Failure;
use crate::process::Process;

/// How long a process may take to answer. On a busy machine, 50 of them start at once.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Between two looks at the output of all workers.
const LOOK: Duration = Duration::from_millis(5);

/// The emulated server, and any number of workers.
pub(super) struct Fleet {
    executable: PathBuf,
    size: Size,
    server: Process,
    variables: Vec<(String, String)>,
    workers: Vec<Worker>,
}

struct Worker {
    process: Process,
    /// Its longest wait counts: it was not stopped meanwhile.
    counts: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    logins: u64,
    dead: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    calls: u64,
    failed: u64,
    longest_wait: u64,
}

impl Fleet {
    /// Starts the emulated server.
    pub(super) fn start(executable: &Path, size: Size) -> Result<Self, Failure> {
        let server = start(Command::new(executable).arg("server"))?;
        let line = next_line(&server)?;
        let variables: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line)?;
        let variables = variables.into_iter();
        let variables =
            variables.map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect();
        Ok(Self { executable: executable.to_owned(), size, server, variables, workers: Vec::new() })
    }

    /// Ends the workers, and starts others that use this store, each with the variables of one of these lists. They begin
    /// with [`go`](Self::go).
    pub(super) fn start_workers(
        &mut self,
        store: &str,
        clocks: &[Vec<(&str, String)>],
    ) -> Result<(), Failure> {
        self.workers.clear();
        for index in 0..self.size.processes {
            let clock = if clocks.is_empty() { &[][..] } else { &clocks[index % clocks.len()] };
            self.add_worker(store, clock)?;
        }
        for worker in &self.workers {
            next_line(&worker.process)?;
        }
        Ok(())
    }

    fn add_worker(&mut self, store: &str, clock: &[(&str, String)]) -> Result<(), Failure> {
        let mut command = Command::new(&self.executable);
        command.arg("worker").envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("FLEET_STORE", store).env("FLEET_LIFETIME", self.size.lifetime.as_secs().to_string());
        command.envs(clock.iter().map(|(name, value)| (name, value))).env("NO_PROXY", "127.0.0.1");
        self.workers.push(Worker { process: start(&mut command)?, counts: true });
        Ok(())
    }

    /// Lets all workers begin at once.
    pub(super) fn go(&mut self) -> Result<(), Failure> {
        self.workers.iter_mut().try_for_each(|worker| Ok(worker.process.write_line("go")?))
    }

    /// Starts one more worker, which begins at once.
    pub(super) fn replace_worker(&mut self, store: &str) -> Result<(), Failure> {
        self.add_worker(store, &[])?;
        let Some(worker) = self.workers.last_mut() else { return Ok(()) };
        next_line(&worker.process)?;
        Ok(worker.process.write_line("go")?)
    }

    /// Waits until a worker starts a login. Returns which.
    pub(super) fn wait_for_login(&self, at_most: Duration) -> Result<usize, Failure> {
        self.pending_logins()?;
        let start = now();
        while start.elapsed() < at_most {
            if let Some(index) = self.pending_logins()? {
                return Ok(index);
            }
            std::thread::sleep(LOOK);
        }
        Err("no worker logs in".into())
    }

    /// Reads what the workers have written. Returns the last one that has started a login.
    fn pending_logins(&self) -> Result<Option<usize>, Failure> {
        let mut found = None;
        for (index, worker) in self.workers.iter().enumerate() {
            while let Ok(line) = worker.process.next_line(Duration::ZERO) {
                match line.as_deref() {
                    Some("login") => found = Some(index),
                    Some(other) => return Err(format!("unexpected line of a worker: {other}").into()),
                    None => return Err("a worker has ended".into()),
                }
            }
        }
        Ok(found)
    }

    /// Kills a worker.
    pub(super) fn kill(&mut self, worker: usize) {
        drop(self.workers.remove(worker));
    }

    /// Stops a worker. Its waits do not count until the next report.
    pub(super) fn stop(&mut self, worker: usize) -> Result<(), Failure> {
        self.workers[worker].counts = false;
        signal("STOP", self.workers[worker].process.id())
    }

    /// Lets a stopped worker go on.
    pub(super) fn resume(&self, worker: usize) -> Result<(), Failure> {
        signal("CONT", self.workers[worker].process.id())
    }

    /// Ends all sessions at the server.
    pub(super) fn end_sessions(&mut self) -> Result<(), Failure> {
        self.ask_server("end").map(drop)
    }

    /// The time since the last login. `None` if there was none.
    pub(super) fn age(&mut self) -> Result<Option<Duration>, Failure> {
        let millis: i64 = self.ask_server("age")?.parse()?;
        Ok(u64::try_from(millis).ok().map(Duration::from_millis))
    }

    /// What happened since the last time.
    pub(super) fn report(&mut self) -> Result<Seen, Failure> {
        let counts: Counts = serde_json::from_str(&self.ask_server("counts")?)?;
        let mut seen = Seen { logins: counts.logins, dead: counts.dead, ..Seen::default() };
        for worker in &mut self.workers {
            worker.process.write_line("report")?;
        }
        for worker in &mut self.workers {
            let mut line = next_line(&worker.process)?;
            while line == "login" {
                line = next_line(&worker.process)?;
            }
            let report: Report = serde_json::from_str(&line)?;
            seen.calls += report.calls;
            seen.failed += report.failed;
            if std::mem::replace(&mut worker.counts, true) {
                seen.longest_wait = seen.longest_wait.max(Duration::from_millis(report.longest_wait));
            }
        }
        Ok(seen)
    }

    /// Forgets what happened before the workers begin.
    pub(super) fn forget_counts(&mut self) -> Result<(), Failure> {
        self.ask_server("counts").map(drop)
    }

    fn ask_server(&mut self, question: &str) -> Result<String, Failure> {
        self.server.write_line(question)?;
        next_line(&self.server)
    }
}

fn start(command: &mut Command) -> Result<Process, Failure> {
    let started = Process::start(command.stdin(Stdio::piped()));
    started.map_err(|error| format!("could not start {:?}: {error}", command.get_program()).into())
}

fn next_line(process: &Process) -> Result<String, Failure> {
    match process.next_line(TIMEOUT) {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err("a process of the fleet has ended".into()),
        Err(_) => Err("a process of the fleet does not answer".into()),
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, process: u32) -> Result<(), Failure> {
    let script = format!("kill -{name} {process}");
    let status = Command::new("sh").args(["-c", &script]).status()?;
    if status.success() { Ok(()) } else { Err(format!("`{script}` failed").into()) }
}
