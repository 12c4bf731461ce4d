//! The error of a login: what was being done, why it failed, and what to do.

mod kind;
mod report;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_types::{ApiError, PartnerId, PayloadError, UnexpectedBody, UnixTime, duration};

pub use self::kind::ErrorKind;
pub use self::report::Report;

use crate::credentials::{AppTokenCredentials, CredentialIssue};
use crate::session::Session;
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
    /// Signing a KS locally with a partner's secret.
    Sign,
    /// Getting credentials or a session from a source that the program implements itself.
    Source,
    /// Managing a session in a session manager.
    Manager,
}

impl fmt::Display for LoginStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartWidgetSession => "session.startWidgetSession",
            Self::StartSession => "appToken.startSession",
            Self::StartWithSecret => "session.start",
            Self::Sign => "signing a session",
            Self::Source => "the session source",
            Self::Manager => "the session manager",
        })
    }
}

/// The error of a login.
///
/// It has the step that failed ([`step`](Self::step)), the reason ([`kind`](Self::kind)), and what to do
/// ([`hint`](Self::hint)); its source is the cause with the details. No text is in it and in a source of it, so that
/// the texts of the chain can be joined; [`report`](Self::report) does that. It contains no secret: little of what the
/// server writes is shown. A clone is cheap, so that many callers can share one failure.
///
/// ```
/// # use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ErrorKind, ServiceUrl, WireResponse, blocking::transport_fn as blocking_transport_fn};
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
    response: Option<ResponseMetadata>,
    of_another_process: bool,
}

#[derive(Debug)]
enum Cause {
    /// Only the kind is known.
    None,
    /// There is neither a session nor an error: the manager decides again.
    Superseded,
    Transport(TransportError),
    Api(ApiError),
    Body(UnexpectedBody),
    Unusable(UnusableSession),
    Manager(ManagerError),
    Other(Arc<dyn StdError + Send + Sync>),
}

/// The server granted a session that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableSession {
    /// It belongs to another partner.
    #[error("the response is for partner {actual}, the credentials are for partner {expected}")]
    OtherPartner {
        /// The partner of the credentials.
        expected: PartnerId,
        /// The partner of the response.
        actual: PartnerId,
    },
    /// It had expired when it was granted.
    #[error("its expiry is {} before the time of issue", duration::describe(u64::try_from(*seconds_ago).unwrap_or(0)))]
    ExpiredOnArrival {
        /// The time since its expiry, in seconds.
        seconds_ago: i64,
    },
}

impl UnusableSession {
    pub(crate) const fn expired_on_arrival(expiry: UnixTime, now: UnixTime) -> Self {
        Self::ExpiredOnArrival { seconds_ago: now.seconds_since(expiry) }
    }
}

/// Why a session manager has no session for the caller, although the server may have granted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagerError {
    /// The sessions of this source are not valid for as long as needed.
    #[error("a session that is valid for {} s is needed, but only {} s can be requested", needed.as_secs(), available.as_secs())]
    TooShort {
        /// The minimum that the caller needs.
        needed: Duration,
        /// The longest that a caller can require: the lifetime of the last session less its renewal window.
        available: Duration,
    },
    /// Two sessions in a row were refused as logged out soon after they had started.
    #[error("new sessions are refused as logged out")]
    GroupEnded,
    /// Two sessions in a row were refused soon after they had started: as expired, or because one call used up their
    /// `actionslimit`.
    #[error("new sessions are refused as expired or used up")]
    RevokedEarly,
    /// The login exceeded its timeout.
    #[error("the login took longer than {} s", limit.as_secs())]
    TimedOut {
        /// The timeout.
        limit: Duration,
    },
}

impl Error {
    /// The error of a source that the program implements itself. `retryable` says whether the same request may succeed
    /// later without a change; it decides how soon a session manager tries again.
    ///
    /// The cause's text and sources must not contain a secret.
    pub fn from_source(cause: impl Into<Box<dyn StdError + Send + Sync>>, retryable: bool) -> Self {
        let kind = if retryable { ErrorKind::SourceUnavailable } else { ErrorKind::SourceFailed };
        Self::new(LoginStep::Source, kind, Cause::Other(Arc::from(cause.into())))
    }

    #[cfg(feature = "local-signing")]
    pub(crate) fn signing(error: kaltura_ks::InvalidKsFields) -> Self {
        Self::new(LoginStep::Sign, ErrorKind::InvalidParameter, Cause::Other(Arc::new(error)))
    }

    pub(crate) fn manager(error: ManagerError) -> Self {
        let kind = match error {
            ManagerError::TooShort { .. } => ErrorKind::SessionTooShort,
            ManagerError::GroupEnded => ErrorKind::TokenGroupEnded,
            ManagerError::RevokedEarly => ErrorKind::RevokedEarly,
            ManagerError::TimedOut { .. } => ErrorKind::LoginTimedOut,
        };
        Self::new(LoginStep::Manager, kind, Cause::Manager(error))
    }

    /// The session of a source had expired when it arrived, at `now` by the clock that counts for it.
    pub(crate) fn expired_on_arrival(session: &Session, now: UnixTime) -> Self {
        let cause = UnusableSession::expired_on_arrival(session.expires_at().unwrap_or(now), now);
        Self::new(LoginStep::Manager, ErrorKind::ExpiredOnArrival, Cause::Unusable(cause))
    }

    /// The source, its transport or the observer of the manager panicked. The panic's own message is not repeated: it
    /// may contain anything.
    pub(crate) fn panicked() -> Self {
        Self::from_source("the login panicked", true)
    }

    /// The login to join was dropped, and no other could be started.
    pub(crate) fn interrupted() -> Self {
        Self::from_source("the login was dropped by its callers", true)
    }

    /// What was to be kept is no longer there. No caller of a manager gets it.
    pub(crate) fn superseded() -> Self {
        Self::new(LoginStep::Manager, ErrorKind::SourceUnavailable, Cause::Superseded)
    }

    pub(crate) fn is_superseded(&self) -> bool {
        matches!(self.0.cause, Cause::Superseded)
    }

    pub(crate) fn transport(step: LoginStep, error: TransportError) -> Self {
        Self::new(step, ErrorKind::Transport(error.kind()), Cause::Transport(error))
    }

    /// The server refused, or the response is not from the API. `sent` are the names of the request's parameters,
    /// `secrets` are the texts that the response may echo.
    pub(crate) fn response(
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
                (ErrorKind::from_body(body, response.status()), Cause::Body(body))
            }
            _ => (ErrorKind::NotKaltura, Cause::Body(UnexpectedBody::InvalidJson)),
        };
        let credential_issues = match kind {
            ErrorKind::InvalidTokenHash | ErrorKind::TokenNotFound => {
                credentials.map(AppTokenCredentials::credential_issues).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let response = Some(ResponseMetadata::from_response(response, secrets));
        Self(Arc::new(Inner { step, kind, cause, credential_issues, response, of_another_process: false }))
    }

    pub(crate) fn unusable(
        step: LoginStep,
        error: UnusableSession,
        response: &WireResponse,
        secrets: &[&str],
    ) -> Self {
        let kind = match error {
            UnusableSession::OtherPartner { .. } => ErrorKind::OtherPartner,
            UnusableSession::ExpiredOnArrival { .. } => ErrorKind::ExpiredOnArrival,
        };
        let cause = Cause::Unusable(error);
        let response = Some(ResponseMetadata::from_response(response, secrets));
        Self::with_response(step, kind, cause, response)
    }

    /// The error that another process has stored.
    pub(crate) fn of_another_process(
        step: LoginStep,
        kind: ErrorKind,
        api_error: Option<ApiError>,
        http_status: Option<u16>,
        retry_after: Option<Duration>,
    ) -> Self {
        let cause = api_error.map_or(Cause::None, Cause::Api);
        let response = http_status.map(|status| ResponseMetadata::from_stored(status, retry_after));
        let credential_issues = Vec::new();
        Self(Arc::new(Inner { step, kind, cause, credential_issues, response, of_another_process: true }))
    }

    fn new(step: LoginStep, kind: ErrorKind, cause: Cause) -> Self {
        Self::with_response(step, kind, cause, None)
    }

    fn with_response(
        step: LoginStep,
        kind: ErrorKind,
        cause: Cause,
        response: Option<ResponseMetadata>,
    ) -> Self {
        let credential_issues = Vec::new();
        Self(Arc::new(Inner { step, kind, cause, credential_issues, response, of_another_process: false }))
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

    /// Whether the same login may succeed later without a change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }

    /// What to do: one or more sentences for the user. Causes and remedies of each error code of the API are in the
    /// [error reference](kaltura_types::error_reference).
    #[must_use]
    pub fn hint(&self) -> String {
        let mut hint = self.0.kind.hint().to_owned();
        if let Some(target) = self.redirect_target() {
            hint.push_str(" It leads to ");
            hint.push_str(target);
            hint.push('.');
        }
        for issue in &self.0.credential_issues {
            hint.push(' ');
            hint.push_str(issue.advice());
        }
        if self.0.of_another_process {
            hint.push_str(" Another process that shares the session got this error.");
        }
        hint
    }

    /// The error, its causes and the hint as one text.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report::new(self, self.hint())
    }

    /// What looks wrong with the credentials, if they were refused; the most likely cause first.
    #[must_use]
    pub fn credential_issues(&self) -> &[CredentialIssue] {
        &self.0.credential_issues
    }

    /// The API's error, if the server refused.
    #[must_use]
    pub fn api_error(&self) -> Option<&ApiError> {
        match &self.0.cause {
            Cause::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The transport's error, if no complete response arrived.
    #[must_use]
    pub fn transport_error(&self) -> Option<&TransportError> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            _ => None,
        }
    }

    /// What the body was, if the response was not from the API.
    #[must_use]
    pub fn unexpected_body(&self) -> Option<&UnexpectedBody> {
        match &self.0.cause {
            Cause::Body(body) => Some(body),
            _ => None,
        }
    }

    /// Why the session cannot be used, if one was granted.
    #[must_use]
    pub fn unusable_session(&self) -> Option<&UnusableSession> {
        match &self.0.cause {
            Cause::Unusable(error) => Some(error),
            _ => None,
        }
    }

    /// The HTTP status, if there was a response. Kaltura sends errors with 200.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.response_metadata().map(ResponseMetadata::status)
    }

    /// The name of the machine that responded (`X-Me`), for a support ticket.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.response_metadata()?.server()
    }

    /// The server's id of the request, with its time (`X-Kaltura-Session`), for a support ticket.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response_metadata()?.request_id()
    }

    /// How long to wait before the next attempt, if the server said so (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.response_metadata()?.retry_after()
    }

    /// Where the redirect leads, if the response is one: scheme, host and path, without user, query and fragment.
    #[must_use]
    pub fn redirect_target(&self) -> Option<&str> {
        self.response_metadata()?.redirect_target()
    }

    /// The session manager's error, if it has no session for the caller.
    #[must_use]
    pub fn manager_error(&self) -> Option<&ManagerError> {
        match &self.0.cause {
            Cause::Manager(error) => Some(error),
            _ => None,
        }
    }

    /// Whether another process that shares the session through a store got this error; this one has sent nothing.
    #[must_use]
    pub fn is_of_another_process(&self) -> bool {
        self.0.of_another_process
    }

    fn response_metadata(&self) -> Option<&ResponseMetadata> {
        self.0.response.as_ref()
    }

    /// The HTTP status, if the response is not from the API: otherwise it says nothing.
    fn telling_status(&self) -> Option<u16> {
        self.unexpected_body().and_then(|_| self.http_status())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: ", self.0.step)?;
        if let Some(status) = self.telling_status() {
            write!(f, "HTTP {status}: ")?;
        }
        // A kind of several codes says less than the code.
        let text = self.api_error().filter(|_| self.0.kind.has_several_codes());
        match text.and_then(|error| error.code().text()) {
            Some(text) => f.write_str(text),
            None => self.0.kind.fmt(f),
        }
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
        match &self.0.cause {
            Cause::None | Cause::Superseded => None,
            // Its own text is already that of the kind.
            Cause::Transport(error) => error.source(),
            Cause::Api(error) => Some(error),
            Cause::Body(error) => Some(error),
            Cause::Unusable(error) => Some(error),
            Cause::Manager(error) => Some(error),
            Cause::Other(error) => Some(&**error),
        }
    }
}
