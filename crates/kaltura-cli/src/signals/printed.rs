//! What a process prints, until it has ended: not until all have ended that it has handed its output to.

use std::io::{self, Read};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

/// How much is read at once.
const PART: usize = 4096;
/// How long to wait before looking again whether the process has ended.
const PAUSE: Duration = Duration::from_millis(20);
/// How long what it has printed may take to arrive once it has ended.
const GRACE: Duration = Duration::from_millis(200);
/// How many parts are taken after its end: as many as a pipe holds, and no more, or others could go on for ever.
const LATE_PARTS: usize = 16;

/// A reader of it.
pub(crate) struct Printed {
    parts: Receiver<io::Result<Zeroizing<Vec<u8>>>>,
    /// What of the last part is not taken yet.
    rest: Zeroizing<Vec<u8>>,
    has_ended: fn() -> bool,
    late_parts: Option<usize>,
}

impl Printed {
    /// What comes from this pipe, until `has_ended` says that its process has ended.
    pub(super) fn new(mut pipe: ChildStdout, has_ended: fn() -> bool) -> io::Result<Self> {
        let (sender, parts) = sync_channel(1);
        // It may stay until the last one that holds the pipe has ended, or this process has.
        thread::Builder::new().name("printed".to_owned()).spawn(move || {
            loop {
                let mut part = Zeroizing::new(vec![0; PART]);
                let part = match pipe.read(&mut part) {
                    Ok(0) => return,
                    Ok(length) => {
                        part.truncate(length);
                        Ok(part)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let is_over = part.is_err();
                if sender.send(part).is_err() || is_over {
                    return;
                }
            }
        })?;
        Ok(Self { parts, rest: Zeroizing::default(), has_ended, late_parts: None })
    }

    /// The next part; nothing at the end.
    fn next(&mut self) -> Option<io::Result<Zeroizing<Vec<u8>>>> {
        loop {
            let patience = match &mut self.late_parts {
                None => PAUSE,
                Some(0) => return None,
                Some(left) => {
                    *left -= 1;
                    GRACE
                }
            };
            match self.parts.recv_timeout(patience) {
                Ok(part) => return Some(part),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.late_parts.is_some() => return None,
                Err(RecvTimeoutError::Timeout) if (self.has_ended)() => self.late_parts = Some(LATE_PARTS),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Printed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            match self.next() {
                None => return Ok(0),
                Some(part) => self.rest = part?,
            }
        }
        let length = self.rest.len().min(into.len());
        let (taken, rest) = self.rest.split_at(length);
        into.iter_mut().zip(taken).for_each(|(place, byte)| *place = *byte);
        let rest = Zeroizing::new(rest.to_vec());
        self.rest = rest;
        Ok(length)
    }
}
