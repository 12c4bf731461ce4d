//! Stubs: fixed results for actions that the emulator does not have.

use std::str::FromStr;

use kaltura_types::ErrorCode;
use kaltura_types::api_error::ApiException;

use super::{Access, Action};
use crate::request::{Parameter, Parameters, text};
use crate::response::value::{ApiValue, Object};

/// A fixed result for an action, with or without the emulator's own one of that name.
///
/// The checks of the server come first: an invalid or expired KS, a missing permission and a rate limit are errors as
/// with any other action. The arguments are not checked. The calls are recorded in
/// [`Emulator::calls`](crate::Emulator::calls).
///
/// ```
/// # use kaltura_emulator::{Emulator, RequiredSession, Stub};
/// let stub = Stub::new("category.add", r#"{"objectType":"KalturaCategory","id":17}"#)?
///     .requires(RequiredSession::Admin);
/// let emulator = Emulator::builder().stub(stub).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a stub does nothing until it is given to an emulator"]
pub struct Stub {
    service: String,
    action: String,
    required: RequiredSession,
    result: ApiValue,
}

/// The session that a stub requires. If a session has a role, the role decides, as with other actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequiredSession {
    /// None: also a call without a KS gets the result.
    None,
    /// Any valid KS, also that of a widget session.
    #[default]
    Any,
    /// An ADMIN session.
    Admin,
}

/// Reads `none`, `any` or `admin`.
impl FromStr for RequiredSession {
    type Err = InvalidStub;

    fn from_str(text: &str) -> Result<Self, InvalidStub> {
        match text {
            "none" => Ok(Self::None),
            "any" => Ok(Self::Any),
            "admin" => Ok(Self::Admin),
            _ => Err(InvalidStub::RequiredSession),
        }
    }
}

impl Stub {
    /// A stub for an action, named like `category.add`, whose result is this JSON.
    ///
    /// An object with `"objectType": "KalturaAPIException"`, `code` and `message` is an error without arguments. Responses in other
    /// formats than JSON contain the same result.
    ///
    /// # Errors
    ///
    /// [`InvalidStub`] if the name is not one of an action or the text is not JSON.
    pub fn new(action: &str, result: &str) -> Result<Self, InvalidStub> {
        let (service, name) = action.split_once('.').ok_or(InvalidStub::ActionName)?;
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !is_name(service) || !is_name(name) {
            return Err(InvalidStub::ActionName);
        }
        let result = serde_json::from_str::<Parameter>(result)
            .map_err(|error| InvalidStub::Json { line: error.line(), column: error.column() })?;
        Ok(Self {
            service: service.to_owned(),
            action: name.to_owned(),
            required: RequiredSession::default(),
            result: value_of(result),
        })
    }

    /// Sets the session that the action requires. The default is any valid KS.
    pub const fn requires(mut self, session: RequiredSession) -> Self {
        self.required = session;
        self
    }
}

/// A text is not a stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStub {
    /// The name is not one of an action.
    #[error("not an action: write service and action like category.add")]
    ActionName,
    /// The result is not JSON.
    #[error("the result is not JSON: line {line} column {column}")]
    Json {
        /// The line of the mistake, from 1.
        line: usize,
        /// The column of the mistake, from 1.
        column: usize,
    },
    /// The text names no [`RequiredSession`].
    #[error("not a session that a stub can require: write none, any or admin")]
    RequiredSession,
}

/// The stubs of an emulator.
#[derive(Default)]
pub(crate) struct Stubs(Vec<Action>);

impl Stubs {
    /// Adds a stub. It replaces an earlier one of the same action.
    pub(crate) fn add(&mut self, stub: Stub) {
        let access = match stub.required {
            RequiredSession::None => Access::Public,
            RequiredSession::Any => Access::Session,
            RequiredSession::Admin => Access::Admin,
        };
        self.0.retain(|action| !is(action, &stub.service, &stub.action));
        self.0.push(Action::stub(stub.service, stub.action, access, stub.result));
    }

    /// The stub for the action of a request.
    pub(crate) fn find(&self, parameters: &Parameters) -> Option<&Action> {
        if self.0.is_empty() {
            return None;
        }
        let text_of = |name| parameters.get(name).map(text).unwrap_or_default();
        self.find_named(&text_of("service"), &text_of("action"))
    }

    pub(crate) fn find_named(&self, service: &str, name: &str) -> Option<&Action> {
        self.0.iter().find(|action| is(action, service, name))
    }
}

fn is(action: &Action, service: &str, name: &str) -> bool {
    action.service.eq_ignore_ascii_case(service) && action.name.eq_ignore_ascii_case(name)
}

/// The result that a JSON value describes.
fn value_of(json: Parameter) -> ApiValue {
    match json {
        Parameter::Null => ApiValue::Null,
        Parameter::Bool(truth) => truth.into(),
        Parameter::Number(number) => {
            number.as_i64().map_or_else(|| ApiValue::Float(number.as_f64().unwrap_or_default()), Into::into)
        }
        // JSON has neither files nor other encodings.
        Parameter::NotUtf8(_) | Parameter::File(_) => ApiValue::Null,
        Parameter::String(text) => text.into(),
        Parameter::Array(list) => list.into_iter().map(value_of).collect::<Vec<_>>().into(),
        Parameter::Object(mut fields) => {
            let class = fields.shift_remove("objectType");
            let class = class.as_ref().map(text).unwrap_or_default();
            if class == "KalturaAPIException" {
                return ApiValue::Error(exception(&fields));
            }
            let properties = fields.into_iter().map(|(name, value)| (name.into(), value_of(value)));
            Object { class: class.into_owned().into(), properties: properties.collect() }.into()
        }
    }
}

fn exception(fields: &Parameters) -> ApiException {
    let text_of = |name| fields.get(name).map(text).unwrap_or_default();
    ApiException::plain(ErrorCode::from(&*text_of("code")), &text_of("message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Emulator;
    use crate::test_client::{body, builder};
    use kaltura_types::SessionType;
    use serde_json::{Value, json};

    const ENTRY: &str = r#"{"objectType":"KalturaMediaEntry","id":"0_new","duration":1.5,"tags":null,
        "list":[{"a":"b/c"}]}"#;

    fn with(stub: Stub) -> Emulator {
        builder().stub(stub).build().unwrap()
    }

    #[test]
    fn a_stub_has_its_result_in_every_format() {
        let emulator = with(Stub::new("media.fake", ENTRY).unwrap());
        let ks = emulator.ks(SessionType::User, "u", "");
        let json = emulator.call("media.fake", json!({ "ks": ks }));
        assert_eq!(
            json,
            json!({
                "objectType": "KalturaMediaEntry", "id": "0_new", "duration": 1.5, "list": [{ "a": "b/c" }],
            })
        );
        let written = |format: u8| {
            let uri = format!("/api_v3/service/media/action/fake/format/{format}?ks={ks}");
            body(&emulator.send(http::Request::get(uri), "")).to_owned()
        };
        assert!(
            written(2).contains("<objectType>KalturaMediaEntry</objectType>")
                && written(2).contains("<id>0_new</id><duration>1.5</duration>"),
            "{}",
            written(2)
        );
        assert!(written(3).contains(r#"s:8:"duration";d:1.5;"#), "{}", written(3));
        assert_eq!(emulator.calls().count("Media.Fake"), 4);
        assert!(emulator.calls().last("media.fake").unwrap().succeeded());
    }

    #[test]
    fn a_stub_is_checked_like_other_actions() {
        for (required, without, user, admin) in [
            (RequiredSession::None, Value::Null, Value::Null, Value::Null),
            (RequiredSession::Any, json!("SERVICE_FORBIDDEN"), Value::Null, Value::Null),
            (RequiredSession::Admin, json!("SERVICE_FORBIDDEN"), json!("SERVICE_FORBIDDEN"), Value::Null),
        ] {
            let emulator = with(Stub::new("flavorAsset.add", "{}").unwrap().requires(required));
            let error = |ks: &str| emulator.error("flavorAsset.add", json!({ "ks": ks }));
            let ks = emulator.ks(SessionType::User, "u", "");
            let errors = [error(""), error(&ks), error(&emulator.admin_ks())];
            assert_eq!(errors, [without, user, admin], "{required:?}");
            assert_eq!(error("x"), "x");
        }
    }

    #[test]
    fn a_stub_can_be_an_error() {
        let error = r#"{"objectType":"KalturaAPIException","code":"QUOTA","message":"full"}"#;
        let emulator = with(Stub::new("media.fake", error).unwrap().requires(RequiredSession::None));
        let response = emulator.call("media.fake", json!({}));
        assert_eq!((&response["code"], &response["message"]), (&json!("QUOTA"), &json!("full")));
        assert_eq!(emulator.calls().last("media.fake").unwrap().error().unwrap().as_str(), "QUOTA");
    }

    #[test]
    fn a_stub_replaces_an_action_and_an_earlier_stub() {
        let stub = |result| Stub::new("system.ping", result).unwrap().requires(RequiredSession::None);
        let emulator = builder().stub(stub("1")).stub(stub("2")).build().unwrap();
        assert_eq!(emulator.call("system.ping", json!({})), 2);
    }

    #[test]
    fn mistakes_are_named() {
        for name in ["", "media", "media.", ".add", "me dia.add", "a.b.c"] {
            assert_eq!(Stub::new(name, "{}").err(), Some(InvalidStub::ActionName), "{name}");
        }
        assert!(matches!(Stub::new("a.b", "{\n x"), Err(InvalidStub::Json { line: 2, .. })));
        assert_eq!("root".parse::<RequiredSession>(), Err(InvalidStub::RequiredSession));
    }
}
