//! The widget session: the unprivileged session that a login begins with, which anybody may have.

use kaltura_types::PartnerId;

use super::check::{Finding, Outcome};
use super::connection::FirstAnswer;
use crate::error::Failure;

/// Looks at the first answer, which is the widget session of this account.
pub(super) fn look(answer: &FirstAnswer, partner: PartnerId) -> Outcome<&FirstAnswer> {
    match &answer.judged {
        Ok(()) => Outcome::found(Finding::ok(format!("partner {partner} is known here")), answer),
        Err(error) => Outcome::nothing(Finding::of(&Failure::from(error.clone()))),
    }
}
