//! `kaltura profile`: named login profiles.

mod add;
mod options;
mod show;

use clap::{Args, Subcommand};
use serde_json::json;

use self::add::AddCommand;
use self::show::{ListCommand, ShowCommand};

use crate::args::{Deferred, values};
use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::output::style::GOOD;
use crate::profile::{Config, ProfileEditor};
use crate::prompt;
use crate::session::Forgotten;
use crate::signals::run_until_stopped;

const HELP: &str = "\
--profile NAME selects a profile, else KALTURA_PROFILE, else the default profile. An option
overrides its environment variable, and that the profile.

Profiles are in config.toml; `kaltura profile list` shows where. You can edit the file. It holds
no secrets, only where each one is. The secrets of a profile are for its own server, account and
app token: if an option or a variable names another one, pass the secret, too.";

/// Manage named login profiles
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct ProfileCommand {
    #[command(subcommand)]
    action: ProfileAction,
}

#[derive(Debug, Subcommand)]
enum ProfileAction {
    Add(Deferred<AddCommand>),
    #[command(visible_alias = "ls")]
    List(Deferred<ListCommand>),
    Show(Deferred<ShowCommand>),
    Use(Deferred<UseCommand>),
    #[command(visible_alias = "rm")]
    Remove(Deferred<RemoveCommand>),
}

impl ProfileCommand {
    /// `wanted` is the profile of the option `--profile`. No profile is in use here, so that a default one that is
    /// not there can be mended.
    pub(crate) fn run(self, ui: &Ui, wanted: Option<&str>, environment: &Environment) -> Result<(), Failure> {
        match self.action {
            ProfileAction::Add(add) => add.0.run(ui, environment),
            ProfileAction::List(list) => list.0.run(ui, environment),
            ProfileAction::Show(show) => show.0.run(ui, wanted, environment),
            ProfileAction::Use(command) => command.0.run(ui, environment),
            ProfileAction::Remove(remove) => remove.0.run(ui, environment),
        }
    }
}

const REMOVE_EXAMPLES: &str = "\
Examples:
  kaltura profile remove work
  kaltura profile remove work --yes

This removes its entries, the secrets that kaltura has stored for it, and the cached sessions of
its app token, unless another profile uses that app token. Commands, variables and files of your
own stay as they are. Nothing changes on the server: `kaltura token delete` deletes an app token.

If you do not confirm, nothing is removed, and the exit code is 130.

With --json the answer has name, removed, wasDefault, forgottenSecrets (appToken, adminSecret),
forgottenSessions (how many) and warnings. `kaltura --help` lists the exit codes.";

/// Remove a profile and its stored secrets
///
/// Asks for confirmation; without a terminal, --yes is required.
#[derive(Debug, Args)]
#[command(after_long_help = REMOVE_EXAMPLES)]
pub(super) struct RemoveCommand {
    /// The profile
    #[arg(value_name = "NAME", add = values::profiles())]
    name: String,

    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

impl RemoveCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let name = self.name.as_str();
        let config = Config::read(environment)?;
        let profile = config.find(name).ok_or_else(|| config.unknown(name))?;
        if !self.yes {
            ask(ui, name)?;
        }
        let mut editor = ProfileEditor::open(ui, environment)?;
        let mut removed = editor.remove(name)?;
        let account = profile.account();
        let is_used = editor.config.profiles().any(|other| other.account() == account);
        // A change of other profiles does not wait until the sessions are gone.
        drop(editor);
        let sessions = match account {
            Some((service_url, partner, token_id)) if !is_used => {
                let token = Some((&service_url, partner, token_id));
                Forgotten::of(ui, environment, token, Forgotten::ASIDE)
            }
            _ => Forgotten::default(),
        };
        removed.notes.extend(sessions.note());
        if ui.wants_json() {
            let forgotten: Vec<&str> = removed.forgotten.iter().map(|secret| secret.member).collect();
            return ui.print_json(&json!({
                "name": name,
                "removed": true,
                "wasDefault": removed.was_default,
                "forgottenSecrets": forgotten,
                "forgottenSessions": sessions.count,
                "warnings": removed.notes,
            }));
        }
        for note in &removed.notes {
            ui.note(note);
        }
        let secrets = removed.forgotten.iter().map(|secret| secret.what.to_owned());
        let forgotten: Vec<String> = secrets.chain(sessions.sessions()).collect();
        let forgotten = match forgotten.split_last() {
            None => String::new(),
            Some((last, [])) => format!(", and deleted {last}"),
            Some((last, first)) => format!(", and deleted {} and {last}", first.join(", ")),
        };
        let default = if removed.was_default { "There is no default profile any more.\n" } else { "" };
        ui.print(&format!("{GOOD}Removed{GOOD:#} profile '{name}'{forgotten}\n{default}"))
    }
}

fn ask(ui: &Ui, name: &str) -> Result<(), Failure> {
    if !ui.is_interactive() {
        return Err(Failure::usage("cannot ask for confirmation: not a terminal")
            .with_hint("Use --yes to confirm. The stored secrets of the profile are deleted, too."));
    }
    let question = format!("Remove profile '{name}' and its stored secrets?");
    let is_wanted = run_until_stopped(ui, prompt::confirm(ui, question))?;
    if is_wanted { Ok(()) } else { Err(Failure::new(ExitCode::Interrupted, "nothing was removed")) }
}

const USE_EXAMPLES: &str = "\
Example:
  kaltura profile use work

--profile and KALTURA_PROFILE go before it. With --json the answer has defaultProfile and
configFile. `kaltura --help` lists the exit codes.";

/// Make a profile the default one
#[derive(Debug, Args)]
#[command(after_long_help = USE_EXAMPLES)]
pub(super) struct UseCommand {
    /// The profile
    #[arg(value_name = "NAME", add = values::profiles())]
    name: String,
}

impl UseCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let name = self.name.as_str();
        // For a name that is wrong, no folder is made.
        let config = Config::read(environment)?;
        config.find(name).ok_or_else(|| config.unknown(name))?;
        let mut editor = ProfileEditor::open(ui, environment)?;
        editor.make_default(name)?;
        if ui.wants_json() {
            let config_file = editor.path.display().to_string();
            return ui.print_json(&json!({ "defaultProfile": name, "configFile": config_file }));
        }
        ui.print(&format!("{GOOD}Default profile{GOOD:#} is now '{name}'\n"))
    }
}
