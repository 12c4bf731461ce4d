//! `kaltura profile`: what logins need, kept under names.

mod add;
mod asked;
mod given;
mod list;
mod options;
mod remove;
mod show;
mod shown;
mod use_profile;

use clap::{Args, Subcommand};

use self::add::AddCommand;
use self::list::ListCommand;
use self::remove::RemoveCommand;
use self::show::ShowCommand;
use self::use_profile::UseCommand;
use crate::config::Environment;
use crate::error::Failure;
use crate::output::Ui;

const HELP: &str = "\
A profile is taken with --profile NAME, else by KALTURA_PROFILE, else the default one. An option
goes before its environment variable, and that before the profile.

Profiles stand in config.toml in the folder for settings, which `kaltura profile list` names.
The file may be edited, and holds no secret: it says where each one is. The secrets of a profile
are for its own server, account and app token: where an option or a variable names another one,
the secret has to be given too.";

/// Keep what logins need under a name
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct ProfileCommand {
    #[command(subcommand)]
    action: ProfileAction,
}

/// What to do with profiles. Each describes itself.
#[derive(Debug, Subcommand)]
enum ProfileAction {
    Add(Box<AddCommand>),
    List(ListCommand),
    Show(ShowCommand),
    Use(UseCommand),
    Remove(RemoveCommand),
}

impl ProfileCommand {
    /// `wanted` is the profile of the option `--profile`. No profile is in use here, so that a default one that is
    /// not there can be mended.
    pub(crate) fn run(self, ui: &Ui, wanted: Option<&str>, environment: &Environment) -> Result<(), Failure> {
        match self.action {
            ProfileAction::Add(add) => add.run(ui, environment),
            ProfileAction::List(list) => list.run(ui, environment),
            ProfileAction::Show(show) => show.run(ui, wanted, environment),
            ProfileAction::Use(command) => command.run(ui, environment),
            ProfileAction::Remove(remove) => remove.run(ui, environment),
        }
    }
}
