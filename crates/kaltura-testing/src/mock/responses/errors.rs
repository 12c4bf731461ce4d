//! Each API error, with its exact code, message and arguments (wire contract, section 7).
//!
//! All have HTTP status 200, as on the server.
//!
//! ```
//! # use kaltura_auth::WireResponse;
//! # use kaltura_testing::mock::responses::errors;
//! # use kaltura_types::{Ks, KsRefusal, PayloadError, payload};
//! let response: WireResponse = errors::invalid_ks(KsRefusal::Expired).into();
//! let Err(PayloadError::Api(error)) = payload::decode::<serde_json::Value>(response.body()) else { panic!("no error") };
//! assert_eq!(error.message(), "the KS is not accepted");
//! assert_eq!(error.ks_refusal(), Some(KsRefusal::Expired));
//! ```

use kaltura_types::{AppTokenId, Ks, KsRefusal, PartnerId, WidgetId};
use serde_json::{Map, Value, json};

use super::{AnyResult, MockResponse, generate_ks};
use kaltura_types::api_error::ApiException;

/// Any error, such as one of another server version.
///
/// Arguments are an object of strings; without any, the server sends an empty list instead (wire contract,
/// section 2.3).
///
/// ```
/// # use kaltura_testing::mock::responses::errors;
/// let error = errors::error("EXPIRED_TOKEN", "Token expired", [("ID", "0_7jh3eu10")]);
/// # let _ = error;
/// ```
pub fn error<'a>(
    code: &str,
    message: &str,
    args: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> MockResponse {
    let args: Map<String, Value> =
        args.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let args = if args.is_empty() { json!([]) } else { Value::Object(args) };
    let exception =
        json!({ "code": code, "message": message, "objectType": "KalturaAPIException", "args": args });
    MockResponse::from_json(AnyResult(()), exception)
}

/// Code and message are shared with the emulator.
fn from_exception(exception: &ApiException) -> MockResponse {
    let args = exception.args.iter().map(|(name, value)| (*name, value.as_str()));
    error(exception.code.as_str(), &exception.message, args)
}

/// `SERVICE_NOT_SPECIFIED`
pub fn service_not_specified() -> MockResponse {
    from_exception(&ApiException::service_not_specified())
}

/// `SERVICE_DOES_NOT_EXISTS`, in the server's spelling. The service is named in lower case.
pub fn service_does_not_exist(service: &str) -> MockResponse {
    from_exception(&ApiException::service_does_not_exist(service))
}

/// `ACTION_NOT_SPECIFIED`
pub fn action_not_specified() -> MockResponse {
    from_exception(&ApiException::action_not_specified())
}

/// `ACTION_DOES_NOT_EXISTS`, in the server's spelling. Both are named in lower case.
pub fn action_does_not_exist(service: &str, action: &str) -> MockResponse {
    from_exception(&ApiException::action_does_not_exist(service, action))
}

/// `ACTION_BLOCKED`: the rate limit is exceeded. Both are named in lower case.
pub fn action_blocked(service: &str, action: &str) -> MockResponse {
    from_exception(&ApiException::action_blocked(service, action))
}

/// `MISSING_KS`. The server responds to a missing KS with [`service_forbidden`] instead.
pub fn missing_ks() -> MockResponse {
    from_exception(&ApiException::missing_ks())
}

/// `INVALID_KS` with a reason. Where the server echoes the KS, the echo is one of [`generate_ks`]; to echo the
/// KS of the request, use [`invalid_ks_echo`].
pub fn invalid_ks(reason: KsRefusal) -> MockResponse {
    match reason {
        KsRefusal::Expired => invalid_ks_of("EXPIRED"),
        KsRefusal::LoggedOut => invalid_ks_of("LOGOUT"),
        KsRefusal::ActionsLimitExceeded => invalid_ks_of("EXCEEDED_ACTIONS_LIMIT"),
        KsRefusal::IpRestricted => invalid_ks_of("EXCEEDED_RESTRICTED_IP"),
        KsRefusal::UriRestricted => invalid_ks_of("EXCEEDED_RESTRICTED_URI"),
        KsRefusal::InvalidPartner => invalid_ks_of("INVALID_PARTNER"),
        KsRefusal::InvalidUser => invalid_ks_of("INVALID_USER"),
        _ => invalid_ks_echo(&generate_ks(PartnerId::new(0))),
    }
}

/// `INVALID_KS` for a KS that the server cannot read or did not sign: the message and an argument contain the
/// KS itself.
pub fn invalid_ks_echo(ks: &Ks) -> MockResponse {
    invalid_ks_of(ks.expose())
}

fn invalid_ks_of(ksid: &str) -> MockResponse {
    from_exception(&ApiException::invalid_ks(ksid))
}

/// `SERVICE_FORBIDDEN`, the only error with headers of its own; a `WireResponse` keeps `X-Kaltura`.
pub fn service_forbidden(service: &str, action: &str) -> MockResponse {
    from_exception(&ApiException::service_forbidden(service, action))
        .header("X-Kaltura", "error-SERVICE_FORBIDDEN")
}

/// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`: the partner is blocked or unknown.
pub fn service_forbidden_content_blocked() -> MockResponse {
    from_exception(&ApiException::partner_blocked())
}

/// `SERVICE_ACCESS_CONTROL_RESTRICTED`
pub fn service_access_control_restricted(service: &str, action: &str) -> MockResponse {
    from_exception(&ApiException::service_access_control_restricted(service, action))
}

/// `ACCESS_UNAUTHORIZED`
pub fn access_unauthorized() -> MockResponse {
    from_exception(&ApiException::access_unauthorized())
}

/// `PARTNER_ACCESS_FORBIDDEN`
pub fn partner_access_forbidden(accessing: PartnerId, accessed: PartnerId) -> MockResponse {
    from_exception(&ApiException::partner_access_forbidden(accessing, accessed))
}

/// `USER_BLOCKED`
pub fn user_blocked() -> MockResponse {
    from_exception(&ApiException::user_blocked())
}

/// `INVALID_OBJECT_ID`, for a session whose role does not exist. The server does not name the role.
pub fn invalid_object_id() -> MockResponse {
    from_exception(&ApiException::invalid_object_id())
}

/// `UNKNOWN_ROLE_ID`
pub fn unknown_role_id() -> MockResponse {
    from_exception(&ApiException::unknown_role_id())
}

/// `INVALID_ACTIONS_LIMIT`
pub fn invalid_actions_limit() -> MockResponse {
    from_exception(&ApiException::invalid_actions_limit())
}

/// `INVALID_SET_ROLE`
pub fn invalid_set_role() -> MockResponse {
    from_exception(&ApiException::invalid_set_role())
}

/// `MISSING_MANDATORY_PARAMETER`
pub fn missing_mandatory_parameter(name: &str) -> MockResponse {
    from_exception(&ApiException::missing_mandatory_parameter(name))
}

/// `INVALID_ENUM_VALUE`, such as for `sha256` as `hashType`, a `KalturaAppTokenHashType`.
pub fn invalid_enum_value(value: &str, name: &str, enum_type: &str) -> MockResponse {
    from_exception(&ApiException::invalid_enum_value(value, name, enum_type))
}

/// `INVALID_PARAMETER_CHAR`
pub fn invalid_parameter_char(name: &str) -> MockResponse {
    from_exception(&ApiException::invalid_parameter_char(name))
}

/// `INVALID_LANGUAGE_CODE`, whose message starts with a space.
pub fn invalid_language_code(code: &str) -> MockResponse {
    from_exception(&ApiException::invalid_language_code(code))
}

/// `INVALID_FIELD_VALUE`, such as for `sessionUserId`.
pub fn invalid_field_value(field: &str) -> MockResponse {
    from_exception(&ApiException::invalid_field_value(field))
}

/// `PROPERTY_VALIDATION_NOT_UPDATABLE`, such as for `KalturaAppToken::status`.
pub fn property_validation_not_updatable(property: &str) -> MockResponse {
    from_exception(&ApiException::property_not_updatable(property))
}

/// `PROPERTY_VALIDATION_WRONG_FORMAT`: the parameter is not an object.
pub fn property_validation_wrong_format(property: &str) -> MockResponse {
    from_exception(&ApiException::property_wrong_format(property))
}

/// `START_SESSION_ERROR`
pub fn start_session_error(partner: PartnerId) -> MockResponse {
    from_exception(&ApiException::start_session_error(partner))
}

/// `INVALID_WIDGET_ID`
pub fn invalid_widget_id(widget: &WidgetId) -> MockResponse {
    from_exception(&ApiException::invalid_widget_id(widget.as_str()))
}

/// `APP_TOKEN_ID_NOT_FOUND`: the token is unknown, deleted, or of another partner.
pub fn app_token_id_not_found(id: &AppTokenId) -> MockResponse {
    from_exception(&ApiException::app_token_id_not_found(id.as_str()))
}

/// `APP_TOKEN_NOT_ACTIVE`
pub fn app_token_not_active(id: &AppTokenId) -> MockResponse {
    from_exception(&ApiException::app_token_not_active(id.as_str()))
}

/// `APP_TOKEN_EXPIRED`
pub fn app_token_expired(id: &AppTokenId) -> MockResponse {
    from_exception(&ApiException::app_token_expired(id.as_str()))
}

/// `INVALID_APP_TOKEN_HASH`
pub fn invalid_app_token_hash() -> MockResponse {
    from_exception(&ApiException::invalid_app_token_hash())
}

/// `LOCK_TIMED_OUT`
pub fn lock_timed_out() -> MockResponse {
    from_exception(&ApiException::lock_timed_out())
}

/// `INTERNAL_SERVERL_ERROR`, in the server's spelling.
pub fn internal_server_error() -> MockResponse {
    from_exception(&ApiException::internal_server_error())
}

/// `INTERNAL_DATABASE_ERROR`
pub fn internal_database_error() -> MockResponse {
    from_exception(&ApiException::internal_database_error())
}

/// All errors of this module.
///
/// ```
/// # use kaltura_auth::WireResponse;
/// # use kaltura_testing::mock::responses::errors;
/// for response in errors::all() {
///     let response: WireResponse = response.into();
///     assert!(kaltura_types::payload::decode::<serde_json::Value>(response.body()).is_err());
/// }
/// ```
pub fn all() -> impl Iterator<Item = MockResponse> {
    let partner = PartnerId::new(1_234_567);
    let token = AppTokenId::new("0_7jh3eu10");
    let ks_refusals = [
        KsRefusal::Expired,
        KsRefusal::LoggedOut,
        KsRefusal::ActionsLimitExceeded,
        KsRefusal::IpRestricted,
        KsRefusal::UriRestricted,
        KsRefusal::InvalidPartner,
        KsRefusal::InvalidUser,
        KsRefusal::Unreadable,
    ];
    let others = [
        service_not_specified(),
        service_does_not_exist("apToken"),
        action_not_specified(),
        action_does_not_exist("appToken", "begin"),
        action_blocked("appToken", "startSession"),
        missing_ks(),
        service_forbidden("appToken", "startSession"),
        service_forbidden_content_blocked(),
        service_access_control_restricted("appToken", "startSession"),
        access_unauthorized(),
        partner_access_forbidden(partner, PartnerId::new(7_654_321)),
        user_blocked(),
        invalid_object_id(),
        unknown_role_id(),
        invalid_actions_limit(),
        invalid_set_role(),
        missing_mandatory_parameter("widgetId"),
        invalid_enum_value("1", "type", "KalturaSessionType"),
        invalid_parameter_char("userId"),
        invalid_language_code("zz9"),
        invalid_field_value("sessionUserId"),
        property_validation_not_updatable("KalturaAppToken::status"),
        property_validation_wrong_format("appToken"),
        start_session_error(partner),
        invalid_widget_id(&WidgetId::default_for(partner)),
        app_token_id_not_found(&token),
        app_token_not_active(&token),
        app_token_expired(&token),
        invalid_app_token_hash(),
        lock_timed_out(),
        internal_server_error(),
        internal_database_error(),
    ];
    ks_refusals.into_iter().map(invalid_ks).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{ApiError, ErrorCode, PayloadError, payload};

    fn decode(response: MockResponse) -> ApiError {
        let response: WireResponse = response.into();
        match payload::decode::<serde_json::Value>(response.body()) {
            Err(PayloadError::Api(error)) => error,
            other => panic!("expected an API error, got {other:?}"),
        }
    }

    #[test]
    fn each_error_has_a_known_code() {
        for response in all() {
            let error = decode(response);
            assert!(!matches!(error.code(), ErrorCode::Other(_)), "{error}");
            assert!(!error.message().is_empty());
        }
    }

    #[test]
    fn each_ks_refusal_is_recognised() {
        for reason in [KsRefusal::Expired, KsRefusal::InvalidUser, KsRefusal::Unreadable] {
            assert_eq!(decode(invalid_ks(reason)).ks_refusal(), Some(reason));
        }
        let sent = generate_ks(PartnerId::new(7));
        let response: WireResponse = invalid_ks_echo(&sent).into();
        let echo = format!(r#"Invalid KS \"{}\", Error"#, sent.expose());
        assert!(String::from_utf8_lossy(response.body()).contains(&echo));
    }

    #[test]
    fn service_forbidden_has_its_own_header() {
        let response: WireResponse = service_forbidden("session", "get").into();
        assert_eq!(response.header("X-Kaltura"), Some("error-SERVICE_FORBIDDEN"));
        let response: WireResponse = missing_ks().into();
        assert_eq!(response.header("X-Kaltura"), None);
    }
}
