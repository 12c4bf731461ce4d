//! `kaltura token rotate`: replaces an app token by another one like it.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_client::app_tokens::{RotatedToken, RotationError, RotationStep};
use kaltura_types::{AppToken, AppTokenId, AppTokenStatus};
use serde::Serialize;

use super::account::{Account, AccountOptions};
use super::answer::{Answer, warn};
use super::hint::may_be_done;
use super::settings::{Asked, Expiry};
use super::shown::State;
use super::update::ChangeOptions;
use super::value::ValueOptions;
use super::{stored, traps};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::{output, time};

const EXAMPLES: &str = "\
Examples:
  Make the new one, hand it to all who use the old one, and then delete that:
    kaltura token rotate 0_7jh3eu10 --expires-in 90d --value-file token.txt
    kaltura token delete 0_7jh3eu10

  At once, where you are the only one who uses it:
    kaltura token rotate 0_7jh3eu10 --value-file token.txt --force --delete-old

The new token has the settings of the old one, less those that you say otherwise. It is proven
before anything else is done: by a login, whose session is shown to the server. The old token
stays as it is, and so do its sessions, unless --delete-old is said: then all its sessions end
at once. What fails before leaves the old token alone, and says whether a new one is there.

With --json the answer is that of `kaltura token add` for the new token, and oldId, oldDeleted
and forgottenSessions (how many were kept here). `kaltura --help` lists the exit codes.";

/// Replace an app token by a new one with the same settings and another value
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct RotateCommand {
    /// The id of the old token, such as 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// When the new token is proven, and its value is where you want it, delete the old one
    #[arg(long)]
    delete_old: bool,

    #[command(flatten)]
    changes: ChangeOptions,

    #[command(flatten)]
    value: ValueOptions,

    #[command(flatten)]
    account: AccountOptions,
}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rotated<'a> {
    #[serde(flatten)]
    token: Answer<'a>,
    old_id: &'a AppTokenId,
    old_deleted: bool,
    forgotten_sessions: usize,
}

impl RotateCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.changes.refuse_mistakes()?;
        if self.delete_old && !self.value.is_wanted() {
            let message = "the old token is deleted only when the value of the new one is where you want it";
            return Err(Failure::usage(message)
                .with_hint("Say where it goes: --value-file FILE, --save-profile NAME or --show-value."));
        }
        let account = self.account.open(ui, settings)?;
        let id = AppTokenId::new(self.id.as_str());
        let place = self.value.place(ui, Some(&id), account.service_url(), settings.environment())?;
        let (asked, old, rotated) =
            account.run(ui, self.rotate(&account, &id)).map_err(|failure| match failure.exit_code() {
                ExitCode::Interrupted | ExitCode::Terminated => failure.with_hint(look_for_a_twin(&id)),
                _ => failure,
            })?;
        let token = rotated.token();
        let value = place.keep(token)?;

        let mut warnings = traps::of_wishes(&asked);
        if old.status == AppTokenStatus::Disabled.into() {
            warnings.push(format!("{id} is disabled, and its twin is not"));
        }
        warnings.extend(stored::differences(&asked, token));
        warnings.extend_from_slice(value.notes());
        warn(ui, &warnings, ui.wants_json());
        // The new token is told of in any case.
        let deleted = if self.delete_old { self.delete(ui, &account, &id, &token.id) } else { Ok(()) };
        let is_deleted = self.delete_old && deleted.is_ok();
        let sessions = is_deleted.then(|| account.forget_sessions(ui, &id, settings.environment()));
        let sessions = sessions.unwrap_or_default();
        if let Some(note) = sessions.note() {
            warn(ui, std::slice::from_ref(&note), ui.wants_json());
            warnings.push(note);
        }
        let answer = Answer::new(token, &value, account.clock().now(), account.service_url(), &warnings);
        if ui.wants_json() {
            ui.print_json(&Rotated {
                token: answer,
                old_id: &id,
                old_deleted: is_deleted,
                forgotten_sessions: sessions.count,
            })?;
        } else {
            let outcome = match (is_deleted, sessions.sessions()) {
                (true, Some(sessions)) => format!("is deleted, and {sessions} of it forgotten here"),
                (true, None) => "is deleted".to_owned(),
                (false, _) => "is still there".to_owned(),
            };
            let text = answer.as_text("Made");
            ui.print(&format!("{text}The old app token {} {outcome}.\n", output::one_line(id.as_str())))?;
        }
        deleted
    }

    async fn rotate(
        &self,
        account: &Account,
        id: &AppTokenId,
    ) -> Result<(Asked, AppToken, RotatedToken), Failure> {
        let tokens = account.tokens();
        let old = tokens.get(id).await.map_err(|error| account.failure(error))?;
        let asked = self.changes.asked(account)?;
        refuse_an_end_in_the_past(&old, &asked, account)?;
        let rotated = tokens.rotate_with(id, asked.draft()).await;
        let rotated = rotated.map_err(|failed| not_rotated(account, id, &failed))?;
        Ok((asked, old, rotated))
    }

    fn delete(&self, ui: &Ui, account: &Account, old: &AppTokenId, new: &AppTokenId) -> Result<(), Failure> {
        let deleted = account
            .run(ui, async { account.tokens().delete(old).await.map_err(|error| account.failure(error)) });
        deleted.map_err(|failure| {
            failure.with_hint(format!(
                "The new app token {new} works. The old one may still be there: `kaltura token delete {old}`."
            ))
        })
    }
}

/// A twin has the end of the old token: one that is over could not be proven.
fn refuse_an_end_in_the_past(old: &AppToken, asked: &Asked, account: &Account) -> Result<(), Failure> {
    let is_over = State::of(old, account.clock().now()) == State::Expired;
    match old.expiry {
        Some(expiry) if is_over && asked.expiry == Expiry::Unsaid => {
            let message = format!("{} is over since {}", old.id, time::show_time(expiry));
            Err(Failure::usage(message)
                .with_hint("The new one would be over too: say --expires-in 90d, or --never-expires.")
                .at(account.service_url()))
        }
        _ => Ok(()),
    }
}

fn not_rotated(account: &Account, old: &AppTokenId, failed: &RotationError) -> Failure {
    let failure = account.failure(failed.error().clone());
    match (failed.new_token(), failed.step()) {
        (Some(twin), _) => {
            let new = &twin.id;
            failure.with_hint(format!(
                "{old} is as it was. Its twin {new} was made, but could not be proven. If its sessions may be used \
                 from elsewhere only (iprestrict, urirestrict), try it there: `kaltura token get {new} --value-file \
                 FILE` has the value. Otherwise delete it: `kaltura token delete {new}`."
            ))
        }
        (None, RotationStep::Create) if may_be_done(failed.error()) => {
            failure.with_hint(look_for_a_twin(old))
        }
        _ => failure,
    }
}

fn look_for_a_twin(old: &AppTokenId) -> String {
    format!(
        "{old} is as it was. A twin of it may have been made: `kaltura token list` shows it as the last one."
    )
}
