//! The workers and Redis, as child processes, and what they use.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::Failure;

/// A process with calls.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    lines: Receiver<String>,
}

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) memory_kib: u64,
    pub(crate) descriptors: u64,
}

impl Worker {
    pub(crate) fn start(
        variables: &BTreeMap<String, String>,
        store: &str,
        threads: bool,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("worker").envs(variables).env("SOAK_STORE", store);
        if threads {
            command.env("SOAK_THREADS", "1");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().ok_or("no standard output")?;
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// The lines since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// Lets it end, and returns the rest of its lines. The last one has the numbers of calls.
    pub(crate) fn finish(mut self, timeout: Duration) -> Result<(Vec<String>, Value), Failure> {
        drop(self.child.stdin.take());
        let mut lines = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(timeout) {
            lines.push(line);
        }
        let status = self.wait(timeout)?.ok_or("a worker does not end")?;
        let last = lines.pop().ok_or("a worker has written nothing")?;
        if status.success() {
            Ok((lines, serde_json::from_str(&last)?))
        } else {
            Err("a worker has failed".into())
        }
    }

    /// A process closes its output a moment before it has ended.
    fn wait(&mut self, timeout: Duration) -> Result<Option<ExitStatus>, Failure> {
        const PAUSE: Duration = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || waited >= timeout {
                return Ok(status);
            }
            thread::sleep(PAUSE);
            waited += PAUSE;
        }
    }

    pub(crate) fn usage(&self) -> Result<Usage, Failure> {
        let process = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let memory_kib = line.trim().split(' ').next().unwrap_or_default().parse()?;
        let descriptors = u64::try_from(fs::read_dir(format!("{process}/fd"))?.count())?;
        Ok(Usage { memory_kib, descriptors })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Redis server at a socket of this folder.
#[derive(Debug)]
pub(crate) struct Redis {
    socket: PathBuf,
    child: Child,
}

impl Redis {
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let socket = folder.join("redis.sock");
        let child = Self::spawn(&socket)?;
        Ok(Self { socket, child })
    }

    fn spawn(socket: &Path) -> Result<Child, Failure> {
        let _ = fs::remove_file(socket);
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(socket).stdout(Stdio::null());
        let child = command
            .spawn()
            .map_err(|error| format!("could not run redis-server: {error} (package redis-server)"))?;
        for _ in 0..1_000 {
            if UnixStream::connect(socket).is_ok() {
                return Ok(child);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("redis-server does not listen".into())
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    pub(crate) fn signal(&self, name: &str) -> Result<(), Failure> {
        let kill = format!("kill -{name} {}", self.child.id());
        if Command::new("sh").args(["-c", &kill]).status()?.success() {
            Ok(())
        } else {
            Err(format!("`{kill}` failed").into())
        }
    }

    /// Kills it, and starts another one, which is empty.
    pub(crate) fn restart(&mut self) -> Result<(), Failure> {
        self.end();
        self.child = Self::spawn(&self.socket)?;
        Ok(())
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.end();
    }
}
