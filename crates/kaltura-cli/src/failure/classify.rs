//! From the errors of the libraries to failures: which class, and what is told.

use std::error::Error as _;

use kaltura_auth::{Error, ErrorKind, TransportErrorKind};
use kaltura_http::BuildError;

use super::Failure;
use crate::exit_code::ExitCode;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut hint = error.hint();
        if error.kind() == ErrorKind::InvalidTokenHash {
            hint.push_str(" `kaltura doctor --detect` tries the other hash types.");
        }
        let mut failure = Self::new(class_of(error.kind()), error.to_string()).with_hint(hint);
        if let Some(cause) = error.source() {
            failure = failure.caused_by(cause);
        }
        let story = &mut failure.0;
        story.code = error.api_error().map(|api| api.code().as_str().to_owned());
        story.step = Some(error.step().to_string());
        story.is_retryable = error.is_retryable();
        story.retry_after = error.retry_after().map(|wait| wait.as_secs());
        story.http_status = error.http_status();
        story.server = error.server().map(str::to_owned);
        story.request_id = error.request_id().map(str::to_owned);
        failure
    }
}

impl Failure {
    /// What is told where the other hash types were tried too: to try them is no advice any more.
    pub(crate) fn after_detection(error: Error) -> Self {
        if error.kind() != ErrorKind::InvalidTokenHash {
            return error.into();
        }
        let credential_issues =
            error.credential_issues().iter().map(|suspicion| format!(" {}", suspicion.advice()));
        let hint = format!(
            "No hash type is accepted, so it is the token's value that is wrong: give the one of this app token, without \
             white space or line breaks.{}",
            credential_issues.collect::<String>()
        );
        Self::from(error).with_hint(hint)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let failure = Self::new(ExitCode::Local, error.to_string());
        match error.source() {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
    }
}

/// The class of a failed login.
pub(super) const fn class_of(kind: ErrorKind) -> ExitCode {
    match kind {
        ErrorKind::InvalidTokenHash
        | ErrorKind::TokenNotActive
        | ErrorKind::TokenExpired
        | ErrorKind::InvalidSecret
        | ErrorKind::InvalidCredentials
        | ErrorKind::KsRefused(_)
        | ErrorKind::ExpiredOnArrival
        | ErrorKind::SessionTooShort
        | ErrorKind::TokenGroupEnded
        | ErrorKind::RevokedEarly => ExitCode::Authentication,
        ErrorKind::PartnerBlocked | ErrorKind::Forbidden | ErrorKind::UserBlocked => ExitCode::Permission,
        ErrorKind::TokenNotFound
        | ErrorKind::UnknownWidget
        | ErrorKind::UnknownRole
        | ErrorKind::NotFound => ExitCode::NotFound,
        // What was asked for can not be sent, or is not accepted.
        ErrorKind::Transport(TransportErrorKind::Build) | ErrorKind::InvalidParameter => ExitCode::Usage,
        ErrorKind::Transport(TransportErrorKind::TooLarge)
        | ErrorKind::RateLimited
        | ErrorKind::BodyIgnored
        | ErrorKind::NoSuchAction
        | ErrorKind::ServerFailed
        | ErrorKind::Refused
        | ErrorKind::Redirected
        | ErrorKind::Unavailable
        | ErrorKind::NotKaltura
        | ErrorKind::OtherPartner => ExitCode::Server,
        ErrorKind::Transport(_) | ErrorKind::LoginTimedOut => ExitCode::Network,
        _ => ExitCode::Local,
    }
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{
        AppTokenCredentials, AppTokenLogin, ServiceUrl, WireResponse,
        blocking::transport_fn as blocking_transport_fn,
    };
    use kaltura_types::{HashType, KsRefusal, PartnerId};

    use super::*;

    #[test]
    fn each_kind_has_the_class_that_a_script_expects() {
        for (kind, class) in [
            (ErrorKind::InvalidTokenHash, ExitCode::Authentication),
            (ErrorKind::KsRefused(KsRefusal::Expired), ExitCode::Authentication),
            (ErrorKind::InvalidCredentials, ExitCode::Authentication),
            (ErrorKind::NotFound, ExitCode::NotFound),
            (ErrorKind::Forbidden, ExitCode::Permission),
            (ErrorKind::TokenNotFound, ExitCode::NotFound),
            (ErrorKind::InvalidParameter, ExitCode::Usage),
            (ErrorKind::Transport(TransportErrorKind::Connect), ExitCode::Network),
            (ErrorKind::Transport(TransportErrorKind::Timeout), ExitCode::Network),
            (ErrorKind::Transport(TransportErrorKind::TooLarge), ExitCode::Server),
            (ErrorKind::Transport(TransportErrorKind::Build), ExitCode::Usage),
            (ErrorKind::NotKaltura, ExitCode::Server),
            (ErrorKind::SourceFailed, ExitCode::Local),
        ] {
            assert_eq!(class_of(kind), class, "{kind:?}");
        }
    }

    #[test]
    fn what_the_server_says_of_itself_is_kept_for_a_support_ticket() {
        let answer = r#"{"code":"ACTION_BLOCKED","message":"Action \"startwidgetsession\" is blocked","objectType":"KalturaAPIException","args":[]}"#;
        let transport = blocking_transport_fn(move |_| {
            Ok(WireResponse::new(200, answer)
                .with_header("X-Me", "api7")
                .with_header("X-Kaltura-Session", "1121307854, 1795493300")
                .with_header("Retry-After", "30"))
        });
        let token = AppTokenCredentials::new(PartnerId::new(1), "0_a", "hush", HashType::Sha256);
        let error = AppTokenLogin::new(ServiceUrl::US, token).run_blocking(&transport).unwrap_err();

        let story = Failure::from(error).at(&ServiceUrl::US).0;
        assert_eq!(story.exit_code, ExitCode::Server);
        assert_eq!(story.code.as_deref(), Some("ACTION_BLOCKED"));
        assert_eq!(story.server.as_deref(), Some("api7"));
        assert!(story.request_id.as_deref().is_some_and(|id| id.starts_with("1121307854")));
        assert_eq!(story.retry_after, Some(30));
        assert!(story.is_retryable);
        assert_eq!(story.causes.len(), 1);
    }
}
