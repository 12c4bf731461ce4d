//! `kaltura token get`: shows an app token.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_types::AppTokenId;

use super::account::AccountOptions;
use super::answer::tell_of;
use super::stored;
use super::value::ValueOptions;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  kaltura token get 0_7jh3eu10
  kaltura token get 0_7jh3eu10 --value-file token.txt

An app token is shown when it is disabled or expired too; a deleted one is not found. Its state
is what a login would meet: active, expired (by the server's clock), disabled or deleted.

With --json the answer is that of `kaltura token add`.
`kaltura --help` lists the exit codes.";

/// Show an app token
///
/// Its value is shown with --show-value only, or written to a file with --value-file.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct GetCommand {
    /// The token's id, such as 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    #[command(flatten)]
    value: ValueOptions,

    #[command(flatten)]
    account: AccountOptions,
}

impl GetCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let account = self.account.open(ui, settings)?;
        let place = self.value.place(ui, None, account.service_url(), settings.environment())?;
        let id = AppTokenId::new(self.id);
        let token = account
            .run(ui, async { account.tokens().get(&id).await.map_err(|error| account.failure(error)) })?;
        let warnings = stored::defects(&token);
        tell_of(ui, &token, "Found", place, &account, &warnings, ui.wants_json())
    }
}
