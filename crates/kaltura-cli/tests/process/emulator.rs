//! `kaltura emulate` as a process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::ops::Deref;
use std::process::ChildStdout;

use serde_json::Value;

use crate::program::Running;
use crate::support::invocation::{Finished, Kaltura, Words};
use crate::support::server::Access;

/// A running emulator.
pub(crate) struct EmulatorProcess {
    access: Access,
    pub(crate) running: Running,
    stdout: BufReader<ChildStdout>,
}

impl Deref for EmulatorProcess {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl EmulatorProcess {
    /// Starts it, and reads its first line.
    pub(crate) fn start(options: impl Words) -> Self {
        let mut running = Kaltura::new(["emulate"]).arguments(options).start();
        let mut stdout = BufReader::new(running.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        match serde_json::from_str(&line) {
            Ok(greeting) => Self { access: Access::new(greeting), running, stdout },
            Err(_) => panic!("the first line is {line:?}; {:#?}", running.wait()),
        }
    }

    /// Waits until it has ended by itself. Standard output is what came after the first line.
    pub(crate) fn wait(self) -> Finished {
        let Self { running, mut stdout, .. } = self;
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        Finished { stdout: rest, ..running.wait() }
    }

    /// Sends a request by hand, and returns the status line and the body of the response.
    pub(crate) fn exchange(&self, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {headers}\r\n{body}"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    /// Sends a command to the control endpoint, and returns the status line and what it answers.
    pub(crate) fn command(&self, command: &Value) -> (String, Value) {
        let json = "Content-Type: application/json\r\n";
        let (status, body) = self.exchange("POST", "/_emulator", json, &command.to_string());
        (status, serde_json::from_str(&body).unwrap_or_default())
    }
}
