//! What is requested of a session.

use super::SessionType;
use crate::{Lifetime, Privileges, UserId, WidgetId};

/// What is requested of a session. What is not set is not sent, and then the token or the server decides.
///
/// The server may grant something else. A login compares the two and reports the differences.
///
/// ```
/// # use kaltura_types::{Lifetime, SessionRequest};
/// let request = SessionRequest::new().user_id("nightly-import").lifetime(Lifetime::hours(1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "a session request does nothing until a login takes it"]
pub struct SessionRequest {
    user: Option<UserId>,
    session_type: Option<SessionType>,
    lifetime: Option<Lifetime>,
    privileges: Option<Privileges>,
    widget: Option<WidgetId>,
}

impl SessionRequest {
    /// A request that leaves everything to the token and the server.
    pub const fn new() -> Self {
        Self { user: None, session_type: None, lifetime: None, privileges: None, widget: None }
    }

    /// Whose session it is. The server ignores it if the token has a user of its own.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// USER or ADMIN. The server ignores it if the token has a type of its own.
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = Some(session_type);
        self
    }

    /// How long the session may live. The token's session duration and its own end cap it.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// What the session may do besides what the token has. Names that are the server's own are dropped in
    /// silence unless the token has them with `*` (wire contract, section 5.3).
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    /// The widget that the unprivileged session goes through; by default the partner's own.
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

    /// The widget of the unprivileged session.
    #[must_use]
    pub const fn get_widget_id(&self) -> Option<&WidgetId> {
        self.widget.as_ref()
    }
}
