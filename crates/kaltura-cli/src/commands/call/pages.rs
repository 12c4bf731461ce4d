//! All pages of a list.

use kaltura_client::pages::InvalidPager;
use kaltura_client::{CallError, Error, Listing, RawAction};
use serde_json::Value;

use super::parameters::ActionName;
use super::session_in_use::{Line, SessionInUse, Undone};
use crate::error::{ExitCode, Failure};
use crate::output::Ui;

/// The default of `--max-objects`.
pub(super) const MAX_OBJECTS: u64 = 1_000_000;

/// The list of this action.
pub(super) fn listing(action: &RawAction, max_objects: u64) -> Result<Listing, Failure> {
    let listing = Listing::new(action).map_err(|error| match error.call_error() {
        Some(CallError::Pager(InvalidPager::HasPageIndex)) => {
            Failure::usage("--all requests all pages: omit pager.pageIndex")
        }
        Some(CallError::Pager(InvalidPager::InvalidPageSize)) => {
            Failure::usage("with --all, pager.pageSize must be a number above 0")
        }
        Some(CallError::Pager(_)) => Failure::usage("with --all, pager must be an object"),
        _ => Failure::from(error),
    })?;
    Ok(listing.max_objects(max_objects))
}

/// Requests all pages of a list. `take` gets the objects of each page that were not listed before. Returns why the list
/// ends before its end, if it does.
pub(super) fn request_all(
    ui: &Ui,
    session: &mut SessionInUse<'_>,
    action: &ActionName,
    listing: &mut Listing,
    mut take: impl AsyncFnMut(&mut Line<'_>, Vec<Value>) -> Result<(), Failure>,
) -> Result<Option<Failure>, Failure> {
    session.run(ui, async |line| {
        let mut worked = false;
        while let Some(call) = listing.next_request() {
            let options = line.options.clone();
            // An action that has returned a list can be repeated.
            let options = if listing.listed() > 0 { options.repeatable(true) } else { options };
            let response = line.signals.unless_stopped(line.client.call_with(&call, &options)).await?;
            worked |= response.is_ok();
            match listing.take(response) {
                Ok(objects) => take(line, objects).await?,
                Err(error) => match incomplete(&error) {
                    Some(failure) => return Ok(Some(failure.at(line.service_url))),
                    None => return Err(failed(error, action, line, worked)),
                },
            }
        }
        Ok(None)
    })
}

/// Why the objects that were listed are not all of the list.
fn incomplete(error: &Error) -> Option<Failure> {
    let (message, hint) = match error.call_error()? {
        CallError::IncompleteList { listed, total } => {
            let total = total.map(|total| format!(" of {total}")).unwrap_or_default();
            let hint =
                "The server repeated a page. Use filter.orderBy=+createdAt, or request less at a time.";
            (format!("{listed}{total} objects"), hint)
        }
        CallError::ListTooLong { max } => (
            format!("it has more than {max} objects"),
            "Use --max-objects to list more, or request less by a filter.",
        ),
        _ => return None,
    };
    Some(Failure::new(ExitCode::Server, format!("the list is incomplete: {message}")).with_hint(hint))
}

fn failed(error: Error, action: &ActionName, line: &Line<'_>, worked: bool) -> Undone {
    if matches!(error.call_error(), Some(CallError::NotAList)) {
        return no_list(action, "--all").into();
    }
    if !is_too_far(&error) {
        return line.undone(error, worked);
    }
    let hint = "The server lists at most 10 000 objects by page. Use filter.orderBy=+createdAt: --all then continues by \
                creation time. Or request less at a time, by filter.createdAtGreaterThanOrEqual and \
                filter.createdAtLessThanOrEqual.";
    Undone::Failed(Failure::from(error).with_hint(hint).at(line.service_url))
}

/// The action returns no list, but `option` needs one.
pub(super) fn no_list(action: &ActionName, option: &str) -> Failure {
    Failure::usage(format!("{action} does not return a list, which {option} needs"))
        .with_hint("The call was executed. Its answer is printed without this option.")
}

/// Whether the server refuses to list an object beyond the 10 000th.
fn is_too_far(error: &Error) -> bool {
    error.api_error().is_some_and(|error| error.code().as_str().ends_with("EXCEEDED_MAX_MATCHES_ALLOWED"))
}
