//! `kaltura token update`: changes an app token.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_types::{AppToken, AppTokenId, SessionType};

use super::account::{Account, AccountOptions};
use super::answer::tell_of;
use super::settings::{Asked, Expiry, TokenOptions};
use super::value::ValuePlace;
use super::{stored, traps};
use crate::args::TypeWish;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  Another 90 days, from now on:
    kaltura token update 0_7jh3eu10 --expires-in 90d

  Shorter sessions, and a description:
    kaltura token update 0_7jh3eu10 --session-duration 15m --description 'nightly import'

What is not said stays as it is. Sessions that were started before keep what they have until
they end by themselves; `kaltura token delete` ends them at once. The status of a token can not
be changed: no action of the API disables a token, or enables it again.

With --json the answer is that of `kaltura token add`.
`kaltura --help` lists the exit codes.";

/// Change an app token
///
/// What can only be a mistake is refused before anything is changed; what the server makes of the rest that you
/// may not expect is noted on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct UpdateCommand {
    /// The token's id, such as 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    #[command(flatten)]
    changes: ChangeOptions,

    #[command(flatten)]
    account: AccountOptions,
}

/// What shall be different from what a token is like.
#[derive(Debug, Args)]
pub(super) struct ChangeOptions {
    /// What kind of sessions the token starts
    #[arg(long = "type", value_name = "TYPE", ignore_case = true, help_heading = "What the token is for")]
    session_type: Option<TypeWish>,

    #[command(flatten)]
    token: TokenOptions,

    /// Take the end of the token away
    #[arg(long, conflicts_with_all = ["expires_in", "expires_at"], help_heading = "What the token is for")]
    never_expires: bool,
}

impl ChangeOptions {
    /// Whether nothing shall be different.
    const fn is_empty(&self) -> bool {
        self.token.is_empty() && self.session_type.is_none() && !self.never_expires
    }

    /// Refuses what can not be meant.
    pub(super) fn refuse_mistakes(&self) -> Result<(), Failure> {
        traps::refuse_mistakes(self.token.privileges())
    }

    /// What is asked. The account must have been asked something before, so that the server's clock is known.
    pub(super) fn asked(&self, account: &Account) -> Result<Asked, Failure> {
        let session_type = self.session_type.map(SessionType::from);
        let asked = self.token.asked(session_type, account.clock())?;
        Ok(if self.never_expires { asked.never_expiring() } else { asked })
    }
}

impl UpdateCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        if self.changes.is_empty() {
            return Err(Failure::usage("there is nothing to change")
                .with_hint("Say what: `kaltura token update --help` lists the options."));
        }
        self.changes.refuse_mistakes()?;
        let account = self.account.open(ui, settings)?;
        let id = AppTokenId::new(self.id.as_str());
        let (asked, before, token) = account.run(ui, self.change(&account, &id))?;
        let mut warnings = traps::of_wishes(&asked);
        warnings.extend(of_running_sessions(&asked, &before, &token));
        warnings.extend(stored::differences(&asked, &token));
        warnings.extend(stored::defects(&token));
        tell_of(ui, &token, "Changed", ValuePlace::Nowhere, &account, &warnings, ui.wants_json())
    }

    async fn change(
        &self,
        account: &Account,
        id: &AppTokenId,
    ) -> Result<(Asked, AppToken, AppToken), Failure> {
        let tokens = account.tokens();
        let before = tokens.get(id).await.map_err(|error| account.failure(error))?;
        let asked = self.changes.asked(account)?;
        let token = tokens.update(id, asked.draft()).await.map_err(|error| account.failure(error))?;
        Ok((asked, before, token))
    }
}

/// What a change does not do, or does at once.
fn of_running_sessions(asked: &Asked, before: &AppToken, after: &AppToken) -> Vec<String> {
    let mut warnings = Vec::new();
    let is_of_sessions = asked.user.is_some()
        || asked.session_type.is_some()
        || asked.privileges.is_some()
        || asked.session_duration.is_some();
    let ends_sooner = matches!(asked.expiry, Expiry::At(_))
        && after.expiry.is_some_and(|after| before.expiry.is_none_or(|before| after < before));
    if is_of_sessions || ends_sooner {
        warnings.push(
            "sessions that were started before keep what they have until they end: only \
             `kaltura token delete` ends them"
                .to_owned(),
        );
    }
    if before.hash_type != after.hash_type {
        let after = after.hash_type.as_ref().map_or_else(|| "SHA1".to_owned(), ToString::to_string);
        warnings.push(format!("whoever logs in with the token has to use {after} from now on"));
    }
    warnings
}
