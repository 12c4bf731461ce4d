//! The actions of the service `session`.

use super::{BareKs, SessionInfo, SessionType, WidgetSession};
use crate::action::{Action, Parameters, SetParameter as _};
use crate::{AdminSecret, Ks, Lifetime, PartnerId, Privileges, UserId, UserSecret, WidgetId};

/// One of the two secrets of a partner.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PartnerSecret {
    /// The user secret, which starts USER sessions only.
    User(UserSecret),
    /// The admin secret, which starts any session.
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

/// `session.start`: starts a session with a secret of the partner, which is sent (wire contract, section 4.1).
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
        Self::new(SessionType::User, partner, secret.into())
    }

    /// An ADMIN session, which needs the admin secret.
    pub fn admin(partner: PartnerId, secret: AdminSecret) -> Self {
        Self::new(SessionType::Admin, partner, secret.into())
    }

    /// Sets the user. The server's default is no user (anonymous).
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the lifetime. The server's default is a day, and its limit is the partner's maximum.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets the privileges.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    const fn new(session_type: SessionType, partner: PartnerId, secret: PartnerSecret) -> Self {
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

    fn is_repeatable(&self) -> bool {
        true
    }
}

/// `session.startWidgetSession`: starts an unprivileged session, without credentials (wire contract, section 4.2).
///
/// Send it without a KS: the server validates a KS first, and refuses the call if that fails.
#[derive(Clone, Debug)]
#[must_use = "an action does nothing until it is sent"]
pub struct StartWidgetSession {
    widget: WidgetId,
    lifetime: Option<Lifetime>,
}

impl StartWidgetSession {
    /// A session of this widget.
    pub const fn new(widget: WidgetId) -> Self {
        Self { widget, lifetime: None }
    }

    /// Sets the lifetime. The server's default is a day. A KS from the server's response cache is up to 600 s
    /// old, so a session with a shorter lifetime may be expired on arrival.
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

    fn is_repeatable(&self) -> bool {
        true
    }
}

/// `session.get`: returns the properties of a session. Needs an ADMIN session (wire contract, section 4.3).
#[derive(Clone, Debug, Default)]
#[must_use = "an action does nothing until it is sent"]
pub struct GetSession {
    ks: Option<Ks>,
}

impl GetSession {
    /// The session of the request.
    pub const fn current() -> Self {
        Self { ks: None }
    }

    /// The session of another KS, which may be expired.
    pub const fn for_ks(ks: Ks) -> Self {
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

/// `session.end`: ends a group of sessions (wire contract, section 4.4).
///
/// With the KS of an app token it ends **all** sessions of that token, and the server refuses every session
/// that the token starts later. It disables the token; it is not a logout. To log out, drop the KS.
#[derive(Clone, Copy, Debug)]
#[must_use = "an action does nothing until it is sent"]
#[non_exhaustive]
pub struct EndSession;

impl EndSession {
    /// Ends the session of the request and all others of its group.
    pub const fn whole_group() -> Self {
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

/// `session.impersonate`: starts a session at another partner, which needs permission (wire contract, section 4.5).
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
        Self::new(SessionType::User, partner, secret, impersonated)
    }

    /// An ADMIN session at `impersonated`, started by `partner` with its own secret.
    pub const fn admin(partner: PartnerId, secret: AdminSecret, impersonated: PartnerId) -> Self {
        Self::new(SessionType::Admin, partner, secret, impersonated)
    }

    /// Sets the user. The server's default is no user (anonymous).
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the lifetime. The server's default is a day.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets the privileges.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    const fn new(
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
    fn parameters_that_are_not_set_are_not_sent() {
        let partner = PartnerId::new(1);
        // Sorted, since another crate of the build may turn on serde_json's feature `preserve_order`.
        let names = |parameters: Parameters| {
            let mut names: Vec<String> = parameters.keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(StartWidgetSession::new(WidgetId::new("_1")).parameters()), ["widgetId"]);
        assert_eq!(names(GetSession::current().parameters()), [""; 0]);
        assert_eq!(names(EndSession::whole_group().parameters()), [""; 0]);
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
