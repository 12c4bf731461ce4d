//! The errors of the API: code, message and arguments (wire contract, section 7).

mod strip_tags;

use kaltura_types::{ErrorCode, PartnerId};

use self::strip_tags::strip_tags;

/// An error of the API. Its texts may hold a KS, so `Debug` shows the code alone.
#[derive(Clone, PartialEq)]
pub(crate) struct Exception {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) args: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for Exception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exception({})", self.code)
    }
}

impl Exception {
    /// Fills a template, in which `@NAME@` stands for an argument. The server takes markup out of the
    /// arguments (wire contract, section 2.3).
    fn new(code: ErrorCode, template: &str, args: &[(&'static str, &str)]) -> Self {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, strip_tags(value))).collect();
        let message = fill(template, &args);
        Self { code, message, args }
    }

    /// An error that has no arguments.
    fn plain(code: ErrorCode, message: &str) -> Self {
        Self::new(code, message, &[])
    }

    pub(crate) fn is_service_forbidden(&self) -> bool {
        self.code == ErrorCode::ServiceForbidden
    }

    pub(crate) fn service_not_specified() -> Self {
        Self::plain(ErrorCode::ServiceNotSpecified, "Service name was not specified, please specify one")
    }

    pub(crate) fn service_does_not_exist(service: &str) -> Self {
        let service = service.to_ascii_lowercase();
        Self::new(
            ErrorCode::ServiceDoesNotExist,
            "Service \"@SRV_NAME@\" does not exists",
            &[("SRV_NAME", &service)],
        )
    }

    pub(crate) fn action_not_specified() -> Self {
        Self::plain(ErrorCode::ActionNotSpecified, "Action name was not specified, please specify one")
    }

    pub(crate) fn action_does_not_exist(service: &str, action: &str) -> Self {
        let (service, action) = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        Self::new(
            ErrorCode::ActionDoesNotExist,
            "Action \"@ACTION_NAME@\" does not exists for service \"@SERVICE_NAME@\"",
            &[("ACTION_NAME", &action), ("SERVICE_NAME", &service)],
        )
    }

    pub(crate) fn action_blocked(service: &str, action: &str) -> Self {
        let (service, action) = (service.to_ascii_lowercase(), action.to_ascii_lowercase());
        Self::new(
            ErrorCode::ActionBlocked,
            "Action \"@ACTION_NAME@\" in service \"@SERVICE_NAME@\" is blocked",
            &[("ACTION_NAME", &action), ("SERVICE_NAME", &service)],
        )
    }

    pub(crate) fn missing_ks() -> Self {
        Self::plain(ErrorCode::MissingKs, "Missing KS, session not established")
    }

    /// `ks_id` is the reason, such as `EXPIRED`, or the KS that was sent.
    pub(crate) fn invalid_ks(ks_id: &str) -> Self {
        Self::new(
            ErrorCode::InvalidKs,
            "Invalid KS \"@KSID@\", Error \"@ERR_CODE@,@ERR_DESC@\"",
            &[("KSID", ks_id), ("ERR_CODE", "-1"), ("ERR_DESC", "INVALID_STR")],
        )
    }

    pub(crate) fn service_forbidden(service: &str, action: &str) -> Self {
        Self::new(
            ErrorCode::ServiceForbidden,
            "The access to service [@SERVICE@] is forbidden",
            &[("SERVICE", &format!("{service}->{action}"))],
        )
    }

    pub(crate) fn content_blocked() -> Self {
        Self::plain(
            ErrorCode::ServiceForbiddenContentBlocked,
            "The access to this service is forbidden since the specified partner is blocked",
        )
    }

    pub(crate) fn partner_access_forbidden(accessing: PartnerId, accessed: PartnerId) -> Self {
        Self::new(
            ErrorCode::PartnerAccessForbidden,
            "Partner [@ACCESSING_PID@] cannot access partner [@ACCESSED_PID@]",
            &[("ACCESSING_PID", &accessing.to_string()), ("ACCESSED_PID", &accessed.to_string())],
        )
    }

    pub(crate) fn user_blocked() -> Self {
        Self::plain(ErrorCode::UserBlocked, "this user is blocked")
    }

    pub(crate) fn invalid_user_id() -> Self {
        Self::plain(ErrorCode::from("INVALID_USER_ID"), "Invalid user id")
    }

    pub(crate) fn entry_not_found(id: &str) -> Self {
        let code = ErrorCode::from("ENTRY_ID_NOT_FOUND");
        Self::new(code, "Entry id \"@ENTRY_ID@\" not found", &[("ENTRY_ID", id)])
    }

    /// The server forgets to say which object it means.
    pub(crate) fn invalid_object_id() -> Self {
        Self::new(ErrorCode::InvalidObjectId, "Invalid object id [@ID@]", &[("ID", "N/A")])
    }

    /// A list that is searched is counted so far and no further.
    pub(crate) fn too_many_matches() -> Self {
        let code = ErrorCode::from("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED");
        Self::plain(code, "Unable to generate list. max matches value was reached")
    }

    pub(crate) fn unknown_role() -> Self {
        Self::plain(ErrorCode::UnknownRoleId, "Unknown role id")
    }

    pub(crate) fn invalid_set_role() -> Self {
        Self::plain(ErrorCode::InvalidSetRole, "Invalid set role id")
    }

    pub(crate) fn invalid_actions_limit() -> Self {
        Self::plain(ErrorCode::InvalidActionsLimit, "Invalid actions limit")
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::new(
            ErrorCode::MissingMandatoryParameter,
            "Missing parameter \"@PARAM_NAME@\"",
            &[("PARAM_NAME", name)],
        )
    }

    pub(crate) fn invalid_enum(value: &str, parameter: &str, kind: &str) -> Self {
        Self::new(
            ErrorCode::InvalidEnumValue,
            "Invalid enumeration value \"@ENUM_VAL@\" for parameter \"@PARAM_NAME@\", expecting enumeration type \"@ENUM_TYPE@\"",
            &[("ENUM_VAL", value), ("PARAM_NAME", parameter), ("ENUM_TYPE", kind)],
        )
    }

    pub(crate) fn invalid_character(field: &str) -> Self {
        Self::new(
            ErrorCode::InvalidParameterChar,
            "Invalid char in \"@XML_FIELD@\" field",
            &[("XML_FIELD", field)],
        )
    }

    pub(crate) fn invalid_language(code: &str) -> Self {
        Self::new(
            ErrorCode::InvalidLanguageCode,
            " Invalid language code [\"@LANGUAGE_CODE@\"]",
            &[("LANGUAGE_CODE", code)],
        )
    }

    pub(crate) fn invalid_field(field: &str) -> Self {
        Self::new(
            ErrorCode::InvalidFieldValue,
            "value in field [@FIELD_NAME@] is not valid",
            &[("FIELD_NAME", field)],
        )
    }

    pub(crate) fn not_updatable(property: &str) -> Self {
        Self::new(
            ErrorCode::PropertyValidationNotUpdatable,
            "The property \"@PROP_NAME@\" cannot be updated",
            &[("PROP_NAME", property)],
        )
    }

    pub(crate) fn wrong_format(property: &str) -> Self {
        Self::new(
            ErrorCode::PropertyValidationWrongFormat,
            "The property \"@PROP_NAME@\" must match format @FORMAT@",
            &[("PROP_NAME", property), ("FORMAT", "array")],
        )
    }

    pub(crate) fn start_session_error(partner: PartnerId) -> Self {
        Self::new(
            ErrorCode::StartSessionError,
            "Error while starting session for partner [@PID@]",
            &[("PID", &partner.to_string())],
        )
    }

    pub(crate) fn invalid_widget(id: &str) -> Self {
        Self::new(ErrorCode::InvalidWidgetId, "Unknown widget [@WIDGET_ID@]", &[("WIDGET_ID", id)])
    }

    pub(crate) fn app_token_not_found(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenIdNotFound, "Application token id \"@ID@\" not found", &[("ID", id)])
    }

    pub(crate) fn app_token_not_active(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenNotActive, "Application token id \"@ID@\" not active", &[("ID", id)])
    }

    pub(crate) fn app_token_expired(id: &str) -> Self {
        Self::new(ErrorCode::AppTokenExpired, "Application token id \"@ID@\" expired", &[("ID", id)])
    }

    pub(crate) fn invalid_app_token_hash() -> Self {
        Self::plain(ErrorCode::InvalidAppTokenHash, "Invalid application token hash")
    }

    /// An internal error that says more than it should.
    pub(crate) fn echo(sent: &str) -> Self {
        Self::new(
            ErrorCode::InternalServerError,
            "Internal server error occurred while handling [@REQUEST@]",
            &[("REQUEST", sent)],
        )
    }

    pub(crate) fn internal_error() -> Self {
        Self::plain(ErrorCode::InternalServerError, "Internal server error occurred")
    }

    pub(crate) fn internal_database_error() -> Self {
        Self::plain(ErrorCode::InternalDatabaseError, "Internal database error")
    }

    pub(crate) fn lock_timed_out() -> Self {
        Self::plain(ErrorCode::LockTimedOut, "Timed out while attempting to grab lock")
    }

    pub(crate) fn access_unauthorized() -> Self {
        Self::plain(ErrorCode::AccessUnauthorized, "Access unauthorized")
    }

    pub(crate) fn access_control_restricted(service: &str, action: &str) -> Self {
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
        let exception = Exception::app_token_not_found("@ID@ <b>x</b>");
        assert_eq!(exception.message, "Application token id \"@ID@ x\" not found");
        assert_eq!(exception.args, [("ID", "@ID@ x".to_owned())]);
    }

    #[test]
    fn the_arrow_of_a_forbidden_service_stays() {
        let exception = Exception::service_forbidden("appToken", "get");
        assert_eq!(exception.message, "The access to service [appToken->get] is forbidden");
        assert!(exception.is_service_forbidden());
    }

    #[test]
    fn debug_shows_no_argument() {
        assert_eq!(format!("{:?}", Exception::invalid_ks("djJ8secret")), "Exception(INVALID_KS)");
    }
}
