//! The kinds of errors: which response means which kind, whether it is retryable, and what to do.

use std::fmt;

use kaltura_auth::TransportErrorKind;
use kaltura_types::{ApiError, ErrorClass, ErrorCode, KsRefusal, UnexpectedBody};

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no session.
    NoSession(kaltura_auth::ErrorKind),
    /// No complete response arrived.
    Transport(TransportErrorKind),
    /// The call's own timeout expired ([`CallOptions::timeout`](crate::CallOptions::timeout)).
    TimedOut,
    /// The server refused the session (`INVALID_KS`): a KS given by the caller, or the client's session and its
    /// replacement.
    KsRefused(KsRefusal),
    /// The server does not accept the credentials in the call: a secret, a token hash, an app token, a password
    /// (`START_SESSION_ERROR`, `INVALID_APP_TOKEN_HASH`, `APP_TOKEN_EXPIRED` and similar codes).
    InvalidCredentials,
    /// The session is not allowed to do this (`SERVICE_FORBIDDEN` and similar codes).
    Forbidden,
    /// The entry belongs to another user, and the session may only change those of its own user (`INVALID_KS` with the
    /// reason `INVALID_TYPE`; wire contract, section 7). The session is valid and is kept; the call is not repeated.
    NotOwner,
    /// The partner is blocked, deleted or unknown.
    PartnerBlocked,
    /// The user of the session is blocked (`USER_BLOCKED`).
    UserBlocked,
    /// The role of the session does not exist (`INVALID_OBJECT_ID` without an id, `INVALID_SET_ROLE`).
    UnknownRole,
    /// The object does not exist, or the session may not see it.
    NotFound,
    /// The rate limit was exceeded (`ACTION_BLOCKED`).
    RateLimited,
    /// The server reports a parameter as missing that was sent: it did not read the body.
    BodyIgnored,
    /// The server rejected a parameter.
    InvalidParameter,
    /// The state of the object does not allow the call (`ENTRY_ALREADY_WITH_CONTENT` and similar codes).
    InvalidState,
    /// The server has no such service or action.
    NoSuchAction,
    /// The server failed.
    ServerFailed,
    /// The server refused with another code; see [`Error::api_error`](super::Error::api_error).
    Refused,
    /// The response is a redirect. Redirects are not followed.
    Redirected,
    /// The server is unavailable: an HTTP status 408, 429 or from 500, or an empty or incomplete body with a
    /// status of success.
    Unavailable,
    /// The response does not come from the API, or is not what this action returns.
    NotKaltura,
    /// The response to a multirequest contains no result for this call.
    NoResult,
    /// The call is invalid and was not sent, or its result was requested in an invalid way: change the program.
    InvalidCall,
}

impl ErrorKind {
    pub(super) fn of_refusal(error: &ApiError, sent: &[String]) -> Self {
        match error.class() {
            ErrorClass::InvalidKs => Self::KsRefused(error.ks_refusal().unwrap_or(KsRefusal::Unreadable)),
            ErrorClass::Credentials => Self::InvalidCredentials,
            ErrorClass::Forbidden => Self::Forbidden,
            ErrorClass::NotOwner => Self::NotOwner,
            ErrorClass::PartnerBlocked => Self::PartnerBlocked,
            ErrorClass::UserBlocked => Self::UserBlocked,
            // The role of the request, not of the session.
            ErrorClass::InvalidRole if *error.code() == ErrorCode::UnknownRoleId => Self::NotFound,
            ErrorClass::InvalidRole => Self::UnknownRole,
            ErrorClass::NotFound => Self::NotFound,
            ErrorClass::InvalidParameter => {
                let missing = match error.code() {
                    ErrorCode::MissingMandatoryParameter => error.arg("PARAM_NAME"),
                    _ => None,
                };
                let was_sent = missing.is_some_and(|missing| sent.iter().any(|name| name == missing));
                if was_sent { Self::BodyIgnored } else { Self::InvalidParameter }
            }
            ErrorClass::InvalidState => Self::InvalidState,
            ErrorClass::UnknownAction => Self::NoSuchAction,
            ErrorClass::RateLimited => Self::RateLimited,
            ErrorClass::ServerFailure => Self::ServerFailed,
            _ => Self::Refused,
        }
    }

    /// Whether the kind is that of several codes, each of which says more.
    pub(super) const fn has_several_codes(self) -> bool {
        matches!(
            self,
            Self::InvalidCredentials
                | Self::Forbidden
                | Self::PartnerBlocked
                | Self::NotFound
                | Self::InvalidParameter
                | Self::InvalidState
                | Self::NoSuchAction
                | Self::ServerFailed
                | Self::Refused
        )
    }

    pub(super) const fn of_body(body: UnexpectedBody, status: u16) -> Self {
        match (status, body) {
            (200..=299, UnexpectedBody::Empty | UnexpectedBody::TruncatedJson) => Self::Unavailable,
            _ => Self::of_status(status),
        }
    }

    /// The kind for a response whose body is not from the API.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            300..=399 => Self::Redirected,
            408 | 429 | 500.. => Self::Unavailable,
            _ => Self::NotKaltura,
        }
    }

    /// Whether the same call may succeed later without any change.
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
            Self::NoSession(_) => "Check the error of the login.",
            Self::Transport(TransportErrorKind::Connect) => {
                "Check the service URL, the network, the proxy and the certificates."
            }
            Self::Transport(TransportErrorKind::TooLarge) => {
                "Request smaller pages, or allow a larger response."
            }
            Self::Transport(TransportErrorKind::Build) => "Check the service URL and the extra headers.",
            Self::Transport(_) => {
                "The connection broke or the request timed out. Check whether the server executed the call."
            }
            Self::TimedOut => "The call timed out. Check whether the server executed it.",
            Self::KsRefused(KsRefusal::IpRestricted) => {
                "Call from an address that the session allows (iprestrict)."
            }
            Self::KsRefused(KsRefusal::UriRestricted) => "Call a path that the session allows (urirestrict).",
            Self::KsRefused(KsRefusal::ActionsLimitExceeded) => {
                "Use a new session: this one has reached its limit of calls (actionslimit)."
            }
            Self::KsRefused(_) => {
                "Check the app token: it may be deleted, or its sessions may have been ended."
            }
            Self::Forbidden => "Use a session with another type (ADMIN), other privileges or another role.",
            Self::InvalidCredentials => {
                "Check the secret, the token hash or the password in the call, and the app token that it names."
            }
            Self::NotOwner => {
                "The session is valid, but the entry belongs to another user. Use an app token whose own privileges \
                 contain edit:*, or an ADMIN session."
            }
            Self::InvalidState => "Get the object, and check its status.",
            Self::PartnerBlocked => "Ask the owner of the account: it is blocked or unknown.",
            Self::UserBlocked => "Ask the owner of the account: the user of the session is blocked.",
            Self::UnknownRole => {
                "Create a new app token: the session has a role that does not exist (setrole)."
            }
            Self::NotFound => "Check the id, and whether the session is allowed to see the object.",
            Self::RateLimited => "Wait, and call less often.",
            Self::BodyIgnored => {
                "The server did not read the request body. Make sure that the transport sends the content type exactly as \
                 application/json, without a charset."
            }
            Self::InvalidParameter => "Check the parameters of the call.",
            Self::NoSuchAction => "Check the names of service and action, and the service URL.",
            Self::ServerFailed => {
                "Try again later. The server failed, and may have executed the call in part."
            }
            Self::Refused => "Look the code up in the server's documentation.",
            Self::Redirected => "Set the service URL to the address of the redirect, if you trust it.",
            Self::Unavailable => "Try again later.",
            Self::NotKaltura => "Check the service URL, and what the action returns.",
            Self::NoResult => {
                "Check the result of the call before this one: the server may have stopped there."
            }
            Self::InvalidCall => "See the source of this error.",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSession(kind) => return write!(f, "no session: {kind}"),
            Self::Transport(kind) => return kind.fmt(f),
            Self::KsRefused(refusal) => return write!(f, "the session was refused: {refusal}"),
            Self::TimedOut => "the call timed out",
            Self::InvalidCredentials => "the server does not accept the credentials",
            Self::Forbidden => "the session may not do this",
            Self::NotOwner => "the entry belongs to another user",
            Self::InvalidState => "the state of the object does not allow this",
            Self::PartnerBlocked => "the partner is blocked or unknown",
            Self::UserBlocked => "the user is blocked",
            Self::UnknownRole => "the role of the session does not exist",
            Self::NotFound => "the object does not exist",
            Self::RateLimited => "too many calls (rate limit)",
            Self::BodyIgnored => "the server did not read the body of the request",
            Self::InvalidParameter => "the server rejected a parameter",
            Self::NoSuchAction => "the action does not exist",
            Self::ServerFailed => "the server failed",
            Self::Refused => "the server refused the call",
            Self::Redirected => "the server redirects to another address",
            Self::Unavailable => "the server is unavailable",
            Self::NotKaltura => "the response is not a valid API response",
            Self::NoResult => "the server returned no result",
            Self::InvalidCall => "the call is invalid",
        })
    }
}
