//! `kaltura call`: calls any action of the API.

mod action_name;
mod argument;
mod form;
mod own_parameter;
mod pages;
mod parameters;
mod session_in_use;
mod shown_request;
mod table;

pub(super) use self::action_name::{ActionName, InvalidActionName};
pub(super) use self::own_parameter::OwnParameter;
pub(super) use self::parameters::{read_file, read_text};
pub(super) use self::session_in_use::{Line, SessionInUse, Undone, cured_by_a_login, without_login};
pub(super) use self::shown_request::ShownRequest;
pub(super) use self::table::{TableWish, print as print_table};

use clap::Args;
use kaltura_client::{Listing, RawAction, RetryPolicy};
use kaltura_types::{Action as _, Parameters};
use serde_json::Value;

use self::argument::Argument;
use self::form::{Form, FormOptions};
use crate::args::{Authority, CallSessionOptions};
use crate::completion::values;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;
use crate::signals::Signals;

const EXAMPLES: &str = "\
Parameters:
  key=value      the text value
  key:=json      a number, true, false, a list or an object, such as pager.pageSize:=5
  key=@FILE      the text in a file, less one line end: the way for secrets
  key:=@FILE     the JSON in a file
  -              a JSON object with parameters on standard input; the others go before it
A dot in a key leads into an object: filter.idEqual=0_a is {\"filter\":{\"idEqual\":\"0_a\"}}.

The session is that of --ks-file, --ks-stdin or KALTURA_KS, else one of the app token: from
the cache of `kaltura ks`, else by a login, which the cache then keeps. If the server
refuses the one of the cache, there is a login, and the call is sent again. Options that name a
profile, an app token or what is wished of a session go before KALTURA_KS, and so does --fresh.
A KS of another account than the one that is set is refused.

Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura call media.list filter.nameLike=intro pager.pageSize:=5
    kaltura call media.list --columns id,name,createdAt
    kaltura call media.get entryId=0_a1b2c3d4 --jq .downloadUrl

  All of a list; one object a line needs little memory, however many there are:
    kaltura call media.list --all --jq '.objects[].id'
    kaltura call media.list --all --jsonl filter.orderBy=+createdAt > media.jsonl

  See what would be sent, or have it as a command of curl, without sending it:
    kaltura call media.get entryId=0_a1b2c3d4 --dry-run
    kaltura call media.get entryId=0_a1b2c3d4 --curl

  Without a session:
    kaltura call system.ping --anonymous

On a terminal a list is a table. All other answers are JSON, a bare text as it is; with --json
the answer is one line of JSON in any case. COLUMNS says how wide a table may be.

Notes are written to standard error, with --json as {\"note\":\"...\"}.

With --all the answer is {\"totalCount\":N,\"objects\":[...]} with the objects of all pages, of
pager.pageSize (500) each, or less where such a page is more than 16 MiB. The server counts
through 10 000 objects of many lists and no further; with filter.orderBy=+createdAt or
-createdAt, --all then goes on by time. What is added or deleted meanwhile may be missed;
nothing is listed twice.

An error of the API is a failure: `kaltura --help` lists the exit codes.";

/// Call an action of the API
///
/// Takes service and action, such as media.list, and the parameters of the call. Secrets are taken from files,
/// standard input or the settings, never from an argument. What the server refuses ends with an exit code and a
/// hint. Nothing is sent twice, except with a new session in the place of one that the server refused, and the pages
/// of a list with --all, which are tried again.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CallCommand {
    /// What to call, such as media.list
    #[arg(value_name = "SERVICE.ACTION", add = values::actions(|_| true))]
    action: ActionName,

    /// Parameters: key=value, key:=json, key=@FILE, key:=@FILE, or - for standard input
    #[arg(value_name = "PARAMETER")]
    parameters: Vec<String>,

    /// Get all pages of a list
    #[arg(long)]
    all: bool,

    /// Print the request with its secrets masked, and send nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the request as a command of curl, with its secrets in variables, and send nothing
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    curl: bool,

    #[command(flatten)]
    form: FormOptions,

    #[command(flatten)]
    session: CallSessionOptions,
}

impl CallCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let arguments = self.arguments()?;
        let takes_stdin = arguments.iter().any(|argument| matches!(argument, Argument::Stdin));
        self.session.check_secrets(takes_stdin.then_some("the parameters"))?;
        let form = self.form.form(ui)?;
        let service_url = self.session.service_url(settings)?;
        let parameters = parameters::assemble(ui, &arguments)?;
        let listing = self.all.then(|| pages::listing(&self.action, parameters.clone())).transpose()?;

        if self.dry_run || self.curl {
            let first_page = listing.and_then(|listing| listing.next_request());
            let parameters = first_page.map_or(parameters, |request| request.parameters());
            let with_session = self.session.is_wanted();
            return ShownRequest::of_action(&service_url, &self.action, parameters, with_session).print(
                ui,
                self.curl,
                ui.has_json_flag(),
            );
        }

        // A KS among the parameters is the session of the call.
        let authority = if parameters.contains_key("ks") {
            Authority::Nobody
        } else {
            self.session.authority(ui, settings, self.action.ends_sessions())?
        };
        let mut session = SessionInUse::new(ui, &self.session, &service_url, authority)?;
        match listing {
            Some(mut listing) => {
                // A list that has answered once does no harm, so its pages may be asked for again.
                session = session.retry(RetryPolicy::default());
                self.print_all(ui, &mut session, &mut listing, &form)
            }
            None => self.print_one(ui, &mut session, &parameters, &form),
        }
    }

    fn print_one(
        &self,
        ui: &Ui,
        session: &mut SessionInUse<'_>,
        parameters: &Parameters,
        form: &Form,
    ) -> Result<(), Failure> {
        session.run(ui, async |line| {
            let action =
                RawAction::new(self.action.service(), self.action.action()).params(parameters.clone());
            match line.signals.unless_stopped(line.client.call_with(&action, &line.options)).await? {
                Ok(answer) => Ok(form.print(ui, answer, &self.action, line.signals).await?),
                Err(error) => Err(line.undone(error, false)),
            }
        })
    }

    fn print_all(
        &self,
        ui: &Ui,
        session: &mut SessionInUse<'_>,
        listing: &mut Listing,
        form: &Form,
    ) -> Result<(), Failure> {
        let mut objects = Vec::new();
        pages::take_all(ui, session, &self.action, listing, async |line, page| {
            objects.extend(form.print_page(ui, page, line).await?);
            Ok(())
        })?;
        if !form.is_by_and_by() {
            let all = serde_json::json!({ "totalCount": objects.len(), "objects": Value::Array(objects) });
            crate::runtime::run(ui, async {
                let mut signals = Signals::listen(ui)?;
                form.print(ui, all, &self.action, &mut signals).await
            })?;
        }
        let listed = listing.listed();
        if let Some(total) = listing.total().filter(|total| *total != listed) {
            ui.note(&format!("the server counts {total}, and has listed {listed}"));
        }
        Ok(())
    }

    /// The parameters as they are written. They are not read by the parser of the command line, which quotes
    /// wrong values.
    fn arguments(&self) -> Result<Vec<Argument>, Failure> {
        let read = |(place, text): (usize, &String)| {
            text.parse().map_err(|error| Failure::usage(format!("parameter {}: {error}", place + 1)))
        };
        self.parameters.iter().enumerate().map(read).collect()
    }
}
