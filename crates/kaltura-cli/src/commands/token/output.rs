//! App tokens as they are printed, and `kaltura token list`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::TryStreamExt as _;
use kaltura_types::{
    AppToken, AppTokenFilter, AppTokenId, AppTokenStatus, AppTokenWarning, Seconds, UnixTime, UserId,
};
use serde_json::{Value, json};

use super::edit::TypeChoice;
use super::value::{StoredValue, ValuePlace};
use super::{Account, AccountOptions};
use crate::commands::call::{TableOptions, print_table};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::style::{GOOD, fields};
use crate::output::{self, TABLE_GAP, Ui, one_line};
use crate::signals::run_until_stopped;
use crate::time;

const EXAMPLES: &str = "\
Examples:
  All of them:
    kaltura token list

  Those that work, and expire within 30 days:
    kaltura token list --state active --expires-within 30d

  What each may do, and until when:
    kaltura token list --columns id,sessionPrivileges,expiry

  The ids of all that can start ADMIN sessions, for another program:
    kaltura token list --type admin --jq '.[].id'

Deleted tokens are never listed. Expiry is judged by the server's clock. Values are not listed:
`kaltura token get` shows them. The oldest token comes first.

With --json the answer is a list, each member with id, partnerId, state, description, hashType,
sessionType, sessionUserId, sessionDuration, sessionPrivileges, expiry, expiresIn, createdAt
and updatedAt; what is not set is null. `kaltura --help` lists the exit codes.";

/// List the app tokens of the account
///
/// All pages of the list are requested.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct ListCommand {
    /// Only these, e.g. 0_7jh3eu10
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    /// Only those in this state
    #[arg(long, value_name = "STATE", ignore_case = true, help_heading = "Filter")]
    state: Option<StateFilter>,

    /// Only those with this fixed session user
    #[arg(long, value_name = "ID", help_heading = "Filter")]
    user: Option<String>,

    /// Only those with this fixed session type; `any` for those without
    #[arg(long = "type", value_name = "TYPE", ignore_case = true, help_heading = "Filter")]
    session_type: Option<TypeChoice>,

    /// Only those that have expired, or will within this time, e.g. 30d
    #[arg(long, value_name = "DURATION", value_parser = time::parse_duration, help_heading = "Filter")]
    expires_within: Option<Duration>,

    /// List these columns, e.g. id,description,createdAt: names as in the JSON answer
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["json", "jq"])]
    columns: Option<Vec<String>>,

    #[command(flatten)]
    account: AccountOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum StateFilter {
    Active,
    Expired,
    Disabled,
}

impl ListCommand {
    pub(super) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let columns = self.columns.as_deref();
        let columns = columns.map(|names| TableOptions::with_columns(names, ui.width)).transpose()?;
        let account = self.account.open(ui, settings)?;
        let listed = account.tokens().list(self.filter());
        let mut tokens: Vec<AppToken> = run_until_stopped(ui, async {
            listed.try_collect().await.map_err(|error| account.failure(error))
        })?;
        let now = account.clock.now();
        tokens.retain(|token| self.matches(token, now));
        let shown: Vec<ShownToken<'_>> = tokens.iter().map(|token| ShownToken { token, now }).collect();
        let documents = || shown.iter().map(ShownToken::document).collect::<Vec<Value>>();
        if ui.wants_json() {
            return ui.print_json(&documents());
        }
        if shown.is_empty() {
            ui.note("no app tokens found");
            return Ok(());
        }
        match columns {
            Some(wish) => print_table(ui, &documents(), &wish),
            None => {
                let (text, dropped) = table(&shown, ui.width);
                if !dropped.is_empty() {
                    ui.note(&format!("columns not shown for lack of width: {}", dropped.join(", ")));
                }
                ui.print(&text)
            }
        }
    }

    /// What the server can filter by.
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
            Some(StateFilter::Disabled) => filter.status(AppTokenStatus::Disabled),
            Some(_) => filter.status(AppTokenStatus::Active),
            None => filter,
        }
    }

    /// The rest: the server has no filter for the expiry and for the session type.
    fn matches(&self, token: &AppToken, now: UnixTime) -> bool {
        let has_type = |wanted: TypeChoice| token.session_type == wanted.fixed().map(Into::into);
        let has_state = |wanted| {
            wanted == StateFilter::Disabled
                || (state(token, now) == "expired") == (wanted == StateFilter::Expired)
        };
        let expires_within = |limit: Duration| {
            let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
            token.expiry.is_some_and(|expiry| expiry <= now.plus_seconds(limit))
        };
        self.session_type.is_none_or(has_type)
            && self.state.is_none_or(has_state)
            && self.expires_within.is_none_or(expires_within)
    }
}

/// The state that a login would meet.
pub(super) fn state(token: &AppToken, now: UnixTime) -> String {
    match token.status.known() {
        Some(AppTokenStatus::Active) if token.expiry.is_some_and(|expiry| expiry <= now) => {
            "expired".to_owned()
        }
        Some(status) => status.to_string().to_lowercase(),
        None => format!("status {}", token.status),
    }
}

const COLUMNS: [&str; 7] = ["ID", "STATE", "TYPE", "USER", "SESSIONS", "EXPIRES", "DESCRIPTION"];
/// The places of the columns that are left out where there is no room, the first ones first. The id always stays.
const DISPENSABLE: [usize; 6] = [4, 2, 3, DESCRIPTION, 1, 5];
const DESCRIPTION: usize = 6;
/// The least room for descriptions.
const MIN_DESCRIPTION: usize = 12;

/// A row for each token, and the columns that were left out. Descriptions are cut where the table would be wider than
/// `width`, ids never.
fn table(tokens: &[ShownToken<'_>], width: Option<usize>) -> (String, Vec<String>) {
    let rows: Vec<[String; 7]> = tokens.iter().map(ShownToken::row).collect();
    let needed = |place: usize| {
        let widest = rows.iter().map(|row| output::columns(&row[place])).max().unwrap_or(0);
        let shown = if place == DESCRIPTION { widest.min(MIN_DESCRIPTION) } else { widest };
        shown.max(COLUMNS[place].len()) + TABLE_GAP
    };
    let (mut kept, mut left_out): (Vec<usize>, Vec<usize>) = ((0..COLUMNS.len()).collect(), Vec::new());
    for least in DISPENSABLE {
        let total: usize = kept.iter().map(|place| needed(*place)).sum();
        if width.is_none_or(|width| total <= width + TABLE_GAP) {
            break;
        }
        kept.retain(|place| *place != least);
        left_out.push(least);
    }
    left_out.sort_unstable();
    let of = |row: &[String; 7]| kept.iter().map(|place| row[*place].clone()).collect::<Vec<_>>();
    let shown: Vec<Vec<String>> = rows.iter().map(of).collect();
    let is_description = |column: usize| kept[column] == DESCRIPTION;
    let text = output::table_cut_in(&of(&COLUMNS.map(str::to_owned)), &shown, width, is_description);
    (text, left_out.into_iter().map(|place| COLUMNS[place].to_lowercase()).collect())
}

/// A token at a time of the server's clock. Its value is not shown.
struct ShownToken<'a> {
    token: &'a AppToken,
    now: UnixTime,
}

impl ShownToken<'_> {
    /// Its properties, for programs.
    fn document(&self) -> Value {
        let Self { token, now } = self;
        json!({
            "id": token.id,
            "partnerId": token.partner_id,
            "state": state(token, *now),
            "description": self.description(),
            "hashType": token.hash_type.as_ref().map(ToString::to_string),
            // Nothing if a login may choose.
            "sessionType": token.session_type.as_ref().map(ToString::to_string),
            "sessionUserId": self.user(),
            // In seconds.
            "sessionDuration": token.session_duration.map(Seconds::get),
            "sessionPrivileges": token.session_privileges.as_ref().map(ToString::to_string),
            "expiry": token.expiry,
            // In seconds, by the server's clock; 0 if it has expired.
            "expiresIn": token.expiry.map(|expiry| expiry.seconds_since(*now).max(0)),
            "createdAt": token.created_at,
            "updatedAt": token.updated_at,
        })
    }

    fn description(&self) -> Option<&str> {
        self.token.description.as_deref().filter(|text| !text.is_empty())
    }

    fn user(&self) -> Option<&str> {
        self.token.session_user_id.as_ref().map(UserId::as_str).filter(|user| !user.is_empty())
    }

    /// The session type, or what stands for any.
    fn session_type(&self, any: &str) -> String {
        self.token.session_type.as_ref().map_or_else(|| any.to_owned(), ToString::to_string)
    }

    fn duration(&self) -> String {
        match self.token.session_duration.map(|duration| u64::try_from(duration.get())) {
            Some(Ok(seconds)) if seconds > 0 => time::show_duration(seconds),
            _ => "0 s".to_owned(),
        }
    }

    /// When it expires, with the time that is left.
    fn expires(&self, when: fn(UnixTime) -> String, in_words: fn(u64) -> String) -> String {
        let Some(expiry) = self.token.expiry else { return "never".to_owned() };
        let seconds = expiry.seconds_since(self.now);
        let left = in_words(seconds.unsigned_abs());
        let left = if seconds > 0 { format!("in {left}") } else { format!("{left} ago") };
        format!("{}, {left}", when(expiry))
    }

    fn row(&self) -> [String; 7] {
        [
            self.token.id.as_str().to_owned(),
            state(self.token, self.now),
            self.session_type("any"),
            self.user().unwrap_or("any").to_owned(),
            self.duration(),
            self.expires(time::show_day, time::show_duration_roughly),
            self.description().unwrap_or_default().to_owned(),
        ]
    }

    fn lines(&self) -> String {
        let when = |time: Option<UnixTime>| time.map_or_else(|| "unknown".to_owned(), time::show_time);
        let AppToken { partner_id, hash_type, session_privileges, created_at, updated_at, .. } = self.token;
        let privileges = session_privileges.as_ref().map(ToString::to_string).filter(|text| !text.is_empty());
        let hash_type = hash_type.as_ref().map_or_else(|| "SHA1".to_owned(), ToString::to_string);
        let lines = [
            ("partner", partner_id.to_string()),
            ("state", state(self.token, self.now)),
            ("description", self.description().unwrap_or("none").to_owned()),
            ("hash type", hash_type),
            ("type", self.session_type("any (caller may request ADMIN)")),
            ("user", self.user().unwrap_or("any").to_owned()),
            ("session duration", self.duration()),
            ("privileges", privileges.unwrap_or_else(|| "none".to_owned())),
            ("expires", self.expires(time::show_time, time::show_duration)),
            ("created", when(*created_at)),
            ("updated", when(*updated_at)),
        ];
        fields(18, lines)
    }
}

/// What a command answers about one token, with what became of its value.
pub(super) struct Answer<'a> {
    pub(super) token: &'a AppToken,
    pub(super) value: &'a StoredValue,
    pub(super) account: &'a Account,
    pub(super) warnings: &'a [String],
}

impl Answer<'_> {
    fn shown(&self) -> ShownToken<'_> {
        ShownToken { token: self.token, now: self.account.clock.now() }
    }

    pub(super) fn document(&self) -> Value {
        let mut document = self.shown().document();
        let StoredValue { shown, file, profile, .. } = self.value;
        if let Some(value) = shown {
            document["token"] = value.expose().into();
        }
        if let Some(path) = file {
            document["valueFile"] = path.display().to_string().into();
        }
        if let Some(name) = profile {
            document["profile"] = name.as_str().into();
        }
        document["serviceUrl"] = self.account.service_url.as_str().into();
        document["warnings"] = self.warnings.into();
        document
    }

    /// The text, with what was done before it, such as `Created app token`.
    pub(super) fn as_text(&self, done: &str) -> String {
        let id = one_line(self.token.id.as_str());
        let value = match self.value {
            StoredValue { shown: Some(value), .. } => value.expose().to_owned(),
            StoredValue { file: Some(path), .. } => format!("in {}", path.display()),
            StoredValue { profile: Some(name), .. } => format!("stored by profile {name}"),
            _ => format!("hidden (kaltura token get {id} --show-value)"),
        };
        let url = &self.account.service_url;
        let lines = self.shown().lines() + &fields(18, [("value", value)]);
        format!("{GOOD}{done}{GOOD:#} {id} at {url}\n{lines}")
    }
}

/// Stores the value of a token, and prints the token.
pub(super) fn print(
    ui: &Ui,
    token: &AppToken,
    done: &str,
    place: ValuePlace,
    account: &Account,
    warnings: &[String],
) -> Result<(), Failure> {
    note(ui, warnings);
    let value = place.store(token)?;
    note(ui, &value.notes);
    let warnings = [warnings, &value.notes].concat();
    let answer = Answer { token, value: &value, account, warnings: &warnings };
    if ui.wants_json() { ui.print_json(&answer.document()) } else { ui.print(&answer.as_text(done)) }
}

/// Writes warnings for people, beside the answer. Programs find them in it.
pub(super) fn note(ui: &Ui, warnings: &[String]) {
    if !ui.wants_json() {
        warnings.iter().for_each(|warning| ui.note(warning));
    }
}

/// The texts of warnings, with the options of this program.
pub(super) fn texts(warnings: Vec<AppTokenWarning>) -> Vec<String> {
    let text = |warning: AppTokenWarning| match warning {
        AppTokenWarning::AnyUser { .. } => format!("{warning}; use --user to restrict it"),
        AppTokenWarning::NeverExpires => format!("{warning}; use --expires-in 90d to set an expiry"),
        AppTokenWarning::SessionsExpireAtOnce => {
            format!("{warning}; set --session-duration with `kaltura token update`")
        }
        AppTokenWarning::RunningSessionsUnchanged => {
            format!("{warning}; `kaltura token delete` ends them")
        }
        other => other.to_string(),
    };
    warnings.into_iter().map(text).collect()
}
