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
pub(crate) mod upload;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::config::{Environment, Settings};
use crate::error::Failure;
use crate::output::{JqFilter, Ui};

/// Runs the command of a command line.
pub(crate) fn run(cli: Cli, environment: &Environment, ui: &mut Ui) -> Result<(), Failure> {
    if let Some(filter) = &cli.jq {
        // A wrong filter is an error before anything is done.
        ui.set_filter(JqFilter::new(filter, cli.json, cli.jq_timeout, environment.program())?);
    }
    let ui = &*ui;
    let settings = || Settings::load(ui, cli.profile.as_deref(), environment);
    // For those that do without a profile where all is given.
    let settings_if_needed = || Settings::load_if_needed(ui, cli.profile.as_deref(), environment);
    match cli.command {
        Command::Batch(batch) => batch.run(ui, &settings()?),
        Command::Call(call) => call.run(ui, &settings()?),
        Command::Completions(completions) => completions.run(ui, Cli::command()),
        Command::Demo(demo) => demo.run(ui),
        Command::Doctor(doctor) => doctor.run(ui, environment, settings()),
        Command::Emulate(emulate) => emulate.run(ui),
        Command::Env(env) => env.run(ui, &settings()?),
        Command::Exec(exec) => exec.run(ui, &settings()?),
        Command::Hash(hash) => hash.run(ui, &settings_if_needed()?),
        Command::Inspect(inspect) => inspect.run(ui, &settings_if_needed()?),
        Command::Ks(ks) => ks.run(ui, &settings()?),
        Command::Login(login) => login.run(ui, &settings()?),
        Command::Logout(logout) => logout.run(ui, &settings_if_needed()?),
        Command::Man(man) => man.run(ui, Cli::command()),
        Command::Profile(profile) => profile.run(ui, cli.profile.as_deref(), environment),
        Command::Sign(sign) => sign.run(ui, &settings_if_needed()?),
        Command::Status(status) => status.run(ui, &settings()?),
        Command::Token(token) => token.run(ui, &settings()?),
        Command::Upload(upload) => upload.run(ui, &settings()?),
    }
}
