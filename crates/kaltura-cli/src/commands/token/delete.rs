//! `kaltura token delete`: deletes an app token.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_types::AppTokenId;
use serde::Serialize;

use super::account::{Account, AccountOptions};
use super::answer::warn;
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::{Ui, one_line, style};
use crate::prompt;

const EXAMPLES: &str = "\
Examples:
  kaltura token delete 0_7jh3eu10
  kaltura token delete 0_7jh3eu10 --yes

All sessions of the token end at once: whoever uses one is refused with INVALID_KS. There is no
way back. Only a session whose login had the token's id in another case (0_7JH3EU10) lives on.

An answer that is no yes deletes nothing, and ends with 130, as Ctrl-C does.

The sessions of it that are kept on this machine are forgotten.

With --json the answer has id, deleted, forgottenSessions (how many), warnings and serviceUrl.
`kaltura --help` lists the exit codes.";

/// Delete an app token, and end all its sessions
///
/// At a terminal you are asked before; elsewhere it takes --yes.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct DeleteCommand {
    /// The token's id, such as 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    #[command(flatten)]
    account: AccountOptions,
}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    id: &'a AppTokenId,
    deleted: bool,
    forgotten_sessions: usize,
    warnings: &'a [String],
    service_url: &'a str,
}

impl DeleteCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        if !self.yes && !ui.is_interactive() {
            return Err(Failure::usage("nobody is there to be asked whether the app token shall be deleted")
                .with_hint("Say --yes if it shall: all its sessions end, and there is no way back."));
        }
        let account = self.account.open(ui, settings)?;
        let id = AppTokenId::new(self.id);
        account.run(ui, async {
            if !self.yes {
                ask(ui, &account, &id).await?;
            }
            account.tokens().delete(&id).await.map_err(|error| account.failure(error))
        })?;
        let sessions = account.forget_sessions(ui, &id, settings.environment());
        let warnings: Vec<String> = sessions.note().into_iter().collect();
        warn(ui, &warnings, ui.wants_json());
        if ui.wants_json() {
            return ui.print_json(&Answer {
                id: &id,
                deleted: true,
                forgotten_sessions: sessions.count,
                warnings: &warnings,
                service_url: account.service_url().as_str(),
            });
        }
        let forgotten = sessions.sessions().map(|sessions| format!(", and forgot {sessions} of it here"));
        ui.print(&format!(
            "{}Deleted{:#} app token {} at {}{}\n",
            style::GOOD,
            style::GOOD,
            one_line(id.as_str()),
            account.service_url(),
            forgotten.unwrap_or_default()
        ))
    }
}

/// Shows which token it is, and asks.
async fn ask(ui: &Ui, account: &Account, id: &AppTokenId) -> Result<(), Failure> {
    let token = account.tokens().get(id).await.map_err(|error| account.failure(error))?;
    let about = match token.description.as_deref().filter(|text| !text.is_empty()) {
        Some(description) => format!("{} ({description})", token.id),
        None => token.id.to_string(),
    };
    let question = format!("Delete the app token {about}, and end all its sessions?");
    if prompt::confirm(ui, one_line(&question).into_owned()).await? {
        Ok(())
    } else {
        Err(Failure::new(ExitCode::Interrupted, "nothing was deleted"))
    }
}
