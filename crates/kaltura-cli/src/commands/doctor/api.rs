//! The API: whether it is Kaltura that answers.

use kaltura_auth::{Error, ErrorKind};
use kaltura_types::redact::shown_host;

use super::check::{Finding, Outcome};
use super::connection::FirstAnswer;
use crate::error::Failure;

/// Looks at the first answer. An error of the API is an answer of it.
pub(super) fn look(answer: &FirstAnswer) -> Outcome<&FirstAnswer> {
    let Some(error) = answer.judged.as_ref().err().filter(|error| !is_of_the_api(error)) else {
        let server = answer.response.header("x-me");
        let server = server.map(|name| format!(": server {}", shown_host(name, &[]))).unwrap_or_default();
        return Outcome::found(Finding::ok(format!("it is the Kaltura API that answers{server}")), answer);
    };
    let finding = Finding::of(&Failure::from(error.clone()));
    Outcome::nothing(match answer.response.header("location") {
        // A query may hold what is nobody's business.
        Some(location) if error.kind() == ErrorKind::Redirected => {
            let place = location.split(['?', '#']).next().unwrap_or_default();
            finding.and_then(&format!("It leads to {place}"))
        }
        _ => finding,
    })
}

fn is_of_the_api(error: &Error) -> bool {
    let says_so = error.api_error().is_some() || error.unusable_session().is_some();
    says_so
        && !matches!(error.kind(), ErrorKind::BodyIgnored | ErrorKind::NoSuchAction | ErrorKind::ServerFailed)
}
