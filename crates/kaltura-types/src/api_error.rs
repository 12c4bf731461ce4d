//! Errors of the API: code, message and arguments, as they are read and as they are written.

mod code;
mod exception;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use self::code::{ErrorClass, ErrorCode};
pub use self::exception::ApiException;

use crate::open::Scalar;
use crate::redact::redact;

/// An error of the API, a `KalturaAPIException` (wire contract, sections 2.3 and 7).
///
/// The server's messages echo parameters, such as an invalid KS. Whatever looks like a secret is redacted when the
/// error is created; [`ApiError::redacted`] redacts other secrets that the caller knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server answered {code}: {message}")]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    args: BTreeMap<String, String>,
    ks_refusal: Option<KsRefusal>,
}

impl ApiError {
    /// An error with this code, message and arguments.
    ///
    /// ```
    /// # use kaltura_types::{ApiError, ErrorCode, KsRefusal};
    /// let error = ApiError::new("INVALID_KS", "Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"", [("KSID", "EXPIRED")]);
    /// assert_eq!(error.code(), &ErrorCode::InvalidKs);
    /// assert_eq!(error.ks_refusal(), Some(KsRefusal::Expired));
    /// ```
    pub fn new<N: Into<String>, V: Into<String>>(
        code: &str,
        message: &str,
        args: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let code = ErrorCode::from(code);
        let args: BTreeMap<String, String> =
            args.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let ks_refusal = (code == ErrorCode::InvalidKs).then(|| KsRefusal::from_args(&args));
        let error = Self { code, message: message.to_owned(), args, ks_refusal };
        match (ks_refusal, error.args.get("KSID").cloned()) {
            // The argument is the KS itself, even if it does not look like one.
            (Some(KsRefusal::Unreadable), Some(sent)) => error.redacted(&[&sent]),
            _ => error.redacted(&[]),
        }
    }

    /// Reads an error object. Without `objectType`, an object is an error if it has a code, a message and at most
    /// one other member.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let code = object.get("code")?.as_str()?;
        let message = object.get("message").and_then(Value::as_str).unwrap_or_default();
        let is_error = match object.get("objectType").map(Value::as_str) {
            Some(object_type) => object_type?.ends_with("APIException"),
            None => object.contains_key("message") && object.len() <= 3,
        };
        is_error.then(|| Self::new(code, message, read_args(object.get("args"))))
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The server's message, redacted.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The argument of this name, such as `PARAM_NAME`, redacted.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.get(name).map(String::as_str)
    }

    /// All arguments, names and values, redacted.
    pub fn args(&self) -> impl Iterator<Item = (&str, &str)> {
        self.args.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Why the KS was refused, if the error is `INVALID_KS`.
    #[must_use]
    pub const fn ks_refusal(&self) -> Option<KsRefusal> {
        self.ks_refusal
    }

    /// The class of the error: that of its code, unless the arguments say something else.
    ///
    /// ```
    /// # use kaltura_types::{ApiError, ErrorClass};
    /// // The object without an id is the role of the session in use.
    /// let error = ApiError::new("INVALID_OBJECT_ID", "Invalid object id [N/A]", [("ID", "N/A")]);
    /// assert_eq!(error.class(), ErrorClass::InvalidRole);
    /// ```
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self.code {
            ErrorCode::InvalidObjectId if self.arg("ID") == Some("N/A") => ErrorClass::InvalidRole,
            // An object of another user: the KS itself is valid.
            ErrorCode::InvalidKs if self.arg("ERR_DESC") == Some("INVALID_TYPE") => ErrorClass::Forbidden,
            _ => self.code.class(),
        }
    }

    /// The error with these secrets redacted too, in code, message and arguments.
    #[must_use]
    pub fn redacted(self, secrets: &[&str]) -> Self {
        let clean = |text: &str| redact(text, secrets).into_owned();
        Self {
            code: self.code.map_other(clean),
            message: clean(&self.message),
            args: self.args.iter().map(|(name, value)| (clean(name), clean(value))).collect(),
            ks_refusal: self.ks_refusal,
        }
    }
}

/// The arguments: an object, or an empty array if there are none (wire contract, section 2.3).
fn read_args(args: Option<&Value>) -> Vec<(String, String)> {
    let Some(object) = args.and_then(Value::as_object) else { return Vec::new() };
    let text = |value: &Value| {
        serde_json::from_value(value.clone()).map_or_else(|_| value.to_string(), Scalar::into_string)
    };
    object.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Why the server refused a KS: the argument `KSID` of `INVALID_KS` (wire contract, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KsRefusal {
    /// It has expired.
    Expired,
    /// It was ended, or another session of its group was, or its app token was deleted.
    LoggedOut,
    /// It has reached its `actionslimit`.
    ActionsLimitExceeded,
    /// It is restricted to other IP addresses by `iprestrict`.
    IpRestricted,
    /// It is restricted to other paths by `urirestrict`.
    UriRestricted,
    /// It is not valid for its partner.
    InvalidPartner,
    /// It is not valid for its user.
    InvalidUser,
    /// The server cannot read it, or its signature is wrong. The server then echoes the KS, which is redacted.
    Unreadable,
}

impl KsRefusal {
    fn from_args(args: &BTreeMap<String, String>) -> Self {
        let arg = |name| args.get(name).map_or("", String::as_str);
        // The measured server has it in KSID; other versions have it in ERR_DESC, or as a number in ERR_CODE.
        Self::from_name(arg("KSID")).or_else(|| Self::from_name(arg("ERR_DESC"))).unwrap_or_else(
            || match arg("ERR_CODE") {
                "-5" => Self::Expired,
                "-6" => Self::LoggedOut,
                _ => Self::Unreadable,
            },
        )
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "EXPIRED" => Self::Expired,
            "LOGOUT" => Self::LoggedOut,
            "EXCEEDED_ACTIONS_LIMIT" => Self::ActionsLimitExceeded,
            "EXCEEDED_RESTRICTED_IP" => Self::IpRestricted,
            "EXCEEDED_RESTRICTED_URI" => Self::UriRestricted,
            "INVALID_PARTNER" => Self::InvalidPartner,
            "INVALID_USER" => Self::InvalidUser,
            _ => return None,
        })
    }
}

impl fmt::Display for KsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it has expired",
            Self::LoggedOut => "it was ended, or its app token was deleted",
            Self::ActionsLimitExceeded => "it has made as many calls as its actions limit allows",
            Self::IpRestricted => "it may not be used from this address",
            Self::UriRestricted => "it may not be used for this path",
            Self::InvalidPartner => "it may not be used with this partner",
            Self::InvalidUser => "it may not be used with this user",
            Self::Unreadable => "the server cannot read it, or its signature is wrong",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn invalid_ks(ksid: &str) -> ApiError {
        let message = format!("Invalid KS \"{ksid}\", Error \"-1,INVALID_STR\"");
        ApiError::new(
            "INVALID_KS",
            &message,
            [("KSID", ksid), ("ERR_CODE", "-1"), ("ERR_DESC", "INVALID_STR")],
        )
    }

    #[test]
    fn the_reason_of_an_invalid_ks_is_in_ksid() {
        assert_eq!(invalid_ks("LOGOUT").ks_refusal(), Some(KsRefusal::LoggedOut));
        assert_eq!(invalid_ks("EXCEEDED_RESTRICTED_URI").ks_refusal(), Some(KsRefusal::UriRestricted));
        assert_eq!(invalid_ks("EXPIRED").message(), "Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"");
        assert_eq!(ApiError::new("SERVICE_FORBIDDEN", "", [("KSID", "EXPIRED")]).ks_refusal(), None);
    }

    #[test]
    fn an_echoed_ks_is_redacted_even_if_it_does_not_look_like_one() {
        let error = invalid_ks("nonsense");
        assert_eq!(error.ks_refusal(), Some(KsRefusal::Unreadable));
        assert!(!format!("{error} {error:?}").contains("nonsense"));
    }

    #[test]
    fn the_class_depends_on_arguments_where_the_code_has_two_meanings() {
        let class = |code, arg| ApiError::new(code, "", [arg]).class();
        assert_eq!(class("INVALID_OBJECT_ID", ("ID", "N/A")), ErrorClass::InvalidRole);
        assert_eq!(class("INVALID_OBJECT_ID", ("ID", "7")), ErrorClass::NotFound);
        assert_eq!(class("INVALID_KS", ("ERR_DESC", "INVALID_TYPE")), ErrorClass::Forbidden);
        assert_eq!(class("INVALID_KS", ("KSID", "EXPIRED")), ErrorClass::InvalidKs);
        assert_eq!(class("USER_BLOCKED", ("ID", "N/A")), ErrorClass::UserBlocked);
    }

    #[test]
    fn arguments_are_an_object_or_an_empty_array() {
        let read = |args| {
            ApiError::from_json(
                &json!({"code": "X", "message": "m", "objectType": "KalturaAPIException", "args": args}),
            )
            .unwrap()
        };
        assert_eq!(read(json!([])).args().count(), 0);
        assert_eq!(read(json!({"ID": "0_a", "N": 5})).arg("N"), Some("5"));
        assert_eq!(read(json!(null)).args().count(), 0);
    }

    #[test]
    fn other_objects_are_not_errors() {
        assert!(
            ApiError::from_json(&json!({"code": "de", "name": "Deutsch", "objectType": "KalturaLanguage"}))
                .is_none()
        );
        assert!(ApiError::from_json(&json!({"code": 7, "message": "m"})).is_none());
        assert!(ApiError::from_json(&json!({"code": "X", "message": "m"})).is_some());
    }

    #[test]
    fn known_secrets_are_redacted_everywhere() {
        let error = ApiError::new("ODD_hush", "hush!", [("hush", "a hush")]).redacted(&["hush"]);
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
