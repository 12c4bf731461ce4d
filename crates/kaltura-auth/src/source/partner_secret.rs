//! Sessions from a partner's secret, with `session.start`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kaltura_types::{
    Action as _, AdminSecret, BareKs, Lifetime, PartnerId, PartnerSecret, Privileges, SessionType,
    StartSession, UserId, payload,
};

use super::blocking::BlockingSessionSource;
use super::{SessionIdentity, SessionSource};
use crate::error::{Error, LoginStep};
use crate::login::{CLIENT_TAG, DEFAULT_TIMEOUT};
use crate::runtime::Clock;
use crate::runtime::moment::Moment;
use crate::service_url::ServiceUrl;
use crate::session::{IssuedSession, Session, SessionId};
use crate::store::StoreKey;
use crate::transport::{BlockingTransport, Transport, TransportError};
use crate::wire::{WireRequest, WireResponse};

/// The default lifetime of a session of `session.start` (wire contract, section 4.1).
const DEFAULT_LIFETIME: Lifetime = Lifetime::hours(24);

/// A login with a partner's secret, which is sent to the server (`session.start`).
///
/// The secret gives full access to the account. Where less is enough, use an app token.
///
/// ```
/// # use kaltura_auth::source::PartnerSecretLogin; use kaltura_auth::ServiceUrl;
/// # use kaltura_auth::types::{AdminSecret, PartnerId};
/// let login = PartnerSecretLogin::admin(ServiceUrl::US, PartnerId::new(1234567), AdminSecret::new("…")).user_id("operator");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a login does nothing until a session source takes it"]
pub struct PartnerSecretLogin {
    service_url: ServiceUrl,
    partner: PartnerId,
    secret: PartnerSecret,
    session_type: SessionType,
    user: Option<UserId>,
    lifetime: Lifetime,
    privileges: Option<Privileges>,
    client_tag: String,
    timeout: Duration,
}

impl PartnerSecretLogin {
    /// ADMIN sessions of this partner.
    pub fn admin(service_url: ServiceUrl, partner: PartnerId, secret: AdminSecret) -> Self {
        Self::with_type(SessionType::Admin, service_url, partner, secret.into())
    }

    /// USER sessions of this partner.
    pub fn user(service_url: ServiceUrl, partner: PartnerId, secret: impl Into<PartnerSecret>) -> Self {
        Self::with_type(SessionType::User, service_url, partner, secret.into())
    }

    /// Sets the user. The server's default is no user (anonymous).
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the lifetime; a day by default. The server **silently** limits it to the partner's maximum and does not
    /// report the expiry: request at most that maximum, or sessions expire before they are renewed.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the privileges.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new()
            .with_service_url(self.service_url.clone())
            .with_partner_id(self.partner)
            .with_requested_user(self.user.as_ref())
    }

    pub(crate) fn store_key(&self) -> StoreKey {
        StoreKey::builder("partner secret")
            .part("service_url", self.service_url.as_str())
            .part("partner", self.partner.to_string())
            .part("secret", self.secret.expose())
            .part("type", self.session_type.as_str())
            .part("lifetime", self.lifetime.as_seconds().to_string())
            .optional_part("user", self.user.as_ref().map(UserId::as_str))
            .optional_part("privileges", self.privileges.as_ref().map(ToString::to_string))
            .build()
    }

    fn with_type(
        session_type: SessionType,
        service_url: ServiceUrl,
        partner: PartnerId,
        secret: PartnerSecret,
    ) -> Self {
        Self {
            service_url,
            partner,
            secret,
            session_type,
            user: None,
            lifetime: DEFAULT_LIFETIME,
            privileges: None,
            client_tag: CLIENT_TAG.to_owned(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    fn request(&self) -> (WireRequest, Vec<String>) {
        let mut call = match &self.secret {
            PartnerSecret::Admin(secret) if self.session_type == SessionType::Admin => {
                StartSession::admin(self.partner, secret.clone())
            }
            secret => StartSession::user(self.partner, secret.clone()),
        };
        call = call.lifetime(self.lifetime);
        if let Some(user) = &self.user {
            call = call.user_id(user.clone());
        }
        if let Some(privileges) = &self.privileges {
            call = call.privileges(privileges.clone());
        }
        let mut parameters = call.parameters();
        let sent = parameters.keys().cloned().collect();
        parameters.insert("clientTag".to_owned(), self.client_tag.clone().into());
        let request = WireRequest::json(&self.service_url, call.service(), call.action(), parameters)
            .with_timeout(self.timeout);
        (request, sent)
    }

    /// The response is a bare KS: its expiry is computed from the requested lifetime and the server's time.
    fn read(
        &self,
        result: Result<WireResponse, TransportError>,
        sent: &[String],
        sent_at: Moment,
        clock: &dyn Clock,
    ) -> Result<IssuedSession, Error> {
        let step = LoginStep::StartWithSecret;
        let response = result.map_err(|error| Error::transport(step, error))?;
        let ks: BareKs = payload::decode(response.body())
            .map_err(|error| Error::response(step, error, &response, None, sent, &[self.secret.expose()]))?;
        let server_time = response.server_time();
        let now = server_time.unwrap_or_else(|| sent_at.unix_time());
        let expiry = now.plus_seconds(i64::from(self.lifetime.as_seconds()));
        let mut session = Session::new(self.partner, ks.into_ks())
            .with_session_type(self.session_type)
            .with_privileges(self.privileges.clone().unwrap_or_default())
            .with_expiry(expiry)
            .with_id(SessionId::generate(clock));
        if let Some(user) = &self.user {
            session = session.with_user_id(user.clone());
        }
        if let Some(time) = server_time {
            session = session.with_server_time(time);
        }
        Ok(IssuedSession::new(Arc::new(session), sent_at, Some(self.lifetime)))
    }
}

/// Starts sessions with a partner's secret, over a transport.
#[derive(Clone, Debug)]
pub struct PartnerSecretSource<T> {
    login: PartnerSecretLogin,
    transport: T,
}

impl<T> PartnerSecretSource<T> {
    /// A source that logs in over this transport.
    pub const fn new(login: PartnerSecretLogin, transport: T) -> Self {
        Self { login, transport }
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<T: Transport> SessionSource for PartnerSecretSource<T> {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let (mut request, sent) = self.login.request();
        loop {
            let sent_at = Moment::read(clock);
            let result = self.transport.send(request.clone()).await;
            match request.on_fresh_connection(&result) {
                Some(again) => request = again,
                None => return self.login.read(result, &sent, sent_at, clock),
            }
        }
    }

    fn identity(&self) -> SessionIdentity {
        self.login.identity()
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(StoreKey::of_partner_secret(&self.login)))
    }
}

impl<T: BlockingTransport> BlockingSessionSource for PartnerSecretSource<T> {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let (mut request, sent) = self.login.request();
        loop {
            let sent_at = Moment::read(clock);
            let result = self.transport.send(request.clone());
            match request.on_fresh_connection(&result) {
                Some(again) => request = again,
                None => return self.login.read(result, &sent, sent_at, clock),
            }
        }
    }

    fn identity(&self) -> SessionIdentity {
        self.login.identity()
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(StoreKey::of_partner_secret(&self.login)))
    }
}
