//! The commands, one file each.

pub(crate) mod call;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod hash;
pub(crate) mod inspect;
pub(crate) mod ks;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod sign;

use crate::cli::{Cli, Command};
use crate::environment::Environment;
use crate::failure::Failure;

/// Runs the command of a command line.
pub(crate) fn run(cli: Cli, environment: Environment) -> Result<(), Failure> {
    match cli.command {
        Command::Call(call) => call.run(cli.json, environment),
        Command::Completions(completions) => completions.run(),
        Command::Demo(demo) => demo.run(cli.json),
        Command::Emulate(emulate) => emulate.run(),
        Command::Env(env) => env.run(cli.json, environment),
        Command::Exec(exec) => exec.run(environment),
        Command::Hash(hash) => hash.run(cli.json, environment),
        Command::Inspect(inspect) => inspect.run(cli.json, environment),
        Command::Ks(ks) => ks.run(cli.json, environment),
        Command::Login(login) => login.run(cli.json, environment),
        Command::Man(man) => man.run(),
        Command::Sign(sign) => sign.run(cli.json, environment),
    }
}
