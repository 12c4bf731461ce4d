//! The commands, one file each.

pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod login;

use crate::cli::{Cli, Command};
use crate::environment::Environment;
use crate::failure::Failure;

/// Runs the command of a command line.
pub(crate) fn run(cli: Cli, environment: Environment) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(demo) => demo.run(cli.json),
        Command::Emulate(emulate) => emulate.run(),
        Command::Login(login) => login.run(cli.json, environment),
    }
}
