//! `kaltura batch`: makes several calls in one request.

use std::path::{Path, PathBuf};

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_client::multirequest::{Handle, InvalidMultirequest, Reference, UnresolvedReason};
use kaltura_client::{CallError, Error, Multirequest, RetryPolicy, Subrequest};
use kaltura_types::Parameters;
use serde_json::Value;

use super::call::{ActionName, DryRun, RetryOptions, check_names, partial, read_file, read_text, split_key};
use crate::args::{CallSessionOptions, Connection, SessionUse};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::{self, Ui};

const EXAMPLES: &str = "\
The file contains a JSON list of calls, which are executed in this order:
  [
    {\"call\": \"media.list\", \"params\": {\"filter\": {\"nameLike\": \"intro\"}}},
    {\"call\": \"media.get\", \"params\": {\"entryId\": {\"$result\": \"1.objects.0.id\"}}}
  ]
{\"$result\": \"1.objects.0.id\"}, or \"1.objects[0].id\", is a value of an earlier result: of call 1
the list \"objects\", of that the first object, and of that the id. _all in the place of a number
is all of a list, joined by commas; \"1\" alone is a result that is a text or a number. If there
is no such value, or the earlier call failed, the server uses an empty text and executes the
later call nevertheless; a note on standard error says so, with --json as {\"note\":\"...\"}.

Secrets may be in the file or on standard input. The session is that of `kaltura call`, with the
same options; a call with a \"ks\" among its params uses that one, and one with
\"anonymous\": true none.

Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura batch calls.json
    kaltura batch calls.json --jq '.[1].downloadUrl'
    make-calls | kaltura batch -

  Show the request without sending it:
    kaltura batch calls.json --dry-run

The answer is the JSON list of the results, with --json in one line. In the place of a result
that is an error is {\"error\":{...}}, as --json reports all errors. If calls failed, the exit
code is that of the first of them: see `kaltura --help` for the exit codes.";

/// Make several calls of the API in one request
///
/// Takes calls from a file or from standard input, and prints the list of their results. An error of one call does not
/// stop the others. Nothing is sent twice, except with a new session after the server refused a cached one, and with
/// --retry.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct BatchCommand {
    /// The file with the calls; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    /// Print the request with its secrets masked, and send nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the request as a curl command, with its secrets in variables, and send nothing
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    curl: bool,

    #[command(flatten)]
    session: CallSessionOptions,

    #[command(flatten)]
    retry: RetryOptions,
}

impl BatchCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let takes_stdin = self.file.as_os_str() == "-";
        self.session.check_secrets(takes_stdin.then_some("the calls"))?;
        let service_url = self.session.service_url(settings)?;
        let calls = read_calls(ui, &self.file)?;
        if self.dry_run || self.curl {
            let (batch, _) = assemble(&calls);
            return DryRun::capture(ui, &service_url, self.session.is_wanted(), async |client, options| {
                client.multirequest_with(batch, options).await
            })?
            .print(ui, self.curl);
        }

        let uses = |call: &&PlannedCall| call.needs_session();
        let session_use = match calls.iter().find(uses) {
            None => SessionUse::None,
            Some(_) if calls.iter().filter(uses).any(|call| call.action.ends_sessions()) => SessionUse::Ended,
            Some(_) => SessionUse::Usual,
        };
        let retry = self.retry.policy_or(RetryPolicy::never());
        let connection = self.session.connect(ui, settings, session_use, retry)?;
        connection.run(ui, async {
            let results = send(ui, &calls, &connection).await?;
            let failure = first_failure(&results, &service_url);
            note_partial(ui, &calls, &results);
            let list = Value::Array(results.into_iter().map(shown).collect());
            match &ui.filter {
                Some(filter) => filter.print(ui, vec![list]).await?,
                None if ui.wants_json() => ui.print_foreign(&output::json_line(&list))?,
                None => ui.print_foreign(&format!("{list:#}\n"))?,
            }
            failure.map_or(Ok(()), Err)
        })
    }
}

/// Reads the calls of a file; `-` is standard input. No error quotes their text, which may contain secrets.
fn read_calls(ui: &Ui, path: &Path) -> Result<Vec<PlannedCall>, Failure> {
    if path.as_os_str() != "-" {
        return parse_calls(&read_file(path)?, &format!("the file {}", path.display()));
    }
    if ui.stdin_is_terminal {
        let hint = "Use a file, or a pipe as in: kaltura batch - < calls.json";
        return Err(Failure::usage("expected the calls on standard input").with_hint(hint));
    }
    parse_calls(&read_text(&mut *ui.stdin(), "standard input")?, "standard input")
}

fn parse_calls(text: &str, place: &str) -> Result<Vec<PlannedCall>, Failure> {
    let invalid = |why: String| {
        Failure::usage(format!("{place} {why}")).with_hint(
            "It must contain calls like [{\"call\": \"media.get\", \"params\": {\"entryId\": \"0_a1b2c3d4\"}}].",
        )
    };
    let list: Value = serde_json::from_str(text)
        .map_err(|error| invalid(format!("is not JSON: line {}, column {}", error.line(), error.column())))?;
    let Value::Array(list) = list else { return Err(invalid("is not a JSON list of calls".to_owned())) };
    let calls = (1..).zip(list).map(|(number, call)| {
        PlannedCall::read(call, number)
            .map_err(|error| invalid(format!("is invalid: call {number}: {error}")))
    });
    calls.collect()
}

/// One call, with its references taken out of its parameters.
#[derive(Debug)]
struct PlannedCall {
    action: ActionName,
    parameters: Parameters,
    references: Vec<PlacedReference>,
    anonymous: bool,
}

/// `{"$result": "1.objects.0.id"}`, and where in the parameters it is.
#[derive(Debug, PartialEq)]
struct PlacedReference {
    place: Vec<String>,
    /// The number of the earlier call, from 1.
    call: usize,
    path: Vec<String>,
}

/// The member that makes an object a reference.
const RESULT: &str = "$result";
/// The step to all items of a list.
const ALL: &str = "_all";

impl PlannedCall {
    /// Reads the call of this number, from 1. The error quotes names, and no values.
    fn read(call: Value, number: usize) -> Result<Self, String> {
        let Value::Object(mut call) = call else { return Err("it is not an object".to_owned()) };
        let Some(Value::String(name)) = call.remove("call") else {
            return Err("it has no name, such as \"call\": \"media.list\"".to_owned());
        };
        let action = name.parse()?;
        let mut parameters = match call.remove("params") {
            None => Parameters::new(),
            Some(Value::Object(parameters)) => parameters,
            Some(_) => return Err("params is not an object".to_owned()),
        };
        let anonymous = match call.remove("anonymous") {
            None => false,
            Some(Value::Bool(anonymous)) => anonymous,
            Some(_) => return Err("anonymous is not true or false".to_owned()),
        };
        if let Some((name, _)) = call.into_iter().next() {
            return Err(format!("{name} is neither call, params nor anonymous"));
        }
        check_names(&parameters)?;
        let mut references = Vec::new();
        for (name, value) in &mut parameters {
            take_references(value, &mut vec![name.clone()], number, &mut references)?;
        }
        Ok(Self { action, parameters, references, anonymous })
    }

    /// Whether it is sent with the session of the batch.
    fn needs_session(&self) -> bool {
        !self.anonymous && !self.parameters.contains_key("ks")
    }
}

/// Takes the references out of a value, and leaves null in their places.
fn take_references(
    value: &mut Value,
    place: &mut Vec<String>,
    number: usize,
    found: &mut Vec<PlacedReference>,
) -> Result<(), String> {
    let mut inside = |name: &str, value: &mut Value| {
        place.push(name.to_owned());
        let outcome = take_references(value, place, number, found);
        place.pop();
        outcome
    };
    match value {
        Value::Object(members) if members.contains_key(RESULT) => {
            found.push(read_reference(members, place, number)?);
            *value = Value::Null;
            Ok(())
        }
        Value::Object(members) => members.iter_mut().try_for_each(|(name, member)| inside(name, member)),
        Value::Array(items) => {
            items.iter_mut().enumerate().try_for_each(|(index, item)| inside(&index.to_string(), item))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn read_reference(members: &Parameters, place: &[String], number: usize) -> Result<PlacedReference, String> {
    let shown = place.join(".");
    if members.len() > 1 {
        return Err(format!("{shown} has other members beside $result"));
    }
    if place.iter().any(|name| name.contains('.')) {
        return Err(format!("a name that leads to $result in {shown} contains a dot"));
    }
    let invalid = || format!("$result in {shown} is not a text like \"1.objects.0.id\"");
    let text = members.get(RESULT).and_then(Value::as_str);
    let path = text.and_then(|text| split_key(text).ok()).ok_or_else(invalid)?;
    let (call, path) = path.split_first().ok_or_else(invalid)?;
    let call: usize = call.parse().map_err(|_| invalid())?;
    if !(1..number).contains(&call) {
        return Err(format!("$result in {shown} is not that of an earlier call; they are numbered from 1"));
    }
    Ok(PlacedReference { place: place.to_vec(), call, path: path.to_vec() })
}

/// Joins the calls. The handles are those of their results.
fn assemble(calls: &[PlannedCall]) -> (Multirequest, Vec<Handle<Value>>) {
    let mut batch = Multirequest::new();
    let mut handles: Vec<Handle<Value>> = Vec::new();
    for call in calls {
        let mut part = Subrequest::new(call.action.with(call.parameters.clone()));
        if !call.needs_session() {
            part = part.anonymous();
        }
        for PlacedReference { place, call, path } in &call.references {
            // A reference to a later call was refused when the file was read.
            if let Some(earlier) = handles.get(call - 1) {
                part = part.refer(place.join("."), reference_to(earlier, path));
            }
        }
        let handle = batch.add(part);
        handles.push(handle);
    }
    (batch, handles)
}

fn reference_to(earlier: &Handle<Value>, path: &[String]) -> Reference {
    path.iter().fold(earlier.whole(), |reference, step| match step.parse() {
        Ok(index) => reference.item(index),
        Err(_) if step == ALL => reference.each(),
        Err(_) => reference.member(step),
    })
}

/// Sends the calls, and returns the result of each.
async fn send(
    ui: &Ui,
    calls: &[PlannedCall],
    connection: &Connection,
) -> Result<Vec<Result<Value, Error>>, Failure> {
    let (batch, handles) = assemble(calls);
    let mut results =
        connection.client.multirequest_with(batch, &connection.options).await.map_err(|error| {
            let is_injection = matches!(
                error.call_error(),
                Some(CallError::Multirequest(InvalidMultirequest::ReferenceInjection { .. }))
            );
            match connection.failure(error) {
                failure if is_injection => failure
                    .with_hint("If it is meant as a reference, write {\"$result\": \"1.objects.0.id\"}."),
                failure => failure,
            }
        })?;
    // Those of failed calls are in the errors of these.
    for reference in results.unresolved_references() {
        if reference.reason() == UnresolvedReason::NoValue {
            let (target, number) = (reference.target(), reference.number());
            let earlier = reference.referenced_call();
            ui.note(&format!(
                "{target} of call {number} was empty: the result of call {earlier} has no value there"
            ));
        }
    }
    Ok(handles.into_iter().map(|handle| results.take(handle)).collect())
}

/// Notes lists that are a part only, unless their pager was given.
fn note_partial(ui: &Ui, calls: &[PlannedCall], results: &[Result<Value, Error>]) {
    for ((number, call), result) in (1..).zip(calls).zip(results) {
        let number: usize = number;
        if let Some(partial) =
            result.as_ref().ok().and_then(partial).filter(|_| !call.parameters.contains_key("pager"))
        {
            ui.note(&format!("call {number}: {partial} (use pager)"));
        }
    }
}

fn first_failure(results: &[Result<Value, Error>], service_url: &ServiceUrl) -> Option<Failure> {
    let mut failed = (1..).zip(results).filter_map(|(number, result)| Some((number, result.as_ref().err()?)));
    let (number, first): (usize, _) = failed.next()?;
    let summary = match failed.count() {
        0 => format!("call {number} of {} failed", results.len()),
        others => format!("{} of {} calls failed, the first is call {number}", others + 1, results.len()),
    };
    Some(Failure::from(first.clone()).at(service_url).within(&summary))
}

fn shown(result: Result<Value, Error>) -> Value {
    result.unwrap_or_else(|error| serde_json::to_value(Failure::from(error).document()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_invalid_file_is_refused_and_not_quoted() {
        for (text, why) in [
            ("", "it is not JSON: line 1, column 0"),
            ("[\n  hush]", "it is not JSON: line 2, column 3"),
            ("{\"call\": \"hush.hush\"}", "it is not a JSON list of calls"),
            ("[\"hush\"]", "call 1: it is not an object"),
            ("[{\"call\": \"a.b\"}, {}]", "call 2: it has no name"),
            ("[{\"call\": \"hush\"}]", "call 1: use a service and an action with a dot between them"),
            ("[{\"call\": 5}]", "call 1: it has no name"),
            ("[{\"call\": \"a.b\", \"params\": [\"hush\"]}]", "call 1: params is not an object"),
            ("[{\"call\": \"a.b\", \"anonymous\": \"hush\"}]", "call 1: anonymous is not true or false"),
            ("[{\"call\": \"a.b\", \"parms\": {}}]", "call 1: parms is neither call, params nor anonymous"),
            ("[{\"call\": \"a.b\", \"params\": {\"ks\": \"\"}}]", "call 1: ks is empty"),
            ("[{\"call\": \"a.b\", \"params\": {\"filter.idIn\": \"hush\"}}]", "filter.idIn is not a name"),
        ] {
            let failure = parse_calls(text, "it").err().unwrap();
            assert!(failure.to_string().contains(why), "{text}: {failure}");
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
        assert_eq!(parse_calls("[{\"call\": \"a.b\"}]", "it").unwrap().len(), 1);
        assert_eq!(parse_calls("[]", "it").unwrap().len(), 0);
    }

    fn third_call(params: &Value) -> Result<PlannedCall, String> {
        PlannedCall::read(json!({ "call": "a.b", "params": params }), 3)
    }

    #[test]
    fn references_are_found_at_any_depth() {
        let call = third_call(&json!({
            "a": { "$result": "1" }, "b": { "c": [1, { "$result": "2.objects._all.id" }] }, "d": "$result",
            "e": { "$result": "2.objects[0][id]" },
        }))
        .unwrap();
        let left = json!({ "a": null, "b": { "c": [1, null] }, "d": "$result", "e": null });
        assert_eq!(Value::Object(call.parameters), left);
        let found = call.references.iter().map(|one| (one.place.join("."), one.call, one.path.join("/")));
        let expected = [("a", 1, ""), ("b.c.1", 2, "objects/_all/id"), ("e", 2, "objects/0/id")];
        let expected = expected.map(|(place, call, path)| (place.to_owned(), call, path.to_owned()));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_invalid_reference_is_refused() {
        for (params, error) in [
            (json!({ "a": { "$result": "1", "b": 1 } }), "a has other members"),
            (json!({ "a": { "$result": 1 } }), "$result in a is not a text like"),
            (json!({ "a": { "$result": "" } }), "$result in a is not a text like"),
            (json!({ "a": { "$result": "objects.0" } }), "$result in a is not a text like"),
            (json!({ "a": { "$result": "1..id" } }), "$result in a is not a text like"),
            (json!({ "a": { "$result": "0.id" } }), "$result in a is not that of an earlier call"),
            (json!({ "a": [{ "$result": "3.id" }] }), "$result in a.0 is not that of an earlier call"),
            (
                json!({ "a": { "b.c": { "$result": "1" } } }),
                "a name that leads to $result in a.b.c contains a dot",
            ),
        ] {
            let why = third_call(&params).unwrap_err();
            assert!(why.starts_with(error), "{params}: {why}");
        }
    }
}
