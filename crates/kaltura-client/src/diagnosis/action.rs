//! Whether the session is allowed to call an action.
//!
//! The server checks the permission after the parameters and right before the action (wire contract, section 7). So a
//! call without a mandatory parameter tells nothing, and one with all of them is executed. That is why only actions
//! that read are called: a list for one object, and what needs an id with one that no object has.

use std::fmt;
use std::str::FromStr;

use kaltura_auth::Session;
use kaltura_types::{ErrorCode, SessionType};
use serde_json::{Value, json};

use super::finding::{Finding, Problem, Stage};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::options::CallOptions;
use crate::raw_action::RawAction;

/// The actions that only read. Not `search`: the server stores what is searched for.
const READING: [&str; 3] = ["list", "get", "count"];

/// How many missing parameters are filled in before it is given up.
const MAX_FILLED: usize = 3;

/// An id that no object has. Read as a number it is 0.
const UNKNOWN_ID: &str = "0_00000000";

/// An action that only reads: `list`, `get` or `count` of any service.
///
/// ```
/// # use kaltura_client::diagnosis::ReadAction;
/// assert!("media.list".parse::<ReadAction>().is_ok());
/// assert!("media.delete".parse::<ReadAction>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadAction {
    service: String,
    action: String,
}

impl FromStr for ReadAction {
    type Err = NotReadAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let (service, action) = text
            .split_once('.')
            .filter(|(service, action)| is_name(service) && is_name(action))
            .ok_or(NotReadAction::Name)?;
        if READING.iter().any(|reading| action.eq_ignore_ascii_case(reading)) {
            Ok(Self { service: service.to_owned(), action: action.to_owned() })
        } else {
            Err(NotReadAction::MayChange)
        }
    }
}

impl fmt::Display for ReadAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.action)
    }
}

/// Why a text is not an action that a diagnosis calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReadAction {
    /// It is not `service.action`.
    #[error("write service and action with a dot between them, such as media.list")]
    Name,
    /// The action may change something.
    #[error(
        "only list, get and count can be checked: the server tells whether an action is allowed by executing it, \
         and others may change something"
    )]
    MayChange,
}

/// Calls the action. `session` is that of the client.
pub(super) async fn check(client: &Client, session: &Session, action: &ReadAction) -> Finding {
    let (outcome, filled) = call(client, action).await;
    match outcome {
        Ok(result) if is_zero(&result) && action.sees_own_entries_only(session) => Finding::ok(
            Stage::Action,
            format!(
                "{action} is allowed, with 0 results. A USER session sees only its own entries; the app token needs \
                 list:* to list all (it cannot be requested at login)"
            ),
        ),
        Ok(_) => Finding::ok(Stage::Action, format!("{action} is allowed")),
        Err(error) => of_error(error, action, filled > 0),
    }
}

/// The result, and how many parameters were filled in.
async fn call(client: &Client, action: &ReadAction) -> (Result<Value, Error>, usize) {
    let mut call = RawAction::new(&action.service, &action.action);
    if action.action.eq_ignore_ascii_case("list") {
        call = call.param("pager", json!({ "pageSize": 1 }));
    }
    let options = CallOptions::new().nocache();
    let mut filled = 0;
    loop {
        let outcome = client.call_with(&call, &options).await;
        match outcome.as_ref().err().and_then(missing_parameter) {
            Some(parameter) if filled < MAX_FILLED => call = call.param(parameter, UNKNOWN_ID),
            _ => return (outcome, filled),
        }
        filled += 1;
    }
}

/// The name of the parameter that the server misses, if it was not sent.
fn missing_parameter(error: &Error) -> Option<String> {
    let api_error = error.api_error()?;
    let is_missing = error.kind() == ErrorKind::InvalidParameter
        && *api_error.code() == ErrorCode::MissingMandatoryParameter;
    api_error.arg("PARAM_NAME").filter(|_| is_missing).map(str::to_owned)
}

/// Whether the result of a list or of a count is 0.
fn is_zero(result: &Value) -> bool {
    result.get("totalCount").unwrap_or(result).as_i64() == Some(0)
}

impl ReadAction {
    /// Whether it lists or counts entries, and the session sees those of its user only (wire contract, section 4.11).
    fn sees_own_entries_only(&self, session: &Session) -> bool {
        let is_user = session.session_type().and_then(|kind| kind.known()) == Some(&SessionType::User);
        let lists_all = session.privileges().get("list").is_some_and(|list| list.values() == ["*"]);
        let is_of_entries =
            ["media", "baseEntry"].iter().any(|service| self.service.eq_ignore_ascii_case(service));
        is_of_entries && is_user && !lists_all
    }
}

fn of_error(error: Error, action: &ReadAction, has_unknown_id: bool) -> Finding {
    let kind = error.kind();
    match kind {
        // These come from the action itself, after the permission.
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::InvalidState => {
            let code = error.api_error().map_or("", |error| error.code().as_str());
            let why = if has_unknown_id { " for an id that does not exist" } else { "" };
            Finding::ok(Stage::Action, format!("{action} is allowed: the server answered {code}{why}"))
        }
        ErrorKind::Forbidden => Finding::of_error(Stage::Action, Problem::ActionForbidden, error)
            .with_message(format!("the session is not allowed to call {action}")),
        ErrorKind::NoSuchAction => Finding::of_error(Stage::Action, Problem::NoSuchAction, error)
            .with_message(format!("the server has no action {action}"))
            .with_remedy("Check the names of service and action."),
        ErrorKind::InvalidParameter | ErrorKind::BodyIgnored | ErrorKind::NotKaltura => Finding::warning(
            Stage::Action,
            Problem::ActionUnclear(kind),
            format!("cannot tell whether {action} is allowed: {kind}"),
            "Call it with the parameters that it needs.",
        )
        .with_error(error),
        _ => Finding::of_error(Stage::Action, Problem::ActionFailed(kind), error),
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{Ks, PartnerId, Privileges};

    use super::*;

    #[test]
    fn an_action_that_may_change_something_is_refused() {
        for text in ["media.list", "appToken.get", "baseEntry.COUNT", "caption_captionAsset.list"] {
            assert!(text.parse::<ReadAction>().is_ok(), "{text}");
        }
        for text in ["media.add", "session.end", "x.listAndDelete", "batch.getExclusive", "media.search"] {
            assert_eq!(text.parse::<ReadAction>(), Err(NotReadAction::MayChange), "{text}");
        }
        for text in ["", "media", "media.", ".list", "media.list.x", "media/x.list"] {
            assert_eq!(text.parse::<ReadAction>(), Err(NotReadAction::Name), "{text}");
        }
    }

    #[test]
    fn a_user_session_sees_its_own_entries_only_unless_it_may_list_all() {
        let list: ReadAction = "media.list".parse().unwrap();
        let session = |session_type, privileges: &str| {
            Session::new(PartnerId::new(7), Ks::new("k"))
                .with_session_type(session_type)
                .with_privileges(Privileges::parse(privileges))
        };
        for privileges in ["", "sview:*", "list:0_a"] {
            assert!(list.sees_own_entries_only(&session(SessionType::User, privileges)), "{privileges}");
        }
        assert!(!list.sees_own_entries_only(&session(SessionType::User, "sview:*,list:*")));
        assert!(!list.sees_own_entries_only(&session(SessionType::Admin, "")));
        let other: ReadAction = "appToken.list".parse().unwrap();
        assert!(!other.sees_own_entries_only(&session(SessionType::User, "")));
    }
}
