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

use crate::args::Deferred;
use crate::cli::Cli;
use crate::config::{Environment, Settings};
use crate::error::Failure;
use crate::output::{JqFilter, Ui};

/// The commands, with the other names that users of `gh` and `aws` expect.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Batch(Deferred<batch::BatchCommand>),
    #[command(visible_alias = "api")]
    Call(Deferred<call::CallCommand>),
    #[command(visible_alias = "completion")]
    Completions(Deferred<completions::CompletionsCommand>),
    Demo(Deferred<demo::DemoCommand>),
    Doctor(Deferred<doctor::DoctorCommand>),
    Emulate(Deferred<emulate::EmulateCommand>),
    Env(Deferred<env::EnvCommand>),
    Exec(Deferred<exec::ExecCommand>),
    Hash(Deferred<hash::HashCommand>),
    Inspect(Deferred<inspect::InspectCommand>),
    Ks(Deferred<ks::KsCommand>),
    Login(Deferred<login::LoginCommand>),
    Logout(Deferred<logout::LogoutCommand>),
    Man(Deferred<man::ManCommand>),
    Profile(Deferred<profile::ProfileCommand>),
    Sign(Deferred<sign::SignCommand>),
    #[command(visible_alias = "whoami")]
    Status(Deferred<status::StatusCommand>),
    Token(Deferred<token::TokenCommand>),
    Upload(Deferred<upload::UploadCommand>),
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
        Command::Batch(batch) => batch.0.run(ui, &settings()?),
        Command::Call(call) => call.0.run(ui, &settings()?),
        Command::Completions(completions) => completions.0.run(ui, environment, Cli::command()),
        Command::Demo(demo) => demo.0.run(ui),
        Command::Doctor(doctor) => doctor.0.run(ui, environment, settings()),
        Command::Emulate(emulate) => emulate.0.run(ui),
        Command::Env(env) => env.0.run(ui, &settings()?),
        Command::Exec(exec) => exec.0.run(ui, &settings()?),
        Command::Hash(hash) => hash.0.run(ui, &settings_if_needed()?),
        Command::Inspect(inspect) => inspect.0.run(ui, &settings_if_needed()?),
        Command::Ks(ks) => ks.0.run(ui, &settings()?),
        Command::Login(login) => login.0.run(ui, &settings()?),
        Command::Logout(logout) => logout.0.run(ui, &settings_if_needed()?),
        Command::Man(man) => man.0.run(ui, Cli::command()),
        Command::Profile(profile) => profile.0.run(ui, cli.profile.as_deref(), environment),
        Command::Sign(sign) => sign.0.run(ui, &settings_if_needed()?),
        Command::Status(status) => status.0.run(ui, &settings()?),
        Command::Token(token) => token.0.run(ui, &settings()?),
        Command::Upload(upload) => upload.0.run(ui, &settings()?),
    }
}
