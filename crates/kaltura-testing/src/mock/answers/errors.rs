//! Each error of the API, with its exact code, message and arguments (wire contract, section 7).
//!
//! All come with HTTP status 200, as the server sends them.
//!
//! ```
//! # use kaltura_auth::WireResponse;
//! # use kaltura_testing::mock::answers::errors;
//! # use kaltura_types::{Ks, KsRefusal, PayloadError, payload};
//! let response: WireResponse = errors::invalid_ks(KsRefusal::Expired).into();
//! let Err(PayloadError::Api(error)) = payload::decode::<serde_json::Value>(response.body()) else { panic!("no error") };
//! assert_eq!(error.message(), "Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"");
//! assert_eq!(error.ks_refusal(), Some(KsRefusal::Expired));
//! ```

use kaltura_types::{AppTokenId, Ks, KsRefusal, PartnerId, WidgetId};
use serde_json::{Map, Value, json};

use super::{Answer, AnyResult, made_up_ks};
use kaltura_types::api_error::ApiException;

/// Any error: what the functions of this module do not have, such as the error of another server version.
///
/// Arguments are an object of texts; without any, the server sends an empty list instead (wire contract,
/// section 2.3).
///
/// ```
/// # use kaltura_testing::mock::answers::errors;
/// let of_the_guides = errors::error("EXPIRED_TOKEN", "Token expired", [("ID", "0_7jh3eu10")]);
/// # let _ = of_the_guides;
/// ```
pub fn error<'a>(code: &str, message: &str, args: impl IntoIterator<Item = (&'a str, &'a str)>) -> Answer {
    let args: Map<String, Value> =
        args.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let args = if args.is_empty() { json!([]) } else { Value::Object(args) };
    let exception =
        json!({ "code": code, "message": message, "objectType": "KalturaAPIException", "args": args });
    Answer::of_json(AnyResult(()), exception)
}

/// The words are the emulator's: both answer alike.
fn refusal(exception: &ApiException) -> Answer {
    let args = exception.args.iter().map(|(name, value)| (*name, value.as_str()));
    error(exception.code.as_str(), &exception.message, args)
}

/// `SERVICE_NOT_SPECIFIED`
pub fn service_not_specified() -> Answer {
    refusal(&ApiException::service_not_specified())
}

/// `SERVICE_DOES_NOT_EXISTS`, in the server's spelling. It names the service in lower case.
pub fn service_does_not_exist(service: &str) -> Answer {
    refusal(&ApiException::service_does_not_exist(service))
}

/// `ACTION_NOT_SPECIFIED`
pub fn action_not_specified() -> Answer {
    refusal(&ApiException::action_not_specified())
}

/// `ACTION_DOES_NOT_EXISTS`, in the server's spelling. It names both in lower case.
pub fn action_does_not_exist(service: &str, action: &str) -> Answer {
    refusal(&ApiException::action_does_not_exist(service, action))
}

/// `ACTION_BLOCKED`: too many calls in too short a time. It names both in lower case.
pub fn action_blocked(service: &str, action: &str) -> Answer {
    refusal(&ApiException::action_blocked(service, action))
}

/// `MISSING_KS`. Without a KS this server says [`service_forbidden`] instead.
pub fn missing_ks() -> Answer {
    refusal(&ApiException::missing_ks())
}

/// `INVALID_KS` for a reason. Where the server echoes the KS, that is one of [`made_up_ks`]; to have it echo
/// the KS that was sent, use [`invalid_ks_echo`].
pub fn invalid_ks(reason: KsRefusal) -> Answer {
    match reason {
        KsRefusal::Expired => invalid_ks_of("EXPIRED"),
        KsRefusal::LoggedOut => invalid_ks_of("LOGOUT"),
        KsRefusal::ActionsLimitExceeded => invalid_ks_of("EXCEEDED_ACTIONS_LIMIT"),
        KsRefusal::IpRestricted => invalid_ks_of("EXCEEDED_RESTRICTED_IP"),
        KsRefusal::UriRestricted => invalid_ks_of("EXCEEDED_RESTRICTED_URI"),
        KsRefusal::InvalidPartner => invalid_ks_of("INVALID_PARTNER"),
        KsRefusal::InvalidUser => invalid_ks_of("INVALID_USER"),
        _ => invalid_ks_echo(&made_up_ks(PartnerId::new(0))),
    }
}

/// `INVALID_KS` for a KS that the server cannot read or did not sign: the message and an argument are the KS
/// itself.
pub fn invalid_ks_echo(ks: &Ks) -> Answer {
    invalid_ks_of(ks.expose())
}

fn invalid_ks_of(ksid: &str) -> Answer {
    refusal(&ApiException::invalid_ks(ksid))
}

/// `SERVICE_FORBIDDEN`, the one error that has headers of its own; of those, `X-Kaltura` is kept.
pub fn service_forbidden(service: &str, action: &str) -> Answer {
    refusal(&ApiException::service_forbidden(service, action)).header("X-Kaltura", "error-SERVICE_FORBIDDEN")
}

/// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`: the partner is blocked or unknown.
pub fn service_forbidden_content_blocked() -> Answer {
    refusal(&ApiException::partner_blocked())
}

/// `SERVICE_ACCESS_CONTROL_RESTRICTED`
pub fn service_access_control_restricted(service: &str, action: &str) -> Answer {
    refusal(&ApiException::service_access_control_restricted(service, action))
}

/// `ACCESS_UNAUTHORIZED`
pub fn access_unauthorized() -> Answer {
    refusal(&ApiException::access_unauthorized())
}

/// `PARTNER_ACCESS_FORBIDDEN`
pub fn partner_access_forbidden(accessing: PartnerId, accessed: PartnerId) -> Answer {
    refusal(&ApiException::partner_access_forbidden(accessing, accessed))
}

/// `USER_BLOCKED`
pub fn user_blocked() -> Answer {
    refusal(&ApiException::user_blocked())
}

/// `INVALID_OBJECT_ID` as a session gets it whose role does not exist. The server does not say which.
pub fn invalid_object_id() -> Answer {
    refusal(&ApiException::invalid_object_id())
}

/// `UNKNOWN_ROLE_ID`
pub fn unknown_role_id() -> Answer {
    refusal(&ApiException::unknown_role_id())
}

/// `INVALID_ACTIONS_LIMIT`
pub fn invalid_actions_limit() -> Answer {
    refusal(&ApiException::invalid_actions_limit())
}

/// `INVALID_SET_ROLE`
pub fn invalid_set_role() -> Answer {
    refusal(&ApiException::invalid_set_role())
}

/// `MISSING_MANDATORY_PARAMETER`
pub fn missing_mandatory_parameter(name: &str) -> Answer {
    refusal(&ApiException::missing_mandatory_parameter(name))
}

/// `INVALID_ENUM_VALUE`, such as of `sha256` for `hashType`, which is a `KalturaAppTokenHashType`.
pub fn invalid_enum_value(value: &str, name: &str, enum_type: &str) -> Answer {
    refusal(&ApiException::invalid_enum_value(value, name, enum_type))
}

/// `INVALID_PARAMETER_CHAR`
pub fn invalid_parameter_char(name: &str) -> Answer {
    refusal(&ApiException::invalid_parameter_char(name))
}

/// `INVALID_LANGUAGE_CODE`, whose message begins with a blank.
pub fn invalid_language_code(code: &str) -> Answer {
    refusal(&ApiException::invalid_language_code(code))
}

/// `INVALID_FIELD_VALUE`, such as of `sessionUserId`.
pub fn invalid_field_value(field: &str) -> Answer {
    refusal(&ApiException::invalid_field_value(field))
}

/// `PROPERTY_VALIDATION_NOT_UPDATABLE`, such as of `KalturaAppToken::status`.
pub fn property_validation_not_updatable(property: &str) -> Answer {
    refusal(&ApiException::property_not_updatable(property))
}

/// `PROPERTY_VALIDATION_WRONG_FORMAT`: the parameter should be an object.
pub fn property_validation_wrong_format(property: &str) -> Answer {
    refusal(&ApiException::property_wrong_format(property))
}

/// `START_SESSION_ERROR`
pub fn start_session_error(partner: PartnerId) -> Answer {
    refusal(&ApiException::start_session_error(partner))
}

/// `INVALID_WIDGET_ID`
pub fn invalid_widget_id(widget: &WidgetId) -> Answer {
    refusal(&ApiException::invalid_widget_id(widget.as_str()))
}

/// `APP_TOKEN_ID_NOT_FOUND`: unknown, deleted, or of another partner.
pub fn app_token_id_not_found(id: &AppTokenId) -> Answer {
    refusal(&ApiException::app_token_id_not_found(id.as_str()))
}

/// `APP_TOKEN_NOT_ACTIVE`
pub fn app_token_not_active(id: &AppTokenId) -> Answer {
    refusal(&ApiException::app_token_not_active(id.as_str()))
}

/// `APP_TOKEN_EXPIRED`
pub fn app_token_expired(id: &AppTokenId) -> Answer {
    refusal(&ApiException::app_token_expired(id.as_str()))
}

/// `INVALID_APP_TOKEN_HASH`
pub fn invalid_app_token_hash() -> Answer {
    refusal(&ApiException::invalid_app_token_hash())
}

/// `LOCK_TIMED_OUT`
pub fn lock_timed_out() -> Answer {
    refusal(&ApiException::lock_timed_out())
}

/// `INTERNAL_SERVERL_ERROR`, in the server's spelling.
pub fn internal_server_error() -> Answer {
    refusal(&ApiException::internal_server_error())
}

/// `INTERNAL_DATABASE_ERROR`
pub fn internal_database_error() -> Answer {
    refusal(&ApiException::internal_database_error())
}

/// One of each, to try them all.
///
/// ```
/// # use kaltura_auth::WireResponse;
/// # use kaltura_testing::mock::answers::errors;
/// for answer in errors::each() {
///     let response: WireResponse = answer.into();
///     assert!(kaltura_types::payload::decode::<serde_json::Value>(response.body()).is_err());
/// }
/// ```
pub fn each() -> impl Iterator<Item = Answer> {
    let partner = PartnerId::new(1_234_567);
    let token = AppTokenId::new("0_7jh3eu10");
    let refusals = [
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
    refusals.into_iter().map(invalid_ks).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{ApiError, ErrorCode, PayloadError, payload};

    fn read(answer: Answer) -> ApiError {
        let response: WireResponse = answer.into();
        match payload::decode::<serde_json::Value>(response.body()) {
            Err(PayloadError::Api(error)) => error,
            other => panic!("expected an API error, got {other:?}"),
        }
    }

    #[test]
    fn each_error_has_a_code_that_is_known() {
        for answer in each() {
            let error = read(answer);
            assert!(!matches!(error.code(), ErrorCode::Other(_)), "{error}");
            assert!(!error.message().is_empty());
        }
    }

    #[test]
    fn each_refusal_of_a_ks_is_read_as_the_one_that_it_is() {
        for reason in [KsRefusal::Expired, KsRefusal::InvalidUser, KsRefusal::Unreadable] {
            assert_eq!(read(invalid_ks(reason)).ks_refusal(), Some(reason));
        }
        let sent = made_up_ks(PartnerId::new(7));
        let response: WireResponse = invalid_ks_echo(&sent).into();
        let echo = format!(r#"Invalid KS \"{}\", Error"#, sent.expose());
        assert!(String::from_utf8_lossy(response.body()).contains(&echo));
    }

    #[test]
    fn one_error_has_a_header_of_its_own() {
        let response: WireResponse = service_forbidden("session", "get").into();
        assert_eq!(response.header("X-Kaltura"), Some("error-SERVICE_FORBIDDEN"));
        let response: WireResponse = missing_ks().into();
        assert_eq!(response.header("X-Kaltura"), None);
    }
}
