//! Objects and actions of the service `session`, and the session request of every login (wire contract, sections
//! 3 and 4).

mod actions;

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::actions::{
    EndSession, GetSession, Impersonate, PartnerSecret, StartSession, StartWidgetSession,
};

use crate::open::{ApiEnum, Open, Scalar};
use crate::{Ks, Lifetime, PartnerId, Privileges, UnixTime, UserId, WidgetId, privileges};

/// The type of a session.
///
/// Serialised as the number on the wire, so that it can stand in the parameters of a call: the server would take a name
/// for USER (wire contract, section 1.3). Read from the number, or from `user` or `admin` in any case, as a configuration
/// has it. A [`SessionRequest`] writes the name.
///
/// ```
/// # use kaltura_types::SessionType;
/// assert_eq!("admin".parse(), Ok(SessionType::Admin));
/// assert_eq!(serde_json::from_str::<SessionType>("\"admin\"")?, SessionType::Admin);
/// assert_eq!(serde_json::to_string(&SessionType::Admin)?, "2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the API accepts these two; the type in a response is an Open<SessionType>"
)]
pub enum SessionType {
    /// A session with the rights of its user and its privileges. `0` on the wire.
    User,
    /// A session with the rights of an administrator of the partner. `2` on the wire.
    Admin,
}

impl SessionType {
    /// Both values.
    pub const ALL: [Self; 2] = [Self::User, Self::Admin];

    /// The name in a configuration: `user` or `admin`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Admin => 2,
        }
    }
}

impl fmt::Display for SessionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "USER",
            Self::Admin => "ADMIN",
        })
    }
}

impl ApiEnum for SessionType {
    fn from_wire(code: &Scalar) -> Option<Self> {
        match code.integer::<serde::de::value::Error>() {
            Ok(0) => Some(Self::User),
            Ok(2) => Some(Self::Admin),
            _ => None,
        }
    }

    fn to_wire(&self) -> Scalar {
        Scalar::Number(self.number())
    }
}

impl Serialize for SessionType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for SessionType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Scalar::deserialize(deserializer)?;
        let known = match &code {
            Scalar::Text(name) => name.parse().ok(),
            Scalar::Number(_) => Self::from_wire(&code),
        };
        known.ok_or_else(|| D::Error::custom(UnknownSessionType))
    }
}

impl FromStr for SessionType {
    type Err = UnknownSessionType;

    /// Accepts `user` and `admin`, in any case.
    ///
    /// # Errors
    ///
    /// [`UnknownSessionType`] for any other text.
    fn from_str(text: &str) -> Result<Self, UnknownSessionType> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text))
            .ok_or(UnknownSessionType)
    }
}

/// The text or number is not a [`SessionType`]. The message does not contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a session type: use user or admin")]
#[non_exhaustive]
pub struct UnknownSessionType;

/// The properties of a session that a login requests. The token or the server decides what is not set.
///
/// The server may grant something else. A login compares the two and reports the differences.
///
/// ```
/// # use kaltura_types::{Lifetime, SessionRequest};
/// let request = SessionRequest::new().user_id("nightly-import").lifetime(Lifetime::hours(1));
/// ```
///
/// It can stand in a configuration, with the names of the setters; `user` and `type`, as in a profile of the command,
/// are read too. Unknown members, empty ids and privileges that the server would misread are refused.
///
/// ```
/// # use kaltura_types::{Lifetime, SessionRequest, SessionType};
/// let request: SessionRequest =
///     serde_json::from_str(r#"{"user_id": "nightly-import", "session_type": "admin", "lifetime": "1h30m"}"#)?;
/// let expected = SessionRequest::new().user_id("nightly-import").session_type(SessionType::Admin);
/// assert_eq!(request, expected.lifetime(Lifetime::minutes(90)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a session request does nothing until it is passed to a login"]
pub struct SessionRequest {
    #[serde(rename = "user_id", alias = "user", default, deserialize_with = "not_empty")]
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(alias = "type", serialize_with = "session_type_name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    session_type: Option<SessionType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<Lifetime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privileges: Option<Privileges>,
    #[serde(rename = "widget_id", default, deserialize_with = "not_empty")]
    #[serde(skip_serializing_if = "Option::is_none")]
    widget: Option<WidgetId>,
}

/// Reads an id that is not an empty text: the server takes that for a value, not for "unset".
fn not_empty<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(scalar) = Option::<Scalar>::deserialize(deserializer)? else { return Ok(None) };
    let id = scalar.into_string();
    if id.is_empty() { Err(D::Error::custom("an empty id")) } else { Ok(Some(T::from(id))) }
}

fn session_type_name<S: Serializer>(
    session_type: &Option<SessionType>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    session_type.map(SessionType::as_str).serialize(serializer)
}

impl SessionRequest {
    /// A request with nothing set.
    pub const fn new() -> Self {
        Self { user: None, session_type: None, lifetime: None, privileges: None, widget: None }
    }

    /// Sets the user. The server ignores it if the token has a fixed user.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the type. The server ignores it if the token has a fixed type.
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = Some(session_type);
        self
    }

    /// Sets the lifetime. The server limits it to the token's session duration and to the token's own expiry.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets privileges in addition to those of the token. The server silently drops each server privilege that
    /// the token does not have with `*` (wire contract, section 5.3).
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    /// Sets the widget of the widget session. The default is the partner's default widget.
    pub fn widget_id(mut self, widget: impl Into<WidgetId>) -> Self {
        self.widget = Some(widget.into());
        self
    }

    /// The requested user.
    #[must_use]
    pub const fn get_user_id(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// The requested type.
    #[must_use]
    pub const fn get_session_type(&self) -> Option<SessionType> {
        self.session_type
    }

    /// The requested lifetime.
    #[must_use]
    pub const fn get_lifetime(&self) -> Option<Lifetime> {
        self.lifetime
    }

    /// The requested privileges.
    #[must_use]
    pub const fn get_privileges(&self) -> Option<&Privileges> {
        self.privileges.as_ref()
    }

    /// The widget of the widget session.
    #[must_use]
    pub const fn get_widget_id(&self) -> Option<&WidgetId> {
        self.widget.as_ref()
    }
}

/// The result of `session.startWidgetSession`: an unprivileged KS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WidgetSession {
    /// The partner of the widget.
    pub partner_id: PartnerId,
    /// The KS. With the server's response cache on, other callers may get the same one (wire contract, section
    /// 4.2).
    pub ks: Ks,
    /// Always `0`: no user (anonymous).
    pub user_id: Option<UserId>,
}

/// The result of `appToken.startSession`, `session.get` and `session.impersonateByKs`: a session's properties.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SessionInfo {
    /// The KS. Absent from `session.get`.
    pub ks: Option<Ks>,
    /// USER or ADMIN.
    pub session_type: Option<Open<SessionType>>,
    /// The partner of the session.
    pub partner_id: Option<PartnerId>,
    /// The user of the session; empty or absent if there is none (anonymous).
    pub user_id: Option<UserId>,
    /// The time at which the session ends. From `session.impersonateByKs` alone, a duration in seconds.
    pub expiry: Option<UnixTime>,
    /// The privileges of the session.
    #[serde(default, deserialize_with = "privileges::from_server")]
    pub privileges: Option<Privileges>,
}

/// A KS as the whole result, as from `session.start`.
///
/// Any other string is refused, since a server in trouble may return one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BareKs(Ks);

impl BareKs {
    /// The KS.
    #[must_use]
    pub fn into_ks(self) -> Ks {
        self.0
    }
}

impl<'de> Deserialize<'de> for BareKs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if Ks::looks_like_ks(&text) {
            Ok(Self(Ks::new(text)))
        } else {
            Err(D::Error::custom("a string that is not a KS"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_of_each_action_are_read() {
        let started: SessionInfo = serde_json::from_str(
            r#"{"ks":"k","sessionType":0,"partnerId":"1234567","userId":"","expiry":1795496955,"privileges":"a:1"}"#,
        )
        .unwrap();
        let got: SessionInfo = serde_json::from_str(
            r#"{"sessionType":"2","partnerId":1234567,"expiry":"1795496955","privileges":"","objectType":"KalturaSessionInfo"}"#,
        )
        .unwrap();
        assert_eq!(started.session_type, Some(SessionType::User.into()));
        assert_eq!(got.session_type, Some(SessionType::Admin.into()));
        assert_eq!(started.partner_id, got.partner_id);
        assert_eq!(started.expiry, got.expiry);
        assert!(got.ks.is_none() && got.user_id.is_none());
        assert!(got.privileges.unwrap().is_empty());
    }

    #[test]
    fn a_session_type_is_a_number_in_a_call_and_a_name_in_a_configuration() {
        for (json, expected) in [
            ("2", Some(SessionType::Admin)),
            ("0", Some(SessionType::User)),
            ("\"admin\"", Some(SessionType::Admin)),
            ("\"User\"", Some(SessionType::User)),
            ("1", None),
            ("\"\"", None),
            ("\"hush\"", None),
            ("true", None),
        ] {
            let read = serde_json::from_str::<SessionType>(json);
            assert_eq!(read.as_ref().ok().copied(), expected, "{json}");
            assert!(read.is_ok() || !read.unwrap_err().to_string().contains("hush"));
        }
        assert_eq!(serde_json::to_value(SessionType::ALL).unwrap(), serde_json::json!([0, 2]));
        let request = SessionRequest::new().session_type(SessionType::Admin);
        assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"session_type":"admin"}"#);
        assert_eq!(serde_json::to_string(&Open::Known(SessionType::Admin)).unwrap(), "2");
    }

    #[test]
    fn a_session_request_is_read_as_it_was_written() {
        let all = SessionRequest::new()
            .user_id("u")
            .session_type(SessionType::User)
            .lifetime(Lifetime::minutes(90))
            .privileges(Privileges::parse("sview:0_a/0_b,urirestrict:/api_v3/*"))
            .widget_id("_1");
        for request in [all, SessionRequest::new(), SessionRequest::new().privileges(Privileges::none())] {
            let json = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<SessionRequest>(&json).unwrap(), request, "{json}");
        }
        let by_profile: SessionRequest = serde_json::from_str(r#"{"user":7,"type":"ADMIN"}"#).unwrap();
        assert_eq!(by_profile, SessionRequest::new().user_id("7").session_type(SessionType::Admin));
        for json in [
            r#"{"usr_id":"u"}"#,
            r#"{"user_id":""}"#,
            r#"{"widget_id":""}"#,
            r#"{"user":"u","user_id":"u"}"#,
            r#"{"session_type":"root"}"#,
            r#"{"lifetime":0}"#,
            r#"{"privileges":"a[b],,"}"#,
        ] {
            assert!(serde_json::from_str::<SessionRequest>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_bare_ks_must_look_like_a_ks() {
        assert!(serde_json::from_str::<BareKs>("\"maintenance\"").is_err());
    }
}
