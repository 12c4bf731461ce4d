//! `kaltura batch`: makes several calls in one request.

mod file;
mod planned_call;
mod reference;
mod rehearsal;

use std::path::PathBuf;

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_client::multirequest::{InvalidMultirequest, UnresolvedReason, UnresolvedReference};
use kaltura_client::{CallError, Error, ErrorKind};
use serde_json::Value;

use self::planned_call::PlannedCall;
use super::call::{Line, SessionInUse, Undone, cured_by_a_login};
use crate::args::{Authority, CallSessionOptions};
use crate::config::Settings;
use crate::error::Failure;
use crate::output;
use crate::output::Ui;

const EXAMPLES: &str = "\
The file holds a JSON list of calls, which are carried out in this order:
  [
    {\"call\": \"media.list\", \"params\": {\"filter\": {\"nameLike\": \"intro\"}}},
    {\"call\": \"media.get\", \"params\": {\"entryId\": {\"$result\": \"1.objects.0.id\"}}}
  ]
{\"$result\": \"1.objects.0.id\"} stands for a value of an earlier result: that of call 1, there the
list \"objects\", of it the first object, and of that the id. _all in the place of a number is all
of a list, joined by commas; \"1\" alone is a result that is a text or a number. Where there is
no such value, or the earlier call failed, the server puts an empty text in its place and
carries the later call out all the same; that is noted on standard error, with --json as
{\"note\":\"...\"}.

Secrets may stand in the file, or in what is piped in. The session is that of `kaltura call`,
with the same options; a call with a \"ks\" among its params goes with that one.

Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura batch calls.json
    kaltura batch calls.json --jq '.[1].downloadUrl'
    make-calls | kaltura batch -

  See what would be sent, without sending it:
    kaltura batch calls.json --dry-run

The answer is the JSON list of the results, with --json in one line. In the place of a result
that is an error stands {\"error\":{...}}, as --json tells all errors. If calls failed, the exit
code is that of the first of them: `kaltura --help` lists the exit codes.";

/// Make several calls of the API in one request
///
/// Takes a file with calls, or standard input, and prints the list of their results. An error of one call does not
/// stop the others. Nothing is sent twice, except with a new session in the place of one that the server refused.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct BatchCommand {
    /// The file with the calls; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    /// Print the request with its secrets masked, and send nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the request as a command of curl, with its secrets in variables, and send nothing
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    curl: bool,

    #[command(flatten)]
    session: CallSessionOptions,
}

impl BatchCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let takes_stdin = self.file.as_os_str() == "-";
        self.session.check_secrets(takes_stdin.then_some("the calls"))?;
        let service_url = self.session.service_url(settings)?;
        let calls = file::read(ui, &self.file)?;
        if self.dry_run || self.curl {
            let with_session = self.session.is_wanted();
            return rehearsal::of(ui, &calls, &service_url, with_session)?.print(
                ui,
                self.curl,
                ui.has_json_flag(),
            );
        }

        let authority = if calls.iter().all(PlannedCall::has_own_ks) {
            Authority::Nobody
        } else {
            let ends_sessions = calls.iter().any(|call| call.action().ends_sessions() && !call.has_own_ks());
            self.session.authority(ui, settings, ends_sessions)?
        };
        let mut session = SessionInUse::new(ui, &self.session, &service_url, authority)?;
        session.run(ui, async |line| {
            let results = send(ui, &calls, line).await?;
            let failure = first_failure(&results, &service_url);
            let list = Value::Array(results.into_iter().map(shown).collect());
            match ui.filter() {
                Some(selection) => selection.print(ui, vec![list], line.signals).await?,
                None if ui.wants_json() => ui.print_foreign(&output::json_line(&list))?,
                None => ui.print_foreign(&format!("{list:#}\n"))?,
            }
            failure.map_or(Ok(()), |failure| Err(failure.into()))
        })
    }
}

/// Sends the calls, and gives the result of each.
async fn send(
    ui: &Ui,
    calls: &[PlannedCall],
    line: &mut Line<'_>,
) -> Result<Vec<Result<Value, Error>>, Undone> {
    let (batch, handles) = planned_call::assemble(calls);
    let sent = line.client.multirequest_with(batch, &line.options);
    let mut results = match line.signals.unless_stopped(sent).await? {
        Ok(results) => results,
        Err(error) => return Err(unsent(error, line)),
    };
    let void: Vec<UnresolvedReference> = results.unresolved_references().to_vec();
    let results: Vec<_> = handles.into_iter().map(|handle| results.take(handle)).collect();
    if let Some(Err(refused)) = results.iter().find(|_| was_refused_as_a_whole(calls, &results)) {
        return Err(line.undone(refused.clone(), false));
    }
    tell(ui, &void);
    Ok(results)
}

/// Whether the server refused the session for all calls that it goes with, and did nothing else either.
fn was_refused_as_a_whole(calls: &[PlannedCall], results: &[Result<Value, Error>]) -> bool {
    calls.iter().zip(results).all(|(call, result)| match result {
        Ok(_) => false,
        Err(error) if call.has_own_ks() => {
            matches!(error.kind(), ErrorKind::KsRefused(_) | ErrorKind::Forbidden | ErrorKind::RateLimited)
        }
        Err(error) => cured_by_a_login(error).is_some(),
    })
}

/// The whole was not carried out.
fn unsent(error: Error, line: &Line<'_>) -> Undone {
    let reads_as_reference = matches!(
        error.call_error(),
        Some(CallError::Multirequest(InvalidMultirequest::ReferenceInjection { .. }))
    );
    match line.undone(error, false) {
        Undone::Failed(failure) if reads_as_reference => Undone::Failed(
            failure.with_hint("If it is meant as one, write it like {\"$result\": \"1.objects.0.id\"}."),
        ),
        undone => undone,
    }
}

/// Tells where the server put in an empty text. That of a failed call is told by its error.
fn tell(ui: &Ui, void: &[UnresolvedReference]) {
    for reference in void.iter().filter(|reference| reference.reason() == UnresolvedReason::NoValue) {
        let text = format!(
            "{} of call {} was an empty text: the result of call {} has no value there",
            reference.target(),
            reference.number(),
            reference.referenced_call()
        );
        ui.note(&text);
    }
}

fn first_failure(results: &[Result<Value, Error>], service_url: &ServiceUrl) -> Option<Failure> {
    let mut failed = (1..).zip(results).filter_map(|(number, result)| Some((number, result.as_ref().err()?)));
    let (number, first): (usize, _) = failed.next()?;
    let whole = match failed.count() {
        0 => format!("call {number} of {} failed", results.len()),
        others => format!("{} of {} calls failed, the first is call {number}", others + 1, results.len()),
    };
    Some(Failure::from(first.clone()).at(service_url).within(&whole))
}

fn shown(result: Result<Value, Error>) -> Value {
    result.unwrap_or_else(|error| serde_json::to_value(Failure::from(error).document()).unwrap_or_default())
}
