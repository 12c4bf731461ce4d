//! App tokens as they are printed, and `kaltura token list`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::TryStreamExt as _;
use kaltura_types::{
    AppToken, AppTokenFilter, AppTokenId, AppTokenStatus, AppTokenWarning, PartnerId, Seconds, UnixTime,
    UserId,
};
use serde::Serialize;

use super::edit::TypeChoice;
use super::value::{StoredValue, ValuePlace};
use super::{Account, AccountOptions};
use crate::commands::call::{TableOptions, print_table};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::{self, TABLE_GAP, Ui, one_line, style};
use crate::runtime::run_until_stopped;
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
        let shown: Vec<ShownToken<'_>> = tokens.iter().map(|token| ShownToken::new(token, now)).collect();
        if ui.wants_json() {
            return ui.print_json(&shown);
        }
        if shown.is_empty() {
            ui.note("no app tokens found");
            return Ok(());
        }
        match columns {
            Some(wish) => {
                let objects = shown.iter().map(|token| serde_json::to_value(token).unwrap_or_default());
                print_table(ui, &objects.collect::<Vec<_>>(), &wish)
            }
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

/// The properties of a token, without its value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownToken<'a> {
    id: &'a AppTokenId,
    partner_id: PartnerId,
    state: String,
    description: Option<&'a str>,
    hash_type: Option<String>,
    /// Nothing if a login may choose.
    session_type: Option<String>,
    session_user_id: Option<&'a UserId>,
    /// In seconds.
    session_duration: Option<i64>,
    session_privileges: Option<String>,
    expiry: Option<UnixTime>,
    /// In seconds, by the server's clock; 0 if it has expired.
    expires_in: Option<u64>,
    created_at: Option<UnixTime>,
    updated_at: Option<UnixTime>,
    #[serde(skip)]
    now: UnixTime,
}

impl<'a> ShownToken<'a> {
    /// A token at this time of the server's clock.
    fn new(token: &'a AppToken, now: UnixTime) -> Self {
        let left = |expiry: UnixTime| u64::try_from(expiry.seconds_since(now)).unwrap_or(0);
        Self {
            id: &token.id,
            partner_id: token.partner_id,
            state: state(token, now),
            description: token.description.as_deref().filter(|text| !text.is_empty()),
            hash_type: token.hash_type.as_ref().map(ToString::to_string),
            session_type: token.session_type.as_ref().map(ToString::to_string),
            session_user_id: token.session_user_id.as_ref().filter(|user| !user.as_str().is_empty()),
            session_duration: token.session_duration.map(Seconds::get),
            session_privileges: token.session_privileges.as_ref().map(ToString::to_string),
            expiry: token.expiry,
            expires_in: token.expiry.map(left),
            created_at: token.created_at,
            updated_at: token.updated_at,
            now,
        }
    }

    fn user(&self) -> &str {
        self.session_user_id.map_or("any", UserId::as_str)
    }

    fn duration(&self) -> String {
        match self.session_duration.map(u64::try_from) {
            Some(Ok(seconds)) if seconds > 0 => time::show_duration(seconds),
            _ => "0 s".to_owned(),
        }
    }

    /// When it expires, with the time that is left.
    fn expires(&self, when: fn(UnixTime) -> String, in_words: fn(u64) -> String) -> String {
        let Some(expiry) = self.expiry else { return "never".to_owned() };
        let seconds = expiry.seconds_since(self.now);
        let left = in_words(seconds.unsigned_abs());
        let left = if seconds > 0 { format!("in {left}") } else { format!("{left} ago") };
        format!("{}, {left}", when(expiry))
    }

    fn row(&self) -> [String; 7] {
        [
            self.id.as_str().to_owned(),
            self.state.clone(),
            self.session_type.clone().unwrap_or_else(|| "any".to_owned()),
            self.user().to_owned(),
            self.duration(),
            self.expires(time::show_day, time::show_duration_roughly),
            self.description.unwrap_or_default().to_owned(),
        ]
    }

    fn lines(&self) -> String {
        let when = |time: Option<UnixTime>| time.map_or_else(|| "unknown".to_owned(), time::show_time);
        let privileges = self.session_privileges.as_deref().filter(|text| !text.is_empty());
        [
            ("partner", self.partner_id.to_string()),
            ("state", self.state.clone()),
            ("description", self.description.unwrap_or("none").to_owned()),
            ("hash type", self.hash_type.clone().unwrap_or_else(|| "SHA1".to_owned())),
            (
                "type",
                self.session_type.clone().unwrap_or_else(|| "any (caller may request ADMIN)".to_owned()),
            ),
            ("user", self.user().to_owned()),
            ("session duration", self.duration()),
            ("privileges", privileges.unwrap_or("none").to_owned()),
            ("expires", self.expires(time::show_time, time::show_duration)),
            ("created", when(self.created_at)),
            ("updated", when(self.updated_at)),
        ]
        .iter()
        .map(|(label, value)| line(label, value))
        .collect()
    }
}

fn line(label: &str, value: &str) -> String {
    style::field(label, 18, value)
}

/// What a command answers about one token: the token, its value if that was requested, and warnings.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    #[serde(flatten)]
    token: ShownToken<'a>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "token")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_file: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    service_url: &'a str,
    warnings: &'a [String],
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        token: &'a AppToken,
        value: &'a StoredValue,
        account: &'a Account,
        warnings: &'a [String],
    ) -> Self {
        Self {
            token: ShownToken::new(token, account.clock.now()),
            value: value.shown.as_ref().map(|value| value.expose()),
            value_file: value.file.as_deref(),
            profile: value.profile.as_ref().map(|name| name.as_str()),
            service_url: account.service_url.as_str(),
            warnings,
        }
    }

    /// The text, with what was done before it, such as `Created app token`.
    pub(super) fn as_text(&self, done: &str) -> String {
        let id = one_line(self.token.id.as_str());
        let mut text = format!("{}{done}{:#} {id}", style::GOOD, style::GOOD);
        let _ = writeln!(text, " at {}", self.service_url);
        text += &self.token.lines();
        let value = match (self.value, self.value_file, self.profile) {
            (Some(value), ..) => value.to_owned(),
            (None, Some(path), _) => format!("in {}", path.display()),
            (None, None, Some(profile)) => format!("stored by profile {profile}"),
            (None, None, None) => format!("hidden (kaltura token get {id} --show-value)"),
        };
        text + &line("value", &value)
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
    let answer = Answer::new(token, &value, account, &warnings);
    if ui.wants_json() { ui.print_json(&answer) } else { ui.print(&answer.as_text(done)) }
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
