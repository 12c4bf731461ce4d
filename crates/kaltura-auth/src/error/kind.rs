//! The kinds of failed logins: which answer means what, whether to try again, and what to do.

use std::fmt;

use kaltura_types::{ApiError, ErrorCode, KsRefusal, UnexpectedBody};

use crate::transport::TransportErrorKind;

/// Why a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No complete answer arrived.
    Transport(TransportErrorKind),
    /// The hash does not prove that the caller has the token (`INVALID_APP_TOKEN_HASH`).
    InvalidTokenHash,
    /// The partner has no such token, or no longer (`APP_TOKEN_ID_NOT_FOUND`).
    TokenNotFound,
    /// The token is disabled (`APP_TOKEN_NOT_ACTIVE`).
    TokenNotActive,
    /// The token is past its own end (`APP_TOKEN_EXPIRED`).
    TokenExpired,
    /// There is no such widget here (`INVALID_WIDGET_ID`).
    UnknownWidget,
    /// The partner is blocked, deleted or unknown (`SERVICE_FORBIDDEN_CONTENT_BLOCKED` and its kin).
    PartnerBlocked,
    /// The call is not allowed (`SERVICE_FORBIDDEN` and its kin).
    Forbidden,
    /// The user is blocked (`USER_BLOCKED`).
    UserBlocked,
    /// The role that the session should have does not exist (`INVALID_OBJECT_ID`, `UNKNOWN_ROLE_ID`, `INVALID_SET_ROLE`).
    UnknownRole,
    /// The server refuses the widget session, a fresh one too (`INVALID_KS`).
    KsRefused(KsRefusal),
    /// Too many calls in too short a time (`ACTION_BLOCKED`).
    RateLimited,
    /// The server misses a parameter that was sent: it did not read the body (`MISSING_MANDATORY_PARAMETER`).
    BodyIgnored,
    /// The server does not accept a parameter (`INVALID_ENUM_VALUE`, `INVALID_PARAMETER_CHAR` and others).
    InvalidParameter,
    /// The server has no such service or action: it is no Kaltura of this kind, or a very old one.
    NoSuchAction,
    /// The server failed (`INTERNAL_SERVERL_ERROR`, `INTERNAL_DATABASE_ERROR`, `LOCK_TIMED_OUT`).
    ServerFailed,
    /// The partner's secret is wrong, or does not start sessions of this type (`START_SESSION_ERROR`).
    InvalidSecret,
    /// The server refused for a reason that this crate has no name for.
    Refused,
    /// The answer redirects to another address, which is not followed.
    Redirected,
    /// What answered is in trouble: an HTTP status from 500, or 429, or nothing or half of an answer.
    Unavailable,
    /// What answered is not the API: a page, a bare text, XML, other JSON.
    NotKaltura,
    /// The answer is for another partner than the credentials.
    OtherPartner,
    /// The session was over when it was granted.
    ExpiredOnArrival,
    /// Sessions of this source never live as long as was needed.
    SessionTooShort,
    /// The server grants sessions and refuses them at once as logged out: the sessions of this token were ended
    /// by `session.end`, which holds for new ones too.
    TokenGroupEnded,
    /// The server grants sessions and refuses them at once as expired.
    RevokedEarly,
    /// The login took longer than a session manager lets it.
    LoginTimedOut,
    /// A source of credentials or sessions, brought by the user of this library, is not available now.
    SourceUnavailable,
    /// A source of credentials or sessions, brought by the user of this library, has failed.
    SourceFailed,
}

impl ErrorKind {
    /// What a refusal of the API means. `sent` are the names of the parameters that the request had.
    pub(super) fn of_refusal(error: &ApiError, sent: &[String]) -> Self {
        use ErrorCode as Code;
        match error.code() {
            Code::InvalidAppTokenHash => Self::InvalidTokenHash,
            Code::AppTokenIdNotFound => Self::TokenNotFound,
            Code::AppTokenNotActive => Self::TokenNotActive,
            Code::AppTokenExpired => Self::TokenExpired,
            Code::InvalidWidgetId => Self::UnknownWidget,
            Code::ServiceForbiddenContentBlocked
            | Code::ServiceForbiddenFullyBlocked
            | Code::ServiceForbiddenPartnerDeleted => Self::PartnerBlocked,
            Code::ServiceForbidden
            | Code::ServiceAccessControlRestricted
            | Code::AccessUnauthorized
            | Code::PartnerAccessForbidden
            | Code::MissingKs => Self::Forbidden,
            Code::UserBlocked => Self::UserBlocked,
            Code::InvalidObjectId | Code::UnknownRoleId | Code::InvalidSetRole => Self::UnknownRole,
            Code::InvalidKs => Self::KsRefused(error.ks_refusal().unwrap_or(KsRefusal::Unreadable)),
            Code::ActionBlocked => Self::RateLimited,
            Code::MissingMandatoryParameter => {
                let missing = error.arg("PARAM_NAME").unwrap_or_default();
                if sent.iter().any(|name| name == missing) {
                    Self::BodyIgnored
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
            Code::StartSessionError => Self::InvalidSecret,
            Code::InternalServerError | Code::InternalDatabaseError | Code::LockTimedOut => {
                Self::ServerFailed
            }
            _ => Self::Refused,
        }
    }

    /// What a body means that is not the API's; here the status helps.
    pub(super) const fn of_body(body: UnexpectedBody, status: u16) -> Self {
        match (status, body) {
            (300..=399, _) => Self::Redirected,
            (429 | 500.., _) | (_, UnexpectedBody::Empty | UnexpectedBody::CutJson) => Self::Unavailable,
            _ => Self::NotKaltura,
        }
    }

    /// Whether the same login, tried again later, may succeed without anybody doing anything.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Transport(kind) => {
                matches!(
                    kind,
                    TransportErrorKind::Connect | TransportErrorKind::Timeout | TransportErrorKind::Io
                )
            }
            Self::RateLimited
            | Self::ServerFailed
            | Self::Unavailable
            | Self::RevokedEarly
            | Self::LoginTimedOut
            | Self::SourceUnavailable => true,
            _ => false,
        }
    }

    /// What to do, for a person.
    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::Transport(kind) => of_transport(kind),
            Self::InvalidTokenHash => {
                "Check the token value and the hash type: both must be those of this app token, and the value goes in \
                 without blanks or line ends. If the hash type is unknown, detect it."
            }
            Self::TokenNotFound => {
                "Check the app token id, the partner id and the region: the token exists at none other, or was deleted."
            }
            Self::TokenNotActive => {
                "The app token is disabled; no action of the API enables it. Make a new one."
            }
            Self::TokenExpired => "The app token is past its own end. Make a new one, or move its expiry.",
            Self::UnknownWidget => {
                "Check the partner id and the region: the default widget of a partner exists in its own region only."
            }
            Self::PartnerBlocked => {
                "Check the partner id; if it is right, the account is blocked: ask its owner."
            }
            Self::Forbidden => "The account does not allow this call from here: ask its owner.",
            Self::UserBlocked => "The user of the app token is blocked: ask the account's owner.",
            Self::UnknownRole => {
                "The app token names a role that does not exist (setrole): make a new token."
            }
            Self::KsRefused(_) => {
                "A fresh widget session was refused as well: check the service URL for a proxy or cache."
            }
            Self::RateLimited => "Too many calls in too short a time: wait, and log in less often.",
            Self::BodyIgnored => {
                "The server missed a parameter that was sent, so it did not read the body: the transport must send the \
                 content type exactly as application/json, without a charset."
            }
            Self::InvalidParameter => {
                "Check what the session request asks for: the server does not accept it."
            }
            Self::NoSuchAction => "Check the service URL: what answers there has no app tokens.",
            Self::ServerFailed => "The server failed; try again later.",
            Self::InvalidSecret => {
                "Check the partner id and the secret; an ADMIN session takes the admin secret."
            }
            Self::Refused => "Look the code up in the server's documentation.",
            Self::Redirected => {
                "The service URL redirects to another address: use that one, if you trust it."
            }
            Self::Unavailable => "What answers is in trouble; try again later.",
            Self::NotKaltura => {
                "Check the service URL: what answers there is not the Kaltura API, or something stands in between."
            }
            Self::OtherPartner => "Check the widget id: it belongs to another partner.",
            Self::ExpiredOnArrival => {
                "The app token makes sessions that are over at once: its session duration is 0 or was never set. Set it \
                 with appToken.update, or make a new token."
            }
            Self::SessionTooShort => {
                "Ask for a longer lifetime, make a token with a longer one, or need less."
            }
            Self::TokenGroupEnded => {
                "All sessions of this app token were ended, those to come included (session.end). Make a new token."
            }
            Self::RevokedEarly => {
                "Check the clock and the address of this machine, and the limits of the app token."
            }
            Self::LoginTimedOut => "The login took too long; try again, or raise the limit.",
            Self::SourceUnavailable | Self::SourceFailed => "See the error's source.",
        }
    }
}

const fn of_transport(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::Build => {
            "Check the service URL and the extra headers: no request can be made of them."
        }
        TransportErrorKind::Connect => "Check the service URL, the network, the proxy and the certificates.",
        TransportErrorKind::Timeout => {
            "The server did not answer in time; try again, or raise the time limit."
        }
        TransportErrorKind::Io => "The connection broke; try again.",
        TransportErrorKind::TooLarge => "Check the service URL: a login's answer is small.",
        TransportErrorKind::Other => "See the error's source.",
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transport(kind) => return kind.fmt(f),
            Self::KsRefused(refusal) => return write!(f, "the widget session was refused: {refusal}"),
            Self::InvalidTokenHash => "the server does not accept the proof of the app token",
            Self::TokenNotFound => "the partner has no such app token",
            Self::TokenNotActive => "the app token is disabled",
            Self::TokenExpired => "the app token has expired",
            Self::UnknownWidget => "there is no such widget here",
            Self::PartnerBlocked => "the partner is blocked or unknown",
            Self::Forbidden => "the call is not allowed",
            Self::UserBlocked => "the user is blocked",
            Self::UnknownRole => "the role of the session does not exist",
            Self::RateLimited => "too many calls in too short a time",
            Self::BodyIgnored => "the server did not read the body of the request",
            Self::InvalidParameter => "the server does not accept a parameter",
            Self::NoSuchAction => "the server has no such action",
            Self::ServerFailed => "the server failed",
            Self::InvalidSecret => "the server does not accept the partner's secret",
            Self::Refused => "the server refused",
            Self::Redirected => "the server redirects to another address",
            Self::Unavailable => "the server is in trouble",
            Self::NotKaltura => "what answered is not the Kaltura API",
            Self::OtherPartner => "the answer is for another partner",
            Self::ExpiredOnArrival => "the session was over when it was granted",
            Self::SessionTooShort => "no session lives as long as was needed",
            Self::TokenGroupEnded => "the server refuses each new session of the app token",
            Self::RevokedEarly => "the server refuses each new session as expired",
            Self::LoginTimedOut => "the login took too long",
            Self::SourceUnavailable => "it is not available",
            Self::SourceFailed => "it gave nothing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &str, arg: (&str, &str)) -> ErrorKind {
        ErrorKind::of_refusal(&ApiError::new(code, "", [arg]), &["widgetId".to_owned()])
    }

    #[test]
    fn a_parameter_that_was_sent_and_is_missed_means_that_the_body_was_not_read() {
        let missing = |name| kind("MISSING_MANDATORY_PARAMETER", ("PARAM_NAME", name));
        assert_eq!(missing("widgetId"), ErrorKind::BodyIgnored);
        assert_eq!(missing("secret"), ErrorKind::InvalidParameter);
    }

    #[test]
    fn the_reason_of_a_refused_ks_is_kept() {
        assert_eq!(kind("INVALID_KS", ("KSID", "LOGOUT")), ErrorKind::KsRefused(KsRefusal::LoggedOut));
        assert_eq!(kind("INVALID_KS", ("KSID", "anything")), ErrorKind::KsRefused(KsRefusal::Unreadable));
    }

    #[test]
    fn an_unknown_code_is_a_refusal_like_any_other() {
        assert_eq!(kind("BRAND_NEW", ("", "")), ErrorKind::Refused);
        assert!(!ErrorKind::Refused.is_retryable());
    }

    #[test]
    fn status_helps_where_the_body_is_not_the_apis() {
        assert_eq!(ErrorKind::of_body(UnexpectedBody::Html, 302), ErrorKind::Redirected);
        assert_eq!(ErrorKind::of_body(UnexpectedBody::Html, 503), ErrorKind::Unavailable);
        assert_eq!(ErrorKind::of_body(UnexpectedBody::PlainText, 429), ErrorKind::Unavailable);
        assert_eq!(ErrorKind::of_body(UnexpectedBody::Html, 200), ErrorKind::NotKaltura);
        assert_eq!(ErrorKind::of_body(UnexpectedBody::CutJson, 200), ErrorKind::Unavailable);
        assert_eq!(ErrorKind::of_body(UnexpectedBody::Html, 404), ErrorKind::NotKaltura);
    }
}
