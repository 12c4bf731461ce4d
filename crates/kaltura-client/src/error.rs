//! Errors of calls.

mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{InvalidReason, Status};
use kaltura_auth::{ErrorKind as AuthErrorKind, Report, ResponseMetadata, TransportError};
use kaltura_types::payload::JsonKind;
use kaltura_types::{ApiError, InvalidDraft, PayloadError, UnexpectedBody};

pub use self::kind::ErrorKind;

use crate::multirequest::InvalidMultirequest;
use crate::pages::InvalidPager;

/// The name of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActionName {
    service: String,
    action: String,
}

impl ActionName {
    pub(crate) fn new(service: &str, action: &str) -> Self {
        Self { service: service.to_owned(), action: action.to_owned() }
    }

    /// Several calls in one request: a service without actions.
    pub(crate) fn multirequest() -> Self {
        Self::new("multirequest", "")
    }

    /// For an error of the client's session, outside of any call.
    fn none() -> Self {
        Self::new("", "")
    }

    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn action(&self) -> &str {
        &self.action
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)?;
        if self.action.is_empty() { Ok(()) } else { write!(f, ".{}", self.action) }
    }
}

/// A call failed, or there is no session.
///
/// The error says which call ([`service`](Self::service), [`action`](Self::action)), why ([`kind`](Self::kind)) and
/// what to do ([`hint`](Self::hint)). Its source is the cause with the details. No text is in it and in a source of it,
/// so that the texts of the chain can be joined; [`report`](Self::report) does that. It contains no secret: little of
/// what the server writes is shown. Cloning is cheap.
///
/// The errors of [`Client::session`](crate::Client::session) and of [`kaltura_auth`] are of this type too, by `?`:
///
/// ```
/// # use kaltura_client::{Client, Error, RawAction, auth::{AppTokenLogin, Transport}};
/// async fn log_in_and_call(
///     login: AppTokenLogin,
///     transport: &dyn Transport,
///     client: &Client,
/// ) -> Result<(), Error> {
///     let session = login.run(transport).await?;
///     let same_user = client.session().await?.user_id() == session.user_id();
///     client.call(&RawAction::new("media", "list")).await?;
///     # let _ = same_user;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    name: ActionName,
    kind: ErrorKind,
    cause: Cause,
    response: Option<ResponseMetadata>,
}

#[derive(Debug)]
enum Cause {
    Session(kaltura_auth::Error),
    Transport(TransportError),
    Api(ApiError),
    Body(UnexpectedBody),
    Call(CallError),
}

/// The cause of an error that this library detected, not the server or the transport.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The call's own timeout expired ([`CallOptions::timeout`](crate::CallOptions::timeout)).
    #[error("the timeout was {} s", timeout.as_secs_f64())]
    TimedOut {
        /// The timeout.
        timeout: Duration,
    },
    /// The session source supports no session requests, so it has no sessions for other users.
    #[error("the session source does not support session requests")]
    SessionRequestsUnsupported,
    /// The body could be a result, but the API returns no result with this HTTP status: the response comes from a proxy
    /// or gateway.
    #[error("the body may be a result, but the API sends results with status 200 only")]
    UnexpectedStatus {
        /// The HTTP status.
        status: u16,
    },
    /// The server's list of results ends before this call.
    #[error("the list of results ends before this call")]
    NoResult,
    /// The handle belongs to another multirequest.
    #[error("the handle belongs to another multirequest")]
    ForeignHandle,
    /// The call has a parameter that only the client sets ([`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS)), and
    /// was not sent.
    #[error("the parameter `{name}` is reserved: only the client sets it")]
    ReservedParameter {
        /// The parameter.
        name: &'static str,
    },
    /// A filter has an empty member, which the server would ignore: it would list, count or delete everything. The call
    /// was not sent. To send it nevertheless, see [`RawAction::allow_unfiltered`](crate::RawAction::allow_unfiltered).
    #[error("`{member}` is empty: the server would ignore it, and the filter would match everything")]
    EmptyFilterMember {
        /// The path of the member, such as `filter.idIn`.
        member: String,
    },
    /// The action returns no list, so it has no pages. The call was executed.
    #[error("the result is not a list")]
    NotAList,
    /// The pager of the action is invalid for reading all pages. Nothing was sent.
    #[error(transparent)]
    Pager(#[from] InvalidPager),
    /// The server repeats a page instead of sending the next one, so that the list is incomplete.
    #[error("the server repeats a page: it has sent {listed} objects{}", .total.map(|total| format!(" of {total}")).unwrap_or_default())]
    IncompleteList {
        /// How many objects were listed.
        listed: u64,
        /// How many there are by the server's count.
        total: Option<u64>,
    },
    /// The list has more objects than the limit ([`Pages::max_objects`](crate::Pages::max_objects)).
    #[error("the list has more than {max} objects")]
    ListTooLong {
        /// The limit.
        max: u64,
    },
    /// The multirequest is invalid, and was not sent.
    #[error(transparent)]
    Multirequest(#[from] InvalidMultirequest),
    /// The server would misread the app token draft, so it was not sent.
    #[error(transparent)]
    Draft(#[from] InvalidDraft),
    /// The app token has a hash type that this library cannot compute.
    #[error("the app token has a hash type that this library cannot compute")]
    UnknownHashType,
}

impl Error {
    pub(crate) fn session(name: ActionName, error: kaltura_auth::Error) -> Self {
        Self::new(name, ErrorKind::NoSession(error.kind()), Cause::Session(error), None)
    }

    pub(crate) fn transport(name: ActionName, error: TransportError) -> Self {
        Self::new(name, ErrorKind::Transport(error.kind()), Cause::Transport(error), None)
    }

    pub(crate) fn call(name: ActionName, error: CallError) -> Self {
        let kind = match error {
            CallError::TimedOut { .. } => ErrorKind::TimedOut,
            CallError::UnexpectedStatus { status } => ErrorKind::of_status(status),
            CallError::NoResult => ErrorKind::NoResult,
            CallError::NotAList | CallError::IncompleteList { .. } => ErrorKind::NotKaltura,
            CallError::SessionRequestsUnsupported
            | CallError::ForeignHandle
            | CallError::ReservedParameter { .. }
            | CallError::EmptyFilterMember { .. }
            | CallError::Pager(_)
            | CallError::ListTooLong { .. }
            | CallError::Multirequest(_)
            | CallError::Draft(_)
            | CallError::UnknownHashType => ErrorKind::InvalidCall,
        };
        Self::new(name, kind, Cause::Call(error), None)
    }

    /// The body could be a result, but the API returns no result with this HTTP status.
    pub(crate) fn unexpected_status(name: ActionName, metadata: &ResponseMetadata) -> Self {
        let status = metadata.status();
        let cause = Cause::Call(CallError::UnexpectedStatus { status });
        Self::new(name, ErrorKind::of_status(status), cause, Some(metadata.clone()))
    }

    /// An object of a list has another form than the caller expects.
    pub(crate) fn object(name: ActionName, error: PayloadError) -> Self {
        let body = match error {
            PayloadError::Unexpected(body) => body,
            _ => UnexpectedBody::WrongShape { expected: "object of the list", found: JsonKind::Object },
        };
        Self::new(name, ErrorKind::NotKaltura, Cause::Body(body), None)
    }

    /// The server received none of the calls of a multirequest.
    pub(crate) fn body_ignored(name: ActionName, metadata: &ResponseMetadata) -> Self {
        let body = UnexpectedBody::WrongShape { expected: "list of its results", found: JsonKind::Array };
        Self::new(name, ErrorKind::BodyIgnored, Cause::Body(body), Some(metadata.clone()))
    }

    /// The response is an API error, or no API response at all. `sent` are the names of the request's parameters,
    /// `secrets` the texts to redact.
    pub(crate) fn response(
        name: ActionName,
        error: PayloadError,
        metadata: &ResponseMetadata,
        sent: &[String],
        secrets: &[&str],
    ) -> Self {
        let (kind, cause) = match error {
            PayloadError::Api(error) => {
                (ErrorKind::of_refusal(&error, sent), Cause::Api(error.redacted(secrets)))
            }
            PayloadError::Unexpected(body) => {
                (ErrorKind::of_body(body, metadata.status()), Cause::Body(body))
            }
            _ => (ErrorKind::NotKaltura, Cause::Body(UnexpectedBody::InvalidJson)),
        };
        Self::new(name, kind, cause, Some(metadata.clone()))
    }

    /// Replaces the error if the server refused this session and the one before it as logged out: then the sessions of
    /// the token group were ended, and no login helps.
    pub(crate) fn or_group_ended(self, invalid: Option<InvalidReason>, status: &Status) -> Self {
        let ended = status.last_error.clone().filter(|error| error.kind() == AuthErrorKind::TokenGroupEnded);
        match (invalid, ended) {
            (Some(InvalidReason::LoggedOut), Some(ended)) => Self::session(self.0.name.clone(), ended),
            _ => self,
        }
    }

    fn new(name: ActionName, kind: ErrorKind, cause: Cause, response: Option<ResponseMetadata>) -> Self {
        Self(Arc::new(Inner { name, kind, cause, response }))
    }

    /// The service of the call, such as `media`; `multirequest` for several calls in one request; empty if the error is
    /// not that of a call.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.0.name.service
    }

    /// The action of the call, such as `list`; empty for several calls in one request, and if the error is not that of
    /// a call.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.0.name.action
    }

    /// Why the call failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later without any change. This does not mean that a retry is safe: the server
    /// may have executed the call.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.0.cause {
            Cause::Session(error) => error.is_retryable(),
            _ => self.0.kind.is_retryable(),
        }
    }

    /// What to do, in one or two sentences. Causes and remedies of each error code of the API are in the
    /// [error reference](kaltura_types::error_reference).
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.0.cause {
            Cause::Session(error) => error.hint(),
            _ => match self.response_metadata().and_then(ResponseMetadata::redirect_target) {
                Some(target) => format!("{} It leads to {target}.", self.0.kind.hint()),
                None => self.0.kind.hint().to_owned(),
            },
        }
    }

    /// The error, its causes and the hint as one text.
    ///
    /// ```
    /// # use kaltura_client::Error;
    /// # fn example(error: Error) {
    /// eprintln!("{:#}", error.report());
    /// # }
    /// ```
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report::new(self, self.hint())
    }

    /// The error of the login, if there is no session.
    #[must_use]
    pub fn session_error(&self) -> Option<&kaltura_auth::Error> {
        match &self.0.cause {
            Cause::Session(error) => Some(error),
            _ => None,
        }
    }

    /// The API error, if the server refused the call.
    #[must_use]
    pub fn api_error(&self) -> Option<&ApiError> {
        match &self.0.cause {
            Cause::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The error of the transport, if no complete response arrived.
    #[must_use]
    pub fn transport_error(&self) -> Option<&TransportError> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            _ => None,
        }
    }

    /// What the response body was instead of an API response.
    #[must_use]
    pub fn unexpected_body(&self) -> Option<&UnexpectedBody> {
        match &self.0.cause {
            Cause::Body(body) => Some(body),
            _ => None,
        }
    }

    /// The error that this library detected.
    #[must_use]
    pub fn call_error(&self) -> Option<&CallError> {
        match &self.0.cause {
            Cause::Call(error) => Some(error),
            _ => None,
        }
    }

    /// The HTTP status, `X-Me` and `X-Kaltura-Session` of the response, for a support ticket.
    #[must_use]
    pub fn response_metadata(&self) -> Option<&ResponseMetadata> {
        self.0.response.as_ref()
    }

    /// How long the server asks to wait before a retry (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.cause {
            Cause::Session(error) => error.retry_after(),
            _ => self.0.response.as_ref()?.retry_after(),
        }
    }
}

impl From<kaltura_auth::Error> for Error {
    /// The error of a login outside of any call.
    fn from(error: kaltura_auth::Error) -> Self {
        Self::session(ActionName::none(), error)
    }
}

impl Error {
    /// The HTTP status, if the response is not from the API: otherwise it says nothing.
    fn telling_status(&self) -> Option<u16> {
        match &self.0.cause {
            Cause::Body(_) => self.response_metadata().map(ResponseMetadata::status),
            Cause::Call(CallError::UnexpectedStatus { status }) => Some(*status),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0.name;
        match &self.0.cause {
            Cause::Session(error) if *name == ActionName::none() => return error.fmt(f),
            Cause::Session(error) => return write!(f, "{name} failed: no session: {error}"),
            _ => write!(f, "{name} failed: ")?,
        }
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
            .field("action", &format_args!("{}", self.0.name))
            .field("kind", &self.0.kind)
            .field("cause", &self.0.cause)
            .field("response", &self.0.response)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            // The texts of both are already in that of this error.
            Cause::Session(error) => error.source(),
            Cause::Transport(error) => error.source(),
            Cause::Api(error) => Some(error),
            Cause::Body(error) => Some(error),
            Cause::Call(error) => Some(error),
        }
    }
}
