//! A failed login as a store keeps it, so that all processes know it.

use std::time::Duration;

use kaltura_types::{ApiError, KsRefusal};
use serde::{Deserialize, Serialize};

use super::record::{InvalidRecord, is_newer};
use crate::error::{Error, ErrorKind, LoginStep};
use crate::transport::TransportErrorKind;

const VERSION: u32 = 1;

/// Why a login of another process failed: step, kind, the API's code, the HTTP status and `Retry-After`. It contains
/// no secret and nothing else that the server wrote.
///
/// ```
/// # use kaltura_auth::{Error, store::StoredFailure};
/// # fn example(error: Error) -> Option<Error> {
/// let failure = StoredFailure::new(&error, 1);
/// let json = failure.to_json();
/// // In another process:
/// let read = StoredFailure::from_json(json.as_bytes()).ok()??;
/// Some(read.to_error())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFailure {
    step: LoginStep,
    kind: ErrorKind,
    code: Option<String>,
    http_status: Option<u16>,
    retry_after: Option<Duration>,
    failures: u32,
}

impl StoredFailure {
    /// The failure of a login. `failures` is the number of failures in a row with this one; each makes the backoff longer.
    #[must_use]
    pub fn new(error: &Error, failures: u32) -> Self {
        Self {
            step: error.step(),
            kind: error.kind(),
            code: error.api_error().map(|error| error.code().to_string()),
            http_status: error.http_status(),
            retry_after: error.retry_after(),
            failures,
        }
    }

    /// The error: of the same step and kind, with the same code, HTTP status and `Retry-After`.
    /// [`Error::is_of_another_process`] is true for it.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let no_args: [(&str, &str); 0] = [];
        let api_error = self.code.as_deref().map(|code| ApiError::new(code, "", no_args));
        Error::of_another_process(self.step, self.kind, api_error, self.http_status, self.retry_after)
    }

    /// What was being done.
    #[must_use]
    pub const fn step(&self) -> LoginStep {
        self.step
    }

    /// Why it failed.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The number of failures in a row, with this one.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// The failure as JSON: `version` 1, `step`, `kind`, `failures`, and where they are known `code`, `http_status`
    /// and `retry_after_ms`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let document = Document {
            version: VERSION,
            step: name_of_step(self.step).to_owned(),
            kind: name_of_kind(self.kind).to_owned(),
            code: self.code.clone(),
            http_status: self.http_status,
            retry_after_ms: self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            failures: self.failures,
        };
        // Cannot fail: every member is a string or a number.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Reads what [`to_json`](Self::to_json) has written. Unknown members are ignored; a newer version, and a kind or step
    /// that this program does not know, count as absent.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] if it is not such a document.
    pub fn from_json(json: &[u8]) -> Result<Option<Self>, InvalidRecord> {
        if is_newer(json)? {
            return Ok(None);
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| InvalidRecord)?;
        let step = STEPS.iter().find(|(name, _)| *name == document.step).map(|(_, step)| *step);
        let kind = KINDS.iter().find(|(name, _)| *name == document.kind).map(|(_, kind)| *kind);
        Ok(step.zip(kind).map(|(step, kind)| Self {
            step,
            kind,
            code: document.code,
            http_status: document.http_status,
            retry_after: document.retry_after_ms.map(Duration::from_millis),
            failures: document.failures,
        }))
    }
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    step: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(default)]
    failures: u32,
}

/// The stored name of each value, as a match and as a list.
macro_rules! names {
    ($type:ident, $name_of:ident, $all:ident: $($name:literal = $value:ident $(($of:ident::$inner:ident))?,)*) => {
        fn $name_of(value: $type) -> &'static str {
            match value {
                $($type::$value $(($of::$inner))? => $name,)*
                #[allow(unreachable_patterns, reason = "reasons of another crate may be added")]
                _ => "refused",
            }
        }

        const $all: &[(&str, $type)] = &[$(($name, $type::$value $(($of::$inner))?),)*];
    };
}

names! {LoginStep, name_of_step, STEPS:
    "start_widget_session" = StartWidgetSession,
    "start_session" = StartSession,
    "start_with_secret" = StartWithSecret,
    "sign" = Sign,
    "source" = Source,
    "manager" = Manager,
}

names! {ErrorKind, name_of_kind, KINDS:
    "transport_build" = Transport(TransportErrorKind::Build),
    "transport_connect" = Transport(TransportErrorKind::Connect),
    "transport_timeout" = Transport(TransportErrorKind::Timeout),
    "transport_io" = Transport(TransportErrorKind::Io),
    "transport_too_large" = Transport(TransportErrorKind::TooLarge),
    "transport_other" = Transport(TransportErrorKind::Other),
    "invalid_token_hash" = InvalidTokenHash,
    "token_not_found" = TokenNotFound,
    "token_not_active" = TokenNotActive,
    "token_expired" = TokenExpired,
    "unknown_widget" = UnknownWidget,
    "partner_blocked" = PartnerBlocked,
    "forbidden" = Forbidden,
    "user_blocked" = UserBlocked,
    "unknown_role" = UnknownRole,
    "ks_expired" = KsRefused(KsRefusal::Expired),
    "ks_logged_out" = KsRefused(KsRefusal::LoggedOut),
    "ks_actions_limit_exceeded" = KsRefused(KsRefusal::ActionsLimitExceeded),
    "ks_ip_restricted" = KsRefused(KsRefusal::IpRestricted),
    "ks_uri_restricted" = KsRefused(KsRefusal::UriRestricted),
    "ks_invalid_partner" = KsRefused(KsRefusal::InvalidPartner),
    "ks_invalid_user" = KsRefused(KsRefusal::InvalidUser),
    "ks_unreadable" = KsRefused(KsRefusal::Unreadable),
    "rate_limited" = RateLimited,
    "body_ignored" = BodyIgnored,
    "invalid_parameter" = InvalidParameter,
    "no_such_action" = NoSuchAction,
    "server_failed" = ServerFailed,
    "invalid_secret" = InvalidSecret,
    "invalid_credentials" = InvalidCredentials,
    "not_found" = NotFound,
    "refused" = Refused,
    "redirected" = Redirected,
    "unavailable" = Unavailable,
    "not_kaltura" = NotKaltura,
    "other_partner" = OtherPartner,
    "expired_on_arrival" = ExpiredOnArrival,
    "session_too_short" = SessionTooShort,
    "token_group_ended" = TokenGroupEnded,
    "revoked_early" = RevokedEarly,
    "login_timed_out" = LoginTimedOut,
    "source_unavailable" = SourceUnavailable,
    "source_failed" = SourceFailed,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::transport::TransportError;
    use crate::wire::WireResponse;

    fn refused(code: &str, response: &WireResponse) -> Error {
        let error = ApiError::new(code, "a hush", [("KSID", "hush")]).into();
        Error::response(LoginStep::StartSession, error, response, None, &[], &[])
    }

    fn stored(error: &Error) -> Error {
        let json = StoredFailure::new(error, 3).to_json();
        assert!(!json.contains("hush"), "{json}");
        let read = StoredFailure::from_json(json.as_bytes()).unwrap().unwrap();
        assert_eq!(read.failures(), 3);
        read.to_error()
    }

    #[test]
    fn the_error_of_another_process_is_of_the_same_kind() {
        let response = WireResponse::new(503, "").with_header("Retry-After", "7");
        let error = refused("INVALID_APP_TOKEN_HASH", &response);
        let read = stored(&error);
        assert_eq!((read.step(), read.kind()), (error.step(), error.kind()));
        assert_eq!(read.api_error().unwrap().code(), error.api_error().unwrap().code());
        assert_eq!((read.http_status(), read.retry_after()), (Some(503), Some(Duration::from_secs(7))));
        assert!(read.is_of_another_process() && !error.is_of_another_process());
        assert_eq!(
            format!("{:#}", read.report()),
            "appToken.startSession failed: the app token was rejected: wrong value or hash type\n  \
             because: the server answered INVALID_APP_TOKEN_HASH\n\
             hint: Check the token value and the hash type: both must be those of this app token, and the value must be \
             without white space or line breaks. If the hash type is unknown, detect it. \
             Another process that shares the session got this error."
        );
    }

    #[test]
    fn an_error_without_a_code_keeps_its_kind() {
        let error = Error::transport(
            LoginStep::StartWidgetSession,
            TransportError::new(TransportErrorKind::Timeout, "a hush"),
        );
        let read = stored(&error);
        assert_eq!((read.step(), read.kind(), read.http_status()), (error.step(), error.kind(), None));
        assert!(read.is_retryable());
        assert_eq!(read.to_string(), "session.startWidgetSession failed: the server did not respond in time");
    }

    #[test]
    fn each_kind_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), KINDS.len());
        for (name, kind) in KINDS {
            assert_eq!(name_of_kind(*kind), *name);
        }
        for (name, step) in STEPS {
            assert_eq!(name_of_step(*step), *name);
        }
    }

    #[test]
    fn what_a_newer_version_stores_is_absent_and_the_rest_is_an_error() {
        let read = |text: &str| StoredFailure::from_json(text.as_bytes());
        assert_eq!(read(r#"{"version":2}"#), Ok(None));
        assert_eq!(read(r#"{"version":1,"step":"source","kind":"brand_new"}"#), Ok(None));
        assert!(read(r#"{"version":1,"step":"source","kind":"refused","new":1}"#).unwrap().is_some());
        for text in ["", "[]", r#"{"version":1}"#, r#"{"version":-1}"#] {
            assert_eq!(read(text), Err(InvalidRecord), "{text}");
        }
    }
}
