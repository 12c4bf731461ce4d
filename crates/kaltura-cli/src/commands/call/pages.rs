//! All pages of a list, on the line.

use kaltura_client::pages::InvalidPager;
use kaltura_client::{CallError, Error, Listing, RawAction};
use kaltura_types::Parameters;
use serde_json::Value;

use super::action_name::ActionName;
use super::session_in_use::{Line, SessionInUse, Undone};
use crate::error::Failure;
use crate::output::Ui;

/// The list of a call with these parameters.
pub(super) fn listing(action: &ActionName, parameters: Parameters) -> Result<Listing, Failure> {
    let action = RawAction::new(action.service(), action.action()).params(parameters);
    Listing::new(&action).map_err(|error| match error.call_error() {
        Some(CallError::Pager(InvalidPager::HasPageIndex)) => {
            Failure::usage("--all walks through all pages, so that there is no pager.pageIndex to be given")
        }
        Some(CallError::Pager(InvalidPager::InvalidPageSize)) => {
            Failure::usage("with --all, pager.pageSize is a number above 0")
        }
        Some(CallError::Pager(_)) => Failure::usage("pager is no object, and --all has to turn its pages"),
        _ => Failure::from(error),
    })
}

/// Requests all pages of a list. `take` gets the objects of each page that were not listed before.
pub(super) fn take_all(
    ui: &Ui,
    session: &mut SessionInUse<'_>,
    action: &ActionName,
    listing: &mut Listing,
    mut take: impl AsyncFnMut(&mut Line<'_>, Vec<Value>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    session.run(ui, async |line| {
        let mut worked = false;
        while let Some(call) = listing.next_request() {
            // Once it has answered with a list, it is known to do no harm.
            let options = line.options.clone();
            let options = if listing.listed() > 0 { options.repeatable(true) } else { options };
            let response = line.signals.unless_stopped(line.client.call_with(&call, &options)).await?;
            worked |= response.is_ok();
            match listing.take(response) {
                Ok(objects) => take(line, objects).await?,
                Err(error) => match error.call_error() {
                    Some(CallError::NotAList) => return Err(no_list(action, "--all").into()),
                    // What was listed is printed, with a note that it is not all.
                    Some(CallError::IncompleteList { .. }) => {}
                    _ if is_too_far(&error) => {
                        return Err(Undone::Failed(too_far(error).at(line.service_url)));
                    }
                    _ => return Err(line.undone(error, worked)),
                },
            }
        }
        Ok(())
    })
}

/// The answer of an action is no list, but `option` needs one.
pub(super) fn no_list(action: &ActionName, option: &str) -> Failure {
    let message = format!("{action} answers no list, and {option} needs one");
    Failure::usage(message)
        .with_hint("The call has been carried out. The answer of such an action is shown without it.")
}

/// Whether the server refuses to list an object beyond the 10 000th.
fn is_too_far(error: &Error) -> bool {
    error.api_error().is_some_and(|error| error.code().as_str().ends_with("EXCEEDED_MAX_MATCHES_ALLOWED"))
}

fn too_far(error: Error) -> Failure {
    Failure::from(error).with_hint(
        "The server counts through 10 000 objects of a list and no further. With filter.orderBy=+createdAt, --all \
         goes on from the time of the last one. Or ask for less at a time, by filter.createdAtGreaterThanOrEqual and \
         filter.createdAtLessThanOrEqual.",
    )
}
