//! A child process that is read line by line, is not waited for without end, and does not outlive its owner.

use std::io::{self, BufRead, BufReader, Read};
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

/// It printed nothing for too long.
#[derive(Debug)]
pub(crate) struct Silent;

impl Process {
    /// Starts a command, whose standard output is read here.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let (send, lines) = mpsc::channel();
        if let Some(printed) = child.stdout.take() {
            // It ends with the output, or when nobody reads any more.
            thread::spawn(move || {
                let mut printed = BufReader::new(printed);
                let mut line = Vec::new();
                while printed.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                    if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// Waits for the next line; none after the last one.
    pub(crate) fn next_line(&self, patience: Duration) -> Result<Option<String>, Silent> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(Silent),
        }
    }

    /// Its standard input, if that is a pipe. Dropping it tells the process that nothing more comes.
    pub(crate) const fn take_input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// How a process ended that has printed its last line.
    pub(crate) fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Kills it, and gives what it wrote to standard error, if that is a pipe.
    pub(crate) fn last_words(mut self) -> String {
        self.kill();
        let mut words = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            // What can be read is enough.
            let _ = errors.read_to_string(&mut words);
        }
        words.trim().to_owned()
    }

    /// Where it has ended already, there is nothing to do.
    fn kill(&mut self) {
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
    fn lines_come_one_by_one_and_then_the_end() {
        let mut process = shell("echo one; echo; printf two; exit 3");
        for line in ["one", "", "two"] {
            assert_eq!(process.next_line(LONG).unwrap().as_deref(), Some(line));
        }
        assert_eq!(process.next_line(LONG).unwrap(), None);
        assert_eq!(process.ended().unwrap().code(), Some(3));
    }

    #[test]
    fn silence_is_noticed() {
        let process = shell("echo one; cat");
        assert!(process.next_line(LONG).is_ok());
        assert!(process.next_line(Duration::from_millis(50)).is_err());
    }

    #[test]
    fn the_end_of_the_input_is_noticed() {
        let mut process = shell("cat; echo done");
        drop(process.take_input());
        assert_eq!(process.next_line(LONG).unwrap().as_deref(), Some("done"));
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let process = shell("echo $$; exec cat");
        let id = process.next_line(LONG).unwrap().unwrap();
        let is_there = || {
            let mut look = Command::new("sh");
            look.args(["-c", "kill -0 \"$0\"", &id]).stderr(Stdio::null()).status().unwrap().success()
        };
        assert!(is_there());
        drop(process);
        assert!(!is_there());
    }

    #[test]
    fn what_it_complained_of_is_kept() {
        let process = shell("echo no such thing >&2; echo; exec cat");
        assert!(process.next_line(LONG).is_ok());
        assert_eq!(process.last_words(), "no such thing");
    }
}
