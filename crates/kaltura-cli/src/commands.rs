//! The commands, one file each; and what several of them do.

mod batch;
mod call;
mod completions;
mod demo;
mod doctor;
mod emulate;
mod env;
mod exec;
mod hash;
mod inspect;
mod ks;
mod login;
mod logout;
mod man;
mod profile;
mod sign;
mod status;
mod token;
mod upload;

use clap::{CommandFactory as _, Subcommand};

use crate::cli::Cli;
use crate::config::{Environment, Settings};
use crate::error::Failure;
use crate::output::{JqFilter, Ui};

/// The commands, with the other names that users of `gh` and `aws` expect.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Batch(Box<batch::BatchCommand>),
    #[command(visible_alias = "api")]
    Call(Box<call::CallCommand>),
    #[command(visible_alias = "completion")]
    Completions(completions::CompletionsCommand),
    Demo(demo::DemoCommand),
    Doctor(Box<doctor::DoctorCommand>),
    Emulate(emulate::EmulateCommand),
    Env(env::EnvCommand),
    Exec(exec::ExecCommand),
    Hash(hash::HashCommand),
    Inspect(inspect::InspectCommand),
    Ks(ks::KsCommand),
    Login(login::LoginCommand),
    Logout(logout::LogoutCommand),
    Man(man::ManCommand),
    Profile(profile::ProfileCommand),
    Sign(sign::SignCommand),
    #[command(visible_alias = "whoami")]
    Status(Box<status::StatusCommand>),
    Token(token::TokenCommand),
    Upload(Box<upload::UploadCommand>),
}

pub(crate) fn run(cli: Cli, environment: &Environment, ui: &mut Ui) -> Result<(), Failure> {
    if let Some(filter) = &cli.jq {
        // A wrong filter is an error before anything is done.
        ui.filter = Some(JqFilter::new(filter, cli.json, cli.jq_timeout, environment.program())?);
    }
    let ui = &*ui;
    let settings = || Settings::load(ui, cli.profile.as_deref(), environment);
    // For those that do without a profile where all is given.
    let settings_if_needed = || Settings::load_if_needed(ui, cli.profile.as_deref(), environment);
    match cli.command {
        Command::Batch(batch) => batch.run(ui, &settings()?),
        Command::Call(call) => call.run(ui, &settings()?),
        Command::Completions(completions) => completions.run(ui, environment, Cli::command()),
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
