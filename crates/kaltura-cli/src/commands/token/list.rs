//! `kaltura token list`: lists the app tokens of an account.

use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::TryStreamExt as _;
use kaltura_types::{AppToken, AppTokenFilter, AppTokenId, AppTokenStatus, SessionType, UnixTime};

use super::account::AccountOptions;
use super::shown::{ShownToken, State};
use super::table::table;
use crate::commands::call::{TableWish, print_table};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  All of them:
    kaltura token list

  Those that still work, and stop within 30 days:
    kaltura token list --state active --expires-within 30d

  What each may do, and until when:
    kaltura token list --columns id,sessionPrivileges,expiry

  The ids of all that can start ADMIN sessions, for another program:
    kaltura token list --type admin --jq '.[].id'

Deleted tokens are never listed. A token is expired by the server's clock. Values are not
listed: `kaltura token get` has them. The oldest token comes first.

With --json the answer is a list, each member with id, partnerId, state, description, hashType,
sessionType, sessionUserId, sessionDuration, sessionPrivileges, expiry, expiresIn, createdAt
and updatedAt; what is open is null. `kaltura --help` lists the exit codes.";

/// List the app tokens of the account
///
/// All pages of the list are asked for.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct ListCommand {
    /// Only these, such as 0_7jh3eu10
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    /// Only those in this state
    #[arg(long, value_name = "STATE", ignore_case = true, help_heading = "Which")]
    state: Option<WantedState>,

    /// Only those that fix this user of their sessions
    #[arg(long, value_name = "ID", help_heading = "Which")]
    user: Option<String>,

    /// Only those that fix this type of their sessions; `any` for those that leave it open
    #[arg(long = "type", value_name = "TYPE", ignore_case = true, help_heading = "Which")]
    session_type: Option<WantedType>,

    /// Only those that are over, or will be within this time, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = crate::time::parse_duration, help_heading = "Which")]
    expires_within: Option<Duration>,

    /// List these columns, such as id,description,createdAt: names of the answer with --json
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["json", "jq"])]
    columns: Option<Vec<String>>,

    #[command(flatten)]
    account: AccountOptions,
}

/// The states that a token of a list may have.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum WantedState {
    Active,
    Expired,
    Disabled,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WantedType {
    User,
    Admin,
    Any,
}

impl ListCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let width = ui.width();
        let columns = self.columns.as_deref();
        let columns = columns.map(|names| TableWish::with_columns(names, width)).transpose()?;
        let account = self.account.open(ui, settings)?;
        let listed = account.tokens().list(self.filter());
        let mut tokens: Vec<AppToken> =
            account.run(ui, async { listed.try_collect().await.map_err(|error| account.failure(error)) })?;
        let now = account.clock().now();
        tokens.retain(|token| self.is_wanted(token, now));
        let shown = || tokens.iter().map(|token| ShownToken::new(token, now));
        if ui.wants_json() {
            return ui.print_json(&shown().collect::<Vec<_>>());
        }
        if tokens.is_empty() {
            ui.note("there is no such app token");
            return Ok(());
        }
        match columns {
            Some(wish) => {
                let tokens = shown().map(|token| serde_json::to_value(token).unwrap_or_default());
                print_table(ui, &tokens.collect::<Vec<_>>(), &wish)
            }
            None => ui.print(&table(&tokens, now, width)),
        }
    }

    /// What the server can look at.
    fn filter(&self) -> AppTokenFilter {
        let mut filter = AppTokenFilter::new();
        if !self.ids.is_empty() {
            let ids: Vec<AppTokenId> = self.ids.iter().map(|id| AppTokenId::new(id.as_str())).collect();
            filter = filter.ids(&ids);
        }
        if let Some(user) = &self.user {
            filter = filter.session_user_id(user.as_str());
        }
        match self.state {
            Some(WantedState::Active | WantedState::Expired) => filter.status(AppTokenStatus::Active),
            Some(WantedState::Disabled) => filter.status(AppTokenStatus::Disabled),
            None => filter,
        }
    }

    /// The rest: the server has no filter for the end of a token and for the type of its sessions.
    fn is_wanted(&self, token: &AppToken, now: UnixTime) -> bool {
        let has_type = |wanted| {
            let session_type = token.session_type.as_ref();
            match wanted {
                WantedType::Any => session_type.is_none(),
                WantedType::User => session_type == Some(&SessionType::User.into()),
                WantedType::Admin => session_type == Some(&SessionType::Admin.into()),
            }
        };
        let has_state = |wanted| match wanted {
            WantedState::Active => State::of(token, now) == State::Active,
            WantedState::Expired => State::of(token, now) == State::Expired,
            WantedState::Disabled => State::of(token, now) == State::Disabled,
        };
        let ends_within = |limit: Duration| {
            let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
            token.expiry.is_some_and(|expiry| expiry <= now.plus_seconds(limit))
        };
        self.session_type.is_none_or(has_type)
            && self.state.is_none_or(has_state)
            && self.expires_within.is_none_or(ends_within)
    }
}
