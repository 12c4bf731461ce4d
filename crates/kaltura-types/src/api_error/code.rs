//! The codes of the server's errors: an open set.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// The code of an API error (wire contract, section 7).
        ///
        /// ```
        /// # use kaltura_types::ErrorCode;
        /// assert_eq!(ErrorCode::from("INVALID_KS"), ErrorCode::InvalidKs);
        /// assert_eq!(ErrorCode::from("BRAND_NEW").as_str(), "BRAND_NEW");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A code that this crate does not know.
            Other(String),
        }

        impl ErrorCode {
            /// The code on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Other(code) => code,
                }
            }
        }

        impl From<&str> for ErrorCode {
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

codes! {
    /// No KS where there must be one. The server says [`ServiceForbidden`](Self::ServiceForbidden) instead, as a rule.
    MissingKs = "MISSING_KS",
    /// The KS is refused; see [`KsRefusal`](crate::KsRefusal).
    InvalidKs = "INVALID_KS",
    /// The call is not allowed with this KS, or without one.
    ServiceForbidden = "SERVICE_FORBIDDEN",
    /// The partner is blocked or unknown.
    ServiceForbiddenContentBlocked = "SERVICE_FORBIDDEN_CONTENT_BLOCKED",
    /// The partner is blocked altogether.
    ServiceForbiddenFullyBlocked = "SERVICE_FORBIDDEN_FULLY_BLOCKED",
    /// The partner was deleted.
    ServiceForbiddenPartnerDeleted = "SERVICE_FORBIDDEN_PARTNER_DELETED",
    /// The partner restricts from where its API may be used.
    ServiceAccessControlRestricted = "SERVICE_ACCESS_CONTROL_RESTRICTED",
    /// An internal partner from a foreign address.
    AccessUnauthorized = "ACCESS_UNAUTHORIZED",
    /// The KS is of a partner that may not act for the other one.
    PartnerAccessForbidden = "PARTNER_ACCESS_FORBIDDEN",
    /// The user of the session is blocked.
    UserBlocked = "USER_BLOCKED",
    /// Too many calls in too short a time. Not the limit of a session's own actions.
    ActionBlocked = "ACTION_BLOCKED",
    /// The session's `actionslimit` is no number above zero.
    InvalidActionsLimit = "INVALID_ACTIONS_LIMIT",
    /// The session's `setrole` is negative.
    InvalidSetRole = "INVALID_SET_ROLE",
    /// `session.start` was asked for a role that does not exist.
    UnknownRoleId = "UNKNOWN_ROLE_ID",
    /// An object does not exist; of a session being used: its role.
    InvalidObjectId = "INVALID_OBJECT_ID",
    /// Wrong partner secret, or none that fits the type of session.
    StartSessionError = "START_SESSION_ERROR",
    /// A widget session could not be started.
    StartWidgetSessionError = "START_WIDGET_SESSION_ERROR",
    /// There is no such widget here: wrong partner id or wrong region.
    InvalidWidgetId = "INVALID_WIDGET_ID",
    /// There is no such app token at this partner, or it is deleted.
    AppTokenIdNotFound = "APP_TOKEN_ID_NOT_FOUND",
    /// The app token is disabled.
    AppTokenNotActive = "APP_TOKEN_NOT_ACTIVE",
    /// The app token is past its end.
    AppTokenExpired = "APP_TOKEN_EXPIRED",
    /// The hash does not prove that the caller has the token.
    InvalidAppTokenHash = "INVALID_APP_TOKEN_HASH",
    /// The request names no service.
    ServiceNotSpecified = "SERVICE_NOT_SPECIFIED",
    /// The server has no such service.
    ServiceDoesNotExist = "SERVICE_DOES_NOT_EXISTS",
    /// The request names no action.
    ActionNotSpecified = "ACTION_NOT_SPECIFIED",
    /// The service has no such action.
    ActionDoesNotExist = "ACTION_DOES_NOT_EXISTS",
    /// A parameter is missing, or the server did not read the body.
    MissingMandatoryParameter = "MISSING_MANDATORY_PARAMETER",
    /// A parameter is not one of the values that it may have.
    InvalidEnumValue = "INVALID_ENUM_VALUE",
    /// A parameter has a character that XML does not allow.
    InvalidParameterChar = "INVALID_PARAMETER_CHAR",
    /// The parameter `language` is not a language.
    InvalidLanguageCode = "INVALID_LANGUAGE_CODE",
    /// A member of an object has a value that it may not have.
    InvalidFieldValue = "INVALID_FIELD_VALUE",
    /// A member of an object can not be set.
    PropertyValidationNotUpdatable = "PROPERTY_VALIDATION_NOT_UPDATABLE",
    /// A parameter is not an object where it must be one.
    PropertyValidationWrongFormat = "PROPERTY_VALIDATION_WRONG_FORMAT",
    /// The server waited in vain for another request.
    LockTimedOut = "LOCK_TIMED_OUT",
    /// The server failed. Its own spelling.
    InternalServerError = "INTERNAL_SERVERL_ERROR",
    /// The server's database failed.
    InternalDatabaseError = "INTERNAL_DATABASE_ERROR",
}

impl ErrorCode {
    pub(super) fn map_other(self, map: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Other(code) => Self::Other(map(&code)),
            known => known,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
