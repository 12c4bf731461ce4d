//! Walking through all pages of a list, on the line.

use kaltura_auth::TransportErrorKind;
use kaltura_client::{Error, ErrorKind, RawAction};
use serde_json::Value;

use super::action_name::ActionName;
use super::session_in_use::{Line, SessionInUse, Undone};
use super::walk::Walk;
use crate::failure::Failure;

/// What the codes end with that say that a list is not counted any further.
const TOO_FAR: &str = "EXCEEDED_MAX_MATCHES_ALLOWED";

/// Walks to the end of a list. `take` gets the objects of each page, those that it had not yet.
pub(super) fn walk_through(
    session: &mut SessionInUse<'_>,
    action: &ActionName,
    walk: &mut Walk,
    mut take: impl AsyncFnMut(&mut Line<'_>, Vec<Value>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    session.run(async |line| {
        let mut worked = false;
        while !walk.is_over() {
            let call = RawAction::new(action.service(), action.action()).params(walk.parameters());
            // Once it has answered with a list, it is known to do no harm.
            let options = line.options.clone();
            let options = if walk.listed() > 0 { options.repeatable(true) } else { options };
            match line.signals.unless_stopped(line.client.call_with(&call, &options)).await? {
                Ok(answer) => {
                    worked = true;
                    let objects = walk.take(answer).map_err(|_| no_list(action, "--all"))?;
                    take(line, objects).await?;
                }
                Err(error) if is_too_far(&error) => {
                    if !walk.go_on_by_time() {
                        return Err(Undone::Failed(too_far(error).at(line.service_url)));
                    }
                }
                Err(error) if is_too_large(&error) && walk.take_smaller_pages() => {}
                Err(error) => return Err(line.undone(error, worked)),
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

fn is_too_large(error: &Error) -> bool {
    error.kind() == ErrorKind::Transport(TransportErrorKind::TooLarge)
}

fn is_too_far(error: &Error) -> bool {
    error.api_error().is_some_and(|error| error.code().as_str().ends_with(TOO_FAR))
}

fn too_far(error: Error) -> Failure {
    Failure::from(error).with_hint(
        "The server counts through 10 000 objects of a list and no further. With filter.orderBy=+createdAt, --all \
         goes on from the time of the last one. Or ask for less at a time, by filter.createdAtGreaterThanOrEqual and \
         filter.createdAtLessThanOrEqual.",
    )
}
