//! `kaltura token rotate`: replaces an app token by another one like it.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_client::app_tokens::{RotatedToken, RotationError, RotationStep};
use kaltura_types::{AppToken, AppTokenDraft, AppTokenId, AppTokenStatus};

use super::edit::{ChangeOptions, hint_if_stopped, still_used};
use super::output::{Answer, note, state, texts};
use super::value::ValueOptions;
use super::{Account, AccountOptions, may_be_done};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::{Ui, one_line};
use crate::session::Forgotten;
use crate::signals::run_until_stopped;
use crate::time;

const EXAMPLES: &str = "\
Examples:
  Create the new one, deploy it wherever the old one is used, and then delete that:
    kaltura token rotate 0_7jh3eu10 --expires-in 90d --value-file token.txt
    kaltura token delete 0_7jh3eu10

  At once, where you are the only one who uses it:
    kaltura token rotate 0_7jh3eu10 --value-file token.txt --force --delete-old

The new token has the properties of the old one, except those that you pass. It is verified
first: by a login, and by a call with its session. The old token and its sessions stay as they
are, unless --delete-old is given: then all its sessions end at once. A failure leaves the old
token unchanged, and says whether the new one exists.

With --json the answer is that of `kaltura token add` for the new token, and oldId, oldDeleted
and forgottenSessions (how many were cached here). `kaltura --help` lists the exit codes.";

/// Replace an app token by a new one with the same properties and another value
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct RotateCommand {
    /// The id of the old token, e.g. 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Delete the old token, when the new one is verified and its value is stored
    #[arg(long)]
    delete_old: bool,

    #[command(flatten)]
    changes: ChangeOptions,

    #[command(flatten)]
    value: ValueOptions,

    #[command(flatten)]
    account: AccountOptions,
}

impl RotateCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.changes.token.refuse_mistakes()?;
        if self.delete_old && !self.value.is_requested() {
            return Err(Failure::usage("--delete-old requires a place for the new value")
                .with_hint("Use --value-file FILE, --save-profile NAME or --show-value."));
        }
        let environment = &settings.environment;
        let account = self.account.open(ui, settings)?;
        let id = AppTokenId::new(self.id.as_str());
        let place = self.value.place(ui, Some(&id), &account.service_url, environment)?;
        let rotated = run_until_stopped(ui, self.rotate(&account, &id));
        let (draft, old, rotated) = rotated.map_err(|failure| hint_if_stopped(failure, &may_exist(&id)))?;
        let token = rotated.token();
        let value = place.store(token)?;

        let mut warnings = texts([draft.warnings(), draft.differences(token)].concat());
        if old.status == AppTokenStatus::Disabled.into() {
            warnings.push(format!("{id} is disabled, the new token is not"));
        }
        warnings.extend_from_slice(&value.notes);
        // The new token is printed in any case.
        let deleted = if self.delete_old { delete(ui, &account, &id, token) } else { Ok(()) };
        let is_deleted = self.delete_old && deleted.is_ok();
        let mut sessions = Forgotten::default();
        if is_deleted {
            sessions = account.forget_sessions(ui, &id, environment);
            warnings.extend(account.profiles_with(&id, environment).iter().map(|it| still_used(it, &id)));
        }
        warnings.extend(sessions.note());
        note(ui, &warnings);
        let answer = Answer { token, value: &value, account: &account, warnings: &warnings };
        if ui.wants_json() {
            let mut document = answer.document();
            document["oldId"] = id.as_str().into();
            document["oldDeleted"] = is_deleted.into();
            document["forgottenSessions"] = sessions.count.into();
            ui.print_json(&document)?;
        } else {
            let outcome = match (is_deleted, sessions.sessions()) {
                (true, Some(sessions)) => format!("was deleted, and {sessions} removed from the cache"),
                (true, None) => "was deleted".to_owned(),
                (false, _) => "still exists".to_owned(),
            };
            let text = answer.as_text("Created app token");
            ui.print(&format!("{text}The old app token {} {outcome}.\n", one_line(id.as_str())))?;
        }
        deleted
    }

    async fn rotate(
        &self,
        account: &Account,
        id: &AppTokenId,
    ) -> Result<(AppTokenDraft, AppToken, RotatedToken), Failure> {
        let old = account.get(id).await?;
        let draft = self.changes.draft(account)?;
        // The new token would expire with the old one, and could not be verified.
        let keeps_expiry = !self.changes.never_expires && !self.changes.token.sets_expiry();
        if let Some(expiry) =
            old.expiry.filter(|_| keeps_expiry && state(&old, account.clock.now()) == "expired")
        {
            let message = format!("{} expired at {}", old.id, time::show_time(expiry));
            return Err(Failure::usage(message)
                .with_hint("The new token would have expired too: use --expires-in 90d or --never-expires.")
                .at(&account.service_url));
        }
        let rotated = account.tokens().rotate_with(id, draft.clone()).await;
        Ok((draft, old, rotated.map_err(|failed| not_rotated(account, id, &failed))?))
    }
}

fn delete(ui: &Ui, account: &Account, old: &AppTokenId, new: &AppToken) -> Result<(), Failure> {
    run_until_stopped(ui, account.delete(old)).map_err(|failure| {
        failure.with_hint(format!(
            "The new app token {} works. The old one may still exist: `kaltura token delete {old}`.",
            new.id
        ))
    })
}

fn not_rotated(account: &Account, old: &AppTokenId, failed: &RotationError) -> Failure {
    let failure = account.failure(failed.error().clone());
    match (failed.new_token(), failed.step()) {
        (Some(token), _) => {
            let new = &token.id;
            failure.with_hint(format!(
                "{old} is unchanged. The new token {new} was created, but could not be verified. If its sessions are \
                 valid elsewhere only (iprestrict, urirestrict), try it there: `kaltura token get {new} --value-file \
                 FILE` gets the value. Otherwise delete it: `kaltura token delete {new}`."
            ))
        }
        (None, RotationStep::Create) if may_be_done(failed.error()) => failure.with_hint(may_exist(old)),
        _ => failure,
    }
}

fn may_exist(old: &AppTokenId) -> String {
    format!("{old} is unchanged. A new token may have been created: `kaltura token list` shows it last.")
}
