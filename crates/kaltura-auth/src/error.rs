//! Why a login failed, and what to do.

mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_types::{ApiError, PartnerId, PayloadError, UnexpectedBody};

pub use self::kind::ErrorKind;

use crate::credentials::AppTokenCredentials;
use crate::diagnosis::{self, CredentialIssue};
use crate::transport::TransportError;
use crate::wire::{ResponseMetadata, WireResponse};

/// What was being done when a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginStep {
    /// `session.startWidgetSession`
    StartWidgetSession,
    /// `appToken.startSession`
    StartSession,
    /// `session.start`
    StartWithSecret,
    /// Signing a KS with a partner's secret, without the server.
    Sign,
    /// Asking a source of credentials or sessions that the user of this library brought.
    Source,
    /// Keeping a session for many callers.
    Keep,
}

impl fmt::Display for LoginStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartWidgetSession => "session.startWidgetSession",
            Self::StartSession => "appToken.startSession",
            Self::StartWithSecret => "session.start",
            Self::Sign => "signing a session",
            Self::Source => "the session source",
            Self::Keep => "keeping a session",
        })
    }
}

/// A login failed.
///
/// It says at what ([`step`](Self::step)), why ([`kind`](Self::kind)), and what to do
/// ([`hint`](Self::hint)); the cause with its details is its source. It holds no secret: what the server
/// echoes is taken out. A clone is cheap, so that many callers can share one failure.
///
/// ```
/// # use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ErrorKind, ServiceUrl, WireResponse, blocking_transport_fn};
/// # use kaltura_types::{HashType, PartnerId};
/// # let token = AppTokenCredentials::new(PartnerId::new(1), "0_abcdefgh", "3f786850e387550fdab836ed7e6dc881", HashType::Sha256);
/// # let login = AppTokenLogin::new(ServiceUrl::US, token);
/// # let transport = blocking_transport_fn(|_| {
/// #     Ok(WireResponse::new(200, r#"{"code":"INVALID_WIDGET_ID","message":"Unknown widget [_1]","objectType":"KalturaAPIException","args":{}}"#))
/// # });
/// let error = login.run_blocking(&transport).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnknownWidget);
/// assert!(!error.is_retryable());
/// assert!(error.hint().contains("partner id"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    step: LoginStep,
    kind: ErrorKind,
    cause: Cause,
    credential_issues: Vec<CredentialIssue>,
    answer: Option<ResponseMetadata>,
}

#[derive(Debug)]
enum Cause {
    Transport(TransportError),
    Api(ApiError),
    Body(UnexpectedBody),
    IssuedSession(UnusableGrant),
    Keeping(ManagerError),
    Other(Arc<dyn StdError + Send + Sync>),
}

/// The server granted something that can not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableGrant {
    /// The answer is for another partner.
    #[error("the answer is for partner {answered}, the credentials are for partner {expected}")]
    OtherPartner {
        /// The partner of the credentials.
        expected: PartnerId,
        /// The partner of the answer.
        answered: PartnerId,
    },
    /// The session was over when it was granted.
    #[error("the session was over {seconds_ago} s before it was granted")]
    ExpiredOnArrival {
        /// How long it had been over, in seconds.
        seconds_ago: i64,
    },
}

/// Why a session manager has no session to give, though the server may have granted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagerError {
    /// The sessions of this source never live as long as was needed.
    #[error("a session that lives for {} s was needed, but they live for {} s", needed.as_secs(), life.as_secs())]
    TooShort {
        /// How long it had to live.
        needed: Duration,
        /// How long such sessions live.
        life: Duration,
    },
    /// Two sessions in a row were refused as ended soon after they had started.
    #[error("new sessions are refused as logged out")]
    GroupEnded,
    /// Two sessions in a row were refused as expired soon after they had started.
    #[error("new sessions are refused as expired")]
    RevokedEarly,
    /// The login took longer than it may.
    #[error("the login took longer than {} s", limit.as_secs())]
    TimedOut {
        /// How long it might take.
        limit: Duration,
    },
}

impl Error {
    /// A failure of a session source of one's own. `retryable` says whether the same may succeed later without
    /// anybody doing anything; it decides how soon a session manager tries again.
    ///
    /// Whoever makes one sees to it that neither text nor sources hold a secret.
    pub fn source(cause: impl Into<Box<dyn StdError + Send + Sync>>, retryable: bool) -> Self {
        let kind = if retryable { ErrorKind::SourceUnavailable } else { ErrorKind::SourceFailed };
        Self::without_answer(LoginStep::Source, kind, Cause::Other(Arc::from(cause.into())))
    }

    #[cfg(feature = "local-signing")]
    pub(crate) fn signing(error: kaltura_ks::InvalidKsFields) -> Self {
        Self::without_answer(LoginStep::Sign, ErrorKind::InvalidParameter, Cause::Other(Arc::new(error)))
    }

    pub(crate) fn keeping(failed: ManagerError) -> Self {
        let kind = match failed {
            ManagerError::TooShort { .. } => ErrorKind::SessionTooShort,
            ManagerError::GroupEnded => ErrorKind::TokenGroupEnded,
            ManagerError::RevokedEarly => ErrorKind::RevokedEarly,
            ManagerError::TimedOut { .. } => ErrorKind::LoginTimedOut,
        };
        Self::without_answer(LoginStep::Keep, kind, Cause::Keeping(failed))
    }

    /// The grant of a session source was over when it came.
    pub(crate) fn over_on_arrival() -> Self {
        let grant = UnusableGrant::ExpiredOnArrival { seconds_ago: 0 };
        Self::without_answer(LoginStep::Keep, ErrorKind::ExpiredOnArrival, Cause::IssuedSession(grant))
    }

    /// The login that was waited for is gone, and no other could be begun.
    pub(crate) fn interrupted() -> Self {
        Self::source("the login was given up by those who waited for it", true)
    }

    fn without_answer(step: LoginStep, kind: ErrorKind, cause: Cause) -> Self {
        Self(Arc::new(Inner { step, kind, cause, credential_issues: Vec::new(), answer: None }))
    }

    pub(crate) fn transport(step: LoginStep, error: TransportError) -> Self {
        let kind = ErrorKind::Transport(error.kind());
        Self(Arc::new(Inner {
            step,
            kind,
            cause: Cause::Transport(error),
            credential_issues: Vec::new(),
            answer: None,
        }))
    }

    /// The server refused, or something else answered. `sent` are the parameters of the request, and
    /// `secrets` what the answer may echo.
    pub(crate) fn answer(
        step: LoginStep,
        error: PayloadError,
        response: &WireResponse,
        credentials: Option<&AppTokenCredentials>,
        sent: &[String],
        secrets: &[&str],
    ) -> Self {
        let (kind, cause) = match error {
            PayloadError::Api(error) => {
                (ErrorKind::of_refusal(&error, sent), Cause::Api(error.redacted(secrets)))
            }
            PayloadError::Unexpected(body) => {
                (ErrorKind::of_body(body, response.status()), Cause::Body(body))
            }
            _ => (ErrorKind::NotKaltura, Cause::Body(UnexpectedBody::InvalidJson)),
        };
        let credential_issues = match kind {
            ErrorKind::InvalidTokenHash | ErrorKind::TokenNotFound => {
                credentials.map(diagnosis::credential_issues).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let answer = Some(ResponseMetadata::of(response, secrets));
        Self(Arc::new(Inner { step, kind, cause, credential_issues, answer }))
    }

    pub(crate) fn grant(
        step: LoginStep,
        grant: UnusableGrant,
        response: &WireResponse,
        secrets: &[&str],
    ) -> Self {
        let kind = match grant {
            UnusableGrant::OtherPartner { .. } => ErrorKind::OtherPartner,
            UnusableGrant::ExpiredOnArrival { .. } => ErrorKind::ExpiredOnArrival,
        };
        let answer = Some(ResponseMetadata::of(response, secrets));
        Self(Arc::new(Inner {
            step,
            kind,
            cause: Cause::IssuedSession(grant),
            credential_issues: Vec::new(),
            answer,
        }))
    }

    /// What was being done.
    #[must_use]
    pub fn step(&self) -> LoginStep {
        self.0.step
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same login, tried again later, may succeed without anybody doing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }

    /// What to do, in a sentence or two for a person.
    #[must_use]
    pub fn hint(&self) -> String {
        let mut hint = self.0.kind.hint().to_owned();
        for suspicion in &self.0.credential_issues {
            hint.push(' ');
            hint.push_str(suspicion.advice());
        }
        hint
    }

    /// What looks wrong with the credentials, if they were refused; the likeliest first.
    #[must_use]
    pub fn credential_issues(&self) -> &[CredentialIssue] {
        &self.0.credential_issues
    }

    /// What the server said, if it refused. Secrets are taken out.
    #[must_use]
    pub fn api_error(&self) -> Option<&ApiError> {
        match &self.0.cause {
            Cause::Api(error) => Some(error),
            _ => None,
        }
    }

    /// What the transport said, if no complete answer arrived.
    #[must_use]
    pub fn transport_error(&self) -> Option<&TransportError> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            _ => None,
        }
    }

    /// What answered, if it was not the API.
    #[must_use]
    pub fn unexpected_body(&self) -> Option<&UnexpectedBody> {
        match &self.0.cause {
            Cause::Body(body) => Some(body),
            _ => None,
        }
    }

    /// What can not be used, if something was granted.
    #[must_use]
    pub fn unusable_grant(&self) -> Option<&UnusableGrant> {
        match &self.0.cause {
            Cause::IssuedSession(grant) => Some(grant),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if there was one. Kaltura answers errors with 200.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.response_metadata().map(ResponseMetadata::status)
    }

    /// The server's name for the machine that answered (`X-Me`): for a support permit.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.response_metadata()?.server()
    }

    /// The server's id of the request, with its time (`X-Kaltura-Session`): for a support permit.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response_metadata()?.request_id()
    }

    /// How long the server asks to wait before the next try (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.response_metadata()?.retry_after()
    }

    /// Why a session manager has none to give.
    #[must_use]
    pub fn manager_error(&self) -> Option<&ManagerError> {
        match &self.0.cause {
            Cause::Keeping(failed) => Some(failed),
            _ => None,
        }
    }

    fn response_metadata(&self) -> Option<&ResponseMetadata> {
        self.0.answer.as_ref()
    }

    fn cause(&self) -> &(dyn StdError + 'static) {
        match &self.0.cause {
            Cause::Transport(error) => error,
            Cause::Api(error) => error,
            Cause::Body(error) => error,
            Cause::IssuedSession(error) => error,
            Cause::Keeping(error) => error,
            Cause::Other(error) => &**error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.0.step, self.0.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("step", &self.0.step)
            .field("kind", &self.0.kind)
            .field("cause", &self.0.cause)
            .field("http_status", &self.http_status())
            .field("server", &self.server())
            .field("request_id", &self.request_id())
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.cause())
    }
}
