//! Errors of the API as the server writes them, for mocks and emulators (wire contract, section 7).

use std::fmt;

use super::ErrorCode;
use crate::ids::PartnerId;

/// An error object as the server sends it: code, message with its arguments filled in, and arguments.
///
/// It is the sending side of [`ApiError`](super::ApiError). It is not redacted, and the server's messages echo
/// parameters; therefore `Debug` shows the code alone.
///
/// ```
/// # use kaltura_types::api_error::ApiException;
/// let exception = ApiException::app_token_expired("0_7jh3eu10");
/// assert_eq!(exception.message, "Application token id \"0_7jh3eu10\" expired");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiException {
    /// The code.
    pub code: ErrorCode,
    /// The message, with the arguments filled in.
    pub message: String,
    /// Names and values of the arguments, in the server's order.
    pub args: Vec<(&'static str, String)>,
}

impl fmt::Debug for ApiException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiException({})", self.code)
    }
}

impl ApiException {
    /// An error from a template of the message, in which `@NAME@` is replaced by the argument `NAME`.
    ///
    /// Markup in the arguments is removed, as the server does it (wire contract, section 2.3).
    pub fn new(code: ErrorCode, template: &str, args: &[(&'static str, &str)]) -> Self {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, strip_tags(value))).collect();
        let message = fill(template, &args);
        Self { code, message, args }
    }

    /// An error without arguments.
    pub fn plain(code: ErrorCode, message: &str) -> Self {
        Self::new(code, message, &[])
    }

    /// Whether the code is `SERVICE_FORBIDDEN`, the only one with response headers of its own (wire contract, section
    /// 2.1).
    #[must_use]
    pub fn is_service_forbidden(&self) -> bool {
        self.code == ErrorCode::ServiceForbidden
    }

    /// `SERVICE_NOT_SPECIFIED`: the request has no service.
    #[must_use]
    pub fn service_not_specified() -> Self {
        Self::plain(ErrorCode::ServiceNotSpecified, "Service name was not specified, please specify one")
    }

    /// `SERVICE_DOES_NOT_EXISTS`: there is no such service. The message has its name in lower case.
    #[must_use]
    pub fn service_does_not_exist(service: &str) -> Self {
        let service = service.to_ascii_lowercase();
        Self::new(
            ErrorCode::ServiceDoesNotExist,
            "Service \"@SRV_NAME@\" does not exists",
            &[("SRV_NAME", &service)],
        )
    }

    /// `ACTION_NOT_SPECIFIED`: the request has no action.
    #[must_use]
    pub fn action_not_specified() -> Self {
        Self::plain(ErrorCode::ActionNotSpecified, "Action name was not specified, please specify one")
    }

    /// `ACTION_DOES_NOT_EXISTS`: the service has no such action. The message has both names in lower case.
    #[must_use]
    pub fn action_does_not_exist(service: &str, action: &str) -> Self {
        let (service, action) = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        Self::new(
            ErrorCode::ActionDoesNotExist,
            "Action \"@ACTION_NAME@\" does not exists for service \"@SERVICE_NAME@\"",
            &[("ACTION_NAME", &action), ("SERVICE_NAME", &service)],
        )
    }

    /// `ACTION_BLOCKED`: the rate limit is exceeded. The message has both names in lower case.
    #[must_use]
    pub fn action_blocked(service: &str, action: &str) -> Self {
        let (service, action) = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        Self::new(
            ErrorCode::ActionBlocked,
            "Action \"@ACTION_NAME@\" in service \"@SERVICE_NAME@\" is blocked",
            &[("ACTION_NAME", &action), ("SERVICE_NAME", &service)],
        )
    }

    /// `MISSING_KS`: the call needs a KS, and no partner is known.
    #[must_use]
    pub fn missing_ks() -> Self {
        Self::plain(ErrorCode::MissingKs, "Missing KS, session not established")
    }

    /// `INVALID_KS`: the KS is refused. `ks_id` is the reason, such as `EXPIRED`, or the KS of the request.
    #[must_use]
    pub fn invalid_ks(ks_id: &str) -> Self {
        Self::new(
            ErrorCode::InvalidKs,
            "Invalid KS \"@KSID@\", Error \"@ERR_CODE@,@ERR_DESC@\"",
            &[("KSID", ks_id), ("ERR_CODE", "-1"), ("ERR_DESC", "INVALID_STR")],
        )
    }

    /// `SERVICE_FORBIDDEN`: the session, or a request without KS, has no permission for the action.
    #[must_use]
    pub fn service_forbidden(service: &str, action: &str) -> Self {
        Self::new(
            ErrorCode::ServiceForbidden,
            "The access to service [@SERVICE@] is forbidden",
            &[("SERVICE", &format!("{service}->{action}"))],
        )
    }

    /// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`: the partner is blocked or unknown.
    #[must_use]
    pub fn partner_blocked() -> Self {
        Self::plain(
            ErrorCode::ServiceForbiddenContentBlocked,
            "The access to this service is forbidden since the specified partner is blocked",
        )
    }

    /// `PARTNER_ACCESS_FORBIDDEN`: a KS of one partner in a call about another.
    #[must_use]
    pub fn partner_access_forbidden(accessing: PartnerId, accessed: PartnerId) -> Self {
        Self::new(
            ErrorCode::PartnerAccessForbidden,
            "Partner [@ACCESSING_PID@] cannot access partner [@ACCESSED_PID@]",
            &[("ACCESSING_PID", &accessing.to_string()), ("ACCESSED_PID", &accessed.to_string())],
        )
    }

    /// `USER_BLOCKED`: the user of the session is blocked.
    #[must_use]
    pub fn user_blocked() -> Self {
        Self::plain(ErrorCode::UserBlocked, "this user is blocked")
    }

    /// `INVALID_USER_ID`: the user does not exist, or the request has none.
    #[must_use]
    pub fn invalid_user_id() -> Self {
        Self::plain(ErrorCode::from("INVALID_USER_ID"), "Invalid user id")
    }

    /// `ENTRY_ID_NOT_FOUND`: the entry does not exist.
    #[must_use]
    pub fn entry_id_not_found(id: &str) -> Self {
        let code = ErrorCode::from("ENTRY_ID_NOT_FOUND");
        Self::new(code, "Entry id \"@ENTRY_ID@\" not found", &[("ENTRY_ID", id)])
    }

    /// `INVALID_KS` with the code -4 and an empty `KSID`: the object belongs to another user. It says nothing about the KS
    /// (wire contract, section 10.8).
    #[must_use]
    pub fn invalid_ks_not_owned() -> Self {
        Self::new(
            ErrorCode::InvalidKs,
            "Invalid KS \"@KSID@\", Error \"@ERR_CODE@,@ERR_DESC@\"",
            &[("KSID", ""), ("ERR_CODE", "-4"), ("ERR_DESC", "INVALID_TYPE")],
        )
    }

    /// `ENTRY_ALREADY_WITH_CONTENT`: the entry has content, or waits for it.
    #[must_use]
    pub fn entry_already_with_content() -> Self {
        let code = ErrorCode::from("ENTRY_ALREADY_WITH_CONTENT");
        Self::plain(code, "Entry already associated with content")
    }

    /// `ENTRY_TYPE_NOT_SUPPORTED`: the entry has no type yet. The server does not fill it in.
    #[must_use]
    pub fn entry_type_not_supported() -> Self {
        let code = ErrorCode::from("ENTRY_TYPE_NOT_SUPPORTED");
        Self::new(code, "Entry type \"@ENTRY_TYPE@\" not supported", &[("ENTRY_TYPE", "N/A")])
    }

    /// `INVALID_ENTRY_SCHEDULE_DATES`: the end of the entry's availability is before its start.
    #[must_use]
    pub fn invalid_entry_schedule_dates() -> Self {
        Self::plain(ErrorCode::from("INVALID_ENTRY_SCHEDULE_DATES"), "Invalid entry schedule dates")
    }

    /// `CONVERSION_PROFILE_ID_NOT_FOUND`: the conversion profile does not exist at this partner.
    #[must_use]
    pub fn conversion_profile_id_not_found(id: &str) -> Self {
        let code = ErrorCode::from("CONVERSION_PROFILE_ID_NOT_FOUND");
        Self::new(code, "Conversion profile id \"@ID@\" not found", &[("ID", id)])
    }

    /// `ACCESS_CONTROL_ID_NOT_FOUND`: the access control profile does not exist at this partner.
    #[must_use]
    pub fn access_control_id_not_found(id: &str) -> Self {
        let code = ErrorCode::from("ACCESS_CONTROL_ID_NOT_FOUND");
        Self::new(code, "Access control id \"@ID@\" not found", &[("ID", id)])
    }

    /// `CATEGORY_NOT_FOUND`: the category does not exist at this partner.
    #[must_use]
    pub fn category_not_found(id: &str) -> Self {
        Self::new(ErrorCode::from("CATEGORY_NOT_FOUND"), "Category id \"@ID@\" not found", &[("ID", id)])
    }

    /// `OBJECT_TYPE_ABSTRACT`: the object has no `objectType`, or an unknown one, and its class is abstract.
    #[must_use]
    pub fn object_type_abstract(class: &str) -> Self {
        Self::new(
            ErrorCode::from("OBJECT_TYPE_ABSTRACT"),
            "The object type \"@OBJ_TYPE@\" is abstract, use one of the object implementations",
            &[("OBJ_TYPE", class)],
        )
    }

    /// `WRONG_REQUEST_LANGUAGE`: a text that can be in several languages is null. The message begins with a space.
    #[must_use]
    pub fn wrong_request_language() -> Self {
        Self::new(
            ErrorCode::from("WRONG_REQUEST_LANGUAGE"),
            " Language must be set to MULTI when adding MultiLingualString. Given [\"@LANGUAGE@\"]",
            &[("LANGUAGE", "N/A")],
        )
    }

    /// `UPLOAD_TOKEN_NOT_FOUND`: the upload token does not exist, was deleted, or belongs to another user.
    #[must_use]
    pub fn upload_token_not_found() -> Self {
        Self::plain(ErrorCode::from("UPLOAD_TOKEN_NOT_FOUND"), "Upload token not found")
    }

    /// `UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD`: the file of the upload token is complete.
    #[must_use]
    pub fn upload_token_invalid_status_for_upload() -> Self {
        Self::plain(
            ErrorCode::from("UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD"),
            "Upload token is in an invalid status for uploading a file, maybe the file was already uploaded",
        )
    }

    /// `UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY`: the upload token has no complete file, or an entry has it.
    #[must_use]
    pub fn upload_token_invalid_status_for_add_entry() -> Self {
        Self::plain(
            ErrorCode::from("UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY"),
            "Upload token is in an invalid status for adding entry, maybe the a file was not uploaded or the \
             token was used",
        )
    }

    /// `UPLOAD_TOKEN_CANNOT_RESUME`: a later chunk, and there is no first one.
    #[must_use]
    pub fn upload_token_cannot_resume() -> Self {
        Self::plain(
            ErrorCode::from("UPLOAD_TOKEN_CANNOT_RESUME"),
            "Cannot resume the upload, original file was not found",
        )
    }

    /// `UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE`: the file does not end with the final chunk.
    #[must_use]
    pub fn upload_token_cannot_match_expected_size() -> Self {
        Self::plain(
            ErrorCode::from("UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE"),
            "Failed to match expected file size",
        )
    }

    /// `UPLOAD_TOKEN_MISSING_FILE_SIZE`: `autoFinalize` without `fileSize`.
    #[must_use]
    pub fn upload_token_missing_file_size() -> Self {
        Self::plain(
            ErrorCode::from("UPLOAD_TOKEN_MISSING_FILE_SIZE"),
            "FileSize is mandatory when enabling autoFinalize",
        )
    }

    /// `UPLOAD_PASSED_MAX_RESUME_TIME_ALLOWED`: the last chunk is older than this time in seconds.
    #[must_use]
    pub fn upload_passed_max_resume_time_allowed(max_resume_time: i64) -> Self {
        Self::new(
            ErrorCode::from("UPLOAD_PASSED_MAX_RESUME_TIME_ALLOWED"),
            "Max resume time of @MAX_RESUME_TIME@ seconds reached, cannot resume upload",
            &[("MAX_RESUME_TIME", &max_resume_time.to_string())],
        )
    }

    /// `MAX_ALLOWED_CHUNK_COUNT_EXCEEDED`: too many chunks wait for earlier ones.
    #[must_use]
    pub fn max_allowed_chunk_count_exceeded() -> Self {
        Self::plain(
            ErrorCode::from("MAX_ALLOWED_CHUNK_COUNT_EXCEEDED"),
            "Max allowed waiting chunks to be concatenated has exceeded allowed limit",
        )
    }

    /// `UPLOAD_ERROR`: the request contains no file, or a file that the server did not accept.
    #[must_use]
    pub fn upload_error() -> Self {
        Self::plain(ErrorCode::from("UPLOAD_ERROR"), "Upload failed")
    }

    /// `INVALID_OBJECT_ID`: the role of the session does not exist. The server does not fill in its id.
    #[must_use]
    pub fn invalid_object_id() -> Self {
        Self::new(ErrorCode::InvalidObjectId, "Invalid object id [@ID@]", &[("ID", "N/A")])
    }

    /// `QUERY_EXCEEDED_MAX_MATCHES_ALLOWED`: the page is beyond the maximum number of matches of a search.
    #[must_use]
    pub fn too_many_matches() -> Self {
        let code = ErrorCode::from("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED");
        Self::plain(code, "Unable to generate list. max matches value was reached")
    }

    /// `UNKNOWN_ROLE_ID`: the role in a request for a session does not exist.
    #[must_use]
    pub fn unknown_role_id() -> Self {
        Self::plain(ErrorCode::UnknownRoleId, "Unknown role id")
    }

    /// `INVALID_SET_ROLE`: the `setrole` of the session is negative.
    #[must_use]
    pub fn invalid_set_role() -> Self {
        Self::plain(ErrorCode::InvalidSetRole, "Invalid set role id")
    }

    /// `INVALID_ACTIONS_LIMIT`: the `actionslimit` of the session is not a number above zero.
    #[must_use]
    pub fn invalid_actions_limit() -> Self {
        Self::plain(ErrorCode::InvalidActionsLimit, "Invalid actions limit")
    }

    /// `MISSING_MANDATORY_PARAMETER`: the request lacks the parameter.
    #[must_use]
    pub fn missing_mandatory_parameter(name: &str) -> Self {
        Self::new(
            ErrorCode::MissingMandatoryParameter,
            "Missing parameter \"@PARAM_NAME@\"",
            &[("PARAM_NAME", name)],
        )
    }

    /// `INVALID_ENUM_VALUE`: the value is not one of the enumeration `kind`, such as `KalturaSessionType`.
    #[must_use]
    pub fn invalid_enum_value(value: &str, parameter: &str, kind: &str) -> Self {
        Self::new(
            ErrorCode::InvalidEnumValue,
            "Invalid enumeration value \"@ENUM_VAL@\" for parameter \"@PARAM_NAME@\", expecting enumeration type \"@ENUM_TYPE@\"",
            &[("ENUM_VAL", value), ("PARAM_NAME", parameter), ("ENUM_TYPE", kind)],
        )
    }

    /// `INVALID_PARAMETER_CHAR`: the value has a character that is not allowed in XML.
    #[must_use]
    pub fn invalid_parameter_char(field: &str) -> Self {
        Self::new(
            ErrorCode::InvalidParameterChar,
            "Invalid char in \"@XML_FIELD@\" field",
            &[("XML_FIELD", field)],
        )
    }

    /// `INVALID_LANGUAGE_CODE`: the parameter `language` is not a language code. The message begins with a space.
    #[must_use]
    pub fn invalid_language_code(code: &str) -> Self {
        Self::new(
            ErrorCode::InvalidLanguageCode,
            " Invalid language code [\"@LANGUAGE_CODE@\"]",
            &[("LANGUAGE_CODE", code)],
        )
    }

    /// `INVALID_FIELD_VALUE`: the value of the member is not valid.
    #[must_use]
    pub fn invalid_field_value(field: &str) -> Self {
        Self::new(
            ErrorCode::InvalidFieldValue,
            "value in field [@FIELD_NAME@] is not valid",
            &[("FIELD_NAME", field)],
        )
    }

    /// `PROPERTY_VALIDATION_NOT_UPDATABLE`: the member, such as `KalturaAppToken::status`, cannot be set.
    #[must_use]
    pub fn property_not_updatable(property: &str) -> Self {
        Self::new(
            ErrorCode::PropertyValidationNotUpdatable,
            "The property \"@PROP_NAME@\" cannot be updated",
            &[("PROP_NAME", property)],
        )
    }

    /// `PROPERTY_VALIDATION_CANNOT_BE_NULL`: the member, such as `KalturaMediaEntry::mediaType`, is required.
    #[must_use]
    pub fn property_cannot_be_null(property: &str) -> Self {
        Self::new(
            ErrorCode::from("PROPERTY_VALIDATION_CANNOT_BE_NULL"),
            "The property \"@PROP_NAME@\" cannot be null",
            &[("PROP_NAME", property)],
        )
    }

    /// `PROPERTY_VALIDATION_ADMIN_PROPERTY`: only an ADMIN session can set the member.
    #[must_use]
    pub fn property_admin_only(property: &str) -> Self {
        Self::new(
            ErrorCode::from("PROPERTY_VALIDATION_ADMIN_PROPERTY"),
            "The property \"@PROP_NAME@\" is updatable with admin session only",
            &[("PROP_NAME", property)],
        )
    }

    /// `PROPERTY_VALIDATION_MIN_LENGTH`: the member has fewer characters than `min_length`.
    #[must_use]
    pub fn property_min_length(property: &str, min_length: usize) -> Self {
        Self::new(
            ErrorCode::from("PROPERTY_VALIDATION_MIN_LENGTH"),
            "The property \"@PROP_NAME@\" must have a min length of @MIN_LENGTH@ characters",
            &[("PROP_NAME", property), ("MIN_LENGTH", &min_length.to_string())],
        )
    }

    /// `PROPERTY_VALIDATION_WRONG_FORMAT`: the parameter is not an object.
    #[must_use]
    pub fn property_wrong_format(property: &str) -> Self {
        Self::new(
            ErrorCode::PropertyValidationWrongFormat,
            "The property \"@PROP_NAME@\" must match format @FORMAT@",
            &[("PROP_NAME", property), ("FORMAT", "array")],
        )
    }

    /// `START_SESSION_ERROR`: the secret of the partner is wrong, or not valid for the type of session.
    #[must_use]
    pub fn start_session_error(partner: PartnerId) -> Self {
        Self::new(
            ErrorCode::StartSessionError,
            "Error while starting session for partner [@PID@]",
            &[("PID", &partner.to_string())],
        )
    }

    /// `INVALID_WIDGET_ID`: the widget does not exist.
    #[must_use]
    pub fn invalid_widget_id(id: &str) -> Self {
        Self::new(ErrorCode::InvalidWidgetId, "Unknown widget [@WIDGET_ID@]", &[("WIDGET_ID", id)])
    }

    /// `APP_TOKEN_ID_NOT_FOUND`: the app token does not exist at this partner, or was deleted.
    #[must_use]
    pub fn app_token_id_not_found(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenIdNotFound, "Application token id \"@ID@\" not found", &[("ID", id)])
    }

    /// `APP_TOKEN_NOT_ACTIVE`: the app token is disabled.
    #[must_use]
    pub fn app_token_not_active(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenNotActive, "Application token id \"@ID@\" not active", &[("ID", id)])
    }

    /// `APP_TOKEN_EXPIRED`: the app token has expired.
    #[must_use]
    pub fn app_token_expired(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenExpired, "Application token id \"@ID@\" expired", &[("ID", id)])
    }

    /// `INVALID_APP_TOKEN_HASH`: the token hash is wrong.
    #[must_use]
    pub fn invalid_app_token_hash() -> Self {
        Self::plain(ErrorCode::InvalidAppTokenHash, "Invalid application token hash")
    }

    /// `INTERNAL_SERVERL_ERROR` with `text` in its message: an error that echoes secrets, for tests of redaction.
    #[must_use]
    pub fn internal_server_error_echoing(text: &str) -> Self {
        Self::new(
            ErrorCode::InternalServerError,
            "Internal server error occurred while handling [@REQUEST@]",
            &[("REQUEST", text)],
        )
    }

    /// `INTERNAL_SERVERL_ERROR`: the server failed.
    #[must_use]
    pub fn internal_server_error() -> Self {
        Self::plain(ErrorCode::InternalServerError, "Internal server error occurred")
    }

    /// `INTERNAL_DATABASE_ERROR`: the server's database failed.
    #[must_use]
    pub fn internal_database_error() -> Self {
        Self::plain(ErrorCode::InternalDatabaseError, "Internal database error")
    }

    /// `LOCK_TIMED_OUT`: timeout of the server while it waited for another request.
    #[must_use]
    pub fn lock_timed_out() -> Self {
        Self::plain(ErrorCode::LockTimedOut, "Timed out while attempting to grab lock")
    }

    /// `ACCESS_UNAUTHORIZED`: a call for an internal partner from a foreign IP address.
    #[must_use]
    pub fn access_unauthorized() -> Self {
        Self::plain(ErrorCode::AccessUnauthorized, "Access unauthorized")
    }

    /// `SERVICE_ACCESS_CONTROL_RESTRICTED`: the access control of the partner does not allow the action.
    #[must_use]
    pub fn service_access_control_restricted(service: &str, action: &str) -> Self {
        Self::new(
            ErrorCode::ServiceAccessControlRestricted,
            "The access to service [@SERVICE@] is forbidden due to access control restriction",
            &[("SERVICE", &format!("{service}->{action}"))],
        )
    }
}

/// Fills the arguments into the template, in one pass: a placeholder inside an argument stays as it is.
fn fill(template: &str, args: &[(&'static str, String)]) -> String {
    let mut parts = template.split('@');
    let mut message = parts.next().unwrap_or_default().to_owned();
    while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
        if let Some((_, value)) = args.iter().find(|(present, _)| *present == name) {
            message.push_str(value);
        }
        message.push_str(text);
    }
    message
}

/// Removes tags as PHP's `strip_tags` does: from a `<` to its `>`, where a `>` in quotes does not count. A `<`
/// before white space does not start a tag. NUL is removed.
fn strip_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().filter(|c| *c != '\0').peekable();
    let mut depth = 0_usize;
    let mut quote = None;
    while let Some(c) = characters.next() {
        let starts_tag = c == '<' && !characters.peek().is_some_and(|next| next.is_ascii_whitespace());
        if depth == 0 {
            match c {
                '<' if starts_tag => depth = 1,
                _ => kept.push(c),
            }
        } else if let Some(open) = quote {
            if c == open {
                quote = None;
            }
        } else {
            match c {
                '"' | '\'' => quote = Some(c),
                '<' if starts_tag => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_in_an_argument_is_not_filled() {
        let exception = ApiException::app_token_id_not_found("@ID@ <b>x</b>");
        assert_eq!(exception.message, "Application token id \"@ID@ x\" not found");
        assert_eq!(exception.args, [("ID", "@ID@ x".to_owned())]);
    }

    #[test]
    fn the_arrow_of_a_forbidden_service_is_not_a_tag() {
        let exception = ApiException::service_forbidden("appToken", "get");
        assert_eq!(exception.message, "The access to service [appToken->get] is forbidden");
        assert!(exception.is_service_forbidden());
    }

    #[test]
    fn debug_does_not_show_arguments() {
        assert_eq!(format!("{:?}", ApiException::invalid_ks("djJ8secret")), "ApiException(INVALID_KS)");
    }

    #[test]
    fn tags_are_removed_and_text_is_kept() {
        for (text, left) in [
            ("<b>x</b>", "x"),
            ("session->get", "session->get"),
            ("a < b > c", "a < b > c"),
            ("a<b", "a"),
            ("<a title='>'>x</a>y", "xy"),
            ("<i <b>>x", "x"),
            ("a\0b", "ab"),
            ("", ""),
        ] {
            assert_eq!(strip_tags(text), left, "{text:?}");
        }
    }
}
