//! What the server says when it refuses: a code, a message, arguments.

mod code;
mod exception;
mod strip_tags;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use self::code::ErrorCode;
pub use self::exception::ApiException;

use crate::open::Scalar;
use crate::redact::redact;

/// A `KalturaAPIException` (wire contract, sections 2.3 and 7).
///
/// The server's messages echo what they were sent, an invalid KS among it. What looks like a secret is
/// taken out before it gets here; [`ApiError::redacted`] takes out others that the caller knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server answered {code}: {message}")]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    args: BTreeMap<String, String>,
    ks_refusal: Option<KsRefusal>,
}

impl ApiError {
    /// An error as the server would send it.
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
        let ks_refusal = (code == ErrorCode::InvalidKs).then(|| KsRefusal::of(&args));
        let error = Self { code, message: message.to_owned(), args, ks_refusal };
        match (ks_refusal, error.args.get("KSID").cloned()) {
            // Then the argument is the KS itself, whatever it looks like.
            (Some(KsRefusal::Unreadable), Some(sent)) => error.redacted(&[&sent]),
            _ => error.redacted(&[]),
        }
    }

    /// Reads the object, if it is one: by its `objectType`, or by having a code and a message and nothing
    /// that an object of another kind would have.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let code = object.get("code")?.as_str()?;
        let message = object.get("message").and_then(Value::as_str).unwrap_or_default();
        let says_so = match object.get("objectType").map(Value::as_str) {
            Some(object_type) => object_type?.ends_with("APIException"),
            None => object.contains_key("message") && object.len() <= 3,
        };
        says_so.then(|| Self::new(code, message, args_of(object.get("args"))))
    }

    /// What went wrong, for programs.
    #[must_use]
    pub const fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// What went wrong, in the server's words; secrets taken out.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A value that belongs to the error, such as `PARAM_NAME`; secrets taken out.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.get(name).map(String::as_str)
    }

    /// All values that belong to the error, by name.
    pub fn args(&self) -> impl Iterator<Item = (&str, &str)> {
        self.args.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Why the KS was refused, if the error is `INVALID_KS`.
    #[must_use]
    pub const fn ks_refusal(&self) -> Option<KsRefusal> {
        self.ks_refusal
    }

    /// The same error with these secrets taken out as well, wherever the server echoed them.
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

/// The arguments: an object, or a list that is empty (wire contract, section 2.3). Anything else has none.
fn args_of(args: Option<&Value>) -> Vec<(String, String)> {
    let Some(object) = args.and_then(Value::as_object) else { return Vec::new() };
    let text = |value: &Value| {
        serde_json::from_value(value.clone()).map_or_else(|_| value.to_string(), Scalar::into_text)
    };
    object.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Why the server refused a KS: what stands in `KSID` of an `INVALID_KS` (wire contract, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KsRefusal {
    /// Its time is over.
    Expired,
    /// It was ended, or another of its group was, or its app token was deleted.
    LoggedOut,
    /// It has made as many calls as its `actionslimit` allows.
    ActionsUsedUp,
    /// It is bound to other addresses by `iprestrict`.
    AddressRestricted,
    /// It is bound to other paths by `urirestrict`.
    UriRestricted,
    /// Its partner is not one that it may be used with.
    InvalidPartner,
    /// Its user is not one that it may be used with.
    InvalidUser,
    /// The server could not read it or did not sign it. It then echoes the KS, which is not kept.
    Unreadable,
}

impl KsRefusal {
    fn of(args: &BTreeMap<String, String>) -> Self {
        let arg = |name| args.get(name).map_or("", String::as_str);
        // This server says it in KSID; others are known to say it in ERR_DESC, or as the number ERR_CODE.
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
            "EXCEEDED_ACTIONS_LIMIT" => Self::ActionsUsedUp,
            "EXCEEDED_RESTRICTED_IP" => Self::AddressRestricted,
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
            Self::ActionsUsedUp => "it has made as many calls as it may",
            Self::AddressRestricted => "it may not be used from this address",
            Self::UriRestricted => "it may not be used for this path",
            Self::InvalidPartner => "it may not be used with this partner",
            Self::InvalidUser => "it may not be used with this user",
            Self::Unreadable => "the server cannot read it",
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
    fn the_reason_of_an_invalid_ks_stands_in_ksid() {
        assert_eq!(invalid_ks("LOGOUT").ks_refusal(), Some(KsRefusal::LoggedOut));
        assert_eq!(invalid_ks("EXCEEDED_RESTRICTED_URI").ks_refusal(), Some(KsRefusal::UriRestricted));
        assert_eq!(invalid_ks("EXPIRED").message(), "Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"");
        assert_eq!(ApiError::new("SERVICE_FORBIDDEN", "", [("KSID", "EXPIRED")]).ks_refusal(), None);
    }

    #[test]
    fn an_echoed_ks_is_not_kept_whatever_it_looks_like() {
        let error = invalid_ks("nonsense");
        assert_eq!(error.ks_refusal(), Some(KsRefusal::Unreadable));
        assert!(!format!("{error} {error:?}").contains("nonsense"));
    }

    #[test]
    fn arguments_are_an_object_or_an_empty_list() {
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
    fn other_objects_are_no_errors() {
        assert!(
            ApiError::from_json(&json!({"code": "de", "name": "Deutsch", "objectType": "KalturaLanguage"}))
                .is_none()
        );
        assert!(ApiError::from_json(&json!({"code": 7, "message": "m"})).is_none());
        assert!(ApiError::from_json(&json!({"code": "X", "message": "m"})).is_some());
    }

    #[test]
    fn known_secrets_are_taken_out_everywhere() {
        let error = ApiError::new("ODD_hush", "hush!", [("hush", "a hush")]).redacted(&["hush"]);
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
