//! The codes of the API's errors, an open set, and their classes.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// The code of an API error (wire contract, section 7). The [error reference](crate::error_reference) has causes and
        /// remedies.
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
            /// All codes with a variant, each of which the [error reference](crate::error_reference) explains.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

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

/// What an error means to the caller. Each code has one class.
///
/// ```
/// # use kaltura_types::{ErrorClass, ErrorCode};
/// assert_eq!(ErrorCode::AppTokenExpired.class(), ErrorClass::Credentials);
/// assert_eq!(ErrorCode::from("ENTRY_ID_NOT_FOUND").class(), ErrorClass::NotFound);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The server refuses the KS; [`KsRefusal`](crate::KsRefusal) has the reason.
    InvalidKs,
    /// The server refuses the credentials of a login: wrong secret, wrong token hash, app token not usable.
    Credentials,
    /// The session has no permission for the call or the object, or the call needs a session.
    Forbidden,
    /// The entry belongs to another user, so this session must not change it. The KS itself is valid, although the code
    /// is `INVALID_KS` (wire contract, section 7).
    NotOwner,
    /// The partner is blocked, deleted or unknown.
    PartnerBlocked,
    /// The user of the session is blocked.
    UserBlocked,
    /// The role of the session does not exist.
    InvalidRole,
    /// An object does not exist, or the session cannot see it.
    NotFound,
    /// A parameter, or a member of an object, is missing or has a value that the server does not accept.
    InvalidParameter,
    /// The state of an object does not allow the call, such as an upload token that was already used.
    InvalidState,
    /// The server does not have the service or the action.
    UnknownAction,
    /// Too many calls in a short time.
    RateLimited,
    /// The server failed. The call may have been executed in part.
    ServerFailure,
    /// A code that is not classified.
    Other,
}

impl ErrorCode {
    /// The class of the code. Codes without a variant are classified too, where their name or its form is known.
    ///
    /// Two classes depend on the arguments of the error; [`ApiError::class`](crate::ApiError::class) knows these.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::InvalidKs => ErrorClass::InvalidKs,
            Self::InvalidAppTokenHash
            | Self::AppTokenNotActive
            | Self::AppTokenExpired
            | Self::StartSessionError
            | Self::StartWidgetSessionError => ErrorClass::Credentials,
            Self::MissingKs
            | Self::ServiceForbidden
            | Self::ServiceAccessControlRestricted
            | Self::AccessUnauthorized
            | Self::PartnerAccessForbidden => ErrorClass::Forbidden,
            Self::ServiceForbiddenContentBlocked
            | Self::ServiceForbiddenFullyBlocked
            | Self::ServiceForbiddenPartnerDeleted => ErrorClass::PartnerBlocked,
            Self::UserBlocked => ErrorClass::UserBlocked,
            Self::InvalidSetRole | Self::UnknownRoleId => ErrorClass::InvalidRole,
            Self::InvalidObjectId | Self::InvalidWidgetId | Self::AppTokenIdNotFound => ErrorClass::NotFound,
            Self::MissingMandatoryParameter
            | Self::InvalidEnumValue
            | Self::InvalidParameterChar
            | Self::InvalidLanguageCode
            | Self::InvalidFieldValue
            | Self::InvalidActionsLimit
            | Self::PropertyValidationNotUpdatable
            | Self::PropertyValidationWrongFormat => ErrorClass::InvalidParameter,
            Self::ServiceNotSpecified
            | Self::ServiceDoesNotExist
            | Self::ActionNotSpecified
            | Self::ActionDoesNotExist => ErrorClass::UnknownAction,
            Self::ActionBlocked => ErrorClass::RateLimited,
            Self::LockTimedOut | Self::InternalServerError | Self::InternalDatabaseError => {
                ErrorClass::ServerFailure
            }
            Self::Other(code) => class_of_other(code),
        }
    }

    /// The code with another text, if it has no variant.
    pub(super) fn map_other(self, map: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Other(code) => Self::Other(map(&code)),
            known => known,
        }
    }
}

/// The class of a code of other services, which have codes of their own for the same conditions.
fn class_of_other(code: &str) -> ErrorClass {
    match code {
        "CANNOT_RETRIEVE_ANOTHER_USER_USING_NON_ADMIN_SESSION"
        | "PROPERTY_VALIDATION_ADMIN_PROPERTY"
        | "FEATURE_FORBIDDEN" => ErrorClass::Forbidden,
        "USER_WRONG_PASSWORD"
        | "LOGIN_RETRIES_EXCEEDED"
        | "LOGIN_BLOCKED"
        | "PASSWORD_EXPIRED"
        | "MISSING_OTP"
        | "INVALID_OTP" => ErrorClass::Credentials,
        "ENTRY_ALREADY_WITH_CONTENT"
        | "ENTRY_TYPE_NOT_SUPPORTED"
        | "UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD"
        | "UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY"
        | "UPLOAD_TOKEN_CANNOT_RESUME"
        | "UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE"
        | "UPLOAD_PASSED_MAX_RESUME_TIME_ALLOWED"
        | "MAX_ALLOWED_CHUNK_COUNT_EXCEEDED" => ErrorClass::InvalidState,
        "UPLOAD_ERROR"
        | "UPLOAD_TOKEN_MISSING_FILE_SIZE"
        | "WRONG_REQUEST_LANGUAGE"
        | "OBJECT_TYPE_ABSTRACT"
        | "INVALID_ENTRY_SCHEDULE_DATES"
        | "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED" => ErrorClass::InvalidParameter,
        _ if code.starts_with("PROPERTY_VALIDATION_") => ErrorClass::InvalidParameter,
        _ if code.starts_with("SERVICE_FORBIDDEN_") => ErrorClass::PartnerBlocked,
        _ if code.ends_with("_FORBIDDEN") => ErrorClass::Forbidden,
        _ if code.ends_with("_NOT_FOUND") => ErrorClass::NotFound,
        _ if code.starts_with("INVALID_") && code.ends_with("_ID") => ErrorClass::NotFound,
        _ => ErrorClass::Other,
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_the_class_of_its_meaning() {
        for (class, codes) in [
            (ErrorClass::InvalidKs, "INVALID_KS"),
            (
                ErrorClass::Credentials,
                "START_SESSION_ERROR INVALID_APP_TOKEN_HASH APP_TOKEN_NOT_ACTIVE APP_TOKEN_EXPIRED \
                 USER_WRONG_PASSWORD INVALID_OTP",
            ),
            (
                ErrorClass::Forbidden,
                "MISSING_KS SERVICE_FORBIDDEN SERVICE_ACCESS_CONTROL_RESTRICTED ACCESS_UNAUTHORIZED \
                 PARTNER_ACCESS_FORBIDDEN CANNOT_RETRIEVE_ANOTHER_USER_USING_NON_ADMIN_SESSION \
                 PROPERTY_VALIDATION_ADMIN_PROPERTY FEATURE_FORBIDDEN NEW_FORBIDDEN",
            ),
            (
                ErrorClass::PartnerBlocked,
                "SERVICE_FORBIDDEN_CONTENT_BLOCKED SERVICE_FORBIDDEN_FULLY_BLOCKED \
                 SERVICE_FORBIDDEN_PARTNER_DELETED SERVICE_FORBIDDEN_FOR_ANOTHER_REASON",
            ),
            (ErrorClass::UserBlocked, "USER_BLOCKED"),
            (ErrorClass::InvalidRole, "UNKNOWN_ROLE_ID INVALID_SET_ROLE"),
            (
                ErrorClass::NotFound,
                "APP_TOKEN_ID_NOT_FOUND INVALID_WIDGET_ID INVALID_OBJECT_ID ENTRY_ID_NOT_FOUND INVALID_USER_ID \
                 UPLOAD_TOKEN_NOT_FOUND CONVERSION_PROFILE_ID_NOT_FOUND CATEGORY_NOT_FOUND",
            ),
            (
                ErrorClass::InvalidParameter,
                "MISSING_MANDATORY_PARAMETER INVALID_ENUM_VALUE INVALID_PARAMETER_CHAR INVALID_LANGUAGE_CODE \
                 INVALID_FIELD_VALUE INVALID_ACTIONS_LIMIT PROPERTY_VALIDATION_NOT_UPDATABLE \
                 PROPERTY_VALIDATION_WRONG_FORMAT PROPERTY_VALIDATION_MIN_LENGTH OBJECT_TYPE_ABSTRACT \
                 QUERY_EXCEEDED_MAX_MATCHES_ALLOWED",
            ),
            (ErrorClass::InvalidState, "ENTRY_ALREADY_WITH_CONTENT UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD"),
            (
                ErrorClass::UnknownAction,
                "SERVICE_NOT_SPECIFIED SERVICE_DOES_NOT_EXISTS ACTION_NOT_SPECIFIED ACTION_DOES_NOT_EXISTS",
            ),
            (ErrorClass::RateLimited, "ACTION_BLOCKED"),
            (ErrorClass::ServerFailure, "LOCK_TIMED_OUT INTERNAL_SERVERL_ERROR INTERNAL_DATABASE_ERROR"),
            (ErrorClass::Other, "BRAND_NEW INVALID_THING NOT_FOUND_YET"),
        ] {
            for code in codes.split_whitespace() {
                assert_eq!(ErrorCode::from(code).class(), class, "{code}");
            }
        }
    }
}
