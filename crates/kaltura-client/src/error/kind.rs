//! The kinds of failed calls: which answer means what, whether to try again, and what to do.

use std::fmt;

use kaltura_auth::TransportErrorKind;
use kaltura_types::{ApiError, ErrorCode, KsRefusal, UnexpectedBody};

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no session to call with.
    NoSession(kaltura_auth::ErrorKind),
    /// No complete answer arrived.
    Transport(TransportErrorKind),
    /// The caller's own time limit was reached.
    TimedOut,
    /// The server refuses the session (`INVALID_KS`): the caller's own, or the client's and then a new one too.
    KsRefused(KsRefusal),
    /// The session may not do this (`SERVICE_FORBIDDEN` and its kin).
    Forbidden,
    /// The partner is blocked, deleted or unknown.
    PartnerBlocked,
    /// The user of the session is blocked (`USER_BLOCKED`).
    UserBlocked,
    /// The role of the session does not exist (`INVALID_OBJECT_ID` without an id, `INVALID_SET_ROLE`).
    UnknownRole,
    /// The object does not exist, or the session may not see it.
    NotFound,
    /// Too many calls in too short a time (`ACTION_BLOCKED`).
    RateLimited,
    /// The server misses a parameter that was sent: it did not read the body.
    BodyNotRead,
    /// The server does not accept a parameter.
    InvalidParameter,
    /// The server has no such service or action.
    NoSuchAction,
    /// The server failed.
    ServerFailed,
    /// The server refused for a reason that this crate has no name for; see the code.
    Refused,
    /// The answer redirects to another address, which is not followed.
    Redirected,
    /// What answered is in trouble: an HTTP status from 500, or 429, or nothing or half of an answer.
    Unavailable,
    /// What answered is not the API, or not what this action answers.
    NotKaltura,
    /// The server answered a multirequest without a result for this call.
    NotAnswered,
    /// The call can not be made like this, or its result not be taken like this: the program has to change.
    InvalidCall,
}

impl ErrorKind {
    pub(super) fn of_refusal(error: &ApiError, sent: &[String]) -> Self {
        use ErrorCode as Code;
        match error.code() {
            Code::InvalidKs => Self::KsRefused(error.ks_refusal().unwrap_or(KsRefusal::Unreadable)),
            Code::ServiceForbidden
            | Code::ServiceAccessControlRestricted
            | Code::AccessUnauthorized
            | Code::PartnerAccessForbidden
            | Code::MissingKs => Self::Forbidden,
            Code::ServiceForbiddenContentBlocked
            | Code::ServiceForbiddenFullyBlocked
            | Code::ServiceForbiddenPartnerDeleted => Self::PartnerBlocked,
            Code::UserBlocked => Self::UserBlocked,
            // The server names no object where the role of the session itself is missing.
            Code::InvalidObjectId if error.arg("ID") == Some("N/A") => Self::UnknownRole,
            Code::InvalidSetRole => Self::UnknownRole,
            Code::AppTokenIdNotFound | Code::InvalidObjectId | Code::UnknownRoleId => Self::NotFound,
            Code::ActionBlocked => Self::RateLimited,
            Code::MissingMandatoryParameter => {
                let missing = error.arg("PARAM_NAME").unwrap_or_default();
                if sent.iter().any(|name| name == missing) {
                    Self::BodyNotRead
                } else {
                    Self::InvalidParameter
                }
            }
            Code::InvalidEnumValue
            | Code::InvalidParameterChar
            | Code::InvalidLanguageCode
            | Code::InvalidFieldValue
            | Code::InvalidActionsLimit
            | Code::PropertyValidationNotUpdatable
            | Code::PropertyValidationWrongFormat => Self::InvalidParameter,
            Code::ServiceNotSpecified
            | Code::ServiceDoesNotExist
            | Code::ActionNotSpecified
            | Code::ActionDoesNotExist => Self::NoSuchAction,
            Code::InternalServerError | Code::InternalDatabaseError | Code::LockTimedOut => {
                Self::ServerFailed
            }
            // The other services name theirs ENTRY_ID_NOT_FOUND, INVALID_USER_ID and so on.
            Code::Other(code) if code.ends_with("_NOT_FOUND") => Self::NotFound,
            _ => Self::Refused,
        }
    }

    pub(super) const fn of_body(body: UnexpectedBody, status: u16) -> Self {
        match (status, body) {
            (200..=299, UnexpectedBody::Empty | UnexpectedBody::CutJson) => Self::Unavailable,
            _ => Self::of_status(status),
        }
    }

    /// What a status means where the body is not the API's.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            300..=399 => Self::Redirected,
            429 | 500.. => Self::Unavailable,
            _ => Self::NotKaltura,
        }
    }

    /// Whether the same call, tried again later, may succeed without anybody doing anything.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Transport(kind) => {
                matches!(
                    kind,
                    TransportErrorKind::Connect | TransportErrorKind::Timeout | TransportErrorKind::Io
                )
            }
            Self::NoSession(kind) => kind.is_retryable(),
            Self::TimedOut | Self::RateLimited | Self::ServerFailed | Self::Unavailable => true,
            _ => false,
        }
    }

    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::NoSession(_) => "See why the login failed.",
            Self::Transport(TransportErrorKind::Connect) => {
                "Check the service URL, the network, the proxy and the certificates."
            }
            Self::Transport(TransportErrorKind::TooLarge) => {
                "Ask for smaller pages, or allow a larger answer."
            }
            Self::Transport(TransportErrorKind::Build) => "Check the service URL and the extra headers.",
            Self::Transport(_) => {
                "The connection broke or the server was too slow; the call may have been carried out."
            }
            Self::TimedOut => "The time limit of the call was reached; the call may have been carried out.",
            Self::KsRefused(KsRefusal::AddressRestricted) => {
                "The session may be used from certain addresses only (iprestrict)."
            }
            Self::KsRefused(KsRefusal::UriRestricted) => {
                "The session may call certain paths only (urirestrict)."
            }
            Self::KsRefused(KsRefusal::ActionsUsedUp) => {
                "The session may make so many calls only (actionslimit)."
            }
            Self::KsRefused(_) => {
                "Look at where the session comes from: its app token may be deleted, or its sessions ended."
            }
            Self::Forbidden => {
                "The session may not do this: it needs another type (ADMIN), other privileges or another role."
            }
            Self::PartnerBlocked => "The account is blocked or unknown: contact its owner.",
            Self::UserBlocked => "The user of the session is blocked: contact the account's owner.",
            Self::UnknownRole => {
                "The session names a role that does not exist (setrole): make a new app token."
            }
            Self::NotFound => "Check the id; the session may also not be allowed to see the object.",
            Self::RateLimited => "Too many calls in too short a time: wait, and call less often.",
            Self::BodyNotRead => {
                "The server missed a parameter that was sent, so it did not read the body: the transport must send the \
                 content type exactly as application/json, without a charset."
            }
            Self::InvalidParameter => "Check the parameters of the call.",
            Self::NoSuchAction => "Check the names of service and action, and the service URL.",
            Self::ServerFailed => "The server failed; the call may have been carried out in part.",
            Self::Refused => "Look the code up in the server's documentation.",
            Self::Redirected => {
                "The service URL redirects to another address: use that one, if you trust it."
            }
            Self::Unavailable => "The server is unavailable; try again later.",
            Self::NotKaltura => "Check the service URL, and that the action answers what was expected.",
            Self::NotAnswered => "Look at the call before it; this one may not have been carried out.",
            Self::InvalidCall => "See the error's source.",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSession(kind) => return write!(f, "there is no session: {kind}"),
            Self::Transport(kind) => return kind.fmt(f),
            Self::KsRefused(refusal) => return write!(f, "the session was refused: {refusal}"),
            Self::TimedOut => "its time limit was reached",
            Self::Forbidden => "the session may not do this",
            Self::PartnerBlocked => "the partner is blocked or unknown",
            Self::UserBlocked => "the user is blocked",
            Self::UnknownRole => "the role of the session does not exist",
            Self::NotFound => "there is no such object",
            Self::RateLimited => "too many calls in too short a time",
            Self::BodyNotRead => "the server did not read the body of the request",
            Self::InvalidParameter => "the server does not accept a parameter",
            Self::NoSuchAction => "the server has no such action",
            Self::ServerFailed => "the server failed",
            Self::Refused => "the server refused",
            Self::Redirected => "the server redirects to another address",
            Self::Unavailable => "the server is unavailable",
            Self::NotKaltura => "the answer is not what was expected",
            Self::NotAnswered => "the server gave no result for it",
            Self::InvalidCall => "it can not be done like this",
        })
    }
}
