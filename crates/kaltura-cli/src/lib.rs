//! The `kaltura` command as a library: [`run`] takes a command line, and everything else that a process is given, as
//! values. This crate is made for its own binary and tests; its API may change with every release.
//!
//! | module | what it holds |
//! |---|---|
//! | `error`, `time` | failures and their exit codes; times and durations as text |
//! | `environment` | environment variables, names of settings, folders |
//! | `redaction` | secrets in what is shown |
//! | `output` | what is written: answers, notes, errors, tables, progress |
//! | `signals` | Ctrl-C and requests to stop, and the async runtime |
//! | `files`, `http`, `prompt` | files for their owner alone, requests, questions |
//! | `secret_input`, `profile` | secrets from files, standard input and variables; named login profiles |
//! | `config` | the settings of a command: options, variables, profile |
//! | `session` | the session cache, shared stores, logins |
//! | `args` | groups of options |
//! | `commands`, `cli` | the commands, and the command line as a whole |
//!
//! Each module imports only from the rows above its own.

mod args;
mod cli;
mod commands;
mod config;
mod environment;
mod error;
mod files;
mod http;
mod output;
mod profile;
mod prompt;
mod redaction;
mod secret_input;
mod session;
mod signals;
mod time;

use std::ffi::OsString;

pub use crate::environment::Environment;
pub use crate::output::Ui;

use crate::cli::Cli;
use crate::output::{WORKER_ARGUMENT, serve_worker};

/// Runs a command line, the first word of which is the name of the program, to its end. Returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: &Environment, ui: &mut Ui) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == WORKER_ARGUMENT) {
        serve_worker();
        return 0;
    }
    let outcome = match Cli::read(arguments, environment, ui) {
        Ok(Some(cli)) => commands::run(cli, environment, ui),
        Ok(None) => Ok(()),
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            ui.report(&failure);
            failure.exit_code().number()
        }
    }
}
