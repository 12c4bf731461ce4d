//! The errors of the API as the server writes them, for mocks and emulators (wire contract, section 7).

use super::ErrorCode;
use super::strip_tags::strip_tags;
use crate::ids::PartnerId;

/// An error object as the server sends it: code, message with its arguments filled in, and arguments.
///
/// It is the sending side of [`ApiError`](super::ApiError), and is not redacted: texts of the server echo what they
/// were sent, so `Debug` shows the code alone.
///
/// ```
/// # use kaltura_types::api_error::ApiException;
/// let exception = ApiException::app_token_expired("0_7jh3eu10");
/// assert_eq!(exception.message, "Application token id \"0_7jh3eu10\" expired");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiException {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What went wrong, in the server's words.
    pub message: String,
    /// Names and values of the arguments, in the server's order.
    pub args: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for ApiException {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiException({})", self.code)
    }
}

impl ApiException {
    /// Fills a template, in which `@NAME@` stands for an argument. The server takes markup out of the
    /// arguments (wire contract, section 2.3).
    pub fn new(code: ErrorCode, template: &str, args: &[(&'static str, &str)]) -> Self {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, strip_tags(value))).collect();
        let message = fill(template, &args);
        Self { code, message, args }
    }

    /// An error that has no arguments.
    pub fn plain(code: ErrorCode, message: &str) -> Self {
        Self::new(code, message, &[])
    }

    /// `SERVICE_FORBIDDEN`.
    #[must_use]
    pub fn is_service_forbidden(&self) -> bool {
        self.code == ErrorCode::ServiceForbidden
    }

    /// `SERVICE_NOT_SPECIFIED`.
    #[must_use]
    pub fn service_not_specified() -> Self {
        Self::plain(ErrorCode::ServiceNotSpecified, "Service name was not specified, please specify one")
    }

    /// `SERVICE_DOES_NOT_EXISTS`.
    #[must_use]
    pub fn service_does_not_exist(service: &str) -> Self {
        let service = service.to_ascii_lowercase();
        Self::new(
            ErrorCode::ServiceDoesNotExist,
            "Service \"@SRV_NAME@\" does not exists",
            &[("SRV_NAME", &service)],
        )
    }

    /// `ACTION_NOT_SPECIFIED`.
    #[must_use]
    pub fn action_not_specified() -> Self {
        Self::plain(ErrorCode::ActionNotSpecified, "Action name was not specified, please specify one")
    }

    /// `ACTION_DOES_NOT_EXISTS`.
    #[must_use]
    pub fn action_does_not_exist(service: &str, action: &str) -> Self {
        let (service, action) = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        Self::new(
            ErrorCode::ActionDoesNotExist,
            "Action \"@ACTION_NAME@\" does not exists for service \"@SERVICE_NAME@\"",
            &[("ACTION_NAME", &action), ("SERVICE_NAME", &service)],
        )
    }

    /// `ACTION_BLOCKED`.
    #[must_use]
    pub fn action_blocked(service: &str, action: &str) -> Self {
        let (service, action) = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        Self::new(
            ErrorCode::ActionBlocked,
            "Action \"@ACTION_NAME@\" in service \"@SERVICE_NAME@\" is blocked",
            &[("ACTION_NAME", &action), ("SERVICE_NAME", &service)],
        )
    }

    /// `MISSING_KS`.
    #[must_use]
    pub fn missing_ks() -> Self {
        Self::plain(ErrorCode::MissingKs, "Missing KS, session not established")
    }

    /// `ks_id` is the reason, such as `EXPIRED`, or the KS that was sent.
    ///
    /// `INVALID_KS`.
    #[must_use]
    pub fn invalid_ks(ks_id: &str) -> Self {
        Self::new(
            ErrorCode::InvalidKs,
            "Invalid KS \"@KSID@\", Error \"@ERR_CODE@,@ERR_DESC@\"",
            &[("KSID", ks_id), ("ERR_CODE", "-1"), ("ERR_DESC", "INVALID_STR")],
        )
    }

    /// `SERVICE_FORBIDDEN`.
    #[must_use]
    pub fn service_forbidden(service: &str, action: &str) -> Self {
        Self::new(
            ErrorCode::ServiceForbidden,
            "The access to service [@SERVICE@] is forbidden",
            &[("SERVICE", &format!("{service}->{action}"))],
        )
    }

    /// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`.
    #[must_use]
    pub fn content_blocked() -> Self {
        Self::plain(
            ErrorCode::ServiceForbiddenContentBlocked,
            "The access to this service is forbidden since the specified partner is blocked",
        )
    }

    /// `PARTNER_ACCESS_FORBIDDEN`.
    #[must_use]
    pub fn partner_access_forbidden(accessing: PartnerId, accessed: PartnerId) -> Self {
        Self::new(
            ErrorCode::PartnerAccessForbidden,
            "Partner [@ACCESSING_PID@] cannot access partner [@ACCESSED_PID@]",
            &[("ACCESSING_PID", &accessing.to_string()), ("ACCESSED_PID", &accessed.to_string())],
        )
    }

    /// `USER_BLOCKED`.
    #[must_use]
    pub fn user_blocked() -> Self {
        Self::plain(ErrorCode::UserBlocked, "this user is blocked")
    }

    /// `INVALID_USER_ID`.
    #[must_use]
    pub fn invalid_user_id() -> Self {
        Self::plain(ErrorCode::from("INVALID_USER_ID"), "Invalid user id")
    }

    /// `ENTRY_ID_NOT_FOUND`.
    #[must_use]
    pub fn entry_not_found(id: &str) -> Self {
        let code = ErrorCode::from("ENTRY_ID_NOT_FOUND");
        Self::new(code, "Entry id \"@ENTRY_ID@\" not found", &[("ENTRY_ID", id)])
    }

    /// The server forgets to say which object it means.
    ///
    /// `INVALID_OBJECT_ID`.
    #[must_use]
    pub fn invalid_object_id() -> Self {
        Self::new(ErrorCode::InvalidObjectId, "Invalid object id [@ID@]", &[("ID", "N/A")])
    }

    /// A list that is searched is counted so far and no further.
    ///
    /// `QUERY_EXCEEDED_MAX_MATCHES_ALLOWED`.
    #[must_use]
    pub fn too_many_matches() -> Self {
        let code = ErrorCode::from("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED");
        Self::plain(code, "Unable to generate list. max matches value was reached")
    }

    /// `UNKNOWN_ROLE_ID`.
    #[must_use]
    pub fn unknown_role() -> Self {
        Self::plain(ErrorCode::UnknownRoleId, "Unknown role id")
    }

    /// `INVALID_SET_ROLE`.
    #[must_use]
    pub fn invalid_set_role() -> Self {
        Self::plain(ErrorCode::InvalidSetRole, "Invalid set role id")
    }

    /// `INVALID_ACTIONS_LIMIT`.
    #[must_use]
    pub fn invalid_actions_limit() -> Self {
        Self::plain(ErrorCode::InvalidActionsLimit, "Invalid actions limit")
    }

    /// `MISSING_MANDATORY_PARAMETER`.
    #[must_use]
    pub fn missing_parameter(name: &str) -> Self {
        Self::new(
            ErrorCode::MissingMandatoryParameter,
            "Missing parameter \"@PARAM_NAME@\"",
            &[("PARAM_NAME", name)],
        )
    }

    /// `INVALID_ENUM_VALUE`.
    #[must_use]
    pub fn invalid_enum(value: &str, parameter: &str, kind: &str) -> Self {
        Self::new(
            ErrorCode::InvalidEnumValue,
            "Invalid enumeration value \"@ENUM_VAL@\" for parameter \"@PARAM_NAME@\", expecting enumeration type \"@ENUM_TYPE@\"",
            &[("ENUM_VAL", value), ("PARAM_NAME", parameter), ("ENUM_TYPE", kind)],
        )
    }

    /// `INVALID_PARAMETER_CHAR`.
    #[must_use]
    pub fn invalid_character(field: &str) -> Self {
        Self::new(
            ErrorCode::InvalidParameterChar,
            "Invalid char in \"@XML_FIELD@\" field",
            &[("XML_FIELD", field)],
        )
    }

    /// `INVALID_LANGUAGE_CODE`.
    #[must_use]
    pub fn invalid_language(code: &str) -> Self {
        Self::new(
            ErrorCode::InvalidLanguageCode,
            " Invalid language code [\"@LANGUAGE_CODE@\"]",
            &[("LANGUAGE_CODE", code)],
        )
    }

    /// `INVALID_FIELD_VALUE`.
    #[must_use]
    pub fn invalid_field(field: &str) -> Self {
        Self::new(
            ErrorCode::InvalidFieldValue,
            "value in field [@FIELD_NAME@] is not valid",
            &[("FIELD_NAME", field)],
        )
    }

    /// `PROPERTY_VALIDATION_NOT_UPDATABLE`.
    #[must_use]
    pub fn not_updatable(property: &str) -> Self {
        Self::new(
            ErrorCode::PropertyValidationNotUpdatable,
            "The property \"@PROP_NAME@\" cannot be updated",
            &[("PROP_NAME", property)],
        )
    }

    /// `PROPERTY_VALIDATION_WRONG_FORMAT`.
    #[must_use]
    pub fn wrong_format(property: &str) -> Self {
        Self::new(
            ErrorCode::PropertyValidationWrongFormat,
            "The property \"@PROP_NAME@\" must match format @FORMAT@",
            &[("PROP_NAME", property), ("FORMAT", "array")],
        )
    }

    /// `START_SESSION_ERROR`.
    #[must_use]
    pub fn start_session_error(partner: PartnerId) -> Self {
        Self::new(
            ErrorCode::StartSessionError,
            "Error while starting session for partner [@PID@]",
            &[("PID", &partner.to_string())],
        )
    }

    /// `INVALID_WIDGET_ID`.
    #[must_use]
    pub fn invalid_widget(id: &str) -> Self {
        Self::new(ErrorCode::InvalidWidgetId, "Unknown widget [@WIDGET_ID@]", &[("WIDGET_ID", id)])
    }

    /// `APP_TOKEN_ID_NOT_FOUND`.
    #[must_use]
    pub fn app_token_not_found(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenIdNotFound, "Application token id \"@ID@\" not found", &[("ID", id)])
    }

    /// `APP_TOKEN_NOT_ACTIVE`.
    #[must_use]
    pub fn app_token_not_active(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenNotActive, "Application token id \"@ID@\" not active", &[("ID", id)])
    }

    /// `APP_TOKEN_EXPIRED`.
    #[must_use]
    pub fn app_token_expired(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenExpired, "Application token id \"@ID@\" expired", &[("ID", id)])
    }

    /// `INVALID_APP_TOKEN_HASH`.
    #[must_use]
    pub fn invalid_app_token_hash() -> Self {
        Self::plain(ErrorCode::InvalidAppTokenHash, "Invalid application token hash")
    }

    /// An internal error that says more than it should.
    ///
    /// `INTERNAL_SERVER_ERROR`.
    #[must_use]
    pub fn echo(sent: &str) -> Self {
        Self::new(
            ErrorCode::InternalServerError,
            "Internal server error occurred while handling [@REQUEST@]",
            &[("REQUEST", sent)],
        )
    }

    /// `INTERNAL_SERVER_ERROR`.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::plain(ErrorCode::InternalServerError, "Internal server error occurred")
    }

    /// `INTERNAL_DATABASE_ERROR`.
    #[must_use]
    pub fn internal_database_error() -> Self {
        Self::plain(ErrorCode::InternalDatabaseError, "Internal database error")
    }

    /// `LOCK_TIMED_OUT`.
    #[must_use]
    pub fn lock_timed_out() -> Self {
        Self::plain(ErrorCode::LockTimedOut, "Timed out while attempting to grab lock")
    }

    /// `ACCESS_UNAUTHORIZED`.
    #[must_use]
    pub fn access_unauthorized() -> Self {
        Self::plain(ErrorCode::AccessUnauthorized, "Access unauthorized")
    }

    /// `SERVICE_ACCESS_CONTROL_RESTRICTED`.
    #[must_use]
    pub fn access_control_restricted(service: &str, action: &str) -> Self {
        Self::new(
            ErrorCode::ServiceAccessControlRestricted,
            "The access to service [@SERVICE@] is forbidden due to access control restriction",
            &[("SERVICE", &format!("{service}->{action}"))],
        )
    }
}

/// Puts the arguments into the template, in one go: what an argument says is not filled again.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_filled_in_as_it_is() {
        let exception = ApiException::app_token_not_found("@ID@ <b>x</b>");
        assert_eq!(exception.message, "Application token id \"@ID@ x\" not found");
        assert_eq!(exception.args, [("ID", "@ID@ x".to_owned())]);
    }

    #[test]
    fn the_arrow_of_a_forbidden_service_stays() {
        let exception = ApiException::service_forbidden("appToken", "get");
        assert_eq!(exception.message, "The access to service [appToken->get] is forbidden");
        assert!(exception.is_service_forbidden());
    }

    #[test]
    fn debug_shows_no_argument() {
        assert_eq!(format!("{:?}", ApiException::invalid_ks("djJ8secret")), "ApiException(INVALID_KS)");
    }
}
