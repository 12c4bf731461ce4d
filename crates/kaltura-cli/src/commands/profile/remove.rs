//! `kaltura profile remove`: takes a profile away.

use clap::Args;
use serde::Serialize;

use crate::completion::values;
use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::output::{Ui, style};
use crate::profile::{Config, ProfileEditor, ProfileSecret};
use crate::session_cache::Forgotten;
use crate::signals::Signals;
use crate::{prompt, runtime};

const EXAMPLES: &str = "\
Examples:
  kaltura profile remove work
  kaltura profile remove work --yes

Its entries go, the secrets that kaltura keeps for it in the keyring or in a file of its own, and
the sessions of its app token that are kept on this machine, unless another profile has that
token too.
What a command, a variable or your own file gives stays where it is. On the server nothing
changes: `kaltura token delete` deletes an app token.

An answer that is no yes removes nothing, and ends with 130, as Ctrl-C does.

With --json the answer has name, removed, wasDefault, forgottenSecrets (appToken, adminSecret),
forgottenSessions (how many) and warnings. `kaltura --help` lists the exit codes.";

/// Remove a profile, and the secrets that are kept for it
///
/// At a terminal you are asked before; elsewhere it takes --yes.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct RemoveCommand {
    /// The profile
    #[arg(value_name = "NAME", add = values::profiles())]
    name: String,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    name: &'a str,
    removed: bool,
    was_default: bool,
    forgotten_secrets: Vec<&'static str>,
    forgotten_sessions: usize,
    warnings: &'a [String],
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
        let is_used = editor.config().profiles().any(|other| other.account() == account);
        // Whoever changes other profiles does not wait until the sessions are gone.
        drop(editor);
        let sessions = match account {
            Some((service_url, partner, token_id)) if !is_used => {
                Forgotten::aside(ui, environment, &service_url, partner, token_id)
            }
            _ => Forgotten::default(),
        };
        removed.notes.extend(sessions.note());
        if ui.wants_json() {
            let forgotten = removed.forgotten.iter().map(|secret| match secret {
                ProfileSecret::AppToken => "appToken",
                ProfileSecret::AdminSecret => "adminSecret",
            });
            return ui.print_json(&Answer {
                name,
                removed: true,
                was_default: removed.was_default,
                forgotten_secrets: forgotten.collect(),
                forgotten_sessions: sessions.count,
                warnings: &removed.notes,
            });
        }
        for note in &removed.notes {
            ui.note(note);
        }
        let secrets = removed.forgotten.iter().map(|secret| secret.what().to_owned());
        let forgotten: Vec<String> = secrets.chain(sessions.sessions()).collect();
        let forgotten = match forgotten.split_last() {
            None => String::new(),
            Some((last, [])) => format!(", and forgot {last}"),
            Some((last, first)) => format!(", and forgot {} and {last}", first.join(", ")),
        };
        let default = if removed.was_default { "There is no default profile now.\n" } else { "" };
        ui.print(&format!("{}Removed{:#} profile {name}{forgotten}\n{default}", style::GOOD, style::GOOD))
    }
}

fn ask(ui: &Ui, name: &str) -> Result<(), Failure> {
    if !ui.is_interactive() {
        return Err(Failure::usage("nobody is there to be asked whether the profile shall be removed")
            .with_hint("Say --yes if it shall: the secrets that are kept for it go too."));
    }
    let question = format!("Remove the profile {name}, and forget the secrets that are kept for it?");
    let is_wanted = runtime::run(ui, async {
        let mut signals = Signals::listen(ui)?;
        signals.unless_stopped(prompt::confirm(ui, question)).await?
    })?;
    if is_wanted { Ok(()) } else { Err(Failure::new(ExitCode::Interrupted, "nothing was removed")) }
}
