//! Why a call failed, and what to do.

mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{InvalidReason, Status};
use kaltura_auth::{ErrorKind as AuthErrorKind, ResponseMetadata, TransportError};
use kaltura_types::payload::JsonKind;
use kaltura_types::{ApiError, InvalidDraft, PayloadError, UnexpectedBody};

pub use self::kind::ErrorKind;

use crate::multirequest::BatchMistake;

/// Which action was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    service: String,
    action: String,
}

impl Called {
    pub(crate) fn new(service: &str, action: &str) -> Self {
        Self { service: service.to_owned(), action: action.to_owned() }
    }

    /// Several calls in one request: a service without actions.
    pub(crate) fn multirequest() -> Self {
        Self::new("multirequest", "")
    }

    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn action(&self) -> &str {
        &self.action
    }
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)?;
        if self.action.is_empty() { Ok(()) } else { write!(f, ".{}", self.action) }
    }
}

/// A call failed.
///
/// It says which one ([`service`](Self::service), [`action`](Self::action)), why ([`kind`](Self::kind)) and what to
/// do ([`hint`](Self::hint)); the cause with its details is its source. It holds no secret: what the server echoes
/// is taken out. A clone is cheap.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    called: Called,
    kind: ErrorKind,
    cause: Cause,
    answer: Option<ResponseMetadata>,
}

#[derive(Debug)]
enum Cause {
    Session(kaltura_auth::Error),
    Transport(TransportError),
    Api(ApiError),
    Body(UnexpectedBody),
    Call(CallError),
}

/// A call failed here, before or after the server had its say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The caller's own time limit was reached.
    #[error("the time limit of {} s was reached", limit.as_secs_f64())]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The session source takes no wishes, so that there can be no sessions for other users.
    #[error("the session source takes no session requests")]
    NoRequests,
    /// The answer would do, but has an HTTP status with which the API never gives a result: it comes from
    /// something in between.
    #[error("the answer has the HTTP status {status}, with which the API gives no result")]
    OddStatus {
        /// The HTTP status.
        status: u16,
    },
    /// The server's list of results ends before this call.
    #[error("the server gave no result for this call")]
    NotAnswered,
    /// The handle is one of another multirequest.
    #[error("the handle is one of another multirequest")]
    ForeignHandle,
    /// The call has a parameter that only the client sets ([`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS)), and
    /// was not sent.
    #[error("the parameter `{name}` is set by the client alone")]
    ReservedParameter {
        /// Which one.
        name: &'static str,
    },
    /// The multirequest has a mistake, and was not sent.
    #[error(transparent)]
    Batch(#[from] BatchMistake),
    /// The app token would not be what was meant, and was not sent.
    #[error(transparent)]
    Draft(#[from] InvalidDraft),
    /// The app token has a hash type that this library can not compute.
    #[error("the app token has a hash type that this library can not compute")]
    UnknownHashType,
}

impl Error {
    pub(crate) fn session(called: Called, error: kaltura_auth::Error) -> Self {
        Self::new(called, ErrorKind::NoSession(error.kind()), Cause::Session(error), None)
    }

    pub(crate) fn transport(called: Called, error: TransportError) -> Self {
        Self::new(called, ErrorKind::Transport(error.kind()), Cause::Transport(error), None)
    }

    pub(crate) fn failed(called: Called, failed: CallError) -> Self {
        let kind = match failed {
            CallError::TimedOut { .. } => ErrorKind::TimedOut,
            CallError::OddStatus { status } => ErrorKind::of_status(status),
            CallError::NotAnswered => ErrorKind::NotAnswered,
            CallError::NoRequests
            | CallError::ForeignHandle
            | CallError::ReservedParameter { .. }
            | CallError::Batch(_)
            | CallError::Draft(_)
            | CallError::UnknownHashType => ErrorKind::InvalidCall,
        };
        Self::new(called, kind, Cause::Call(failed), None)
    }

    /// What might be a result came with an HTTP status with which the API gives none.
    pub(crate) fn odd_status(called: Called, facts: &ResponseMetadata) -> Self {
        let status = facts.status();
        let cause = Cause::Call(CallError::OddStatus { status });
        Self::new(called, ErrorKind::of_status(status), cause, Some(facts.clone()))
    }

    /// The server saw none of the calls of a multirequest.
    pub(crate) fn body_not_read(called: Called, facts: &ResponseMetadata) -> Self {
        let body = UnexpectedBody::WrongShape { expected: "list of its results", found: JsonKind::Array };
        Self::new(called, ErrorKind::BodyNotRead, Cause::Body(body), Some(facts.clone()))
    }

    /// The server refused, or something else answered. `facts` are those of the answer, `sent` the names of the
    /// request's parameters, and `secrets` what the answer may echo.
    pub(crate) fn answer(
        called: Called,
        error: PayloadError,
        facts: &ResponseMetadata,
        sent: &[String],
        secrets: &[&str],
    ) -> Self {
        let (kind, cause) = match error {
            PayloadError::Api(error) => {
                (ErrorKind::of_refusal(&error, sent), Cause::Api(error.redacted(secrets)))
            }
            PayloadError::Unexpected(body) => (ErrorKind::of_body(body, facts.status()), Cause::Body(body)),
            _ => (ErrorKind::NotKaltura, Cause::Body(UnexpectedBody::InvalidJson)),
        };
        Self::new(called, kind, cause, Some(facts.clone()))
    }

    /// If the session was dropped as logged out, and so was the one before it, then no login will help: that is
    /// the error to tell.
    pub(crate) fn or_group_ended(self, dropped: Option<InvalidReason>, status: &Status) -> Self {
        let ended = status.last_error.clone().filter(|error| error.kind() == AuthErrorKind::TokenGroupEnded);
        match (dropped, ended) {
            (Some(InvalidReason::LoggedOut), Some(ended)) => Self::session(self.0.called.clone(), ended),
            _ => self,
        }
    }

    fn new(called: Called, kind: ErrorKind, cause: Cause, answer: Option<ResponseMetadata>) -> Self {
        Self(Arc::new(Inner { called, kind, cause, answer }))
    }

    /// The service that was called, such as `media`; `multirequest` for several calls in one request.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.0.called.service
    }

    /// The action that was called, such as `list`; empty for several calls in one request.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.0.called.action
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call, tried again later, may succeed without anybody doing anything. Whether trying again
    /// is safe is another matter: the server may have carried it out.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.0.cause {
            Cause::Session(error) => error.is_retryable(),
            _ => self.0.kind.is_retryable(),
        }
    }

    /// What to do, in a sentence or two for a person.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.0.cause {
            Cause::Session(error) => error.hint(),
            _ => self.0.kind.hint().to_owned(),
        }
    }

    /// Why there is no session, if that is the reason.
    #[must_use]
    pub fn session_error(&self) -> Option<&kaltura_auth::Error> {
        match &self.0.cause {
            Cause::Session(error) => Some(error),
            _ => None,
        }
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

    /// What went wrong here, before or after the server had its say.
    #[must_use]
    pub fn call_error(&self) -> Option<&CallError> {
        match &self.0.cause {
            Cause::Call(failed) => Some(failed),
            _ => None,
        }
    }

    /// What the answer tells for a support permit: HTTP status, `X-Me`, `X-Kaltura-Session`.
    #[must_use]
    pub fn response_metadata(&self) -> Option<&ResponseMetadata> {
        self.0.answer.as_ref()
    }

    /// How long the server asks to wait before the next try (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.cause {
            Cause::Session(error) => error.retry_after(),
            _ => self.0.answer.as_ref()?.retry_after(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.0.called, self.0.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("called", &format_args!("{}", self.0.called))
            .field("kind", &self.0.kind)
            .field("cause", &self.0.cause)
            .field("answer", &self.0.answer)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(match &self.0.cause {
            Cause::Session(error) => error,
            Cause::Transport(error) => error,
            Cause::Api(error) => error,
            Cause::Body(error) => error,
            Cause::Call(error) => error,
        })
    }
}
