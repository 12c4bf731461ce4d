//! The codes of the API's errors, an open set.

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
            /// A code that this crate has no variant for.
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
    /// A KS is missing. As a rule, the server sends [`ServiceForbidden`](Self::ServiceForbidden) instead.
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
    /// The access control of the partner does not allow the call.
    ServiceAccessControlRestricted = "SERVICE_ACCESS_CONTROL_RESTRICTED",
    /// A call for an internal partner from a foreign IP address.
    AccessUnauthorized = "ACCESS_UNAUTHORIZED",
    /// The partner of the KS has no access to the other partner.
    PartnerAccessForbidden = "PARTNER_ACCESS_FORBIDDEN",
    /// The user of the session is blocked.
    UserBlocked = "USER_BLOCKED",
    /// Rate limit: too many calls in a short time. Not the `actionslimit` of a session.
    ActionBlocked = "ACTION_BLOCKED",
    /// The `actionslimit` of the session is not a number above zero.
    InvalidActionsLimit = "INVALID_ACTIONS_LIMIT",
    /// The `setrole` of the session is negative.
    InvalidSetRole = "INVALID_SET_ROLE",
    /// The role in a `session.start` request does not exist.
    UnknownRoleId = "UNKNOWN_ROLE_ID",
    /// An object does not exist. With the argument `ID` `N/A`, the role of the session in use.
    InvalidObjectId = "INVALID_OBJECT_ID",
    /// The partner secret is wrong, or not valid for the type of session.
    StartSessionError = "START_SESSION_ERROR",
    /// A widget session could not be started.
    StartWidgetSessionError = "START_WIDGET_SESSION_ERROR",
    /// The widget does not exist: wrong partner id or wrong region.
    InvalidWidgetId = "INVALID_WIDGET_ID",
    /// The app token does not exist at this partner, or was deleted.
    AppTokenIdNotFound = "APP_TOKEN_ID_NOT_FOUND",
    /// The app token is disabled.
    AppTokenNotActive = "APP_TOKEN_NOT_ACTIVE",
    /// The app token has expired.
    AppTokenExpired = "APP_TOKEN_EXPIRED",
    /// The token hash is wrong.
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
    /// The value of a parameter is not one of its enumeration.
    InvalidEnumValue = "INVALID_ENUM_VALUE",
    /// A parameter has a character that is not allowed in XML.
    InvalidParameterChar = "INVALID_PARAMETER_CHAR",
    /// The parameter `language` is not a language code.
    InvalidLanguageCode = "INVALID_LANGUAGE_CODE",
    /// The value of a member of an object is not valid.
    InvalidFieldValue = "INVALID_FIELD_VALUE",
    /// A member of an object cannot be set.
    PropertyValidationNotUpdatable = "PROPERTY_VALIDATION_NOT_UPDATABLE",
    /// A parameter is not an object, but has to be one.
    PropertyValidationWrongFormat = "PROPERTY_VALIDATION_WRONG_FORMAT",
    /// Timeout of the server while it waited for another request.
    LockTimedOut = "LOCK_TIMED_OUT",
    /// The server failed. The code on the wire has a typing error.
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
