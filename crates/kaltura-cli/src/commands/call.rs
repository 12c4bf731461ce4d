//! `kaltura call`: calls any action of the API.

mod dry_run;
mod parameters;
mod table;

pub(super) use self::dry_run::DryRun;
pub(super) use self::parameters::{
    ActionName, check_names, file_name, read_file, read_text, split_key, unreadable,
};
pub(super) use self::table::{TableOptions, print as print_table};

use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use kaltura_client::pages::InvalidPager;
use kaltura_client::{CallError, Error, List, RawAction, RetryPolicy};
use serde_json::{Value, json};

use self::parameters::{Argument, CallParameters};
use crate::args::{CallSessionOptions, Connection, SessionUse, values};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::{self, JqFilter, Ui};
use crate::signals;

const EXAMPLES: &str = "\
Parameters:
  key=value      a text
  key:=json      a number, true, false, a list or an object, such as pager.pageSize:=5
  key=@FILE      the text in a file, without its last line end; use this for secrets
  key:=@FILE     the JSON in a file
  name@FILE      upload a file, such as fileData@clip.mp4; for large files see kaltura upload
  -              a JSON object with parameters on standard input; the others override it
Dots and brackets lead into objects: filter.idEqual=0_a and 'filter[idEqual]=0_a' are both
{\"filter\":{\"idEqual\":\"0_a\"}}.

The session is that of --ks-file, --ks-stdin or KALTURA_KS, or one of the app token: from the
cache of `kaltura ks`, or from a login, which is then cached. If the server refuses a cached
session, there is a new login, and the call is sent again. Options for a profile, an app token
or a session override KALTURA_KS, and so does --fresh. A KS of another account than the
configured one is refused.

Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura call media.list filter.nameLike=intro pager.pageSize:=5
    kaltura call media.list --columns id,name,createdAt
    kaltura call media.get entryId=0_a1b2c3d4 --jq .downloadUrl

  A whole list; with one object a line it needs little memory:
    kaltura call media.list --all --jq '.objects[].id'
    kaltura call media.list --all --jsonl filter.orderBy=+createdAt > media.jsonl

  Show the request, or a curl command for it, without sending it:
    kaltura call media.get entryId=0_a1b2c3d4 --dry-run
    kaltura call media.get entryId=0_a1b2c3d4 --curl

  Without a session:
    kaltura call system.ping --anonymous

On a terminal a list is printed as a table. All other answers are JSON, a text as it is; with
--json the answer is always one line of JSON. COLUMNS sets the width of tables.

Notes go to standard error, with --json as {\"note\":\"...\"}. One says if a list has more objects
than are printed, unless a pager is given.

With --all the answer is {\"totalCount\":N,\"objects\":[...]} with the objects of all pages, of
pager.pageSize (500) each, or less if such a page is larger than 16 MiB. The server lists at
most 10 000 objects of many lists by page; with filter.orderBy=+createdAt or -createdAt, --all
continues by creation time. What is added or deleted meanwhile may be missed; nothing is listed
twice. A list that is known to be incomplete is printed, and the exit code is 7.

An error of the API is a failure: see `kaltura --help` for the exit codes.";

/// Call an action of the API
///
/// Takes a service and an action, such as media.list, and the parameters of the call. Secrets come from files,
/// standard input or the settings, never from an argument. A call is not sent twice, except with a new session after
/// the server refused a cached one, with --retry, and for the pages of --all.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CallCommand {
    /// The action to call, such as media.list
    #[arg(value_name = "SERVICE.ACTION", add = values::actions(|_| true))]
    action: ActionName,

    /// Parameters: key=value, key:=json, key=@FILE, key:=@FILE, name@FILE, or - for standard input
    #[arg(value_name = "PARAMETER")]
    parameters: Vec<String>,

    /// Request all pages of a list
    #[arg(long)]
    all: bool,

    /// With --all, stop with an error after this number of objects
    #[arg(long, value_name = "NUMBER", requires = "all", default_value_t = MAX_OBJECTS,
          value_parser = clap::value_parser!(u64).range(1..))]
    max_objects: u64,

    /// Print the request with its secrets masked, and send nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the request as a curl command, with its secrets in variables, and send nothing
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    curl: bool,

    #[command(flatten)]
    output: OutputOptions,

    #[command(flatten)]
    session: CallSessionOptions,

    #[command(flatten)]
    retry: RetryOptions,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct OutputOptions {
    /// Print each object of a list as one line of JSON
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,

    /// Print a list as a table (default on a terminal)
    #[arg(long, conflicts_with_all = ["json", "jsonl", "jq"])]
    table: bool,

    /// Print a list as a table with these columns, such as id,name,createdAt
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["json", "jsonl", "jq"])]
    columns: Option<Vec<String>>,
}

#[derive(Debug, Args)]
pub(super) struct RetryOptions {
    /// Try up to this many times more if the server is unavailable
    ///
    /// A call that may change something is only tried again if it was certainly not executed.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    retry: u32,
}

impl RetryOptions {
    /// The policy of the option, or else this one.
    pub(super) fn policy_or(&self, default: RetryPolicy) -> RetryPolicy {
        /// The longest time for all attempts.
        const MAX_ELAPSED: Duration = Duration::from_secs(600);
        match self.retry {
            0 => default,
            retries => RetryPolicy::default().max_attempts(retries + 1).max_elapsed(MAX_ELAPSED),
        }
    }
}

impl CallCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let arguments = self.arguments()?;
        let takes_stdin = arguments.contains(&Argument::Stdin);
        self.session.check_secrets(takes_stdin.then_some("the parameters"))?;
        let form = self.output.form(ui)?;
        let service_url = self.session.service_url(settings)?;
        let call = CallParameters::read(ui, &arguments)?;
        if self.all && !call.files.is_empty() {
            return Err(Failure::usage("--all cannot be used with a file to upload"));
        }
        let has_own_ks = call.parameters.contains_key("ks");
        let has_pager = call.parameters.contains_key("pager");

        if self.dry_run || self.curl {
            let action = self.action.with(call.parameters);
            let request =
                DryRun::capture(ui, &service_url, self.session.is_wanted(), async |client, options| {
                    if self.all {
                        let page = client.pages(action).options(options.clone()).next().await;
                        page.transpose().map(drop)
                    } else {
                        client.call_with(&action, options).await.map(drop)
                    }
                })?;
            return request.with_files(call.files).print(ui, self.curl);
        }

        let action = call.action(&self.action)?;
        // A KS among the parameters is the session of the call.
        let session_use = match self.action.ends_sessions() {
            _ if has_own_ks => SessionUse::None,
            true => SessionUse::Ended,
            false => SessionUse::Usual,
        };
        // The pages of a list can be requested again.
        let retry = if self.all { RetryPolicy::default() } else { RetryPolicy::never() };
        let connection = self.session.connect(ui, settings, session_use, self.retry.policy_or(retry))?;
        if self.all {
            return self.print_all(ui, &connection, action, &form);
        }
        connection.run(ui, async {
            let answer = connection.client.call_with(&action, &connection.options).await;
            let answer = answer.map_err(|error| connection.failure(error))?;
            form.print(ui, answer, &self.action, has_pager).await
        })
    }

    fn print_all(
        &self,
        ui: &Ui,
        connection: &Connection,
        action: RawAction,
        form: &Form,
    ) -> Result<(), Failure> {
        let pages = connection.client.pages(action);
        let mut pages = pages.options(connection.options.clone()).max_objects(self.max_objects);
        let mut objects = Vec::new();
        let incomplete = connection.run(ui, async {
            while let Some(page) = pages.next().await {
                match (page, form) {
                    (Ok(page), Form::Lines(filter)) => print_lines(ui, page, filter.as_ref()).await?,
                    (Ok(page), _) => objects.extend(page),
                    (Err(error), _) => return pages_failure(error, &self.action, connection).map(Some),
                }
            }
            Ok(None)
        })?;
        if !matches!(form, Form::Lines(_)) {
            let all = json!({ "totalCount": objects.len(), "objects": Value::Array(objects) });
            signals::run_until_stopped(ui, form.print(ui, all, &self.action, true))?;
        }
        if let Some(failure) = incomplete {
            return Err(failure);
        }
        let listed = pages.listed();
        // The count may be an estimate, and objects come and go.
        if let Some(total) = pages.total().filter(|total| *total != listed) {
            ui.note(&format!("listed {listed} objects; the server counted {total}"));
        }
        Ok(())
    }

    /// The parameters. They are not read by the parser of the command line, which quotes wrong values.
    fn arguments(&self) -> Result<Vec<Argument>, Failure> {
        let read = |(place, text): (usize, &String)| {
            text.parse().map_err(|error| Failure::usage(format!("parameter {}: {error}", place + 1)))
        };
        self.parameters.iter().enumerate().map(read).collect()
    }
}

enum Form {
    /// As indented JSON; a text as it is.
    Text,
    Json,
    /// Each object of a list as one line of JSON, or filtered by itself.
    Lines(Option<JqFilter>),
    Filtered(JqFilter),
    /// A list as a table, anything else as text.
    Table(TableOptions),
}

impl OutputOptions {
    fn form(&self, ui: &Ui) -> Result<Form, Failure> {
        Ok(match ui.filter.clone() {
            filter if self.jsonl => Form::Lines(filter),
            Some(filter) => Form::Filtered(filter),
            None if ui.json => Form::Json,
            None => match &self.columns {
                Some(names) => Form::Table(TableOptions::with_columns(names, ui.width)?),
                None if self.table || ui.stdout.is_terminal => {
                    Form::Table(TableOptions { columns: None, width: ui.width, is_requested: self.table })
                }
                None => Form::Text,
            },
        })
    }
}

impl Form {
    /// Prints an answer. `has_pager` is whether the caller selected a page, and so knows that it is one.
    async fn print(
        &self,
        ui: &Ui,
        answer: Value,
        action: &ActionName,
        has_pager: bool,
    ) -> Result<(), Failure> {
        let partial = (!has_pager || matches!(self, Self::Table(_))).then(|| partial(&answer)).flatten();
        match self {
            Self::Text => ui.print_foreign(&as_text(&answer))?,
            Self::Json => ui.print_foreign(&output::json_line(&answer))?,
            Self::Lines(filter) => {
                let list = List::from_response(answer).map_err(|_| no_list(action, "--jsonl"))?;
                print_lines(ui, list.objects, filter.as_ref()).await?;
            }
            Self::Filtered(filter) => filter.print(ui, vec![answer]).await?,
            Self::Table(options) => match List::from_response(answer) {
                Ok(list) => table::print(ui, &list.objects, options)?,
                Err(_) if options.is_requested => return Err(no_list(action, "a table")),
                Err(answer) => ui.print_foreign(&as_text(&answer))?,
            },
        }
        if let Some(partial) = partial {
            ui.note(&format!("{partial} (use --all)"));
        }
        Ok(())
    }
}

/// The default of `--max-objects`.
const MAX_OBJECTS: u64 = 1_000_000;

/// What an error between the pages is: the reason why the objects that were listed are not all of the list, or a
/// failure of the command.
fn pages_failure(error: Error, action: &ActionName, connection: &Connection) -> Result<Failure, Failure> {
    let incomplete = |what: String, hint: &str| {
        Failure::new(ExitCode::Server, format!("the list is incomplete: {what}"))
            .with_hint(hint)
            .at(&connection.service_url)
    };
    match error.call_error() {
        Some(CallError::IncompleteList { listed, total }) => {
            let total = total.map(|total| format!(" of {total}")).unwrap_or_default();
            let hint =
                "The server repeated a page. Use filter.orderBy=+createdAt, or request less at a time.";
            Ok(incomplete(format!("{listed}{total} objects"), hint))
        }
        Some(CallError::ListTooLong { max }) => {
            let hint = "Use --max-objects to list more, or request less by a filter.";
            Ok(incomplete(format!("it has more than {max} objects"), hint))
        }
        Some(CallError::NotAList) => Err(no_list(action, "--all")),
        Some(CallError::Pager(invalid)) => Err(Failure::usage(match invalid {
            InvalidPager::HasPageIndex => "--all requests all pages: omit pager.pageIndex",
            InvalidPager::InvalidPageSize => "with --all, pager.pageSize must be a number above 0",
            _ => "with --all, pager must be an object",
        })),
        _ => {
            let is_too_far = is_too_far(&error);
            let failure = connection.failure(error);
            Err(if is_too_far { failure.with_hint(TOO_FAR) } else { failure })
        }
    }
}

const TOO_FAR: &str = "The server lists at most 10 000 objects by page. Use filter.orderBy=+createdAt: --all then \
                       continues by creation time. Or request less at a time, by filter.createdAtGreaterThanOrEqual \
                       and filter.createdAtLessThanOrEqual.";

/// The action returns no list, but `option` needs one.
fn no_list(action: &ActionName, option: &str) -> Failure {
    Failure::usage(format!("{action} does not return a list, which {option} needs"))
        .with_hint("The call was executed. Its answer is printed without this option.")
}

/// Whether the server refuses to list an object beyond the 10 000th.
fn is_too_far(error: &Error) -> bool {
    error.api_error().is_some_and(|error| error.code().as_str().ends_with("EXCEEDED_MAX_MATCHES_ALLOWED"))
}

/// How much of a list this answer is, if it is known to be a part.
pub(super) fn partial(answer: &Value) -> Option<String> {
    let shown = answer.get("objects")?.as_array()?.len() as u64;
    let total = answer.get("totalCount")?;
    let total = total.as_u64().or_else(|| total.as_str()?.parse().ok())?;
    (total > shown).then(|| format!("showing {shown} of {total} objects"))
}

async fn print_lines(ui: &Ui, objects: Vec<Value>, filter: Option<&JqFilter>) -> Result<(), Failure> {
    match filter {
        Some(filter) => filter.print(ui, objects).await,
        None => ui.print_foreign(&objects.iter().map(output::json_line).collect::<String>()),
    }
}

fn as_text(answer: &Value) -> String {
    match answer {
        Value::String(text) => format!("{text}\n"),
        answer => format!("{answer:#}\n"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::output::Verbosity;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        output: OutputOptions,
        #[arg(long)]
        json: bool,
        #[arg(long)]
        jq: Option<String>,
    }

    fn form(arguments: &[&str], mut ui: Ui) -> &'static str {
        let line = Line::try_parse_from([&["x"], arguments].concat()).unwrap();
        assert_eq!(line.jq, None);
        ui.set_format(line.json, Verbosity::Normal);
        match line.output.form(&ui).unwrap() {
            Form::Text => "text",
            Form::Json => "json",
            Form::Lines(_) => "lines",
            Form::Filtered(_) => "filtered",
            Form::Table(options) if options.is_requested => "table",
            Form::Table(_) => "table if it is a list",
        }
    }

    #[test]
    fn on_a_terminal_a_list_is_a_table_unless_another_form_is_requested() {
        for (arguments, terminal, pipe) in [
            (&[][..], "table if it is a list", "text"),
            (&["--table"], "table", "table"),
            (&["--columns=id"], "table", "table"),
            (&["--json"], "json", "json"),
            (&["--jsonl"], "lines", "lines"),
        ] {
            let forms = (form(arguments, Ui::at_terminal(80)), form(arguments, Ui::silent()));
            assert_eq!(forms, (terminal, pipe), "{arguments:?}");
        }
    }
}
