//! From the errors of calls to failures.

use std::error::Error as _;

use kaltura_auth::TransportErrorKind;
use kaltura_client::{Error, ErrorKind};

use super::Failure;
use super::classify::class_of;
use crate::exit_code::ExitCode;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let Some(login) = error.session_error() {
            return login.clone().into();
        }
        let mut failure = Self::new(class_of_call(error.kind()), error.to_string()).with_hint(error.hint());
        if let Some(cause) = error.source() {
            failure = failure.caused_by(cause);
        }
        let story = &mut failure.0;
        story.code = error.api_error().map(|api| api.code().as_str().to_owned());
        story.step = Some(format!("{}.{}", error.service(), error.action()));
        story.is_retryable = error.is_retryable();
        story.retry_after = error.retry_after().map(|wait| wait.as_secs());
        if let Some(facts) = error.response_metadata() {
            story.http_status = Some(facts.status());
            story.server = facts.server().map(str::to_owned);
            story.request_id = facts.request_id().map(str::to_owned);
        }
        failure
    }
}

/// The class of a failed call.
const fn class_of_call(kind: ErrorKind) -> ExitCode {
    match kind {
        ErrorKind::NoSession(kind) => class_of(kind),
        ErrorKind::KsRefused(_) | ErrorKind::InvalidCredentials => ExitCode::Authentication,
        ErrorKind::Forbidden | ErrorKind::NotOwner | ErrorKind::PartnerBlocked | ErrorKind::UserBlocked => {
            ExitCode::Permission
        }
        ErrorKind::NotFound | ErrorKind::UnknownRole => ExitCode::NotFound,
        // What was asked for can not be sent, or is not accepted.
        ErrorKind::Transport(TransportErrorKind::Build)
        | ErrorKind::InvalidParameter
        | ErrorKind::InvalidState
        | ErrorKind::NoSuchAction
        | ErrorKind::InvalidCall => ExitCode::Usage,
        ErrorKind::Transport(TransportErrorKind::TooLarge)
        | ErrorKind::RateLimited
        | ErrorKind::BodyIgnored
        | ErrorKind::ServerFailed
        | ErrorKind::Refused
        | ErrorKind::Redirected
        | ErrorKind::Unavailable
        | ErrorKind::NotKaltura
        | ErrorKind::NoResult => ExitCode::Server,
        ErrorKind::Transport(_) | ErrorKind::TimedOut => ExitCode::Network,
        _ => ExitCode::Local,
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::KsRefusal;

    use super::*;

    #[test]
    fn each_kind_has_the_class_that_a_script_expects() {
        for (kind, class) in [
            (ErrorKind::KsRefused(KsRefusal::Expired), ExitCode::Authentication),
            (ErrorKind::NoSession(kaltura_auth::ErrorKind::TokenNotFound), ExitCode::NotFound),
            (ErrorKind::InvalidCredentials, ExitCode::Authentication),
            (ErrorKind::Forbidden, ExitCode::Permission),
            (ErrorKind::NotOwner, ExitCode::Permission),
            (ErrorKind::InvalidState, ExitCode::Usage),
            (ErrorKind::NotFound, ExitCode::NotFound),
            (ErrorKind::NoSuchAction, ExitCode::Usage),
            (ErrorKind::InvalidParameter, ExitCode::Usage),
            (ErrorKind::Transport(TransportErrorKind::Connect), ExitCode::Network),
            (ErrorKind::Transport(TransportErrorKind::TooLarge), ExitCode::Server),
            (ErrorKind::TimedOut, ExitCode::Network),
            (ErrorKind::Refused, ExitCode::Server),
            (ErrorKind::Unavailable, ExitCode::Server),
        ] {
            assert_eq!(class_of_call(kind), class, "{kind:?}");
        }
    }
}
