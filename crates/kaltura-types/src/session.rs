//! Objects and actions of the service `session` (wire contract, sections 3 and 4).

mod request;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::request::SessionRequest;

use crate::action::{Action, Parameters, SetParameter as _};
use crate::open::{Coded, Open, Scalar};
use crate::{AdminSecret, Ks, Lifetime, PartnerId, Privileges, UnixTime, UserId, UserSecret, WidgetId};

/// The two kinds of session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the API takes these two; an answer's type is an Open<SessionType>"
)]
pub enum SessionType {
    /// May do what the privileges and the user's own rights allow. `0` on the wire.
    User,
    /// May do what an administrator of the partner may do. `2` on the wire.
    Admin,
}

impl SessionType {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Admin => 2,
        }
    }
}

impl std::fmt::Display for SessionType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::User => "USER",
            Self::Admin => "ADMIN",
        })
    }
}

impl Coded for SessionType {
    fn from_code(code: &Scalar) -> Option<Self> {
        match code.integer::<serde::de::value::Error>() {
            Ok(0) => Some(Self::User),
            Ok(2) => Some(Self::Admin),
            _ => None,
        }
    }

    fn code(&self) -> Scalar {
        Scalar::Number(self.number())
    }
}

impl Serialize for SessionType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

/// What `session.startWidgetSession` answers: a KS that anybody can get.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WidgetSession {
    /// The partner whose widget it is.
    pub partner_id: PartnerId,
    /// The unprivileged KS. With the server's caches on, others may have the same one (wire contract, section 4.2).
    pub ks: Ks,
    /// Always `0`, nobody.
    pub user_id: Option<UserId>,
}

/// What `appToken.startSession`, `session.get` and `session.impersonateByKs` tell of a session.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SessionInfo {
    /// The KS. `session.get` leaves it out.
    pub ks: Option<Ks>,
    /// USER or ADMIN.
    pub session_type: Option<Open<SessionType>>,
    /// The partner that the session is for.
    pub partner_id: Option<PartnerId>,
    /// The user that the session is of; empty or absent for none.
    pub user_id: Option<UserId>,
    /// When the session ends. `session.impersonateByKs` alone gives a duration in seconds instead.
    pub expiry: Option<UnixTime>,
    /// What the session may do.
    #[serde(default)]
    pub privileges: Option<Privileges>,
}

/// A KS that comes as a bare text, as from `session.start`.
///
/// Only a text that reads as a KS is one: a server in trouble answers with other bare texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BareKs(Ks);

impl BareKs {
    /// The KS itself.
    #[must_use]
    pub fn into_ks(self) -> Ks {
        self.0
    }
}

impl<'de> Deserialize<'de> for BareKs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if Ks::reads_as_ks(&text) {
            Ok(Self(Ks::new(text)))
        } else {
            Err(D::Error::custom("a text that is no KS"))
        }
    }
}

/// A secret of a partner, either of the two.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PartnerSecret {
    /// Starts USER sessions only.
    User(UserSecret),
    /// Starts any session.
    Admin(AdminSecret),
}

impl PartnerSecret {
    /// The text. Keep it out of logs, URLs and process arguments.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::User(secret) => secret.expose(),
            Self::Admin(secret) => secret.expose(),
        }
    }
}

impl From<UserSecret> for PartnerSecret {
    fn from(secret: UserSecret) -> Self {
        Self::User(secret)
    }
}

impl From<AdminSecret> for PartnerSecret {
    fn from(secret: AdminSecret) -> Self {
        Self::Admin(secret)
    }
}

/// `session.start`: a session from a partner's secret, which is sent (wire contract, section 4.1).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct StartSession {
    partner: PartnerId,
    secret: PartnerSecret,
    session_type: SessionType,
    user: Option<UserId>,
    lifetime: Option<Lifetime>,
    privileges: Option<Privileges>,
}

impl StartSession {
    /// A USER session.
    pub fn user(partner: PartnerId, secret: impl Into<PartnerSecret>) -> Self {
        Self::of_type(SessionType::User, partner, secret.into())
    }

    /// An ADMIN session, which takes an admin secret.
    pub fn admin(partner: PartnerId, secret: AdminSecret) -> Self {
        Self::of_type(SessionType::Admin, partner, secret.into())
    }

    /// Whose session it is. The server's default is nobody.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// How long it may live. The server's default is a day; it caps a wish at the partner's maximum.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// What it may do.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    const fn of_type(session_type: SessionType, partner: PartnerId, secret: PartnerSecret) -> Self {
        Self { partner, secret, session_type, user: None, lifetime: None, privileges: None }
    }
}

impl Action for StartSession {
    type Output = BareKs;

    fn service(&self) -> &'static str {
        "session"
    }

    fn action(&self) -> &'static str {
        "start"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("partnerId", Some(self.partner.get()));
        parameters.set("secret", Some(self.secret.expose()));
        parameters.set("type", Some(self.session_type.number()));
        parameters.set("userId", self.user.as_ref().map(UserId::as_str));
        parameters.set("expiry", self.lifetime.map(Lifetime::as_seconds));
        parameters.set("privileges", self.privileges.as_ref().map(ToString::to_string));
        parameters
    }
}

/// `session.startWidgetSession`: an unprivileged session for anybody (wire contract, section 4.2).
///
/// Send no KS with it: the server would validate that first.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct StartWidgetSession {
    widget: WidgetId,
    lifetime: Option<Lifetime>,
}

impl StartWidgetSession {
    /// Through this widget.
    pub const fn new(widget: WidgetId) -> Self {
        Self { widget, lifetime: None }
    }

    /// How long it may live. The server's default is a day. Where its cache answers, the KS is up to 600 s
    /// old, so that a shorter lifetime may be over on arrival.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }
}

impl Action for StartWidgetSession {
    type Output = WidgetSession;

    fn service(&self) -> &'static str {
        "session"
    }

    fn action(&self) -> &'static str {
        "startWidgetSession"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("widgetId", Some(self.widget.as_str()));
        parameters.set("expiry", self.lifetime.map(Lifetime::as_seconds));
        parameters
    }
}

/// `session.get`: what a KS is. Needs an ADMIN session (wire contract, section 4.3).
#[derive(Clone, Debug, Default)]
#[must_use = "an action does nothing until it is sent"]
pub struct GetSession {
    ks: Option<Ks>,
}

impl GetSession {
    /// Of the KS that the request carries.
    pub const fn own() -> Self {
        Self { ks: None }
    }

    /// Of another KS, which may be over.
    pub const fn of(ks: Ks) -> Self {
        Self { ks: Some(ks) }
    }
}

impl Action for GetSession {
    type Output = SessionInfo;

    fn service(&self) -> &'static str {
        "session"
    }

    fn action(&self) -> &'static str {
        "get"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("session", self.ks.as_ref().map(Ks::expose));
        parameters
    }
}

/// `session.end` (wire contract, section 4.4). Know what it does before you send it.
///
/// With the KS of an app token it ends **all** sessions of that token, and each session that the token
/// starts later is refused at its first use. That is a way to shut a token, not to log out. To log out,
/// forget the KS.
#[derive(Clone, Copy, Debug)]
#[must_use = "an action does nothing until it is sent"]
#[non_exhaustive]
pub struct EndSession;

impl EndSession {
    /// Ends the session that the request carries, and all others of its group.
    pub const fn with_all_of_its_group() -> Self {
        Self
    }
}

impl Action for EndSession {
    type Output = ();

    fn service(&self) -> &'static str {
        "session"
    }

    fn action(&self) -> &'static str {
        "end"
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }
}

/// `session.impersonate`: a session at another partner, by a partner that may do so (wire contract, section 4.5).
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct Impersonate {
    partner: PartnerId,
    secret: AdminSecret,
    impersonated: PartnerId,
    session_type: SessionType,
    user: Option<UserId>,
    lifetime: Option<Lifetime>,
    privileges: Option<Privileges>,
}

impl Impersonate {
    /// A USER session at `impersonated`, started by `partner` with its own secret.
    pub const fn user(partner: PartnerId, secret: AdminSecret, impersonated: PartnerId) -> Self {
        Self::of_type(SessionType::User, partner, secret, impersonated)
    }

    /// An ADMIN session at `impersonated`, started by `partner` with its own secret.
    pub const fn admin(partner: PartnerId, secret: AdminSecret, impersonated: PartnerId) -> Self {
        Self::of_type(SessionType::Admin, partner, secret, impersonated)
    }

    /// Whose session it is. The server's default is nobody.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// How long it may live. The server's default is a day.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// What it may do.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    const fn of_type(
        session_type: SessionType,
        partner: PartnerId,
        secret: AdminSecret,
        impersonated: PartnerId,
    ) -> Self {
        Self { partner, secret, impersonated, session_type, user: None, lifetime: None, privileges: None }
    }
}

impl Action for Impersonate {
    type Output = BareKs;

    fn service(&self) -> &'static str {
        "session"
    }

    fn action(&self) -> &'static str {
        "impersonate"
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        parameters.set("secret", Some(self.secret.expose()));
        parameters.set("impersonatedPartnerId", Some(self.impersonated.get()));
        parameters.set("partnerId", Some(self.partner.get()));
        parameters.set("type", Some(self.session_type.number()));
        parameters.set("userId", self.user.as_ref().map(UserId::as_str));
        parameters.set("expiry", self.lifetime.map(Lifetime::as_seconds));
        parameters.set("privileges", self.privileges.as_ref().map(ToString::to_string));
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_of_a_session_is_read() {
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
    fn a_bare_text_must_read_as_a_ks() {
        assert!(serde_json::from_str::<BareKs>("\"maintenance\"").is_err());
    }

    #[test]
    fn what_is_unset_is_not_sent() {
        let partner = PartnerId::new(1);
        // Sorted, since another crate of the build may ask serde_json to keep the order.
        let names = |parameters: Parameters| {
            let mut names: Vec<String> = parameters.keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(StartWidgetSession::new(WidgetId::new("_1")).parameters()), ["widgetId"]);
        assert_eq!(names(GetSession::own().parameters()), [""; 0]);
        assert_eq!(names(EndSession::with_all_of_its_group().parameters()), [""; 0]);
        let start = StartSession::admin(partner, AdminSecret::new("s"));
        assert_eq!(names(start.parameters()), ["partnerId", "secret", "type"]);
        let all = StartSession::user(partner, UserSecret::new("s"))
            .user_id("u")
            .lifetime(Lifetime::hours(1))
            .privileges(Privileges::parse("list:*"));
        assert_eq!(
            names(all.parameters()),
            ["expiry", "partnerId", "privileges", "secret", "type", "userId"]
        );
        let other = Impersonate::user(partner, AdminSecret::new("s"), PartnerId::new(2));
        assert_eq!(names(other.parameters()), ["impersonatedPartnerId", "partnerId", "secret", "type"]);
    }
}
