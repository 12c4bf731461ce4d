//! An action: whether the session may call it.
//!
//! The server checks the permission behind the parameters and right before the action (wire contract, section 7). So
//! a call without a mandatory parameter tells nothing, and one with all of them is carried out. That is why only
//! actions that read are called: a list for one object, and what wants an id for one that no object has.

use kaltura_auth::Session;
use kaltura_client::{CallOptions, Client, Error, ErrorKind, RawAction};
use kaltura_types::{ErrorCode, SessionType};
use serde_json::{Value, json};

use super::check::{Finding, Outcome};
use super::reading_action::ReadingAction;
use crate::error::{ExitCode, Failure};

/// How many parameters are filled in before it is given up.
const MOST_PARAMETERS: usize = 3;
/// What no object has for an id. As a number, it is 0.
const NOBODYS_ID: &str = "0_00000000";

/// What to know about a list without entries.
const OWN_ENTRIES_ONLY: &str = "A USER session sees only its own entries; the app token needs `list:*` to list all (a \
                                server privilege: it cannot be requested at login).";

/// Calls the action, if one was named.
pub(super) async fn look(client: &Client, session: &Session, action: Option<&ReadingAction>) -> Outcome {
    let Some(action) = action else {
        return Outcome::nothing(Finding::skipped("none was named: --action media.list"));
    };
    Outcome::nothing(match call(client, action).await {
        Ok(result) if finds_nothing(&result) && lists_own_entries_only(session, action) => {
            Finding::ok(format!("{} is allowed, with 0 results. {OWN_ENTRIES_ONLY}", name(action)))
        }
        Ok(_) => Finding::ok(format!("{} is allowed", name(action))),
        Err(error) => finding(&error, action),
    })
}

async fn call(client: &Client, action: &ReadingAction) -> Result<Value, Error> {
    let mut call = RawAction::new(&action.service, &action.action);
    if action.lists() {
        call = call.param("pager", json!({ "pageSize": 1 }));
    }
    let options = CallOptions::new().nocache();
    let mut filled = 0;
    loop {
        let outcome = client.call_with(&call, &options).await;
        match outcome.as_ref().err().and_then(missing_parameter) {
            Some(parameter) if filled < MOST_PARAMETERS => call = call.param(parameter, NOBODYS_ID),
            _ => return outcome,
        }
        filled += 1;
    }
}

/// Whether the result of a list or of a count is 0.
fn finds_nothing(result: &Value) -> bool {
    result.get("totalCount").unwrap_or(result).as_i64() == Some(0)
}

/// Whether the action lists or counts entries, and the session sees those of its user only (wire contract, section
/// 4.11).
fn lists_own_entries_only(session: &Session, action: &ReadingAction) -> bool {
    let is_user = session.session_type().and_then(|kind| kind.known()) == Some(&SessionType::User);
    let lists_all = session.privileges().get("list").is_some_and(|list| list.values() == ["*"]);
    let is_of_entries =
        ["media", "baseEntry"].iter().any(|service| action.service.eq_ignore_ascii_case(service));
    is_of_entries && is_user && !lists_all
}

/// The name of the parameter that the server misses, if it was not sent.
fn missing_parameter(error: &Error) -> Option<String> {
    let api_error = error.api_error()?;
    let is_missing = error.kind() == ErrorKind::InvalidParameter
        && *api_error.code() == ErrorCode::MissingMandatoryParameter;
    api_error.arg("PARAM_NAME").filter(|_| is_missing).map(str::to_owned)
}

fn finding(error: &Error, action: &ReadingAction) -> Finding {
    let name = name(action);
    let code = error.api_error().map(|error| error.code().as_str().to_owned());
    match error.kind() {
        // These come from the action itself, behind the permission.
        ErrorKind::NotFound | ErrorKind::Refused => {
            let code = code.unwrap_or_default();
            Finding::ok(format!("{name} is allowed: it answers {code} to an id that no object has"))
        }
        ErrorKind::Forbidden => {
            let finding = Finding::of(&Failure::from(error.clone()));
            Finding { message: format!("the session may not call {name}"), ..finding }
        }
        ErrorKind::NoSuchAction => Finding::failed(
            ExitCode::Usage,
            format!("the server has no {name}"),
            "Check the names of service and action.",
        ),
        ErrorKind::InvalidParameter | ErrorKind::BodyIgnored | ErrorKind::NotKaltura => Finding {
            code,
            ..Finding::warning(
                format!("whether {name} is allowed can not be told: {}", error.kind()),
                "Call it with the parameters that it wants: `kaltura call`.",
            )
        },
        _ => Finding::of(&Failure::from(error.clone())),
    }
}

fn name(action: &ReadingAction) -> String {
    format!("{}.{}", action.service, action.action)
}

#[cfg(test)]
mod tests {
    use kaltura_types::{Ks, PartnerId, Privileges};

    use super::*;

    #[test]
    fn a_user_session_lists_its_own_entries_only_unless_it_may_list_all() {
        let list: ReadingAction = "media.list".parse().unwrap();
        let session = |session_type, privileges: &str| {
            Session::new(PartnerId::new(7), Ks::new("k"))
                .with_session_type(session_type)
                .with_privileges(Privileges::parse(privileges))
        };
        for privileges in ["", "sview:*", "list:0_a"] {
            assert!(lists_own_entries_only(&session(SessionType::User, privileges), &list), "{privileges}");
        }
        assert!(!lists_own_entries_only(&session(SessionType::User, "sview:*,list:*"), &list));
        assert!(!lists_own_entries_only(&session(SessionType::Admin, ""), &list));
        let other = "appToken.list".parse().unwrap();
        assert!(!lists_own_entries_only(&session(SessionType::User, ""), &other));
    }
}
