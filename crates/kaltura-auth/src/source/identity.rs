//! Which login a session comes from, for metrics and logs.

use std::fmt;

use kaltura_types::{AppTokenId, PartnerId, UserId};

use crate::service_url::ServiceUrl;

/// Which login a session comes from: service URL, partner, app token and user, as configured. None of it is secret.
///
/// It distinguishes the events, the status and the log records of several clients, and of the clients of one app token
/// for several users. What a source does not know is `None`; the user is the requested one, not the granted one.
///
/// ```
/// # use kaltura_auth::{ServiceUrl, SessionIdentity}; use kaltura_auth::types::{AppTokenId, PartnerId, UserId};
/// let identity = SessionIdentity::new()
///     .with_service_url(ServiceUrl::US)
///     .with_partner_id(PartnerId::new(1234567))
///     .with_app_token_id(AppTokenId::new("0_7jh3eu10"))
///     .with_user_id(UserId::new("alice"));
/// assert_eq!(
///     identity.to_string(),
///     "partner 1234567, app token 0_7jh3eu10, user alice at https://www.kaltura.com"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionIdentity {
    service_url: Option<ServiceUrl>,
    partner: Option<PartnerId>,
    app_token: Option<AppTokenId>,
    user: Option<UserId>,
}

impl SessionIdentity {
    /// An identity of which nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self { service_url: None, partner: None, app_token: None, user: None }
    }

    /// Sets the server that starts the sessions.
    #[must_use]
    pub fn with_service_url(mut self, service_url: ServiceUrl) -> Self {
        self.service_url = Some(service_url);
        self
    }

    /// Sets the partner.
    #[must_use]
    pub const fn with_partner_id(mut self, partner: PartnerId) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Sets the app token.
    #[must_use]
    pub fn with_app_token_id(mut self, id: AppTokenId) -> Self {
        self.app_token = Some(id);
        self
    }

    /// Sets the user.
    #[must_use]
    pub fn with_user_id(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    pub(crate) fn with_requested_user(mut self, user: Option<&UserId>) -> Self {
        self.user = user.cloned();
        self
    }

    /// The server that starts the sessions; `None` if there is none, as for sessions that are signed locally.
    #[must_use]
    pub const fn service_url(&self) -> Option<&ServiceUrl> {
        self.service_url.as_ref()
    }

    /// The partner.
    #[must_use]
    pub const fn partner_id(&self) -> Option<PartnerId> {
        self.partner
    }

    /// The app token; `None` if the sessions come from something else.
    #[must_use]
    pub const fn app_token_id(&self) -> Option<&AppTokenId> {
        self.app_token.as_ref()
    }

    /// The user that is requested; `None` if the token or the server decides.
    #[must_use]
    pub const fn user_id(&self) -> Option<&UserId> {
        self.user.as_ref()
    }
}

impl fmt::Display for SessionIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partner {
            Some(partner) => write!(f, "partner {partner}")?,
            None => f.write_str("unknown partner")?,
        }
        if let Some(id) = &self.app_token {
            write!(f, ", app token {id}")?;
        }
        if let Some(user) = &self.user {
            write!(f, ", user {user}")?;
        }
        match &self.service_url {
            Some(service_url) => write!(f, " at {service_url}"),
            None => Ok(()),
        }
    }
}
