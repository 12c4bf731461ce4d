//! What the server granted, against what was asked.

use kaltura_auth::{Adjustment, Session};
use kaltura_types::UserId;

use super::check::{Finding, Outcome};
use crate::time;

/// Looks at the session.
pub(super) fn look(session: &Session) -> Outcome {
    let granted = granted(session);
    let adjustments = session.adjustments();
    if adjustments.is_empty() {
        return Outcome::found(Finding::ok(granted), ());
    }
    let differences: Vec<String> = adjustments.iter().map(ToString::to_string).collect();
    let mut remedies: Vec<&str> = adjustments.iter().map(remedy).collect();
    remedies.dedup();
    let message = format!("{granted}; {}", differences.join("; "));
    Outcome::found(Finding::warning(message, remedies.join(" ")), ())
}

fn granted(session: &Session) -> String {
    let user = session.user_id().map_or("nobody", UserId::as_str);
    let session_type =
        session.session_type().map_or_else(|| "of no known type".to_owned(), ToString::to_string);
    let life = match session.granted_lifetime() {
        Some(life) => format!("for {}", time::show_duration(life.as_secs())),
        None => "for a time that the server did not say".to_owned(),
    };
    let privileges = session.privileges().to_string();
    let privileges =
        if privileges.is_empty() { "no privileges".to_owned() } else { format!("privileges {privileges}") };
    format!("user {user}, {session_type}, {life}, {privileges}")
}

fn remedy(adjustment: &Adjustment) -> &'static str {
    match adjustment {
        Adjustment::ShorterLifetime { .. } => {
            "The session duration of the token, or its end, caps the life: ask for less, or take a token with more."
        }
        Adjustment::OtherUser { .. } | Adjustment::OtherType { .. } => {
            "The token has a user or a type of its own: ask for none, or take a token that leaves the choice."
        }
        Adjustment::PrivilegesDropped { .. } => {
            "Most privileges can only be given to the token itself: make one that has them."
        }
        _ => "Compare what is asked with what the token has.",
    }
}
