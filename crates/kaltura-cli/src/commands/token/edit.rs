//! `kaltura token add`, `get`, `update` and `delete`.

use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kaltura_types::{
    AppToken, AppTokenDraft, AppTokenId, HashType, Lifetime, PrivilegeWarning, Privileges, SessionType,
    UnixTime,
};
use serde_json::json;

use super::output::{note, print, texts};
use super::value::{ValueOptions, ValuePlace};
use super::{Account, AccountOptions, may_be_done};
use crate::args::values;
use crate::args::{TypeWish, parse_privileges};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::style::GOOD;
use crate::output::{Ui, one_line};
use crate::redaction::not_a_secret;
use crate::signals::run_until_stopped;
use crate::{prompt, time};

/// The properties of an app token. The environment and the profile describe the token that logs in, not this one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Properties of the token")]
pub(super) struct TokenOptions {
    /// The fixed user of its sessions; the server creates the user if it does not exist
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new().try_map(|id| not_a_secret(&id)))]
    user: Option<String>,

    /// What its sessions may do, e.g. sview:*,list:*
    #[arg(long, value_name = "PRIVILEGES", value_parser = parse_privileges)]
    privileges: Option<Privileges>,

    /// The maximum duration of its sessions, e.g. 15m, 1h or 1d
    #[arg(long, value_name = "DURATION")]
    session_duration: Option<Lifetime>,

    /// How long the token starts sessions, e.g. 12h or 90d, by the server's clock
    #[arg(long, value_name = "DURATION", value_parser = time::parse_limit)]
    expires_in: Option<Duration>,

    /// When the token expires, e.g. 2027-06-30, 2027-06-30T12:00:00Z or a Unix time
    #[arg(long, value_name = "TIME", value_parser = time::parse_time, conflicts_with = "expires_in")]
    expires_at: Option<UnixTime>,

    /// How a login hashes the token: MD5, SHA1, SHA256 or SHA512
    #[arg(long, value_name = "TYPE", add = values::hash_types())]
    hash_type: Option<HashType>,

    /// A description for people
    #[arg(long, value_name = "TEXT", value_parser = not_a_secret)]
    description: Option<String>,
}

impl TokenOptions {
    /// Rejects what can only be a mistake.
    pub(super) fn refuse_mistakes(&self) -> Result<(), Failure> {
        let warnings = self.privileges.as_ref().map(Privileges::warnings).unwrap_or_default();
        match warnings.into_iter().find(PrivilegeWarning::is_mistake) {
            Some(mistake) => {
                Err(Failure::usage(mistake.to_string()).with_hint("Correct it, or leave it out."))
            }
            None => Ok(()),
        }
    }

    pub(super) const fn sets_expiry(&self) -> bool {
        self.expires_in.is_some() || self.expires_at.is_some()
    }

    const fn is_empty(&self) -> bool {
        let Self { user, privileges, session_duration, hash_type, description, .. } = self;
        user.is_none()
            && privileges.is_none()
            && session_duration.is_none()
            && hash_type.is_none()
            && description.is_none()
            && !self.sets_expiry()
    }

    /// What is sent. The server's clock must be known if an expiry is set.
    fn draft(&self, account: &Account) -> Result<AppTokenDraft, Failure> {
        let Self { user, privileges, session_duration, hash_type, description, .. } = self;
        let draft = with(AppTokenDraft::new(), user.as_deref(), AppTokenDraft::session_user_id);
        let draft = with(draft, privileges.as_ref(), AppTokenDraft::session_privileges);
        let draft = with(draft, *session_duration, AppTokenDraft::session_duration);
        let draft = with(draft, self.expiry(account.clock.now())?, AppTokenDraft::expiry);
        let draft = with(draft, *hash_type, AppTokenDraft::hash_type);
        Ok(with(draft, description.as_deref(), AppTokenDraft::description))
    }

    fn expiry(&self, now: UnixTime) -> Result<Option<UnixTime>, Failure> {
        let after =
            |duration: Duration| now.plus_seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX));
        let Some(expiry) = self.expires_in.map(after).or(self.expires_at) else { return Ok(None) };
        if expiry <= now {
            let message = format!("--expires-at is in the past: {}", time::show_time(expiry));
            return Err(Failure::usage(message).with_hint(
                "Such a token would start no session. Set a time in the future, or none for a token that never expires.",
            ));
        }
        if Timestamp::from_second(expiry.as_seconds()).is_err() {
            return Err(Failure::usage("the expiry is after the year 9999")
                .with_hint("For a token that never expires, omit --expires-in and --expires-at."));
        }
        Ok(Some(expiry))
    }
}

/// The draft with a property, if that is given.
fn with<T>(
    draft: AppTokenDraft,
    given: Option<T>,
    set: impl FnOnce(AppTokenDraft, T) -> AppTokenDraft,
) -> AppTokenDraft {
    match given {
        Some(value) => set(draft, value),
        None => draft,
    }
}

const ADD_EXAMPLES: &str = "\
Examples:
  For a nightly import, for 90 days, with the admin secret in KALTURA_ADMIN_SECRET and the
  account in KALTURA_PARTNER_ID; the value goes to a file that only you can read:
    kaltura token add --user nightly-import --privileges list:*,sview:* \\
        --session-duration 1h --expires-in 90d --description 'nightly import' \\
        --value-file token.txt

  Log in with it:
    kaltura login --app-token-id 0_7jh3eu10 --hash-type SHA256 --app-token-file token.txt

Defaults:
  --type              USER. With `any` each login chooses, ADMIN too
  --user              each login chooses the user
  --privileges        none
  --session-duration  the maximum of the account, usually a day. In an account without a
                      maximum it is 0: its sessions expire at once
  --expires-in        the token never expires
  --hash-type         SHA256

A login can narrow a privilege of the token that has *, e.g. sview:* to sview:0_a1b2c3d4. It
cannot add any of the privileges that the server knows.

Without --show-value, --value-file and --save-profile the value stays on the server;
`kaltura token get ID --value-file FILE` gets it later.

With --json the answer has id, partnerId, state, description, hashType, sessionType,
sessionUserId, sessionDuration, sessionPrivileges, expiry, expiresIn, createdAt, updatedAt,
serviceUrl and warnings; and if requested token (the value), valueFile or profile. What is not
set is null. `kaltura --help` lists the exit codes.";

/// Create an app token
///
/// The environment and the profile say which account it is for. Obvious mistakes are rejected before anything is
/// created; other surprising effects are reported on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = ADD_EXAMPLES)]
pub(super) struct AddCommand {
    /// The type of its sessions
    #[arg(
        long = "type",
        value_name = "TYPE",
        ignore_case = true,
        default_value = "user",
        help_heading = "Properties of the token"
    )]
    session_type: TypeChoice,

    #[command(flatten)]
    token: TokenOptions,

    #[command(flatten)]
    value: ValueOptions,

    #[command(flatten)]
    account: AccountOptions,
}

/// The fixed session type of a token.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TypeChoice {
    User,
    Admin,
    /// Each login chooses
    Any,
}

impl TypeChoice {
    pub(super) const fn fixed(self) -> Option<SessionType> {
        match self {
            Self::User => Some(SessionType::User),
            Self::Admin => Some(SessionType::Admin),
            Self::Any => None,
        }
    }
}

/// What to do when it is unknown whether a token was created.
const LOOK: &str = "The token may have been created: `kaltura token list` shows it last.";

impl AddCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.token.refuse_mistakes()?;
        let account = self.account.open(ui, settings)?;
        let place = self.value.place(ui, None, &account.service_url, &settings.environment)?;
        let created = run_until_stopped(ui, self.create(&account));
        let (draft, token) = created.map_err(|failure| hint_if_stopped(failure, LOOK))?;
        let warnings = [draft.new_token_warnings(), draft.differences(&token), token.warnings()].concat();
        print(ui, &token, "Created app token", place, &account, &texts(warnings))
    }

    async fn create(&self, account: &Account) -> Result<(AppTokenDraft, AppToken), Failure> {
        if self.token.sets_expiry() {
            account.verify_session().await?;
        }
        let draft = self.token.draft(account)?.hash_type_if_unset(HashType::Sha256);
        let draft = with(draft, self.session_type.fixed(), AppTokenDraft::session_type);
        let created = account.tokens().add(draft.clone()).await.map_err(|error| {
            let may_be_done = may_be_done(&error);
            let failure = account.failure(error);
            if may_be_done { failure.with_hint(LOOK) } else { failure }
        });
        Ok((draft, created?))
    }
}

/// Adds what may have happened to a command that was interrupted.
pub(super) fn hint_if_stopped(failure: Failure, hint: &str) -> Failure {
    match failure.exit_code() {
        ExitCode::Interrupted | ExitCode::Terminated => failure.with_hint(hint),
        _ => failure,
    }
}

const GET_EXAMPLES: &str = "\
Examples:
  kaltura token get 0_7jh3eu10
  kaltura token get 0_7jh3eu10 --value-file token.txt

An app token is also shown if it is disabled or has expired; a deleted one is not found. Its
state is what a login would meet: active, expired (by the server's clock) or disabled.

With --json the answer is that of `kaltura token add`.
`kaltura --help` lists the exit codes.";

/// Show an app token
///
/// Its value is shown only with --show-value, or written to a file with --value-file.
#[derive(Debug, Args)]
#[command(after_long_help = GET_EXAMPLES)]
pub(super) struct GetCommand {
    /// The token's id, e.g. 0_7jh3eu10
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
        let place = self.value.place(ui, None, &account.service_url, &settings.environment)?;
        let token = run_until_stopped(ui, account.get(&AppTokenId::new(self.id)))?;
        print(ui, &token, "App token", place, &account, &texts(token.warnings()))
    }
}

const UPDATE_EXAMPLES: &str = "\
Examples:
  Another 90 days from now:
    kaltura token update 0_7jh3eu10 --expires-in 90d

  Shorter sessions, and a description:
    kaltura token update 0_7jh3eu10 --session-duration 15m --description 'nightly import'

Other properties stay as they are. Sessions that were started before are not changed;
`kaltura token delete` ends them. The status cannot be changed: no action of the API disables
or enables a token.

With --json the answer is that of `kaltura token add`.
`kaltura --help` lists the exit codes.";

/// Change an app token
///
/// Obvious mistakes are rejected before anything is changed; other surprising effects are reported on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = UPDATE_EXAMPLES)]
pub(super) struct UpdateCommand {
    /// The token's id, e.g. 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    #[command(flatten)]
    changes: ChangeOptions,

    #[command(flatten)]
    account: AccountOptions,
}

/// The properties to change.
#[derive(Debug, Args)]
pub(super) struct ChangeOptions {
    /// The type of its sessions
    #[arg(long = "type", value_name = "TYPE", ignore_case = true, help_heading = "Properties of the token")]
    session_type: Option<TypeWish>,

    #[command(flatten)]
    pub(super) token: TokenOptions,

    /// Remove the expiry
    #[arg(long, conflicts_with_all = ["expires_in", "expires_at"], help_heading = "Properties of the token")]
    pub(super) never_expires: bool,
}

impl ChangeOptions {
    /// What is sent. The account must have sent a request before, so that the server's clock is known.
    pub(super) fn draft(&self, account: &Account) -> Result<AppTokenDraft, Failure> {
        let session_type = self.session_type.map(SessionType::from);
        let draft = with(self.token.draft(account)?, session_type, AppTokenDraft::session_type);
        Ok(if self.never_expires { draft.never_expires() } else { draft })
    }
}

impl UpdateCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let ChangeOptions { session_type, token, never_expires } = &self.changes;
        if token.is_empty() && session_type.is_none() && !never_expires {
            return Err(Failure::usage("nothing to change")
                .with_hint("Pass what to change: `kaltura token update --help` lists the options."));
        }
        token.refuse_mistakes()?;
        let account = self.account.open(ui, settings)?;
        let id = AppTokenId::new(self.id.as_str());
        let (draft, before, after) = run_until_stopped(ui, async {
            let before = account.get(&id).await?;
            let draft = self.changes.draft(&account)?;
            let after = account.tokens().update(&id, draft.clone()).await;
            Ok((draft, before, after.map_err(|error| account.failure(error))?))
        })?;
        let warnings =
            [draft.update_warnings(&before, &after), draft.differences(&after), after.warnings()].concat();
        print(ui, &after, "Updated app token", ValuePlace::Nowhere, &account, &texts(warnings))
    }
}

const DELETE_EXAMPLES: &str = "\
Examples:
  kaltura token delete 0_7jh3eu10
  kaltura token delete 0_7jh3eu10 --yes

All sessions of the token end at once: they are refused with INVALID_KS. This cannot be undone.
Only a session whose login had the token's id in another case (0_7JH3EU10) stays valid. The
token's cached sessions on this machine are removed.

Any answer other than yes deletes nothing, and exits with 130, as Ctrl-C does.

With --json the answer has id, deleted, forgottenSessions (how many), warnings and serviceUrl.
`kaltura --help` lists the exit codes.";

/// Delete an app token, and end all its sessions
///
/// Asks for confirmation at a terminal; elsewhere --yes is required.
#[derive(Debug, Args)]
#[command(after_long_help = DELETE_EXAMPLES)]
pub(super) struct DeleteCommand {
    /// The token's id, e.g. 0_7jh3eu10
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,

    #[command(flatten)]
    account: AccountOptions,
}

impl DeleteCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        if !self.yes && !ui.is_interactive() {
            return Err(Failure::usage("cannot ask for confirmation: not a terminal")
                .with_hint("Use --yes to confirm. All its sessions end; this cannot be undone."));
        }
        let account = self.account.open(ui, settings)?;
        let id = AppTokenId::new(self.id);
        let profiles = account.profiles_with(&id, &settings.environment);
        run_until_stopped(ui, async {
            if !self.yes {
                confirm(ui, &account, &id, &profiles).await?;
            }
            account.delete(&id).await
        })?;
        let sessions = account.forget_sessions(ui, &id, &settings.environment);
        let mut warnings: Vec<String> = profiles.iter().map(|profile| still_used(profile, &id)).collect();
        warnings.extend(sessions.note());
        note(ui, &warnings);
        if ui.wants_json() {
            return ui.print_json(&json!({
                "id": id,
                "deleted": true,
                "forgottenSessions": sessions.count,
                "warnings": warnings,
                "serviceUrl": account.service_url.as_str(),
            }));
        }
        let removed = sessions.sessions().map(|it| format!(", and removed {it} from the cache"));
        let (id, url, removed) = (one_line(id.as_str()), &account.service_url, removed.unwrap_or_default());
        ui.print(&format!("{GOOD}Deleted app token{GOOD:#} {id} at {url}{removed}\n"))
    }
}

/// A profile cannot log in any more.
pub(super) fn still_used(profile: &str, id: &AppTokenId) -> String {
    format!(
        "profile {profile} uses the deleted app token {id}: update it, or remove it with `kaltura profile remove`"
    )
}

/// Shows the token, and asks.
async fn confirm(ui: &Ui, account: &Account, id: &AppTokenId, profiles: &[String]) -> Result<(), Failure> {
    let token = account.get(id).await?;
    let description = token.description.as_deref().filter(|text| !text.is_empty());
    let description = description.map(|text| format!(" ({text})")).unwrap_or_default();
    let used = match profiles {
        [] => String::new(),
        [profile] => format!(" Profile {profile} uses it."),
        several => format!(" Profiles {} use it.", several.join(", ")),
    };
    let question = format!("Delete app token {id}{description}, and end all its sessions?{used}");
    if prompt::confirm(ui, one_line(&question).into_owned()).await? {
        Ok(())
    } else {
        Err(Failure::new(ExitCode::Interrupted, "nothing was deleted"))
    }
}
