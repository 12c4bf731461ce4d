//! The commands, one file each; and what several of them do.

pub(crate) mod batch;
pub(crate) mod call;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod hash;
pub(crate) mod inspect;
pub(crate) mod ks;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod profile;
pub(crate) mod sign;
pub(crate) mod status;
pub(crate) mod token;

use crate::cli::{Cli, Command};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::settings::Settings;

/// Runs the command of a command line.
pub(crate) fn run(cli: Cli, environment: Environment) -> Result<(), Failure> {
    let settings = || Settings::load(cli.profile.as_deref(), environment);
    match cli.command {
        Command::Batch(batch) => batch.run(cli.json, &settings()?),
        Command::Call(call) => call.run(cli.json, &settings()?),
        Command::Completions(completions) => completions.run(),
        Command::Demo(demo) => demo.run(cli.json),
        Command::Doctor(doctor) => doctor.run(cli.json, environment, settings()),
        Command::Emulate(emulate) => emulate.run(),
        Command::Env(env) => env.run(cli.json, &settings()?),
        Command::Exec(exec) => exec.run(&settings()?),
        Command::Hash(hash) => hash.run(cli.json, &settings()?),
        Command::Inspect(inspect) => inspect.run(cli.json, &settings()?),
        Command::Ks(ks) => ks.run(cli.json, &settings()?),
        Command::Login(login) => login.run(cli.json, &settings()?),
        Command::Logout(logout) => logout.run(cli.json, &settings()?),
        Command::Man(man) => man.run(),
        Command::Profile(profile) => profile.run(cli.json, cli.profile.as_deref(), environment),
        Command::Sign(sign) => sign.run(cli.json, &settings()?),
        Command::Status(status) => status.run(cli.json, &settings()?),
        Command::Token(token) => token.run(cli.json, &settings()?),
    }
}
