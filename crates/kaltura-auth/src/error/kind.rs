//! The kinds of login errors: what each response means, whether to retry, and what to do.

use std::fmt;

use kaltura_types::{ApiError, ErrorClass, ErrorCode, KsRefusal, UnexpectedBody};

use crate::transport::TransportErrorKind;

/// Why a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No complete response arrived.
    Transport(TransportErrorKind),
    /// The hash does not prove that the caller has the token (`INVALID_APP_TOKEN_HASH`).
    InvalidTokenHash,
    /// The partner has no such token, or it was deleted (`APP_TOKEN_ID_NOT_FOUND`).
    TokenNotFound,
    /// The token is disabled (`APP_TOKEN_NOT_ACTIVE`).
    TokenNotActive,
    /// The token has expired (`APP_TOKEN_EXPIRED`).
    TokenExpired,
    /// The server has no such widget (`INVALID_WIDGET_ID`).
    UnknownWidget,
    /// The partner is blocked, deleted or unknown (`SERVICE_FORBIDDEN_CONTENT_BLOCKED` and similar codes).
    PartnerBlocked,
    /// The call is not allowed (`SERVICE_FORBIDDEN` and similar codes).
    Forbidden,
    /// The user is blocked (`USER_BLOCKED`).
    UserBlocked,
    /// The role in the session's privileges does not exist (`INVALID_OBJECT_ID`, `UNKNOWN_ROLE_ID`, `INVALID_SET_ROLE`).
    UnknownRole,
    /// The server refuses the widget session, even a new one (`INVALID_KS`).
    KsRefused(KsRefusal),
    /// The rate limit was exceeded (`ACTION_BLOCKED`).
    RateLimited,
    /// The server reports a parameter as missing that was sent, so it did not read the body
    /// (`MISSING_MANDATORY_PARAMETER`).
    BodyIgnored,
    /// The server does not accept a parameter (`INVALID_ENUM_VALUE`, `INVALID_PARAMETER_CHAR` and others).
    InvalidParameter,
    /// The server has no such service or action: it is a very old one, or a server of another kind.
    NoSuchAction,
    /// The server failed (`INTERNAL_SERVERL_ERROR`, `INTERNAL_DATABASE_ERROR`, `LOCK_TIMED_OUT`).
    ServerFailed,
    /// The partner's secret is wrong, or not valid for sessions of this type (`START_SESSION_ERROR`).
    InvalidSecret,
    /// The server does not accept the credentials of a user (`USER_WRONG_PASSWORD`, `INVALID_OTP` and others).
    InvalidCredentials,
    /// An object that the login names does not exist (`INVALID_USER_ID` and others).
    NotFound,
    /// The server refused with a code that has no kind here.
    Refused,
    /// The response is a redirect, which is not followed.
    Redirected,
    /// The server is unavailable: HTTP status 408, 429, 500 or above, or an empty or truncated body with a status of
    /// success.
    Unavailable,
    /// The response is not from the API: an HTML page, plain text, XML, other JSON.
    NotKaltura,
    /// The response is for another partner than the credentials.
    OtherPartner,
    /// The session had expired when it was granted.
    ExpiredOnArrival,
    /// The sessions of this source are not valid for as long as needed.
    SessionTooShort,
    /// The server grants sessions and refuses them at once as logged out: the sessions of this token were ended
    /// by `session.end`, which holds for new ones too.
    TokenGroupEnded,
    /// The server grants sessions and refuses them at once: as expired, or because one call used up their `actionslimit`.
    RevokedEarly,
    /// The login exceeded the session manager's timeout.
    LoginTimedOut,
    /// A source of credentials or sessions that the program implements itself is unavailable.
    SourceUnavailable,
    /// A source of credentials or sessions that the program implements itself has failed.
    SourceFailed,
}

impl ErrorKind {
    /// The kind of an API error. `sent` are the names of the request's parameters.
    pub(super) fn of_refusal(error: &ApiError, sent: &[String]) -> Self {
        use ErrorCode as Code;
        match (error.class(), error.code()) {
            (_, Code::InvalidAppTokenHash) => Self::InvalidTokenHash,
            (_, Code::AppTokenIdNotFound) => Self::TokenNotFound,
            (_, Code::AppTokenNotActive) => Self::TokenNotActive,
            (_, Code::AppTokenExpired) => Self::TokenExpired,
            (_, Code::InvalidWidgetId | Code::StartWidgetSessionError) => Self::UnknownWidget,
            (_, Code::StartSessionError) => Self::InvalidSecret,
            // A login names no other object that has an id of this kind.
            (_, Code::InvalidObjectId) => Self::UnknownRole,
            (ErrorClass::InvalidKs, _) => {
                Self::KsRefused(error.ks_refusal().unwrap_or(KsRefusal::Unreadable))
            }
            (ErrorClass::Credentials, _) => Self::InvalidCredentials,
            (ErrorClass::Forbidden | ErrorClass::NotOwner, _) => Self::Forbidden,
            (ErrorClass::PartnerBlocked, _) => Self::PartnerBlocked,
            (ErrorClass::UserBlocked, _) => Self::UserBlocked,
            (ErrorClass::InvalidRole, _) => Self::UnknownRole,
            (ErrorClass::NotFound, _) => Self::NotFound,
            (ErrorClass::InvalidParameter, Code::MissingMandatoryParameter) => {
                let missing = error.arg("PARAM_NAME").unwrap_or_default();
                if sent.iter().any(|name| name == missing) {
                    Self::BodyIgnored
                } else {
                    Self::InvalidParameter
                }
            }
            (ErrorClass::InvalidParameter, _) => Self::InvalidParameter,
            (ErrorClass::UnknownAction, _) => Self::NoSuchAction,
            (ErrorClass::RateLimited, _) => Self::RateLimited,
            (ErrorClass::ServerFailure, _) => Self::ServerFailed,
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
                | Self::NoSuchAction
                | Self::ServerFailed
                | Self::Refused
        )
    }

    /// The kind of a body that is not from the API; here the HTTP status matters.
    pub(super) const fn from_body(body: UnexpectedBody, status: u16) -> Self {
        match (status, body) {
            (300..=399, _) => Self::Redirected,
            (408 | 429 | 500.., _) | (200..=299, UnexpectedBody::Empty | UnexpectedBody::TruncatedJson) => {
                Self::Unavailable
            }
            _ => Self::NotKaltura,
        }
    }

    /// Whether the same login may succeed later without a change.
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

    /// What to do, for the user.
    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::Transport(kind) => transport_hint(kind),
            Self::InvalidTokenHash => {
                "Check the token value and the hash type: both must be those of this app token, and the value must be \
                 without white space or line breaks. If the hash type is unknown, detect it."
            }
            Self::TokenNotFound => {
                "Check the app token id, the partner id and the region: the token exists only there, or was deleted."
            }
            Self::TokenNotActive => {
                "The app token is disabled; no action of the API enables it. Create a new one."
            }
            Self::TokenExpired => "The app token has expired. Create a new one, or extend its expiry.",
            Self::UnknownWidget => {
                "Check the partner id and the region: the default widget of a partner exists in its own region only."
            }
            Self::PartnerBlocked => {
                "Check the partner id; if it is right, the account is blocked: contact its owner."
            }
            Self::Forbidden => "The account does not allow this call: contact its owner.",
            Self::UserBlocked => "The user of the app token is blocked: contact the account's owner.",
            Self::UnknownRole => {
                "The app token names a role that does not exist (setrole): create a new token."
            }
            Self::KsRefused(_) => {
                "A new widget session was refused as well: check the service URL for a proxy or cache."
            }
            Self::RateLimited => "The rate limit was exceeded: wait, and log in less often.",
            Self::BodyIgnored => {
                "The server reports a parameter as missing that was sent, so it did not read the body: the transport \
                 must send the content type exactly as application/json, without a charset."
            }
            Self::InvalidParameter => {
                "Check the session request: the server does not accept one of its values."
            }
            Self::NoSuchAction => "Check the service URL: the server there has no app tokens.",
            Self::ServerFailed => "The server failed; try again later.",
            Self::InvalidSecret => {
                "Check the partner id and the secret; an ADMIN session needs the admin secret."
            }
            Self::InvalidCredentials => "Check the credentials: the server does not accept them.",
            Self::NotFound => "Check the session request and the region: it names what does not exist there.",
            Self::Refused => "Look up the error code in the server's documentation.",
            Self::Redirected => "The service URL redirects to another address: use that one if you trust it.",
            Self::Unavailable => "The server is unavailable; try again later.",
            Self::NotKaltura => {
                "Check the service URL: the server there is not the Kaltura API, or a proxy responds instead."
            }
            Self::OtherPartner => "Check the widget id: it belongs to another partner.",
            Self::ExpiredOnArrival => {
                "The sessions of this app token expire at once: its session duration is 0 or was never set. Set it with \
                 appToken.update, or create a new token."
            }
            Self::SessionTooShort => {
                "Request a longer lifetime, create a token with a longer one, or require less."
            }
            Self::TokenGroupEnded => {
                "All sessions of this app token were ended by session.end, including later ones. Create a new token."
            }
            Self::RevokedEarly => {
                "Check the clock and the address of this machine, and the limits of the app token."
            }
            Self::LoginTimedOut => "The login took too long; try again, or increase the timeout.",
            Self::SourceUnavailable | Self::SourceFailed => "See the error's source.",
        }
    }
}

const fn transport_hint(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::Build => {
            "Check the service URL and the extra headers: they do not form a valid request."
        }
        TransportErrorKind::Connect => "Check the service URL, the network, the proxy and the certificates.",
        TransportErrorKind::Timeout => {
            "The server did not respond in time; try again, or increase the timeout."
        }
        TransportErrorKind::Io => "The connection broke; try again.",
        TransportErrorKind::TooLarge => "Check the service URL: the response to a login is small.",
        TransportErrorKind::Other => "See the error's source.",
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transport(kind) => return kind.fmt(f),
            Self::KsRefused(refusal) => return write!(f, "the widget session was refused: {refusal}"),
            Self::InvalidTokenHash => "the app token was rejected: wrong value or hash type",
            Self::TokenNotFound => "the partner has no such app token",
            Self::TokenNotActive => "the app token is disabled",
            Self::TokenExpired => "the app token has expired",
            Self::UnknownWidget => "the server has no such widget",
            Self::PartnerBlocked => "the partner is blocked or unknown",
            Self::Forbidden => "the call is not allowed",
            Self::UserBlocked => "the user is blocked",
            Self::UnknownRole => "the role of the session does not exist",
            Self::RateLimited => "the rate limit was exceeded",
            Self::BodyIgnored => "the server did not read the body of the request",
            Self::InvalidParameter => "the server does not accept a parameter",
            Self::NoSuchAction => "the server has no such action",
            Self::ServerFailed => "the server failed",
            Self::InvalidSecret => "the server does not accept the partner's secret",
            Self::InvalidCredentials => "the server does not accept the credentials",
            Self::NotFound => "something that the login names does not exist",
            Self::Refused => "the server refused",
            Self::Redirected => "the server redirects to another address",
            Self::Unavailable => "the server is unavailable",
            Self::NotKaltura => "the response is not from the Kaltura API",
            Self::OtherPartner => "the response is for another partner",
            Self::ExpiredOnArrival => "the session had already expired when it was issued",
            Self::SessionTooShort => "no session lives as long as needed",
            Self::TokenGroupEnded => "the server refuses each new session of the app token",
            Self::RevokedEarly => "the server refuses each new session soon after it started",
            Self::LoginTimedOut => "the login took too long",
            Self::SourceUnavailable => "the source is unavailable",
            Self::SourceFailed => "the source returned an error",
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
    fn a_sent_parameter_reported_as_missing_means_that_the_body_was_not_read() {
        let missing = |name| kind("MISSING_MANDATORY_PARAMETER", ("PARAM_NAME", name));
        assert_eq!(missing("widgetId"), ErrorKind::BodyIgnored);
        assert_eq!(missing("secret"), ErrorKind::InvalidParameter);
    }

    #[test]
    fn the_reason_of_a_refused_ks_is_preserved() {
        assert_eq!(kind("INVALID_KS", ("KSID", "LOGOUT")), ErrorKind::KsRefused(KsRefusal::LoggedOut));
        assert_eq!(kind("INVALID_KS", ("KSID", "anything")), ErrorKind::KsRefused(KsRefusal::Unreadable));
    }

    #[test]
    fn codes_without_a_kind_of_their_own_have_that_of_their_class() {
        for (code, expected) in [
            ("START_SESSION_ERROR", ErrorKind::InvalidSecret),
            ("USER_WRONG_PASSWORD", ErrorKind::InvalidCredentials),
            ("PARTNER_ACCESS_FORBIDDEN", ErrorKind::Forbidden),
            ("FEATURE_FORBIDDEN", ErrorKind::Forbidden),
            ("SERVICE_FORBIDDEN_FULLY_BLOCKED", ErrorKind::PartnerBlocked),
            ("INVALID_USER_ID", ErrorKind::NotFound),
            ("UNKNOWN_ROLE_ID", ErrorKind::UnknownRole),
            ("INVALID_OBJECT_ID", ErrorKind::UnknownRole),
            ("PROPERTY_VALIDATION_MIN_LENGTH", ErrorKind::InvalidParameter),
            ("ACTION_DOES_NOT_EXISTS", ErrorKind::NoSuchAction),
            ("ACTION_BLOCKED", ErrorKind::RateLimited),
            ("LOCK_TIMED_OUT", ErrorKind::ServerFailed),
        ] {
            assert_eq!(kind(code, ("ID", "7")), expected, "{code}");
        }
        assert_eq!(kind("INVALID_KS", ("ERR_CODE", "-4")), ErrorKind::Forbidden);
    }

    #[test]
    fn an_unknown_code_is_a_refusal() {
        assert_eq!(kind("BRAND_NEW", ("", "")), ErrorKind::Refused);
        assert!(!ErrorKind::Refused.is_retryable());
    }

    #[test]
    fn the_status_matters_if_the_body_is_not_from_the_api() {
        assert_eq!(ErrorKind::from_body(UnexpectedBody::Html, 302), ErrorKind::Redirected);
        assert_eq!(ErrorKind::from_body(UnexpectedBody::Html, 503), ErrorKind::Unavailable);
        assert_eq!(ErrorKind::from_body(UnexpectedBody::PlainText, 429), ErrorKind::Unavailable);
        // As for a call: a proxy that refuses does not refuse less without a page.
        assert_eq!(ErrorKind::from_body(UnexpectedBody::Empty, 403), ErrorKind::NotKaltura);
        assert_eq!(ErrorKind::from_body(UnexpectedBody::Empty, 408), ErrorKind::Unavailable);
        assert_eq!(ErrorKind::from_body(UnexpectedBody::Html, 200), ErrorKind::NotKaltura);
        assert_eq!(ErrorKind::from_body(UnexpectedBody::TruncatedJson, 200), ErrorKind::Unavailable);
        assert_eq!(ErrorKind::from_body(UnexpectedBody::Html, 404), ErrorKind::NotKaltura);
    }
}
