//! The `kaltura` command.
//!
//! | room | what it holds |
//! |---|---|
//! | `cli` | the command line as a whole, and what is wrong with one |
//! | `help`, `build_data` | what the command says about itself |
//! | `commands` | one file for each command |
//! | `completion` | what a shell offers to complete a command line |
//! | `options` | groups of options that several commands take |
//! | `settings` | what stands behind the options: the environment, and then a profile |
//! | `environment` | what comes from environment variables |
//! | `profile` | what a login needs, kept under a name |
//! | `secret_input` | secrets from a file, standard input or the environment, never from an argument |
//! | `secret_likeness` | texts that look like a secret, where none belongs |
//! | `admin_client` | calls with an admin session of the account |
//! | `prompt` | asking a person at a terminal |
//! | `session_cache` | sessions on disk, so that the next command needs no login |
//! | `session_proof` | whether the server accepts a session |
//! | `folders`, `links`, `private_file` | where things are kept, and files for their owner alone |
//! | `exit_code`, `failure` | why it did not work: for the shell, for people, for programs |
//! | `output` | all that is written |
//! | `transport`, `request_log` | what carries the requests, and what `--verbose` tells of them |
//! | `masking` | secrets in what is shown of requests and answers |
//! | `duration`, `moment` | time as people write and read it |
//! | `runtime`, `signals` | what commands run on, and being told to stop |

mod admin_client;
mod build_data;
mod cli;
mod commands;
mod completion;
mod duration;
mod environment;
mod exit_code;
mod failure;
mod folders;
mod help;
mod links;
mod masking;
mod moment;
mod options;
mod output;
mod private_file;
mod profile;
mod prompt;
mod request_log;
mod runtime;
mod secret_input;
mod secret_likeness;
mod session_cache;
mod session_proof;
mod settings;
mod signals;
mod stranger;
mod transport;

use crate::cli::Cli;
use crate::environment::Environment;

fn main() -> std::process::ExitCode {
    let environment = Environment::of_the_process();
    let outcome = Cli::read(std::env::args_os(), environment);
    let (json, result) = match outcome {
        Ok(cli) => {
            cli.manner().choose();
            (cli.json, commands::run(cli, environment))
        }
        Err(unread) => (unread.json, unread.tell()),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(json);
            failure.exit_code().into()
        }
    }
}
