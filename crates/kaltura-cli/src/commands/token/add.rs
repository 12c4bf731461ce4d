//! `kaltura token add`: makes an app token.

use clap::{Args, ValueEnum};
use kaltura_client::Error;
use kaltura_types::{AppToken, HashType, SessionType};

use super::account::{Account, AccountOptions};
use super::answer::tell_of;
use super::hint::may_be_done;
use super::settings::{Asked, TokenOptions};
use super::value::ValueOptions;
use super::{stored, traps};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  For a nightly import, for 90 days, with the admin secret in KALTURA_ADMIN_SECRET and the
  account in KALTURA_PARTNER_ID; the value goes into a file that only you can read:
    kaltura token add --user nightly-import --privileges list:*,sview:* \\
        --session-duration 1h --expires-in 90d --description 'nightly import' \\
        --value-file token.txt

  Log in with it:
    kaltura login --app-token-id 0_7jh3eu10 --hash-type SHA256 --app-token-file token.txt

What is not said:
  --type              USER. With `any` whoever logs in chooses, ADMIN too
  --user              whoever logs in says whose session it is
  --privileges        the sessions have none of their own
  --session-duration  the longest that the account allows, a day in most of them. An account
                      without such a limit gives 0: sessions that are over on arrival
  --expires-in        the token never expires
  --hash-type         SHA256

A login can narrow a privilege of the token that has *, such as sview:* to sview:0_a1b2c3d4. Of
the privileges that the server knows it can add none.

Without --show-value, --value-file and --save-profile the value stays on the server, and
`kaltura token get ID --value-file FILE` has it later.

With --json the answer has id, partnerId, state, description, hashType, sessionType,
sessionUserId, sessionDuration, sessionPrivileges, expiry, expiresIn, createdAt, updatedAt,
serviceUrl and warnings; and where that was asked for token (the value), valueFile or profile.
What is open is null.
`kaltura --help` lists the exit codes.";

/// Make an app token
///
/// The environment and the profile say which account it is for, and not what the token is like: they describe
/// the token that logs in. What can only be a mistake is refused before anything is made; what the server makes
/// of the rest that you may not expect is noted on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct AddCommand {
    /// What kind of sessions the token starts
    #[arg(
        long = "type",
        value_name = "TYPE",
        ignore_case = true,
        default_value = "user",
        help_heading = "What the token is for"
    )]
    session_type: NewType,

    #[command(flatten)]
    token: TokenOptions,

    #[command(flatten)]
    value: ValueOptions,

    #[command(flatten)]
    account: AccountOptions,
}

/// The type of the sessions of a new token.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum NewType {
    User,
    Admin,
    /// Whoever logs in chooses
    Any,
}

impl AddCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        traps::refuse_mistakes(self.token.privileges())?;
        let account = self.account.open(ui, settings)?;
        let place = self.value.place(ui, None, account.service_url(), settings.environment())?;
        let (asked, token) =
            account.run(ui, self.make(&account)).map_err(|failure| match failure.exit_code() {
                ExitCode::Interrupted | ExitCode::Terminated => failure.with_hint(LOOK),
                _ => failure,
            })?;
        let mut warnings = traps::of_a_new_token(&asked);
        warnings.extend(stored::differences(&asked, &token));
        warnings.extend(stored::defects(&token));
        tell_of(ui, &token, "Made", place, &account, &warnings, ui.wants_json())
    }

    async fn make(&self, account: &Account) -> Result<(Asked, AppToken), Failure> {
        if self.token.says_when_it_ends() {
            account.prove_session().await?;
        }
        let session_type = match self.session_type {
            NewType::User => Some(SessionType::User),
            NewType::Admin => Some(SessionType::Admin),
            NewType::Any => None,
        };
        let mut asked = self.token.asked(session_type, account.clock())?;
        asked.hash_type = asked.hash_type.or(Some(HashType::Sha256));
        let made = account.tokens().add(asked.draft()).await;
        let token = made.map_err(|error| not_made(account, error))?;
        Ok((asked, token))
    }
}

/// What is to be done when nobody knows whether a token was made.
const LOOK: &str = "The token may have been made: `kaltura token list` shows it as the last one.";

fn not_made(account: &Account, error: Error) -> Failure {
    let may_be_done = may_be_done(&error);
    let failure = account.failure(error);
    if may_be_done { failure.with_hint(LOOK) } else { failure }
}
