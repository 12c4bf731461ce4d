//! `--jq`: a filter in the language of jq, run by jaq.
//!
//! The filter may contain a mistake, and it reads what a server sent. It runs in a process of its own, the worker, which
//! is this program again. What it uses too much of ends the worker, and is an error of the command:
//!
//! | limit | value |
//! |---|---|
//! | time | `--jq-timeout`, without the time to write the output |
//! | memory | `worker::MEMORY`, and more for a large answer |
//! | stack of the filter's calls, nesting of the filter and of its values | `worker::STACK_SIZE` |
//! | nesting of a result | [`functions::MAX_DEPTH`] |

mod functions;
mod worker;

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

pub(crate) use self::worker::{ARGUMENT as WORKER_ARGUMENT, serve as serve_worker};
use self::worker::{Event, Request, failed};
use super::{Ui, printable};
use crate::error::{ExitCode, Failure};
use crate::signals::watch;

/// A filter that was checked, and the worker that runs it. Clones share the worker.
#[derive(Clone)]
pub(crate) struct JqFilter {
    code: String,
    timeout: Duration,
    worker: Arc<Mutex<Worker>>,
}

impl fmt::Debug for JqFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JqFilter").field("code", &self.code).finish_non_exhaustive()
    }
}

impl JqFilter {
    /// Starts the worker, which checks the filter. With `json`, strings are printed as JSON too. `program` is this
    /// program.
    pub(crate) fn new(
        code: &str,
        json: bool,
        timeout: Duration,
        program: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut worker = Worker::start(program).map_err(|error| {
            Failure::new(ExitCode::Local, "cannot start a process for the --jq filter").caused_by(&error)
        })?;
        worker.send(&serde_json::to_vec(&Request { code: code.to_owned(), json }).unwrap_or_default())?;
        worker.wait(timeout, &mut |_| Ok(())).map_err(|failure| match failure.hint() {
            // Nothing was executed yet.
            Some(worker::EXECUTED) => failure.with_hint("The filter is too large, or nests too deep."),
            _ => failure,
        })?;
        Ok(Self { code: code.to_owned(), timeout, worker: Arc::new(Mutex::new(worker)) })
    }

    /// Whether the filter contains the path `.name`.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let continues = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let path = format!(".{name}");
        self.code.match_indices(&path).any(|(at, _)| !self.code[at + path.len()..].starts_with(continues))
    }

    /// Prints what comes from a value, where nothing listens to signals: then they end the process.
    pub(super) fn print_now(&self, ui: &Ui, value: &Value) -> Result<(), Failure> {
        watch(ui);
        self.run(ui, std::slice::from_ref(value))
    }

    /// Prints what comes from these values.
    pub(crate) async fn print(&self, ui: &Ui, values: Vec<Value>) -> Result<(), Failure> {
        let (filter, ui) = (self.clone(), ui.clone());
        let work = tokio::task::spawn_blocking(move || filter.run(&ui, &values));
        work.await.unwrap_or_else(|error| {
            Err(Failure::new(ExitCode::Local, "the output ended early").caused_by(&error))
        })
    }

    /// Runs the filter on each of these values, and prints what comes from it. Blocks.
    fn run(&self, ui: &Ui, values: &[Value]) -> Result<(), Failure> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.timeout;
        for value in values {
            worker.send(value.to_string().as_bytes())?;
            let rest = worker.wait(left, &mut |event| match event {
                Event::Results(lines) => ui.print_foreign(&lines),
                Event::Message(text) => {
                    ui.eprint(&printable(&text));
                    Ok(())
                }
                _ => Ok(()),
            })?;
            // The filter has ended itself, without an error.
            let Some(rest) = rest else { break };
            left = rest;
        }
        Ok(())
    }
}

/// The process. It ends with this.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    events: Receiver<Event>,
}

impl Worker {
    fn start(program: Option<&Path>) -> io::Result<Self> {
        let program = program.ok_or(io::ErrorKind::NotFound)?;
        let mut child = Command::new(program)
            .arg(WORKER_ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        // Few at a time: while the output is not taken, the worker waits.
        let (sender, events) = sync_channel(4);
        thread::Builder::new().name("jq".to_owned()).spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            let events = lines.map_while(|line| serde_json::from_str(&line).ok());
            for event in events {
                if sender.send(event).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { child, stdin, events })
    }

    /// Sends a frame: its length in a line, and then its bytes.
    fn send(&mut self, frame: &[u8]) -> Result<(), Failure> {
        let sent = writeln!(self.stdin, "{}", frame.len()).and_then(|()| self.stdin.write_all(frame));
        let sent = sent.and_then(|()| self.stdin.flush());
        sent.map_err(|_| self.ended())
    }

    /// Takes what the worker sends, until it is done with a frame. Returns what is left of the time; nothing after `halt`.
    fn wait(
        &mut self,
        timeout: Duration,
        take: &mut dyn FnMut(Event) -> Result<(), Failure>,
    ) -> Result<Option<Duration>, Failure> {
        let mut left = timeout;
        loop {
            let since = Instant::now();
            let event = self.events.recv_timeout(left);
            left = left.saturating_sub(since.elapsed());
            match event {
                Ok(Event::Done) => return Ok(Some(left)),
                Ok(Event::Halted(0)) => return Ok(None),
                Ok(Event::Failed(message, hint)) => return Err(Failure::usage(message).with_hint(hint)),
                Ok(Event::Halted(code)) => return Err(Failure::told_already(ExitCode::Filter(code))),
                Ok(event) => take(event)?,
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    let seconds = timeout.as_secs();
                    return Err(failed(&format!("it took longer than {seconds} s"))
                        .with_hint("The command was executed. Use --jq-timeout to allow more time."));
                }
            }
        }
    }

    /// Why the worker has ended, by what its runtime has written.
    fn ended(&mut self) -> Failure {
        let mut text = String::new();
        if let Some(stderr) = self.child.stderr.take() {
            let _ = stderr.take(4096).read_to_string(&mut text);
        }
        if text.contains("overflow") {
            failed("it nests too deep: it may call itself without end")
        } else if text.contains("memory") {
            failed("it used too much memory").with_hint(
                "The command was executed. For a long list, use --jsonl: each object is then filtered by itself.",
            )
        } else {
            failed("its interpreter has a defect")
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
