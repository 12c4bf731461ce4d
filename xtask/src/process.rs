//! A child process whose output is read line by line with a timeout, and which is killed with its owner.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// The process printed nothing before the timeout.
#[derive(Debug)]
pub(crate) struct TimedOut;

impl Process {
    /// Starts a command. Its standard output is read here.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let (send, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            // The thread ends with the output, or when the receiver is dropped.
            thread::spawn(move || {
                let mut stdout = BufReader::new(stdout);
                let mut line = Vec::new();
                while stdout.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                    if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// Waits for the next line. `None` after the last one.
    pub(crate) fn next_line(&self, timeout: Duration) -> Result<Option<String>, TimedOut> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(TimedOut),
        }
    }

    /// Writes a line to its standard input, which must be a pipe.
    pub(crate) fn write_line(&mut self, line: &str) -> io::Result<()> {
        let stdin = self.child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        stdin.write_all(format!("{line}\n").as_bytes())
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes its standard input, if that is a pipe.
    pub(crate) fn close_stdin(&mut self) {
        let stdin: Option<ChildStdin> = self.child.stdin.take();
        drop(stdin);
    }

    /// Waits for the exit status.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Kills it, and returns what it wrote to standard error, if that is a pipe.
    pub(crate) fn kill_and_read_stderr(mut self) -> String {
        self.kill();
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            // Used in a message only: what can be read is enough.
            let _ = stderr.read_to_string(&mut text);
        }
        text.trim().to_owned()
    }

    fn kill(&mut self) {
        // Both fail only for a process that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Process {
        let mut command = Command::new("sh");
        Process::start(command.args(["-c", script]).stdin(Stdio::piped()).stderr(Stdio::piped())).unwrap()
    }

    #[test]
    fn lines_are_read_until_the_end() {
        let mut process = shell("echo one; echo; printf two; exit 3");
        for line in ["one", "", "two"] {
            assert_eq!(process.next_line(LONG).unwrap().as_deref(), Some(line));
        }
        assert_eq!(process.next_line(LONG).unwrap(), None);
        assert_eq!(process.wait().unwrap().code(), Some(3));
    }

    #[test]
    fn lines_are_written_to_it() {
        let mut process = shell("read line; echo \"$line $$\"");
        process.write_line("a b").unwrap();
        let id = process.id();
        assert_eq!(process.next_line(LONG).unwrap(), Some(format!("a b {id}")));
    }

    #[test]
    fn a_line_that_does_not_come_is_a_timeout() {
        let process = shell("echo one; cat");
        assert!(process.next_line(LONG).is_ok());
        assert!(process.next_line(Duration::from_millis(50)).is_err());
    }

    #[test]
    fn closing_the_input_is_seen_by_the_process() {
        let mut process = shell("cat; echo done");
        process.close_stdin();
        assert_eq!(process.next_line(LONG).unwrap().as_deref(), Some("done"));
    }

    #[test]
    fn a_dropped_process_is_killed() {
        let process = shell("echo $$; exec cat");
        let id = process.next_line(LONG).unwrap().unwrap();
        let exists = || {
            let mut probe = Command::new("sh");
            probe.args(["-c", "kill -0 \"$0\"", &id]).stderr(Stdio::null()).status().unwrap().success()
        };
        assert!(exists());
        drop(process);
        assert!(!exists());
    }

    #[test]
    fn standard_error_is_kept() {
        let process = shell("echo no such thing >&2; echo; exec cat");
        assert!(process.next_line(LONG).is_ok());
        assert_eq!(process.kill_and_read_stderr(), "no such thing");
    }
}
