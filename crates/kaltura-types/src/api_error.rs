//! Errors of the API: code, message and arguments, as they are read and as they are written.

mod code;
mod exception;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use self::code::{ErrorClass, ErrorCode};
pub use self::exception::ApiException;

use crate::open::Scalar;
use crate::redact::{REDACTED, as_code, as_name, contains_secret, redact_server_text};
use crate::secret::SecretText;

/// An error of the API, a `KalturaAPIException` (wire contract, sections 2.3 and 7).
///
/// The server's messages and arguments echo parameters, such as an invalid KS. So the message of a known code is
/// replaced by a text of this crate ([`ErrorCode::text`]), and of everything else that the server wrote, only what
/// [`redact_server_text`] shows is shown, and names and codes that consist of words. [`ApiError::redacted`] also hides
/// secrets that the caller knows.
///
/// `Display` has the code, the arguments whose meaning is known, and the message of an unknown code.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError {
    code: ErrorCode,
    text: String,
    args: BTreeMap<String, String>,
    ks_refusal: Option<KsRefusal>,
    is_not_owner: bool,
    raw: Arc<Raw>,
}

/// What the server wrote.
#[derive(PartialEq, Eq)]
struct Raw {
    code: SecretText,
    message: SecretText,
    args: Vec<(SecretText, SecretText)>,
}

/// The most that is kept of each text of the server, in bytes.
const MAX_KEPT: usize = 4096;

/// The most arguments that are kept.
const MAX_ARGS: usize = 16;

impl ApiError {
    /// An error with this code, message and arguments. Of each text the first 4096 bytes are kept, and the first 16
    /// arguments.
    ///
    /// ```
    /// # use kaltura_types::{ApiError, ErrorCode, KsRefusal};
    /// let error = ApiError::new("INVALID_KS", "Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"", [("KSID", "EXPIRED")]);
    /// assert_eq!(error.code(), &ErrorCode::InvalidKs);
    /// assert_eq!(error.ks_refusal(), Some(KsRefusal::Expired));
    /// assert_eq!(error.to_string(), "the server answered INVALID_KS (KSID EXPIRED)");
    /// ```
    pub fn new<N: Into<String>, V: Into<String>>(
        code: &str,
        message: &str,
        args: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let kept = |text: &str| SecretText::new(start_of(text, MAX_KEPT).to_owned());
        let args = args.into_iter().take(MAX_ARGS);
        let args = args.map(|(name, value)| (kept(&name.into()), kept(&value.into()))).collect();
        let raw = Raw { code: kept(code), message: kept(message), args };
        let code = ErrorCode::from(code);
        let is_invalid_ks = code == ErrorCode::InvalidKs;
        let ks_refusal = is_invalid_ks.then(|| KsRefusal::from_args(&raw)).flatten();
        let is_not_owner = is_invalid_ks && ks_refusal.is_none();
        let (text, args) = (String::new(), BTreeMap::new());
        Self { code, text, args, ks_refusal, is_not_owner, raw: Arc::new(raw) }.redacted(&[])
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

    /// The code. A code without a variant is shown if it consists of words in upper case.
    #[must_use]
    pub const fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// What the error means: this crate's own text if the code is known, otherwise what is shown of the server's
    /// message.
    ///
    /// ```
    /// # use kaltura_types::ApiError;
    /// let known = ApiError::new("APP_TOKEN_EXPIRED", "Application token id \"0_7jh3eu10\" expired", [("ID", "0_7jh3eu10")]);
    /// assert_eq!(known.message(), "the app token has expired");
    /// assert_eq!(known.arg("ID"), Some("0_7jh3eu10"));
    /// let unknown = ApiError::new("BRAND_NEW", "no 3f786850e387550fdab836ed7e6dc881 here", [("", "")]);
    /// assert_eq!(unknown.message(), "no (redacted) here");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        self.own_text().unwrap_or(&self.text)
    }

    /// This crate's text for the error, if its code is known.
    fn own_text(&self) -> Option<&'static str> {
        match self.class() {
            ErrorClass::NotOwner => Some("the entry belongs to another user"),
            ErrorClass::InvalidRole => Some("the role of the session does not exist"),
            _ => self.code.text(),
        }
    }

    /// The server's message as it was received, up to 4096 bytes.
    ///
    /// **It may contain secrets**: the server echoes parameters, and a KS, a token hash or a password may be among
    /// them, in any encoding. It may also contain control characters. Do not log it, and do not show it to other users
    /// than the one who made the call. [`message`](Self::message) is safe to show.
    #[must_use]
    pub fn server_text(&self) -> &str {
        self.raw.message.expose()
    }

    /// What is shown of the argument of this name, such as `PARAM_NAME`.
    ///
    /// Names of parameters, members, types, services and actions are whole; of other values it is what
    /// [`redact_server_text`] shows.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.get(name).map(String::as_str)
    }

    /// All arguments: what is shown of their names and values, as in [`arg`](Self::arg).
    pub fn args(&self) -> impl Iterator<Item = (&str, &str)> {
        self.args.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Why the KS was refused, if the error is `INVALID_KS`.
    ///
    /// `None` if the error only says that the entry belongs to another user ([`ErrorClass::NotOwner`]): then the KS is
    /// valid, and a new one would be refused too.
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
    /// // The KS is valid, and its user is not the owner of the entry.
    /// let args = [("KSID", ""), ("ERR_CODE", "-4"), ("ERR_DESC", "INVALID_TYPE")];
    /// let error = ApiError::new("INVALID_KS", "Invalid KS \"\", Error \"-4,INVALID_TYPE\"", args);
    /// assert_eq!(error.class(), ErrorClass::NotOwner);
    /// ```
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self.code {
            ErrorCode::InvalidObjectId if self.arg("ID") == Some("N/A") => ErrorClass::InvalidRole,
            ErrorCode::InvalidKs if self.is_not_owner => ErrorClass::NotOwner,
            _ => self.code.class(),
        }
    }

    /// The error with these secrets hidden too, in code, message and arguments, in all spellings that
    /// [`redact_server_text`] finds. [`server_text`](Self::server_text) does not change.
    #[must_use]
    pub fn redacted(self, secrets: &[&str]) -> Self {
        let raw = &*self.raw;
        let mut secrets = secrets.to_vec();
        if self.ks_refusal == Some(KsRefusal::Unreadable) {
            // The argument is the KS itself, even if it does not look like one.
            secrets.extend(raw.arg("KSID"));
        }
        let code = self.code.map_other(|_| shown_word(raw.code.expose(), &secrets, as_code));
        let text = redact_server_text(raw.message.expose(), &secrets);
        let args = raw.args.iter().map(|(name, value)| {
            let (name, value) = (name.expose(), value.expose());
            let shown = match name {
                name if NAME_ARGS.contains(&name) => shown_word(value, &secrets, as_name),
                // Anything but a reason is the KS.
                "KSID" if value.is_empty() || KsRefusal::from_name(value).is_some() => value.to_owned(),
                "KSID" => REDACTED.to_owned(),
                _ => redact_server_text(value, &secrets),
            };
            (shown_word(name, &secrets, as_code), shown)
        });
        let args = args.collect();
        Self { code, text, args, ..self }
    }
}

impl Raw {
    fn arg(&self, name: &str) -> Option<&str> {
        let found = self.args.iter().find(|(present, _)| present.expose() == name);
        found.map(|(_, value)| value.expose())
    }
}

/// The arguments whose values are names of the API.
const NAME_ARGS: [&str; 14] = [
    "PARAM_NAME",
    "FIELD_NAME",
    "PROP_NAME",
    "XML_FIELD",
    "SERVICE",
    "SERVICE_NAME",
    "SRV_NAME",
    "ACTION_NAME",
    "ENUM_TYPE",
    "OBJ_TYPE",
    "ENTRY_TYPE",
    "FEATURE",
    "FORMAT",
    "ERR_DESC",
];

/// The other arguments that `Display` shows: ids and numbers, and the reason of `INVALID_KS`.
const VALUE_ARGS: [&str; 10] = [
    "KSID",
    "ERR_CODE",
    "ID",
    "ENTRY_ID",
    "WIDGET_ID",
    "USER_ID",
    "PID",
    "ACCESSING_PID",
    "ACCESSED_PID",
    "MAX_RESUME_TIME",
];

/// A text of the server as it is if `as_word` accepts it and no secret is in it, otherwise what is shown of any text.
fn shown_word(text: &str, secrets: &[&str], as_word: fn(&str) -> Option<&str>) -> String {
    match as_word(text).filter(|word| !contains_secret(word, secrets)) {
        Some(word) => word.to_owned(),
        None => redact_server_text(text, secrets),
    }
}

/// The start of a text, of at most this many bytes.
fn start_of(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.code)?;
        let is_known = |name: &str| NAME_ARGS.contains(&name) || VALUE_ARGS.contains(&name);
        let mut known = self.args().filter(|(name, value)| is_known(name) && !value.is_empty());
        if let Some((name, value)) = known.next() {
            write!(f, " ({name} {value}")?;
            for (name, value) in known {
                write!(f, ", {name} {value}")?;
            }
            f.write_str(")")?;
        }
        match self.own_text() {
            None if !self.text.is_empty() => write!(f, ": {}", self.text),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("code", &self.code)
            .field("message", &self.message())
            .field("args", &self.args)
            .field("ks_refusal", &self.ks_refusal)
            .finish()
    }
}

impl std::error::Error for ApiError {}

/// The arguments: an object, or an empty array if there are none (wire contract, section 2.3).
fn read_args(args: Option<&Value>) -> Vec<(String, String)> {
    let Some(object) = args.and_then(Value::as_object) else { return Vec::new() };
    let text = |value: &Value| match serde_json::from_value(value.clone()) {
        Ok(scalar) => Scalar::into_string(scalar),
        Err(_) => serde_json::to_string(value).unwrap_or_default(),
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
    /// `None` if the arguments say that the entry belongs to another user: then the KS is valid.
    fn from_args(raw: &Raw) -> Option<Self> {
        let arg = |name| raw.arg(name).unwrap_or_default();
        // The measured server has it in KSID; other versions have it in ERR_DESC, or as a number in ERR_CODE.
        let named = Self::from_name(arg("KSID")).or_else(|| Self::from_name(arg("ERR_DESC")));
        named.or_else(|| match (arg("ERR_CODE"), arg("ERR_DESC"), raw.arg("KSID")) {
            ("-5", ..) => Some(Self::Expired),
            ("-6", ..) => Some(Self::LoggedOut),
            ("-4", ..) | (_, "INVALID_TYPE", _) | (.., Some("")) => None,
            _ => Some(Self::Unreadable),
        })
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
        assert_eq!(invalid_ks("EXPIRED").server_text(), "Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"");
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
        assert_eq!(class("INVALID_KS", ("ERR_DESC", "INVALID_TYPE")), ErrorClass::NotOwner);
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
    fn an_entry_of_another_user_is_no_refusal_of_the_ks() {
        for args in [
            vec![("KSID", ""), ("ERR_CODE", "-4"), ("ERR_DESC", "INVALID_TYPE")],
            vec![("ERR_CODE", "-4")],
            vec![("ERR_DESC", "INVALID_TYPE")],
            vec![("KSID", ""), ("ERR_CODE", "-1"), ("ERR_DESC", "INVALID_STR")],
        ] {
            let error = ApiError::new("INVALID_KS", "Invalid KS", args.clone());
            assert_eq!((error.ks_refusal(), error.class()), (None, ErrorClass::NotOwner), "{args:?}");
            assert_eq!(error.message(), "the entry belongs to another user");
        }
        for (args, refusal) in [
            (vec![("KSID", "EXPIRED"), ("ERR_CODE", "-4")], KsRefusal::Expired),
            (vec![("KSID", ""), ("ERR_CODE", "-5")], KsRefusal::Expired),
            (vec![("KSID", "sent"), ("ERR_CODE", "-1")], KsRefusal::Unreadable),
            (vec![], KsRefusal::Unreadable),
        ] {
            let error = ApiError::new("INVALID_KS", "Invalid KS", args.clone());
            assert_eq!(
                (error.ks_refusal(), error.class()),
                (Some(refusal), ErrorClass::InvalidKs),
                "{args:?}"
            );
        }
    }

    #[test]
    fn the_code_and_known_arguments_are_shown() {
        let name = [("PARAM_NAME", "appToken:sessionPrivileges"), ("OTHER", "unknown")];
        let error = ApiError::new("MISSING_MANDATORY_PARAMETER", "Missing hush", name);
        assert_eq!(
            error.to_string(),
            "the server answered MISSING_MANDATORY_PARAMETER (PARAM_NAME appToken:sessionPrivileges)"
        );
        assert_eq!(error.message(), "a parameter of the call is missing");
        assert_eq!(error.server_text(), "Missing hush");
        assert!(!format!("{error:?}").contains("Missing hush"));
        let error = ApiError::new("BRAND_NEW", "a new one", [("ID", "0_7jh3eu10")]);
        assert_eq!(error.to_string(), "the server answered BRAND_NEW (ID 0_7jh3eu10): a new one");
    }

    #[test]
    fn a_secret_in_the_place_of_a_known_argument_is_not_shown() {
        let hex = "3f786850e387550fdab836ed7e6dc881";
        for name in ["PARAM_NAME", "SERVICE", "ID", "ERR_DESC", "KSID", "PID", hex] {
            for code in ["INVALID_KS", "MISSING_MANDATORY_PARAMETER", "BRAND_NEW", hex] {
                let error = ApiError::new(code, hex, [(name, hex)]);
                let shown =
                    format!("{error} {error:?} {:?} {}", error.args().collect::<Vec<_>>(), error.message());
                assert!(!shown.contains(&hex[..8]), "{shown}");
            }
        }
    }

    #[test]
    fn texts_are_bounded() {
        let long = "a word ".repeat(1_000_000);
        let args = (0..1000).map(|number| (format!("ARG_{number}"), long.clone()));
        let error = ApiError::new(&long, &long, args);
        assert!(error.server_text().len() <= 4096);
        let shown = format!("{error:?}").len();
        assert!(shown < 16 * 300, "{shown}");
        let cut = ApiError::new("X", &"ü".repeat(4000), [("", "")]);
        assert_eq!(cut.server_text().chars().count(), 2048);
    }

    #[test]
    fn known_secrets_are_redacted_everywhere() {
        let error = ApiError::new("ODD_hush", "hush!", [("hush", "a hush")]).redacted(&["hush"]);
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
