//! What each known code means, in this crate's own words: the server's messages echo what was sent.

use super::ErrorCode;

impl ErrorCode {
    /// What the code means. `None` if it is not known.
    ///
    /// ```
    /// # use kaltura_types::ErrorCode;
    /// assert_eq!(ErrorCode::ActionBlocked.text(), Some("too many calls in a short time (rate limit)"));
    /// assert_eq!(ErrorCode::from("UPLOAD_TOKEN_NOT_FOUND").text(), Some("there is no such upload token"));
    /// assert_eq!(ErrorCode::from("BRAND_NEW").text(), None);
    /// ```
    #[must_use]
    pub fn text(&self) -> Option<&'static str> {
        Some(match self {
            Self::MissingKs => "the call needs a session",
            Self::InvalidKs => "the KS is not accepted",
            Self::ServiceForbidden => "the session has no permission for this action",
            Self::ServiceForbiddenContentBlocked => "the partner is blocked or unknown",
            Self::ServiceForbiddenFullyBlocked => "the partner is blocked",
            Self::ServiceForbiddenPartnerDeleted => "the partner was deleted",
            Self::ServiceAccessControlRestricted => "the partner's access control does not allow this action",
            Self::AccessUnauthorized => "the call is not allowed from this IP address",
            Self::PartnerAccessForbidden => "the session's partner has no access to the other partner",
            Self::UserBlocked => "the user is blocked",
            Self::ActionBlocked => "too many calls in a short time (rate limit)",
            Self::InvalidActionsLimit => "the actions limit is not a number above zero",
            Self::InvalidSetRole => "the id of the role is not valid",
            Self::UnknownRoleId => "there is no such role",
            Self::InvalidObjectId => "there is no such object",
            Self::StartSessionError => "the secret is wrong, or not valid for this type of session",
            Self::StartWidgetSessionError => "the widget session cannot be started",
            Self::InvalidWidgetId => "there is no such widget",
            Self::AppTokenIdNotFound => "the partner has no such app token",
            Self::AppTokenNotActive => "the app token is disabled",
            Self::AppTokenExpired => "the app token has expired",
            Self::InvalidAppTokenHash => "the token hash is wrong",
            Self::ServiceNotSpecified => "the request names no service",
            Self::ServiceDoesNotExist => "the server has no such service",
            Self::ActionNotSpecified => "the request names no action",
            Self::ActionDoesNotExist => "the service has no such action",
            Self::MissingMandatoryParameter => "a parameter of the call is missing",
            Self::InvalidEnumValue => "a parameter has a value that is not one of its enumeration",
            Self::InvalidParameterChar => "a parameter has a character that is not allowed",
            Self::InvalidLanguageCode => "the language code is not valid",
            Self::InvalidFieldValue => "the value of a member is not valid",
            Self::PropertyValidationNotUpdatable => "a member of the object cannot be set",
            Self::PropertyValidationWrongFormat => "a parameter has to be an object",
            Self::LockTimedOut => "timeout of the server while it waited for another request",
            Self::InternalServerError => "internal error of the server",
            Self::InternalDatabaseError => "error of the server's database",
            Self::Other(code) => return text_of_other(code),
        })
    }
}

/// The texts of codes of other services (wire contract, section 7).
fn text_of_other(code: &str) -> Option<&'static str> {
    Some(match code {
        "ENTRY_ID_NOT_FOUND" => "there is no such entry, or the session cannot see it",
        "INVALID_USER_ID" => "there is no such user",
        "CATEGORY_NOT_FOUND" => "there is no such category",
        "CONVERSION_PROFILE_ID_NOT_FOUND" => "there is no such conversion profile",
        "ACCESS_CONTROL_ID_NOT_FOUND" => "there is no such access control profile",
        "UPLOAD_TOKEN_NOT_FOUND" => "there is no such upload token",
        "UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD" => {
            "the upload token takes no more data: the file is complete"
        }
        "UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY" => "the upload token has no complete file, or was used",
        "UPLOAD_TOKEN_CANNOT_RESUME" => "the upload cannot be resumed: the server has no part of the file",
        "UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE" => "the file does not have the announced size",
        "UPLOAD_TOKEN_MISSING_FILE_SIZE" => "the upload token needs the size of the file",
        "UPLOAD_PASSED_MAX_RESUME_TIME_ALLOWED" => "the upload is too old to be resumed",
        "MAX_ALLOWED_CHUNK_COUNT_EXCEEDED" => "too many chunks of the file wait for earlier ones",
        "UPLOAD_ERROR" => "the upload failed",
        "ENTRY_ALREADY_WITH_CONTENT" => "the entry already has content",
        "ENTRY_TYPE_NOT_SUPPORTED" => "the action does not support entries of this type",
        "PROPERTY_VALIDATION_CANNOT_BE_NULL" => "a member of the object must not be null",
        "PROPERTY_VALIDATION_ADMIN_PROPERTY" => "only an ADMIN session may set this member",
        "PROPERTY_VALIDATION_MIN_LENGTH" => "the value of a member is too short",
        "WRONG_REQUEST_LANGUAGE" => "a member must not be null, or the language must be MULTI",
        "OBJECT_TYPE_ABSTRACT" => "a parameter has no objectType, or an unknown one",
        "INVALID_ENTRY_SCHEDULE_DATES" => "the dates of the entry are not valid",
        "FEATURE_FORBIDDEN" => "the account does not have this feature",
        "CANNOT_RETRIEVE_ANOTHER_USER_USING_NON_ADMIN_SESSION" => {
            "only an ADMIN session may see another user"
        }
        "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED" => "the list has more objects than the server returns",
        "USER_WRONG_PASSWORD" => "the password is wrong",
        "LOGIN_RETRIES_EXCEEDED" => "too many failed logins of this user",
        "LOGIN_BLOCKED" => "the logins of this user are blocked",
        "PASSWORD_EXPIRED" => "the password has expired",
        "MISSING_OTP" => "the login needs a one-time password",
        "INVALID_OTP" => "the one-time password is wrong",
        _ => return None,
    })
}
