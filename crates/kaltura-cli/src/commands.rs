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
use crate::output::JqFilter;
use crate::settings::Settings;

/// Runs the command of a command line.
pub(crate) fn run(cli: Cli, environment: Environment) -> Result<(), Failure> {
    let json = is_json_wanted(&cli)?;
    let settings = || Settings::load(cli.profile.as_deref(), environment);
    // For those that do without a profile where all is given.
    let settings_if_needed = || Settings::load_if_needed(cli.profile.as_deref(), environment);
    match cli.command {
        // These two select from what the API answers, which is JSON in any case.
        Command::Batch(batch) => batch.run(cli.json, &settings()?),
        Command::Call(call) => call.run(cli.json, &settings()?),
        Command::Completions(completions) => completions.run(),
        Command::Demo(demo) => demo.run(json),
        Command::Doctor(doctor) => doctor.run(json, environment, settings()),
        Command::Emulate(emulate) => emulate.run(),
        Command::Env(env) => env.run(json, &settings()?),
        Command::Exec(exec) => exec.run(&settings()?),
        Command::Hash(hash) => hash.run(json, &settings_if_needed()?),
        Command::Inspect(inspect) => inspect.run(json, &settings_if_needed()?),
        Command::Ks(ks) => ks.run(json, &settings()?),
        Command::Login(login) => login.run(json, &settings()?),
        Command::Logout(logout) => logout.run(json, &settings_if_needed()?),
        Command::Man(man) => man.run(),
        Command::Profile(profile) => profile.run(json, cli.profile.as_deref(), environment),
        Command::Sign(sign) => sign.run(json, &settings_if_needed()?),
        Command::Status(status) => status.run(json, &settings()?),
        Command::Token(token) => token.run(json, &settings()?),
    }
}

/// Whether the answer is wanted as JSON, or what `--jq` makes of it. A wrong filter is told before anything is done.
fn is_json_wanted(cli: &Cli) -> Result<bool, Failure> {
    let Some(filter) = &cli.jq else { return Ok(cli.json) };
    JqFilter::new(filter, cli.json, cli.jq_timeout.unwrap_or(JqFilter::DEFAULT_TIMEOUT))?.choose();
    Ok(true)
}
