//! Running the command inside the test: most behaviour needs no process.

use std::ffi::OsString;
use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use kaltura_cli::{Environment, Ui};

use crate::invocation::{Finished, Kaltura};

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).expect("the output is UTF-8")
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kaltura {
    /// Runs it to its end inside this process: without terminals, signals, and a current directory of its own.
    /// Not for commands that start programs or read `TZ`.
    pub(crate) fn run_in_process(self) -> Finished {
        let (arguments, variables, stdin) = self.into_parts();
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let mut ui = Ui::new(Cursor::new(stdin), stdout.clone(), stderr.clone());
        let arguments = std::iter::once(OsString::from("kaltura")).chain(arguments);
        let code = kaltura_cli::run(
            arguments,
            &Environment::from_iter(variables).with_program(env!("CARGO_BIN_EXE_kaltura")),
            &mut ui,
        );
        Finished { code: Some(i32::from(code)), stdout: stdout.text(), stderr: stderr.text() }
    }
}
